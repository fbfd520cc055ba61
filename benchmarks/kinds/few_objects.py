"""One to five cells, blobs, letters or logos on a plain page, and thumbnails."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFont
from scipy import ndimage
from skimage import data

from benchmarks.cases import moved
from benchmarks.kinds import scenes
from benchmarks.kinds.bound import least_corner_error
from benchmarks.kinds.making import chance, direction, motion, ragged
from benchmarks.kinds.pair import Motion, Pair, grid, lattice
from benchmarks.photographs import NAMES

Floats = NDArray[np.float64]
Shape = tuple[int, int]
Drawn = Callable[[Floats], Floats]

VARIANTS = ("cells", "blobs", "letters", "logo", "thumbnail")
# Letters that look like themselves in one pose only.
LETTERS = "ABCDEFGJKLPQRTUVY"
# Letters are drawn so much finer than they are shown.
FINE = 6


def _cell(rng: np.random.Generator, centre: Floats, radius: float) -> Drawn:
    """Return a cell: an uneven outline, a rim or a nucleus off its middle."""
    outline = ragged(rng, centre, radius, 0.08)
    nucleus = ragged(rng, centre + direction(rng, 0.35 * radius), 0.3 * radius, 0.05)
    depth = rng.uniform(0.3, 0.8)
    return lambda points: depth * outline(points) + (1 - depth) * nucleus(points)


def _letter(rng: np.random.Generator, centre: Floats, radius: float) -> Drawn:
    side = int(3 * radius * FINE)
    page = Image.new("L", (side, side), 0)
    letter, font = str(rng.choice(list(LETTERS))), ImageFont.load_default(int(1.8 * radius * FINE))
    ImageDraw.Draw(page).text((side / 2, side / 2), letter, 255, font, anchor="mm")
    fine = ndimage.gaussian_filter(np.asarray(page, float) / 255, 0.4 * FINE)
    return lambda points: ndimage.map_coordinates(
        fine, ((points - centre) * FINE + (side - 1) / 2).T, order=1, mode="constant"
    )


def _logo(_: np.random.Generator, centre: Floats, radius: float) -> Drawn:
    image = np.asarray(data.logo(), float)
    fine = (255 - image[..., :3].mean(2)) / 255 * image[..., 3] / 255
    zoom = fine.shape[0] / (2 * radius)
    fine = ndimage.gaussian_filter(fine, 0.45 * zoom)
    return lambda points: ndimage.map_coordinates(
        fine, ((points - centre) * zoom + (fine.shape[0] - 1) / 2).T, order=1, mode="constant"
    )


def _centres(rng: np.random.Generator, shape: Shape, count: int, radius: float) -> list[Floats]:
    """Return places of objects that do not touch, all near enough to the middle to stay on the page."""
    found: list[Floats] = []
    for _ in range(400):
        place = (np.array(shape) - 1) / 2 + rng.uniform(-0.27, 0.27, 2) * shape
        if all(np.hypot(*(place - other)) > 2.6 * radius for other in found):
            found.append(place)
        if len(found) == count:
            break
    return found


def _objects(rng: np.random.Generator, number: int, name: str) -> Pair:
    shape = (int(rng.integers(160, 360)), int(rng.integers(160, 360)))
    radius = rng.uniform(0.05, 0.11) * min(shape)
    count = int(rng.integers(1, 6))
    if name == "logo":
        radius, count = rng.uniform(0.12, 0.25) * min(shape), 1
    makers = {"cells": _cell, "blobs": ragged, "letters": _letter, "logo": _logo}
    places = _centres(rng, shape, count, radius)
    drawn = [makers[name](rng, place, radius * rng.uniform(0.8, 1.1)) for place in places]
    family = str(rng.choice(("translation", "rigid", "rigid", "similarity")))
    turn = 0.0 if family == "translation" or chance(rng, 0.3) else rng.uniform(-40, 40)
    truth = motion(shape, direction(rng, rng.uniform(1, 0.12 * min(shape))), turn)

    def scene(points: Floats) -> Floats:
        return np.clip(np.sum([each(points) for each in drawn], 0), 0, 1)

    made = [scene(moved(np.linalg.inv(matrix), grid(shape))).reshape(shape) for matrix in (np.eye(3), truth)]
    binary = chance(rng, 0.35)
    noise = 0.0 if binary or chance(rng, 0.5) else rng.uniform(0.002, 0.03)
    there = grid(shape)[made[0].ravel() > 0.3]
    if chance(rng, 0.6):
        made = [1 - each for each in made]
    made = [np.rint(each) if binary else each for each in made]
    full = 1 if binary and chance(rng, 0.4) else 255
    fixed, moving = (
        np.clip(np.rint(full * (each + rng.normal(0, noise, shape))), 0, full).astype(np.uint8) for each in made
    )
    points = there[rng.integers(0, len(there), 300)]
    what = (
        f"{len(places)} {name} of {radius:.0f} px turned by {turn:.0f}, {'binary' if binary else f'noise {noise:.3f}'}"
    )
    pair = Pair("few-objects", number, what, fixed, moving, family, (Motion.of(truth, points),))
    # Rounding counts as noise that is spread evenly over a step.
    variance = noise**2 + (1 if binary else 1 / 255) ** 2 / 12
    return replace(pair, answerable=least_corner_error(scene, shape, truth, family, variance) <= pair.tolerance)


def _thumbnail(rng: np.random.Generator, number: int, names: tuple[str, ...]) -> Pair:
    side = int(rng.integers(24, 65))
    shape = (side, side) if chance(rng, 0.6) else (side, int(rng.integers(24, 65)))
    while True:
        whole = scenes.photograph(rng, (300, 300), names)
        zoom = rng.uniform(3, 300 / max(shape))
        corner = rng.uniform(0.3, 0.7, 2) * (np.array(whole.pixels.shape) - zoom * np.array(shape))
        scene = scenes.Scene(whole.name, whole.pixels, zoom, corner)
        fixed = scene.seen(np.eye(3), shape)
        if fixed.std() > 2 * scenes.EMPTY:
            break
    family = str(rng.choice(("translation", "rigid", "rigid")))
    turn = 0.0 if family == "translation" or chance(rng, 0.3) else rng.uniform(-15, 15)
    shift = direction(rng, rng.uniform(0.5, 0.15 * min(shape)))
    shift = np.rint(shift) if turn == 0 and chance(rng, 0.4) else shift
    truth = motion(shape, shift, turn)
    noise = rng.uniform(0, 0.015)
    first, second = (
        np.clip(np.rint(255 * (each + rng.normal(0, noise, shape))), 0, 255).astype(np.uint8)
        for each in (fixed, scene.seen(truth, shape))
    )
    what = f"thumbnail of {scene.name}, {shape[0]} x {shape[1]}, turned by {turn:.0f}, noise {noise:.3f}"
    return Pair("few-objects", number, what, first, second, family, (Motion.of(truth, lattice(shape)),))


def few_objects(rng: np.random.Generator, number: int, names: tuple[str, ...] = NAMES) -> Pair:
    """Return objects moved on a plain page, or a thumbnail of a photograph.

    It is answerable where the pose can be known within the tolerance: from so few edges of two values, or noisy, it
    may not be told at the page's corners, by anyone.
    """
    name = VARIANTS[number % len(VARIANTS)]
    return _thumbnail(rng, number, names) if name == "thumbnail" else _objects(rng, number, name)
