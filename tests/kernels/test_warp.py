"""The resampling kernels against their naive twins, over odd shapes, and never outside their arrays."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray
from scipy import ndimage

from superpose._kernels.warp import warp_cubic, warp_linear, warp_nearest
from superpose._sampling.warp import Source, warp
from tests.reference import warp as reference

Floats = NDArray[np.float64]
RNG = np.random.default_rng(31)
SHAPES = [(1, 1), (1, 2), (2, 1), (1, 9), (9, 1), (2, 2), (3, 3), (4, 4), (5, 2), (2, 17), (13, 11), (40, 33)]


VOLUMES = [(1, 1, 1), (1, 1, 9), (1, 6, 1), (7, 1, 1), (2, 3, 4), (5, 1, 7), (9, 13, 11)]


def run(
    data: NDArray[np.float32], mask: NDArray[np.bool_], matrix: Floats, shape: tuple[int, ...], order: int
) -> tuple[NDArray[np.float32], NDArray[np.bool_]]:
    if order == 3:
        data = ndimage.spline_filter(data.astype(float), 3, mode="mirror").astype(np.float32)
    kernel = {1: warp_linear, 3: warp_cubic}[order]
    middle = shape[0] // 2

    def in_two_bands(whole: bool) -> tuple[NDArray[np.float32], NDArray[np.bool_]]:
        # What the kernel doesn't fill would be seen.
        out, valid = np.full(shape, np.nan, np.float32), np.ones(shape, bool)
        images, outs = np.stack([data, 2 * data]), np.full((2, *shape), np.nan, np.float32)
        for band in ((0, middle), (middle, shape[0])):
            kernel(data[None], mask, whole, matrix, out[None], valid, *band)
            kernel(images, mask, whole, matrix, outs, valid, *band)
        np.testing.assert_array_equal(outs, [out, 2 * out])
        return out, valid

    out, valid = in_two_bands(False)
    if mask.all():
        for found, again in zip((out, valid), in_two_bands(True), strict=True):
            np.testing.assert_array_equal(found, again)
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


def in_space(angle: float, scale: float, shift: float, shape: tuple[int, ...]) -> Floats:
    """Return a pose of a volume that turns it about all axes."""
    matrix = np.eye(4)
    for axes in ([0, 1], [1, 2], [0, 2]):
        turn = np.eye(3)
        turn[np.ix_(axes, axes)] = [[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]]
        matrix[:3, :3] = matrix[:3, :3] @ turn
    matrix[:3, :3] *= scale
    centre = (np.array(shape) - 1) / 2
    matrix[:3, 3] = centre + shift - matrix[:3, :3] @ centre
    return matrix


@pytest.mark.parametrize("order", [1, 3])
@pytest.mark.parametrize("shape", VOLUMES, ids=str)
def test_volumes_like_map_coordinates(shape: tuple[int, int, int], order: int) -> None:
    data, holed = RNG.random(shape, dtype=np.float32), RNG.random(shape) > 0.2
    to = (8, 9, 70)
    anywhere = False
    for angle, scale, shift, w in [(0, 1, 0, 0), (0.3, 0.2, 0.1, 0), (2.8, 0.4, -0.3, 0), (0.2, 0.3, 0, 0.02)]:
        matrix = in_space(angle, scale, shift, shape)
        # From the output's middle to the volume's, and where `w` is not 0 in a perspective.
        matrix[:3, 3] += matrix[:3, :3] @ ((np.array(shape) - np.array(to)) / 2)
        matrix[3, :3] = w, -w, w
        out, valid = run(data, np.ones(shape, bool), matrix, to, order)
        expected, inside = reference.warp(data, matrix, to, order)
        np.testing.assert_array_equal(valid, inside)
        np.testing.assert_allclose(out, expected, rtol=0, atol=2e-6 * (1 + 2 * (order == 3)))
        valid = run(data, holed, matrix, to, order)[1]
        np.testing.assert_array_equal(valid, reference.linear_valid(holed, matrix, to))
        index, inside = np.empty(to, np.int64), np.empty(to, bool)
        warp_nearest(np.array(shape), matrix, index, inside, 0, 3)
        warp_nearest(np.array(shape), matrix, index, inside, 3, to[0])
        expected = reference.nearest(data, matrix, to, -1)
        clear = (np.abs(reference.mapped_grid(matrix, to) % 1 - 0.5) > 1e-9).all(0)
        assert clear.mean() > 0.9 or angle == 0
        np.testing.assert_array_equal(np.where(inside, data.ravel()[index], -1)[clear], expected[clear])
        anywhere |= bool((expected[clear] >= 0).any())
    assert anywhere


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
    matrix[0, 2] = 100.0
    out, valid = run(np.ones((5, 6), np.float32), np.ones((5, 6), bool), matrix, (4, 4), order)
    assert not valid.any() and not out.any()
    index, inside = np.full((4, 4), -1), np.ones((4, 4), bool)
    warp_nearest(np.array([5, 6]), matrix, index, inside, 0, 4)
    assert not inside.any() and not index.any()


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


NUMBERS = st.floats(-3, 3) | st.sampled_from([0.0, 1.0, -1.0, 1e9, -1e9, 1e300, np.inf, np.nan])


@settings(max_examples=150)
@given(
    st.lists(st.integers(1, 9), min_size=2, max_size=3),
    st.lists(NUMBERS, min_size=16, max_size=16),
    st.booleans(),
    st.integers(1, 80),
    st.sampled_from([1, 3]),
)
def test_wild_matrices_of_any_rank(
    shape: list[int], numbers: list[float], projective: bool, width: int, order: int
) -> None:
    rank = len(shape)
    matrix = np.reshape(numbers[: (rank + 1) ** 2], (rank + 1, rank + 1))
    if not projective:
        matrix[rank] = np.eye(rank + 1)[rank]
    data = np.indices(shape).sum(0).astype(np.float32) + 1
    to = (*[3] * (rank - 1), width)
    out, valid = run(data, np.ones(shape, bool), matrix, to, order)
    assert (out[~valid] == 0).all()
    assert out[valid].size == 0 or (out[valid].min() > 0.1 and out[valid].max() < data.max() + 0.9)
    index, inside = np.full(to, -1), np.ones(to, bool)
    warp_nearest(np.array(shape), matrix, index, inside, 0, 3)
    assert index.min() >= 0 and index.max() < data.size
    assert not index[~inside].any()


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
        kernel(data[None], np.ones((8, 6), bool), True, np.eye(3), out[None], valid, 2, 5)
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
    for same in (data, still, np.asfortranarray(data), data.astype(">f4")):
        out, valid = warp(Source(same, mask, 1), matrix, (9, 9), 1)
        np.testing.assert_array_equal(valid, expected[1])
        np.testing.assert_array_equal(out, expected[0])


@pytest.mark.parametrize("order", [1, 3])
def test_values_are_as_exact_as_their_type(order: int) -> None:
    data, mask = RNG.random((60, 70), dtype=np.float32) * 255, np.ones((60, 70), bool)
    nodes = ndimage.spline_filter(data.astype(float), 3, mode="mirror") if order == 3 else data.astype(float)
    matrix = moved(0.3, 0.9, 0.3, -0.2, data.shape)
    out, valid = warp(Source(nodes.astype(np.float32), mask, order), matrix, data.shape, 1)
    at = reference.mapped_grid(matrix, data.shape)
    expected = ndimage.map_coordinates(nodes, at, order=order, mode="mirror", prefilter=False)
    assert valid.mean() > 0.5
    assert np.abs(out - expected)[valid].max() < 1e-6 * 255


@pytest.mark.parametrize("matrix", [np.eye(3), np.array([[1.0, 0, 2], [0, 1, -3], [0, 0, 1]])], ids=["0", "shifted"])
def test_linear_values_on_pixels_are_those_pixels(matrix: Floats) -> None:
    data, mask = (1000 * RNG.normal(size=(30, 80))).astype(np.float32), np.ones((30, 80), bool)
    out, valid = run(data, mask, matrix, (30, 80), 1)
    row, column = matrix[:2, 2].astype(int)
    expected = np.roll(data, (-row, -column), (0, 1))
    assert valid.sum() == (30 - abs(row)) * (80 - abs(column))
    np.testing.assert_array_equal(out[valid], expected[valid])
    constant, valid = run(np.full((30, 80), 0.7, np.float32), mask, moved(0.3, 0.9, 1, 1, (30, 80)), (30, 80), 1)
    assert (constant[valid] == np.float32(0.7)).all() and valid.any()


@pytest.mark.parametrize("order", [0, 1, 3])
@pytest.mark.parametrize("w", [0.0, 2e-3])
@pytest.mark.parametrize("size", [(60, 70), (30, 33, 37)])
def test_a_part_has_the_bits_of_the_whole(size: tuple[int, ...], w: float, order: int) -> None:
    rank = len(size)
    data, mask = RNG.random(size, dtype=np.float32), RNG.random(size) < 0.95
    matrix = np.eye(rank + 1) + np.pad(0.1 * RNG.normal(size=(rank, rank)), (0, 1))
    matrix[:-1, -1], matrix[-1, :-1] = 1.7, w

    def warped(out: tuple[slice, ...], of: tuple[slice, ...]) -> list[NDArray[np.float64]]:
        shape = tuple(each.stop - each.start for each in out)
        offsets = np.array([[each.start for each in out], [each.start for each in of]])
        valid, source = np.empty(shape, bool), tuple(each.stop - each.start for each in of)
        if order == 0:
            index = np.empty(shape, np.int64)
            warp_nearest(np.array(source), matrix, index, valid, 0, shape[0], offsets)
            return [np.where(valid, data[of].ravel()[index], -1), valid]
        values = np.empty((1, *shape), np.float32)
        kernel = warp_linear if order == 1 else warp_cubic
        images = np.ascontiguousarray(data[of])[None], np.ascontiguousarray(mask[of])
        kernel(*images, False, matrix, values, valid, 0, shape[0], offsets)
        return [values[0], valid]

    whole = warped(tuple(slice(0, n) for n in size), tuple(slice(0, n) for n in size))
    part = tuple(slice(n // 3, n // 3 + 7) for n in size)
    places = reference.mapped_grid(matrix, size)[(slice(None), *part)].reshape(rank, -1)
    of = tuple(
        slice(max(0, int(low) - 3), min(n, int(high) + 4))
        for low, high, n in zip(places.min(1), places.max(1), size, strict=True)
    )
    assert min(each.start for each in of) > 0 and whole[1][part].any()
    for found, expected in zip(warped(part, of), whole, strict=True):
        np.testing.assert_array_equal(found, expected[part])


def test_offsets_that_are_none_are_refused() -> None:
    image, out = np.zeros((1, 5, 6), np.float32), np.zeros((1, 4, 4), np.float32)
    for offsets in (np.full((2, 2), -1), np.full((2, 2), 2**31 - 2), np.zeros((2, 3), np.int64)):
        with pytest.raises(ValueError, match="offsets must"):
            warp_linear(image, image[0] == 0, True, np.eye(3), out, np.empty((4, 4), bool), 0, 4, offsets)
        with pytest.raises(ValueError, match="offsets must"):
            warp_nearest(np.array([5, 6]), np.eye(3), np.empty((4, 4), np.int64), out[0] == 0, 0, 4, offsets)
