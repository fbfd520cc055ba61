"""From two pyramids to the few poses worth refining: a coarse search, and a closer one if that does not decide."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from superpose._arithmetic.matrices import matmul
from superpose._engine.race import refine_candidates
from superpose._engine.settings import DEFAULTS, EngineSettings
from superpose._sampling.cut_out import cut_out
from superpose._sampling.level import Detail, PreparedLevel
from superpose._sampling.level_pair import LevelPair
from superpose._sampling.pyramid import resized
from superpose._search.different_poses import different_poses
from superpose._search.exhaustive import may_overlap, search
from superpose._search.linear_parts import finer_parts, linear_parts, stretched_parts
from superpose._search.null_distribution import NullDistribution
from superpose._search.scored_pose import IndexPoses, PhysicalPoses, ScoredPose
from superpose._search.search_range import SearchRange
from superpose._search.settings import SearchSettings
from superpose.transforms.family import Family
from superpose.transforms.geometry import PhysicalMap

Floats = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class Basins:
    """The basins found, best first, as poses between physical coordinates, and the level they were scored on."""

    found: PhysicalPoses
    level: int
    null: NullDistribution

    @property
    def significance(self) -> float:
        """How far the best basin's score exceeds the highest one expected of wrong poses, in standard deviations."""
        return self.null.peak_significance(self.found[0].score) if self.found else 0.0


@dataclass(frozen=True, eq=False)
class _SearchResult:
    """What a search at one size found, its own peaks, and whether it decides."""

    basins: Basins
    peaks: PhysicalPoses
    sure: bool


