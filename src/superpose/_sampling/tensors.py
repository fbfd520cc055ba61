"""Directions of surfaces, whatever the contrast: traceless tensors of the gradient, five numbers a voxel.

With g the gradient, (g g^T / |g|^2 - I / 3) |g| / (|g| + e) does not know which side is brighter, or by how much.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from superpose._parallel import ordered_map
from superpose.image import Grid, Mask, Pixels, Raster

Floats = NDArray[np.float64]

_R2, _R6 = 1 / math.sqrt(2), 1 / math.sqrt(6)
# An orthonormal basis of the symmetric matrices without a trace, (5, 3, 3).
BASIS: Floats = np.array(
    [
        [[_R2, 0, 0], [0, -_R2, 0], [0, 0, 0]],
        [[_R6, 0, 0], [0, _R6, 0], [0, 0, -2 * _R6]],
        [[0, _R2, 0], [_R2, 0, 0], [0, 0, 0]],
        [[0, 0, _R2], [0, 0, 0], [_R2, 0, 0]],
        [[0, 0, 0], [0, 0, _R2], [0, _R2, 0]],
    ]
)
BASIS.setflags(write=False)


@dataclass(frozen=True, eq=False)
class TensorField:
    """Directions on a grid, (5, *shape), 0 where `mask` is False."""

    parts: Pixels
    mask: Mask
    grid: Grid

    @cached_property
    def energy(self) -> float:
        """The mean of the squared directions where they count."""
        total = sum(float(np.square(part).sum(dtype=float)) for part in self.parts)
        return total / max(1, int(np.count_nonzero(self.mask)))


def tensor_field(
    image: Raster,
    damping: float,
    threads: int = 1,
    every: tuple[int, int] = (1, 1),
    out: Pixels | None = None,
) -> TensorField:
    """Return the directions of a volume on its own grid, or of every few planes and rows of it.

    Where slopes are this part of the typical one, `damping`, directions count half. Made by slabs that fit in a cache.
    `out`, if given, is filled with them.
    """
    mask, shape = _with_neighbours(image), image.grid.shape
    planes = list(range(0, shape[0], every[0]))
    size = max(1, (1 << 16) // (shape[1] * shape[2]))
    slabs = [(k, min(k + size, len(planes))) for k in range(0, len(planes), size)]
    kept = np.ascontiguousarray(mask[:: every[0], :: every[1]])
    parts = np.empty((5, *kept.shape), np.float32) if out is None else out

    def slopes(slab: tuple[int, int]) -> tuple[list[Pixels], Pixels]:
        z, y, x = _slopes(image, planes[slab[0] : slab[1]], every[1])
        squares = z * z + y * y + x * x
        squares[~kept[slab[0] : slab[1]]] = 0
        return [z, y, x], squares

    sums = ordered_map(lambda slab: float(slopes(slab)[1].sum(dtype=float)), slabs, threads)
    typical = math.sqrt(math.fsum(sums) / max(1, int(np.count_nonzero(kept))))

    def fill(slab: tuple[int, int]) -> None:
        (z, y, x), squares = slopes(slab)
        weight = np.sqrt(squares)
        weight *= np.float32(damping * typical)
        weight += squares
        np.divide(1, weight, out=weight, where=squares > 0)
        there = parts[:, slab[0] : slab[1]]
        np.multiply((z * z - y * y) * np.float32(_R2), weight, out=there[0])
        np.multiply((z * z + y * y - 2 * x * x) * np.float32(_R6), weight, out=there[1])
        for k, product in ((2, z * y), (3, z * x), (4, y * x)):
            np.multiply(product * np.float32(2 * _R2), weight, out=there[k])

    ordered_map(fill, slabs, threads)
    return TensorField(parts, kept, thinned(image.grid, every))


def thinned(grid: Grid, every: tuple[int, int]) -> Grid:
    """Return the grid of every few planes and rows of a grid, from the first ones on."""
    by = (*every, 1)
    shape = tuple(-(-n // step) for n, step in zip(grid.shape, by, strict=True))
    return replace(grid, shape=shape, spacing=tuple(s * step for s, step in zip(grid.spacing, by, strict=True)))


def _with_neighbours(image: Raster) -> Mask:
    """Return where a voxel and its neighbours along the axes count."""
    if image.complete:
        return image.mask
    mask = image.mask.copy()
    for axis in range(3):
        along, kept = np.moveaxis(mask, axis, 0), np.moveaxis(image.mask, axis, 0)
        along[1:] &= kept[:-1]
        along[:-1] &= kept[1:]
    return mask


def _slopes(image: Raster, planes: list[int], every: int) -> tuple[Pixels, Pixels, Pixels]:
    """Return the slopes along the three axes on some planes, and on every so many rows of them."""
    data = image.data
    by_plane, by_row, by_column = (np.float32(1 / s) for s in image.grid.spacing)
    last, rows = len(data) - 1, np.arange(0, data.shape[1], every)
    up, down = np.minimum(np.array(planes) + 1, last), np.maximum(np.array(planes) - 1, 0)
    z = data[up][:, ::every] - data[down][:, ::every]
    z *= (by_plane / (up - down).astype(np.float32))[:, None, None]
    here = data[planes[0] : planes[-1] + 1 : max(1, planes[1] - planes[0] if len(planes) > 1 else 1)]
    below, above = np.minimum(rows + 1, data.shape[1] - 1), np.maximum(rows - 1, 0)
    y = here[:, below] - here[:, above]
    y *= (by_row / (below - above).astype(np.float32))[:, None]
    own = here[:, ::every]
    x = np.empty_like(own)
    np.subtract(own[..., 2:], own[..., :-2], out=x[..., 1:-1])
    x[..., 1:-1] *= by_column / 2
    x[..., 0], x[..., -1] = (own[..., 1] - own[..., 0]) * by_column, (own[..., -1] - own[..., -2]) * by_column
    return z, y, x
