"""Pairs for calibrating trust with something that stays as it is: light that is the camera's, and round fields.

Over a scene that is symmetric or repeats itself such light speaks for the pose that keeps it, and so does a round rim
for a wrong turn: neither says anything about where the scene lies.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from benchmarks.kinds.pair import Motion
from benchmarks.trust_pairs import TrustPair, _motion, _noisy, _other_view, _pair, _textured, _view

Floats = NDArray[np.float64]

LIGHTS = ("tilt", "vignette")
ROUND_FAMILIES = ("rigid", "similarity", "affine", "homography")


def _light(rng: np.random.Generator, number: int, side: int) -> Floats:
    """Return light that falls by 15 to 40 % over the view: along a direction, or from near its middle outwards."""
    at = np.indices((side, side)) / (side - 1) - 0.5
    by = rng.uniform(0.15, 0.4)
    if LIGHTS[number % len(LIGHTS)] == "tilt":
        angle = rng.uniform(-np.pi, np.pi)
        along = np.sin(angle) * at[0] + np.cos(angle) * at[1]
        return np.asarray(1 - by * (0.5 + along / np.sqrt(2)))
    centre = rng.uniform(-0.1, 0.1, 2)[:, None, None]
    return np.asarray(1 - by * np.minimum(2 * ((at - centre) ** 2).sum(0), 1))


def _tiled(rng: np.random.Generator, image: Floats, side: int) -> Floats:
    """Return a piece of an image again and again, over twice the view."""
    period = [int(each) for each in rng.integers(12, side // 4, 2)]
    top, left = (int(rng.integers(0, n - each)) for n, each in zip(image.shape, period, strict=True))
    piece = image[top : top + period[0], left : left + period[1]]
    piece = 0.5 + 0.2 * (piece - piece.mean()) / max(float(piece.std()), 1e-3)
    repeated = np.tile(piece, [-(-2 * side // each) for each in period])
    return np.asarray(ndimage.gaussian_filter(np.clip(repeated, 0, 1), 0.7))


def _lit(
    rng: np.random.Generator, kind: str, number: int, name: str, scene: Floats, side: int, family: str, certain: bool
) -> TrustPair:
    """Return two views of the middle of a scene under light that stayed."""
    corner = (np.array(scene.shape) - side) / 2
    truth, light = _motion(rng, family, side, rng.uniform(0, 0.1)), _light(rng, number, side)
    views = _view(scene, corner, side), _view(scene, corner, side, np.linalg.inv(truth))
    fixed, moving = (_noisy(rng, light * each, 0.015) for each in views)
    return _pair(kind, number, (name,), fixed, moving, truth if certain else None, family)


def static_light(rng: np.random.Generator, number: int, half: int) -> TrustPair:
    """Return a scene of its own, one mixed with itself turned by half, or one over a pattern."""
    name, image, _, side = _textured(rng, half)
    which, family = number // 2 % 3, "rigid"
    if which == 1:
        mixed = rng.uniform(0.2, 0.4)
        image = (1 - mixed) * image + mixed * image[::-1, ::-1]
    elif which == 2:
        pattern, family = _tiled(rng, image, side), "translation"
        part = rng.uniform(0.3, 0.6)
        top, left = ((n - side) // 2 for n in image.shape)
        around = [max(0, min(first, side // 4)) for first in (top, left)]
        scene = image[top - around[0] : top + side + around[0], left - around[1] : left + side + around[1]]
        image = part * scene + (1 - part) * pattern[: scene.shape[0], : scene.shape[1]]
    return _lit(rng, "static-light", number, name, image, side, family, True)


def light_alone(rng: np.random.Generator, number: int, half: int) -> TrustPair:
    """Return a scene that is its own half or quarter turn, or a pattern, of which only the light says where it lies."""
    name, image, _, side = _textured(rng, half)
    which, family = number // 2 % 3, "rigid"
    if which == 2:
        image, family = _tiled(rng, image, side), ("translation", "rigid")[number // 6 % 2]
    else:
        image = 0.5 * (image + image[::-1, ::-1])
    if which == 1:
        most = min(image.shape)
        top, left = ((n - most) // 2 for n in image.shape)
        image = image[top : top + most, left : left + most]
        image = 0.5 * (image + np.rot90(image))
    return _lit(rng, "light-alone", number, name, image, side, family, False)


def _disc(rng: np.random.Generator, side: int) -> Floats:
    """Return a disc of 1 in 0, soft at its rim."""
    away = np.hypot(*(np.indices((side, side)) - (side - 1) / 2))
    return np.asarray(np.clip((rng.uniform(0.36, 0.42) * side - away) / rng.uniform(1, 2) + 0.5, 0, 1))


def _in_round(
    rng: np.random.Generator, scenes: tuple[Floats, Floats], truth: Floats, side: int
) -> tuple[Floats, Floats]:
    """Return a scene in a round rim, and another in the same rim seen moved: faint scenes beside a bright ground."""
    disc, faint = _disc(rng, side), rng.uniform(0.15, 0.8)
    ground, level = rng.choice((0.0, 0.9)), rng.uniform(0.3, 0.6)
    made = []
    backs: tuple[Floats | None, ...] = (None, np.linalg.inv(truth))
    for scene, back in zip(scenes, backs, strict=True):
        inside = level + faint * (scene - scene.mean())
        whole = np.pad(ground + disc * (inside - ground), side, constant_values=ground)
        made.append(_noisy(rng, _view(whole, np.full(2, float(side)), side, back), 0.01))
    return made[0], made[1]


def round_field(rng: np.random.Generator, number: int, half: int) -> TrustPair:
    """Return a dish, a coin or a print of a fundus that moved with its rim."""
    family = ROUND_FAMILIES[number % len(ROUND_FAMILIES)]
    name, image, corner, side = _textured(rng, half)
    scene, truth = _view(image, corner, side), _motion(rng, family, side, rng.uniform(0, 0.05))
    fixed, moving = _in_round(rng, (scene, scene), truth, side)
    return _pair("round-field", number, (name,), fixed, moving, truth, family)


def rim_alone(rng: np.random.Generator, number: int, half: int) -> TrustPair:
    """Return two scenes in one round rim; or, every third, one seen from aside, which no affine map fits."""
    name, image, corner, side = _textured(rng, half)
    scene = _view(image, corner, side)
    if number % 3 == 2:
        truth = _motion(rng, "homography", side, rng.uniform(0, 0.05))
        aside = np.eye(3)
        aside[2, :2] = rng.choice((-1, 1)) * rng.uniform(0.25, 0.5) * np.eye(2)[number // 3 % 2] / side
        centre = np.eye(3)
        centre[:2, 2] = (side - 1) / 2
        truth = truth @ centre @ aside @ np.linalg.inv(centre)
        fixed, moving = _in_round(rng, (scene, scene), truth / truth[2, 2], side)
        rows, columns = np.meshgrid(*2 * [np.linspace(0.2, 0.8, 9) * (side - 1)], indexing="ij")
        motion = Motion.of(truth, np.stack([rows.ravel(), columns.ravel()], 1))
        return TrustPair(
            "rim-alone", number, (name,), fixed, moving, None, "affine", max(2.0, 0.015 * side), False, (motion,), False
        )
    other, second = _other_view(rng, half, name, side)
    family = ROUND_FAMILIES[number % len(ROUND_FAMILIES)]
    truth = _motion(rng, family, side, rng.uniform(0, 0.05))
    fixed, moving = _in_round(rng, (scene, second), truth, side)
    return _pair("rim-alone", number, (name, other), fixed, moving, None, family)
