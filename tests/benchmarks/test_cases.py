"""The benchmark's truths: they must be the images' own, and the error must be what it says."""

from __future__ import annotations

import inspect

import numpy as np
import pytest
from numpy.typing import NDArray
from scipy import ndimage

import superpose
from benchmarks.cases import CENTRE, SETS, Case, moved, overlap, pose
from benchmarks.hard import HARD, OVERLAPS, VIGNETTE, gain
from benchmarks.large import large_motion, large_pair
from benchmarks.methods import serves

Floats = NDArray[np.float64]
DRAWN = {name: case_set for name, case_set in (SETS | HARD).items() if not name.startswith("large")}
# Sets whose images differ by more than noise under the truth.
CHANGED = {"several", "vignetting", "impulses"}


@pytest.mark.parametrize("name", DRAWN)
def test_a_case_is_drawn_from_its_seed_and_number_alone(name: str) -> None:
    first, again, other = DRAWN[name].case(7, 3), DRAWN[name].case(7, 3), DRAWN[name].case(7, 4)
    np.testing.assert_array_equal(first.fixed, again.fixed)
    np.testing.assert_array_equal(first.moving, again.moving)
    np.testing.assert_array_equal(first.truth, again.truth)
    assert not np.array_equal(first.truth, other.truth)


@pytest.mark.parametrize("name", DRAWN)
def test_the_moving_image_matches_under_the_truth_and_nowhere_near(name: str) -> None:
    case = DRAWN[name].case(11, 1)
    here = residual(case, case.truth)
    beside = residual(case, np.array([[1, 0, 2.0], [0, 1, -2.0], [0, 0, 1]]) @ case.truth)
    assert here < beside
    if name not in CHANGED:
        # Noise of both, interpolated: its variance is 1e-3 in each before clipping.
        assert here < 0.06


def residual(case: Case, matrix: Floats) -> float:
    """Return the median absolute difference inside the overlap, over what is usual of a normal one."""
    rows, columns = np.indices(case.fixed.shape)
    points = moved(matrix, np.stack([rows.ravel(), columns.ravel()], 1).astype(float))
    whole = np.nan_to_num(case.moving, nan=0.0)
    values = ndimage.map_coordinates(whole, points.T, order=1, cval=np.nan).reshape(case.fixed.shape)
    known = np.isfinite(values) & np.isfinite(case.fixed) & (values > 0)
    return float(np.median(np.abs(case.fixed - values)[known]) * 1.4826)


@pytest.mark.parametrize("name", DRAWN)
def test_the_error_of_the_truth_is_0_and_of_a_shift_its_length(name: str) -> None:
    case = DRAWN[name].case(3, 2)
    assert case.error(case.truth) == 0
    shift = np.array([[1, 0, 3.0], [0, 1, -4.0], [0, 0, 1]])
    assert case.error(shift @ case.truth) == pytest.approx(5)
    assert case.error(2.5 * case.truth) == pytest.approx(0, abs=1e-9)  # homogeneous
    assert case.error(None) == np.inf
    assert case.error(np.full((3, 3), np.nan)) == np.inf


def test_the_error_of_a_turn_about_the_centre() -> None:
    case = Case("x", np.zeros((512, 512)), np.zeros((512, 512)), np.eye(3), "rigid")
    places = np.linspace(0.25 * 511, 0.75 * 511, 17) - 255.5
    mean_radius = np.hypot(places[:, None], places).mean()
    assert case.error(pose(0.1, 1.0, np.zeros(2))) == pytest.approx(mean_radius * np.radians(0.1), rel=1e-6)


@pytest.mark.parametrize("angle", [-179.0, -90, -20, 0, 45, 120])
def test_angle_and_overlap_are_the_truth_s(angle: float) -> None:
    image = np.zeros((512, 512))
    case = Case("x", image, image, pose(angle, 1.3, np.zeros(2)), "similarity")
    assert case.angle == pytest.approx(angle)
    flipped = pose(0, 1.0, np.zeros(2)) @ np.array([[1, 0, 0], [0, -1, 511.0], [0, 0, 1]])
    assert np.linalg.det(flipped[:2, :2]) < 0
    assert Case("x", image, image, flipped, "rigid").angle == pytest.approx(0)
    assert overlap(pose(0, 1.0, np.array([128.0, 0])), (512, 512), (512, 512)) == pytest.approx(0.75, abs=0.01)
    assert overlap(np.eye(3), (512, 512), (512, 256)) == 1
    assert overlap(pose(0, 0.5, np.zeros(2), CENTRE, CENTRE), (512, 512), (512, 512)) == pytest.approx(1, abs=0.01)


@pytest.mark.parametrize("percent", OVERLAPS)
def test_the_overlap_is_the_one_asked_for_and_holds_no_fill(percent: int) -> None:
    for number in range(6):
        case = HARD[f"overlap-{percent}"].case(5, number)
        assert case.overlap == pytest.approx(percent / 100, abs=0.015)
        # Every pixel of a view outside its scene would be 0 before noise is added.
        assert (case.moving[[0, 0, -1, -1], [0, -1, 0, -1]] > 0).any()


@pytest.mark.slow
def test_what_spoils_images_is_as_much_as_it_says() -> None:
    missing = [HARD["missing"].case(1, number) for number in range(6)]
    parts = [max(np.isnan(case.fixed).mean(), np.isnan(case.moving).mean()) for case in missing]
    assert np.allclose(parts, 0.3, atol=0.005)
    assert all(min(np.isnan(case.fixed).mean(), np.isnan(case.moving).mean()) == 0 for case in missing)
    field = gain(np.random.default_rng(0), (60, 80))
    assert (field.min(), field.max()) == pytest.approx((1 - VIGNETTE, 1 + VIGNETTE))
    assert np.abs(np.diff(field, axis=0)).max() < 0.1
    hit = HARD["impulses"].case(1, 0)
    assert 0.19 < np.isin(hit.fixed, (0, 1)).mean() < 0.35
    mirrored = HARD["mirrored"].case(1, 0)
    assert np.linalg.det(mirrored.truth[:2, :2]) == pytest.approx(-1)
    assert mirrored.allow_flip


def test_mirrored_pairs_are_left_to_a_register_that_has_the_argument() -> None:
    has = "allow_flip" in inspect.signature(superpose.register).parameters
    assert serves(HARD["mirrored"]) == has
    assert serves(HARD["plain"])


@pytest.mark.parametrize("side", [300, 700])
def test_large_pairs_match_under_their_truth(side: int) -> None:
    truth = large_motion(side, np.random.default_rng(1))
    name, fixed, moving = large_pair(side, np.random.default_rng(2), truth)
    assert fixed.shape == moving.shape == (side, side) and fixed.dtype == moving.dtype == np.float32
    case = Case(name, fixed, moving, truth, "rigid")
    assert residual(case, truth) < 0.06 < 2 * residual(case, np.eye(3))
