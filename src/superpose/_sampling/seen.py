"""A picture as a pose lays it over another image's grid: each pixel is a mean over what it covers, nothing aliases."""

from __future__ import annotations

import math
from dataclasses import dataclass
from itertools import product

import numpy as np
from numpy.typing import NDArray

from superpose._arithmetic.matrices import determinant, dot, matmul
from superpose._parallel import ordered_map
from superpose._sampling.settings import SeenSettings
from superpose._sampling.warp import Source, source, warp
from superpose.image import Grid, Mask, Pixels, Raster
from superpose.transforms.geometry import IndexMap, PhysicalMap, apply, to_index

Floats = NDArray[np.float64]
Block = tuple[slice, slice]


def as_seen(levels: list[Raster], pose: PhysicalMap, grid: Grid, threads: int, settings: SeenSettings) -> Raster:
    """Return an image as it looks on another grid.

    A plane that is seen from aside is near on one side and far away on the other, and shortened in one direction. So
    each block of pixels is taken from the level that is about as fine as the grid in the direction that is shortened
    least, and averaged over as many samples as the other direction needs.

    Parameters
    ----------
    levels : list of Raster
        Pyramid of the image, finest first.
    pose : ndarray, shape (3, 3)
        From the grid's physical coordinates to the image's.
    grid : Grid
        Where it is to be seen.
    threads : int
        The result does not depend on it.
    settings : SeenSettings
        How closely it is sampled.

    Returns
    -------
    Raster
        On `grid`. What the image does not reach, and what lies behind the viewer, is missing.
    """
    index = _facing(to_index(pose, grid, levels[0].grid), grid)
    blocks = [
        (
            slice(row, min(row + settings.block, grid.shape[0])),
            slice(column, min(column + settings.block, grid.shape[1])),
        )
        for row, column in product(*(range(0, n, settings.block) for n in grid.shape))
    ]
    samplings = [_sampling(index, block, len(levels), settings) for block in blocks]
    used = sorted({each.level for each in samplings if each is not None})
    sources = {level: _Level(levels[0], levels[level], threads) for level in used}
    data, mask = np.zeros(grid.shape, np.float32), np.zeros(grid.shape, bool)

    def fill(number: int) -> None:
        sampling, block = samplings[number], blocks[number]
        if sampling is not None:
            data[block], mask[block] = sampling.seen(sources[sampling.level], block)

    ordered_map(fill, range(len(blocks)), threads)
    return Raster(data, mask, grid, levels[0].offset)


def stretches(linear: Floats) -> tuple[float, float]:
    """Return by how much a linear map makes things longer along the two axes of its SVD, the smaller first."""
    (p, q), (r, s) = linear.tolist()
    half, area = (p * p + q * q + r * r + s * s) / 2, p * s - q * r
    spread = math.sqrt(max(0.0, half * half - area * area))
    return math.sqrt(max(0.0, half - spread)), math.sqrt(half + spread)


def magnifications(pose: PhysicalMap, fixed: Grid, moving: Grid, probes: int) -> Floats:
    """Return how many times larger moving shows what fixed does, at places of fixed that moving shows, (n,).

    It is the larger magnification at each of `probes` places along each axis.
    """
    index = _facing(to_index(pose, fixed, moving), fixed)
    at = [[(n - 1) * (k + 0.5) / probes for k in range(probes)] for n in fixed.shape]
    out = []
    for place in product(*at):
        there = apply(index, np.array(place))
        found = _magnified(index, (place[0], place[1]))
        if found is not None and (there >= 0).all() and (there <= np.array(moving.shape) - 1).all():
            out.append(found[1])
    return np.array(out)


def areas(pose: PhysicalMap, fixed: Grid, moving: Grid) -> Floats:
    """Return how many of moving's pixels show what each of fixed's does; none of what lies behind the viewer."""
    index = _facing(to_index(pose, fixed, moving), fixed)
    depth = np.maximum(_depths(index, fixed.shape), 0)
    with np.errstate(divide="ignore"):
        return np.where(depth > 1e-9, abs(determinant(index)) / (depth * depth * depth), 0.0)


