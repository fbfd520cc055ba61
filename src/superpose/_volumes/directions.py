"""Directions of surfaces on coarser grids, and under a pose."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from superpose._sampling.tensors import BASIS, TensorField
from superpose._sampling.warp import Source, warp
from superpose._volumes.levels import on_grid, smoothed
from superpose.image import Grid, Mask, Pixels, Raster
from superpose.transforms.geometry import IndexMap, mean_stretch

Floats = NDArray[np.float64]


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
