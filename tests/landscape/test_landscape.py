from __future__ import annotations

import dataclasses

import numpy as np
import pytest
from numpy.typing import NDArray
from scipy import ndimage

import superpose
from superpose import InputError
from superpose.metrics import ncc

Pixels = NDArray[np.float32]


def black_outside(fixed: Pixels, warped: Pixels, mask: NDArray[np.bool_]) -> float:
    """Squared error as the system superpose grew from had it: outside is black and counts."""
    return float(np.mean((fixed - np.where(mask, warped, 0).astype(float)) ** 2))


@pytest.fixture(scope="module")
def shifted(astronaut_grey: NDArray[np.float64]) -> NDArray[np.float64]:
    return ndimage.shift(astronaut_grey, (0, 50))


@pytest.mark.slow
def test_the_books_curve(astronaut_grey: NDArray[np.float64], shifted: NDArray[np.float64]) -> None:
    found = superpose.landscape(astronaut_grey, shifted, "column shift", metric=black_outside, min_overlap=0)
    assert found.parameters == ("column shift",) and found.costs.shape == (181,)
    shifts = np.linspace(-0.9 * 512, 0.9 * 512, 181)
    np.testing.assert_allclose(found.samples[0], shifts)
    # The book corrects the image by the opposite of our (pull) shift.
    for k in (0, 30, 90, 100, 150, 180):
        warped = ndimage.shift(shifted, (0, -shifts[k]))
        assert found.costs[k] == pytest.approx(np.mean((astronaut_grey - warped) ** 2), abs=1e-6)
    assert abs(found.minimum()[0] - 50) < 5.12


@pytest.mark.slow
def test_blurring_takes_the_bumps_away(astronaut_grey: NDArray[np.float64], shifted: NDArray[np.float64]) -> None:
    sharp = superpose.landscape(astronaut_grey, shifted, metric=black_outside)
    assert (np.abs(sharp.local_minima()) > 150).sum() >= 3
    blurred = superpose.landscape(astronaut_grey, shifted, metric=black_outside, smooth=20)
    assert len(blurred.local_minima()) == 1 and abs(blurred.local_minima()[0, 0] - 50) < 15


@pytest.mark.slow
def test_the_top_of_the_pyramid_has_no_far_bumps(
    astronaut_grey: NDArray[np.float64], shifted: NDArray[np.float64]
) -> None:
    found = superpose.landscape(astronaut_grey, shifted, metric=black_outside, levels=8)
    assert found.shapes == tuple((512 >> k, 512 >> k) for k in range(8)) and found.by_level.shape == (8, 181)
    assert (np.abs(found.local_minima(0)) > 150).any()
    assert not (np.abs(found.local_minima(7)) > 150).any()
    # The book's bump near -325 is there below, and gone above.
    near = [((places > -360) & (places < -290)).any() for places in map(found.local_minima, range(8))]
    assert near[0] and not any(near[3:])


@pytest.mark.slow
def test_masked_squared_error_keeps_far_minima_even_when_blurred(
    astronaut_grey: NDArray[np.float64], shifted: NDArray[np.float64]
) -> None:
    # Comparing only the overlap is right near the truth and misleading at small overlaps: shown, not hidden.
    found = superpose.landscape(astronaut_grey, shifted, metric="mse", smooth=20)
    assert abs(found.minimum()[0] - 50) < 5.12
    assert (np.abs(found.local_minima()) > 150).any()


def test_a_surface_finds_shift_and_angle(camera: NDArray[np.uint8]) -> None:
    truth = superpose.rigid(np.radians(10), (6, 0), (63.5, 63.5))
    small = camera[::4, ::4].astype(float)
    moving = superpose.register(small, small, levels=1).with_images(None, small)
    moving = dataclasses.replace(moving, transform=truth.inverse()).warp()
    over = (np.arange(-12, 13, 3), np.arange(-20, 21, 5))
    found = superpose.landscape(small, moving, ("row shift", "angle"), over, metric="nmi", bins=32, levels=2)
    assert found.values.shape == (9, 9) and found.by_level.shape == (2, 9, 9)
    assert found.minimum() == (6, 10) and found.best == "highest"
    np.testing.assert_array_equal(found.costs, -found.values)
    assert found.local_minima()[0].tolist() == [6, 10]


def test_scale_and_what_initial_keeps(camera: NDArray[np.uint8]) -> None:
    small = camera[::4, ::4].astype(float)
    start = superpose.similarity(0.2, 1.1, (4, -3), (63.5, 63.5))
    made = superpose.register(small, small, levels=1, transform="similarity")
    moving = dataclasses.replace(made, transform=start.inverse()).warp()
    scales = np.array([0.9, 1.0, 1.1, 1.2])
    found = superpose.landscape(small, moving, "scale", scales, metric="ncc", initial=start)
    assert found.minimum() == (1.1,)
    # At the pose's own scale it is the pose itself.
    posed = dataclasses.replace(made, transform=start).with_images(small, moving)
    warped = posed.warp()
    assert found.values[2] == pytest.approx(ncc(small, warped, posed.valid), abs=1e-4)


