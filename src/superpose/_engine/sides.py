"""Which side of moving shows what fixed does: the image itself, or the mirrored one."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from superpose._engine.basins import SURE_MARGIN, Basins, BasinSearch
from superpose._engine.features import race_with_features
from superpose._engine.mirror import mirrored_pairs, reflection
from superpose._engine.race import refine_candidates
from superpose._problem import Problem
from superpose._sampling.level import DETAIL_SIDE
from superpose._sampling.level_pair import LevelPair
from superpose._search.proposals import SearchRange
from superpose._search.scored_pose import ScoredPose
from superpose.transforms.geometry import PhysicalMap

Floats = NDArray[np.float64]

# Where no basin stands out by so many standard deviations of wrong poses' scores, one is looked for without detail,
# too; that basin is taken instead if it stands out by so much more.
SIGNIFICANT, CLEARER = 2.0, 1.0


@dataclass(frozen=True, eq=False)
class Side:
    """One side of moving: levels of the pair, what was found on them, and what undoes the mirroring, if any."""

    pairs: list[LevelPair]
    basins: Basins
    mirror: Floats | None = None

    def beats(self, other: Side, problem: Problem, allow_flip: bool) -> bool:
        """Return whether this, mirrored side's best basin beats the other's on the finer of their two levels."""
        if not self.basins.found or not other.basins.found:
            return bool(self.basins.found)
        clear = [each.basins.significance >= SIGNIFICANT for each in (self, other)]
        if allow_flip and clear[0] != clear[1]:
            return clear[0]
        level = min(self.basins.level, other.basins.level)
        family = problem.family.name if problem.family.name != "homography" else "affine"
        scores = []
        for side in (self, other):
            pair = side.pairs[level]
            best = side.basins.found[0]
            runner = ScoredPose(pair.to_index(best.pose), best.score, best.overlap)
            scores.append(
                refine_candidates(pair, [runner], family, problem.min_overlap, 1, 1, problem.threads)[0].score
            )
        return bool(scores[0] > (1.0 if allow_flip else SURE_MARGIN) * scores[1])

    def without_large_levels(self) -> Side:
        """Return the side with the levels only that are looked at again once the pose is found.

        The others' memory is needed for more.
        """
        pairs = self.pairs
        first = next((k for k, each in enumerate(pairs) if np.prod(each.fixed.shape) <= DETAIL_SIDE**2), len(pairs) - 1)
        basins = replace(self.basins, level=max(self.basins.level - first, 0))
        return replace(self, pairs=pairs[first:], basins=basins)


def better_side(problem: Problem, pairs: list[LevelPair], limits: SearchRange, allow_flip: bool) -> Side:
    """Return the side whose basins are refined: moving itself, unless the start or a better fit says otherwise."""
    starts_mirrored = float(np.linalg.det(problem.start[:2, :2])) < 0
    plain = None if starts_mirrored else search_side(problem, pairs, limits, problem.start)
    if plain is not None and not allow_flip:
        return plain
    mirror = reflection(problem.moving.image)
    start = PhysicalMap(mirror @ problem.start) if starts_mirrored else problem.start
    other = search_side(problem, mirrored_pairs(pairs, problem.threads), limits, start, mirror)
    return other if plain is None or other.beats(plain, problem, allow_flip) else plain


def search_side(
    problem: Problem, pairs: list[LevelPair], limits: SearchRange, start: PhysicalMap, mirror: Floats | None = None
) -> Side:
    """Return the basins that search and features propose, and the levels on which they were seen.

    Directions taken from detail are those of noise where there is much of it: where nothing stands out by them, it may
    by the directions of the coarse, blurred levels.
    """
    search = BasinSearch(pairs, problem.family.name, limits, start, problem.min_overlap, problem.threads)
    basins = search.find_basins()
    if basins.significance < SIGNIFICANT:
        blurred = [LevelPair(each.fixed.without_detail(), each.moving.without_detail()) for each in pairs]
        others = replace(search, pairs=blurred).find_basins()
        if others.significance > basins.significance + CLEARER:
            pairs, basins = blurred, others
    if problem.family.name == "homography":
        basins = race_with_features(pairs, basins, problem)
    return Side(pairs, basins, mirror)
