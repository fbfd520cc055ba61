"""One level of both images: the only bridge between poses in pixels and poses in physical coordinates."""

from __future__ import annotations

from dataclasses import dataclass

from superpose._parallel import ordered_map
from superpose._sampling.level import PreparedLevel
from superpose.transforms import geometry
from superpose.transforms.geometry import IndexMap, PhysicalMap


@dataclass(frozen=True, eq=False)
class LevelPair:
    """One level of both images."""

    fixed: PreparedLevel
    moving: PreparedLevel

    def with_fields(self, threads: int) -> LevelPair:
        """Return the pair once both images' directions of edges are made, at a time."""
        ordered_map(lambda each: each.field, (self.fixed, self.moving), threads)
        return self

    def to_physical(self, pose: IndexMap) -> PhysicalMap:
        """Return a pose between pixels of this level as one between physical coordinates."""
        return geometry.to_physical(pose, self.fixed.image.grid, self.moving.image.grid)

    def to_index(self, pose: PhysicalMap) -> IndexMap:
        """Return a pose between physical coordinates as one between pixels of this level."""
        return geometry.to_index(pose, self.fixed.image.grid, self.moving.image.grid)
