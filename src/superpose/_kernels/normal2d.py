"""Normal equations between a 2D image, or direction field, and a warped one.

One pass over a band of rows samples the moving side (value and gradient), weighs the residuals, and adds up what
Gauss-Newton needs for the eight generators of the projective group and for what else is solved along. A smaller
family projects what comes out.

Along one output row only v, the column's coordinate, changes: so the row's sums are moments in v, and the powers of u,
the row's coordinate, are applied once a row.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from superpose._kernels._jit import inline, jit

# Where the sums lie: cost, count, weight; then the normal equations' gradient (10) and matrix (10 x 10, lower
# triangle): the eight generators, then gain and offset (squared) or gain and turn of the directions (vector).
COST, COUNT, WEIGHT, GRADIENT, MATRIX = 0, 1, 2, 3, 13
SIZE = 113


@inline
def _add_first(out: Any, at: Any, u: Any, a0: Any, a1: Any, b0: Any, b1: Any, b2: Any) -> None:
    """Add one row's sums of (gradient x generator), from moments in v, to out[at : at + 8]."""
    out[at] += u * a0
    out[at + 1] += a1
    out[at + 2] += a0
    out[at + 3] += u * b0
    out[at + 4] += b1
    out[at + 5] += b0
    out[at + 6] -= u * (u * a0 + b1)
    out[at + 7] -= u * a1 + b2


@inline
def _add_second(
    out: Any,
    at: Any,
    stride: Any,
    u: Any,
    aa0: Any,
    aa1: Any,
    aa2: Any,
    ab0: Any,
    ab1: Any,
    ab2: Any,
    ab3: Any,
    bb0: Any,
    bb1: Any,
    bb2: Any,
    bb3: Any,
    bb4: Any,
) -> None:
    """Add one row's sums of products of two generators: the lower triangle of an 8 x 8 matrix in `out`."""
    uu = u * u
    k = at
    out[k] += uu * aa0
    k += stride
    out[k] += u * aa1
    out[k + 1] += aa2
    k += stride
    out[k] += u * aa0
    out[k + 1] += aa1
    out[k + 2] += aa0
    k += stride
    out[k] += uu * ab0
    out[k + 1] += u * ab1
    out[k + 2] += u * ab0
    out[k + 3] += uu * bb0
    k += stride
    out[k] += u * ab1
    out[k + 1] += ab2
    out[k + 2] += ab1
    out[k + 3] += u * bb1
    out[k + 4] += bb2
    k += stride
    out[k] += u * ab0
    out[k + 1] += ab1
    out[k + 2] += ab0
    out[k + 3] += u * bb0
    out[k + 4] += bb1
    out[k + 5] += bb0
    # the projective ones: p = -(a u + b v) u and q = -(a u + b v) v
    k += stride
    out[k] -= uu * (u * aa0 + ab1)
    out[k + 1] -= u * (u * aa1 + ab2)
    out[k + 2] -= u * (u * aa0 + ab1)
    out[k + 3] -= uu * (u * ab0 + bb1)
    out[k + 4] -= u * (u * ab1 + bb2)
    out[k + 5] -= u * (u * ab0 + bb1)
    out[k + 6] += uu * (uu * aa0 + 2.0 * u * ab1 + bb2)
    k += stride
    out[k] -= u * (u * aa1 + ab2)
    out[k + 1] -= u * aa2 + ab3
    out[k + 2] -= u * aa1 + ab2
    out[k + 3] -= u * (u * ab1 + bb2)
    out[k + 4] -= u * ab2 + bb3
    out[k + 5] -= u * ab1 + bb2
    out[k + 6] += u * (uu * aa1 + 2.0 * u * ab2 + bb3)
    out[k + 7] += uu * aa2 + 2.0 * u * ab3 + bb4


