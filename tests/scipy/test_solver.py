"""The descent by SciPy's optimisers as a solver: how many levels, what it returns, what its pose is compared with."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import FrozenInstanceError, replace

import numpy as np
import pytest

import superpose
from superpose._scipy.level_problem import LevelProblem, Minimum
from superpose._scipy.methods import CustomMethod, Optimizer, optimizer_named
from superpose._scipy.settings import DEFAULTS, MethodSettings, ScipySettings
from superpose._scipy.solver import ScipyDescent, default_levels, possible_levels
from superpose._solution import LevelPose
from superpose.image import as_image
from superpose.metrics._orientation_objective import OrientationObjective
from superpose.metrics._squared_objective import SquaredObjective
from superpose.transforms.geometry import PhysicalMap
from tests.verify.making import noisy, problem_of, shift, texture

SCENE = texture(0, (112, 112))
FIXED, MOVING = noisy(SCENE[10:106, 4:100], 1), noisy(SCENE[4:100, 8:104], 2)
TRUTH = shift(6, -4)
POWELL = optimizer_named("powell", 0, MethodSettings())


def go_on(_level: LevelPose) -> bool:
    return True


def ends_at(vector: list[float]) -> Optimizer:
    """Return an optimiser that knows the answer, as a vector on any level."""
    return CustomMethod(lambda cost, start: np.asarray(vector, float))


@pytest.mark.parametrize(("shape", "levels"), [((64, 64), 5), ((55, 200), 4), ((7, 7), 1), ((8, 9), 2), ((4, 4), 1)])
def test_how_many_levels_there_can_be(shape: tuple[int, int], levels: int) -> None:
    assert possible_levels(as_image(texture(0, shape), "image")) == levels


@pytest.mark.parametrize(("shape", "side", "levels"), [((64, 64), 16, 3), ((64, 64), 32, 2), ((100, 31), 16, 1)])
def test_how_many_levels_there_are(shape: tuple[int, int], side: int, levels: int) -> None:
    small, large = (as_image(texture(0, each), "image") for each in (shape, (500, 500)))
    assert default_levels(small, large, side) == default_levels(large, small, side) == levels


def test_it_finds_the_pose_and_says_how() -> None:
    problem, seen = problem_of(FIXED, MOVING, metric="ncc"), []

    def on_level(level: LevelPose) -> bool:
        seen.append(level.shape)
        return True

    found = ScipyDescent(POWELL).solve(problem, on_level)
    np.testing.assert_allclose(found.pose, TRUTH, atol=0.1)
    assert (found.solver, found.levels, found.stopped) == ("powell", 3, False)
    assert seen == [(24, 24), (48, 48), (96, 96)]
    assert found.metric is problem.metric and 0.9 < found.value <= 1
    assert found.basins == () and not found.mirror_fits(False)
    assert found.significance > 2
    assert min(np.abs(each - TRUTH).max() for each in found.rivals) < 1


def test_levels_are_as_many_as_asked_for_and_possible() -> None:
    problem = problem_of(FIXED, MOVING, metric="ncc", initial=TRUTH)
    assert [ScipyDescent(POWELL, levels).solve(problem, go_on).levels for levels in (1, 2, 99)] == [1, 2, 5]


def test_the_coarsest_side_is_a_setting() -> None:
    problem = problem_of(FIXED, MOVING, metric="ncc", initial=TRUTH)
    found = [ScipyDescent(POWELL, None, ScipySettings(coarsest_side=side)).solve(problem, go_on) for side in (48, 96)]
    assert [each.levels for each in found] == [2, 1]


def test_settings_are_frozen() -> None:
    with pytest.raises(FrozenInstanceError, match="cannot assign to field 'most_scale'"):
        DEFAULTS[2].most_scale = 3.0  # type: ignore[misc]


def test_the_user_may_stop_it() -> None:
    found = ScipyDescent(POWELL).solve(problem_of(FIXED, MOVING), lambda _level: False)
    assert found.stopped and found.levels == 3


def test_a_pose_elsewhere_does_not_stand_out() -> None:
    problem = problem_of(FIXED, MOVING, metric="ncc")
    found = ScipyDescent(ends_at([-20.0, 15.0]), 1).solve(problem, go_on)
    assert found.significance == 0.0
    # What the search found instead could be right.
    assert min(np.abs(each - TRUTH).max() for each in found.rivals) < 1


def test_how_near_the_search_s_pose_must_lie_is_a_setting() -> None:
    problem, beside = problem_of(FIXED, MOVING, metric="ncc"), ends_at([6.0, 6.0])  # 10 pixels from the truth
    found = [
        ScipyDescent(beside, 1, ScipySettings(same_basin=most)).solve(problem, go_on).significance for most in (1, 12)
    ]
    assert found[0] == 0.0 < found[1]


def test_no_search_is_made_about_a_pose_that_shows_next_to_nothing() -> None:
    problem = problem_of(FIXED, MOVING, "similarity", metric="ncc", min_overlap=0.0)
    radius = problem.fixed_grid.radius
    shrunk = ends_at([0.0, radius * np.log(0.2), 0.0, 0.0])
    found = ScipyDescent(shrunk, 1).solve(problem, go_on)
    assert (found.significance, found.rivals) == (0.0, [])
    wider = ScipyDescent(shrunk, 1, replace(DEFAULTS[2], most_scale=6.0)).solve(problem, go_on)
    assert wider.rivals


@pytest.mark.parametrize(
    ("metric", "kind"), [("ncc", SquaredObjective), ("mse", SquaredObjective), ("nmi", OrientationObjective)]
)
def test_what_the_pose_is_judged_by(metric: str, kind: type) -> None:
    found = ScipyDescent(ends_at([6.0, -4.0]), 1).solve(problem_of(FIXED, MOVING, metric=metric), go_on)
    assert isinstance(found.error_model, kind)


def test_a_mirrored_pose_is_undone() -> None:
    start = np.array([[1.0, 0, 6], [0, -1, 99], [0, 0, 1]])
    problem = problem_of(FIXED, MOVING[:, ::-1], "affine", metric="ncc", initial=start)
    found = ScipyDescent(CustomMethod(lambda cost, start: start), 1).solve(problem, go_on)
    np.testing.assert_allclose(found.pose, start, atol=1e-9)
    own = found.undo.to_solvers(found.pose)
    assert np.linalg.det(own) > 0
    np.testing.assert_allclose(own, TRUTH, atol=1e-9)
    np.testing.assert_array_equal(found.pairs[0].moving.image.data, problem_of(FIXED, MOVING).moving.image.data)
    # What could be right instead is told of the user's images.
    assert min(np.abs(each - start).max() for each in found.rivals) < 1


@pytest.mark.parametrize(
    ("initial", "metric", "message"),
    [
        (superpose.translation((500, 0)), "ncc", r"^initial leaves 0 % of the smaller image covered by the other"),
        (None, lambda a, b, m: float("nan"), r"^metric='<lambda>'"),
    ],
)
def test_a_start_without_a_cost_is_refused(initial: object, metric: str | Callable[..., float], message: str) -> None:
    problem = problem_of(FIXED, MOVING, metric=metric, initial=initial)
    with pytest.raises(superpose.InputError, match=message):
        ScipyDescent(POWELL, 1).solve(problem, go_on)


def test_each_level_starts_where_the_last_one_ended() -> None:
    steps: list[PhysicalMap] = []
    problem = problem_of(FIXED, MOVING, metric="ncc")

    def on_level(level: LevelPose) -> bool:
        steps.append(level.pose)
        return True

    class Stepping:
        name = "stepping"

        def __call__(self, given: LevelProblem) -> Minimum:
            vector = given.start + 1.0
            return Minimum(vector, given.cost(vector))

    ScipyDescent(Stepping(), 3).solve(problem, on_level)  # type: ignore[arg-type]
    # A step of a pixel of the level each: four pixels, two, one.
    assert [each[0, 2] for each in steps] == pytest.approx([4, 6, 7])
