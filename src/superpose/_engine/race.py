"""Candidates are refined on one level by the orientation score, and the hopeless ones dropped."""

from __future__ import annotations

from superpose._engine.settings import EngineSettings
from superpose._refine.levenberg_marquardt import refine
from superpose._sampling.level_pair import LevelPair
from superpose._search.different_poses import different_poses
from superpose._search.scored_pose import PhysicalPoses, ScoredPose
from superpose.metrics._orientation_objective import OrientationObjective
from superpose.transforms.family import Family


def refine_candidates(
    pair: LevelPair,
    candidates: PhysicalPoses,
    family: Family,
    min_overlap: float,
    most: int,
    keep: int,
    threads: int,
    settings: EngineSettings,
) -> PhysicalPoses:
    """Refine up to `most` candidates on one level and return the `keep` best that are different, by falling score."""
    pair = pair.with_fields(threads)
    objective, race = OrientationObjective(pair.fixed, pair.moving, family, threads, settings.metrics), settings.race
    done = []
    for each in candidates[:most]:
        found = refine(objective, objective.start(pair.to_index(each.pose)), min_overlap, race.steps)
        done.append(ScoredPose(found.state.matrix, objective.score(found.state), found.at.overlap))
    done.sort(key=lambda each: -each.score)
    kept = different_poses(done, pair.fixed.shape, race.apart, keep)
    good = [each for each in kept if each.score >= race.hopeless * kept[0].score]
    return [ScoredPose(pair.to_physical(each.pose), each.score, each.overlap) for each in good]
