"""Pyramids of volumes: axes of finer voxels are halved first, so that coarse voxels are nearly cubes."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from superpose._arithmetic.elementary import half_gaussian, side_of
from superpose._arithmetic.matrices import matmul
from superpose._parallel import on_chunks, row_chunks
from superpose._sampling.filters import filtered
from superpose._sampling.level import PreparedLevel
from superpose._sampling.level_pair import LevelPair
from superpose._sampling.prepared import WorkSize
from superpose._sampling.pyramid import halved_axis, in_bytes, kept_by_halving
from superpose._sampling.warp import Source, warp
from superpose._volumes.settings import VolumeSettings
from superpose.image import Grid, Mask, Pixels, Raster

Floats = NDArray[np.float64]


def volume_levels(image: Raster, threads: int, settings: VolumeSettings) -> list[PreparedLevel]:
    """Return the levels of a volume, finest first."""
    levels = [image]
    while len(levels) < settings.levels:
        grid = levels[-1].grid
        finest = min(grid.spacing)
        axes = [
            k
            for k, (n, spacing) in enumerate(zip(grid.shape, grid.spacing, strict=True))
            if spacing < settings.isotropic * finest and n >= 2 * settings.least_side
        ]
        if not axes:
            break
        levels.append(halved_along(levels[-1], axes, threads))
    return [PreparedLevel(each, threads) for each in levels]


def paired(fixed: list[PreparedLevel], moving: list[PreparedLevel], scale: float = 1.0) -> list[LevelPair]:
    """Return levels of both volumes with voxels of about one size beside each other, finest first.

    Of one size in the scene, that is, which moving shows `scale` times as large.
    """
    sizes = [[each.image.grid.pixel_side / by for each in levels] for levels, by in ((fixed, 1.0), (moving, scale))]
    pairs: list[tuple[int, int]] = []
    finest = max(sizes[0][0], sizes[1][0])
    for k, size in enumerate(sizes[0]):
        if size < finest / 1.5 and k + 1 < len(sizes[0]):
            continue
        j = int(np.argmin([max(size / other, other / size) for other in sizes[1]]))
        pairs.append((k, j))
    return [LevelPair(fixed[k], moving[j]) for k, j in pairs]


def worked_on(levels: list[PreparedLevel], size: WorkSize) -> list[PreparedLevel]:
    """Return those of a volume's levels that are worked on."""
    return levels[size.first_of([each.image for each in levels]) :]


def coarsest_with(pairs: list[LevelPair], side: float) -> int:
    """Return the number of the coarsest level with so many voxels along both volumes' sides, 0 without."""
    sides = [min(side_of(math.prod(each.shape), 3) for each in (pair.fixed, pair.moving)) for pair in pairs]
    return max((k for k, each in enumerate(sides) if each >= side), default=0)


def halved_along(image: Raster, axes: list[int], threads: int) -> Raster:
    """Return a volume with half as many voxels along some axes, anti-aliased; missing ones take no part."""
    data, weight = image.data, None if image.complete else image.mask.astype(np.float32)
    parts = None if image.weights is None else image.parts
    data = data if parts is None else data * parts
    inside = np.ones([1] * data.ndim, np.float32)
    for axis in axes:
        inside = inside * kept_by_halving(image.grid.shape[axis]).reshape([-1 if k == axis else 1 for k in range(3)])
        data = halved_axis(data, axis, threads)
        weight, parts = (None if each is None else halved_axis(each, axis, threads) for each in (weight, parts))
    shape = data.shape
    inside = np.broadcast_to(inside, shape)
    over = inside if weight is None else weight
    mask = np.ones(shape, bool) if weight is None else weight >= np.float32(0.4999) * inside
    if weight is None and parts is None:
        data = data / inside
    else:
        by = over if parts is None else parts
        data = np.where(mask, data / np.maximum(by, np.float32(1e-6)), np.float32(0))
    weights = None if parts is None else in_bytes(np.asarray(parts / np.maximum(over, np.float32(1e-6)), np.float32))
    first = [0.0 if k not in axes or n % 2 else 0.5 for k, n in enumerate(image.grid.shape)]
    spacing = tuple(s * (2 if k in axes else 1) for k, s in enumerate(image.grid.spacing))
    grid = replace(image.grid, shape=shape, origin=tuple(image.grid.to_physical(first)), spacing=spacing)
    return Raster(np.ascontiguousarray(data, np.float32), mask, grid, image.offset, weights)


def smoothed(image: Raster, widths: tuple[float, ...], threads: int) -> Raster:
    """Return a volume under a Gaussian of these widths along its axes, in voxels; missing ones take no part."""
    if max(widths) <= 0.05:
        return image
    data = image.data if image.weights is None else image.data * image.parts
    data = _blurred(data, widths, threads)
    if not image.alike:
        over = _blurred(image.parts, widths, threads)
        data = np.where(image.mask, data / np.maximum(over, np.float32(1e-3)), np.float32(0))
    return replace(image, data=data)


def _blurred(data: Pixels, widths: tuple[float, ...], threads: int) -> Pixels:
    if max(widths) - min(widths) < 1e-6:
        return filtered(data, _gaussian(widths[0]), threads)
    from superpose._kernels.filter import filter_along

    for axis, width in enumerate(widths):
        if width <= 0.05:
            continue
        lines = np.ascontiguousarray(
            data.reshape(int(np.prod(data.shape[:axis])), data.shape[axis], int(np.prod(data.shape[axis + 1 :])))
        )
        out = np.empty_like(lines)
        chunks = row_chunks(lines.shape[0] * lines.shape[1], lines.shape[2])
        on_chunks(filter_along, (lines, np.asarray(_gaussian(width), np.float32), out), chunks, threads)
        data = out.reshape(data.shape)
    return data


def _gaussian(width: float) -> Floats:
    return half_gaussian(max(2, int(np.ceil(3.5 * width))), width)


def on_grid(image: Raster, grid: Grid, threads: int) -> tuple[Pixels, Mask]:
    """Return a volume on another grid of the same space, linearly interpolated."""
    between = matmul(image.grid.physical_to_index, grid.index_to_physical)
    return warp(Source(image.data, image.mask, 1), between, grid.shape, threads)
