"""The engine as a solver: a problem in, a solution out, in the user's order."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from numpy.typing import NDArray

from superpose import InputError
from superpose._engine.engine import Engine
from superpose._engine.settings import DEFAULTS
from superpose._problem import Problem
from superpose._sampling.prepared import WorkSize
from superpose._search.search_range import SearchRange
from superpose._solution import LevelPose, Solution
from superpose.image import Grid
from superpose.transforms.geometry import PhysicalMap, inverse, max_corner_distance
from tests.scenes import blobs, fixed_view, moving_view, pose, problem_of

Floats = NDArray[np.float64]

SHAPE = (96, 96)
TRUTH = pose(137, (7.3, -5.2), SHAPE)


def a_problem(exchanged: bool = False, **options: object) -> Problem:
    views = [fixed_view(SHAPE), moving_view(SHAPE, TRUTH)]
    return problem_of(*(views[::-1] if exchanged else views), **options)


def solved(problem: Problem, engine: Engine | None = None) -> Solution:
    return (engine or Engine()).solve(problem, lambda _: True)


def error(found: PhysicalMap, truth: PhysicalMap) -> float:
    return max_corner_distance(truth, found, Grid(SHAPE))


@pytest.mark.parametrize("exchanged", [False, True])
def test_a_solution_is_in_the_users_order(exchanged: bool) -> None:
    problem, truth = a_problem(exchanged), inverse(TRUTH) if exchanged else TRUTH
    told: list[LevelPose] = []
    found = Engine().solve(problem, lambda each: told.append(each) or True)
    assert error(found.pose, truth) < 0.05
    assert error(found.basins[0].pose, truth) < 0.5
    np.testing.assert_array_equal(told[-1].pose, found.pose)
    assert all(error(each.pose, truth) < 0.5 for each in told)
    assert [each.shape[0] for each in told] == sorted(each.shape[0] for each in told)
    assert len(told) == found.levels
    assert found.metric.name == "ncc"
    assert found.solver == Engine.name
    assert found.ending and not found.stopped
    assert not found.mirror_fits(True)
    # The pose on the levels that verification looks at is the solver's own.
    own = found.undo.to_solvers(found.pose)
    np.testing.assert_allclose(found.undo.to_users(own), found.pose, rtol=0, atol=1e-9)


def test_one_of_both_orders_is_exchanged() -> None:
    there, back = solved(a_problem()), solved(a_problem(exchanged=True))
    assert there.undo.swapped != back.undo.swapped
    np.testing.assert_allclose(there.pose @ back.pose, np.eye(3), rtol=0, atol=1e-12)


@pytest.mark.parametrize("turned_over", [False, True])
def test_fill_is_that_of_fixed_and_of_moving(turned_over: bool) -> None:
    whole, framed = blobs(128, 1.7) + 5, blobs(128, 1.7) + 5
    framed[:, :40] = 0
    problem = problem_of(*((framed, whole) if turned_over else (whole, framed)), transform="translation")
    fill = solved(problem).fill
    of_framed, of_whole = fill if turned_over else fill[::-1]
    assert of_framed == pytest.approx(40 / 128, abs=0.03)
    assert of_whole == 0


def test_where_no_pose_overlaps_enough_it_says_what_the_start_covers() -> None:
    start = np.array([[1, 0, 0], [0, 1, 72.0], [0, 0, 1]])
    problem = a_problem(initial=start, transform="translation", min_overlap=0.5)
    with pytest.raises(InputError, match=r"^initial .*25 %.*\[no-overlap\]$"):
        solved(problem, Engine(SearchRange(shift=0.01)))


def test_the_limits_are_the_engines() -> None:
    assert error(solved(a_problem(), Engine(SearchRange(angle=90))).pose, TRUTH) > 20
    assert error(solved(a_problem(), Engine(SearchRange(angle=140))).pose, TRUTH) < 0.05


def test_the_mirrored_image_is_tried_where_that_is_allowed() -> None:
    over = PhysicalMap(np.array([[1.0, 0, 0], [0, -1, SHAPE[1] - 1], [0, 0, 1]]) @ TRUTH)
    found = solved(mirrored_problem(), Engine(allow_flip=True))
    assert found.undo.picture is not None
    assert error(found.pose, over) < 0.05
    assert not found.mirror_fits(False)


def test_the_mirrored_image_is_missed_where_it_is_not_allowed() -> None:
    missed = solved(mirrored_problem())
    assert missed.undo.picture is None
    assert missed.mirror_fits(False)


def mirrored_problem() -> Problem:
    return problem_of(fixed_view(SHAPE), moving_view(SHAPE, TRUTH)[:, ::-1])


def test_it_may_be_ended_after_a_level() -> None:
    found = Engine().solve(a_problem(), lambda _: False)
    assert found.stopped
    assert error(found.pose, TRUTH) < 1


def test_small_work_is_done_on_small_levels() -> None:
    whole, small = solved(a_problem()), solved(a_problem(), Engine(size=WorkSize(side=48)))
    assert [found.pairs[0].fixed.shape for found in (whole, small)] == [(96, 96), (48, 48)]
    assert 1e-9 < error(small.pose, whole.pose) < 0.2


def test_the_metric_is_the_problems_or_the_images_own() -> None:
    assert solved(a_problem(metric="mi", bins=16)).metric.name == "mi"
    bent = problem_of(fixed_view(SHAPE), np.cos(2 * moving_view(SHAPE, TRUTH)))
    assert solved(bent).metric.name == "orientation"


def test_rivals_are_the_basins_that_score_nearly_as_high() -> None:
    twice = np.tile(blobs(48, 1.7), (2, 2))
    problem = problem_of(twice, np.roll(twice, (24, 9), (0, 1)), transform="translation")
    found = solved(problem)
    scores = [each.score for each in found.basins]
    assert len(found.rivals) == sum(score >= DEFAULTS[2].rival * scores[0] for score in scores)
    assert len(found.rivals) > 1
    alone = solved(problem, Engine(settings=replace(DEFAULTS[2], rival=1.0)))
    assert len(alone.rivals) == 1
