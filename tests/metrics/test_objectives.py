"""What holds for the objective of every metric: derivatives, poses in and out, bits, and what the error model says."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from numpy.typing import NDArray
from scipy import ndimage
from skimage import data

from superpose import rigid
from superpose._engine.engine import Engine
from superpose._problem import Problem
from superpose._refine.levenberg_marquardt import refine
from superpose._refine.objective import Linearised, Objective, State
from superpose._refine.settings import LevenbergMarquardtSettings
from superpose._sampling.level import PreparedLevel
from superpose._sampling.level_pair import LevelPair
from superpose.errors import InputError
from superpose.image import Grid, Raster
from superpose.metrics import METRICS, Metric, metric_named
from superpose.metrics._squared_objective import SquaredObjective
from superpose.metrics.settings import DEFAULTS
from superpose.transforms.family import family_named

Floats = NDArray[np.float64]

SETTINGS = DEFAULTS[2]
RNG = np.random.default_rng(3)
PHOTOGRAPH = data.astronaut()[40:150, 90:220] / 255.0
# Intensities of another size than one, some noise, and a thing that only fixed shows.
UNIT = 37.0
FIXED: Floats = UNIT * (ndimage.gaussian_filter(PHOTOGRAPH[..., 0], 1) + RNG.normal(0, 0.01, (110, 130)))
MOVING: Floats = UNIT * (0.3 + 0.7 * ndimage.gaussian_filter(PHOTOGRAPH[..., 0], 1) + RNG.normal(0, 0.01, (110, 130)))
FIXED[25:32, 30:50] += 2 * UNIT
SHIFTED = np.array([[1.0, 0, 2.37], [0, 1, -1.62], [0, 0, 1]])
TURNED = np.array([[0.9985, -0.05, 4.3], [0.05, 0.9985, -2.2], [1e-4, -5e-5, 1.0]])
FAR = np.array([[1.0, 0, 1e4], [0, 1, 0], [0, 0, 1]])
# A level of a pyramid: its pixels are not those that poses between physical coordinates count in.
GRID = Grid((110, 130), (0.5, 0.5), (2.0, 2.0))


def level(values: Floats, keep: NDArray[np.bool_]) -> PreparedLevel:
    return PreparedLevel(Raster(np.where(keep, values, 0).astype(np.float32), keep, GRID), 1)


def pair() -> LevelPair:
    """Return a pair with a hole in fixed, and borders and a hole in moving that no sample comes near."""
    keep, full = np.zeros(FIXED.shape, bool), np.ones(FIXED.shape, bool)
    keep[20:-20, 20:-20] = True
    keep[40:60, 50:90] = False
    full[:6] = full[46:54, 66:74] = False
    return LevelPair(level(FIXED, keep), level(MOVING, full))


def over(
    metric: str, pose: Floats = SHIFTED, finest: bool = True, family: str = "homography", threads: int = 1
) -> tuple[Objective, State]:
    return METRICS[metric].objective(pair(), pose, family_named(family), finest, threads, SETTINGS)


def slopes(objective: Objective, state: State, h: float = 2e-3) -> Floats:
    """Return the derivatives of the cost by the numbers of a step, by central differences."""
    steps = h * np.eye(objective.directions.shape[1])
    costs = [[objective.linearised(objective.stepped(state, sign * step)).cost for sign in (1, -1)] for step in steps]
    return np.array([(ahead - behind) / (2 * h) for ahead, behind in costs])


@pytest.mark.parametrize("finest", [False, True], ids=["coarse", "finest"])
@pytest.mark.parametrize("metric", METRICS)
def test_gradient_is_half_the_slope_of_the_cost_downwards(metric: str, finest: bool) -> None:
    objective, state = over(metric, finest=finest)
    if isinstance(objective, SquaredObjective):
        # What noise adds to the cost at a pose is told apart in test_interpolated.
        objective = replace(objective, noise=None)
    cutoff = getattr(objective, "cutoff", np.inf)
    assert not 0.5 < cutoff < 2  # a scale of one hides where it was forgotten
    expected = slopes(objective, state)
    at = objective.linearised(state)
    np.testing.assert_allclose(-2 * at.gradient, expected, rtol=0, atol=0.01 * np.abs(expected).max())
    assert (np.linalg.eigvalsh(at.hessian) > 0).all()


@pytest.mark.parametrize("metric", ["mse", "ncc", "correlation-ratio"])
def test_robust_ones_know_the_scale_of_their_residuals(metric: str) -> None:
    cutoffs = []
    for unit in (1.0, 10.0):
        both = pair()
        fixed, moving = (
            replace(each, image=replace(each.image, data=unit * each.image.data)) for each in (both.fixed, both.moving)
        )
        scaled = LevelPair(fixed, moving)
        objective, _ = METRICS[metric].objective(scaled, SHIFTED, family_named("rigid"), False, 1, SETTINGS)
        # The correlation ratio counts in bins of moving's range, which grows along.
        cutoffs.append(objective.cutoff * (10.0 if metric == "correlation-ratio" else 1.0) ** (unit > 1))  # type: ignore[attr-defined]
    assert np.isfinite(cutoffs).all()
    assert cutoffs[1] == pytest.approx(10 * cutoffs[0], rel=1e-3)


def test_residuals_of_next_to_nothing_are_summed_all_the_same() -> None:
    objective, state = over("ncc", finest=False)
    assert isinstance(objective, SquaredObjective)
    at = replace(objective, cutoff=1e-30).linearised(state)
    assert at.count > 0 and np.isfinite(at.cost) and at.cost >= 0


@pytest.mark.parametrize("pose", [SHIFTED, TURNED], ids=["shifted", "turned"])
@pytest.mark.parametrize("metric", METRICS)
def test_a_pose_comes_out_as_it_went_in(metric: str, pose: Floats) -> None:
    """Whatever grid the images are compared on, and in whichever order."""
    objective, state = over(metric, pose)
    np.testing.assert_allclose(objective.pose(state), pose, atol=1e-10)
    size = objective.directions.shape[1]
    there = objective.pose(objective.stepped(state, 0.1 * np.eye(size)[4]))
    assert 1e-4 < np.abs(there - pose).max() < 1


def test_the_correlation_ratio_goes_by_the_image_that_explains_more() -> None:
    """A parabola is a function of a ramp, and not the other way round."""
    rows, columns = np.indices((96, 96)) / 95.0
    ramp = ndimage.gaussian_filter(2 * (0.6 * rows + 0.4 * columns) - 1 + 0.2 * RNG.normal(size=(96, 96)), 2)
    whole = np.ones(ramp.shape, bool)
    metric, family = metric_named("correlation-ratio"), family_named("rigid")
    levels = [PreparedLevel(Raster(each.astype(np.float32), whole, Grid(each.shape)), 1) for each in (ramp, ramp**2)]
    exchanged = [
        metric.objective(LevelPair(*both), np.eye(3), family, True, 1, SETTINGS)[0].exchanged  # type: ignore[attr-defined]
        for both in (levels, levels[::-1])
    ]
    assert exchanged == [False, True]


@pytest.mark.parametrize("metric", METRICS)
def test_it_ends_where_it_should_and_says_how_well_that_fits(metric: str) -> None:
    objective, state = over(metric, np.array([[1.0, 0, 0.8], [0, 1, -0.6], [0, 0, 1]]), family="translation")
    found = refine(objective, state, 0.2, LevenbergMarquardtSettings(tolerance=1e-3, iterations=30, trust=2.0))
    assert np.abs(objective.pose(found.state) - np.eye(3)).max() < 0.15
    better, worse = (objective.value(each, objective.linearised(each)) for each in (found.state, state))
    assert better > worse


@pytest.mark.parametrize("metric", METRICS)
def test_threads_change_no_bit(metric: str) -> None:
    first, *others = (o.linearised(s) for o, s in (over(metric, TURNED, threads=n) for n in (1, 2, 7)))
    for other in others:
        assert other.cost == first.cost
        np.testing.assert_array_equal(other.gradient, first.gradient)
        np.testing.assert_array_equal(other.hessian, first.hessian)


@pytest.mark.parametrize("metric", METRICS)
def test_where_nothing_overlaps_the_cost_is_infinite(metric: str) -> None:
    objective, state = over(metric)
    nowhere = State(FAR, state.nuisance)
    at = objective.linearised(nowhere)
    assert at.cost == np.inf and at.count == at.overlap == 0
    size = objective.directions.shape[1]
    assert at.gradient.shape == (size,) and at.hessian.shape == (size, size)
    assert Linearised.of_nothing(3).cost == np.inf


@pytest.mark.parametrize("metric", METRICS)
def test_how_far_a_pose_may_be_off(metric: str) -> None:
    # Turned about the middle by so much that no field is dithered: poses are then between the pair's own pixels.
    near = np.array(rigid(0.02, (0, 0), ((FIXED.shape[0] - 1) / 2, (FIXED.shape[1] - 1) / 2)).matrix)
    objective, state = over(metric, near, family="rigid")
    models = [
        objective.error_model(objective.linearised(state)),
        METRICS[metric].error_model(pair(), near, family_named("rigid"), 1, SETTINGS),
    ]
    expected = "squared" if METRICS[metric].compares_intensities else "orientation"
    for model in models:
        assert model.calibrated_as == expected
        covariance = model.covariance(np.eye(3))
        assert covariance is not None and covariance.shape == (3, 3)
        assert (np.linalg.eigvalsh(covariance) > 0).all()
        # Of a step whose unit is a pixel at the corner. What it is worth is for tests/verify/test_covariance.py.
        assert (np.sqrt(np.diag(covariance)) > 1e-4).all() and (np.sqrt(np.diag(covariance)) < 1).all()
        assert model.covariance(FAR) is None


def test_what_was_summed_next_to_a_pose_serves_its_covariance() -> None:
    objective, state = over("ncc", TURNED)
    settings = LevenbergMarquardtSettings(tolerance=1e-4, iterations=30)
    model = objective.error_model(refine(objective, state, 0.2, settings).at)
    at = model.known.state.matrix
    step = np.zeros(8)
    step[2], step[5] = 0.004, -0.003
    moved = objective.frame.moved(at, step)
    np.testing.assert_allclose(objective.frame.step_between(at, moved), step, atol=1e-9)
    expected, kept = replace(model, known=None).covariance(moved), model.covariance(moved)
    assert not np.array_equal(kept, expected)
    np.testing.assert_allclose(np.sqrt(np.diag(kept)), np.sqrt(np.diag(expected)), rtol=0.1)
    # Farther away it is of no use.
    far = objective.frame.moved(at, 20 * step)
    np.testing.assert_array_equal(model.covariance(far), replace(model, known=None).covariance(far))


def test_a_cost_of_ones_own_is_judged_by_directions_and_has_no_objective() -> None:
    metric = metric_named(lambda fixed, warped, mask: float(np.abs(fixed - warped)[mask].mean()))
    assert not metric.differentiable
    assert metric.error_model(pair(), TURNED, family_named("rigid"), 1, SETTINGS).calibrated_as == "orientation"
    with pytest.raises(InputError, match=r"^metric='<lambda>' has no derivatives.*optimizer='powell'"):
        metric.objective(pair(), TURNED, family_named("rigid"), True, 1, SETTINGS)


def test_the_engine_refuses_what_it_cannot_minimise() -> None:
    def difference(fixed: Floats, warped: Floats, mask: NDArray[np.bool_]) -> float:
        return float(np.abs(fixed - warped)[mask].mean())

    problem = Problem.checked(FIXED, MOVING, metric=difference, threads=1)
    with pytest.raises(InputError, match=r"^metric='difference' has no derivatives"):
        Engine().solve(problem, lambda _: True)


def test_metrics_say_what_the_engine_asks() -> None:
    def having(attribute: str) -> set[str]:
        return {name for name, each in METRICS.items() if getattr(each, attribute)}

    assert having("differentiable") == set(METRICS)
    assert having("compares_intensities") == {"mse", "ncc"}
    assert having("needs_finest_level") == having("reports_objective") == {"mi", "nmi", "correlation-ratio"}
    assert all(isinstance(each, Metric) for each in METRICS.values())
