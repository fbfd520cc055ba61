"""Candidates refined on one level: the hopeless are dropped, and those that are one are merged."""

from __future__ import annotations

from dataclasses import replace

import pytest

from superpose._engine.race import refine_candidates
from superpose._engine.settings import DEFAULTS, EngineSettings
from superpose._search.scored_pose import PhysicalPoses, ScoredPose
from superpose.image import Grid
from superpose.transforms.family import family_named
from superpose.transforms.geometry import PhysicalMap, max_corner_distance
from tests.scenes import fixed_view, moving_view, pairs_of, pose, problem_of

SHAPE = (64, 72)
TRUTH = PhysicalMap(pose(20, (3.2, -4.1), SHAPE))
# Two that lead to the truth, and one that leads nowhere.
NEAR = PhysicalMap(pose(21, (3.9, -3.6), SHAPE))
BESIDE = PhysicalMap(pose(19, (2.4, -4.4), SHAPE))
WRONG = PhysicalMap(pose(-100, (-9.0, 6.0), SHAPE))
SETTINGS = DEFAULTS[2]


def raced(*poses: PhysicalMap, most: int = 9, keep: int = 9, settings: EngineSettings = SETTINGS) -> PhysicalPoses:
    pair = pairs_of(problem_of(fixed_view(SHAPE), moving_view(SHAPE, TRUTH)))[0]
    candidates = [ScoredPose(each, 0.0, 1.0) for each in poses]
    return refine_candidates(pair, candidates, family_named("rigid"), 0.2, most, keep, 1, settings)


def error(found: ScoredPose[PhysicalMap]) -> float:
    return max_corner_distance(TRUTH, found.pose, Grid(SHAPE))


def test_a_candidate_is_refined_and_scored_anew() -> None:
    (found,) = raced(NEAR)
    assert max_corner_distance(TRUTH, NEAR, Grid(SHAPE)) > 1
    assert error(found) < 0.1
    assert found.score > 0.8
    assert 0.7 < found.overlap < 1


def test_the_hopeless_are_dropped_however_early_they_come() -> None:
    assert len(raced(WRONG)) == 1
    (found,) = raced(WRONG, NEAR)
    assert error(found) < 0.1
    both = raced(WRONG, NEAR, settings=replace(SETTINGS, race=replace(SETTINGS.race, hopeless=0.0)))
    assert [error(each) < 0.1 for each in both] == [True, False]
    assert both[1].score < SETTINGS.race.hopeless * both[0].score


def test_candidates_that_end_at_one_pose_are_one() -> None:
    assert len(raced(NEAR, BESIDE)) == 1
    assert len(raced(NEAR, BESIDE, settings=replace(SETTINGS, race=replace(SETTINGS.race, apart=0.0)))) == 2


@pytest.mark.parametrize("most, reached", [(1, False), (2, True)])
def test_only_the_first_are_refined(most: int, reached: bool) -> None:
    assert (error(raced(WRONG, NEAR, most=most)[0]) < 0.1) == reached


def test_only_the_best_are_kept() -> None:
    (found,) = raced(WRONG, NEAR, keep=1, settings=replace(SETTINGS, race=replace(SETTINGS.race, hopeless=0.0)))
    assert error(found) < 0.1
