"""Separable symmetric filters over a 2D image, the filter that halves it, and what stands for missing pixels."""

from __future__ import annotations

from typing import Any

import numpy as np

from superpose._kernels._jit import helper, jit


@helper
def _mirrored(index: Any, size: Any) -> Any:
    """Return the pixel that stands for one beyond the border (mirror about the outer pixels' centres)."""
    if size == 1:
        return 0
    period = 2 * (size - 1)
    index = abs(index) % period
    return period - index if index >= size else index


@jit
def filter_rows(data: Any, taps: Any, before: int, out: Any, first: int, last: int) -> None:
    """Filter rows first..last of `data` along both axes, mirrored beyond the border, into out[before:, before:].

    data and out float32; taps float32, half of a symmetric filter: its middle, then what its neighbours on either side
    get.
    """
    rows, columns = data.shape
    reach = taps.shape[0] - 1
    line = np.empty(columns + 2 * reach, np.float32)
    total = np.empty(columns, np.float32)
    for row in range(first, last):
        for c in range(columns):
            total[c] = taps[0] * data[row, c]
        for k in range(1, reach + 1):
            above, below = data[_mirrored(row - k, rows)], data[_mirrored(row + k, rows)]
            t = taps[k]
            for c in range(columns):
                total[c] += t * (above[c] + below[c])
        for c in range(columns):
            line[reach + c] = total[c]
        for k in range(1, reach + 1):
            line[reach - k] = total[_mirrored(-k, columns)]
            line[reach + columns - 1 + k] = total[_mirrored(columns - 1 + k, columns)]
        centre, done = line[reach : reach + columns], out[before + row, before : before + columns]
        for c in range(columns):
            done[c] = taps[0] * centre[c]
        for k in range(1, reach + 1):
            left, right = line[reach - k : reach - k + columns], line[reach + k : reach + k + columns]
            t = taps[k]
            for c in range(columns):
                done[c] += t * (left[c] + right[c])


