"""Images of more than 2^31 pixels: what lies beyond is found, and nothing overflows.

The memory of an array of zeros is only claimed where it is touched, which is a corner.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from superpose._kernels.filter import filter_rows
from superpose._kernels.histogram import histogram_rows
from superpose._kernels.normal import COUNT, sums_size
from superpose._kernels.sampled import sampled_rows
from superpose._kernels.squared import squared_rows
from superpose._kernels.vector import vector_rows
from superpose._kernels.warp import warp_cubic, warp_linear, warp_nearest
from superpose._refine.algebra import full_group

ROWS, COLUMNS = 66_000, 33_000
CORNER = 24
TO = (8, 11)


def zeros(shape: tuple[int, ...], dtype: Any) -> NDArray[Any]:
    try:
        return np.zeros(shape, dtype)
    except MemoryError:
        pytest.skip("so large an array cannot be made here")


@pytest.fixture(scope="module")
def pair() -> tuple[tuple[NDArray[np.float32], NDArray[np.bool_]], tuple[NDArray[np.float32], NDArray[np.bool_]]]:
    """A padded image with its mask, and their corner alone."""
    assert ROWS * COLUMNS > 2**31
    image, usable = zeros((ROWS + 3, COLUMNS + 3), np.float32), zeros((ROWS, COLUMNS), bool)
    rng = np.random.default_rng(31)
    image[-CORNER - 3 :, -CORNER - 3 :] = rng.normal(size=(CORNER + 3, CORNER + 3))
    usable[-CORNER:, -CORNER:] = rng.random((CORNER, CORNER)) > 0.1
    corner = image[-CORNER - 3 :, -CORNER - 3 :].copy(), usable[-CORNER:, -CORNER:].copy()
    return (image, usable), corner


def matrix_to(rows: int, columns: int) -> NDArray[np.float64]:
    """Return a pose into the last corner of an image; its numbers are halves and quarters, and so exact."""
    return np.array([[1.0, 0.25, rows - 14.5], [0.25, 1.0, columns - 16.25], [0, 0, 1]])


FIXED = np.random.default_rng(5).normal(size=TO).astype(np.float32)
KEPT = np.ones(TO, bool)
FRAME: tuple[Any, ...] = (full_group(2), np.array([3.5, 5.0]), 6.0)


def squared(image: Any, usable: Any, cubic: bool) -> NDArray[np.float64]:
    out = np.empty((1, sums_size(8)))
    pose = matrix_to(*usable.shape)
    same = (FIXED, KEPT, image, usable, False, cubic, pose, *FRAME, 0.9, 0.1, np.inf)
    squared_rows(*same, 0, TO[0], np.array([0, TO[1]]), out)
    assert out[0, COUNT] > 50
    return out


def sampled(image: Any, usable: Any, _cubic: bool) -> NDArray[np.float32]:
    values, weights = np.empty(TO, np.float32), np.empty(TO, np.float32)
    sampled_rows(image, usable, matrix_to(*usable.shape), 0, 1, values, weights)
    assert weights.sum() > 50
    return np.stack([values, weights])


def histogram(image: Any, usable: Any, cubic: bool) -> NDArray[np.float64]:
    places, slopes = np.zeros(TO, np.float32), np.zeros((2, *TO), np.float32)
    out, bins = np.empty((4, 12)), np.ones(TO, np.int16)
    histogram_rows(bins, image, usable, cubic, matrix_to(*usable.shape), -3.0, 1.5, 0, TO[0], places, slopes, out)
    assert out.sum() > 50
    return np.concatenate([out.ravel(), places.ravel()])


@pytest.mark.parametrize("cubic", [False, True], ids=["linear", "cubic"])
@pytest.mark.parametrize("kernel", [squared, sampled, histogram])
def test_sums_over_the_last_corner(pair: Any, kernel: Any, cubic: bool) -> None:
    whole, corner = pair
    np.testing.assert_array_equal(kernel(*whole, cubic), kernel(*corner, cubic))


@pytest.mark.parametrize("warp", [warp_linear, warp_cubic])
def test_warps_of_the_last_corner(pair: Any, warp: Any) -> None:
    found = []
    for image, _ in pair:
        mask = zeros(image.shape, bool)
        mask[-CORNER:, -CORNER:] = True
        out, valid = np.empty((1, *TO), np.float32), np.empty(TO, bool)
        warp(image[None], mask, False, matrix_to(*image.shape), out, valid, 0, TO[0])
        assert valid.sum() > 50
        found.append(np.where(valid, out, np.nan))
    np.testing.assert_array_equal(*found)


def test_the_nearest_pixel_of_the_last_corner() -> None:
    out, valid = np.empty(TO, np.int64), np.empty(TO, bool)
    pose = np.array([[1.0, 0, ROWS - 8], [0, 1, COLUMNS - 11], [0, 0, 1]])
    warp_nearest(np.array([ROWS, COLUMNS]), pose, out, valid, 0, TO[0])
    assert valid.all()
    expected = np.arange(ROWS - 8, ROWS)[:, None] * COLUMNS + np.arange(COLUMNS - 11, COLUMNS)
    assert expected.min() > 2**31
    np.testing.assert_array_equal(out, expected)


def test_the_last_rows_filtered(pair: Any) -> None:
    taps = np.array([0.5, 0.25], np.float32)
    (image, _), _ = pair
    out = zeros((1, *image.shape), np.float32)
    rows = len(image)
    filter_rows(image[None], taps, 0, out, rows - 4, rows)
    last = image[None, rows - 8 :].copy()
    expected = np.empty_like(last)
    filter_rows(last, taps, 0, expected, 4, 8)
    assert np.abs(expected[0, 4:, -CORNER:]).min() > 0
    np.testing.assert_array_equal(out[0, rows - 4 :], expected[0, 4:])


def test_directions_in_the_last_corner() -> None:
    side = 33_000
    assert 2 * side**2 > 2**31
    field, usable = zeros((side + 3, side + 3, 2), np.float32), zeros((side, side), bool)
    field[-CORNER - 3 :, -CORNER - 3 :] = np.random.default_rng(7).normal(size=(CORNER + 3, CORNER + 3, 2))
    usable[-CORNER:, -CORNER:] = True
    fixed = np.random.default_rng(8).normal(size=(TO[0] + 3, TO[1] + 3, 2)).astype(np.float32)
    found = []
    for part in (slice(None), slice(-CORNER - 3, None)):
        of = usable[-CORNER:, -CORNER:].copy() if part.start else usable
        moving = np.ascontiguousarray(field[part, part]) if part.start else field
        out = np.empty(sums_size(8))
        vector_rows(fixed, KEPT, moving, of, matrix_to(*of.shape), *FRAME, 0.9, 0.6, 0.8, 0, TO[0], out)
        assert out[COUNT] > 50
        found.append(out)
    np.testing.assert_array_equal(*found)
