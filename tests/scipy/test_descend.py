"""The cost of a pose: what is not covered costs what unrelated images would."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray
from skimage import transform

import superpose
from superpose._problem import Problem
from superpose._sampling.pyramid import levels_of
from superpose._scipy.descend import cost_on, descend
from superpose._scipy.level_problem import LevelProblem, Minimum
from superpose._scipy.methods import optimizer_named
from superpose._scipy.settings import DescentSettings, MethodSettings
from superpose.image import as_image
from superpose.metrics import METRICS, metric_named
from superpose.transforms.geometry import about

RNG = np.random.default_rng(61)
FIXED = as_image(RNG.random((40, 50)), "fixed")
POWELL = optimizer_named("powell", 0, MethodSettings())
MOVING = as_image(RNG.random((40, 50)), "moving")


def problem(metric: str, min_overlap: float = 0.2, image: NDArray[np.float32] = FIXED.data) -> Problem:
    return Problem.checked(image, image, transform="translation", metric=metric, min_overlap=min_overlap, threads=1)


def shifted(row: float, column: float) -> np.ndarray:
    return about(np.eye(2), np.array([row, column]), np.zeros(2))


def test_overlap_counts_what_both_cover_of_the_smaller() -> None:
    cost = cost_on(FIXED, MOVING, 1, problem("mse"))
    assert cost.overlay.under(np.eye(3))[2] == 1
    assert cost.overlay.under(shifted(20, 0))[2] == pytest.approx(0.5)
    assert cost.overlay.under(shifted(0, 500))[2] == 0
    small = as_image(RNG.random((20, 25)), "moving")
    assert cost_on(FIXED, small, 1, problem("mse")).overlay.under(np.eye(3))[2] == 1
    assert cost_on(small, FIXED, 1, problem("mse")).overlay.under(np.eye(3))[2] == 1


def test_overlap_is_the_same_on_every_level() -> None:
    fixed, moving = levels_of(FIXED, 3), levels_of(MOVING, 3)
    parts = [
        cost_on(a, b, 1, problem("mse")).overlay.under(shifted(10, 0))[2] for a, b in zip(fixed, moving, strict=True)
    ]
    np.testing.assert_allclose(parts, 0.75, atol=0.06)


@pytest.mark.parametrize("metric", sorted(METRICS))
def test_unrelated_images_cost_the_same_whatever_they_overlap(metric: str) -> None:
    # Otherwise an optimiser would slide them apart, or together, for nothing.
    cost = cost_on(FIXED, MOVING, 1, problem(metric, 0.0))
    full, half = cost(np.eye(3))[0], cost(shifted(20, 0))[0]
    own = abs(metric_named(metric).cost(FIXED.data, FIXED.data, FIXED.mask) - full)
    assert abs(full - half) < 0.25 * own


def test_too_small_an_overlap_has_no_cost() -> None:
    cost = cost_on(FIXED, MOVING, 1, problem("mse", 0.6))
    assert np.isfinite(cost(shifted(10, 0))[0])
    assert cost(shifted(20, 0))[0] == np.inf
    assert cost_on(FIXED, MOVING, 1, problem("mse", 0.0))(shifted(0, 500))[0] == np.inf


def test_report_stops_the_descent() -> None:
    fixed = levels_of(FIXED, 3)
    shapes = []

    def report(pose: object) -> bool:
        shapes.append(pose.shape)  # type: ignore[attr-defined]
        return len(shapes) < 2

    poses = descend(
        problem("mse"), optimizer_named("powell", 0, MethodSettings()), fixed, fixed, report, DescentSettings()
    )
    assert shapes == [(10, 13), (20, 25)]
    assert [pose.shape for pose in poses] == shapes


@pytest.mark.parametrize("near", [1.0, 8.0])
def test_how_far_a_level_may_go_is_a_setting(near: float) -> None:
    # The images are the same, and the start is wrong: the coarsest level may go anywhere, the others only so far.
    fixed, boxes = levels_of(FIXED, 3), []

    def optimizer(given: LevelProblem) -> Minimum:
        boxes.append(given.near)
        return Minimum(given.start, given.cost(given.start))

    descend(problem("mse"), optimizer, fixed, fixed, lambda _: True, DescentSettings(near=near, small_side=20))
    assert boxes == [np.inf, near, near]
    boxes.clear()
    descend(problem("mse"), optimizer, fixed, fixed, lambda _: True, DescentSettings(near=near))
    assert boxes == [np.inf, 2 * near, near]


@pytest.mark.parametrize("family", ["translation", "rigid", "similarity", "affine", "homography"])
def test_the_box_holds_any_turn_and_a_magnification(family: str) -> None:
    image, boxes = [FIXED], []
    posed = Problem.checked(FIXED.data, FIXED.data, transform=family, metric="mse", threads=1)

    def optimizer(given: LevelProblem) -> Minimum:
        boxes.append(given.bounds)
        return Minimum(given.start, given.cost(given.start))

    descend(posed, optimizer, image, image, lambda _: True, DescentSettings(magnification=3.0))
    radius = FIXED.grid.radius
    scaled = {"translation": 0, "rigid": 0, "similarity": 1, "affine": 4, "homography": 6}[family]
    turned = [radius * np.pi] * (family in ("rigid", "similarity"))
    expected = [*turned, *[radius * np.log(3)] * scaled, 50, 50]
    np.testing.assert_allclose(boxes[0][:, 1], expected, atol=1e-9)
    np.testing.assert_allclose(boxes[0][:, 0], -boxes[0][:, 1], atol=1e-9)


def test_the_smooth_overlap_has_no_steps_and_agrees_on_whole_pixels() -> None:
    data = RNG.random((40, 50))
    data[10:20, 5:30] = np.nan
    cost = cost_on(FIXED, as_image(data, "moving"), 1, problem("mse"))
    assert cost.smooth_overlap(np.eye(3)) == cost.overlay.overlap(cost.overlay.under(np.eye(3))[1]) == 1
    assert cost.smooth_overlap(shifted(0, 4)) == pytest.approx(cost.overlay.under(shifted(0, 4))[2], abs=1e-6)
    hair = shifted(1e-4, 1e-4)
    assert cost.overlay.under(hair)[2] < 0.96 < 0.9999 < cost.smooth_overlap(hair) <= 1


@pytest.mark.parametrize("optimizer", ["powell", "nelder-mead", "l-bfgs-b"])
@pytest.mark.parametrize("column", [50, 75, 100])
def test_holes_do_not_hold_the_search_at_its_start(camera: NDArray[np.uint8], optimizer: str, column: int) -> None:
    # On whole pixels all beside a hole count, a hair's breadth away none: where starts are, there was a step.
    fixed = camera[::4, ::4] / 255
    truth = superpose.rigid(np.radians(5), (2, -3.5), superpose.Grid(fixed.shape).centre)
    moving = transform.warp(fixed, truth.inverse().as_skimage(), order=3, cval=np.nan)
    moving[20:55, 30:65] = np.nan
    moving[:, column : column + 3] = np.nan
    found = superpose.register(fixed, moving, optimizer=optimizer)
    assert found.transform.distance(truth, found.fixed_grid.corners) < 0.05
