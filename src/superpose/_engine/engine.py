"""The engine: search, race, refine. The solver that `register` uses unless a SciPy optimiser is asked for."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from typing import ClassVar

import numpy as np

from superpose._engine.basins import BasinSearch, margin
from superpose._engine.canonical import canonical
from superpose._engine.far_view import FarView, admits, is_far
from superpose._engine.magnification import Band, bands_of_scale
from superpose._engine.mirror import mirrored_pairs
from superpose._engine.overlap import better_below, side_at_start
from superpose._engine.photons import common_summing
from superpose._engine.refinement import RefinementResult, refine_to_finest
from superpose._engine.settings import DEFAULTS, EngineSettings
from superpose._engine.sides import Side, better_of, or_blurred, search_side, sides_to_search
from superpose._engine.views import common_views
from superpose._parallel import ordered_map
from superpose._problem import Problem
from superpose._sampling.level import PreparedLevel
from superpose._sampling.prepared import Prepared, WorkSize
from superpose._search.scored_pose import ScoredPose
from superpose._search.search_range import SearchRange
from superpose._solution import LevelPose, Solution, Undo, Views
from superpose._verify.covariance import pose_covariance
from superpose.errors import InputError
from superpose.transforms.geometry import PhysicalMap, inverse, mirrored


@dataclass(frozen=True, eq=False)
class _Scene:
    """What is worked on: the problem in canonical order, what undoes that, both images' levels, fill, and views."""

    problem: Problem
    undo: Undo
    fixed: list[PreparedLevel]
    moving: list[PreparedLevel]
    fill: tuple[float, float]
    views: Views | None

    def far(self, settings: EngineSettings) -> FarView:
        """Return the levels as they are looked at from elsewhere."""
        return FarView(self.problem, self.fixed, self.moving, settings)

    def exchanged(self) -> _Scene:
        """Return the same with the images exchanged."""
        problem = self.problem
        exchanged = replace(problem, fixed=problem.moving, moving=problem.fixed, start=inverse(problem.start))
        undo, views = replace(self.undo, swapped=not self.undo.swapped), self.views
        fill, views = (self.fill[1], self.fill[0]), None if views is None else (views[1], views[0])
        return _Scene(exchanged, undo, self.moving, self.fixed, fill, views)


@dataclass(frozen=True)
class _Levels:
    """Keeps what is done on levels until it is known whether that leads to the answer."""

    done: list[LevelPose]

    def __call__(self, level: LevelPose) -> bool:
        """Keep what was done on a level, and go on."""
        self.done.append(level)
        return True


@dataclass(frozen=True, eq=False)
class _Seen:
    """What was found on one image's grid, and what was done on levels for it."""

    scene: _Scene
    side: Side
    solution: Solution
    levels: _Levels


