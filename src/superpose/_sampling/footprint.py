"""Which pixels of an input a part of an output draws on."""

from __future__ import annotations

import math
from itertools import product

import numpy as np
from numpy.typing import NDArray

from superpose._arithmetic.matrices import matmul
from superpose._sampling.filters import SPLINE_TAPS
from superpose._sampling.mapping import Box, PixelMap

Floats = NDArray[np.float64]

# How far around where it lands a pixel draws on others, by the order of interpolation. A cubic spline's four nodes are
# filtered by the taps on either side of them; a missing pixel among these stands for the nearest that counts, which is
# looked for once as far again.
REACH = {0: 1, 1: 3, 3: 2 * (2 + len(SPLINE_TAPS))}
# What lies so little beyond an image is on it: see EDGE of the kernels, and the outer half of the nearest pixel.
_BEYOND = 0.75


def drawn_on(pixels: PixelMap, part: Box, order: int) -> Box | None:
    """Return the box of the input that a part of the output draws on; None if nothing falls into the part.

    Raises
    ------
    InputError
        If the mapping returns anything but points.
    """
    size = np.array(pixels.input.shape)
    matrix = pixels.matrix
    if matrix is None:
        found = _of_any(PixelMap(pixels.mapping, pixels.output, pixels.input, part))
    elif len(size) == 2:
        found = _of_polygon(matrix, part, size)
    else:
        corners = np.array(list(product(*((each.start, each.stop - 1) for each in part))), float)
        places = matmul(corners, matrix[:-1, :-1].T) + matrix[:-1, -1]
        found = places.min(0), places.max(0)
    if found is None:
        return None
    low, high = found
    if (high < -_BEYOND).any() or (low > size - 1 + _BEYOND).any():
        return None
    reach = REACH[order]
    first = np.clip(np.floor(low).astype(np.int64) - reach, 0, size - 1)
    last = np.clip(np.ceil(high).astype(np.int64) + reach, 0, size - 1)
    return tuple(slice(int(a), int(b) + 1) for a, b in zip(first, last, strict=True))


def _of_any(pixels: PixelMap) -> tuple[Floats, Floats] | None:
    """Return the least and the largest coordinates at which a part lies in the input, of all of its pixels."""
    size = np.array(pixels.input.shape)
    lows, highs = [], []
    for block in pixels.blocks():
        places = pixels.positions(*block).reshape(-1, len(size))
        inside = places[((places >= -_BEYOND) & (places <= size - 1 + _BEYOND)).all(1)]
        if len(inside):
            lows.append(inside.min(0))
            highs.append(inside.max(0))
    return (np.min(lows, 0), np.max(highs, 0)) if lows else None


def _of_polygon(matrix: Floats, part: Box, size: NDArray[np.int64]) -> tuple[Floats, Floats] | None:
    """Return the same of a part of a picture: of what of its rectangle lies on the input and before the horizon."""
    (top, bottom), (left, right) = ((each.start, each.stop - 1) for each in part)
    corners = [(top, left), (top, right), (bottom, right), (bottom, left)]
    # In homogeneous coordinates of the input, where each of its borders is a plane through the origin.
    points = [matmul(matrix, np.array([float(row), float(column), 1.0])) for row, column in corners]
    planes = [np.array([0.0, 0.0, 1.0])]
    for axis in range(2):
        low, high = np.zeros(3), np.zeros(3)
        low[axis], low[2] = 1.0, _BEYOND
        high[axis], high[2] = -1.0, float(size[axis]) - 1 + _BEYOND
        planes += [low, high]
    for plane in planes:
        points = _cut(points, plane)
    # On the horizon itself nothing is seen.
    places = [(float(x / w), float(y / w)) for x, y, w in points if w > 0]
    return (np.min(places, 0), np.max(places, 0)) if places else None


def _cut(points: list[Floats], plane: Floats) -> list[Floats]:
    """Return a polygon's part on the positive side of a plane (I. Sutherland and G. Hodgman, 1974)."""
    sides = [math.fsum((plane * each).tolist()) for each in points]
    out = []
    for k, (here, side) in enumerate(zip(points, sides, strict=True)):
        before, of_before = points[k - 1], sides[k - 1]
        if (side >= 0) != (of_before >= 0):
            out.append(before + (here - before) * (of_before / (of_before - side)))
        if side >= 0:
            out.append(here)
    return out
