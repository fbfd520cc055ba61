"""Normal equations of the squared error between a 2D direction field and a warped one."""

from __future__ import annotations

from typing import Any

import numpy as np

from superpose._kernels._jit import inline, jit
from superpose._kernels.normal2d import MOMENTS, SEGMENT, add_moments, fill_upper, spread_segment
from superpose._kernels.sampling2d import constant_chain, positions, span


@inline
def _vector_sums(vectors: Any, first: Any, last: Any, g: Any, origin: Any, radius: Any, moments: Any) -> None:
    """Fill one row's moments; origin is the column where v is 0.

    vectors (9, width): fixed's two channels, moving's two, the derivatives of g times moving's first channel by the
    output's row and column, those of its second, and the weight. (Numba counts references to each array that is
    passed: nine of them would cost 5 % of the time.)
    """
    half = np.float32(0.5)
    step = np.float32(1.0 / radius)
    moments[:] = 0.0
    for start in range(first, last, SEGMENT):
        stop = min(start + SEGMENT, last)
        middle = np.float32(half * (start + stop - 1))
        aa = ab = bb = ma = mb = qa = qb = mm = np.float32(0.0)
        ra0 = ra1 = rb0 = rb1 = rb2 = rm = rq = cost = count = total = np.float32(0.0)
        for c in range(start, stop):
            here = vectors[8, c]
            v = (np.float32(c) - middle) * step
            f0, f1, x0, x1 = vectors[0, c], vectors[1, c], vectors[2, c], vectors[3, c]
            r0, r1 = f0 - g * x0, f1 - g * x1
            a0, b0, a1, b1 = vectors[4, c], vectors[5, c], vectors[6, c], vectors[7, c]
            count += here
            total += here * (f0 * f0 + f1 * f1)
            cost += here * (r0 * r0 + r1 * r1)
            aa += here * (a0 * a0 + a1 * a1)
            ab += here * (a0 * b0 + a1 * b1)
            bb += here * (b0 * b0 + b1 * b1)
            ma += here * (x0 * a0 + x1 * a1)
            mb += here * (x0 * b0 + x1 * b1)
            # A turn of the directions moves (x0, x1) along (-x1, x0).
            qa += here * (x0 * a1 - x1 * a0)
            qb += here * (x0 * b1 - x1 * b0)
            mm += here * (x0 * x0 + x1 * x1)
            ra, rb = here * (r0 * a0 + r1 * a1), here * (r0 * b0 + r1 * b1)
            ra0 += ra
            ra1 += ra * v
            rb0 += rb
            rb *= v
            rb1 += rb
            rb2 += rb * v
            rm += here * (r0 * x0 + r1 * x1)
            rq += here * (r1 * x0 - r0 * x1)
        moments[0] += cost
        moments[1] += count
        moments[2] += total
        # A turn leaves the length of a direction alone: gain and turn do not couple.
        moments[30] += mm
        moments[32] += g * g * mm
        moments[33] += rm
        moments[34] += g * rq
        at = (middle - origin) / radius
        spread_segment(moments, at, aa, ab, bb, ra0, ra1, rb0, rb1, rb2, ma, mb, g * qa, g * qb)


@jit
def vector_rows(
    fixed: Any,
    kept: Any,
    field: Any,
    usable: Any,
    matrix: Any,
    centre: Any,
    radius: float,
    gain: float,
    cosine: float,
    sine: float,
    first: int,
    last: int,
    out: Any,
) -> None:
    """Add rows first..last up into `out` (SIZE,) float64.

    fixed and field (rows + 3, columns + 3, 2) float32 padded by one before and two after; kept and usable (rows,
    columns) bool; matrix (3, 3) from fixed to moving pixels; residual = fixed - gain * turned(moving).
    """
    rows, columns = usable.shape
    width = kept.shape[1]
    stride = 2 * field.shape[1]
    flat = field.reshape(-1)
    i, j = np.empty(width, np.int32), np.empty(width, np.int32)
    t, s = np.empty(width, np.float32), np.empty(width, np.float32)
    vectors, chain = np.empty((9, width), np.float32), np.empty((4, width), np.float32)
    moments = np.empty(MOMENTS)
    constant_chain(matrix, chain)
    half = np.float32(0.5)
    k1, k2, k3, down = np.uintp(1), np.uintp(2), np.uintp(3), np.uintp(stride)
    g, cs, sn = np.float32(gain), np.float32(cosine), np.float32(sine)
    out[:] = 0.0
    for row in range(first, last):
        low, high = span(matrix, row, width, rows, columns)
        if low >= high:
            continue
        positions(matrix, row, low, high, rows, columns, i, j, t, s, chain)
        for c in range(low, high):
            k = np.uintp(i[c] + 1) * down + np.uintp(2 * (j[c] + 1))
            below = k + down
            # First channel, then the second: linear samples, and derivatives by moving's row and column.
            p0, p1, p2, p3 = flat[k], flat[k + k2], flat[below], flat[below + k2]
            d, e = p1 - p0, p3 - p2
            top = p0 + s[c] * d
            gy0 = p2 + s[c] * e - top
            gx0 = d + t[c] * (e - d)
            v0 = top + t[c] * gy0
            p0, p1, p2, p3 = flat[k + k1], flat[k + k3], flat[below + k1], flat[below + k3]
            d, e = p1 - p0, p3 - p2
            top = p0 + s[c] * d
            gy1 = p2 + s[c] * e - top
            gx1 = d + t[c] * (e - d)
            v1 = top + t[c] * gy1
            vectors[2, c] = cs * v0 - sn * v1
            vectors[3, c] = sn * v0 + cs * v1
            a, b = g * (gy0 * chain[0, c] + gx0 * chain[1, c]), g * (gy0 * chain[2, c] + gx0 * chain[3, c])
            p, q = g * (gy1 * chain[0, c] + gx1 * chain[1, c]), g * (gy1 * chain[2, c] + gx1 * chain[3, c])
            vectors[4, c], vectors[5, c] = cs * a - sn * p, cs * b - sn * q
            vectors[6, c], vectors[7, c] = sn * a + cs * p, sn * b + cs * q
            near = usable[i[c] + (1 if t[c] >= half else 0), j[c] + (1 if s[c] >= half else 0)]
            vectors[8, c] = np.float32(near) * np.float32(kept[row, c])
            vectors[0, c], vectors[1, c] = fixed[row + 1, c + 1, 0], fixed[row + 1, c + 1, 1]
        _vector_sums(vectors, low, high, g, centre[1], radius, moments)
        add_moments(out, moments, (row - centre[0]) / radius)
    fill_upper(out)
