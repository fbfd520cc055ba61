"""The linear families as Lie algebras: one step of an optimiser as a vector of generators.

A step acts on the fixed side, x -> T(exp(step) x), about the fixed image's centre, in units in which one moves the
image's corner by about one pixel: so a family's basis is a few columns of the full group's eight generators.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]

# Generators by row: d(row) by u, v, 1; d(column) by u, v, 1; the two projective ones. u and v are row and column
# about the centre, in radii.
FULL = 8


def _columns(*columns: dict[int, float]) -> Floats:
    basis = np.zeros((FULL, len(columns)))
    for k, column in enumerate(columns):
        for generator, factor in column.items():
            basis[generator, k] = factor
    return basis


_SHIFTS = ({2: 1.0}, {5: 1.0})
BASES: dict[str, Floats] = {
    "translation": _columns(*_SHIFTS),
    "rigid": _columns({1: -1.0, 3: 1.0}, *_SHIFTS),
    "similarity": _columns({1: -1.0, 3: 1.0}, {0: 1.0, 4: 1.0}, *_SHIFTS),
    "affine": _columns({0: 1.0}, {1: 1.0}, {3: 1.0}, {4: 1.0}, *_SHIFTS),
    "homography": _columns({0: 1.0}, {1: 1.0}, {3: 1.0}, {4: 1.0}, *_SHIFTS, {6: 1.0}, {7: 1.0}),
}


@dataclass(frozen=True, eq=False)
class Frame:
    """Where generators act: about `centre`, in units of `radius`, both in pixels of one level."""

    centre: Floats
    radius: float

    def moved(self, matrix: Floats, step: Floats) -> Floats:
        """Return matrix @ exp(step), step being the full group's eight numbers."""
        tangent = np.array([[step[0], step[1], step[2]], [step[3], step[4], step[5]], [step[6], step[7], 0.0]])
        out = matrix @ self._to_pixels @ exponential(tangent / self.radius) @ self._to_radii
        out = out / out[2, 2]
        if matrix[2, 0] == 0 == matrix[2, 1] and step[6] == 0 == step[7]:
            out[2] = (0, 0, 1)  # affine stays exactly so
        return np.asarray(out, float)

    @property
    def _to_pixels(self) -> Floats:
        (row, column), r = self.centre, self.radius
        return np.array([[r, 0, row], [0, r, column], [0, 0, 1.0]])

    @property
    def _to_radii(self) -> Floats:
        (row, column), r = self.centre, self.radius
        return np.array([[1 / r, 0, -row / r], [0, 1 / r, -column / r], [0, 0, 1.0]])

    def reach(self, step: Floats) -> float:
        """Return how far a step moves the farthest corner, in pixels."""
        u, v = self.centre / self.radius
        far = 0.0
        for p, q in ((u, v), (u, -v), (-u, v), (-u, -v)):
            flow = step[6] * p + step[7] * q
            row = step[0] * p + step[1] * q + step[2] - flow * p
            column = step[3] * p + step[4] * q + step[5] - flow * q
            far = max(far, row * row + column * column)
        return float(np.sqrt(far))


def exponential(tangent: Floats) -> Floats:
    """Return the exponential of a small square matrix, by its series after halving."""
    size = float(np.abs(tangent).sum())
    halvings = max(0, int(np.ceil(np.log2(max(size, 1e-30)))) + 2)
    small = tangent / 2.0**halvings
    out = np.eye(len(tangent))
    term = out
    for k in range(1, 13):
        term = term @ small / k
        out = out + term
    for _ in range(halvings):
        out = out @ out
    return out
