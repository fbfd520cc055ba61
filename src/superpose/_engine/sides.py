"""Which side of moving shows what fixed does: the image itself, or the mirrored one."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from superpose._arithmetic.matrices import matmul
from superpose._engine.basins import Basins, BasinSearch
from superpose._engine.mirror import mirrored_pairs, reflection
from superpose._engine.race import refine_candidates
from superpose._engine.settings import EngineSettings
from superpose._problem import Problem
from superpose._sampling.level_pair import LevelPair
from superpose._sampling.margins import present_area
from superpose._search.search_range import SearchRange
from superpose.transforms.geometry import PhysicalMap, mirrored

Floats = NDArray[np.float64]
# Levels of the pair, where to start on them, and what leads from moving's picture to moving, if it is another.
View = tuple[list[LevelPair], PhysicalMap, Floats | None]


@dataclass(frozen=True, eq=False)
class Side:
    """One side of moving: levels of the pair, what was found on them, and what leads from its picture to moving.

    `refined_on` are levels with less on them, on which it is refined.
    """

    pairs: list[LevelPair]
    basins: Basins
    picture: Floats | None = None
    refined_on: list[LevelPair] | None = None

    def stands_out(self, settings: EngineSettings) -> bool:
        """Return whether the best basin stands out from chance."""
        return self.basins.significance >= settings.sides.significant

    def beats(self, other: Side, problem: Problem, allow_flip: bool, settings: EngineSettings) -> bool:
        """Return whether this side, the mirrored one, fits better than the other.

        Their best basins are refined and compared on the finer of their two levels. If mirroring is allowed, a side
        that stands out from chance wins over one that does not; if not, this side must be clearly the better one.
        """
        if not self.basins.found or not other.basins.found:
            return bool(self.basins.found)
        clear = [each.stands_out(settings) for each in (self, other)]
        if allow_flip and clear[0] != clear[1]:
            return clear[0]
        level = min(self.basins.level, other.basins.level)
        family, threads = problem.family.raced_as, problem.threads
        scores = []
        for side in (self, other):
            best = side.basins.found[:1]
            race = family, problem.min_overlap, 1, 1, threads, settings
            scores.append(refine_candidates(side.pairs[level], best, *race)[0].score)
        return bool(scores[0] > (1.0 if allow_flip else settings.basins.sure_margin) * scores[1])

    def without_large_levels(self, side: float) -> Side:
        """Return the side without its larger levels, which are not looked at again once the pose is found.

        Levels whose sides (their geometric mean) have up to `side` pixels stay, and the coarsest one in any case.
        """
        pairs = self.pairs
        first = next((k for k, each in enumerate(pairs) if present_area(each.fixed.image) <= side**2), len(pairs) - 1)
        basins = replace(self.basins, level=max(self.basins.level - first, 0))
        return replace(self, pairs=pairs[first:], basins=basins)


def sides_to_search(problem: Problem, pairs: list[LevelPair], allow_flip: bool) -> list[View]:
    """Return moving as it is, unless the start is mirrored, and the mirrored image if that may be it."""
    views: list[View] = []
    starts_mirrored = mirrored(problem.start)
    if not starts_mirrored:
        views.append((pairs, problem.start, None))
    if starts_mirrored or allow_flip:
        mirror = reflection(problem.moving.image)
        start = PhysicalMap(matmul(mirror, problem.start)) if starts_mirrored else problem.start
        views.append((mirrored_pairs(pairs, problem.threads), start, mirror))
    return views


def better_of(sides: list[Side], problem: Problem, allow_flip: bool, settings: EngineSettings) -> Side:
    """Return the side that fits better, of one or two: the mirrored one is the last."""
    if len(sides) == 1 or not sides[1].beats(sides[0], problem, allow_flip, settings):
        return sides[0]
    return sides[1]


def search_side(
    problem: Problem, view: View, limits: SearchRange, settings: EngineSettings, in_detail: bool = False
) -> Side:
    """Return the basins that a search proposes, and the levels on which they were seen.

    In much noise the directions taken from detail are those of the noise. So if nothing stands out by them, the search
    is repeated with the directions of the coarse, blurred levels themselves, unless only those in detail are wanted.
    """
    pairs, start, picture = view
    search = BasinSearch(pairs, problem.family, limits, start, problem.min_overlap, problem.threads, settings)
    side = Side(pairs, search.find_basins(), picture)
    return side if in_detail else or_blurred(side, search)


def or_blurred(side: Side, search: BasinSearch) -> Side:
    """Return a side that stands out, or what the same search finds without detail where that stands out more."""
    settings = search.settings
    if side.stands_out(settings):
        return side
    blurred = [LevelPair(each.fixed.without_detail(), each.moving.without_detail()) for each in side.pairs]
    other = replace(search, pairs=blurred).find_basins()
    clearer = other.significance > side.basins.significance + settings.sides.clearer
    return Side(blurred, other, side.picture) if clearer else side
