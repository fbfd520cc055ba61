"""What every kind draws: sizes, motions, ragged outlines, letters, and how a sensor writes numbers down."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFont

from benchmarks.cases import pose

Floats = NDArray[np.float64]
Shape = tuple[int, int]
Write = Callable[[Floats], NDArray[np.generic]]

# What instruments write into their pictures.
WORDS = (
    "BEAM",
    "15.0 kV",
    "WD",
    "8.2 mm",
    "MAG",
    "2500 x",
    "10 um",
    "Station 12",
    "2026-05-17",
    "08:41:07",
    "CAM 3",
    "21.4 C",
)


def chance(rng: np.random.Generator, probability: float) -> bool:
    return bool(rng.random() < probability)


def shape_of(rng: np.random.Generator, low: int = 250, high: int = 450) -> Shape:
    """Return a size, square in a half of draws."""
    rows, columns = (int(n) for n in rng.integers(low, high + 1, 2))
    return (rows, rows) if chance(rng, 0.5) else (rows, columns)


def direction(rng: np.random.Generator, length: float) -> Floats:
    """Return a shift of that length in any direction."""
    angle = rng.uniform(0, 2 * np.pi)
    return length * np.array([np.sin(angle), np.cos(angle)])


def motion(shape: Shape, shift: Floats, angle: float = 0.0, scale: float = 1.0) -> Floats:
    """Return the matrix of a turn (degrees) and magnification about an image's centre, then a shift."""
    centre = (np.array(shape) - 1) / 2
    return pose(angle, scale, shift, centre, centre)


def written(rng: np.random.Generator) -> tuple[str, Write]:
    """Return how a sensor writes down numbers from 0 to 1: bytes, words of some depth, or floats of any unit."""
    name = str(rng.choice(("uint8", "uint8", "uint16", "float32")))
    if name == "uint8":
        return name, lambda image: np.clip(np.rint(255 * image), 0, 255).astype(np.uint8)
    if name == "uint16":
        full = float(rng.choice((1023, 4095, 65535)))
        return name, lambda image: np.clip(np.rint(full * image), 0, 65535).astype(np.uint16)
    unit, offset = 10 ** rng.uniform(-3, 3), rng.normal()
    return name, lambda image: (unit * (image + offset)).astype(np.float32)


def ragged(rng: np.random.Generator, centre: Floats, radius: float, rough: float = 0.12) -> Callable[[Floats], Floats]:
    """Return a blob of uneven outline as a function of places: 1 inside, 0 outside, soft over a pixel."""
    waves = [(k, rng.normal(0, rough), rng.uniform(0, 2 * np.pi)) for k in range(2, 7)]
    first = (rng.uniform(0.7, 1.3), rng.uniform(0, np.pi))

    def inside(points: Floats) -> Floats:
        rows, columns = (points - centre).T
        angle = np.arctan2(rows, columns)
        edge = 1 + sum(a * np.cos(k * angle + p) for k, a, p in waves)
        stretched = 1 / np.hypot(np.cos(angle - first[1]) / first[0], np.sin(angle - first[1]) * first[0])
        return np.clip(radius * stretched * np.clip(edge, 0.4, 1.8) - np.hypot(rows, columns) + 0.5, 0, 1)

    return inside


def text(words: str, height: int, shape: Shape, place: tuple[float, float]) -> Floats:
    """Return words drawn on 0 as 1, `height` pixels tall, their upper left at (row, column)."""
    page = Image.new("L", (shape[1], shape[0]), 0)
    ImageDraw.Draw(page).text((place[1], place[0]), words, 255, ImageFont.load_default(height))
    return np.asarray(page, float) / 255


def sentence(rng: np.random.Generator, count: int) -> str:
    return " ".join(str(word) for word in rng.choice(WORDS, count))
