"""Steps of an optimiser in the Lie algebra of the homogeneous matrices.

A step acts on the fixed side, x -> T(exp(step) x), about the fixed image's centre, in units in which one moves the
image's corner by about one pixel. Its numbers are those of a matrix row by row, without the last: how fast each
coordinate of a point changes with every coordinate (in radii about the centre) and by itself, then, in a plane, the
perspective. A family's steps are those that its `basis` spans.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache, cached_property
from itertools import product
from typing import cast

import numpy as np
from numpy.typing import NDArray

from superpose._arithmetic.matrices import inverse, matmul, norm, solution
from superpose._kernels.matrices import exponential as kernel
from superpose.transforms.geometry import Map, about, group_size, normalised, velocities

Floats = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class Frame:
    """Where generators act: about `centre`, in units of `radius`, both in pixels of one level."""

    centre: Floats
    radius: float

    @classmethod
    def over(cls, shape: tuple[int, ...]) -> Frame:
        """Return the frame of an image: about its middle, in units of the distance from there to its corners."""
        middle = (np.array(shape) - 1) / 2
        return cls(middle, norm(middle))

    @property
    def generators(self) -> int:
        """How many numbers a step of the full group has."""
        return group_size(len(self.centre))

    @property
    def group(self) -> Floats:
        """The generators of the full group, (n, ndim + 1, ndim + 1)."""
        return full_group(len(self.centre))

    def moved(self, matrix: Map, step: Floats) -> Map:
        """Return matrix @ exp(step), for a step of the full group, shape (generators,)."""
        tangent = np.zeros(matrix.shape)
        tangent.flat[: len(step)] = step
        moved = matmul(matrix, self._to_pixels, exponential(tangent / self.radius), self._to_radii)
        out = normalised(cast(Map, moved))
        if not (matrix[-1, :-1].any() or tangent[-1].any()):
            out[-1, :-1] = 0.0  # affine stays exactly so
        return out

    def step_between(self, start: Map, end: Map) -> Floats:
        """Return the step, short enough that its square does not matter, by which `moved` leads from start to end."""
        moved = matmul(self._to_radii, inverse(start), end, self._to_pixels)
        return np.asarray(self.radius * (moved / moved[-1, -1] - np.eye(len(moved))).ravel()[: self.generators])

    @cached_property
    def _to_pixels(self) -> Floats:
        return about(self.radius * np.eye(len(self.centre)), self.centre, np.zeros(len(self.centre)))

    @cached_property
    def _to_radii(self) -> Floats:
        return about(np.eye(len(self.centre)) / self.radius, -self.centre / self.radius, np.zeros(len(self.centre)))

    @cached_property
    def corners(self) -> Floats:
        """How a step's numbers move the image's corners, (2 ** ndim, ndim, generators), in pixels."""
        size = len(self.centre) + 1
        signs = np.array(list(product((1.0, -1.0), repeat=size - 1)))
        return velocities(self.group, signs * self.centre / self.radius)

    def reach(self, step: Floats) -> float:
        """Return how far a step moves the farthest corner, in pixels."""
        moved = np.einsum("cik,k->ci", self.corners, step)
        return float(np.sqrt(np.square(moved).sum(1).max()))


@cache
def full_group(ndim: int) -> Floats:
    """Return the generators of all maps, of images with perspective: (`group_size`, ndim + 1, ndim + 1)."""
    generators = np.eye((ndim + 1) ** 2)[: group_size(ndim)].reshape(-1, ndim + 1, ndim + 1)
    generators.setflags(write=False)
    return generators


def exponential(tangent: Floats) -> Floats:
    """Return the exponential of a small square matrix."""
    out = np.empty(tangent.shape)
    kernel(np.ascontiguousarray(tangent, float), out)
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
    unit = matrix * np.multiply.outer(scale, scale)
    unit[np.diag_indices(len(unit))] += damping
    scale = scale.reshape(-1, *[1] * (right.ndim - 1))
    try:
        found = scale * solution(unit, scale * right)
    except np.linalg.LinAlgError:
        return None
    return found if np.isfinite(found).all() else None