@inline
def _sample_row(
    image: Any, usable: Any, cubic: Any, matrix: Any, row: Any, value: Any, by_row: Any, by_column: Any, weight: Any
) -> None:
    """Sample one output row; derivatives are by the output's row and column.

    `image` is padded by one pixel before and two after along each axis. `usable` is 1.0 where all pixels that the
    square beginning at a pixel draws on count.
    """
    rows = image.shape[0] - 3
    columns = image.shape[1] - 3
    one = np.float32(1.0)
    half = np.float32(0.5)
    sixth = np.float32(1.0 / 6.0)
    third = np.float32(2.0 / 3.0)
    m00, m10, m20 = matrix[0, 0], matrix[1, 0], matrix[2, 0]
    m01, m11, m21 = matrix[0, 1], matrix[1, 1], matrix[2, 1]
    y0 = m00 * row + matrix[0, 2]
    x0 = m10 * row + matrix[1, 2]
    w0 = m20 * row + matrix[2, 2]
    for c in range(value.shape[0]):
        w = 1.0 / (w0 + m21 * c)
        y = (y0 + m01 * c) * w
        x = (x0 + m11 * c) * w
        inside = (w > 0.0) and (y >= 0.0) and (y <= rows - 1.0) and (x >= 0.0) and (x <= columns - 1.0)
        if not inside:
            value[c] = 0.0
            by_row[c] = 0.0
            by_column[c] = 0.0
            weight[c] = 0.0
            continue
        i = int(y)
        j = int(x)
        t = np.float32(y - i)
        s = np.float32(x - j)
        if cubic:
            s2 = s * s
            s3 = s2 * s
            a3 = s3 * sixth
            a0 = sixth - half * s + half * s2 - a3
            a1 = third - s2 + half * s3
            a2 = one - a0 - a1 - a3
            d0 = s - half - half * s2
            d1 = s * (np.float32(1.5) * s - np.float32(2.0))
            d3 = half * s2
            d2 = -d0 - d1 - d3
            t2 = t * t
            t3 = t2 * t
            b3 = t3 * sixth
            b0 = sixth - half * t + half * t2 - b3
            b1 = third - t2 + half * t3
            b2 = one - b0 - b1 - b3
            e0 = t - half - half * t2
            e1 = t * (np.float32(1.5) * t - np.float32(2.0))
            e3 = half * t2
            e2 = -e0 - e1 - e3
            p0, p1, p2, p3 = image[i, j], image[i, j + 1], image[i, j + 2], image[i, j + 3]
            r0 = a0 * p0 + a1 * p1 + a2 * p2 + a3 * p3
            q0 = d0 * p0 + d1 * p1 + d2 * p2 + d3 * p3
            p0, p1, p2, p3 = image[i + 1, j], image[i + 1, j + 1], image[i + 1, j + 2], image[i + 1, j + 3]
            r1 = a0 * p0 + a1 * p1 + a2 * p2 + a3 * p3
            q1 = d0 * p0 + d1 * p1 + d2 * p2 + d3 * p3
            p0, p1, p2, p3 = image[i + 2, j], image[i + 2, j + 1], image[i + 2, j + 2], image[i + 2, j + 3]
            r2 = a0 * p0 + a1 * p1 + a2 * p2 + a3 * p3
            q2 = d0 * p0 + d1 * p1 + d2 * p2 + d3 * p3
            p0, p1, p2, p3 = image[i + 3, j], image[i + 3, j + 1], image[i + 3, j + 2], image[i + 3, j + 3]
            r3 = a0 * p0 + a1 * p1 + a2 * p2 + a3 * p3
            q3 = d0 * p0 + d1 * p1 + d2 * p2 + d3 * p3
            value[c] = b0 * r0 + b1 * r1 + b2 * r2 + b3 * r3
            gy = e0 * r0 + e1 * r1 + e2 * r2 + e3 * r3
            gx = b0 * q0 + b1 * q1 + b2 * q2 + b3 * q3
        else:
            p0, p1 = image[i + 1, j + 1], image[i + 1, j + 2]
            p2, p3 = image[i + 2, j + 1], image[i + 2, j + 2]
            top = p0 + s * (p1 - p0)
            low = p2 + s * (p3 - p2)
            value[c] = top + t * (low - top)
            gy = low - top
            gx = (one - t) * (p1 - p0) + t * (p3 - p2)
        weight[c] = usable[i, j]
        # The chain rule through (y, x) = (Y, X) / W.
        by_row[c] = np.float32(w) * (gy * np.float32(m00 - y * m20) + gx * np.float32(m10 - x * m20))
        by_column[c] = np.float32(w) * (gy * np.float32(m01 - y * m21) + gx * np.float32(m11 - x * m21))


