"""The engine for volumes: search, race, refine."""

from __future__ import annotations

import math
import time
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import ClassVar

import numpy as np
from numpy.typing import NDArray

from superpose._arithmetic.matrices import matmul
from superpose._arithmetic.order import median
from superpose._engine.canonical import canonical
from superpose._parallel import ordered_map
from superpose._problem import Problem
from superpose._refine.levenberg_marquardt import Refined, refine
from superpose._refine.objective import ErrorModel, Linearised, Objective
from superpose._refine.robust import NORMAL
from superpose._sampling.level import PreparedLevel
from superpose._sampling.level_pair import LevelPair
from superpose._sampling.prepared import WorkSize
from superpose._search.scored_pose import PhysicalPoses, ScoredPose
from superpose._search.search_range import SearchRange
from superpose._solution import LevelPose, Solution, Undo
from superpose._volumes.directed import VolumeDirections
from superpose._volumes.frames import in_own_frames
from superpose._volumes.levels import coarsest_with, paired, volume_levels, worked_on
from superpose._volumes.objectives import HistogramErrors, VolumeHistogram, VolumeSquared, under_blur
from superpose._volumes.rotations import sizes_within, turns_within
from superpose._volumes.search import Found, search_fields, search_volumes
from superpose._volumes.settings import DEFAULTS, VolumeSettings
from superpose.image import Grid, Raster
from superpose.metrics.base import Metric
from superpose.metrics.information import NMI
from superpose.metrics.orientation import Orientation
from superpose.metrics.squared import NCC
from superpose.transforms.family import Family, family_named
from superpose.transforms.geometry import PhysicalMap, about, max_corner_distance, mean_stretch, mirrored

Floats = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class _Refined:
    """Where a metric led on one level."""

    metric: Metric
    pose: PhysicalMap
    value: float
    done: Refined
    error_model: ErrorModel