@dataclass(frozen=True)
class Engine:
    """Exhaustive search over turns, scales and shifts, a race of the best basins, Levenberg-Marquardt.

    Attributes
    ----------
    limits : SearchRange
        How far to search about the start.
    allow_flip : bool
        Whether the mirrored moving image is tried as well.
    size : WorkSize
        How small the pair is worked on.
    settings : EngineSettings
        Settings of all stages.
    """

    name: ClassVar[str] = "levenberg-marquardt"
    serves: ClassVar[frozenset[str]] = frozenset({"search", "allow_flip", "work_at"})

    limits: SearchRange = field(default_factory=SearchRange)
    allow_flip: bool = False
    size: WorkSize = field(default_factory=WorkSize)
    settings: EngineSettings = DEFAULTS[2]

    def solve(self, problem: Problem, on_level: Callable[[LevelPose], bool]) -> Solution:
        """Return what was found; see `Solver`.

        Raises
        ------
        InputError
            If no pose within the limits lets the images overlap enough.
        """
        scene = self._scene(problem)
        ordered = scene.problem
        if ordered.located and ordered.family.shears and is_far(ordered.start, ordered.fixed_grid, self.settings.far):
            found = self._seen_from(scene, ordered.start, on_level)
            if found is not None:
                return replace(found, seen_otherwise=lambda on_other: self._elsewhere(problem, on_other))
        far = scene.far(self.settings)
        bands = list(bands_of_scale(ordered, scene.fixed, scene.moving, self.limits, self.settings))
        band = bands[0]
        if self._serves_features(bands):
            side = self._in_detail(band)
            if not side.stands_out(self.settings):
                # Features are asked before the search looks any closer; where they are not clear, after it.
                found = next(self._from(far.clearly_proposed(), scene, on_level), None)
                if found is not None:
                    return replace(
                        found, seen_otherwise=lambda on_other: self._closer(far, scene, band, side, on_other)
                    )
                side = or_blurred(side, self._basin_search(band))
        elif len(bands) == 1:
            side = self._search(band)
        else:
            side, band = self._search_bands(bands)
        if not side.basins.found:
            side = side_at_start(ordered, side, self.settings)
        return self._asked_on_demand(far, scene, band, side, self._refined(scene, side, on_level))

    def _serves_features(self, bands: list[Band]) -> bool:
        """Return whether a search by detail is all there is to compare, and features may serve."""
        problem = bands[0].problem
        return len(bands) == 1 and not self.allow_flip and problem.family.shears and not mirrored(problem.start)

    def _in_detail(self, band: Band) -> Side:
        return search_side(band.problem, (band.pairs, band.problem.start, None), band.limits, self.settings, True)

    def _basin_search(self, band: Band) -> BasinSearch:
        problem = band.problem
        rest = problem.min_overlap, problem.threads, self.settings
        return BasinSearch(band.pairs, problem.family, band.limits, problem.start, *rest)

    def _closer(
        self, far: FarView, scene: _Scene, band: Band, side: Side, on_level: Callable[[LevelPose], bool]
    ) -> Iterator[Solution]:
        """Yield what a closer look leads to where a search by detail shows nothing that stands out, and features."""

        def looked() -> Solution:
            found = or_blurred(side, self._basin_search(band))
            if not found.basins.found:
                found = side_at_start(scene.problem, found, self.settings)
            return self._asked_on_demand(far, scene, band, found, self._refined(scene, found, on_level))

        return _and_others(looked, on_level)

    def _asked_on_demand(
        self, far: FarView, scene: _Scene, band: Band, side: Side, refined: tuple[Solution, RefinementResult, Side]
    ) -> Solution:
        """Return a side's solution with what can be asked of it."""
        family, (solution, done, small) = scene.problem.family, refined

        def from_features(on_other: Callable[[LevelPose], bool]) -> Iterator[Solution]:
            return self._from(far.proposed(), scene, on_other) if family.shears else iter(())

        return replace(
            solution,
            mirror_fits=lambda reliable: self._mirror_fits(band, small, done, reliable),
            better_below=lambda: self._better_below(band, small, done, scene.undo),
            searched_scale=self.limits.scale if family.scales else 1.0,
            undecided=family.shears and margin(side.basins.found) < self.settings.far.undecided,
            seen_otherwise=from_features,
        )

    def _elsewhere(self, problem: Problem, on_level: Callable[[LevelPose], bool]) -> Iterator[Solution]:
        """Yield what the search and features find, where a user's limits are not those about a start from far aside."""
        if self.limits != SearchRange.near():
            yield from _and_others(lambda: self.solve(replace(problem, located=False), on_level), on_level)

    def _scene(self, problem: Problem) -> _Scene:
        """Return what is worked on."""
        ordered, undo = canonical(problem)
        images = ordered.fixed, ordered.moving
        summed = common_summing(*images, self.settings.metrics.prefilter)
        fixed, moving = ordered_map(
            lambda each: each.levels(self.size, problem.threads, summed), images, problem.threads
        )
        fill = _lost(ordered.fixed, fixed), _lost(ordered.moving, moving)
        views = None if problem.keep else common_views(images, (fixed, moving), problem.threads)
        if views is not None:
            fill = 0.0, 0.0
            fixed = ordered.fixed.levels_in_view(views[0], fixed, problem.threads, summed)
            moving = ordered.moving.levels_in_view(views[1], moving, problem.threads, summed)
        return _Scene(ordered, undo, fixed, moving, fill, views)

    def _refined(
        self, scene: _Scene, side: Side, on_level: Callable[[LevelPose], bool]
    ) -> tuple[Solution, RefinementResult, Side]:
        """Return what a side's best basin leads to, and the side without the levels that are not looked at again."""
        basins, undo, swapped = side.basins, replace(scene.undo, picture=side.picture), scene.undo.swapped
        done = refine_to_finest(
            scene.problem,
            side.refined_on or side.pairs,
            basins.found[0].pose,
            basins.level,
            lambda each: on_level(replace(each, pose=undo.to_users(each.pose))),
            self.settings,
        )
        small = side.without_large_levels(self.settings.sides.verified_side)
        seen = small.pairs[small.basins.level]
        found = tuple(replace(each, pose=undo.to_users(each.pose)) for each in basins.found)
        solution = Solution(
            pose=undo.to_users(done.pose),
            metric=done.metric,
            value=done.value if done.metric.reports_objective else None,
            solver=self.name,
            ending=done.ending.value,
            levels=basins.level + 1,
            stopped=done.stopped,
            basins=found,
            refined_at_shape=(seen.moving if swapped else seen.fixed).shape,
            rivals=[each.pose for each in found if each.score >= self.settings.rival * found[0].score],
            fill=(scene.fill[1], scene.fill[0]) if swapped else scene.fill,
            pairs=small.pairs,
            undo=undo,
            error_model=done.error_model,
            significance=basins.significance,
            mirror_fits=lambda _: False,
            views=(scene.views[1], scene.views[0]) if scene.views is not None and swapped else scene.views,
        )
        return solution, done, small

    def _from(
        self, poses: Iterator[PhysicalMap], scene: _Scene, on_level: Callable[[LevelPose], bool]
    ) -> Iterator[Solution]:
        """Yield what poses lead to, as long as more is asked for."""
        for pose in poses:
            # Limits of a user's own hold for features as well.
            if self.limits != SearchRange() and not admits(self.limits, scene.problem, pose):
                continue
            found = self._seen_from(scene, pose, on_level)
            if found is not None:
                yield found

    def _seen_from(self, scene: _Scene, pose: PhysicalMap, on_level: Callable[[LevelPose], bool]) -> Solution | None:
        """Return what is found near a pose once one image is shown as it lays it over the other, or None.

        A plane that is near in one image may be far away in the other: on the grid of either one some of it is blurred.
        So both are shown, and the pose that explains more of either is taken; where both do, the one that is told more
        exactly.
        """
        views = []
        for each, there in ((scene, pose), (scene.exchanged(), inverse(pose))):
            side = each.far(self.settings).found(there)
            if side is not None:
                views.append(self._seen_on(each, side))
        if not views:
            return None
        best = views[0] if len(views) == 1 else self._better_seen(scene, self._by_one_metric(views))
        # All of it is done: who wants it to end is told no more.
        for level in best.levels.done:
            if not on_level(level):
                break
        return best.solution

    def _seen_on(self, scene: _Scene, side: Side) -> _Seen:
        levels = _Levels([])
        return _Seen(scene, side, self._refined(scene, side, levels)[0], levels)

    def _by_one_metric(self, views: list[_Seen]) -> list[_Seen]:
        """Return the same, by intensities where they are one modality's on one grid: then they are on the other."""
        sharp = [each.solution.metric for each in views if each.solution.metric.compares_intensities]
        if not sharp:
            return views
        return [
            each
            if each.solution.metric.compares_intensities
            else self._seen_on(
                replace(each.scene, problem=replace(each.scene.problem, auto=False, metric=sharp[0])), each.side
            )
            for each in views
        ]

    def _better_seen(self, scene: _Scene, views: list[_Seen]) -> _Seen:
        """Return the better of what was found on either image's grid, by both: whichever image the user calls fixed."""
        poses = [scene.undo.to_solvers(each.solution.pose) for each in views]
        areas = [
            sum(
                each.scene.far(self.settings).area_explained(
                    each.side, own if each.scene.undo.swapped == scene.undo.swapped else inverse(own)
                )
                for each in views
            )
            for own in poses
        ]
        if max(areas) > self.settings.far.clearer * min(areas):
            return views[areas.index(max(areas))]
        family, grid, small = scene.problem.family, scene.problem.fixed_grid, self.settings.far.small_step
        errors = []
        for each, own in zip(views, poses, strict=True):
            undo = replace(each.solution.undo, swapped=each.scene.undo.swapped != scene.undo.swapped)
            errors.append(pose_covariance(each.solution.error_model, own, family, grid, undo, small)[1])
        return views[1] if errors[1] < errors[0] else views[0]

    def _search_bands(self, bands: list[Band]) -> tuple[Side, Band]:
        """Return what stands out most in several bands of scale, and its band.

        Where a coarse search of all of them has one stand out clearly, the others are not searched any closer.
        """
        first = [self._coarsely(each) for each in bands]
        order = sorted(range(len(bands)), key=lambda k: -first[k])
        best = self._search(bands[order[0]])
        if best.basins.significance > first[order[1]] + self.settings.basins.clear_of_bands:
            return best, bands[order[0]]
        found = [best, *(self._search(bands[k]) for k in order[1:])]
        clearest = max(
            range(len(bands)), key=lambda n: found[n].basins.significance if found[n].basins.found else -np.inf
        )
        return found[clearest], bands[order[clearest]]

    def _coarsely(self, band: Band) -> float:
        """Return how far the best basin of a coarse search of a band stands out."""
        significance = -np.inf
        for pairs, start, _ in sides_to_search(band.problem, band.pairs, self.allow_flip):
            problem, settings = band.problem, self.settings
            rest = problem.min_overlap, problem.threads, settings
            found = BasinSearch(pairs, problem.family, band.limits, start, *rest).coarse_search()
            significance = max(significance, found.significance if found.found else -np.inf)
        return significance

    def _search(self, band: Band) -> Side:
        """Return what was found in a band of scales, on the side of moving that fits better."""
        views = sides_to_search(band.problem, band.pairs, self.allow_flip)
        sides = [search_side(band.problem, view, band.limits, self.settings) for view in views]
        return better_of(sides, band.problem, self.allow_flip, self.settings)

    def _better_below(
        self, band: Band, side: Side, done: RefinementResult, undo: Undo
    ) -> ScoredPose[PhysicalMap] | None:
        """Return the user's pose that fits better than what was found, but overlaps less than is allowed."""
        found = better_below(band.problem, side, done.pose, band.limits, self.settings)
        return None if found is None else replace(found, pose=undo.to_users(found.pose))

    def _mirror_fits(self, band: Band, side: Side, done: RefinementResult, reliable: bool) -> bool:
        """Return whether the mirrored image fits better than what was found.

        A symmetric scene matches its own mirror image. So the mirrored image is tried even where the pose seems
        reliable, unless the intensities agree almost perfectly. Where the pose seems reliable, its scale is that of the
        mirrored image too, and no other is searched.
        """
        problem = band.problem
        alike = done.metric.compares_intensities and abs(done.value) >= self.settings.refinement.certain
        if side.picture is not None or self.allow_flip or (reliable and alike):
            return False
        limits, start = (SearchRange(scale=1.0), done.pose) if reliable else (band.limits, problem.start)
        pairs = mirrored_pairs(side.pairs, problem.threads)
        settings = self.settings
        search = BasinSearch(pairs, problem.family, limits, start, problem.min_overlap, problem.threads, settings)
        other = search.coarse_search(settings.basins.sure_margin * side.basins.found[0].score)
        return bool(other.found) and Side(pairs, other).beats(side, problem, False, settings)


def _and_others(solve: Callable[[], Solution], on_level: Callable[[LevelPose], bool]) -> Iterator[Solution]:
    """Yield a solution, and what it has otherwise; nothing where the images overlap too little for one."""
    try:
        found = solve()
    except InputError:
        return
    yield found
    yield from found.seen_otherwise(on_level)


def _lost(image: Prepared, levels: list[PreparedLevel]) -> float:
    """Return which part of an image was taken for fill."""
    return image.image.pixel_count / image.image.mask.size - levels[0].image.pixel_count / levels[0].image.mask.size
