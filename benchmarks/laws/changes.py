"""The same pair seen otherwise: padded, cropped, transposed, turned, its grey values bent or scaled."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from benchmarks.laws.subjects import Answer

Floats = NDArray[np.float64]
Pixels = NDArray[Any]

CROPPED = 10
SMALLEST = 100  # pixels along a side, under which a tenth is cropped


@dataclass(frozen=True, eq=False)
class Changed:
    """A pair seen otherwise; the matrices take pixels of the images as they were to those that they became."""

    fixed: Pixels
    moving: Pixels
    of_fixed: Floats
    of_moving: Floats

    def undone(self, found: Answer) -> Answer:
        """Return what an answer to the changed pair says of the pair as it was."""
        if found.matrix is None:
            return found
        matrix = np.linalg.inv(self.of_moving) @ found.matrix @ self.of_fixed
        return Answer(matrix / matrix[2, 2], found.uncertainty, found.reliable, found.failure)


def _shift(rows: float, columns: float) -> Floats:
    matrix = np.eye(3)
    matrix[:2, 2] = rows, columns
    return matrix


def padded(rng: np.random.Generator, fixed: Pixels, moving: Pixels) -> Changed:
    """Add missing pixels on all sides of both."""
    made, matrices = [], []
    for image in (fixed, moving):
        widths = rng.integers(0, 41, (2, 2))
        made.append(np.pad(image.astype(float), widths, constant_values=np.nan))
        matrices.append(_shift(*widths[:, 0]))
    return Changed(made[0], made[1], matrices[0], matrices[1])


def cropped(rng: np.random.Generator, fixed: Pixels, moving: Pixels) -> Changed:
    """Cut pixels off one side of both, or off all."""
    every = bool(rng.random() < 0.5)
    made, matrices = [], []
    for image in (fixed, moving):
        cut = CROPPED if min(image.shape) >= SMALLEST else min(image.shape) // 10
        sides = np.full((2, 2), cut) if every else np.zeros((2, 2), int)
        sides[tuple(rng.integers(0, 2, 2))] = cut
        (top, bottom), (left, right) = sides
        made.append(image[top : image.shape[0] - bottom, left : image.shape[1] - right])
        matrices.append(_shift(-top, -left))
    return Changed(made[0], made[1], matrices[0], matrices[1])


def transposed(_: np.random.Generator, fixed: Pixels, moving: Pixels) -> Changed:
    """Exchange rows and columns of both."""
    swap = np.array([[0.0, 1, 0], [1, 0, 0], [0, 0, 1]])
    return Changed(fixed.T, moving.T, swap, swap)


def turned(_: np.random.Generator, fixed: Pixels, moving: Pixels) -> Changed:
    """Turn both by 90 degrees."""
    of_fixed, of_moving = (np.array([[0.0, -1, n.shape[1] - 1], [1, 0, 0], [0, 0, 1]]) for n in (fixed, moving))
    return Changed(np.rot90(fixed), np.rot90(moving), of_fixed, of_moving)


def _greys(rng: np.random.Generator, fixed: Pixels, moving: Pixels, change: Callable[[Floats], Floats]) -> Changed:
    which = int(rng.integers(3))  # fixed, moving, both
    one, two = (change(image.astype(float)) if which in (k, 2) else image for k, image in enumerate((fixed, moving)))
    return Changed(one, two, np.eye(3), np.eye(3))


def bent(rng: np.random.Generator, fixed: Pixels, moving: Pixels) -> Changed:
    """Raise the grey values of one or both, on their range, to a power."""
    power = 2 ** rng.uniform(-1, 1)

    def gamma(image: Floats) -> Floats:
        low, high = np.nanmin(image), np.nanmax(image)
        return ((image - low) / max(high - low, 1e-12)) ** power

    return _greys(rng, fixed, moving, gamma)


def scaled(rng: np.random.Generator, fixed: Pixels, moving: Pixels) -> Changed:
    """Multiply the grey values of one or both, and add to them."""
    factor = 10 ** rng.uniform(-3, 3)
    offset = rng.normal() * factor
    return _greys(rng, fixed, moving, lambda image: factor * image + offset)


CHANGES: dict[str, Callable[[np.random.Generator, Pixels, Pixels], Changed]] = {
    "padded": padded,
    "cropped": cropped,
    "transposed": transposed,
    "turned": turned,
    "bent": bent,
    "scaled": scaled,
}
