"""Moving laid on fixed's pixels under a pose, and how much of the smaller image that covers."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from superpose._sampling.warp import Source, source, warp
from superpose.image import Grid, Mask, Pixels, Raster
from superpose.transforms.geometry import IndexMap, PhysicalMap, to_index


@dataclass(frozen=True, eq=False)
class Overlay:
    """Fixed, and moving ready to be sampled."""

    fixed: Raster
    moving: Source
    moving_grid: Grid
    threads: int

    @classmethod
    def of(cls, fixed: Raster, moving: Raster, order: int, threads: int) -> Overlay:
        """Return the overlay of two images, moving sampled linearly (order 1) or by cubic B-spline (3)."""
        return cls(fixed, source(moving.data, moving.mask, order, threads), moving.grid, threads)

    def index_pose(self, pose: PhysicalMap) -> IndexMap:
        """Return a pose between physical coordinates as one between pixels."""
        return to_index(pose, self.fixed.grid, self.moving_grid)

    def overlap(self, mask: Mask | Pixels) -> float:
        """Return the part of the smaller image that the other covers, `mask` being where both count."""
        fixed = self.fixed.pixel_count * np.prod(self.fixed.grid.spacing)
        moving = np.count_nonzero(self.moving.mask) * np.prod(self.moving_grid.spacing)
        seen = np.count_nonzero(mask) if mask.dtype == bool else mask.sum(dtype=float)
        return float(seen * np.prod(self.fixed.grid.spacing) / min(fixed, moving))

    def under(self, pose: PhysicalMap) -> tuple[Pixels, Mask, float]:
        """Return moving on fixed's pixels under a physical pose, where both count, and the overlap."""
        return self._under(self.moving, pose)

    def covered(self, pose: PhysicalMap) -> float:
        """Return the overlap under a physical pose; nothing is interpolated for it."""
        mask = self.moving.mask
        return self._under(Source(np.empty((0, *mask.shape), np.float32), mask, self.moving.order), pose)[2]

    def _under(self, moving: Source, pose: PhysicalMap) -> tuple[Pixels, Mask, float]:
        warped, inside = warp(moving, self.index_pose(pose), self.fixed.grid.shape, self.threads)
        inside &= self.fixed.mask
        return warped, inside, self.overlap(inside)
