"""From two pyramids to the few poses worth refining: search coarse, look closer only where that does not decide."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from superpose._engine.race import refine_candidates
from superpose._sampling.level import Detail, PreparedLevel
from superpose._sampling.level_pair import LevelPair
from superpose._sampling.pyramid import resized
from superpose._search.null_distribution import NullDistribution
from superpose._search.proposals import SearchRange, finer_parts, linear_parts, propose
from superpose._search.scored_pose import IndexPoses, PhysicalPoses, ScoredPose
from superpose.transforms.geometry import PhysicalMap

# Sides (the smaller image's, geometric mean) in pixels of the coarse search and of the closer one: a shift alone costs
# one FFT, turns a hundred, turns and scales a thousand.
SEARCH_SIDES = {"translation": (96, 256), "rigid": (40, 96), "similarity": (36, 72)}
# A best basin that exceeds the second best by this ratio needs no closer search: among hundreds of pairs of all kinds
# no wrong one exceeded it by more than a ninth.
SURE_MARGIN = 1.2
# Peaks of the search that are refined: few where the best one exceeds the highest score expected of so many wrong
# poses by so many of their standard deviations. And how many are kept.
STANDS_OUT, REFINED_IF_SURE, REFINED, KEPT = 2.0, 4, 16, 6
# Refining a peak raises its score, by what the grid of turns and scales missed, but not by more than this.
WITHIN_REACH = 0.4
# Linear parts whose neighbours the closer search tries, where it can't try all.
SEEDS = 32
# Basins as close as that go on racing, up to levels of this many pixels (the sides' geometric mean).
UNSURE_MARGIN, RACE_SIDE = 1.1, 400


@dataclass(frozen=True, eq=False)
class Basins:
    """The basins found, best first, as poses between physical coordinates, and the level they were scored on."""

    found: PhysicalPoses
    level: int
    null: NullDistribution

    @property
    def significance(self) -> float:
        """How far the best basin's score exceeds the highest of so many wrong poses', in their standard deviations."""
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
    family : str
        Of transforms. Those wider than similarities are searched as similarities.
    limits : SearchRange
        How far to look about `start`.
    start : ndarray, shape (3, 3)
        From fixed to moving physical coordinates.
    min_overlap : float
        The smallest overlap.
    threads : int
        The result does not depend on it.
    """

    pairs: list[LevelPair]
    family: str
    limits: SearchRange
    start: PhysicalMap
    min_overlap: float
    threads: int

    def find_basins(self) -> Basins:
        """Search at one size, refine the peaks, and look closer where that does not decide."""
        coarse, closer = SEARCH_SIDES[self._searched_as]
        seen = self._search_at(coarse, [], [])
        if seen.sure or not seen.peaks:
            return seen.basins
        seeds = seen.peaks[:SEEDS] if self._searched_as == "similarity" else []
        seen = self._search_at(closer, seeds, seen.basins.found[:4])
        best, level = seen.basins.found, seen.basins.level
        while level > 0 and _margin(best) < UNSURE_MARGIN and np.prod(self.pairs[level].fixed.shape) < RACE_SIDE**2 / 4:
            level -= 1
            best = self._refined(self.pairs[level], best, KEPT)
        return replace(seen.basins, found=best, level=level)

    def coarse_search(self, beyond: float = 0.0) -> Basins:
        """Return what one coarse search finds that may reach a score `beyond`."""
        return self._search_at(SEARCH_SIDES[self._searched_as][0], [], [], beyond).basins

    @property
    def _searched_as(self) -> str:
        return self.family if self.family in ("translation", "rigid") else "similarity"

    def _refined(self, pair: LevelPair, found: PhysicalPoses, most: int) -> PhysicalPoses:
        """Refine candidates on a pair; poses between physical coordinates, before and after."""
        family = self.family if self.family != "homography" else "affine"
        refined = refine_candidates(pair, _index(pair, found), family, self.min_overlap, most, KEPT, self.threads)
        return _physical(pair, refined)

    def _peaks(self, pair: LevelPair, seeds: PhysicalPoses) -> tuple[PhysicalPoses, NullDistribution]:
        """Search at one size, everything or about `seeds`; poses between physical coordinates."""
        here, shape = pair.to_index(self.start), pair.fixed.shape
        if seeds:
            linears = finer_parts(self._searched_as, _index(pair, seeds), shape)
        else:
            linears = linear_parts(self._searched_as, self.limits, here, shape)
        pair = pair.with_fields(self.threads)
        found, null = propose(pair.fixed, pair.moving, linears, self.limits, here, self.min_overlap, self.threads)
        return _physical(pair, found), null

    def _search_at(
        self,
        side: float,
        seeds: PhysicalPoses,
        before: PhysicalPoses,
        beyond: float = 0.0,
    ) -> _SearchResult:
        """Search at one size, and refine the peaks, and what was found before, up to the pyramid's next level."""
        level, pair = self._pair_of(side)
        peaks, null = self._peaks(pair, seeds)
        stands_out = bool(peaks) and null.peak_significance(peaks[0].score) > STANDS_OUT
        worth = [each for each in peaks if each.score >= WITHIN_REACH * max(peaks[0].score, beyond)]
        runners = self._refined(pair, worth, REFINED_IF_SURE if stands_out or beyond else REFINED) if worth else []
        if pair is not self.pairs[level] or before:
            runners = self._refined(self.pairs[level], before + runners, KEPT + len(before))
        return _SearchResult(Basins(runners, level, null), peaks, _margin(runners) >= SURE_MARGIN)

    def _pair_of(self, side: float) -> tuple[int, LevelPair]:
        """Return the pair at a size, and the coarsest level of the pyramid that is at least as fine."""
        sides = [min(np.sqrt(np.prod(each.shape)) for each in (p.fixed, p.moving)) for p in self.pairs]
        level = max((k for k, each in enumerate(sides) if each >= side), default=0)
        factor = float(sides[level] / side)
        if factor < 1.05:
            return level, self.pairs[level]
        pair = self.pairs[level]
        return level, LevelPair(_resized(pair.fixed, factor), _resized(pair.moving, factor))


def _resized(image: PreparedLevel, factor: float) -> PreparedLevel:
    """Return a level with larger pixels, its directions from the same detail."""
    detail = image.detail or Detail(image, 0)
    return PreparedLevel(resized(image.image, factor), image.threads, detail=replace(detail, factor=factor))


def _margin(found: PhysicalPoses) -> float:
    return found[0].score / max(found[1].score, 1e-9) if len(found) > 1 else np.inf


def _physical(pair: LevelPair, found: IndexPoses) -> PhysicalPoses:
    return [ScoredPose(pair.to_physical(each.pose), each.score, each.overlap) for each in found]


def _index(pair: LevelPair, found: PhysicalPoses) -> IndexPoses:
    return [ScoredPose(pair.to_index(each.pose), each.score, each.overlap) for each in found]
