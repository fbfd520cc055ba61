"""The resampling kernels against their naive twins, over odd shapes, and never outside their arrays."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray
from scipy import ndimage

from superpose._kernels.warp2d import warp_cubic, warp_linear, warp_nearest
from tests.reference import warp as reference

Floats = NDArray[np.float64]
RNG = np.random.default_rng(31)
SHAPES = [(1, 1), (1, 2), (2, 1), (1, 9), (9, 1), (2, 2), (3, 3), (4, 4), (5, 2), (2, 17), (13, 11), (40, 33)]


def run(
    data: NDArray[np.float32], mask: NDArray[np.bool_], matrix: Floats, shape: tuple[int, int], order: int
) -> tuple[NDArray[np.float32], NDArray[np.bool_]]:
    # What the kernel doesn't fill would be seen.
    out, valid = np.full(shape, np.nan, np.float32), np.ones(shape, bool)
    if order == 3:
        data = ndimage.spline_filter(data.astype(float), 3, mode="mirror").astype(np.float32)
    kernel = {1: warp_linear, 3: warp_cubic}[order]
    middle = shape[0] // 2
    kernel(data, mask, matrix, out, valid, 0, middle)
    kernel(data, mask, matrix, out, valid, middle, shape[0])
    return out, valid


def moved(angle: float, scale: float, row: float, column: float, shape: tuple[int, int]) -> Floats:
    centre = (np.array(shape) - 1) / 2
    linear = scale * np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])
    matrix = np.eye(3)
    matrix[:2, :2], matrix[:2, 2] = linear, centre + np.array([row, column]) - linear @ centre
    return matrix


@pytest.mark.parametrize("order", [1, 3])
@pytest.mark.parametrize("shape", SHAPES, ids=str)
def test_like_map_coordinates(shape: tuple[int, int], order: int) -> None:
    data = RNG.random(shape, dtype=np.float32)
    mask = np.ones(shape, bool)
    for angle, scale, row, column in [
        (0, 1, 0, 0),
        (0.3, 0.9, 0.3, -0.2),
        (np.pi / 2, 0.7, 0, 0),
        (2.8, 1.3, 2, 1),
    ]:
        matrix = moved(angle, scale, row, column, shape)
        out, valid = run(data, mask, matrix, (12, 15), order)
        expected, inside = reference.warp(data, matrix, (12, 15), order)
        np.testing.assert_array_equal(valid, inside)
        np.testing.assert_allclose(out, expected, rtol=0, atol=2e-6)


def tilted(matrix: Floats, shape: tuple[int, int], to: tuple[int, int], row: float, column: float) -> Floats:
    """Return `matrix` after a view in perspective whose w is 1 at the output's middle."""
    bent = np.eye(3)
    centre = (np.array(to) - 1) / 2
    bent[2, :2] = row / to[0], column / to[1]
    bent[2, 2] -= bent[2, :2] @ centre
    return matrix @ bent


@pytest.mark.parametrize("order", [1, 3])
@pytest.mark.parametrize("shape", SHAPES, ids=str)
def test_a_homography_is_divided_by_w(shape: tuple[int, int], order: int) -> None:
    data, mask = RNG.random(shape, dtype=np.float32), np.ones(shape, bool)
    # The last one's horizon crosses the output.
    for row, column in [(0.3, -0.2), (-0.9, 0), (2.5, -3)]:
        matrix = tilted(moved(0.3, 0.9, 0.3, -0.2, shape), shape, (12, 15), row, column)
        out, valid = run(data, mask, matrix, (12, 15), order)
        expected, inside = reference.warp(data, matrix, (12, 15), order)
        np.testing.assert_array_equal(valid, inside)
        np.testing.assert_allclose(out, expected, rtol=0, atol=2e-6)
        np.testing.assert_array_equal(run(data, mask, 8 * matrix, (12, 15), order)[0], out)
        holed = RNG.random(shape) > 0.2
        valid = run(data, holed, matrix, (12, 15), order)[1]
        np.testing.assert_array_equal(valid, reference.linear_valid(holed, matrix, (12, 15)))
        index, inside = np.empty((12, 15), np.int64), np.empty((12, 15), bool)
        warp_nearest(np.array(shape), matrix, index, inside, 0, 12)
        ours = np.where(inside, data.ravel()[index], 0)
        np.testing.assert_array_equal(ours, reference.nearest(data, matrix, (12, 15), 0))


