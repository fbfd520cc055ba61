"""Filters and the halving of images against their naive twins."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray
from scipy import ndimage

from superpose._kernels.filter import filter_along, halve_along
from superpose._sampling.filters import SPLINE_TAPS, filtered, padded
from superpose._sampling.pyramid import halved
from superpose._sampling.warp import filled_from_nearest
from superpose.image import Grid, Raster
from tests.reference import filters as reference

RNG = np.random.default_rng(61)
SHAPES: list[tuple[int, ...]] = [(1, 1), (1, 9), (8, 1), (2, 2), (3, 17), (16, 5), (33, 40), (40, 33)]
SHAPES += [(1, 1, 1), (1, 7, 6), (5, 1, 3), (9, 4, 1), (12, 33, 40), (7, 6, 101)]
TAPS = [np.ones(1), np.array([0.5, 0.25]), np.array([0.4, -0.2, 0.3, 0.05])]


def image(shape: tuple[int, ...], missing: float) -> Raster:
    mask = RNG.random(shape) >= missing
    return Raster(np.where(mask, RNG.random(shape), 0).astype(np.float32), mask, Grid(shape))


@pytest.mark.parametrize("taps", TAPS, ids=len)
@pytest.mark.parametrize("shape", SHAPES, ids=str)
def test_filtered_like_its_twin(shape: tuple[int, ...], taps: NDArray[np.float64]) -> None:
    data = RNG.random(shape, np.float32)
    np.testing.assert_allclose(filtered(data, taps, 1), reference.separable(data, taps), rtol=0, atol=2e-6)


@pytest.mark.parametrize("taps", TAPS, ids=len)
@pytest.mark.parametrize("shape", [(1, 1, 1), (2, 7, 1), (3, 5, 43), (1, 4, 2500)], ids=str)
def test_along_one_axis_like_its_twin(shape: tuple[int, int, int], taps: NDArray[np.float64]) -> None:
    data = RNG.random(shape, np.float32)
    out, halves = np.full(shape, np.nan, np.float32), np.full((shape[0], (shape[1] + 1) // 2, shape[2]), np.nan, "f4")
    for found, run, weights in (
        (out, filter_along, taps.astype(np.float32)),
        (halves, halve_along, half_taps(shape[1])),
    ):
        lines, middle = found.shape[0] * found.shape[1], found.shape[0] * found.shape[1] // 3
        run(data, weights, found, 0, middle)
        run(data, weights, found, middle, lines)
    np.testing.assert_allclose(out, reference.along(data, taps, 1), rtol=0, atol=1e-6)
    np.testing.assert_allclose(halves, reference.half_weights(shape[1]) @ data, rtol=0, atol=1e-6)


def half_taps(size: int) -> NDArray[np.float32]:
    weights = np.exp(-0.5 * (np.arange(-4, 5) if size % 2 else np.arange(-3.5, 4)) ** 2)
    return (weights / weights.sum())[4:].astype(np.float32)


@pytest.mark.parametrize("shape", [(300, 301), (9, 150, 151)], ids=str)
def test_the_same_bits_on_any_number_of_threads(shape: tuple[int, ...]) -> None:
    fine = image(shape, 0.1)
    one, two = (filtered(fine.data, SPLINE_TAPS, threads, 1, 2) for threads in (1, 2))
    np.testing.assert_array_equal(one, two)
    half, same = (halved(fine, threads) for threads in (1, 2))
    np.testing.assert_array_equal(half.data, same.data)
    np.testing.assert_array_equal(half.mask, same.mask)


@pytest.mark.parametrize("shape", SHAPES, ids=str)
def test_the_spline_s_prefilter_is_scipy_s(shape: tuple[int, ...]) -> None:
    data = RNG.random(shape, np.float32)
    expected = ndimage.spline_filter(data.astype(float), order=3, mode="mirror")
    # Coefficients are up to three times as large as pixels along each axis.
    np.testing.assert_allclose(filtered(data, SPLINE_TAPS, 1), expected, rtol=0, atol=2e-6 * 3 ** (data.ndim - 2))


@pytest.mark.parametrize("shape", [shape for shape in SHAPES if min(shape) > 2], ids=str)
def test_what_is_padded_is_mirrored(shape: tuple[int, ...]) -> None:
    data = RNG.random(shape, np.float32)
    expected = np.pad(data, [(1, 2)] * data.ndim, mode="reflect")
    np.testing.assert_array_equal(padded(data, 1, 2), expected)
    np.testing.assert_array_equal(filtered(data, np.ones(1), 1, 1, 2), expected)


@pytest.mark.parametrize("missing", [0.0, 0.1, 0.5, 1.0])
@pytest.mark.parametrize("shape", SHAPES, ids=str)
def test_halved_like_its_twin(shape: tuple[int, ...], missing: float) -> None:
    fine = image(shape, missing)
    coarse = halved(fine)
    data, mask, part = reference.halved(fine.data, fine.mask)
    unclear = np.abs(part - 0.5) < 1e-5  # rounding decides
    assert unclear.mean() < 0.1 or mask.size == 1
    np.testing.assert_array_equal(coarse.mask[~unclear], mask[~unclear])
    np.testing.assert_allclose(np.where(unclear, 0, coarse.data), np.where(unclear, 0, data), rtol=0, atol=2e-6)
    assert coarse.complete or not fine.complete


@pytest.mark.parametrize("turned", [False, True])
def test_exactly_half_is_enough(turned: bool) -> None:
    """A hole whose straight edges run through coarse pixels' middles, as they often do: no rounding decides."""
    mask = np.ones((40, 40), bool)
    mask[4:32, 7:37] = False
    mask = np.ascontiguousarray(mask.T if turned else mask)
    coarse = halved(Raster(mask.astype(np.float32), mask, Grid(mask.shape)))
    _, _, part = reference.halved(mask, mask)
    assert (np.abs(part - 0.5) < 1e-9).sum() > 10
    np.testing.assert_array_equal(coarse.mask, part > 0.5 - 1e-9)


