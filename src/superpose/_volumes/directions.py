"""Directions of surfaces, whatever the contrast: traceless tensors of the gradient, five numbers a voxel.

With g the gradient, (g g^T / |g|^2 - I / 3) |g| / (|g| + e) does not know which side is brighter, or by how much.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from superpose._sampling.warp import Source, warp
from superpose._volumes.levels import on_grid, smoothed
from superpose._volumes.settings import VolumeSearchSettings
from superpose.image import Grid, Mask, Pixels, Raster
from superpose.transforms.geometry import IndexMap, mean_stretch

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


def tensor_field(image: Raster, settings: VolumeSearchSettings) -> TensorField:
    """Return the directions of a volume on its own grid."""
    slopes = np.gradient(image.data, *map(float, image.grid.spacing), edge_order=1)
    mask = image.mask.copy()
    if not image.complete:
        for axis in range(3):
            along, kept = np.moveaxis(mask, axis, 0), np.moveaxis(image.mask, axis, 0)
            along[1:] &= kept[:-1]
            along[:-1] &= kept[1:]
    squares = slopes[0] * slopes[0] + slopes[1] * slopes[1] + slopes[2] * slopes[2]
    squares[~mask] = 0
    count = max(1, int(np.count_nonzero(mask)))
    typical = math.sqrt(float(squares.sum(dtype=float)) / count)
    length = np.sqrt(squares)
    weight = np.zeros_like(length)
    np.divide(1, squares + length * np.float32(settings.damping * typical), out=weight, where=squares > 0)
    z, y, x = slopes
    parts = np.empty((5, *image.data.shape), np.float32)
    np.multiply((z * z - y * y) * np.float32(_R2), weight, out=parts[0])
    np.multiply((z * z + y * y - 2 * x * x) * np.float32(_R6), weight, out=parts[1])
    for k, product in ((2, z * y), (3, z * x), (4, y * x)):
        np.multiply(product * np.float32(2 * _R2), weight, out=parts[k])
    return TensorField(parts, mask, image.grid)


def averaged(field: TensorField, grid: Grid, threads: int) -> TensorField:
    """Return directions averaged onto a coarser grid of the same space, less their own mean."""
    ratio = tuple(c / f for c, f in zip(grid.spacing, field.grid.spacing, strict=True))
    widths = tuple(math.sqrt(max(r * r - 1, 0.0)) / math.sqrt(3) for r in ratio)
    parts, mask = np.empty((5, *grid.shape), np.float32), np.ones(grid.shape, bool)
    for k in range(5):
        smooth = smoothed(Raster(field.parts[k], field.mask, field.grid), widths, threads)
        parts[k], mask = on_grid(smooth, grid, threads)
    if mask.any():
        parts -= (parts.sum((1, 2, 3), dtype=float) / np.count_nonzero(mask)).astype(np.float32)[:, None, None, None]
    parts *= mask
    return TensorField(parts, mask, grid)


def turning(linear: Floats) -> Floats:
    """Return what turns the five numbers of a direction in moving into those in fixed, (5, 5).

    `linear` takes fixed's points to moving's; how large moving shows them does not matter.
    """
    rotation = linear / mean_stretch(linear)
    turned = np.einsum("ji,kjl,lm->kim", rotation, BASIS, rotation)
    return np.asarray(np.einsum("kij,lij->kl", turned, BASIS))


def under(
    field: TensorField, index: IndexMap, linear: Floats, shape: tuple[int, ...], threads: int
) -> tuple[Pixels, Mask]:
    """Return moving's directions on a grid of fixed's, turned as a pose turns them, and where they are.

    `index` is the pose between voxels, `linear` its linear part in space.
    """
    parts, inside = warp(Source(field.parts, field.mask, 1), index, shape, threads)
    return np.einsum("k...,kl->l...", parts, turning(linear).astype(np.float32)), inside
