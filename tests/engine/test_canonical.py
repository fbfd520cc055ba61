"""The order that a pair is worked on in, and the way back to the user's."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from numpy.typing import NDArray

from superpose._engine.canonical import canonical
from superpose._engine.mirror import reflection
from superpose._solution import Undo
from superpose.transforms.geometry import PhysicalMap, inverse
from tests.scenes import fixed_view, image_of, moving_view, pose, problem_of

Floats = NDArray[np.float64]

SHAPE = (16, 19)
# Few grey levels: sums of different images are often the same.
SHAPES = st.tuples(st.integers(4, 6), st.integers(4, 6))
VIEWS = SHAPES.flatmap(lambda shape: arrays(np.float32, shape, elements=st.integers(0, 2)))


@settings(max_examples=100)
@given(first=VIEWS, second=VIEWS)
def test_exchanging_the_images_gives_the_same_problem(first: Floats, second: Floats) -> None:
    assume(np.ptp(first) > 0 and np.ptp(second) > 0)
    there, undo = canonical(problem_of(first, second))
    back, undo_back = canonical(problem_of(second, first))
    for one, other in ((there.fixed, back.fixed), (there.moving, back.moving)):
        np.testing.assert_array_equal(one.image.data, other.image.data)
        np.testing.assert_array_equal(one.image.mask, other.image.mask)
    np.testing.assert_allclose(there.start, back.start, rtol=0, atol=1e-12)
    same = np.array_equal(there.fixed.image.data, there.moving.image.data)
    assert undo.swapped + undo_back.swapped == (0 if same else 1)


def test_images_of_the_same_numbers_in_other_places_are_ordered() -> None:
    first = np.zeros((8, 8))
    first[1, 1] = 1
    second = first[::-1, ::-1].copy()
    second[1, 2], second[-2, -2] = 1, 0
    orders = {canonical(problem_of(*pair))[1].swapped for pair in ((first, second), (second, first))}
    assert orders == {False, True}


def test_images_that_differ_in_place_alone_are_ordered() -> None:
    view = fixed_view(SHAPE)
    for other in (view[::-1], view[:, ::-1], np.roll(view, 1, 0)):
        orders = {canonical(problem_of(*pair))[1].swapped for pair in ((view, other), (other, view))}
        assert orders == {False, True}


@pytest.mark.parametrize("exchanged", [False, True])
def test_the_start_is_the_exchanged_pairs(exchanged: bool) -> None:
    truth = pose(30, (2.0, 1.0), SHAPE)
    images = [fixed_view(SHAPE), moving_view(SHAPE, truth)]
    start = truth if not exchanged else inverse(truth)
    problem = problem_of(*(images[::-1] if exchanged else images), initial=start)
    ordered, undo = canonical(problem)
    np.testing.assert_allclose(undo.to_users(ordered.start), problem.start, rtol=0, atol=1e-12)
    if not undo.swapped:
        assert ordered is problem
    else:
        assert ordered.fixed is problem.moving and ordered.moving is problem.fixed


@given(
    angle=st.floats(-180, 180),
    scale=st.floats(0.1, 10),
    shift=st.tuples(st.floats(-100, 100), st.floats(-100, 100)),
    swapped=st.booleans(),
    mirror=st.booleans(),
)
def test_a_pose_comes_back_from_the_solvers_pair(
    angle: float, scale: float, shift: tuple[float, float], swapped: bool, mirror: bool
) -> None:
    moving = image_of(np.zeros(SHAPE), (4.0, -7.0), (0.5, 2.0))
    undo = Undo(swapped, reflection(moving) if mirror else None)
    own = pose(angle, shift, SHAPE, scale)
    for there, back in ((undo.to_solvers, undo.to_users), (undo.to_users, undo.to_solvers)):
        np.testing.assert_allclose(back(there(own)), own, rtol=0, atol=1e-9 * (1 + np.abs(own).max()))


def test_a_mirrored_and_exchanged_pose_is_undone_in_that_order() -> None:
    """The solver's moving image is the user's fixed image, mirrored."""
    mirror = reflection(image_of(np.zeros(SHAPE)))
    undo = Undo(True, mirror)
    own = PhysicalMap(pose(10, (2.0, 3.0), SHAPE))
    expected = np.linalg.inv(mirror @ own)
    np.testing.assert_allclose(undo.to_users(own), expected, atol=1e-12)
    assert np.linalg.det(undo.to_users(own)) < 0