def test_too_little_overlap_has_no_value(camera: NDArray[np.uint8]) -> None:
    small = camera[::4, ::4]
    found = superpose.landscape(small, small, over=[-120, -60, 0, 60, 120], min_overlap=0.2)
    assert np.isnan(found.costs).tolist() == [True, False, False, False, True]
    assert found.minimum() == (0,) and found.local_minima().tolist() == [[0]]


def test_missing_pixels_do_not_bleed_when_blurred(camera: NDArray[np.uint8]) -> None:
    small = camera[::4, ::4].astype(float)
    holed = small.copy()
    holed[40:60, 40:60] = np.nan
    found = superpose.landscape(small, holed, over=[-1, 0, 1], metric="mse", smooth=2)
    assert np.isfinite(found.costs).all() and found.minimum() == (0,)


def test_a_homography_s_other_parameters_are_kept(camera: NDArray[np.uint8]) -> None:
    small = camera[::4, ::4].astype(float)
    centre = superpose.Grid(small.shape).centre
    bent = superpose.homography([[1, 0.1, 0], [0, 1, 0], [1e-3, -2e-3, 1]], (3, -2), centre)
    whole = superpose.register(small, small, transform="translation", levels=1)
    moving = dataclasses.replace(whole, transform=bent.inverse()).warp()
    rows = superpose.landscape(small, moving, "row shift", over=np.arange(-5, 12), initial=bent)
    assert rows.minimum() == (3,)
    turned = superpose.landscape(small, moving, "angle", over=np.degrees(bent.angle) + np.arange(-5, 6), initial=bent)
    assert turned.minimum() == pytest.approx((np.degrees(bent.angle),))


@pytest.mark.parametrize(
    "change, said",
    [
        ({"parameter": "colum shift"}, "parameter='colum shift' is not known; did you mean 'column-shift'"),
        ({"parameter": ("angle", "angle")}, "parameter is .*'angle', 'angle'.*; name one parameter or two"),
        ({"parameter": ("angle", "scale", "row shift")}, "name one parameter or two"),
        ({"parameter": 3}, "parameter=3 is not known"),
        ({"over": [3, 2]}, r"over is \[3, 2\]; pass one increasing"),
        ({"over": [[0, 1], [2, 3]]}, "over is .*; pass one increasing"),
        ({"over": "ab"}, "over is 'ab'"),
        ({"over": [0, np.nan]}, "over is .*; pass one increasing"),
        ({"parameter": "scale", "over": [-1, 1]}, "over is .*, and scales are positive"),
        ({"parameter": ("scale", "angle"), "over": [[1, 2]]}, "over is 1 arrays for 2 parameters"),
        ({"smooth": -1}, "smooth is -1; pass a number from 0"),
        ({"levels": 0}, "levels is 0"),
        ({"metric": "msee"}, "metric='msee' is not known; did you mean 'mse'"),
        ({"min_overlap": 2}, "min_overlap is 2"),
    ],
)
def test_bad_arguments(camera: NDArray[np.uint8], change: dict[str, object], said: str) -> None:
    with pytest.raises(InputError, match=said):
        superpose.landscape(camera, camera, **change)  # type: ignore[arg-type]


def test_it_is_a_value_that_says_what_it_is(camera: NDArray[np.uint8]) -> None:
    small = camera[::4, ::4]
    found = superpose.landscape(small, small, "row shift", np.arange(-3, 4), metric="mse")
    assert repr(found) == "<Landscape: mse over row shift -3..3; lowest at 0>"
    with pytest.raises(dataclasses.FrozenInstanceError, match="metric"):
        found.metric = "ncc"  # type: ignore[misc]


@pytest.mark.parametrize("metric", ["ncc", "mse"])
@pytest.mark.parametrize("smooth", [0.0, 1.5])
def test_prepared_images_have_the_landscape_of_their_arrays(metric: str, smooth: float) -> None:
    rng = np.random.default_rng(4)
    fixed, moving = rng.random((40, 50)) + 1000, rng.random((40, 50)) + 1000.25
    keep = rng.random(fixed.shape) > 0.3
    over = np.arange(-2.0, 3.0)
    choices = {"over": over, "metric": metric, "smooth": smooth, "levels": 2}
    whole = superpose.landscape(fixed, moving, **choices)
    one = superpose.landscape(superpose.prepare(fixed), superpose.prepare(moving), **choices)
    np.testing.assert_array_equal(one.by_level, whole.by_level)
    holes = superpose.landscape(np.where(keep, fixed, np.nan), moving, **choices)
    masked = superpose.landscape(superpose.prepare(fixed, keep), moving, **choices)
    np.testing.assert_array_equal(masked.by_level, holes.by_level)
    assert (masked.by_level != whole.by_level).all()


def test_small_differences_between_large_values_are_seen() -> None:
    scene = ndimage.gaussian_filter(np.random.default_rng(5).random((40, 50)), 2)
    near, far = (
        superpose.landscape(scene + by, scene + by, over=np.arange(-3.0, 4.0), metric="mse") for by in (0, 1e8)
    )
    np.testing.assert_allclose(far.values, near.values, rtol=1e-3, atol=1e-9)
