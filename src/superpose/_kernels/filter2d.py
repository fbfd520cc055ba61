"""Separable symmetric filters over a 2D image, and the filter that halves it."""

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
    data: Any, row: Any, row_taps: Any, odd_rows: Any, column_taps: Any, odd: Any, line: Any, out: Any
) -> None:
    """Fill one row of the half grid with the blurred sum there; beyond the border is nothing."""
    rows, columns = data.shape
    reach = column_taps.shape[0]
    line[:] = 0.0
    for k in range(row_taps.shape[0]):
        above = 2 * row - k
        below = 2 * row + k + (0 if odd_rows else 1)
        t = row_taps[k]
        if 0 <= above < rows and below < rows:
            if above == below:
                for c in range(columns):
                    line[reach + c] += t * data[row * 2, c]
            else:
                for c in range(columns):
                    line[reach + c] += t * (data[above, c] + data[below, c])
        elif 0 <= above < rows:
            for c in range(columns):
                line[reach + c] += t * data[above, c]
        elif below < rows:
            for c in range(columns):
                line[reach + c] += t * data[below, c]
    for c in range(out.shape[0]):
        middle = reach + 2 * c
        if odd:
            total = column_taps[0] * line[middle]
            for k in range(1, reach):
                total += column_taps[k] * (line[middle - k] + line[middle + k])
        else:
            total = np.float32(0.0)
            for k in range(reach):
                total += column_taps[k] * (line[middle - k] + line[middle + 1 + k])
        out[c] = total


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

    data and kept (rows, columns) float32, data 0 where kept is not 1 (kept is not looked at where all pixels count);
    taps float32, half of a symmetric filter about a pixel, or of an even one about the middle of a pair, according to
    whether the side is odd; weights float32, what of the filter lies inside, for each row and column of the half grid;
    out float32, mask bool. A coarse pixel counts when half of its weight does, whatever a rounding makes of it.
    """
    rows, columns = data.shape
    odd_rows, odd_columns = rows % 2 == 1, columns % 2 == 1
    line = np.empty(columns + 2 * column_taps.shape[0] + 2, np.float32)
    weight = np.empty(out.shape[1], np.float32)
    tiny, half = np.float32(1e-6), np.float32(0.49999)
    for row in range(first, last):
        total = out[row]
        _halved_row(data, row, row_taps, odd_rows, column_taps, odd_columns, line, total)
        if complete:
            for c in range(out.shape[1]):
                total[c] /= row_weights[row] * column_weights[c]
                mask[row, c] = True
            continue
        _halved_row(kept, row, row_taps, odd_rows, column_taps, odd_columns, line, weight)
        for c in range(out.shape[1]):
            enough = weight[c] >= half * row_weights[row] * column_weights[c]
            mask[row, c] = enough
            total[c] = total[c] / max(weight[c], tiny) if enough else np.float32(0.0)
