"""Exponential and logarithm of homogeneous matrices of affine maps, and their mean.

References
----------
N. J. Higham, "Functions of Matrices: Theory and Computation", SIAM, 2008, sections 6.3, 10.3 and 11.5.
X. Pennec and V. Arsigny, "Exponential barycenters of the canonical Cartan connection and invariant means on Lie
groups", in "Matrix Information Geometry", Springer, 2012.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from superpose._arithmetic.matrices import inverse, matmul

Floats = NDArray[np.float64]

# Series of so many terms, where the linear part is no larger than this, are exact to the last digit.
_TERMS, _SMALL = 16, 0.25
# A mean is found in a few steps if there is one; it is where no step is longer than this part of the matrices.
_STEPS, _EXACT = 60, 1e-13


def exponential(rate: Floats) -> Floats:
    """Return the affine map that a generator leads to after a time of 1; its last row is 0."""
    halvings = max(0, math.frexp(_size(rate) / _SMALL)[1])
    part = np.ldexp(rate, -halvings)
    out = unit = np.eye(len(rate))
    for k in range(_TERMS, 0, -1):
        out = unit + matmul(part, out) / k
    for _ in range(halvings):
        out = matmul(out, out)
    return out


def logarithm(matrix: Floats) -> Floats | None:
    """Return the generator that leads to an affine map; None where there is no real one, as of half a turn.

    It is the one that turns least.
    """
    unit, root, doublings = np.eye(len(matrix)), matrix, 0
    while _size(root - unit) > _SMALL:
        found = _square_root(root)
        if found is None or doublings == 60:
            return None
        root, doublings = found, doublings + 1
    # The area hyperbolic tangent's series.
    part = matmul(root - unit, inverse(root + unit))
    square, out = matmul(part, part), np.zeros_like(part)
    for k in range(2 * _TERMS - 1, 0, -2):
        out = unit / k + matmul(square, out)
    rate = np.ldexp(matmul(part, out), 1 + doublings)
    rate[-1] = 0.0
    return rate


def mean_of(maps: Sequence[Floats]) -> Floats:
    """Return the mean of affine maps: that from which the ways to all of them, as generators, add up to nothing.

    No frame and no direction makes a difference: the mean of turned, or inverted, maps is the turned, or inverted,
    mean. Of rotations it is the one of least squared angles, of scales the geometric mean. Where maps lie so far apart
    that there are several, it is near that one of them which is nearest to all; maps that lie half a turn from it do
    not count.
    """
    linear = np.array([each[:-1, :-1] for each in maps])
    away = np.square(linear - linear.mean(0)).sum((1, 2))
    mean = maps[int(np.argmin(away))]
    for _ in range(_STEPS):
        back = inverse(mean)
        rates = [rate for each in maps if (rate := logarithm(matmul(each, back))) is not None]
        step = np.array(rates).mean(0)
        mean = matmul(exponential(step), mean)
        mean[-1] = 0.0
        mean[-1, -1] = 1.0
        if np.abs(step).max() <= _EXACT * max(1.0, float(np.abs(mean).max())):
            break
    return mean


def part_way(start: Floats, end: Floats, part: float) -> Floats:
    """Return an affine map so far on the way from one to another; the other one if that is half a turn away."""
    rate = logarithm(matmul(end, inverse(start)))
    return end if rate is None else matmul(exponential(part * rate), start)


def _size(matrix: Floats) -> float:
    """Return how large the linear part is; what shifts takes part in each series once, whatever its length."""
    return float(np.abs(matrix[:-1, :-1]).sum(1).max())


def _square_root(matrix: Floats) -> Floats | None:
    """Return the principal square root by Denman and Beavers' steps; None where there is none."""
    root, other = matrix, np.eye(len(matrix))
    for _ in range(40):
        try:
            after, other = (root + inverse(other)) / 2, (other + inverse(root)) / 2
        except np.linalg.LinAlgError:
            return None
        moved = float(np.abs(after - root).max())
        root = after
        if not moved > 1e-14 * max(1.0, float(np.abs(root).max())):
            return root if np.isfinite(root).all() else None
    return None
