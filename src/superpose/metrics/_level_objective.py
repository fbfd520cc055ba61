"""What the objectives of all metrics share: one level of a pair, the family's steps, and what counts as overlap."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import ClassVar

import numpy as np
from numpy.typing import NDArray

from superpose._refine.algebra import Frame
from superpose._refine.objective import State
from superpose._sampling.level import PreparedLevel
from superpose._sampling.level_pair import LevelPair
from superpose.metrics._normal_equations import NormalEquations
from superpose.metrics.settings import MetricSettings
from superpose.transforms.family import Family
from superpose.transforms.geometry import IndexMap, volume_ratio

Floats = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class LevelObjective:
    """Two images as an objective compares them, and the family that it moves.

    Parameters
    ----------
    fixed, moving : PreparedLevel
        What is compared.
    family : Family
        Of transforms.
    threads : int
        The result does not depend on it.
    settings : MetricSettings
        How they are compared.
    """

    fixed: PreparedLevel
    moving: PreparedLevel
    family: Family
    threads: int
    settings: MetricSettings

    # How many numbers are solved along with the pose.
    nuisance_count: ClassVar[int] = 0
    smooth: ClassVar[bool] = False

    @cached_property
    def frame(self) -> Frame:
        """Where the generators act."""
        return Frame.over(self.fixed.shape)

    @property
    def sums_count(self) -> int:
        """How many numbers a kernel of normal equations sums."""
        return NormalEquations.size(self.frame.generators)

    @cached_property
    def basis(self) -> Floats:
        """What each parameter of the family does in the generators, (generators, n)."""
        return self.family.basis_on(self.fixed.image.grid.spacing)

    @cached_property
    def directions(self) -> Floats:
        """What each parameter of a step does in the generators."""
        return np.hstack([self.basis, np.zeros((len(self.basis), self.nuisance_count))])

    @cached_property
    def fixed_pixel_count(self) -> float:
        """Pixels of fixed that count."""
        return float(self.fixed.image.pixel_count)

    @cached_property
    def moving_pixel_count(self) -> float:
        """Pixels of moving that count."""
        return float(self.moving.image.pixel_count)

    def overlap(self, count: float, pose: IndexMap) -> float:
        """Return which part of the smaller image so many pixels of fixed are."""
        seen = self.moving_pixel_count / volume_ratio(pose)
        return count / max(1.0, min(self.fixed_pixel_count, seen))

    def pose(self, state: State) -> IndexMap:
        """Return a state's pose between pixels of the pair."""
        return state.matrix


def meets_all_fractions(pose: IndexMap, pair: LevelPair, across: float) -> bool:
    """Return whether pixels of fixed land on all fractions of moving's pixels: not where the pose is but a shift.

    Scale and turn have to add up to `across` pixels over the image.
    """
    linear = pose[:-1, :-1]
    side = float(np.sqrt(np.prod(pair.fixed.shape)))
    return bool(np.abs(linear - np.rint(linear)).max() * side > across or pose[-1, :-1].any())
