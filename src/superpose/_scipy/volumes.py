"""SciPy's optimisers for volumes: a descent of the engine's levels from the start, without a search."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import ClassVar

import numpy as np
from numpy.typing import NDArray

from superpose._parallel import ordered_map
from superpose._problem import Problem
from superpose._refine.algebra import Frame, solved
from superpose._refine.objective import ErrorModel
from superpose._sampling.level import PreparedLevel
from superpose._scipy.descend import descend
from superpose._scipy.methods import Optimizer
from superpose._scipy.settings import DEFAULTS, ScipySettings
from superpose._search.search_range import SearchRange
from superpose._solution import LevelPose, Solution, Undo
from superpose._volumes.frames import in_own_frames
from superpose._volumes.levels import coarsest_with, paired, volume_levels
from superpose._volumes.settings import DEFAULTS as VOLUMES
from superpose._volumes.settings import VolumeSettings
from superpose._volumes.solver import VolumeEngine
from superpose.transforms.geometry import IndexMap, PhysicalMap, max_corner_distance

Floats = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class OffMinimum:
    """How far a pose may be off that lies beside its cost's minimum, by a step as the cost's derivatives have it."""

    model: ErrorModel
    step: Floats

    @property
    def fixed(self) -> PreparedLevel:
        """The fixed volume as it is compared."""
        return self.model.fixed

    @property
    def moving(self) -> PreparedLevel:
        """The moving volume as it is compared."""
        return self.model.moving

    @property
    def frame(self) -> Frame:
        """Where the generators act."""
        return self.model.frame

    @property
    def basis(self) -> Floats:
        """What each parameter of a step does in the generators."""
        return self.model.basis

    @property
    def calibrated_as(self) -> str:
        """The model's own spread."""
        return self.model.calibrated_as

    def covariance(self, pose: IndexMap) -> Floats | None:
        """Return the covariance (n, n) of a step at a pose."""
        found = self.model.covariance(pose)
        return None if found is None else found + np.multiply.outer(self.step, self.step)


@dataclass(frozen=True)
class VolumeDescent:
    """A SciPy optimiser, level by level down the pyramid, each starting where the last one ended.

    Attributes
    ----------
    optimizer : callable
        What minimises the cost on one level.
    levels : int or None
        How many levels are descended; None: down to about `settings.coarsest_side`.
    settings : ScipySettings
        Of the descent.
    volumes : VolumeSettings
        Of levels, and of the search that the pose is compared with.
    """

    serves: ClassVar[frozenset[str]] = frozenset({"levels"})

    optimizer: Optimizer
    levels: int | None = None
    settings: ScipySettings = DEFAULTS[3]
    volumes: VolumeSettings = VOLUMES

    def solve(self, problem: Problem, on_level: Callable[[LevelPose], bool]) -> Solution:
        """Return what was found; see `Solver`.

        Raises
        ------
        InputError
            If the volumes do not overlap enough at the start, or the metric has no finite value there.
        """
        framed, frames = in_own_frames(problem)
        undo, threads, family = Undo(frames=frames), problem.threads, problem.family
        fixed, moving = ordered_map(
            lambda each: volume_levels(each.image, threads, self.volumes), (framed.fixed, framed.moving), threads
        )
        pairs = paired(fixed, moving)
        possible = coarsest_with(pairs, self.settings.coarsest_side) + 1 if self.levels is None else self.levels
        depth = min(possible, len(pairs))
        poses = descend(
            framed,
            self.optimizer,
            [each.fixed.image for each in pairs[:depth]],
            [each.moving.image for each in pairs[:depth]],
            lambda each: on_level(replace(each, pose=undo.to_users(each.pose))),
            self.settings.descent,
        )
        # As the family has it, to the last bit.
        own = PhysicalMap(framed.transform_of(poses[-1].pose).matrix)
        significance, rivals = self._compared_with_search(framed, fixed, moving, own)
        model, at = VolumeEngine(settings=self.volumes).model_at(problem.metric, pairs[0], own, family, threads)
        left = solved(at.hessian, at.gradient)
        if left is not None:
            model = OffMinimum(model, left[: family.size])
        return Solution(
            pose=undo.to_users(own),
            metric=problem.metric,
            value=poses[-1].value,
            solver=self.optimizer.name,
            ending="",
            levels=depth,
            stopped=len(poses) < depth,
            basins=(),
            refined_at_shape=(),
            rivals=[undo.to_users(each) for each in rivals],
            fill=(0.0, 0.0),
            pairs=pairs,
            undo=undo,
            error_model=model,
            significance=significance,
            mirror_fits=lambda _reliable: False,
        )

    def _compared_with_search(
        self, problem: Problem, fixed: list[PreparedLevel], moving: list[PreparedLevel], pose: PhysicalMap
    ) -> tuple[float, list[PhysicalMap]]:
        """Return how far a pose stands out of those that a search about it scores, and what the search proposes."""
        near = SearchRange(angle=self.volumes.search.nearby)
        found = VolumeEngine(near, settings=self.volumes).search(replace(problem, start=pose), fixed, moving)
        if not found.poses:
            return 0.0, []
        grid = problem.fixed_grid
        voxel = min(each[0].image.grid.side for each in (fixed, moving)) / self.volumes.search.side
        off = max_corner_distance(found.poses[0].pose, pose, grid) * grid.pixel_side
        same = off <= self.settings.same_basin * voxel
        significance = found.null.peak_significance(found.poses[0].score) if same else 0.0
        return significance, [each.pose for each in found.poses[:1]]
