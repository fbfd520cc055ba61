"""Pairs that no member of the family fits: parallax, terrain and tissue that bend, two halves moved apart."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from benchmarks.cases import moved
from benchmarks.kinds import scenes
from benchmarks.kinds.making import direction, motion, shape_of, written
from benchmarks.kinds.pair import Motion, Pair, grid, lattice
from benchmarks.photographs import NAMES

Floats = NDArray[np.float64]
Shape = tuple[int, int]
Field = Callable[[Floats], Floats]

# The best affine fit leaves at least so many tolerances.
LEAST = 1.3
# Grey values (of 1) a pixel that noise does not hide.
SLOPE = 0.01


def _clouds(rng: np.random.Generator, shape: Shape, wave: float) -> Floats:
    field = ndimage.gaussian_filter(rng.normal(size=shape), wave, mode="mirror")
    return (field - field.mean()) / field.std()


def _bending(rng: np.random.Generator, shape: Shape) -> tuple[Floats, Floats]:
    """Return where each pixel of moving comes from, and its offset from there: smooth, by several pixels."""
    wave = rng.uniform(0.08, 0.25) * min(shape)
    return np.stack([_clouds(rng, shape, wave) for _ in range(2)], -1) * rng.uniform(3, 8), np.zeros(shape)


def _terrain(rng: np.random.Generator, shape: Shape) -> tuple[Floats, Floats]:
    """Hills seen from two places: all offsets lie along one line."""
    heights = _clouds(rng, shape, rng.uniform(0.06, 0.2) * min(shape))
    return heights[..., None] * direction(rng, rng.uniform(5, 12)), np.zeros(shape)


def _planes(rng: np.random.Generator, shape: Shape) -> tuple[Floats, Floats]:
    """Return two layers' offsets, of which the near one covers a third to two thirds in large ragged pieces."""
    clouds = _clouds(rng, shape, rng.uniform(0.1, 0.2) * min(shape))
    near = clouds > np.quantile(clouds, rng.uniform(0.35, 0.65))
    return near[..., None] * direction(rng, rng.uniform(10, 22)), near.astype(float)


def _halves(rng: np.random.Generator, shape: Shape) -> tuple[Floats, Floats]:
    angle = rng.uniform(0, 2 * np.pi)
    normal = np.array([np.sin(angle), np.cos(angle)])
    side = ((grid(shape) - np.array(shape) / 2) @ normal > 0).reshape(shape)
    return side[..., None] * (normal * rng.uniform(2, 6) + direction(rng, rng.uniform(9, 15))), side.astype(float)


VARIANTS = {"bending": _bending, "terrain": _terrain, "planes": _planes, "halves": _halves}


def _best_fit(points: Floats, targets: Floats) -> float:
    """Return the mean error that the best affine map leaves."""
    design = np.c_[points, np.ones(len(points))]
    fitted = design @ np.linalg.lstsq(design, targets, rcond=None)[0]
    return float(np.linalg.norm(fitted - targets, axis=1).mean())


def misfit(rng: np.random.Generator, number: int, names: tuple[str, ...] = NAMES) -> Pair:
    """Return a pair whose offsets no affine map comes near, at places where there is something to see."""
    name = list(VARIANTS)[number % len(VARIANTS)]
    family = str(rng.choice(("rigid", "rigid", "similarity", "affine", "translation")))
    for _ in range(100):
        shape = shape_of(rng, 250, 420)
        scene = scenes.photograph_or_texture(rng, shape, names)
        fixed = scene.seen(np.eye(3), shape)
        offsets, layer = VARIANTS[name](rng, shape)
        turn = 0.0 if family == "translation" else rng.uniform(-5, 5)
        truth = motion(shape, direction(rng, rng.uniform(0, 15)), turn)
        points = _structured(fixed, lattice(shape, 0.8, 25))
        there = _landing(points, offsets, layer)
        pair = Pair("misfit", number, name, fixed, fixed, family, (), False)
        if _best_fit(points, there) > LEAST * pair.tolerance:
            break
    sources = moved(np.linalg.inv(truth), grid(shape))
    moving = scene.at(sources - _offset_at(sources, offsets, layer)).reshape(shape)
    noise, (dtype, write) = rng.uniform(0.002, 0.02), written(rng)
    first, second = (write(np.clip(each + rng.normal(0, noise, shape), 0, 1)) for each in (fixed, moving))
    right = (Motion(points, moved(truth, there)),)
    what = f"{name}, {scene.name}, best fit {_best_fit(points, there):.1f} px, {dtype}"
    return Pair("misfit", number, what, first, second, family, right, False, misfit=True)


def _structured(image: Floats, points: Floats) -> Floats:
    """Return those of the points, the better half at the least, near which the image's grey values vary."""
    slopes = ndimage.gaussian_filter(ndimage.gaussian_gradient_magnitude(image, 1.0), 4)
    found = _sampled(slopes, points)
    return points[found >= min(float(np.median(found)), SLOPE)]


def _sampled(field: Floats, places: Floats, order: int = 1) -> Floats:
    return np.asarray(ndimage.map_coordinates(field, places.T, order=order, mode="nearest"))


def _offset_at(places: Floats, offsets: Floats, layer: Floats) -> Floats:
    """Return the offset of what lands at each place (before the common motion).

    Smooth offsets are taken as they stand where they land. Of two layers the near one, moved by its offset, hides
    the far one.
    """
    if not layer.any():
        return np.stack([_sampled(offsets[..., axis], places) for axis in (0, 1)], -1)
    own = offsets[layer > 0][0]
    return (_sampled(layer, places - own, 0) > 0.5)[:, None] * own


def _landing(points: Floats, offsets: Floats, layer: Floats) -> Floats:
    """Return where points of fixed land (before the common motion)."""
    if layer.any():
        return points + (_sampled(layer, points, 0) > 0.5)[:, None] * offsets[layer > 0][0]
    landed = points
    for _ in range(60):  # the place q with q - offset(q) = point, by iteration: offsets are smooth
        landed = points + _offset_at(landed, offsets, layer)
    return landed
