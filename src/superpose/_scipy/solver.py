"""SciPy's optimisers as a solver: a descent of the pyramid from the start, without a search."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import ClassVar

import numpy as np
from numpy.typing import NDArray

from superpose._engine.basins import BasinSearch
from superpose._engine.mirror import mirror_image, reflection
from superpose._problem import Problem
from superpose._sampling.level import prepare_levels
from superpose._sampling.level_pair import LevelPair
from superpose._sampling.pyramid import can_halve
from superpose._scipy.descend import descend
from superpose._scipy.methods import Optimizer
from superpose._scipy.settings import DEFAULTS, ScipySettings
from superpose._search.search_range import SearchRange
from superpose._solution import LevelPose, Solution, Undo
from superpose.image import Raster
from superpose.transforms import geometry
from superpose.transforms.geometry import PhysicalMap, max_corner_distance, scale_of

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class ScipyDescent:
    """A SciPy optimiser, level by level down the pyramid, each starting where the last one ended.

    Attributes
    ----------
    optimizer : callable
        What minimises the cost on one level.
    levels : int or None
        How many levels are descended; None: down to about `settings.coarsest_side`.
    settings : ScipySettings
        All else.
    """

    serves: ClassVar[frozenset[str]] = frozenset({"levels"})

    optimizer: Optimizer
    levels: int | None = None
    settings: ScipySettings = DEFAULTS[2]

    def solve(self, problem: Problem, on_level: Callable[[LevelPose], bool]) -> Solution:
        """Return what was found; see `Solver`.

        Raises
        ------
        InputError
            If the images do not overlap enough at the start, or the metric has no finite value there.
        """
        undo, threads = Undo(), problem.threads
        levels = [each.prepared_plain_levels(threads) for each in (problem.fixed, problem.moving)]
        fixed, moving = ([level.image for level in each] for each in levels)
        depth = default_levels(fixed[0], moving[0], self.settings.coarsest_side) if self.levels is None else self.levels
        depth = min(depth, possible_levels(fixed[0]), possible_levels(moving[0]))
        poses = descend(problem, self.optimizer, fixed[:depth], moving[:depth], on_level, self.settings.descent)
        # As the family has it, to the last bit.
        pose = PhysicalMap(problem.transform_of(poses[-1].pose).matrix)
        if geometry.mirrored(pose):
            undo = Undo(picture=reflection(problem.moving.image))
            levels[1] = prepare_levels([mirror_image(each) for each in moving], threads, problem.moving.settings.fields)
        pairs = [LevelPair(*both) for both in zip(*levels, strict=False)]
        own = undo.to_solvers(pose)
        here, metrics = pairs[0].to_index(own), self.settings.metrics
        significance, rivals = _compare_with_search(problem, pairs, own, self.settings)
        return Solution(
            pose=pose,
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
            error_model=problem.metric.error_model(pairs[0], here, problem.family, problem.threads, metrics),
            significance=significance,
            mirror_fits=lambda _reliable: False,
        )


def possible_levels(image: Raster) -> int:
    """Return how many levels an image can have before a side gets too short."""
    side, levels = min(image.grid.shape), 1
    while can_halve((side,)):
        side, levels = (side + 1) // 2, levels + 1
    return levels


def default_levels(fixed: Raster, moving: Raster, coarsest_side: int) -> int:
    """Return the number of levels that takes the shortest side of both images down to about `coarsest_side` pixels."""
    side = min(*fixed.grid.shape, *moving.grid.shape)
    return max(1, int(np.log2(max(side, 1) / coarsest_side)) + 1)


def _compare_with_search(
    problem: Problem, pairs: list[LevelPair], pose: PhysicalMap, settings: ScipySettings
) -> tuple[float, list[PhysicalMap]]:
    """Return how far a pose stands out of those that a coarse search scores, and the poses that the search proposes."""
    if not 1 / settings.most_scale <= scale_of(pairs[0].to_index(pose)) <= settings.most_scale:
        return 0.0, []
    grid = pairs[0].fixed.image.grid
    engine = settings.engine
    search = BasinSearch(pairs, problem.family, SearchRange(), pose, problem.min_overlap, problem.threads, engine)
    basins = search.coarse_search()
    near = settings.same_basin * float(np.mean(pairs[basins.level].fixed.image.grid.spacing) / np.mean(grid.spacing))
    best = basins.found[0].pose if basins.found else None
    significance = basins.significance if best is not None and max_corner_distance(best, pose, grid) <= near else 0.0
    return significance, [each.pose for each in basins.found]
