"""A plane seen from far aside: moving is shown as a pose lays it over fixed, and what is left to find is little."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass, replace

import numpy as np

from superpose._arithmetic.matrices import inverse, matmul, norm
from superpose._engine.race import refine_candidates
from superpose._engine.settings import EngineSettings, FarSettings
from superpose._engine.sides import Side, search_side
from superpose._features.proposals import Proposal, Proposing
from superpose._motions.explained import Explained, explained_by
from superpose._motions.structure import smoothed
from superpose._parallel import lazy
from superpose._problem import Problem
from superpose._sampling.level import PreparedLevel, prepare_levels
from superpose._sampling.level_pair import LevelPair
from superpose._sampling.pyramid import levels_of, on_finer
from superpose._sampling.seen import areas, as_seen, magnifications, stretches
from superpose._search.scored_pose import ScoredPose
from superpose._search.search_range import SearchRange
from superpose.image import Grid
from superpose.transforms.geometry import (
    PhysicalMap,
    about,
    max_corner_distance,
    nearest_turn,
    normalised,
    pieces,
)

HERE = PhysicalMap(np.eye(3))


@dataclass(frozen=True, eq=False)
class FarView:
    """The levels of a pair in canonical order, finest first, of which moving is looked at from where a pose says."""

    problem: Problem
    fixed: list[PreparedLevel]
    moving: list[PreparedLevel]
    settings: EngineSettings

    def found(self, pose: PhysicalMap) -> Side | None:
        """Return what is found near a pose; None where that overlaps too little or shows nothing.

        What shows moving as the pose lays it over fixed is a pair like any other, nearly aligned: it is searched,
        refined and verified as such.
        """
        pairs = self._pairs(pose, self._first(pose))
        if pairs is None:
            return None
        side = search_side(self.problem, (pairs, HERE, pose), SearchRange.near(), self.settings)
        return self._on_one_plane(side) if side.basins.found else None

    def _on_one_plane(self, side: Side) -> Side:
        """Return a side that is refined on what agrees with the start: what lies on another plane would bend it.

        It is verified on all there is.
        """
        far, threads, searched = self.settings.far, self.problem.threads, side.basins.found
        pair = self._judging(side)
        # What was searched for may already be a compromise between two planes, where the given pose was on one.
        starts = [searched[0], replace(searched[0], pose=HERE)]
        seen = [self._explained(pair, each.pose) for each in starts]
        best = 1 if np.count_nonzero(seen[1].same) > np.count_nonzero(seen[0].same) else 0
        side = replace(side, basins=replace(side.basins, found=[starts[best], *searched[1:]]))
        same, against = (
            smoothed(each.astype(np.float32), far.plane, threads) for each in (seen[best].same, seen[best].contradicts)
        )
        other = against > np.maximum(same, np.float32(far.seen))
        if not far.least_other < other.mean() < far.most_other:
            return side
        images = [each.moving for each in side.pairs]
        whole = images[0].image
        there = whole.mask & ~on_finer(other, self._judged([each.fixed for each in side.pairs]), whole.mask.shape)
        kept = replace(whole, data=np.where(there, whole.data, np.float32(0)), mask=there)
        levels = prepare_levels(levels_of(kept, len(images), threads), threads, images[0].settings)
        return replace(side, refined_on=[LevelPair(a.fixed, b) for a, b in zip(side.pairs, levels, strict=True)])

    def area_explained(self, side: Side, pose: PhysicalMap) -> float:
        """Return how large what a pose explains of a side is, in pixels of the image that shows each place smaller."""
        pair, picture = self._judging(side), side.picture
        own = pose if picture is None else PhysicalMap(matmul(inverse(picture), pose))
        level, fixed, moving = (each.image.grid for each in (pair.fixed, self.fixed[0], self.moving[0]))
        pixels = math.prod(level.spacing) / math.prod(fixed.spacing)
        smaller = np.minimum(areas(pose, level, moving), pixels)
        return float(smaller[self._explained(pair, own).same].sum())

    def _explained(self, pair: LevelPair, pose: PhysicalMap) -> Explained:
        images, nothing = (pair.fixed.image, pair.moving.image), np.zeros(pair.fixed.shape, bool)
        return explained_by(*images, pose, nothing, True, self.problem.threads, self.settings.far.motions)

    def _judging(self, side: Side) -> LevelPair:
        """Return the level of a side that poses are judged on."""
        return side.pairs[self._judged([each.fixed for each in side.pairs])]

    def _judged(self, fixed: list[PreparedLevel]) -> int:
        """Return the finest of fixed's levels that poses are judged on."""
        side = self.settings.far.judged_side
        return next((k for k, each in enumerate(fixed) if np.prod(each.shape) <= side * side), len(fixed) - 1)

    def likeness(self, pose: PhysicalMap) -> float:
        """Return how well moving agrees with fixed once it is shown as a pose lays it over fixed.

        It is the correlation of their directions of edges times the root of how many pixels that compares: two views
        that share little agree more easily by chance.
        """
        pairs = self._pairs(pose, max(self._judged(self.fixed), self._first(pose)), depth=1)
        if pairs is None:
            return 0.0
        start = [ScoredPose(HERE, 0.0, 0.0)]
        race = self.problem.family.raced_as, self.problem.min_overlap, 1, 1, self.problem.threads, self.settings
        best = refine_candidates(pairs[0], start, *race)[0]
        compared = min(pairs[0].fixed.field.pixel_count, pairs[0].moving.field.pixel_count)
        return best.score * math.sqrt(compared)

    def proposed(self) -> Iterator[PhysicalMap]:
        """Yield the poses that local features propose, stage by stage, of each those that show moving most alike."""
        for stage in self._proposing[1].stages():
            yield from self._most_alike(stage)

    def clearly_proposed(self) -> Iterator[PhysicalMap]:
        """Yield the poses that so many local features speak for as do for none of unrelated images."""
        votes = self.settings.far.clear_votes
        yield from self._most_alike([each for each in self._proposing[1].plain if each.votes >= votes])

    @lazy
    def _proposing(self) -> tuple[LevelPair, Proposing]:
        far = self.settings.far
        levels = [
            next((each for each in levels if max(each.shape) <= far.longest), levels[-1])
            for levels in (self.fixed, self.moving)
        ]
        pair, family = LevelPair(*levels), self.problem.family
        return pair, Proposing(pair.fixed.image, pair.moving.image, family, far.features, self.problem.threads)

    def _most_alike(self, stage: list[Proposal]) -> Iterator[PhysicalMap]:
        """Yield the poses of those that show moving most alike."""
        poses = [normalised(self._proposing[0].to_physical(each.pose)) for each in stage]
        likeness = [self.likeness(each) for each in poses]
        order = sorted(range(len(poses)), key=lambda k: -likeness[k])
        yield from (poses[k] for k in order[: self.settings.far.tried])

    def _first(self, pose: PhysicalMap) -> int:
        """Return the finest level of fixed that moving has the detail for, where it has most."""
        far = self.settings.far
        scales = magnifications(pose, self.fixed[0].image.grid, self.moving[0].image.grid, far.probes)
        most = float(np.sort(scales)[-1 - len(scales) // far.finest_of]) if len(scales) else 1.0
        halvings = 0
        while halvings + 1 < len(self.fixed) and most * (2 << halvings) <= far.finer:
            halvings += 1
        return halvings

    def _pairs(self, pose: PhysicalMap, first: int, depth: int | None = None) -> list[LevelPair] | None:
        """Return fixed's levels from the `first` one on, with moving as it looks on them; None where it is not seen."""
        threads, settings = self.problem.threads, self.problem.moving.settings
        fixed = self.fixed[first:][:depth]
        moving = [each.image for each in self.moving]
        picture = as_seen(moving, pose, fixed[0].image.grid, threads, settings.seen)
        if picture.pixel_count < self.settings.far.least_pixels:
            return None
        images = levels_of(picture, len(fixed), threads)
        if first:
            # The picture's first levels have nothing finer to take their directions from.
            fixed = prepare_levels([each.image for each in fixed], threads, settings.fields)
        seen = prepare_levels(images, threads, settings.fields)
        return [LevelPair(*both) for both in zip(fixed, seen, strict=False)]


def is_far(pose: PhysicalMap, fixed: Grid, settings: FarSettings) -> bool:
    """Return whether a pose shows fixed too distorted for turns, scales and shifts of one kind to come near."""
    linear, perspective, shift = pieces(pose, fixed.centre)
    least, most = stretches(linear)
    if most > settings.sheared * least:
        return True
    flat = PhysicalMap(about(linear, shift, fixed.centre))
    return bool(perspective.any()) and max_corner_distance(flat, pose, fixed) > settings.bent * norm(
        np.array(fixed.shape)
    )


def admits(limits: SearchRange, problem: Problem, pose: PhysicalMap) -> bool:
    """Return whether a pose lies within limits about a problem's start, by what it does about fixed's centre."""
    grid = problem.fixed_grid
    (start, _, _), (linear, _, shift) = (pieces(each, grid.centre) for each in (problem.start, pose))
    angle, scale = nearest_turn(matmul(inverse(start), linear))
    # The start may turn the image: its sides are fixed's.
    away = matmul(inverse(start), shift - pieces(problem.start, grid.centre)[2])
    reach = limits.shift * np.array(grid.shape) * grid.spacing
    within = abs(math.degrees(angle)) <= limits.angle and 1 / limits.scale <= scale <= limits.scale
    return bool(within and (np.abs(away) <= reach).all())
