"""Which side of moving shows what fixed does: the image itself, or the mirrored one."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from superpose._engine.basins import Basins, BasinSearch
from superpose._engine.features import race_with_features
from superpose._engine.mirror import mirrored_pairs, reflection
from superpose._engine.race import refine_candidates
from superpose._engine.settings import EngineSettings
from superpose._problem import Problem
from superpose._sampling.level_pair import LevelPair
from superpose._search.scored_pose import ScoredPose
from superpose._search.search_range import SearchRange
from superpose.transforms.geometry import PhysicalMap, mirrored

Floats = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class Side:
    """One side of moving: levels of the pair, what was found on them, and what undoes the mirroring, if any."""

    pairs: list[LevelPair]
    basins: Basins
    mirror: Floats | None = None

    def beats(self, other: Side, problem: Problem, allow_flip: bool, settings: EngineSettings) -> bool:
        """Return whether this, mirrored side's best basin beats the other's on the finer of their two levels."""
        if not self.basins.found or not other.basins.found:
            return bool(self.basins.found)
        clear = [each.basins.significance >= settings.sides.significant for each in (self, other)]
        if allow_flip and clear[0] != clear[1]:
            return clear[0]
        level = min(self.basins.level, other.basins.level)
        family, threads = problem.family.raced_as, problem.threads
        scores = []
        for side in (self, other):
            pair = side.pairs[level]
            best = side.basins.found[0]
            runner = ScoredPose(pair.to_index(best.pose), best.score, best.overlap)
            scores.append(
                refine_candidates(pair, [runner], family, problem.min_overlap, 1, 1, threads, settings.race)[0].score
            )
        return bool(scores[0] > (1.0 if allow_flip else settings.basins.sure_margin) * scores[1])

    def without_large_levels(self, side: float) -> Side:
        """Return it with the levels only that are looked at again once the pose is found, of sides up to `side`."""
        pairs = self.pairs
        first = next((k for k, each in enumerate(pairs) if np.prod(each.fixed.shape) <= side**2), len(pairs) - 1)
        basins = replace(self.basins, level=max(self.basins.level - first, 0))
        return replace(self, pairs=pairs[first:], basins=basins)


def better_side(
    problem: Problem, pairs: list[LevelPair], limits: SearchRange, allow_flip: bool, settings: EngineSettings
) -> Side:
    """Return the side whose basins are refined: moving itself, unless the start or a better fit says otherwise."""
    starts_mirrored = mirrored(problem.start)
    plain = None if starts_mirrored else search_side(problem, pairs, limits, problem.start, settings)
    if plain is not None and not allow_flip:
        return plain
    mirror = reflection(problem.moving.image)
    start = PhysicalMap(mirror @ problem.start) if starts_mirrored else problem.start
    other = search_side(problem, mirrored_pairs(pairs, problem.threads), limits, start, settings, mirror)
    return other if plain is None or other.beats(plain, problem, allow_flip, settings) else plain


def search_side(
    problem: Problem,
    pairs: list[LevelPair],
    limits: SearchRange,
    start: PhysicalMap,
    settings: EngineSettings,
    mirror: Floats | None = None,
) -> Side:
    """Return the basins that search and features propose, and the levels on which they were seen.

    Directions taken from detail are those of noise where there is much of it: where nothing stands out by them, it may
    by the directions of the coarse, blurred levels.
    """
    search = BasinSearch(pairs, problem.family, limits, start, problem.min_overlap, problem.threads, settings)
    basins = search.find_basins()
    if basins.significance < settings.sides.significant:
        blurred = [LevelPair(each.fixed.without_detail(), each.moving.without_detail()) for each in pairs]
        others = replace(search, pairs=blurred).find_basins()
        if others.significance > basins.significance + settings.sides.clearer:
            pairs, basins = blurred, others
    if problem.family.perspective:
        basins = race_with_features(pairs, basins, problem, settings)
    return Side(pairs, basins, mirror)
