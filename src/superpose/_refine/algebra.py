"""The linear families as Lie algebras: one step of an optimiser as a vector of generators.

A step acts on the fixed side, x -> T(exp(step) x), about the fixed image's centre, in units in which one moves the
image's corner by about one pixel: so a family's basis is a few columns of the full group's eight generators.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

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

    @classmethod
    def over(cls, shape: tuple[int, int]) -> Frame:
        """Return the frame of an image: about its middle, in units of the distance from there to its corners."""
        middle = (np.array(shape) - 1) / 2
        return cls(middle, float(np.linalg.norm(middle)))

    def moved(self, matrix: Floats, step: Floats) -> Floats:
        """Return matrix @ exp(step), step being the full group's eight numbers."""
        tangent = np.array([[step[0], step[1], step[2]], [step[3], step[4], step[5]], [step[6], step[7], 0.0]])
        out = matrix @ self._to_pixels @ exponential(tangent / self.radius) @ self._to_radii
        out = out / out[2, 2]
        if matrix[2, 0] == 0 == matrix[2, 1] and step[6] == 0 == step[7]:
            out[2] = (0, 0, 1)  # affine stays exactly so
        return np.asarray(out, float)

    @cached_property
    def _to_pixels(self) -> Floats:
        (row, column), r = self.centre, self.radius
        return np.array([[r, 0, row], [0, r, column], [0, 0, 1.0]])

    @cached_property
    def _to_radii(self) -> Floats:
        (row, column), r = self.centre, self.radius
        return np.array([[1 / r, 0, -row / r], [0, 1 / r, -column / r], [0, 0, 1.0]])

    @cached_property
    def corners(self) -> Floats:
        """How the generators move the four corners, (4, 2, 8), in pixels."""
        u, v = self.centre / self.radius
        return np.array(
            [
                [[p, q, 1, 0, 0, 0, -p * p, -p * q], [0, 0, 0, p, q, 1, -p * q, -q * q]]
                for p, q in ((u, v), (u, -v), (-u, v), (-u, -v))
            ]
        )

    def reach(self, step: Floats) -> float:
        """Return how far a step moves the farthest corner, in pixels."""
        return float(np.sqrt((np.square(self.corners @ step)).sum(1).max()))


def exponential(tangent: Floats) -> Floats:
    """Return the exponential of a small square matrix, by its series after halving."""
    size = float(np.abs(tangent).sum())
    halvings = max(0, int(np.ceil(np.log2(max(size, 1e-30)))) + 2)
    small = tangent / 2.0**halvings
    size /= 2.0**halvings
    out = np.eye(len(tangent))
    term, left, k = out, 1.0, 1
    while left > 1e-18:
        term = term @ small / k
        out = out + term
        left *= size / k
        k += 1
    for _ in range(halvings):
        out = out @ out
    return out


def solved(matrix: Floats, right: Floats, damping: float = 0.0) -> Floats | None:
    """Return the solution of a symmetric system, damped relative to its diagonal; None where there is none.

    Parameters
    ----------
    matrix : ndarray, shape (n, n)
        Symmetric.
    right : ndarray, shape (n,) or (n, k)
        One right side, or several.
    damping : float
        What is added to the diagonal, as part of it.
    """
    diagonal = np.diag(matrix)
    if not (diagonal > 0).all():
        return None
    # Unit diagonal first: unknowns of different size must not decide about rank.
    scale = 1 / np.sqrt(diagonal)
    unit = matrix * np.outer(scale, scale)
    unit[np.diag_indices(len(unit))] += damping
    scale = scale.reshape(-1, *[1] * (right.ndim - 1))
    try:
        found = scale * np.linalg.solve(unit, scale * right)
    except np.linalg.LinAlgError:
        return None
    return found if np.isfinite(found).all() else None
