"""Volumes made small enough for a page: along upright axes, on fewer voxels, as one picture of bytes."""

from __future__ import annotations

from dataclasses import replace
from io import BytesIO
from itertools import permutations

import numpy as np
from numpy.typing import NDArray
from PIL import Image as Pillow

from superpose._sampling.pyramid import halved_axis, kept_by_halving
from superpose._sampling.warp import Source, warp
from superpose.image import Grid, Raster

Floats = NDArray[np.float64]
# Bytes from 1 to 255 are intensities, and 0 says that there is no data.
CODES = 254


def upright_axes(grid: Grid) -> tuple[tuple[int, int, int], tuple[bool, bool, bool]]:
    """Return which of an array's axes lies most along each physical one, and whether it runs against that."""
    direction = np.array(grid.direction) if grid.direction else np.eye(3)
    along = max(permutations(range(3)), key=lambda order: sum(abs(direction[k, axis]) for k, axis in enumerate(order)))
    first, second, third = (bool(direction[k, axis] < 0) for k, axis in enumerate(along))
    return (along[0], along[1], along[2]), (first, second, third)


def upright(image: Raster) -> Raster:
    """Return a volume with its axes in the order and the sense of the physical ones, as nearly as it can be."""
    grid = image.grid
    along, against = upright_axes(grid)
    turned = tuple(slice(None, None, -1 if each else None) for each in against)
    data = np.ascontiguousarray(image.data.transpose(along)[turned])
    mask = np.ascontiguousarray(image.mask.transpose(along)[turned])
    first = [0.0] * 3
    for axis, is_against in zip(along, against, strict=True):
        first[axis] = grid.shape[axis] - 1.0 if is_against else 0.0
    signs = np.where(against, -1.0, 1.0)
    direction = (np.array(grid.direction) if grid.direction else np.eye(3))[:, along] * signs
    spacing = tuple(grid.spacing[axis] for axis in along)
    return replace(
        image,
        data=data,
        mask=mask,
        grid=replace(
            grid, shape=data.shape, origin=tuple(grid.to_physical(first)), spacing=spacing, direction=direction.tolist()
        ),
    )


def shrunk_evenly(image: Raster, longest: int) -> Raster:
    """Return a volume with no more voxels along its longest side, and none smaller than those along any other.

    Axes whose voxels are large already, such as across thick slices, keep them.
    """
    sides = np.array(image.grid.shape) * image.grid.spacing
    spacing = float(sides.max()) / longest
    for axis in range(3):
        while spacing >= 2 * image.grid.spacing[axis]:
            image = _halved_along(image, axis)
    factors = [max(1.0, spacing / each) for each in image.grid.spacing]
    return image if max(factors) < 1 + 1e-9 else _resized(image, factors)


def _halved_along(image: Raster, axis: int) -> Raster:
    """Return a volume with half as many voxels along one axis, as `halved` makes them along all."""
    n = image.mask.shape[axis]
    total = halved_axis(np.where(image.mask, image.data, np.float32(0)), axis, 1)
    weight = halved_axis(image.mask.astype(np.float32), axis, 1)
    mask = weight >= 0.5 * kept_by_halving(n).reshape([-1 if k == axis else 1 for k in range(3)])
    data = np.divide(total, weight, out=np.zeros_like(total), where=mask)
    first = [0.5 if k == axis and n % 2 == 0 else 0.0 for k in range(3)]
    spacing = tuple(2 * each if k == axis else each for k, each in enumerate(image.grid.spacing))
    grid = replace(image.grid, shape=mask.shape, origin=tuple(image.grid.to_physical(first)), spacing=spacing)
    return Raster(data, mask, grid, image.offset)


def _resized(image: Raster, factors: list[float]) -> Raster:
    """Return a volume with voxels so many times (1 to 2) as large along each axis; both share their middle."""
    from scipy.ndimage import gaussian_filter1d

    old = image.grid
    total, weight = np.where(image.mask, image.data, np.float32(0)), image.mask.astype(np.float32)
    for axis, factor in enumerate(factors):
        if factor > 1:
            sigma = float(np.sqrt((factor * factor - 1) / 3))
            total, weight = (gaussian_filter1d(each, sigma, axis, mode="constant") for each in (total, weight))
    smooth = np.divide(total, weight, out=np.zeros_like(total), where=image.mask)
    shape = tuple(max(Raster.least_side, int(n / factor)) for n, factor in zip(old.shape, factors, strict=True))
    first = [(n - 1 - (m - 1) * f) / 2 for n, m, f in zip(old.shape, shape, factors, strict=True)]
    in_voxels = Grid(shape, tuple(first), tuple(factors))
    data, mask = warp(Source(smooth, image.mask, 1), in_voxels.index_to_physical, shape, 1)
    spacing = tuple(each * factor for each, factor in zip(old.spacing, factors, strict=True))
    return Raster(data, mask, replace(old, shape=shape, origin=tuple(old.to_physical(first)), spacing=spacing))


def codes_of(values: NDArray[np.floating]) -> NDArray[np.uint8]:
    """Return intensities from 0 to 1 as bytes, 0 where they are NaN."""
    known = np.isfinite(values)
    codes: NDArray[np.uint8] = np.where(known, 1 + np.rint(CODES * np.clip(np.nan_to_num(values), 0, 1)), 0)
    return codes.astype(np.uint8)


def tiled(codes: NDArray[np.uint8]) -> tuple[bytes, int]:
    """Return a PNG of a volume's planes, in rows of so many."""
    planes, rows, columns = codes.shape
    tiles = min(planes, max(1, int(np.sqrt(planes * rows / columns))))
    down = -(-planes // tiles)
    page = np.zeros((down * tiles, rows, columns), np.uint8)
    page[:planes] = codes
    page = page.reshape(down, tiles, rows, columns).transpose(0, 2, 1, 3).reshape(down * rows, tiles * columns)
    buffer = BytesIO()
    Pillow.fromarray(page).save(buffer, "PNG", optimize=True)
    return buffer.getvalue(), tiles