@pytest.mark.parametrize("order", [1, 3])
@pytest.mark.parametrize("w", [0.0, -1.0, np.nan, -np.inf, np.inf])
def test_nothing_is_seen_behind_the_horizon(order: int, w: float) -> None:
    matrix = np.diag([1.0, 1.0, w])
    matrix[0, 2] = 100.0  # where w is infinite, every point would lie on (0, 0)
    out, valid = run(np.ones((5, 6), np.float32), np.ones((5, 6), bool), matrix, (4, 4), order)
    assert valid.all() == valid.any() == (w == np.inf)
    assert (out == (w == np.inf)).all()
    index, inside = np.full((4, 4), -1), np.ones((4, 4), bool)
    warp_nearest(np.array([5, 6]), matrix, index, inside, 0, 4)
    assert (inside == (w == np.inf)).all()
    assert (index == 0).all()


@pytest.mark.parametrize("order", [1, 3])
def test_both_loops_agree_on_an_affine_matrix(order: int) -> None:
    data, mask = RNG.random((20, 22), dtype=np.float32), RNG.random((20, 22)) > 0.1
    matrix = moved(0.4, 1.1, 2, -1, (20, 22))
    a, b = run(data, mask, matrix, (20, 22), order), run(data, mask, 2 * matrix, (20, 22), order)
    np.testing.assert_array_equal(a[1], b[1])
    np.testing.assert_allclose(a[0], b[0], rtol=0, atol=1e-6)


@pytest.mark.parametrize("order", [1, 3])
def test_identity_reaches_the_last_pixel(order: int) -> None:
    data = RNG.random((7, 9), dtype=np.float32)
    out, valid = run(data, np.ones((7, 9), bool), np.eye(3), (7, 9), order)
    assert valid.all()
    np.testing.assert_allclose(out, data, rtol=0, atol=1e-6)


@pytest.mark.parametrize("order", [1, 3])
def test_rounding_at_the_border_loses_no_pixel(order: int) -> None:
    data = RNG.random((50, 60), dtype=np.float32)
    out, valid = run(data, np.ones(data.shape, bool), moved(2 * np.pi, 1, 0, 0, data.shape), (50, 60), order)
    assert valid.all()
    np.testing.assert_allclose(out, data, rtol=0, atol=1e-5)


@pytest.mark.parametrize("order", [1, 3])
@pytest.mark.parametrize("shape", SHAPES, ids=str)
def test_valid_is_where_every_pixel_drawn_on_counts(shape: tuple[int, int], order: int) -> None:
    mask = RNG.random(shape) > 0.2
    data = np.where(mask, RNG.random(shape), 0).astype(np.float32)
    for matrix in (np.eye(3), moved(0.4, 0.8, 0.25, 0, shape), moved(0, 1, 0.5, 1, shape)):
        out, valid = run(data, mask, matrix, (9, 10), order)
        np.testing.assert_array_equal(valid, reference.linear_valid(mask, matrix, (9, 10)))
        assert (out[~valid] == 0).all()


@settings(max_examples=150)
@given(
    st.tuples(st.integers(1, 9), st.integers(1, 9)),
    st.tuples(st.integers(1, 9), st.integers(1, 9)),
    st.lists(st.floats(-1e6, 1e6) | st.floats(-3, 3), min_size=6, max_size=6),
    st.none() | st.lists(st.floats(-1e6, 1e6) | st.floats(-3, 3), min_size=3, max_size=3),
    st.sampled_from([1, 3]),
)
def test_any_matrix(
    shape: tuple[int, int], to: tuple[int, int], numbers: list[float], last: list[float] | None, order: int
) -> None:
    matrix = np.eye(3)
    matrix[:2] = np.reshape(numbers, (2, 3))
    matrix[2] = matrix[2] if last is None else last
    data = np.indices(shape).sum(0).astype(np.float32) + 1
    out, valid = run(data, np.ones(shape, bool), matrix, to, order)
    assert np.isfinite(out).all()
    assert (out[~valid] == 0).all()
    # A spline of a ramp's mirror images overshoots a little.
    assert out[valid].size == 0 or (out[valid].min() > 0.5 and out[valid].max() < data.max() + 0.5)