@jit
def squared_rows(
    fixed: Any,
    kept: Any,
    image: Any,
    usable: Any,
    cubic: bool,
    matrix: Any,
    centre: Any,
    radius: float,
    gain: float,
    offset: float,
    cutoff: float,
    first: int,
    last: int,
    out: Any,
) -> None:
    """Add rows first..last up into `out` (SIZE,) float64.

    fixed (rows, columns) float32 and kept float32 (1 where a pixel counts); image and usable as `_sample_row`;
    matrix (3, 3) float64 from fixed to moving pixels; centre (2,) and radius in fixed pixels, of the generators;
    residual = fixed - gain * moving - offset; cutoff of Tukey's biweight, infinite for plain squares.
    """
    columns = fixed.shape[1]
    value = np.empty(columns, np.float32)
    by_row = np.empty(columns, np.float32)
    by_column = np.empty(columns, np.float32)
    weight = np.empty(columns, np.float32)
    g = np.float32(gain)
    b = np.float32(offset)
    robust = cutoff < np.inf
    inverse = np.float32(1.0 / (cutoff * cutoff)) if robust else np.float32(0.0)
    one = np.float32(1.0)
    third = np.float32(1.0 / 3.0)
    step = np.float32(1.0 / radius)
    v0 = np.float32(-centre[1] / radius)
    out[:] = 0.0
    for row in range(first, last):
        _sample_row(image, usable, cubic, matrix, row, value, by_row, by_column, weight)
        u = (row - centre[0]) / radius
        cost = np.float32(0.0)
        count = np.float32(0.0)
        total = np.float32(0.0)
        aa0 = aa1 = aa2 = np.float32(0.0)
        ab0 = ab1 = ab2 = ab3 = np.float32(0.0)
        bb0 = bb1 = bb2 = bb3 = bb4 = np.float32(0.0)
        ra0 = ra1 = rb0 = rb1 = rb2 = np.float32(0.0)
        ma0 = ma1 = mb0 = mb1 = mb2 = np.float32(0.0)
        a0 = a1 = b0 = b1 = b2 = np.float32(0.0)
        mm = m1 = rm = r1 = np.float32(0.0)
        for c in range(columns):
            here = weight[c] * kept[row, c]
            m = value[c]
            r = fixed[row, c] - g * m - b
            count += here
            if robust:
                q = min(r * r * inverse, one)
                keep = one - q
                # Tukey's rho over cutoff^2 / 2, scaled so that small residuals cost r^2
                cost += here * (one - keep * keep * keep) * third / inverse
                w = here * keep * keep
            else:
                cost += here * r * r
                w = here
            v = v0 + step * np.float32(c)
            ga = by_row[c]
            gb = by_column[c]
            wa = w * ga
            wb = w * gb
            total += w
            waa = wa * ga
            wab = wa * gb
            wbb = wb * gb
            aa0 += waa
            waa *= v
            aa1 += waa
            aa2 += waa * v
            ab0 += wab
            wab *= v
            ab1 += wab
            wab *= v
            ab2 += wab
            ab3 += wab * v
            bb0 += wbb
            wbb *= v
            bb1 += wbb
            wbb *= v
            bb2 += wbb
            wbb *= v
            bb3 += wbb
            bb4 += wbb * v
            wav = wa * v
            wbv = wb * v
            wbvv = wbv * v
            a0 += wa
            a1 += wav
            b0 += wb
            b1 += wbv
            b2 += wbvv
            ra0 += r * wa
            ra1 += r * wav
            rb0 += r * wb
            rb1 += r * wbv
            rb2 += r * wbvv
            ma0 += m * wa
            ma1 += m * wav
            mb0 += m * wb
            mb1 += m * wbv
            mb2 += m * wbvv
            wm = w * m
            mm += wm * m
            m1 += wm
            rm += wm * r
            r1 += w * r
        out[COST] += cost
        out[COUNT] += count
        out[WEIGHT] += total
        _add_first(out, GRADIENT, u, ra0, ra1, rb0, rb1, rb2)
        out[GRADIENT + 8] += rm
        out[GRADIENT + 9] += r1
        _add_first(out, MATRIX + 80, u, ma0, ma1, mb0, mb1, mb2)
        _add_first(out, MATRIX + 90, u, a0, a1, b0, b1, b2)
        out[MATRIX + 88] += mm
        out[MATRIX + 98] += m1
        out[MATRIX + 99] += total
        _add_second(out, MATRIX, 10, u, aa0, aa1, aa2, ab0, ab1, ab2, ab3, bb0, bb1, bb2, bb3, bb4)


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
    columns) float32; matrix (3, 3) from fixed to moving pixels; residual = fixed - gain * turned(moving).
    """
    rows, columns = usable.shape
    width = kept.shape[1]
    one = np.float32(1.0)
    g, cs, sn = np.float32(gain), np.float32(cosine), np.float32(sine)
    step = np.float32(1.0 / radius)
    v0 = np.float32(-centre[1] / radius)
    m00, m10, m20 = matrix[0, 0], matrix[1, 0], matrix[2, 0]
    m01, m11, m21 = matrix[0, 1], matrix[1, 1], matrix[2, 1]
    out[:] = 0.0
    for row in range(first, last):
        u = (row - centre[0]) / radius
        y0 = m00 * row + matrix[0, 2]
        x0 = m10 * row + matrix[1, 2]
        w0 = m20 * row + matrix[2, 2]
        cost = count = total = np.float32(0.0)
        aa0 = aa1 = aa2 = np.float32(0.0)
        ab0 = ab1 = ab2 = ab3 = np.float32(0.0)
        bb0 = bb1 = bb2 = bb3 = bb4 = np.float32(0.0)
        ra0 = ra1 = rb0 = rb1 = rb2 = np.float32(0.0)
        ma0 = ma1 = mb0 = mb1 = mb2 = np.float32(0.0)
        qa0 = qa1 = qb0 = qb1 = qb2 = np.float32(0.0)
        mm = rm = rq = np.float32(0.0)
        for c in range(width):
            w = 1.0 / (w0 + m21 * c)
            y = (y0 + m01 * c) * w
            x = (x0 + m11 * c) * w
            if not (w > 0.0 and y >= 0.0 and y <= rows - 1.0 and x >= 0.0 and x <= columns - 1.0):
                continue
            near = usable[min(int(y + 0.5), rows - 1), min(int(x + 0.5), columns - 1)]
            here = near * kept[row, c]
            if here == 0.0:
                continue
            i, j = int(y), int(x)
            t, s = np.float32(y - i), np.float32(x - j)
            i += 1
            j += 1
            v = v0 + step * np.float32(c)
            count += here
            # Both channels: value, and derivatives by the output's row and column.
            p0, p1, p2, p3 = field[i, j, 0], field[i, j + 1, 0], field[i + 1, j, 0], field[i + 1, j + 1, 0]
            top, low = p0 + s * (p1 - p0), p2 + s * (p3 - p2)
            k0, ky0, kx0 = top + t * (low - top), low - top, (one - t) * (p1 - p0) + t * (p3 - p2)
            p0, p1, p2, p3 = field[i, j, 1], field[i, j + 1, 1], field[i + 1, j, 1], field[i + 1, j + 1, 1]
            top, low = p0 + s * (p1 - p0), p2 + s * (p3 - p2)
            k1, ky1, kx1 = top + t * (low - top), low - top, (one - t) * (p1 - p0) + t * (p3 - p2)
            f0, f1 = fixed[row + 1, c + 1, 0], fixed[row + 1, c + 1, 1]
            total += here * (f0 * f0 + f1 * f1)
            wf = np.float32(w)
            dyr, dxr = np.float32(m00 - y * m20) * wf, np.float32(m10 - x * m20) * wf
            dyc, dxc = np.float32(m01 - y * m21) * wf, np.float32(m11 - x * m21) * wf
            # First channel, then the second: turned, times gain in the gradients.
            for channel in range(2):
                if channel == 0:
                    m, q = cs * k0 - sn * k1, -(sn * k0 + cs * k1)
                    gy, gx = cs * ky0 - sn * ky1, cs * kx0 - sn * kx1
                    r = f0 - g * m
                else:
                    m, q = sn * k0 + cs * k1, cs * k0 - sn * k1
                    gy, gx = sn * ky0 + cs * ky1, sn * kx0 + cs * kx1
                    r = f1 - g * m
                cost += here * r * r
                q *= g
                ga = g * (gy * dyr + gx * dxr)
                gb = g * (gy * dyc + gx * dxc)
                wa, wb = here * ga, here * gb
                waa, wab, wbb = wa * ga, wa * gb, wb * gb
                aa0 += waa
                aa1 += waa * v
                aa2 += waa * v * v
                ab0 += wab
                ab1 += wab * v
                ab2 += wab * v * v
                ab3 += wab * v * v * v
                bb0 += wbb
                bb1 += wbb * v
                bb2 += wbb * v * v
                bb3 += wbb * v * v * v
                bb4 += wbb * v * v * v * v
                wav, wbv = wa * v, wb * v
                wbvv = wbv * v
                ra0 += r * wa
                ra1 += r * wav
                rb0 += r * wb
                rb1 += r * wbv
                rb2 += r * wbvv
                ma0 += m * wa
                ma1 += m * wav
                mb0 += m * wb
                mb1 += m * wbv
                mb2 += m * wbvv
                qa0 += q * wa
                qa1 += q * wav
                qb0 += q * wb
                qb1 += q * wbv
                qb2 += q * wbvv
                mm += here * m * m
                rm += here * r * m
                rq += here * r * q
        out[COST] += cost
        out[COUNT] += count
        out[WEIGHT] += total
        _add_first(out, GRADIENT, u, ra0, ra1, rb0, rb1, rb2)
        out[GRADIENT + 8] += rm
        out[GRADIENT + 9] += rq
        _add_first(out, MATRIX + 80, u, ma0, ma1, mb0, mb1, mb2)
        _add_first(out, MATRIX + 90, u, qa0, qa1, qb0, qb1, qb2)
        # A turn leaves the length of a direction alone: gain and turn do not couple.
        out[MATRIX + 88] += mm
        out[MATRIX + 99] += g * g * mm
        _add_second(out, MATRIX, 10, u, aa0, aa1, aa2, ab0, ab1, ab2, ab3, bb0, bb1, bb2, bb3, bb4)


@jit
def sampled_rows(
    image: Any, usable: Any, cubic: bool, matrix: Any, first: int, step: int, values: Any, weights: Any
) -> None:
    """Fill values and weights (n, columns) with moving sampled along output rows first, first + step, ..."""
    columns = values.shape[1]
    by_row = np.empty(columns, np.float32)
    by_column = np.empty(columns, np.float32)
    for k in range(values.shape[0]):
        _sample_row(image, usable, cubic, matrix, first + k * step, values[k], by_row, by_column, weights[k])
