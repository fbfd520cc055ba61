"""A pose and how well it scores."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Generic

from superpose.transforms.geometry import Framed, IndexMap, PhysicalMap


@dataclass(frozen=True, eq=False)
class ScoredPose(Generic[Framed]):
    """A pose, its contrast-blind orientation score, and the part of the smaller image that the other covers."""

    pose: Framed
    score: float
    overlap: float


PhysicalPoses = list[ScoredPose[PhysicalMap]]
IndexPoses = list[ScoredPose[IndexMap]]