@dataclass(frozen=True)
class VolumeEngine:
    """Exhaustive search over turns and shifts, a race of the best, Levenberg-Marquardt: for volumes.

    Attributes
    ----------
    limits : SearchRange
        How far to search about the start.
    allow_flip : bool
        Whether the mirrored moving volume is tried as well.
    size : WorkSize
        How small the pair is worked on.
    settings : VolumeSettings
        Settings of all stages.
    """

    name: ClassVar[str] = "levenberg-marquardt"
    serves: ClassVar[frozenset[str]] = frozenset({"search", "allow_flip", "work_at"})

    limits: SearchRange = field(default_factory=SearchRange)
    allow_flip: bool = False
    size: WorkSize = field(default_factory=WorkSize)
    settings: VolumeSettings = DEFAULTS

    def solve(self, problem: Problem, on_level: Callable[[LevelPose], bool]) -> Solution:
        """Return what was found; see `Solver`."""
        framed, frames = in_own_frames(problem)
        ordered, undo = canonical(framed)
        undo = replace(undo, frames=frames)
        settings, threads = self.settings, problem.threads
        fixed, moving = ordered_map(
            lambda each: worked_on(volume_levels(each.image, threads, settings), self.size),
            (ordered.fixed, ordered.moving),
            threads,
        )
        found = self.search(ordered, fixed, moving)
        if not found.poses:
            raise problem.too_little_overlap(0.0)
        size = mean_stretch(found.poses[0].pose[:-1, :-1])
        # Less than half a step of the search is left to the refinement.
        step = math.sqrt(settings.search.sizes)
        pairs = paired(fixed, moving, 1.0 if 1 / step < size < step else size)
        level = coarsest_with(pairs, settings.race.side)
        basins = self._race(ordered, pairs, level, found)
        last, stopped = self._to_finest(ordered, pairs, level, basins[0], undo, on_level)
        users = tuple(replace(each, pose=undo.to_users(each.pose)) for each in basins)
        seen = pairs[level].moving if undo.swapped else pairs[level].fixed
        return Solution(
            pose=undo.to_users(last.pose),
            metric=last.metric,
            value=last.value,
            solver=self.name,
            ending=last.done.ending.value,
            levels=level + 1,
            stopped=stopped,
            basins=users,
            refined_at_shape=seen.shape,
            rivals=[],  # the basins are asked themselves
            fill=(0.0, 0.0),
            pairs=pairs,
            undo=undo,
            error_model=last.error_model,
            significance=found.null.peak_significance(found.poses[0].score),
            mirror_fits=lambda _: False,
        )

    @property
    def everywhere(self) -> bool:
        """Whether all turns are tried."""
        return self.limits.angle >= 180

    @property
    def raced(self) -> int:
        """How many poses are told from each other."""
        race = self.settings.race
        return race.candidates_everywhere if self.everywhere else race.candidates

    def search(self, problem: Problem, fixed: list[PreparedLevel], moving: list[PreparedLevel]) -> Found:
        """Return the poses that stand out within the limits."""
        settings = self.settings.search
        side = settings.everywhere_side if self.everywhere else settings.side
        fields = search_fields(fixed, moving, side, problem.threads, settings)
        count = settings.turns_everywhere if self.everywhere else settings.turns
        turns = turns_within(self.limits.angle, count) if problem.family.turns else np.eye(3)[None]
        if problem.family.scales:
            turns = np.concatenate([size * turns for size in sizes_within(self.limits.scale, settings.sizes)])
        grid = fields[0].grid
        reach = np.minimum(self.limits.shift, 1e6) * np.array(grid.shape) * grid.spacing
        return Found.best_of(
            [
                search_volumes(*fields, each, turns, reach, problem.min_overlap, self.raced, problem.threads, settings)
                for each in self._starts(problem)
            ],
            self.raced,
        )

    def _starts(self, problem: Problem) -> list[PhysicalMap]:
        """Return where to start: at the start, and if that may be, at the same mirrored."""
        start = problem.start
        if not self.allow_flip or mirrored(start):
            return [start]
        # One mirror is any other one turned by 180 degrees, and all three at once are one turned, too.
        axes = [(0,)] if self.everywhere else [(0,), (1,), (2,), (0, 1, 2)]
        flips = [np.diag([-1.0 if k in each else 1.0 for k in range(3)]) for each in axes]
        centre = problem.fixed_grid.centre
        return [start, *(PhysicalMap(matmul(start, about(each, np.zeros(3), centre))) for each in flips)]

    def _race(self, problem: Problem, pairs: list[LevelPair], level: int, found: Found) -> PhysicalPoses:
        """Return the best different poses once refined on a coarse level, by how well directions agree."""
        settings, threads = self.settings.race, problem.threads
        family, pair, steps = _raced_as(problem.family), pairs[level], self.settings.coarse
        worth = [each for each in found.poses if each.score >= settings.within_reach * found.poses[0].score]
        by_counts = VolumeHistogram.of_levels(pair, NMI(), family, threads, self.settings)
        directed = VolumeDirections.of_levels(pair, worth[0].pose, family, False, threads, self.settings)
        done: PhysicalPoses = []
        for each in worth:
            # A joint histogram leads there from farther away than directions, which tell better how good it is there.
            counted = refine(by_counts, by_counts.start(pair.to_index(each.pose)), problem.min_overlap, steps)
            near = directed.pair.to_index(pair.to_physical(counted.state.matrix))
            objective = directed.turned_at(near)
            refined = refine(objective, objective.state_at(near), problem.min_overlap, steps)
            score = objective.value(refined.state, refined.at)
            done.append(ScoredPose(directed.pair.to_physical(refined.state.matrix), score, refined.at.overlap))
        done.sort(key=lambda each: -each.score)
        kept: PhysicalPoses = []
        for each in done:
            if each.score < settings.hopeless * done[0].score or len(kept) == settings.kept:
                break
            if all(max_corner_distance(each.pose, other.pose, pair.fixed.image.grid) > 2.0 for other in kept):
                kept.append(each)
        return kept

    def _to_finest(
        self,
        problem: Problem,
        pairs: list[LevelPair],
        level: int,
        basin: ScoredPose[PhysicalMap],
        undo: Undo,
        on_level: Callable[[LevelPose], bool],
    ) -> tuple[_Refined, bool]:
        """Refine a pose from a level to the finest; return where it led and whether the user ended it early."""
        pose, metric, last, stopped = basin.pose, None if problem.auto else problem.metric, None, False
        for k in range(level, -1, -1):
            began = time.perf_counter()
            used = metric if metric is not None and (k == 0 or not metric.needs_finest_level) else Orientation()
            if k == 0:
                problem.check_memory_on(pairs[0], used)
            last = self._refine(used, pairs[k], pose, problem, problem.family, finest=k == 0)
            if metric is None and k <= max(0, level - 1):
                metric = NCC() if self._compares_intensities(pairs[k], last.pose, problem) else Orientation()
                if k == 0 and metric != last.metric:
                    last = self._refine(metric, pairs[k], last.pose, problem, problem.family, finest=True)
            pose = last.pose
            seconds = time.perf_counter() - began
            shape = (pairs[k].moving if undo.swapped else pairs[k].fixed).shape
            done = LevelPose(shape, undo.to_users(pose), last.value, last.done.evaluations, seconds, left=k)
            if not on_level(done) and k:
                stopped = True
                break
        assert last is not None
        return last, stopped

    def _compares_intensities(self, pair: LevelPair, pose: PhysicalMap, problem: Problem) -> bool:
        """Return whether intensities are those of one modality at a pose that directions led to.

        Directions are right for any pair; intensities tell the pose more exactly where all that a line leaves of them
        is noise, but much less so under a coil's shading.
        """
        settings = self.settings
        fixed, warped = self._squared(pair, problem.family, problem.threads).samples(pair.to_index(pose))
        line, curve = unexplained(fixed, warped, settings.curve_bins)
        noise = sum(
            noise_variance(level.image) / max(float(values.var()), 1e-30)
            for level, values in ((pair.fixed, fixed), (pair.moving, warped))
        )
        return line - noise <= settings.left_by_line and line <= settings.straight * curve + noise

    def _squared(self, pair: LevelPair, family: Family, threads: int) -> VolumeSquared:
        settings = self.settings
        return VolumeSquared(pair.fixed, pair.moving, family, threads, settings.metrics, sampled=settings.sampled)

    def model_at(
        self, metric: Metric, pair: LevelPair, pose: PhysicalMap, family: Family, threads: int
    ) -> tuple[ErrorModel, Linearised]:
        """Return what knows how far a pose may be off that something else than the engine found, and its cost there.

        What has no derivatives is judged by directions.
        """
        settings, there = self.settings, pair.to_index(pose)
        if metric.compares_intensities:
            squared, state = self._squared(pair, family, threads).start(there)
            return squared, squared.linearised(state)
        if isinstance(metric, Orientation) or not metric.differentiable:
            directed = VolumeDirections.of_levels(pair, pose, family, True, threads, settings)
            return directed, directed.linearised(directed.state_at(directed.pair.to_index(pose)))
        counted = VolumeHistogram.of_levels(pair, metric, family, threads, settings)  # type: ignore[arg-type]
        return HistogramErrors(counted), counted.linearised(counted.start(there))

    def _refine(
        self, metric: Metric, pair: LevelPair, pose: PhysicalMap, problem: Problem, family: Family, *, finest: bool
    ) -> _Refined:
        """Return where a metric leads on one level."""
        settings, threads = self.settings, problem.threads
        steps = settings.finest if finest else settings.coarse
        if finest and not isinstance(metric, Orientation):
            pair = _under_one_blur(pair, pose, settings.blur, threads)
        start = pair.to_index(pose)
        objective: Objective
        if isinstance(metric, Orientation):
            directed = VolumeDirections.of_levels(pair, pose, family, finest, threads, settings)
            pair = directed.pair
            start = pair.to_index(pose)
            objective, done = directed, refine(directed, directed.state_at(start), problem.min_overlap, steps)
            # Directions were turned as the start turns them.
            moved = max_corner_distance(start, done.state.matrix, Grid(pair.fixed.shape))
            if moved > settings.turned_again:
                objective = directed.turned_at(done.state.matrix)
                done = refine(objective, done.state, problem.min_overlap, steps)
        elif metric.compares_intensities:
            objective, state = self._squared(pair, family, threads).start(start)
            done = refine(objective, state, problem.min_overlap, steps)
        else:
            histogram = VolumeHistogram.of_levels(pair, metric, family, threads, settings)  # type: ignore[arg-type]
            objective = histogram
            done = refine(objective, histogram.start(start), problem.min_overlap, steps)
        return _Refined(
            metric,
            pair.to_physical(objective.pose(done.state)),
            objective.value(done.state, done.at),
            done,
            objective.error_model(done.at),
        )


