"""Basins race up the pyramid: each is refined by the orientation score, and the hopeless are dropped."""

from __future__ import annotations

from superpose._refine.levenberg_marquardt import refine
from superpose._refine.stopping import Rule
from superpose._sampling.level_pair import LevelPair
from superpose._search.proposals import different
from superpose._search.scored_pose import ScoredPose
from superpose.metrics._orientation_objective import OrientationObjective
from superpose.transforms.families import family_named

# Basins below this part of the best score are dropped.
HOPELESS = 0.6


def refine_candidates(
    pair: LevelPair,
    candidates: list[ScoredPose],
    family: str,
    min_overlap: float,
    most: int,
    keep: int,
    threads: int,
) -> list[ScoredPose]:
    """Refine up to `most` candidates on one level and return the `keep` best that are different, by falling score.

    Their poses are between pixels of the level.
    """
    pair = pair.with_fields(threads)
    objective = OrientationObjective(pair.fixed, pair.moving, family_named(family), threads)
    rule = Rule(tolerance=0.05, iterations=10, trust=2.0, min_overlap=min_overlap)
    done = []
    for each in candidates[:most]:
        found = refine(objective, objective.start(each.pose), rule)
        done.append(ScoredPose(found.state.matrix, objective.score(found.state), found.at.overlap))
    done.sort(key=lambda each: -each.score)
    kept = different(done, pair.fixed.shape, 1.5, keep)
    return [each for each in kept if each.score >= HOPELESS * kept[0].score]
