"""Drawings, silhouettes, masks, plans and screenshots on a plain ground, turned and shifted a little."""

from __future__ import annotations

from functools import cache

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFont
from scipy import ndimage
from skimage import data

from benchmarks.cases import moved
from benchmarks.kinds.making import chance, direction, motion, ragged, sentence
from benchmarks.kinds.pair import Motion, Pair, grid

Floats = NDArray[np.float64]
Shape = tuple[int, int]

# Pictures are drawn so much finer than they are shown.
FINE = 4
# Degrees under which the nearest pixels of large parts of a picture are all one shift away.
LEAST_TURN = 0.5
VARIANTS = ("silhouette", "plan", "mask", "screenshot", "drawing", "horse")


@cache
def _horse() -> Floats:
    return np.asarray(data.horse(), float)


def _page(shape: Shape, ground: int = 255) -> tuple[Image.Image, ImageDraw.ImageDraw]:
    page = Image.new("L", (FINE * shape[1], FINE * shape[0]), ground)
    return page, ImageDraw.Draw(page)


def _plan(rng: np.random.Generator, shape: Shape) -> Floats:
    """Walls of rooms, columns, a staircase, a slanted line."""
    page, draw = _page(shape)
    height, width = page.size[1], page.size[0]
    pen = FINE * int(rng.integers(1, 4))
    draw.rectangle((20 * FINE, 15 * FINE, width - 20 * FINE, height - 25 * FINE), outline=0, width=pen)
    for _ in range(int(rng.integers(1, 5))):
        top, left = rng.uniform(0.1, 0.55) * height, rng.uniform(0.1, 0.55) * width
        size = rng.uniform(0.12, 0.35, 2) * (height, width)
        draw.rectangle((left, top, left + size[1], top + size[0]), outline=0, width=pen)
    row, step = rng.uniform(0.2, 0.8) * height, rng.uniform(0.04, 0.08) * width
    for k in range(int(rng.integers(3, 8))):
        centre, radius = 0.3 * width + k * step, 6 * FINE
        draw.ellipse((centre - radius, row - radius, centre + radius, row + radius), outline=0, width=pen)
    ends = rng.uniform(0.15, 0.85, 4) * (width, height, width, height)
    draw.line(tuple(float(x) for x in ends), 0, pen)
    return np.asarray(page, float) / 255


def _screenshot(rng: np.random.Generator, shape: Shape) -> Floats:
    """Windows with title bars, buttons and lines of words."""
    page, draw = _page(shape, int(rng.integers(200, 256)))
    width, height = page.size
    for _ in range(int(rng.integers(1, 4))):
        left, top = rng.uniform(0.02, 0.4) * width, rng.uniform(0.02, 0.4) * height
        right, bottom = left + rng.uniform(0.3, 0.55) * width, top + rng.uniform(0.3, 0.55) * height
        bar = 18 * FINE
        draw.rectangle((left, top, right, bottom), fill=255, outline=90, width=FINE)
        draw.rectangle((left, top, right, top + bar), fill=int(rng.integers(60, 180)))
        font = ImageFont.load_default(11 * FINE)
        for line in range(int(rng.integers(1, 8))):
            row = top + bar + (6 + 16 * line) * FINE
            if row + 16 * FINE < bottom:
                words, room = sentence(rng, 5), right - left - 16 * FINE
                while words and draw.textlength(words, font) > room:
                    words = words.rpartition(" ")[0]
                draw.text((left + 8 * FINE, row), words, 20, font)
    return np.asarray(page, float) / 255


def _drawing(rng: np.random.Generator, shape: Shape) -> Floats:
    """Curves of a pen."""
    page, draw = _page(shape)
    size = np.array([page.size[1], page.size[0]], float)
    for _ in range(int(rng.integers(2, 7))):
        place, heading = size * rng.uniform(0.3, 0.7, 2), rng.uniform(0, 2 * np.pi)
        bend, pen = rng.normal(0, 0.015), FINE * rng.uniform(1, 4)
        points = []
        for _ in range(int(rng.integers(100, 400))):
            heading += bend + rng.normal(0, 0.03)
            place = place + 2 * np.array([np.sin(heading), np.cos(heading)])
            if (place < 0.06 * size).any() or (place > 0.94 * size).any():
                break
            points.append((float(place[1]), float(place[0])))
        if len(points) > 20:
            draw.line(points, 0, int(pen), joint="curve")
    return np.asarray(page, float) / 255