def _under_one_blur(pair: LevelPair, pose: PhysicalMap, blur: float, threads: int) -> LevelPair:
    """Return both volumes under a Gaussian that is as wide in the scene: by the larger of their voxels, in fixed's."""
    scale = mean_stretch(pose[:-1, :-1])
    sides = [each.image.grid.pixel_side for each in (pair.fixed, pair.moving)]
    wide = blur * max(sides[0], sides[1] / scale)
    widths = wide / sides[0], wide * scale / sides[1]
    both = list(zip((pair.fixed, pair.moving), widths, strict=True))
    images = ordered_map(lambda each: under_blur(*each, threads), both, threads)
    return LevelPair(*images)


def unexplained(fixed: Floats, warped: Floats, bins: int) -> tuple[float, float]:
    """Return the parts of warped's variance that no line through fixed's values explains, and that no curve does."""
    if len(fixed) < 2 * bins or fixed.min() == fixed.max() or warped.min() == warped.max():
        return 1.0, 1.0
    a, b = fixed - fixed.mean(), warped - warped.mean()
    line = 1 - float((a * b).sum() * (a * b).sum() / ((a * a).sum() * (b * b).sum()))
    order = np.argsort(fixed, kind="stable")
    groups = np.array_split(b[order], bins)
    within = sum(float(np.square(each - each.mean()).sum()) for each in groups)
    return line, within / float((b * b).sum())


def noise_variance(image: Raster) -> float:
    """Return the variance of white noise: of what a Laplacian leaves, by its median (J. Immerkaer, 1996, in space)."""
    data = image.data
    middle = data[1:-1, 1:-1, 1:-1]
    left = 6 * middle
    for axis in range(3):
        for part in (slice(None, -2), slice(2, None)):
            left = left - data[tuple(part if k == axis else slice(1, -1) for k in range(3))]
    deviation = NORMAL * median(np.abs(left[image.mask[1:-1, 1:-1, 1:-1]]))
    return deviation * deviation / 42


def _raced_as(family: Family) -> Family:
    """Return the family in which the race is run: coarse levels do not determine a shear."""
    return family_named("similarity", family.ndim) if family.shears else family
