"""Pyramids of volumes: axes of finer voxels are halved first, so that coarse voxels are nearly cubes."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from superpose._arithmetic.elementary import half_gaussian
from superpose._parallel import on_chunks, row_chunks
from superpose._sampling.filters import filtered
from superpose._sampling.level import PreparedLevel
from superpose._sampling.pyramid import halving_taps, kept_by_halving
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


def halved_along(image: Raster, axes: list[int], threads: int) -> Raster:
    """Return a volume with half as many voxels along some axes, anti-aliased; missing ones take no part."""
    data, weight, whole = image.data, None if image.complete else image.mask.astype(np.float32), np.ones(())
    inside = np.ones([1] * data.ndim, np.float32)
    for axis in axes:
        inside = inside * kept_by_halving(image.grid.shape[axis]).reshape([-1 if k == axis else 1 for k in range(3)])
        data = _halved(data, axis, threads)
        weight = None if weight is None else _halved(weight, axis, threads)
    del whole
    shape = data.shape
    inside = np.broadcast_to(inside, shape)
    if weight is None:
        data, mask = data / inside, np.ones(shape, bool)
    else:
        mask = weight >= np.float32(0.4999) * inside
        data = np.where(mask, data / np.maximum(weight, np.float32(1e-6)), np.float32(0))
    first = [0.0 if k not in axes or n % 2 else 0.5 for k, n in enumerate(image.grid.shape)]
    spacing = tuple(s * (2 if k in axes else 1) for k, s in enumerate(image.grid.spacing))
    grid = replace(image.grid, shape=shape, origin=tuple(image.grid.to_physical(first)), spacing=spacing)
    return Raster(np.ascontiguousarray(data, np.float32), mask, grid, image.offset)


def _halved(data: Pixels, axis: int, threads: int) -> Pixels:
    from superpose._kernels.filter import halve_along

    n, before, after = data.shape[axis], data.shape[:axis], data.shape[axis + 1 :]
    lines = np.ascontiguousarray(data.reshape(int(np.prod(before)), n, int(np.prod(after))))
    out = np.empty((lines.shape[0], (n + 1) // 2, lines.shape[2]), np.float32)
    chunks = row_chunks(out.shape[0] * out.shape[1], out.shape[2])
    on_chunks(halve_along, (lines, halving_taps(n), out), chunks, threads)
    return out.reshape(*before, out.shape[1], *after)


def smoothed(image: Raster, widths: tuple[float, ...], threads: int) -> Raster:
    """Return a volume under a Gaussian of these widths along its axes, in voxels; missing ones take no part."""
    if max(widths) <= 0.05:
        return image
    data = _blurred(image.data, widths, threads)
    if not image.complete:
        over = _blurred(image.mask.astype(np.float32), widths, threads)
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
    from superpose._arithmetic.matrices import matmul

    between = matmul(image.grid.physical_to_index, grid.index_to_physical)
    return warp(Source(image.data, image.mask, 1), between, grid.shape, threads)
