"""The bridge between poses in pixels of a level and poses in physical coordinates."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from superpose._sampling.level_pair import LevelPair
from superpose.transforms.geometry import IndexMap, PhysicalMap, apply
from tests.scenes import fixed_view, level_of, moving_view, pairs_of, pose, problem_of

Floats = NDArray[np.float64]

PLACE = st.tuples(st.floats(-50, 50), st.floats(-50, 50))
SPACING = st.tuples(st.floats(0.1, 10), st.floats(0.1, 10))
POINTS = np.array([[0.0, 0.0], [3.0, -2.0], [7.5, 11.0]])


def homography(angle: float, shift: tuple[float, float], bend: tuple[float, float]) -> Floats:
    matrix = pose(angle, shift, (9, 12))
    matrix[2, :2] = bend
    return matrix


POSES = st.builds(homography, st.floats(-180, 180), PLACE, st.tuples(st.floats(-1e-3, 1e-3), st.floats(-1e-3, 1e-3)))


@given(own=POSES, origins=st.tuples(PLACE, PLACE), spacings=st.tuples(SPACING, SPACING))
def test_there_and_back_is_the_same_pose(
    own: Floats, origins: tuple[tuple, tuple], spacings: tuple[tuple, tuple]
) -> None:
    fixed, moving = (level_of(np.zeros((9, 12)), *place) for place in zip(origins, spacings, strict=True))
    pair = LevelPair(fixed, moving)
    for there, back in ((pair.to_physical, pair.to_index), (pair.to_index, pair.to_physical)):
        other = back(there(own))
        np.testing.assert_allclose(other, own, rtol=1e-9, atol=1e-9 * np.abs(own).max())


@given(own=POSES, origins=st.tuples(PLACE, PLACE), spacings=st.tuples(SPACING, SPACING))
def test_both_poses_take_a_point_to_the_same_place(
    own: Floats, origins: tuple[tuple, tuple], spacings: tuple[tuple, tuple]
) -> None:
    """Asked of the points of fixed's pixels."""
    fixed, moving = (level_of(np.zeros((9, 12)), *place) for place in zip(origins, spacings, strict=True))
    physical = LevelPair(fixed, moving).to_physical(IndexMap(own))
    there = apply(physical, fixed.image.grid.to_physical(POINTS))
    expected = moving.image.grid.to_physical(apply(own, POINTS))
    np.testing.assert_allclose(there, expected, rtol=1e-7, atol=1e-6)


@pytest.mark.parametrize("shape", [(64, 48), (65, 51)])
def test_a_coarser_level_has_the_same_physical_pose(shape: tuple[int, int]) -> None:
    """One pixel of level k is 2 ** k pixels of the image, and so is a shift."""
    shift = PhysicalMap(pose(0, (4.0, -8.0), shape))
    pairs = pairs_of(problem_of(fixed_view(shape), moving_view(shape, shift)))
    assert len(pairs) > 2
    for k, pair in enumerate(pairs):
        np.testing.assert_allclose(pair.to_index(shift)[:2, 2], np.array([4.0, -8.0]) / 2**k, atol=1e-12)


def test_both_fields_are_made_on_any_number_of_threads() -> None:
    views = fixed_view((32, 40)), moving_view((32, 40), pose(20, (1.0, 2.0), (32, 40)))
    one, other = (LevelPair(*map(level_of, views)).with_fields(threads) for threads in (1, 2))
    for a, b in ((one.fixed, other.fixed), (one.moving, other.moving)):
        assert "field" in vars(a) and "field" in vars(b)
        np.testing.assert_array_equal(a.field.padded, b.field.padded)
