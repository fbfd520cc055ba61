"""What interpolation between pixels does to noise: it averages it, which a cost must not take for agreement."""

from __future__ import annotations

from functools import cache
from itertools import product

import numpy as np
from numpy.typing import NDArray

from superpose._arithmetic.elementary import read_only
from superpose._arithmetic.matrices import matmul
from superpose._kernels.noise import MOMENTS, POWERS, SUMS, interpolated_sums
from superpose._refine.algebra import Frame
from superpose._sampling.margins import Box
from superpose.metrics._orientation_covariance import displacements
from superpose.metrics._prefilter import Noise
from superpose.metrics._sampled_rows import odd
from superpose.transforms.geometry import IndexMap, about, volume_ratio

Floats = NDArray[np.float64]


def interpolated(
    noise: Noise, frame: Frame, boxes: tuple[Box, Box], matrix: IndexMap, lines: int
) -> tuple[float, Floats, Floats]:
    """Return what noise does in the warped image: its mean variance, and how that changes by the generators.

    And the matrix (8, 8) that slopes of variance 1, without any structure, would have.

    Parameters
    ----------
    noise : Noise
        Of moving.
    frame : Frame
        In which the generators act.
    boxes : tuple of Box
        Where fixed and moving have pixels.
    matrix : ndarray, shape (3, 3)
        The pose, from fixed to moving pixels.
    lines : int
        It is added up on about so many rows and columns.
    """
    fixed, moving = (np.array([each.stop - each.start for each in box]) for box in boxes)
    first, second = (np.array([float(each.start) for each in box]) for box in boxes)
    steps = np.array([odd(n / lines) for n in fixed.tolist()])
    pose, sums = np.ascontiguousarray(_between(matrix, first, second)), np.empty(SUMS)
    interpolated_sums(noise.gain, noise.slope, pose, fixed, moving, steps, frame.centre - first, frame.radius, sums)
    count = sums[0]
    if not count:
        return 0.0, np.zeros(frame.generators), np.eye(frame.generators)
    powers = sums[2 + MOMENTS :].reshape(POWERS, POWERS)
    alike = (_alike() * (powers * (volume_ratio(matrix) / count))).sum((2, 3))
    scale = noise.variance / count
    return float(sums[1] * scale), sums[2 : 2 + MOMENTS] * scale, alike


def _between(matrix: IndexMap, first: Floats, second: Floats) -> Floats:
    """Return a pose between pixels that are counted from elsewhere in fixed and in moving."""
    if not first.any() and not second.any():
        return matrix
    nothing = np.zeros(len(first))
    into, onto = (about(np.eye(len(first)), shift, nothing) for shift in (first, -second))
    return matmul(onto, matrix, into)


@cache
def _alike() -> Floats:
    """Return (generators, generators, 5, 5): how much of u^i v^j what two generators do to a point have in common."""
    out = np.zeros((MOMENTS, MOMENTS, POWERS, POWERS))
    moved = list(zip(*displacements(2), strict=True))
    for (k, first), (m, second) in product(enumerate(moved), repeat=2):
        for a, b in zip(first, second, strict=True):
            for ((i, j), x), ((y, z), w) in product(a.items(), b.items()):
                out[k, m, i + y, j + z] += x * w
    return read_only(out)
