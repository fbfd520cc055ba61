"""Both images on the level that a second look is taken on, and what is asked of them: structure, and other answers."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace

import numpy as np

from superpose._motions.answer import Answer, Motion
from superpose._motions.explained import Explained, explained_by
from superpose._motions.left_out import without
from superpose._motions.settings import MotionSettings
from superpose._motions.structure import halved_noise, noise_of
from superpose._parallel import lazy
from superpose._problem import Problem
from superpose._sampling.level_pair import LevelPair
from superpose._sampling.pyramid import halved, on_finer
from superpose._solution import LevelPose, Solution, Solver
from superpose._verify.verdict import verify
from superpose.errors import InputError
from superpose.image import Mask, Raster
from superpose.metrics._orientation_objective import OrientationObjective
from superpose.metrics.settings import MetricSettings
from superpose.transforms.geometry import PhysicalMap, max_corner_distance


@dataclass(frozen=True, eq=False)
class Look:
    """A problem's images on a level that is `halvings` coarser than they are themselves, and what solves it."""

    problem: Problem
    solver: Solver
    fixed: Raster
    moving: Raster
    halvings: int
    settings: MotionSettings
    noises: tuple[float, float] | None = None

    @classmethod
    def at(cls, problem: Problem, solver: Solver, settings: MotionSettings, side: float | None = None) -> Look:
        """Return the look on the finest level of which neither image is too large, by default for a second look."""
        halvings = halvings_for(problem, settings.largest_side if side is None else side)
        images = [problem.fixed.image, problem.moving.image]
        for _ in range(halvings):
            images = [halved(each, problem.threads) for each in images]
        return cls(problem, solver, images[0], images[1], halvings, settings)

    def coarser(self) -> Look:
        """Return the look on the next coarser level, through the narrowest Gaussian only: sooner, and less closely."""
        structure = self.settings.structure
        noises = [
            halved_noise(noise_of(each.data, each.mask, structure), structure.widths[0])
            for each in (self.fixed, self.moving)
        ]
        fixed, moving = (halved(each, self.threads) for each in (self.fixed, self.moving))
        settings = replace(self.settings, structure=replace(structure, widths=structure.widths[:1]))
        return Look(self.problem, self.solver, fixed, moving, self.halvings + 1, settings, (noises[0], noises[1]))

    @property
    def threads(self) -> int:
        """How many threads may be used; no result depends on it."""
        return self.problem.threads

    @property
    def identity(self) -> PhysicalMap:
        """The zero pose: each pixel of fixed lies on the same one of moving."""
        pose = np.eye(self.problem.fixed_grid.ndim + 1)
        pose[:-1, -1] = np.subtract(self.problem.moving_grid.origin, self.problem.fixed_grid.origin)
        return PhysicalMap(pose)

    def distance(self, one: PhysicalMap, other: PhysicalMap) -> float:
        """Return how far two poses take any corner of fixed apart, in its pixels."""
        return max_corner_distance(one, other, self.problem.fixed_grid)

    def explained(self, solution: Solution, other: Mask | None = None, pose: PhysicalMap | None = None) -> Explained:
        """Return what a solution explains, or another pose by its metric, of the structure that is not another's."""
        rest = np.zeros(self.fixed.grid.shape, bool) if other is None else other
        blind = not solution.metric.compares_intensities
        at = solution.pose if pose is None else pose
        return explained_by(self.fixed, self.moving, at, rest, blind, self.threads, self.settings, self.noises)

    def agreement(self, pose: PhysicalMap) -> int:
        """Return how many pixels' structure is the same under a pose, signs included."""
        rest = np.zeros(self.fixed.grid.shape, bool)
        found = explained_by(self.fixed, self.moving, pose, rest, False, self.threads, self.settings)
        return int(np.count_nonzero(found.same))

    @lazy
    def agreement_at_zero(self) -> int:
        """The same under the zero pose."""
        return self.agreement(self.identity)

    def motion(self, solution: Solution, found: Explained, pose: PhysicalMap | None = None) -> Motion:
        """Return a solution's motion, or that of another pose, and where it holds on the pixels of fixed."""
        return self._motion(solution, solution.pose if pose is None else pose, found.share, found.same, False)

    def still_motion(self, solution: Solution, mask: Mask) -> Motion:
        """Return the zero pose as that of what lies under a mask; `solution` is of the same images."""
        found = explained_by(self.fixed, self.moving, self.identity, ~mask, False, self.threads, self.settings)
        return self._motion(solution, self.identity, found.share, mask, True)

    def _motion(self, solution: Solution, pose: PhysicalMap, share: float, mask: Mask, still: bool) -> Motion:
        pair = next((each for each in solution.pairs if solution.refined_at_shape in _shapes(each)), solution.pairs[0])
        objective = OrientationObjective(pair.fixed, pair.moving, self.problem.family, self.threads, MetricSettings())
        state = objective.start(pair.to_index(solution.undo.to_solvers(pose)))
        overlap = objective.linearised(state).overlap
        whole = on_finer(mask, self.halvings, self.problem.fixed_grid.shape)
        return Motion(pose, share, whole, still, objective.score(state), min(1.0, overlap))

    def answer_without(self, fixed_mask: Mask, moving_mask: Mask) -> Answer | None:
        """Return the answer to what is left without masks of the level, or None where that is too little."""
        parts = []
        for whole, mask in ((self.problem.fixed, fixed_mask), (self.problem.moving, moving_mask)):
            image = whole.image
            left_out = on_finer(mask, self.halvings, image.grid.shape)
            data, kept = without(image.data, image.mask, left_out, self.threads, self.settings.left_out)
            if kept.mean() < self.settings.left_out.least_left or data[kept].min() == data[kept].max():
                return None
            parts.append(replace(whole, image=replace(image, data=data, mask=kept), kept=False))
        rest = replace(self.problem, fixed=parts[0], moving=parts[1])
        levels = list[LevelPose]()

        def recorded(level: LevelPose) -> bool:
            levels.append(level)
            return True

        try:
            solution = self.solver.solve(rest, recorded)
        except InputError:
            return None
        return Answer(rest, solution, verify(rest, solution), levels=tuple(levels))


def _shapes(pair: LevelPair) -> tuple[tuple[int, ...], tuple[int, ...]]:
    return pair.fixed.shape, pair.moving.shape


def halvings_for(problem: Problem, side: float) -> int:
    """Return how many levels coarser than the images the finest is on which neither is larger than a side's square."""
    shapes, halvings = [problem.fixed_grid.shape, problem.moving_grid.shape], 0
    while max(map(math.prod, shapes)) > side * side:
        shapes = [tuple(-(-n // 2) for n in shape) for shape in shapes]
        halvings += 1
    return halvings
