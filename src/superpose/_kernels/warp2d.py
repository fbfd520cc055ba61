"""Resample a 2D image through a homogeneous matrix, a band of rows at a time.

The matrix may be projective: points are divided by w, and one with w <= 0, behind the horizon, is nowhere. Whether it
is one is found out once a call: affine matrices take as long, and give the same bits, as without that.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from superpose._kernels._jit import inline, jit

# Rounding may put a point that lies on the border just outside it.
EDGE = 1e-6


@inline
def _corner(position: Any, size: Any) -> Any:
    """Return the lower of the two pixels around a position inside [0, size - 1]."""
    low = int(position)
    if low > size - 2:
        low = size - 2
    if low < 0:
        low = 0
    return low


@inline
def _reflect(index: Any, size: Any) -> Any:
    """Return the pixel that stands for one beyond the border (mirror about the outer pixels' centres)."""
    if size == 1:
        return 0
    period = 2 * (size - 1)
    index = abs(index) % period
    return period - index if index >= size else index


@inline
def _is_affine(matrix: Any) -> Any:
    """Return whether the last row is (0, 0, 1), so that w is 1 everywhere."""
    return matrix[2, 0] == 0.0 and matrix[2, 1] == 0.0 and matrix[2, 2] == 1.0


@jit
def warp_linear(data: Any, mask: Any, matrix: Any, out: Any, valid: Any, first: int, last: int) -> None:
    """Fill rows first..last of `out` with `data` at the mapped points, linearly interpolated.

    data (rows, columns) float32 and mask bool; matrix (3, 3) float64 from output to input pixels; out float32
    and valid bool, both of the output's shape. A point is valid when it lies within the outer pixels' centres
    and every pixel that it draws on counts; elsewhere `out` is 0.
    """
    rows, columns = data.shape
    affine = _is_affine(matrix)
    for i in range(first, last):
        for j in range(out.shape[1]):
            r = matrix[0, 0] * i + matrix[0, 1] * j + matrix[0, 2]
            c = matrix[1, 0] * i + matrix[1, 1] * j + matrix[1, 2]
            if not affine:
                w = matrix[2, 0] * i + matrix[2, 1] * j + matrix[2, 2]
                r, c = (r / w, c / w) if w > 0.0 else (-1.0, -1.0)
            out[i, j] = 0.0
            valid[i, j] = False
            if not (r >= -EDGE and r <= rows - 1 + EDGE and c >= -EDGE and c <= columns - 1 + EDGE):
                continue
            r = min(max(r, 0.0), rows - 1.0)
            c = min(max(c, 0.0), columns - 1.0)
            r0, c0 = _corner(r, rows), _corner(c, columns)
            u, v = r - r0, c - c0
            r1, c1 = min(r0 + 1, rows - 1), min(c0 + 1, columns - 1)
            whole = mask[r0, c0] or (u >= 1.0 - EDGE or v >= 1.0 - EDGE)
            whole = whole and (mask[r0, c1] or u >= 1.0 - EDGE or v <= EDGE)
            whole = whole and (mask[r1, c0] or u <= EDGE or v >= 1.0 - EDGE)
            whole = whole and (mask[r1, c1] or u <= EDGE or v <= EDGE)
            if whole:
                top = (1.0 - v) * data[r0, c0] + v * data[r0, c1]
                bottom = (1.0 - v) * data[r1, c0] + v * data[r1, c1]
                out[i, j] = np.float32((1.0 - u) * top + u * bottom)
                valid[i, j] = True


@jit
def warp_cubic(coefficients: Any, mask: Any, matrix: Any, out: Any, valid: Any, first: int, last: int) -> None:
    """Do what `warp_linear` does with a cubic B-spline of given `coefficients` (prefiltered, mirror)."""
    rows, columns = coefficients.shape
    affine = _is_affine(matrix)
    wr = np.empty(4)
    wc = np.empty(4)
    for i in range(first, last):
        for j in range(out.shape[1]):
            r = matrix[0, 0] * i + matrix[0, 1] * j + matrix[0, 2]
            c = matrix[1, 0] * i + matrix[1, 1] * j + matrix[1, 2]
            if not affine:
                w = matrix[2, 0] * i + matrix[2, 1] * j + matrix[2, 2]
                r, c = (r / w, c / w) if w > 0.0 else (-1.0, -1.0)
            out[i, j] = 0.0
            valid[i, j] = False
            if not (r >= -EDGE and r <= rows - 1 + EDGE and c >= -EDGE and c <= columns - 1 + EDGE):
                continue
            r = min(max(r, 0.0), rows - 1.0)
            c = min(max(c, 0.0), columns - 1.0)
            r0, c0 = _corner(r, rows), _corner(c, columns)
            u, v = r - r0, c - c0
            r1, c1 = min(r0 + 1, rows - 1), min(c0 + 1, columns - 1)
            whole = mask[r0, c0] or (u >= 1.0 - EDGE or v >= 1.0 - EDGE)
            whole = whole and (mask[r0, c1] or u >= 1.0 - EDGE or v <= EDGE)
            whole = whole and (mask[r1, c0] or u <= EDGE or v >= 1.0 - EDGE)
            whole = whole and (mask[r1, c1] or u <= EDGE or v <= EDGE)
            if not whole:
                continue
            wr[0] = (1.0 - u) ** 3 / 6.0
            wr[1] = 2.0 / 3.0 - u * u * (1.0 - u / 2.0)
            wr[2] = 2.0 / 3.0 - (1.0 - u) ** 2 * (1.0 + u) / 2.0
            wr[3] = u**3 / 6.0
            wc[0] = (1.0 - v) ** 3 / 6.0
            wc[1] = 2.0 / 3.0 - v * v * (1.0 - v / 2.0)
            wc[2] = 2.0 / 3.0 - (1.0 - v) ** 2 * (1.0 + v) / 2.0
            wc[3] = v**3 / 6.0
            total = 0.0
            if r0 >= 1 and r0 + 2 < rows and c0 >= 1 and c0 + 2 < columns:
                for a in range(4):
                    line = 0.0
                    for b in range(4):
                        line += wc[b] * coefficients[r0 - 1 + a, c0 - 1 + b]
                    total += wr[a] * line
            else:
                for a in range(4):
                    line = 0.0
                    row = _reflect(r0 - 1 + a, rows)
                    for b in range(4):
                        line += wc[b] * coefficients[row, _reflect(c0 - 1 + b, columns)]
                    total += wr[a] * line
            out[i, j] = np.float32(total)
            valid[i, j] = True


@jit
def warp_nearest(source: Any, matrix: Any, out: Any, valid: Any, first: int, last: int) -> None:
    """Fill rows first..last of `out` (int64) with the nearest pixel's flat index; valid to its outer edge.

    source (2,) int64 is the input's shape; matrix (3, 3) float64 from output to input pixels.
    """
    rows, columns = source[0], source[1]
    if _is_affine(matrix):
        for i in range(first, last):
            for j in range(out.shape[1]):
                r = np.floor(matrix[0, 0] * i + matrix[0, 1] * j + matrix[0, 2] + 0.5)
                c = np.floor(matrix[1, 0] * i + matrix[1, 1] * j + matrix[1, 2] + 0.5)
                inside = r >= 0 and r < rows and c >= 0 and c < columns
                valid[i, j] = inside
                out[i, j] = int(r) * columns + int(c) if inside else 0
        return
    for i in range(first, last):
        for j in range(out.shape[1]):
            w = matrix[2, 0] * i + matrix[2, 1] * j + matrix[2, 2]
            r, c = -1.0, -1.0  # nowhere
            if w > 0.0:
                r = np.floor((matrix[0, 0] * i + matrix[0, 1] * j + matrix[0, 2]) / w + 0.5)
                c = np.floor((matrix[1, 0] * i + matrix[1, 1] * j + matrix[1, 2]) / w + 0.5)
            inside = r >= 0 and r < rows and c >= 0 and c < columns
            valid[i, j] = inside
            out[i, j] = int(r) * columns + int(c) if inside else 0
