"""The formulas of poses, in 2D and 3D, against naive ones."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from scipy import linalg

from superpose import Grid
from superpose.transforms import geometry
from superpose.transforms.geometry import IndexMap, PhysicalMap

RNG = np.random.default_rng(15)
AXES = (2, 3)
GRIDS = {2: Grid((40, 61), (5, -3), (2.0, 0.5)), 3: Grid((9, 40, 61), (1, 5, -3), (3.0, 2.0, 0.5))}

small = st.floats(-1, 1, width=32)


def drawn(ndim: int, bend: float = 1e-3) -> np.ndarray:
    """A homography near the identity."""
    matrix = np.eye(ndim + 1)
    matrix[:-1, :-1] += RNG.uniform(-0.3, 0.3, (ndim, ndim))
    matrix[:-1, -1] = RNG.uniform(-9, 9, ndim)
    matrix[-1, :-1] = RNG.uniform(-bend, bend, ndim)
    return matrix


@pytest.mark.parametrize("ndim", AXES)
def test_apply_is_the_naive_division(ndim: int) -> None:
    matrix, points = drawn(ndim), RNG.uniform(-50, 50, (7, 5, ndim))
    naive = [((m := matrix @ [*point, 1])[:-1] / m[-1]).tolist() for point in points.reshape(-1, ndim)]
    np.testing.assert_allclose(geometry.apply(matrix, points).reshape(-1, ndim), naive, rtol=1e-12)


def test_a_point_on_the_horizon_goes_nowhere_without_a_warning() -> None:
    assert not np.isfinite(geometry.apply(np.array([[1, 0, 0], [0, 1, 0], [-0.1, 0, 1]]), (10, 0))).any()


@pytest.mark.parametrize("ndim", AXES)
def test_about_keeps_its_centre_but_for_the_shift(ndim: int) -> None:
    linear, centre, shift = RNG.normal(size=(ndim, ndim)), RNG.uniform(0, 99, ndim), RNG.uniform(-9, 9, ndim)
    matrix = geometry.about(linear, shift, centre)
    np.testing.assert_allclose(geometry.apply(matrix, centre), centre + shift, atol=1e-9)
    assert geometry.is_affine(matrix)


@pytest.mark.parametrize("ndim", AXES)
def test_pieces_and_projective_are_inverse(ndim: int) -> None:
    matrix, centre = drawn(ndim), RNG.uniform(-50, 50, ndim)
    again = geometry.projective(*geometry.pieces(matrix, centre), centre)
    np.testing.assert_allclose(geometry.normalised(again), matrix, rtol=1e-10, atol=1e-12)


@pytest.mark.parametrize("ndim", AXES)
def test_inverse_is_normalised_and_affine_where_the_map_is(ndim: int) -> None:
    bent, flat = drawn(ndim), drawn(ndim, bend=0.0)
    for matrix in (bent, flat, 5 * bent):
        back = geometry.inverse(matrix)
        assert back[-1, -1] == 1
        np.testing.assert_allclose(geometry.normalised(back @ matrix), np.eye(ndim + 1), atol=1e-10)
    assert geometry.is_affine(geometry.inverse(flat))
    assert not geometry.is_affine(geometry.inverse(bent))


def test_normalised_leaves_an_affine_map_exactly_affine() -> None:
    assert geometry.is_affine(geometry.normalised(7.3 * np.eye(4)))


@pytest.mark.parametrize("ndim", AXES)
def test_scale_and_mirroring(ndim: int) -> None:
    matrix = geometry.about(2.5 * geometry.rotation(RNG.normal(size=2 * ndim - 3)), np.ones(ndim), np.zeros(ndim))
    assert geometry.volume_ratio(matrix) == pytest.approx(2.5**ndim)
    assert geometry.scale_of(matrix) == pytest.approx(2.5)
    assert not geometry.mirrored(matrix)
    matrix[0] *= -1
    assert geometry.mirrored(matrix)
    assert geometry.scale_of(matrix) == pytest.approx(2.5)


def test_a_turn_about_the_first_axis_is_the_turn_of_the_other_two() -> None:
    turned = geometry.rotation(np.array([0.3, 0, 0]))
    np.testing.assert_allclose(turned[1:, 1:], geometry.turn(0.3), atol=1e-15)
    np.testing.assert_allclose(turned[0], [1, 0, 0], atol=1e-15)


@given(arrays(float, 3, elements=st.floats(-4, 4, width=32)))
def test_rotations_are_the_exponential_of_their_vector(vector: np.ndarray) -> None:
    x, y, z = vector
    np.testing.assert_allclose(
        geometry.rotation(vector), linalg.expm(np.array([[0, -z, y], [z, 0, -x], [-y, x, 0]])), atol=1e-12
    )


@pytest.mark.parametrize("numbers", [1, 3])
@given(st.data(), st.floats(1e-3, 1e3), st.sampled_from([0.0, 1e-8, 0.5, np.pi - 1e-7]))
def test_the_nearest_rotation_of_a_similarity_is_its_own(
    numbers: int, data: st.DataObject, scale: float, angle: float
) -> None:
    axis = data.draw(arrays(float, numbers, elements=small).filter(lambda each: np.linalg.norm(each) > 1e-3))
    vector = angle * axis / np.linalg.norm(axis)
    found, size = geometry.nearest_rotation(scale * geometry.rotation(vector))
    np.testing.assert_allclose(found, vector, atol=1e-12)
    assert size == pytest.approx(scale)


@pytest.mark.parametrize("ndim", AXES)
@pytest.mark.parametrize("mirror", [False, True])
def test_no_similarity_lies_nearer(ndim: int, mirror: bool) -> None:
    for _ in range(20):
        linear = RNG.normal(size=(ndim, ndim))
        linear[0] *= np.sign(np.linalg.det(linear)) * (-1 if mirror else 1)
        vector, scale = geometry.nearest_rotation(linear)

        def gap(vector: np.ndarray, scale: float, linear: np.ndarray = linear) -> float:
            return float(((scale * geometry.rotation(vector) - linear) ** 2).sum())

        least = gap(vector, scale)
        assert np.linalg.det(geometry.rotation(vector)) == pytest.approx(1)
        for _ in range(20):
            assert gap(vector + RNG.normal(0, 0.05, len(vector)), scale + RNG.normal(0, 0.05)) >= least


@pytest.mark.parametrize("ndim", AXES)
def test_velocities_are_those_of_the_exponential(ndim: int) -> None:
    generators, points = RNG.normal(size=(4, ndim + 1, ndim + 1)) / 50, RNG.uniform(-3, 3, (5, ndim))
    step = 1e-5
    there = [geometry.apply(linalg.expm(step * each), points) for each in generators]
    back = [geometry.apply(linalg.expm(-step * each), points) for each in generators]
    expected = np.stack([(a - b) / (2 * step) for a, b in zip(there, back, strict=True)], -1)
    np.testing.assert_allclose(geometry.velocities(generators, points), expected, atol=1e-8)


@pytest.mark.parametrize("ndim", AXES)
def test_corner_distances_are_in_pixels_of_fixed(ndim: int) -> None:
    grid = GRIDS[ndim]
    a = PhysicalMap(drawn(ndim, bend=0.0))
    # A step of fixed's own first axis before the pose is the same number of pixels at every corner.
    aside = np.eye(ndim + 1)
    aside[0, -1] = 4.5
    b = PhysicalMap(a @ aside)
    size = np.linalg.norm(a[:-1, 0]) * 4.5 / (geometry.scale_of(a) * np.prod(grid.spacing) ** (1 / ndim))
    assert geometry.max_corner_distance(a, b, grid) == pytest.approx(size)
    assert geometry.rms_corner_distance(a, b, grid) == pytest.approx(size)


@pytest.mark.parametrize("ndim", AXES)
def test_corner_distances_are_the_largest_and_the_root_mean_square(ndim: int) -> None:
    a, b = IndexMap(drawn(ndim)), IndexMap(drawn(ndim))
    shape = GRIDS[ndim].shape
    corners = np.array(list(np.ndindex(*[2] * ndim))) * (np.array(shape) - 1.0)
    gaps = np.linalg.norm(geometry.apply(a, corners) - geometry.apply(b, corners), axis=1) / geometry.scale_of(a)
    assert geometry.max_corner_distance(a, b, Grid(shape)) == pytest.approx(gaps.max())
    assert geometry.rms_corner_distance(a, b, Grid(shape)) == pytest.approx(np.sqrt((gaps**2).mean()))
    assert geometry.max_corner_distance(a, a, Grid(shape)) == geometry.rms_corner_distance(a, a, Grid(shape)) == 0


def test_a_corner_on_the_horizon_is_infinitely_far_away() -> None:
    tilted = IndexMap(np.array([[1, 0, 0], [0, 1, 0], [-1 / 39, 0, 1]]))
    assert geometry.max_corner_distance(tilted, IndexMap(np.eye(3)), Grid((40, 61))) == np.inf
