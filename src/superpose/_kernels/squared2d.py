"""Normal equations of the squared, or robust, error between a 2D image and a warped one.

One pass over a band of rows samples the moving side (value and gradient), weighs the residuals, and adds up what
Gauss-Newton needs.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from superpose._kernels._jit import helper, jit
from superpose._kernels.normal2d import MOMENTS, SEGMENT, add_moments, fill_upper, spread_segment
from superpose._kernels.sampling2d import constant_chain, positions, sample_cubic, sample_linear, span


@helper
def _squared_sums(
    fixed: Any,
    weight: Any,
    value: Any,
    by_row: Any,
    by_column: Any,
    first: Any,
    last: Any,
    gain: Any,
    offset: Any,
    inverse: Any,
    middle: Any,
    radius: Any,
    moments: Any,
) -> None:
    """Fill one row's moments; `inverse` is one over the squared cutoff, 0 for plain squares."""
    one = np.float32(1.0)
    robust = inverse > 0
    scale = np.float32(1.0 / 3.0) / inverse if robust else np.float32(0.0)
    step = np.float32(1.0 / radius)
    moments[:] = 0.0
    for start in range(first, last, SEGMENT):
        stop = min(start + SEGMENT, last)
        centre = np.float32(0.5 * (start + stop - 1))
        aa = ab = bb = ma = mb = na = nb = mm = nm = ww = np.float32(0.0)
        ra0 = ra1 = rb0 = rb1 = rb2 = rm = rn = cost = count = np.float32(0.0)
        for c in range(start, stop):
            here = weight[c]
            m = value[c]
            r = fixed[c] - gain * m - offset
            if robust:
                # Tukey's rho over cutoff^2 / 2, scaled so that small residuals cost r^2
                keep = one - min(r * r * inverse, one)
                square = keep * keep
                cost += here * (one - square * keep) * scale
                w = here * square
            else:
                cost += here * r * r
                w = here
            count += here
            ww += w
            ga, gb = by_row[c], by_column[c]
            v = (np.float32(c) - centre) * step
            wa, wb, wm = w * ga, w * gb, w * m
            aa += wa * ga
            ab += wa * gb
            bb += wb * gb
            ma += m * wa
            mb += m * wb
            na += wa
            nb += wb
            mm += wm * m
            nm += wm
            ra, rb = r * wa, r * wb
            ra0 += ra
            ra1 += ra * v
            rb0 += rb
            rb *= v
            rb1 += rb
            rb2 += rb * v
            rm += wm * r
            rn += w * r
        moments[0] += cost
        moments[1] += count
        moments[2] += ww
        moments[30] += mm
        moments[31] += nm
        moments[32] += ww
        moments[33] += rm
        moments[34] += rn
        spread_segment(moments, (centre - middle) / radius, aa, ab, bb, ra0, ra1, rb0, rb1, rb2, ma, mb, na, nb)


@jit
def squared_rows(
    fixed: Any,
    kept: Any,
    image: Any,
    usable: Any,
    whole: bool,
    cubic: bool,
    matrix: Any,
    centre: Any,
    radius: float,
    gain: float,
    offset: float,
    cutoff: float,
    first: int,
    last: int,
    cuts: Any,
    out: Any,
) -> None:
    """Add rows first..last up into `out` (n, SIZE) float64, apart for columns cuts[k]..cuts[k + 1].

    fixed (rows, columns) float32 and kept bool (whether a pixel counts); image float32, padded by one pixel before
    and two after along each axis: pixels, or where `cubic` coefficients; usable (whether all pixels that the square
    beginning at a pixel draws on count) is not looked at where moving is `whole`; matrix (3, 3) float64 from fixed to
    moving pixels; centre (2,) and radius in fixed pixels, of the generators; residual = fixed - gain * moving - offset;
    cutoff of Tukey's biweight, infinite for plain squares; cuts (n + 1,) integers.
    """
    width = fixed.shape[1]
    rows, columns, stride = image.shape[0] - 3, image.shape[1] - 3, image.shape[1]
    flat = image.reshape(-1)
    i, j = np.empty(width, np.int32), np.empty(width, np.int32)
    t, s = np.empty(width, np.float32), np.empty(width, np.float32)
    value, by_row, by_column = np.empty(width, np.float32), np.empty(width, np.float32), np.empty(width, np.float32)
    weight, chain = np.empty(width, np.float32), np.empty((4, width), np.float32)
    moments = np.empty(MOMENTS)
    constant_chain(matrix, chain)
    inverse = np.float32(1.0 / (cutoff * cutoff)) if cutoff < np.inf else np.float32(0.0)
    g, b = np.float32(gain), np.float32(offset)
    out[:] = 0.0
    for row in range(first, last):
        begin, end = span(matrix, row, width, rows, columns)
        for k in range(out.shape[0]):
            low, high = max(begin, cuts[k]), min(end, cuts[k + 1])
            if low >= high:
                continue
            positions(matrix, row, low, high, rows, columns, i, j, t, s, chain)
            if cubic:
                sample_cubic(flat, stride, low, high, i, j, t, s, chain, value, by_row, by_column)
            else:
                sample_linear(flat, stride, low, high, i, j, t, s, chain, value, by_row, by_column)
            if whole:
                for c in range(low, high):
                    weight[c] = np.float32(kept[row, c])
            else:
                for c in range(low, high):
                    weight[c] = np.float32(kept[row, c]) * np.float32(usable[i[c], j[c]])
            _squared_sums(
                fixed[row], weight, value, by_row, by_column, low, high, g, b, inverse, centre[1], radius, moments
            )
            add_moments(out[k], moments, (row - centre[0]) / radius)
    for k in range(out.shape[0]):
        fill_upper(out[k])
