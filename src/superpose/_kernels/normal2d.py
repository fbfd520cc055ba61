"""Normal equations between a 2D image, or direction field, and a warped one.

One pass over a band of rows samples the moving side (value and gradient), weighs the residuals, and adds up what
Gauss-Newton needs for the eight generators of the projective group and for what else is solved along. A smaller
family projects what comes out.

Each output row goes through short loops, one after the other (where does it land, what is there, sums), of which the
compiler can make vector instructions. Along a row only v, the column's coordinate, changes: its sums are moments in v,
and the powers of u, the row's coordinate, are applied once a row.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from superpose._kernels._jit import helper, jit

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
def _span(matrix: Any, row: Any, width: Any, rows: Any, columns: Any) -> Any:
    """Return the first column of an output row that lands inside moving, and the first after it that does not."""
    y0 = matrix[0, 0] * row + matrix[0, 2]
    x0 = matrix[1, 0] * row + matrix[1, 2]
    w0 = matrix[2, 0] * row + matrix[2, 2]
    y1, x1, w1 = matrix[0, 1], matrix[1, 1], matrix[2, 1]
    low, high = 0.0, width - 1.0
    # Five linear conditions, a + b column >= 0: what they allow is an interval.
    for k in range(5):
        if k == 0:
            a, b = y0, y1
        elif k == 1:
            a, b = x0, x1
        elif k == 2:
            a, b = (rows - 1.0) * w0 - y0, (rows - 1.0) * w1 - y1
        elif k == 3:
            a, b = (columns - 1.0) * w0 - x0, (columns - 1.0) * w1 - x1
        else:
            a, b = w0, w1
        if b > 0.0:
            low = max(low, -a / b)
        elif b < 0.0:
            high = min(high, -a / b)
        elif a < 0.0:
            high = -1.0
    if not low <= high:  # NaN too
        return 0, 0
    first, last = int(np.ceil(low)), int(np.floor(high)) + 1
    # Its ends may be a rounding off: they have to hold in the arithmetic that the samples are taken with.
    while first < last:
        w = 1.0 / (w0 + w1 * first)
        y, x = (y0 + y1 * first) * w, (x0 + x1 * first) * w
        if w > 0.0 and y >= 0.0 and x >= 0.0 and y <= rows - 1.0 and x <= columns - 1.0:
            break
        first += 1
    while last > first:
        w = 1.0 / (w0 + w1 * (last - 1))
        y, x = (y0 + y1 * (last - 1)) * w, (x0 + x1 * (last - 1)) * w
        if w > 0.0 and y >= 0.0 and x >= 0.0 and y <= rows - 1.0 and x <= columns - 1.0:
            break
        last -= 1
    return first, last


@helper
def _positions(
    matrix: Any, row: Any, first: Any, last: Any, rows: Any, columns: Any, i: Any, j: Any, t: Any, s: Any, chain: Any
) -> None:
    """Fill the pixel above and left of where each column lands, the fractions beyond it, and the chain rule.

    chain (4, width): d(row, column of moving) by the output's row, then by its column; left alone where it is the same
    everywhere (see `_constant_chain`).
    """
    y0 = matrix[0, 0] * row + matrix[0, 2]
    x0 = matrix[1, 0] * row + matrix[1, 2]
    w0 = matrix[2, 0] * row + matrix[2, 2]
    y1, x1, w1 = matrix[0, 1], matrix[1, 1], matrix[2, 1]
    if matrix[2, 0] == 0.0 and w1 == 0.0 and w0 == 1.0:
        for k in range(first, last):
            y = y0 + y1 * k
            x = x0 + x1 * k
            p, q = np.int32(y), np.int32(x)
            i[k] = p
            j[k] = q
            t[k] = np.float32(y - p)
            s[k] = np.float32(x - q)
        return
    for k in range(first, last):
        w = 1.0 / (w0 + w1 * k)
        y = min(max((y0 + y1 * k) * w, 0.0), rows - 1.0)
        x = min(max((x0 + x1 * k) * w, 0.0), columns - 1.0)
        p, q = np.int32(y), np.int32(x)
        i[k] = p
        j[k] = q
        t[k] = np.float32(y - p)
        s[k] = np.float32(x - q)
        chain[0, k] = np.float32(w * (matrix[0, 0] - y * matrix[2, 0]))
        chain[1, k] = np.float32(w * (matrix[1, 0] - x * matrix[2, 0]))
        chain[2, k] = np.float32(w * (y1 - y * w1))
        chain[3, k] = np.float32(w * (x1 - x * w1))


@helper
def _constant_chain(matrix: Any, chain: Any) -> None:
    """Fill the chain rule of an affine matrix, once for all rows."""
    chain[0], chain[1] = np.float32(matrix[0, 0]), np.float32(matrix[1, 0])
    chain[2], chain[3] = np.float32(matrix[0, 1]), np.float32(matrix[1, 1])


@helper
def _linear(
    flat: Any,
    stride: Any,
    first: Any,
    last: Any,
    i: Any,
    j: Any,
    t: Any,
    s: Any,
    chain: Any,
    value: Any,
    by_row: Any,
    by_column: Any,
) -> None:
    """Sample a padded image linearly: value, and derivatives by the output's row and column."""
    right, down = np.uintp(1), np.uintp(stride)
    for c in range(first, last):
        k = np.uintp(i[c] + 1) * down + np.uintp(j[c] + 1)
        below = k + down
        p0, p1, p2, p3 = flat[k], flat[k + right], flat[below], flat[below + right]
        d, e = p1 - p0, p3 - p2
        top = p0 + s[c] * d
        gy = p2 + s[c] * e - top
        gx = d + t[c] * (e - d)
        value[c] = top + t[c] * gy
        by_row[c] = gy * chain[0, c] + gx * chain[1, c]
        by_column[c] = gy * chain[2, c] + gx * chain[3, c]