def _facing(index: IndexMap, grid: Grid) -> IndexMap:
    """Return the map scaled so that its denominator is positive in front of the viewer, where the grid's middle is."""
    middle = (np.array(grid.shape) - 1) / 2
    return IndexMap(index / (dot(index[-1, :-1], middle) + index[-1, -1]))


class _Level:
    """A level ready to be sampled, and what leads to its pixels from those of the finest one."""

    def __init__(self, finest: Raster, image: Raster, threads: int) -> None:
        self.source: Source = source(image.data, image.mask, 3, threads)
        self.from_finest: Floats = matmul(image.grid.physical_to_index, finest.grid.index_to_physical)


@dataclass(frozen=True, eq=False)
class _Sampling:
    """How a block is sampled: by which map, from which level, and how many samples a pixel gets along each axis."""

    index: IndexMap
    level: int
    count: int

    def seen(self, level: _Level, block: Block) -> tuple[Pixels, Mask]:
        """Return the block's pixels, and which of them have data all over."""
        rows, columns = (each.stop - each.start for each in block)
        n = self.count
        # Samples lie evenly within each pixel.
        first = [each.start - 0.5 + 0.5 / n for each in block]
        finer = np.array([[1 / n, 0, first[0]], [0, 1 / n, first[1]], [0, 0, 1.0]])
        to_level = matmul(level.from_finest, self.index, finer)
        data, there = warp(level.source, to_level, (rows * n, columns * n), 1)
        there &= _in_front(matmul(self.index, finer), there.shape)
        if n > 1:
            data = data.reshape(rows, n, columns, n).mean((1, 3), dtype=np.float32)
            there = np.asarray(there.reshape(rows, n, columns, n).all((1, 3)))
        return np.where(there, data, np.float32(0)), there


def _in_front(index: Floats, shape: tuple[int, ...]) -> Mask:
    """Return which pixels lie on the viewer's side of the horizon."""
    return np.asarray(_depths(index, shape) > 1e-9)


def _depths(index: Floats, shape: tuple[int, ...]) -> Floats:
    """Return the map's denominator at each pixel."""
    (across, along), last = index[-1, :-1].tolist(), float(index[-1, -1])
    return np.asarray(np.add.outer(across * np.arange(shape[0]), along * np.arange(shape[1]) + last))


def _sampling(index: IndexMap, block: Block, levels: int, settings: SeenSettings) -> _Sampling | None:
    """Return how a block is sampled; None where it lies behind the viewer."""
    # Where it is nearest to the horizon it is shortened most, and where it is farthest least.
    shapes = [_magnified(index, (row, column)) for row in _ends(block[0]) for column in _ends(block[1])]
    inside = [each for each in shapes if each is not None]
    if not inside:
        return None
    # The level whose pixels are about as large as what a pixel of the grid covers along its shorter side.
    least, most = min(each[0] for each in inside), min(settings.most_shortened, max(each[1] for each in inside))
    level = 0
    while level + 1 < levels and least >= math.sqrt(2) * (1 << level):
        level += 1
    count = min(settings.most_samples, max(1, math.ceil(most / (1 << level) - settings.slack)))
    return _Sampling(index, level, count)


def _ends(part: slice) -> tuple[float, float]:
    return float(part.start), float(part.stop - 1)


def _magnified(index: IndexMap, at: tuple[float, float]) -> tuple[float, float] | None:
    """Return the smaller and the larger magnification of the map at a place, or None behind the viewer."""
    (a, b, c), (d, e, f), (g, h, k) = index.tolist()
    row, column = at
    depth = g * row + h * column + k
    if not depth > 1e-9:
        return None
    y, x = (a * row + b * column + c) / depth, (d * row + e * column + f) / depth
    return stretches(np.array([[a - y * g, b - y * h], [d - x * g, e - x * h]]) / depth)