def _blobs(rng: np.random.Generator, shape: Shape, count: int) -> Floats:
    """Ragged shapes, black on white."""
    places = grid((FINE * shape[0], FINE * shape[1])) / FINE
    page = np.ones(len(places))
    for _ in range(count):
        radius = rng.uniform(0.06, 0.2) * min(shape)
        centre = np.array(shape) * rng.uniform(0.3, 0.7, 2)
        near = (np.abs(places - centre) < 3 * radius).all(1)
        page[near] = np.minimum(page[near], 1 - ragged(rng, centre, radius)(places[near]))
    return page.reshape(FINE * shape[0], FINE * shape[1])


def _fine(rng: np.random.Generator, name: str) -> tuple[Floats, Shape]:
    """Return a picture from 0 to 1, FINE times as fine as it will be shown, and the size it is shown at."""
    if name == "horse":
        inside = np.pad(_horse(), 20, mode="edge")
        size = (inside.shape[0], inside.shape[1])
        return np.kron(inside, np.ones((FINE, FINE))), size
    shape = (int(rng.integers(220, 420)), int(rng.integers(220, 480)))
    if name in ("plan", "screenshot", "drawing"):
        return {"plan": _plan, "screenshot": _screenshot, "drawing": _drawing}[name](rng, shape), shape
    return _blobs(rng, shape, int(rng.integers(1, 4) if name == "silhouette" else rng.integers(2, 9))), shape


def _shown(fine: Floats, matrix: Floats, shape: Shape, ground: float) -> Floats:
    """Return the picture at a pose, each pixel the mean of FINE x FINE places."""
    steps = (np.arange(FINE) + 0.5) / FINE - 0.5
    back = np.linalg.inv(matrix)
    total = np.zeros(shape)
    for row in steps:
        for column in steps:
            places = (moved(back, grid(shape) + np.array([row, column])) + 0.5) * FINE - 0.5
            total += ndimage.map_coordinates(fine, places.T, order=1, cval=ground).reshape(shape)
    return total / FINE**2


def plain_ground(rng: np.random.Generator, number: int, _names: tuple[str, ...] = ()) -> Pair:
    """Return a picture and a turned copy, made of it by some interpolation as users do, or drawn anew."""
    name = VARIANTS[number % len(VARIANTS)]
    while True:
        fine, shape = _fine(rng, name)
        if fine.std() > 0.03:
            break
    family = str(rng.choice(("rigid", "rigid", "similarity", "translation")))
    turn = 0.0 if family == "translation" else rng.choice((-1, 1)) * 10 ** rng.uniform(-0.7, 0.7)
    shift = direction(rng, rng.uniform(0, 10))
    truth = motion(shape, shift, turn)
    fixed = _shown(fine, np.eye(3), shape, 1.0)
    binary, made = name == "mask", str(rng.choice(("nearest", "bilinear", "cubic", "anew")))
    if binary:
        fixed, made = np.rint(fixed), str(rng.choice(("nearest", "anew")))
    if made == "nearest":  # whole pixels: a shift, or a turn as small as this, would not be the one asked for
        turn = float(np.sign(turn) * max(abs(turn), LEAST_TURN))
        truth = motion(shape, np.rint(shift), turn)
    if made == "anew":
        moving = _shown(fine, truth, shape, 1.0)
        moving = np.rint(moving) if binary else moving
    else:
        places = moved(np.linalg.inv(truth), grid(shape)).T
        order = {"nearest": 0, "bilinear": 1, "cubic": 3}[made]
        moving = ndimage.map_coordinates(fixed, places, order=order, cval=1.0, mode="constant").reshape(shape)
    edges = ndimage.gaussian_gradient_magnitude(fixed, 1.0)
    points = np.argwhere(edges > 0.2 * edges.max()).astype(float)
    points = points[rng.integers(0, len(points), 300)]
    if chance(rng, 0.3):
        fixed, moving = 1 - fixed, 1 - moving
    full = 1 if binary and chance(rng, 0.3) else 255
    noise = rng.uniform(0, 0.02) if chance(rng, 0.25) and full > 1 else 0.0
    first, second = (
        np.clip(np.rint(full * (each + rng.normal(0, noise, shape))), 0, full).astype(np.uint8)
        for each in (fixed, moving)
    )
    what = f"{name} turned by {turn:.2f}, {made}, noise {noise:.3f}"
    return Pair("plain-ground", number, what, first, second, family, (Motion.of(truth, points),))