@dataclass(frozen=True, eq=False)
class BasinSearch:
    """Where and how basins are looked for.

    Attributes
    ----------
    pairs : list of LevelPair
        Pyramid, finest first.
    family : Family
        The family of transforms. One wider than similarities is searched as similarities.
    limits : SearchRange
        How far to look about `start`.
    start : ndarray, shape (3, 3)
        From fixed to moving physical coordinates.
    min_overlap : float
        The smallest overlap.
    threads : int
        Number of threads; the result does not depend on it.
    settings : EngineSettings
        How finely to search, and when to stop.
    crossing : float
        Turns are left out under which two strips cannot overlap by this part of the smaller one.
    """

    pairs: list[LevelPair]
    family: Family
    limits: SearchRange
    start: PhysicalMap
    min_overlap: float
    threads: int
    settings: EngineSettings = DEFAULTS[2]
    crossing: float = 0.0

    def find_basins(self) -> Basins:
        """Search at one size and refine the peaks; search again at a larger size if no basin is clearly the best."""
        settings = self.settings.basins
        coarse, closer = settings.sides[self.family.searched_as.name]
        seen = self._search_at(*self._pair_of(coarse), [], [])
        if self.family.shears and seen.basins.found:
            seen = self._stretched(*self._pair_of(coarse), seen)
        if seen.sure or not seen.peaks:
            return seen.basins
        seeds = seen.peaks[: settings.seeds] if self.family.scales else []
        seen = self._search_at(*self._pair_of(closer), seeds, seen.basins.found[: settings.seen_before])
        best, level = seen.basins.found, seen.basins.level
        largest = settings.race_side**2 / 4
        while level > 0 and margin(best) < settings.unsure_margin and np.prod(self.pairs[level].fixed.shape) < largest:
            level -= 1
            best = refine_candidates(self.pairs[level], best, *self._race(settings.kept))
        return replace(seen.basins, found=best, level=level)

    def _stretched(self, level: int, pair: LevelPair, seen: _SearchResult) -> _SearchResult:
        """Search about the best peaks of a search, stretched, too, and race with the basins that it found."""
        settings, family = self.settings.basins, self.family.searched_as
        pair = pair.with_fields(self.threads)
        seeds = _index(pair, seen.peaks[: settings.stretched])
        found, _ = self._scored(pair, stretched_parts(family, seeds, pair.fixed.shape, self.settings.search))
        runners = refine_candidates(pair, self._different(pair, found), *self._race(settings.refined_if_sure))
        before = seen.basins.found
        runners = refine_candidates(self.pairs[level], before + runners, *self._race(settings.kept + len(before)))
        basins = replace(seen.basins, found=runners)
        return _SearchResult(basins, seen.peaks, margin(runners) >= settings.sure_margin)

    def _scored(self, pair: LevelPair, linears: list[Floats]) -> tuple[IndexPoses, NullDistribution]:
        """Score linear parts with every shift on one pair."""
        start, shape, settings = pair.to_index(self.start), pair.fixed.shape, self.settings.search
        middle = (np.array(shape) - 1) / 2
        centre = matmul(start[:-1, :-1], middle) + start[:-1, -1]
        reach = np.minimum(self.limits.shift, settings.farthest_shift) * np.array(shape)
        least = least_admitted(self.min_overlap, pair, settings)
        if self.crossing:
            sides = shape, pair.moving.shape
            linears = [each for each in linears if may_overlap(*sides, each, self.crossing)] or linears[:1]
        return search(pair.fixed, pair.moving, linears, centre, reach, least, self.threads, settings)

    def _different(self, pair: LevelPair, found: IndexPoses) -> PhysicalPoses:
        """Return the peaks that are different poses."""
        settings = self.settings.search
        peaks = different_poses(found, pair.fixed.shape, settings.apart, settings.proposals)
        return [ScoredPose(pair.to_physical(each.pose), each.score, each.overlap) for each in peaks]

    def coarse_search(self, beyond: float = 0.0) -> Basins:
        """Search at the coarse size only; peaks that cannot reach the score `beyond` are left out."""
        coarse, _ = self.settings.basins.sides[self.family.searched_as.name]
        return self._search_at(*self._pair_of(coarse), [], [], beyond).basins

    def peaks(self, pair: LevelPair, seeds: PhysicalPoses) -> tuple[PhysicalPoses, NullDistribution]:
        """Search one pair, about `seeds` if there are any; return its peaks that are different poses, and its null."""
        if seeds and min(pair.moving.shape) > self.settings.basins.wide * max(pair.fixed.shape):
            return self._peaks_near(pair, seeds)
        shape, settings = pair.fixed.shape, self.settings.search
        if seeds:
            linears = finer_parts(self.family.searched_as, _index(pair, seeds), shape, settings)
        else:
            linears = linear_parts(self.family.searched_as, self.limits, pair.to_index(self.start), shape, settings)
        found, null = self._scored(pair, linears)
        return self._different(pair, found), null

    def _peaks_near(self, pair: LevelPair, seeds: PhysicalPoses) -> tuple[PhysicalPoses, NullDistribution]:
        """Search one pair about seeds, each in the part of moving that it shows: moving is far larger than fixed."""
        settings, family, middle = self.settings.search, self.family.searched_as, (np.array(pair.fixed.shape) - 1) / 2
        least, far = least_admitted(self.min_overlap, pair, settings), settings.farthest_shift * (2 * middle + 1)
        found: PhysicalPoses = []
        sums = np.zeros(3)
        for seed in _index(pair, seeds):
            moving, pose = cut_out(pair, seed.pose, self.settings.basins.near)
            linears = finer_parts(family, [seed], pair.fixed.shape, settings)
            centre = matmul(pose[:-1, :-1], middle) + pose[:-1, -1]
            peaks, null = search(pair.fixed, moving, linears, centre, far, least, self.threads, settings)
            part = LevelPair(pair.fixed, moving)
            found += [ScoredPose(part.to_physical(each.pose), each.score, each.overlap) for each in peaks]
            sums += null.sums
        found.sort(key=lambda each: -each.score)
        best = different_poses(_index(pair, found), pair.fixed.shape, settings.apart, settings.proposals)
        physical = [ScoredPose(pair.to_physical(each.pose), each.score, each.overlap) for each in best]
        return physical, NullDistribution.of_sums(*sums.tolist())

    def _search_at(
        self, level: int, pair: LevelPair, seeds: PhysicalPoses, before: PhysicalPoses, beyond: float = 0.0
    ) -> _SearchResult:
        """Search a pair and refine the peaks there, then on the pyramid's `level`, with the basins `before`."""
        settings = self.settings.basins
        pair = pair.with_fields(self.threads)
        peaks, null = self.peaks(pair, seeds)
        stands_out = bool(peaks) and null.peak_significance(peaks[0].score) > settings.stands_out
        worth = [each for each in peaks if each.score >= settings.within_reach * max(peaks[0].score, beyond)]
        most = settings.refined_if_sure if stands_out or beyond else settings.refined
        runners = refine_candidates(pair, worth, *self._race(most)) if worth else []
        if pair is not self.pairs[level] or before:
            race = self._race(settings.kept + len(before))
            runners = refine_candidates(self.pairs[level], before + runners, *race)
        return _SearchResult(Basins(runners, level, null), peaks, margin(runners) >= settings.sure_margin)

    def _race(self, most: int) -> tuple[Family, float, int, int, int, EngineSettings]:
        """Return how candidates are refined: what `refine_candidates` takes behind them."""
        return self.family.raced_as, self.min_overlap, most, self.settings.basins.kept, self.threads, self.settings

    def _pair_of(self, side: float) -> tuple[int, LevelPair]:
        """Return the pair at a size, and the coarsest level of the pyramid that is at least as fine."""
        sides = [min(np.sqrt(np.prod(each.shape)) for each in (p.fixed, p.moving)) for p in self.pairs]
        level = max((k for k, each in enumerate(sides) if each >= side), default=0)
        factor = float(sides[level] / side)
        if factor < self.settings.basins.same_size:
            return level, self.pairs[level]
        pair = self.pairs[level]
        return level, LevelPair(_resized(pair.fixed, factor), _resized(pair.moving, factor))


def least_admitted(min_overlap: float, pair: LevelPair, settings: SearchSettings) -> float:
    """Return the overlap from which on the search admits a pose on a level.

    Overlap is known by blocks, and turns are some pixels apart: full overlap cannot be told from nearly full.
    """
    smaller = min(pair.fixed.shape, pair.moving.shape, key=lambda shape: shape[0] * shape[1])
    unknown = 0.5 * settings.block + 1.0
    fullest = max(0.0, 1 - unknown / smaller[0]) * max(0.0, 1 - unknown / smaller[1])
    return min(settings.known_overlap * min_overlap, fullest)


def _resized(image: PreparedLevel, factor: float) -> PreparedLevel:
    """Return a level with larger pixels, whose directions are taken from the same detail."""
    detail = image.detail or Detail(image, 0)
    return PreparedLevel(
        resized(image.image, factor), image.threads, detail=replace(detail, factor=factor), settings=image.settings
    )


def margin(found: PhysicalPoses) -> float:
    """Return how many times as high as the second pose's the first one's score is; infinite if there is no other."""
    return found[0].score / max(found[1].score, 1e-9) if len(found) > 1 else np.inf


def _index(pair: LevelPair, found: PhysicalPoses) -> IndexPoses:
    return [ScoredPose(pair.to_index(each.pose), each.score, each.overlap) for each in found]
