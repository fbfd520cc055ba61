"""Where the pixels of an output row land in a 2D image, and what is there.

Each output row goes through short loops, one after the other (where does it land, what is there), of which the
compiler can make vector instructions.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from superpose._kernels._jit import helper, jit


@helper
def span(matrix: Any, row: Any, width: Any, rows: Any, columns: Any) -> Any:
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
def positions(
    matrix: Any, row: Any, first: Any, last: Any, rows: Any, columns: Any, i: Any, j: Any, t: Any, s: Any, chain: Any
) -> None:
    """Fill the pixel above and left of where each column lands, the fractions beyond it, and the chain rule.

    chain (4, width): d(row, column of moving) by the output's row, then by its column; left alone where it is the same
    everywhere (see `constant_chain`).
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
def constant_chain(matrix: Any, chain: Any) -> None:
    """Fill the chain rule of an affine matrix, once for all rows."""
    chain[0], chain[1] = np.float32(matrix[0, 0]), np.float32(matrix[1, 0])
    chain[2], chain[3] = np.float32(matrix[0, 1]), np.float32(matrix[1, 1])


@helper
def sample_linear(
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
def sample_cubic(
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
    constant_chain(matrix, chain)
    values[:] = 0.0
    weights[:] = 0.0
    for k in range(values.shape[0]):
        low, high = span(matrix, first + k * step, width, rows, columns)
        if low >= high:
            continue
        positions(matrix, first + k * step, low, high, rows, columns, i, j, t, s, chain)
        sample_cubic(flat, stride, low, high, i, j, t, s, chain, values[k], by_row, by_column)
        for c in range(low, high):
            weights[k, c] = np.float32(usable[i[c], j[c]])
