"""What pixels a series is laid on: those of the place that is kept, of all frames, or of what all frames show."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from superpose._arithmetic.matrices import inverse, matmul
from superpose._jobs.settings import CanvasSettings
from superpose._kernels.warp import EDGE
from superpose.errors import InputError
from superpose.grid import Grid
from superpose.transforms.matrix import MatrixTransform

Floats = NDArray[np.float64]

CANVASES = ("fixed", "union", "intersection")


def canvas_grid(
    canvas: str, transforms: Iterable[MatrixTransform | None], frame: Grid, settings: CanvasSettings
) -> Grid:
    """Return the pixels of a canvas: those of `frame`, more, or fewer, and always at the same places.

    Raises
    ------
    InputError
        If it would be too large to be held, or no pixel is in all frames.
    """
    # From pixels at the place that is kept to pixels of each frame.
    maps = [
        matmul(frame.physical_to_index, each.matrix, frame.index_to_physical)
        for each in transforms
        if each is not None and canvas != "fixed"
    ]
    if not maps:
        return frame
    if canvas == "intersection":
        low, high = _shared(maps, frame.shape)
        if (high < low).any():
            raise InputError("no-intersection", argument="canvas", value=repr(canvas), frames=len(maps))
    else:
        low, high = _around(maps, frame.shape)
        limit = max(settings.pixels, settings.times * math.prod(frame.shape))
        if math.prod((high - low + 1).tolist()) > limit:
            size = " x ".join(f"{n:.0f}" for n in high - low + 1)
            raise InputError("canvas-too-large", argument="canvas", value=repr(canvas), size=size, limit=f"{limit:.3g}")
    shape = tuple(map(int, high - low + 1))
    return replace(frame, shape=shape, origin=tuple(frame.to_physical(low).tolist()))


def same_view(frame: Grid, shape: Sequence[int]) -> Grid | None:
    """Return the grid of so many pixels over what `frame` shows; None if their numbers are in no proportion to its."""
    if len(shape) != frame.ndim or not min(shape):
        return None
    pairs = list(zip(shape, frame.shape, strict=True))
    # One factor leaves no side off by a pixel or more.
    if max((n - 1) / was for n, was in pairs) >= min((n + 1) / was for n, was in pairs):
        return None
    larger = np.array([was / n for n, was in pairs])
    spacing = tuple((np.array(frame.spacing) * larger).tolist())
    return replace(frame, shape=tuple(shape), spacing=spacing, origin=tuple(frame.to_physical((larger - 1) / 2)))


def _corners(matrix: Floats, shape: tuple[int, ...]) -> Floats:
    """Return where a frame's corner pixels lie on the canvas, in its pixels."""
    back = MatrixTransform(inverse(matrix))
    return back(Grid(shape).corners)


def _around(maps: Sequence[Floats], shape: tuple[int, ...]) -> tuple[Floats, Floats]:
    """Return the first and the last pixel of the box around all frames."""
    corners = np.concatenate([_corners(each, shape) for each in maps])
    return np.ceil(corners.min(0) - EDGE), np.floor(corners.max(0) + EDGE)


def _shared(maps: Sequence[Floats], shape: tuple[int, ...]) -> tuple[Floats, Floats]:
    """Return the first and the last pixel of the largest box in which each frame has data.

    Of volumes it is one of the largest: what lies between the corners of each face, which is all where none is turned.
    """
    if len(shape) != 2:
        return _between(maps, shape)
    low, high = _around(maps, shape)
    rows = np.arange(low[0], high[0] + 1)
    left, right = np.full(len(rows), low[1]), np.full(len(rows), high[1])
    for each in maps:
        for (by_row, by_column, offset), n in zip(each[:-1].tolist(), shape, strict=True):
            at = by_row * rows + offset
            if abs(by_column) * (high[1] - low[1] + 1) < EDGE:
                outside = (at < -EDGE) | (at > n - 1 + EDGE)
                left[outside] = np.inf
                continue
            ends = (-EDGE - at) / by_column, (n - 1 + EDGE - at) / by_column
            np.maximum(left, np.ceil(np.minimum(*ends)), out=left)
            np.minimum(right, np.floor(np.maximum(*ends)), out=right)
    # What all frames have is convex: what its first and its last row have, the rows between have, too.
    best, found = 0.0, (low, low - 1)
    for first in range(len(rows)):
        begin, end = np.maximum(left[first:], left[first]), np.minimum(right[first:], right[first])
        sizes = np.where(end >= begin, end - begin + 1, 0.0) * np.arange(1, len(begin) + 1)
        last = int(sizes.argmax())
        if sizes[last] > best:
            best = float(sizes[last])
            found = np.array([rows[first], begin[last]]), np.array([rows[first + last], end[last]])
    return found


def _between(maps: Sequence[Floats], shape: tuple[int, ...]) -> tuple[Floats, Floats]:
    low, high = np.full(len(shape), -np.inf), np.full(len(shape), np.inf)
    at_end = Grid(shape).corners > 0
    for each in maps:
        corners = _corners(each, shape)
        for axis in range(len(shape)):
            ends = corners[~at_end[:, axis], axis].max(), corners[at_end[:, axis], axis].min()
            low[axis], high[axis] = max(low[axis], ends[0]), min(high[axis], ends[1])
    return np.ceil(low - EDGE), np.floor(high + EDGE)
