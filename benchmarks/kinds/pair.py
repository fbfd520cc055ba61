"""A pair of images of one kind, and what would be right for it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from benchmarks.cases import moved

Floats = NDArray[np.float64]
Pixels = NDArray[Any]
# As `superpose.register`'s default tolerance: in pixels, and as a part of the fixed image's diagonal.
TOLERANCE, OF_DIAGONAL = 1.0, 0.005


@dataclass(frozen=True, eq=False)
class Motion:
    """Where `points` of fixed, which lie on what moves so, are found in moving."""

    points: Floats
    targets: Floats

    @classmethod
    def of(cls, matrix: Floats, points: Floats) -> Motion:
        return cls(points, moved(matrix, points))

    def error(self, matrix: Floats) -> float:
        """Return the mean distance from where the points lie, in pixels of fixed."""
        if not np.isfinite(matrix).all():
            return np.inf
        size = np.sqrt(abs(np.linalg.det(matrix[:2, :2])))
        return float(np.linalg.norm(moved(matrix, self.points) - self.targets, axis=1).mean() / size)


@dataclass(frozen=True, eq=False)
class Pair:
    """Two images; an alignment is right that agrees with one of `right`, and none is where that is empty.

    `answerable` says whether a right alignment ought to be found and called reliable. `others` are motions that are
    in the pair but are not its scene's. `misfit`: what `right` holds is no member of any family.
    """

    kind: str
    number: int
    what: str
    fixed: Pixels
    moving: Pixels
    family: str
    right: tuple[Motion, ...]
    answerable: bool = True
    others: tuple[Motion, ...] = ()
    misfit: bool = False

    @property
    def name(self) -> str:
        return f"{self.kind}/{self.number} ({self.what}, {self.family})"

    @property
    def tolerance(self) -> float:
        """The error up to which an alignment is right, in pixels."""
        return max(TOLERANCE, OF_DIAGONAL * float(np.hypot(*self.fixed.shape[:2])))

    def error(self, matrix: Floats) -> float:
        """Return the error against whichever right motion is nearest; infinite where there is none."""
        return min((each.error(matrix) for each in self.right), default=np.inf)


def lattice(shape: tuple[int, ...], part: float = 0.5, count: int = 13) -> Floats:
    """Return points all over the middle part of an image."""
    rows, columns = (np.linspace((1 - part) / 2 * (n - 1), (1 + part) / 2 * (n - 1), count) for n in shape[:2])
    return np.stack(np.meshgrid(rows, columns, indexing="ij"), -1).reshape(-1, 2)


def grid(shape: tuple[int, ...]) -> Floats:
    """Return every pixel's place, (pixels, 2)."""
    return np.stack(np.indices(shape[:2]), -1).reshape(-1, 2).astype(float)