@pytest.mark.parametrize("order", [1, 3])
@pytest.mark.parametrize("bad", [np.nan, np.inf, -np.inf, 1e300, -1e300, 2.0**63, -(2.0**63)])
def test_points_that_are_nowhere(bad: float, order: int) -> None:
    matrix = np.eye(3)
    matrix[0, 2] = bad
    out, valid = run(np.ones((5, 6), np.float32), np.ones((5, 6), bool), matrix, (4, 4), order)
    assert not valid.any()
    assert (out == 0).all()
    index, inside = np.full((4, 4), -1), np.ones((4, 4), bool)
    warp_nearest(np.array([5, 6]), matrix, index, inside, 0, 4)
    assert not inside.any()
    assert (index == 0).all()


@pytest.mark.parametrize("order", [1, 3])
def test_no_overlap_and_no_rows(order: int) -> None:
    data = np.ones((5, 6), np.float32)
    out, valid = run(data, np.ones((5, 6), bool), moved(0, 1, 100, 0, (5, 6)), (4, 4), order)
    assert not valid.any() and (out == 0).all()
    out, valid = run(data, np.ones((5, 6), bool), np.eye(3), (0, 4), order)
    assert out.shape == (0, 4)
    out, valid = run(data, np.zeros((5, 6), bool), np.eye(3), (4, 4), order)
    assert not valid.any()


def test_a_band_fills_only_its_rows() -> None:
    data = np.ones((8, 6), np.float32)
    for kernel in (warp_linear, warp_cubic):
        out, valid = np.full((8, 6), 5, np.float32), np.zeros((8, 6), bool)
        kernel(data, np.ones((8, 6), bool), np.eye(3), out, valid, 2, 5)
        assert (out[:2] == 5).all() and (out[5:] == 5).all() and valid[2:5].all() and valid.sum() == 18


@settings(max_examples=80)
@given(
    st.tuples(st.integers(1, 9), st.integers(1, 9)),
    st.floats(-4, 4),
    st.floats(0.2, 3),
    st.floats(-9, 9),
    st.floats(-9, 9),
)
def test_nearest(shape: tuple[int, int], angle: float, scale: float, row: float, column: float) -> None:
    image = np.arange(1, shape[0] * shape[1] + 1).reshape(shape)
    matrix = moved(angle, scale, row, column, shape)
    index, valid = np.empty((7, 8), np.int64), np.empty((7, 8), bool)
    warp_nearest(np.array(shape), matrix, index, valid, 0, 7)
    ours = np.where(valid, image.ravel()[index], 0)
    expected = reference.nearest(image, matrix, (7, 8), 0)
    # Sums in another order may round to the other side of a boundary between two pixels.
    points = reference.mapped_grid(matrix, (7, 8)) + 0.5
    clear = (np.abs(points - np.rint(points)) > 1e-9).all(0)
    np.testing.assert_array_equal(ours[clear], expected[clear])


def test_slices_and_read_only_arrays() -> None:
    wide = RNG.random((20, 30), dtype=np.float32)
    data = wide[::2, ::3]
    still = data.copy()
    still.flags.writeable = False
    mask = np.ones(data.shape, bool)
    matrix = moved(0.3, 0.9, 0.3, -0.2, data.shape)
    expected = run(data.copy(), mask, matrix, (9, 9), 1)
    for same in (data, still, np.asfortranarray(data)):
        out, valid = run(same, mask, matrix, (9, 9), 1)
        np.testing.assert_array_equal(valid, expected[1])
        np.testing.assert_allclose(out, expected[0], rtol=0, atol=1e-7)