@helper
def _cubic(
    flat: Any,
    stride: Any,
    first: Any,
    last: Any,
    i: Any,
    j: Any,
    t: Any,
    s: Any,
    chain: Any,
    value: Any,
    by_row: Any,
    by_column: Any,
) -> None:
    """Sample padded cubic B-spline coefficients: value, and derivatives by the output's row and column."""
    one = np.float32(1.0)
    half = np.float32(0.5)
    sixth = np.float32(1.0 / 6.0)
    third = np.float32(2.0 / 3.0)
    k1, k2, k3, down = np.uintp(1), np.uintp(2), np.uintp(3), np.uintp(stride)
    for c in range(first, last):
        k = np.uintp(i[c]) * down + np.uintp(j[c])
        x = s[c]
        x2 = x * x
        a3 = x2 * x * sixth
        a0 = sixth - half * x + half * x2 - a3
        a1 = third - x2 + np.float32(3.0) * a3
        a2 = one - a0 - a1 - a3
        d0 = x - half - half * x2
        d1 = x * (np.float32(1.5) * x - np.float32(2.0))
        d3 = half * x2
        d2 = -d0 - d1 - d3
        y = t[c]
        y2 = y * y
        b3 = y2 * y * sixth
        b0 = sixth - half * y + half * y2 - b3
        b1 = third - y2 + np.float32(3.0) * b3
        b2 = one - b0 - b1 - b3
        e0 = y - half - half * y2
        e1 = y * (np.float32(1.5) * y - np.float32(2.0))
        e3 = half * y2
        e2 = -e0 - e1 - e3
        p0, p1, p2, p3 = flat[k], flat[k + k1], flat[k + k2], flat[k + k3]
        r0 = a0 * p0 + a1 * p1 + a2 * p2 + a3 * p3
        q0 = d0 * p0 + d1 * p1 + d2 * p2 + d3 * p3
        k += down
        p0, p1, p2, p3 = flat[k], flat[k + k1], flat[k + k2], flat[k + k3]
        r1 = a0 * p0 + a1 * p1 + a2 * p2 + a3 * p3
        q1 = d0 * p0 + d1 * p1 + d2 * p2 + d3 * p3
        k += down
        p0, p1, p2, p3 = flat[k], flat[k + k1], flat[k + k2], flat[k + k3]
        r2 = a0 * p0 + a1 * p1 + a2 * p2 + a3 * p3
        q2 = d0 * p0 + d1 * p1 + d2 * p2 + d3 * p3
        k += down
        p0, p1, p2, p3 = flat[k], flat[k + k1], flat[k + k2], flat[k + k3]
        r3 = a0 * p0 + a1 * p1 + a2 * p2 + a3 * p3
        q3 = d0 * p0 + d1 * p1 + d2 * p2 + d3 * p3
        value[c] = b0 * r0 + b1 * r1 + b2 * r2 + b3 * r3
        gy = e0 * r0 + e1 * r1 + e2 * r2 + e3 * r3
        gx = b0 * q0 + b1 * q1 + b2 * q2 + b3 * q3
        by_row[c] = gy * chain[0, c] + gx * chain[1, c]
        by_column[c] = gy * chain[2, c] + gx * chain[3, c]


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
def _add(out: Any, moments: Any, u: Any) -> None:
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
def _spread(
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
        _spread(moments, (centre - middle) / radius, aa, ab, bb, ra0, ra1, rb0, rb1, rb2, ma, mb, na, nb)


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
    _constant_chain(matrix, chain)
    inverse = np.float32(1.0 / (cutoff * cutoff)) if cutoff < np.inf else np.float32(0.0)
    g, b = np.float32(gain), np.float32(offset)
    out[:] = 0.0
    for row in range(first, last):
        begin, end = _span(matrix, row, width, rows, columns)
        for k in range(out.shape[0]):
            low, high = max(begin, cuts[k]), min(end, cuts[k + 1])
            if low >= high:
                continue
            _positions(matrix, row, low, high, rows, columns, i, j, t, s, chain)
            if cubic:
                _cubic(flat, stride, low, high, i, j, t, s, chain, value, by_row, by_column)
            else:
                _linear(flat, stride, low, high, i, j, t, s, chain, value, by_row, by_column)
            if whole:
                for c in range(low, high):
                    weight[c] = np.float32(kept[row, c])
            else:
                for c in range(low, high):
                    weight[c] = np.float32(kept[row, c]) * np.float32(usable[i[c], j[c]])
            _squared_sums(
                fixed[row], weight, value, by_row, by_column, low, high, g, b, inverse, centre[1], radius, moments
            )
            _add(out[k], moments, (row - centre[0]) / radius)
    for k in range(out.shape[0]):
        for p in range(10):
            for q in range(p):
                out[k, MATRIX + 10 * q + p] = out[k, MATRIX + 10 * p + q]


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
    m0, m1, weight = np.empty(width, np.float32), np.empty(width, np.float32), np.empty(width, np.float32)
    f0, f1 = np.empty(width, np.float32), np.empty(width, np.float32)
    slope, chain = np.empty((4, width), np.float32), np.empty((4, width), np.float32)
    moments = np.empty(MOMENTS)
    _constant_chain(matrix, chain)
    half = np.float32(0.5)
    g, cs, sn = np.float32(gain), np.float32(cosine), np.float32(sine)
    step = np.float32(1.0 / radius)
    k1, k2, k3, down = np.uintp(1), np.uintp(2), np.uintp(3), np.uintp(stride)
    out[:] = 0.0
    for row in range(first, last):
        low, high = _span(matrix, row, width, rows, columns)
        if low >= high:
            continue
        _positions(matrix, row, low, high, rows, columns, i, j, t, s, chain)
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
            m0[c] = cs * v0 - sn * v1
            m1[c] = sn * v0 + cs * v1
            a, b = g * (gy0 * chain[0, c] + gx0 * chain[1, c]), g * (gy0 * chain[2, c] + gx0 * chain[3, c])
            p, q = g * (gy1 * chain[0, c] + gx1 * chain[1, c]), g * (gy1 * chain[2, c] + gx1 * chain[3, c])
            slope[0, c], slope[1, c] = cs * a - sn * p, cs * b - sn * q
            slope[2, c], slope[3, c] = sn * a + cs * p, sn * b + cs * q
            near = usable[i[c] + (1 if t[c] >= half else 0), j[c] + (1 if s[c] >= half else 0)]
            weight[c] = np.float32(near) * np.float32(kept[row, c])
            f0[c], f1[c] = fixed[row + 1, c + 1, 0], fixed[row + 1, c + 1, 1]
        moments[:] = 0.0
        for start in range(low, high, SEGMENT):
            stop = min(start + SEGMENT, high)
            middle = np.float32(half * (start + stop - 1))
            aa = ab = bb = ma = mb = qa = qb = mm = np.float32(0.0)
            ra0 = ra1 = rb0 = rb1 = rb2 = rm = rq = cost = count = total = np.float32(0.0)
            for c in range(start, stop):
                here = weight[c]
                v = (np.float32(c) - middle) * step
                x0, x1 = m0[c], m1[c]
                r0, r1 = f0[c] - g * x0, f1[c] - g * x1
                a0, b0, a1, b1 = slope[0, c], slope[1, c], slope[2, c], slope[3, c]
                count += here
                total += here * (f0[c] * f0[c] + f1[c] * f1[c])
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
            at = (middle - centre[1]) / radius
            _spread(moments, at, aa, ab, bb, ra0, ra1, rb0, rb1, rb2, ma, mb, g * qa, g * qb)
        _add(out, moments, (row - centre[0]) / radius)
    for p in range(10):
        for q in range(p):
            out[MATRIX + 10 * q + p] = out[MATRIX + 10 * p + q]


@jit
def sampled_rows(image: Any, usable: Any, matrix: Any, first: int, step: int, values: Any, weights: Any) -> None:
    """Fill values and weights (n, columns) with moving sampled along output rows first, first + step, ...

    image float32, cubic coefficients, padded as for `squared_rows`; usable bool.
    """
    width = values.shape[1]
    rows, columns, stride = image.shape[0] - 3, image.shape[1] - 3, image.shape[1]
    flat = image.reshape(-1)
    i, j = np.empty(width, np.int32), np.empty(width, np.int32)
    t, s = np.empty(width, np.float32), np.empty(width, np.float32)
    by_row, by_column = np.empty(width, np.float32), np.empty(width, np.float32)
    chain = np.empty((4, width), np.float32)
    _constant_chain(matrix, chain)
    values[:] = 0.0
    weights[:] = 0.0
    for k in range(values.shape[0]):
        low, high = _span(matrix, first + k * step, width, rows, columns)
        if low >= high:
            continue
        _positions(matrix, first + k * step, low, high, rows, columns, i, j, t, s, chain)
        _cubic(flat, stride, low, high, i, j, t, s, chain, values[k], by_row, by_column)
        for c in range(low, high):
            weights[k, c] = np.float32(usable[i[c], j[c]])