@helper
def _halved_row(
    data: Any, row: Any, row_taps: Any, odd_rows: Any, column_taps: Any, odd: Any, line: Any, halves: Any, out: Any
) -> None:
    """Fill one row of the half grid with the blurred sum there; beyond the border is nothing."""
    rows, columns = data.shape
    size, reach, pad = out.shape[0], column_taps.shape[0], 4
    line[:] = 0.0
    inner = line[2 * pad : 2 * pad + columns]
    for k in range(row_taps.shape[0]):
        above = 2 * row - k
        below = 2 * row + k + (0 if odd_rows else 1)
        t = row_taps[k]
        if 0 <= above < rows and below < rows:
            if above == below:
                for c in range(columns):
                    inner[c] += t * data[above, c]
            else:
                up, down = data[above], data[below]
                for c in range(columns):
                    inner[c] += t * (up[c] + down[c])
        elif 0 <= above < rows or below < rows:
            only = data[above] if 0 <= above < rows else data[below]
            for c in range(columns):
                inner[c] += t * only[c]
    # Even and odd columns apart, so that what is added up lies side by side.
    for c in range(halves.shape[1]):
        halves[0, c], halves[1, c] = line[2 * c], line[2 * c + 1]
    out[:] = 0.0
    for k in range(reach):
        left, right = k, k if odd else k + 1
        t = column_taps[k] * (np.float32(0.5) if odd and k == 0 else np.float32(1.0))
        # Column 2 c - left is number c - left / 2 of the even ones, or of the odd ones half a pixel before that.
        a = halves[left % 2, pad - (left + 1) // 2 :]
        b = halves[right % 2, pad + right // 2 :]
        for c in range(size):
            out[c] += t * (a[c] + b[c])


@jit
def halve_rows(
    data: Any,
    kept: Any,
    complete: bool,
    row_taps: Any,
    column_taps: Any,
    row_weights: Any,
    column_weights: Any,
    out: Any,
    mask: Any,
    first: int,
    last: int,
) -> None:
    """Fill rows first..last of the half grid: the blurred average of what counts, and whether that is enough.

    data (images, rows, columns) and kept (rows, columns) float32, data 0 where kept is not 1 (kept is not looked at
    where all pixels count); taps float32, half of a symmetric filter about a pixel, or of an even one about the middle
    of a pair, according to whether the side is odd; weights float32, what of the filter lies
    inside, for each row and column of the half grid; out (images, half the rows, half the columns) float32, mask bool.
    A coarse pixel counts when half of its weight does, whatever a rounding makes of it.
    """
    images, rows, columns = data.shape
    width = out.shape[2]
    odd_rows, odd_columns = rows % 2 == 1, columns % 2 == 1
    # Room for the filter on both sides; and for the last column of an odd number to have a neighbour.
    line = np.empty(2 * width + 16, np.float32)
    halves = np.empty((2, width + 8), np.float32)
    weight = np.empty(width, np.float32)
    tiny, half, none = np.float32(1e-6), np.float32(0.49999), np.float32(0.0)
    for row in range(first, last):
        if complete:
            for c in range(width):
                weight[c] = row_weights[row] * column_weights[c]
                mask[row, c] = True
        else:
            _halved_row(kept, row, row_taps, odd_rows, column_taps, odd_columns, line, halves, weight)
            for c in range(width):
                mask[row, c] = weight[c] >= half * row_weights[row] * column_weights[c]
        for n in range(images):
            total = out[n, row]
            _halved_row(data[n], row, row_taps, odd_rows, column_taps, odd_columns, line, halves, total)
            for c in range(width):
                total[c] = total[c] / max(weight[c], tiny) if mask[row, c] else none


@jit
def fill_missing(data: Any, mask: Any, far: Any, out: Any) -> None:
    """Fill `out` (rows, columns) with the value of the pixel that counts and is nearest to each, or nearly so.

    data and out float32, mask bool, far (rows, columns) int32 for distances, in fifths of a pixel. Two sweeps pass
    nearest pixels on from neighbour to neighbour (G. Borgefors, "Distance transformations in digital images", 1986).
    """
    rows, columns = data.shape
    none = 1 << 29
    for i in range(rows):
        for j in range(columns):
            if mask[i, j]:
                far[i, j], out[i, j] = 0, data[i, j]
                continue
            best, value = none, data[i, j]
            if j > 0 and far[i, j - 1] + 5 < best:
                best, value = far[i, j - 1] + 5, out[i, j - 1]
            if i > 0:
                if far[i - 1, j] + 5 < best:
                    best, value = far[i - 1, j] + 5, out[i - 1, j]
                if j > 0 and far[i - 1, j - 1] + 7 < best:
                    best, value = far[i - 1, j - 1] + 7, out[i - 1, j - 1]
                if j + 1 < columns and far[i - 1, j + 1] + 7 < best:
                    best, value = far[i - 1, j + 1] + 7, out[i - 1, j + 1]
            far[i, j], out[i, j] = best, value
    for i in range(rows - 1, -1, -1):
        for j in range(columns - 1, -1, -1):
            best = far[i, j]
            if best == 0:
                continue
            value = out[i, j]
            if j + 1 < columns and far[i, j + 1] + 5 < best:
                best, value = far[i, j + 1] + 5, out[i, j + 1]
            if i + 1 < rows:
                if far[i + 1, j] + 5 < best:
                    best, value = far[i + 1, j] + 5, out[i + 1, j]
                if j + 1 < columns and far[i + 1, j + 1] + 7 < best:
                    best, value = far[i + 1, j + 1] + 7, out[i + 1, j + 1]
                if j > 0 and far[i + 1, j - 1] + 7 < best:
                    best, value = far[i + 1, j - 1] + 7, out[i + 1, j - 1]
            far[i, j], out[i, j] = best, value
