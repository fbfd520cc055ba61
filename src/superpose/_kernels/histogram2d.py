"""Joint histograms of a 2D image and a warped one, and the normal equations of any metric that is a function of one.

Each pixel of fixed has a bin; a warped value is spread over four bins by a cubic B-spline, so that the histogram, and
every smooth function of it, has derivatives by the pose. A metric's derivative by one warped value is then a look-up:
row by fixed's bin, along it the derivative of a cubic B-spline whose coefficients are the metric's derivatives by the
histogram's cells.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from superpose._kernels._jit import inline, jit
from superpose._kernels.normal2d import MOMENTS, add_moments


@inline
def _cubic(s: Any) -> Any:
    """Return the four weights of a cubic B-spline at a fraction."""
    one = np.float32(1.0)
    s2 = s * s
    a3 = s2 * s * np.float32(1.0 / 6.0)
    a0 = np.float32(1.0 / 6.0) - np.float32(0.5) * (s - s2) - a3
    a1 = np.float32(2.0 / 3.0) - s2 + np.float32(3.0) * a3
    return a0, a1, one - a0 - a1 - a3, a3


@inline
def _cubic_slope(s: Any) -> Any:
    """Return the derivatives of the four weights."""
    half = np.float32(0.5)
    d0 = s - half - half * s * s
    d1 = s * (np.float32(1.5) * s - np.float32(2.0))
    d3 = half * s * s
    return d0, d1, -d0 - d1 - d3, d3


@inline
def _sample_cubic(image: Any, i: Any, j: Any, t: Any, s: Any) -> Any:
    """Return the value of a padded cubic B-spline at a pixel plus fractions, and its derivatives by row and column."""
    a0, a1, a2, a3 = _cubic(s)
    d0, d1, d2, d3 = _cubic_slope(s)
    b0, b1, b2, b3 = _cubic(t)
    e0, e1, e2, e3 = _cubic_slope(t)
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
    value = b0 * r0 + b1 * r1 + b2 * r2 + b3 * r3
    gy = e0 * r0 + e1 * r1 + e2 * r2 + e3 * r3
    gx = b0 * q0 + b1 * q1 + b2 * q2 + b3 * q3
    return value, gy, gx


@inline
def _sample_linear(image: Any, i: Any, j: Any, t: Any, s: Any) -> Any:
    """Return the value of a padded image at a pixel plus fractions, and its derivatives by row and column."""
    one = np.float32(1.0)
    p0, p1 = image[i + 1, j + 1], image[i + 1, j + 2]
    p2, p3 = image[i + 2, j + 1], image[i + 2, j + 2]
    top = p0 + s * (p1 - p0)
    lower = p2 + s * (p3 - p2)
    value = top + t * (lower - top)
    gy = lower - top
    gx = (one - t) * (p1 - p0) + t * (p3 - p2)
    return value, gy, gx


@jit
def histogram_rows(
    bins: Any,
    image: Any,
    usable: Any,
    cubic: bool,
    matrix: Any,
    low: float,
    scale: float,
    first: int,
    last: int,
    place: Any,
    by_row: Any,
    by_column: Any,
    out: Any,
) -> None:
    """Add rows first..last up into `out` (fixed's bins, moving's bins) float64, and keep what was sampled.

    bins (rows, columns) int16: of fixed's pixels, negative where they do not count. image (padded by one pixel before
    and two after along each axis), usable (whether all pixels that the square beginning at a pixel draws on count),
    matrix (3, 3) float64 from fixed to moving pixels. A moving value lies at (value - low) * scale among the bins, held
    between 1 and the last but two. place (rows, columns) float32: there, -1 where nothing counts; by_row and by_column:
    its derivatives by fixed's row and column.
    """
    rows = image.shape[0] - 3
    columns = image.shape[1] - 3
    one = np.float32(1.0)
    highest = np.float32(out.shape[1] - 2)
    beginning, unit = np.float32(low), np.float32(scale)
    m00, m10, m20 = matrix[0, 0], matrix[1, 0], matrix[2, 0]
    m01, m11, m21 = matrix[0, 1], matrix[1, 1], matrix[2, 1]
    out[:] = 0.0
    for row in range(first, last):
        y0 = m00 * row + matrix[0, 2]
        x0 = m10 * row + matrix[1, 2]
        w0 = m20 * row + matrix[2, 2]
        for c in range(bins.shape[1]):
            place[row, c] = -one
            k = bins[row, c]
            before = w0 + m21 * c
            if k < 0 or not before > 0.0:
                continue
            w = 1.0 / before
            y = (y0 + m01 * c) * w
            x = (x0 + m11 * c) * w
            inside = (y >= 0.0) and (y <= rows - 1.0) and (x >= 0.0) and (x <= columns - 1.0)
            if not inside:
                continue
            i = int(y)
            j = int(x)
            if not usable[i, j]:
                continue
            t = np.float32(y - i)
            s = np.float32(x - j)
            if cubic:
                value, gy, gx = _sample_cubic(image, i, j, t, s)
            else:
                value, gy, gx = _sample_linear(image, i, j, t, s)
            at = (value - beginning) * unit
            # The chain rule through (y, x) = (Y, X) / W; a value held at an end does not move.
            steep = unit * np.float32(w) if one < at < highest else np.float32(0.0)
            at = min(max(at, one), highest)
            place[row, c] = at
            by_row[row, c] = steep * (gy * np.float32(m00 - y * m20) + gx * np.float32(m10 - x * m20))
            by_column[row, c] = steep * (gy * np.float32(m01 - y * m21) + gx * np.float32(m11 - x * m21))
            n = min(int(at), out.shape[1] - 3)
            a0, a1, a2, a3 = _cubic(at - np.float32(n))
            out[k, n - 1] += a0
            out[k, n] += a1
            out[k, n + 1] += a2
            out[k, n + 2] += a3


@jit
def slope_rows(
    bins: Any,
    place: Any,
    by_row: Any,
    by_column: Any,
    slope: Any,
    curvature: Any,
    centre: Any,
    radius: float,
    first: int,
    last: int,
    out: Any,
) -> None:
    """Add the normal equations of rows first..last up into `out` (SIZE,) float64, those for gain and offset zero.

    bins, place, by_row and by_column as `histogram_rows` has left them; slope (fixed's bins, moving's bins) float32:
    coefficients of the cubic B-splines whose derivatives are the metric's by a place; curvature likewise, not
    negative: by linear interpolation, the second derivative to reckon with; centre (2,) and radius in fixed pixels, of
    the generators. The gradient's sign is that of the step down.
    """
    width = slope.shape[1]
    step = np.float32(1.0 / radius)
    v0 = np.float32(-centre[1] / radius)
    moments = np.zeros(MOMENTS)
    out[:] = 0.0
    for row in range(first, last):
        u = (row - centre[0]) / radius
        count = total = np.float32(0.0)
        aa0 = aa1 = aa2 = np.float32(0.0)
        ab0 = ab1 = ab2 = ab3 = np.float32(0.0)
        bb0 = bb1 = bb2 = bb3 = bb4 = np.float32(0.0)
        ra0 = ra1 = rb0 = rb1 = rb2 = np.float32(0.0)
        for c in range(place.shape[1]):
            at = place[row, c]
            if at < 0.0:
                continue
            k = bins[row, c]
            n = min(int(at), width - 3)
            s = at - np.float32(n)
            d0, d1, d2, d3 = _cubic_slope(s)
            r = -(d0 * slope[k, n - 1] + d1 * slope[k, n] + d2 * slope[k, n + 1] + d3 * slope[k, n + 2])
            w = curvature[k, n] + s * (curvature[k, n + 1] - curvature[k, n])
            v = v0 + step * np.float32(c)
            ga = by_row[row, c]
            gb = by_column[row, c]
            count += np.float32(1.0)
            total += w
            waa = w * ga * ga
            wab = w * ga * gb
            wbb = w * gb * gb
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
            ra = r * ga
            rb = r * gb
            ra0 += ra
            ra1 += ra * v
            rb0 += rb
            rb *= v
            rb1 += rb
            rb2 += rb * v
        moments[1], moments[2] = count, total
        moments[3], moments[4], moments[5] = aa0, aa1, aa2
        moments[6], moments[7], moments[8], moments[9] = ab0, ab1, ab2, ab3
        moments[10], moments[11], moments[12], moments[13], moments[14] = bb0, bb1, bb2, bb3, bb4
        moments[15], moments[16], moments[17], moments[18], moments[19] = ra0, ra1, rb0, rb1, rb2
        add_moments(out, moments, u)
