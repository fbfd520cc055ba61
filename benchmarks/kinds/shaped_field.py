"""A scene seen through a round or otherwise shaped field that stays: fundus cameras, endoscopes, microscopes."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from benchmarks.cases import moved
from benchmarks.kinds import scenes
from benchmarks.kinds.making import chance, direction, motion, written
from benchmarks.kinds.pair import Motion, Pair, lattice
from benchmarks.photographs import NAMES

Floats = NDArray[np.float64]

FIELDS = ("disc", "tab", "notch", "flats", "octagon", "ellipse", "cut")


def field(rng: np.random.Generator, side: int, name: str) -> Floats:
    """Return a field: 1 inside, 0 outside, with a rim that is soft over a pixel or two."""
    centre = (side - 1) / 2 + rng.uniform(-0.02, 0.02, 2) * side
    rows, columns = np.indices((side, side)) - centre[:, None, None]
    radius = rng.uniform(0.42, 0.48) * side
    away, angle = np.hypot(rows, columns), rng.uniform(0, 2 * np.pi)
    along = rows * np.sin(angle) + columns * np.cos(angle)
    inside = away < radius
    place = radius * np.array([np.sin(angle), np.cos(angle)])
    mark = np.hypot(rows - place[0], columns - place[1]) < rng.uniform(0.02, 0.05) * side
    if name == "tab":
        inside |= mark
    elif name == "notch":
        inside &= ~mark
    elif name == "flats":
        inside = (away < 1.08 * radius) & (np.abs(rows) < rng.uniform(0.7, 0.85) * radius)
    elif name == "octagon":
        cut = rng.uniform(1.35, 1.6) * radius
        inside = (np.maximum(abs(rows), abs(columns)) < radius) & (abs(rows) + abs(columns) < cut)
    elif name == "ellipse":
        inside = np.hypot(rows, columns / rng.uniform(0.7, 0.95)) < radius
    elif name == "cut":
        inside &= along < rng.uniform(0.5, 0.9) * radius
    return np.asarray(ndimage.gaussian_filter(inside.astype(float), rng.uniform(0.4, 1.5)))


def _scene(rng: np.random.Generator, side: int, names: tuple[str, ...]) -> scenes.Scene:
    draw = rng.random()
    if draw < 0.55:
        return scenes.vessels(rng, (side, side))
    if draw < 0.75 and "retina" in names:
        return scenes.photograph(rng, (side, side), ("retina",))
    return scenes.photograph(rng, (side, side), names)


def shaped_field(rng: np.random.Generator, number: int, names: tuple[str, ...] = NAMES) -> Pair:
    """Return a pair whose scene turned by any angle behind a field that stayed; a sixth turned by little."""
    side = int(rng.integers(300, 501) if chance(rng, 0.85) else rng.integers(500, 1001))
    shape, name = (side, side), FIELDS[number % len(FIELDS)]
    scene, window = _scene(rng, side, names), field(rng, side, name)
    family = "similarity" if chance(rng, 0.25) else "rigid"
    turn = rng.uniform(-10, 10) if number % 6 == 5 else rng.uniform(-180, 180)
    size = rng.uniform(0.9, 1.1) if family == "similarity" else 1.0
    truth = motion(shape, direction(rng, rng.uniform(0, 0.12) * side), turn, size)
    contrast, ground = rng.uniform(0.25, 1), rng.uniform(0, 0.04)
    rows, columns = (np.linspace(-1, 1, n) for n in shape)
    light = 1 - rng.uniform(0, 0.4) * (rows[:, None] ** 2 + columns**2) / 2
    noise, spoilt = rng.uniform(0.003, 0.012), str(rng.choice(("same", "same", "inverted", "gamma")))
    dtype, write = written(rng)
    made = []
    for matrix in (np.eye(3), truth):
        image = scene.seen(matrix, shape)
        image = 0.5 + contrast * (image - 0.5)
        if made and spoilt == "inverted":
            image = 1 - 0.8 * image
        if made and spoilt == "gamma":
            image = np.clip(image, 0, 1) ** rng.uniform(0.5, 2)
        made.append(window * light * image + (1 - window) * ground)
    fixed, moving = (write(np.clip(each + rng.normal(0, noise, shape), 0, 1)) for each in made)
    points = lattice(shape, 0.9, 25)
    seen = [ndimage.map_coordinates(window, each.T, order=1) > 0.9 for each in (points, moved(truth, points))]
    what = f"{name}, {scene.name} {side} px turned by {turn:.0f}, contrast {contrast:.2f}, {spoilt}, {dtype}"
    return Pair("shaped-field", number, what, fixed, moving, family, (Motion.of(truth, points[seen[0] & seen[1]]),))
