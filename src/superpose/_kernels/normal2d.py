"""Where the normal equations of a 2D pose lie in memory, and how rows of pixels add to them.

They are of the eight generators of the projective group and of what else is solved along; a smaller family projects
what comes out. Along a row only v, the column's coordinate, changes: its sums are moments in v, and the powers of u,
the row's coordinate, are applied once a row.
"""

from __future__ import annotations

from typing import Any

from superpose._kernels._jit import helper

# Where the sums lie: cost, count, weight; then the normal equations' gradient (10) and symmetric matrix (10 x 10): the
# eight generators, then gain and offset (squared) or gain and turn of the directions (vector).
COST, COUNT, WEIGHT, GRADIENT, MATRIX = 0, 1, 2, 3, 13
SIZE = 113
# The matrix takes v for constant over this many columns, which is far from where its accuracy would matter; in cost
# and gradient v is exact.
SEGMENT = 64
# Moments of one row: cost, count, weight (0-2), products of gradients (3-14), residual (15-19), first extra (20-24) and
# second extra (25-29) parameter by gradient, and what the extras have among themselves and with the residual (30-34).
MOMENTS = 35


@helper
def _gradient(out: Any, at: Any, u: Any, a0: Any, a1: Any, b0: Any, b1: Any, b2: Any) -> None:
    """Add one row's sums of (gradient x generator), from moments in v, to out[at : at + 8]."""
    out[at] += u * a0
    out[at + 1] += a1
    out[at + 2] += a0
    out[at + 3] += u * b0
    out[at + 4] += b1
    out[at + 5] += b0
    out[at + 6] -= u * (u * a0 + b1)
    out[at + 7] -= u * a1 + b2


@helper
def add_moments(out: Any, moments: Any, u: Any) -> None:
    """Add one row's moments to the sums; of the matrix, its lower triangle."""
    aa0, aa1, aa2 = moments[3], moments[4], moments[5]
    ab0, ab1, ab2, ab3 = moments[6], moments[7], moments[8], moments[9]
    bb0, bb1, bb2, bb3, bb4 = moments[10], moments[11], moments[12], moments[13], moments[14]
    out[COST] += moments[0]
    out[COUNT] += moments[1]
    out[WEIGHT] += moments[2]
    _gradient(out, GRADIENT, u, moments[15], moments[16], moments[17], moments[18], moments[19])
    _gradient(out, MATRIX + 80, u, moments[20], moments[21], moments[22], moments[23], moments[24])
    _gradient(out, MATRIX + 90, u, moments[25], moments[26], moments[27], moments[28], moments[29])
    out[MATRIX + 88] += moments[30]
    out[MATRIX + 98] += moments[31]
    out[MATRIX + 99] += moments[32]
    out[GRADIENT + 8] += moments[33]
    out[GRADIENT + 9] += moments[34]
    uu = u * u
    k = MATRIX
    out[k] += uu * aa0
    k += 10
    out[k] += u * aa1
    out[k + 1] += aa2
    k += 10
    out[k] += u * aa0
    out[k + 1] += aa1
    out[k + 2] += aa0
    k += 10
    out[k] += uu * ab0
    out[k + 1] += u * ab1
    out[k + 2] += u * ab0
    out[k + 3] += uu * bb0
    k += 10
    out[k] += u * ab1
    out[k + 1] += ab2
    out[k + 2] += ab1
    out[k + 3] += u * bb1
    out[k + 4] += bb2
    k += 10
    out[k] += u * ab0
    out[k + 1] += ab1
    out[k + 2] += ab0
    out[k + 3] += u * bb0
    out[k + 4] += bb1
    out[k + 5] += bb0
    # the projective ones: p = -(a u + b v) u and q = -(a u + b v) v
    k += 10
    out[k] -= uu * (u * aa0 + ab1)
    out[k + 1] -= u * (u * aa1 + ab2)
    out[k + 2] -= u * (u * aa0 + ab1)
    out[k + 3] -= uu * (u * ab0 + bb1)
    out[k + 4] -= u * (u * ab1 + bb2)
    out[k + 5] -= u * (u * ab0 + bb1)
    out[k + 6] += uu * (uu * aa0 + 2.0 * u * ab1 + bb2)
    k += 10
    out[k] -= u * (u * aa1 + ab2)
    out[k + 1] -= u * aa2 + ab3
    out[k + 2] -= u * aa1 + ab2
    out[k + 3] -= u * (u * ab1 + bb2)
    out[k + 4] -= u * ab2 + bb3
    out[k + 5] -= u * ab1 + bb2
    out[k + 6] += u * (uu * aa1 + 2.0 * u * ab2 + bb3)
    out[k + 7] += uu * aa2 + 2.0 * u * ab3 + bb4


@helper
def spread_segment(
    moments: Any,
    v: Any,
    aa: Any,
    ab: Any,
    bb: Any,
    ra0: Any,
    ra1: Any,
    rb0: Any,
    rb1: Any,
    rb2: Any,
    ma: Any,
    mb: Any,
    na: Any,
    nb: Any,
) -> None:
    """Add a segment's sums, about its middle v, to the row's moments."""
    v2 = v * v
    moments[3] += aa
    moments[4] += aa * v
    moments[5] += aa * v2
    moments[6] += ab
    moments[7] += ab * v
    moments[8] += ab * v2
    moments[9] += ab * v2 * v
    moments[10] += bb
    moments[11] += bb * v
    moments[12] += bb * v2
    moments[13] += bb * v2 * v
    moments[14] += bb * v2 * v2
    moments[15] += ra0
    moments[16] += ra1 + v * ra0
    moments[17] += rb0
    moments[18] += rb1 + v * rb0
    moments[19] += rb2 + 2.0 * v * rb1 + v2 * rb0
    moments[20] += ma
    moments[21] += ma * v
    moments[22] += mb
    moments[23] += mb * v
    moments[24] += mb * v2
    moments[25] += na
    moments[26] += na * v
    moments[27] += nb
    moments[28] += nb * v
    moments[29] += nb * v2


@helper
def fill_upper(out: Any) -> None:
    """Copy the matrix's lower triangle, all that `add_moments` adds to, to its upper one."""
    for p in range(10):
        for q in range(p):
            out[MATRIX + 10 * q + p] = out[MATRIX + 10 * p + q]