@pytest.mark.parametrize("missing", [0.0, 0.1, 0.5])
@pytest.mark.parametrize("axis", [0, -1])
@pytest.mark.parametrize("shape", SHAPES, ids=str)
def test_a_mirrored_image_is_halved_to_the_same_bits(shape: tuple[int, ...], axis: int, missing: float) -> None:
    fine = image(shape, missing)
    turned = [np.ascontiguousarray(np.flip(each, axis)) for each in (fine.data, fine.mask)]
    there, back = halved(fine), halved(Raster(turned[0], turned[1], fine.grid))
    np.testing.assert_array_equal(np.flip(back.data, axis), there.data)
    np.testing.assert_array_equal(np.flip(back.mask, axis), there.mask)


@pytest.mark.parametrize("missing", [0.0, 0.1, 0.5, 0.95])
@pytest.mark.parametrize("shape", [shape for shape in SHAPES if len(shape) == 2], ids=str)
def test_missing_pixels_take_a_nearest_one_s_value(shape: tuple[int, ...], missing: float) -> None:
    scene = image(shape, missing)
    mask = scene.mask.copy()
    mask[-1, 0] = True
    places = np.arange(mask.size, dtype=np.float32).reshape(shape)
    filled = filled_from_nearest(places, mask).astype(int)
    np.testing.assert_array_equal(filled[mask], places[mask])
    assert mask.ravel()[filled].all()
    rows, columns = np.indices(shape)
    distance = np.hypot(rows - filled // shape[1], columns - filled % shape[1])
    # What two sweeps pass on is off by a tenth at most, and by what a step of seven fifths is short of a diagonal.
    assert (distance <= 1.1 * ndimage.distance_transform_edt(~mask) + 1e-9).all()


def test_where_nothing_counts_nothing_is_filled() -> None:
    data = RNG.random((5, 4)).astype(np.float32)
    np.testing.assert_array_equal(filled_from_nearest(data, np.zeros(data.shape, bool)), data)
