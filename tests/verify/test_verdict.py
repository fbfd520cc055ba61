"""Verdicts about solutions that are made by hand."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from superpose._problem import Problem
from superpose._sampling.level import PreparedLevel
from superpose._sampling.level_pair import LevelPair
from superpose._solution import Solution, Undo
from superpose._verify.confidence import calibration
from superpose._verify.settings import DEFAULTS
from superpose._verify.verdict import verify
from superpose.metrics._orientation_objective import OrientationObjective
from superpose.metrics.settings import DEFAULTS as METRIC_DEFAULTS
from superpose.transforms.geometry import PhysicalMap
from tests.verify.making import noisy, problem_of, shift, solution_at, texture

SCENE = texture(0, (112, 112))
TRUTH = shift(6, -4)


def shown(row: int, column: int) -> np.ndarray:
    """Return a window of the scene."""
    return SCENE[row : row + 96, column : column + 96]


@pytest.fixture(scope="module")
def problem() -> Problem:
    return problem_of(noisy(shown(10, 4), 1), noisy(shown(4, 8), 2))


@pytest.fixture(scope="module")
def solution(problem: Problem) -> Solution:
    return solution_at(problem, TRUTH)


def test_the_true_pose_is_reliable(problem: Problem, solution: Solution) -> None:
    found = verify(problem, solution)
    assert found.reliable and found.matched and not found.mirror_fits
    assert calibration().threshold <= found.confidence <= 1
    assert found.margin > 0.2
    assert 0 < found.uncertainty < 0.3
    assert found.covariance is not None and found.covariance.shape == (2, 2)
    assert found.evidence["significance"] == 5.0


def test_a_wrong_pose_is_not(problem: Problem, solution: Solution) -> None:
    found = verify(problem, replace(solution, pose=shift(-20, 15), significance=0.0))
    assert not found.reliable and not found.matched
    assert found.mistakable == "chance"


def test_the_pose_that_it_started_from_is_compared(problem: Problem, solution: Solution) -> None:
    assert verify(problem, solution).lead_over_start > 2
    assert verify(replace(problem, start=TRUTH), solution).lead_over_start is None
    wrong = verify(replace(problem, start=TRUTH), replace(solution, pose=shift(-20, 15)))
    assert wrong.lead_over_start < 0


def test_a_start_that_shows_the_other_side_is_not_compared(problem: Problem, solution: Solution) -> None:
    mirrored = PhysicalMap(np.array([[1.0, 0, 0], [0, -1, 95], [0, 0, 1]]))
    assert verify(replace(problem, start=mirrored), solution).lead_over_start is None


def test_what_the_solver_took_for_possible_is_compared(problem: Problem, solution: Solution) -> None:
    true_one = verify(problem, replace(solution, pose=shift(-20, 15), rivals=[TRUTH]))
    assert true_one.rivals[0].lead < 0 and true_one.margin == 0
    np.testing.assert_allclose(true_one.rivals[0].pose, TRUTH, atol=1)


def test_the_mirror_refutes_a_pose(problem: Problem, solution: Solution) -> None:
    told = []

    def fits(reliable: bool) -> bool:
        told.append(reliable)
        return True

    found = verify(problem, replace(solution, mirror_fits=fits))
    assert told == [True]
    assert found.mirror_fits and not found.reliable and not found.matched
    assert found.confidence <= 0.01


def test_exchanged_images_have_the_same_verdict(problem: Problem, solution: Solution) -> None:
    pairs = [LevelPair(each.moving, each.fixed) for each in solution.pairs]
    objective = replace(solution.error_model, fixed=pairs[0].fixed, moving=pairs[0].moving)
    exchanged = replace(solution, pairs=pairs, error_model=objective, undo=Undo(swapped=True), rivals=[shift(-20, 15)])
    found = verify(problem, exchanged)
    own = verify(problem, solution)
    # Tiles are those of whichever image is fixed.
    assert found.reliable and found.uncertainty == pytest.approx(own.uncertainty, rel=0.2)
    np.testing.assert_allclose(found.covariance, own.covariance, rtol=0.3, atol=1e-4)
    # Rivals are poses of the user's images.
    assert any(np.abs(each.pose - shift(-20, 15)).max() < 4 for each in found.rivals)


def test_a_mirrored_solution_has_no_covariance_but_an_error(problem: Problem) -> None:
    mirror = np.array([[1.0, 0, 0], [0, -1, 95], [0, 0, 1]])
    turned = problem_of(problem.fixed.image.data, np.asarray(problem.moving.image.data)[:, ::-1], "affine")
    seen = solution_at(problem_of(problem.fixed.image.data, problem.moving.image.data, "affine"), TRUTH)
    found = verify(turned, replace(seen, pose=PhysicalMap(mirror @ TRUTH), undo=Undo(picture=mirror)))
    assert found.reliable and found.covariance is None and 0 < found.uncertainty < 0.3


def test_each_objective_has_its_own_correction_of_the_error(problem: Problem, solution: Solution) -> None:
    pair = solution.pairs[0]
    by_edges = OrientationObjective(pair.fixed, pair.moving, problem.family, 1, METRIC_DEFAULTS[2])
    spread = calibration().spread
    squared, oriented = (
        verify(problem, replace(solution, error_model=each)) for each in (solution.error_model, by_edges)
    )
    for name, found in (("squared", squared), ("orientation", oriented)):
        # The covariance and the error are corrected by the same factor.
        root = np.sqrt(np.trace(found.covariance))
        assert found.uncertainty == pytest.approx(np.hypot(root, spread[name].floor), rel=1e-6)


def test_what_has_no_structure_has_an_infinite_error() -> None:
    flat = problem_of(noisy(np.zeros((64, 64)), 1), noisy(np.zeros((64, 64)), 2))
    solution = solution_at(flat, shift(0, 0))
    away = PreparedLevel(replace(solution.pairs[0].moving.image, mask=np.zeros((64, 64), bool)), 1)
    found = verify(flat, replace(solution, error_model=replace(solution.error_model, moving=away)))
    assert found.covariance is None and found.uncertainty == np.inf


def test_the_error_is_seen_by_steps_of_the_settings(problem: Problem, solution: Solution) -> None:
    fine, coarse = (
        verify(problem, solution, replace(DEFAULTS[2], small_step=step)).uncertainty
        for step in (DEFAULTS[2].small_step, 40.0)
    )
    assert coarse < fine
