"""Candidates are refined by the orientation score on one level, and the hopeless ones dropped."""

from __future__ import annotations

from superpose._engine.settings import RaceSettings
from superpose._refine.levenberg_marquardt import Rule, refine
from superpose._refine.orientation import OrientationObjective
from superpose._sampling.level_pair import LevelPair
from superpose._search.proposals import different_poses
from superpose._search.scored_pose import IndexPoses, ScoredPose
from superpose.transforms.family import Family
from superpose.transforms.geometry import IndexMap


def refine_candidates(
    pair: LevelPair,
    candidates: IndexPoses,
    family: Family,
    min_overlap: float,
    most: int,
    keep: int,
    threads: int,
    settings: RaceSettings,
) -> IndexPoses:
    """Refine up to `most` candidates on one level and return the `keep` best that are different, by falling score."""
    pair = pair.with_fields(threads)
    objective = OrientationObjective(pair.fixed, pair.moving, family.name, threads)
    rule = Rule(settings.tolerance, settings.iterations, settings.trust, min_overlap)
    done = []
    for each in candidates[:most]:
        found = refine(objective, objective.start(each.pose), rule)
        done.append(ScoredPose(IndexMap(found.state.matrix), objective.score(found.state), found.at.overlap))
    done.sort(key=lambda each: -each.score)
    kept = different_poses(done, pair.fixed.shape, settings.apart, keep)
    return [each for each in kept if each.score >= settings.hopeless * kept[0].score]
