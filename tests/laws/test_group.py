"""The group axioms, once for all: every family, every size of motion."""

from __future__ import annotations

import copy
import pickle

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import superpose
from superpose import MatrixTransform
from superpose.transforms.family import family_named

FAMILIES = ["translation", "rigid", "similarity", "affine", "homography"]
# How far a motion goes: shift in pixels, turn in radians, the linear part's distance from a rotation, and a
# homography's perspective, in 1 / pixel: no product of three brings its horizon near POINTS.
SIZES = {
    "identity": (0.0, 0.0, 0.0, 0.0),
    "1e-8 px": (1e-8, 1e-11, 1e-11, 1e-14),
    "ordinary": (30.0, 0.5, 0.2, 5e-5),
    "half-turn": (300.0, np.pi, 0.2, 5e-5),
    "near singular": (30.0, 3.0, 0.999, 5e-5),
}
POINTS = np.array([[0.0, 0.0], [511.0, 0.0], [0.0, 511.0], [511.0, 511.0], [17.25, 333.5]])

unit = st.floats(-1, 1, allow_nan=False, width=32)


@st.composite
def transforms(draw: st.DrawFn, family: str, size: str) -> MatrixTransform:
    shift, turn, stretch, bend = SIZES[size]
    by = (shift * draw(unit), shift * draw(unit))
    centre = (512 * draw(unit), 512 * draw(unit))
    # A half-turn is +pi and -pi: the values around it are the ones worth meeting.
    angle = np.copysign(turn, draw(unit)) * (1 - 1e-9 * abs(draw(unit))) if size == "half-turn" else turn * draw(unit)
    if family == "translation":
        return superpose.translation(by)
    if family == "rigid":
        return superpose.rigid(angle, by, centre)
    shrink = (1 - stretch) if size == "near singular" else 1 + stretch * draw(unit)
    if family == "similarity":
        return superpose.similarity(angle, shrink, by, centre)
    c, s = np.cos(angle), np.sin(angle)
    stretched = np.diag([shrink, 1.0]) @ np.array([[1, stretch * draw(unit)], [0, 1]])
    linear = np.array([[c, -s], [s, c]]) @ stretched
    if family == "affine":
        return superpose.affine(linear, by, centre)
    bent = np.eye(3)
    bent[:2, :2], bent[2, :2] = linear, (bend * draw(unit), bend * draw(unit))
    return superpose.homography(bent, by, centre)


pairs = [pytest.param(family, size, id=f"{family}, {size}") for family in FAMILIES for size in SIZES]


def tolerance(*used: MatrixTransform) -> float:
    """Rounding of coordinates of this size, magnified by how ill the matrices are conditioned."""
    condition = float(np.prod([np.linalg.cond(t.matrix[:2, :2]) for t in used]))
    reach = max(1.0, *(float(np.abs(t.matrix).max()) for t in used))
    return 1e-11 * condition * reach


@pytest.mark.parametrize("family, size", pairs)
@settings(max_examples=20)
@given(st.data())
def test_identity_is_neutral(family: str, size: str, data: st.DataObject) -> None:
    t = data.draw(transforms(family, size))
    identity = superpose.translation((0, 0))
    assert np.array_equal((t @ identity).matrix, t.matrix)
    assert np.array_equal((identity @ t).matrix, t.matrix)
    assert (t @ identity).family == (identity @ t).family == family


@pytest.mark.parametrize("family, size", pairs)
@settings(max_examples=20)
@given(st.data())
def test_composition_applies_the_right_one_first(family: str, size: str, data: st.DataObject) -> None:
    a, b = data.draw(transforms(family, size)), data.draw(transforms(family, "ordinary"))
    np.testing.assert_allclose((a @ b)(POINTS), a(b(POINTS)), rtol=0, atol=tolerance(a, b))
    assert (a @ b).family == family


@pytest.mark.parametrize("family, size", pairs)
@settings(max_examples=20)
@given(st.data())
def test_composition_is_associative(family: str, size: str, data: st.DataObject) -> None:
    a, b, c = (data.draw(transforms(family, size)) for _ in range(3))
    np.testing.assert_allclose(((a @ b) @ c)(POINTS), (a @ (b @ c))(POINTS), rtol=0, atol=tolerance(a, b, c))


@pytest.mark.parametrize("family, size", pairs)
@settings(max_examples=20)
@given(st.data())
def test_inverse_undoes(family: str, size: str, data: st.DataObject) -> None:
    t = data.draw(transforms(family, size))
    back = t.inverse()
    assert back.family == family
    limit = tolerance(t, back)
    np.testing.assert_allclose(back(t(POINTS)), POINTS, rtol=0, atol=limit)
    # A homography has places in moving that no fixed point goes to.
    there = t(POINTS) if family == "homography" else POINTS
    np.testing.assert_allclose(t(back(there)), there, rtol=0, atol=limit)
    np.testing.assert_allclose(back.inverse()(POINTS), t(POINTS), rtol=0, atol=limit)


@pytest.mark.parametrize("family, size", pairs)
@settings(max_examples=20)
@given(st.data())
def test_parameters_make_the_transform_again(family: str, size: str, data: st.DataObject) -> None:
    t = data.draw(transforms(family, size)).about((255.5, 255.5))
    numbers = t.parameters
    if family == "translation":
        again = superpose.translation(numbers["shift"]).about(numbers["centre"])
    else:
        again = getattr(superpose, family)(**numbers)
    assert again.family == family
    assert again.centre == t.centre == (255.5, 255.5)
    np.testing.assert_allclose(again(POINTS), t(POINTS), rtol=0, atol=tolerance(t))


@pytest.mark.parametrize("family, size", pairs)
@settings(max_examples=20)
@given(st.data())
def test_about_changes_the_words_and_no_point(family: str, size: str, data: st.DataObject) -> None:
    t = data.draw(transforms(family, size))
    other = t.about((100.0, -20.5))
    assert np.array_equal(other.matrix, t.matrix)
    assert other == t
    assert other.parameters["centre"] == (100.0, -20.5)
    np.testing.assert_allclose(np.array([100.0, -20.5]) + other.shift, t((100.0, -20.5)), rtol=0, atol=1e-9)


@pytest.mark.parametrize("family, size", pairs)
@settings(max_examples=20)
@given(st.data())
def test_copies_are_the_same_bits(family: str, size: str, data: st.DataObject) -> None:
    t = data.draw(transforms(family, size))
    for other in (pickle.loads(pickle.dumps(t)), copy.copy(t), copy.deepcopy(t)):
        assert other == t
        assert hash(other) == hash(t)
        assert other.matrix.tobytes() == t.matrix.tobytes()
        assert other.centre == t.centre
        assert not other.matrix.flags.writeable


@settings(max_examples=30)
@given(transforms("similarity", "ordinary"), transforms("rigid", "half-turn"))
def test_the_wider_family_wins(a: MatrixTransform, b: MatrixTransform) -> None:
    assert (a @ b).family == (b @ a).family == "similarity"
    assert (a.inverse() @ superpose.affine(np.eye(2))).family == "affine"


@settings(max_examples=30)
@given(transforms("rigid", "ordinary"), transforms("rigid", "ordinary"))
def test_distance_is_a_distance(a: MatrixTransform, b: MatrixTransform) -> None:
    assert a.distance(a, POINTS) == 0
    assert a.distance(b, POINTS) == b.distance(a, POINTS) >= 0


@settings(max_examples=30)
@given(transforms("affine", "ordinary"), transforms("homography", "half-turn"))
def test_a_homography_is_the_widest(a: MatrixTransform, b: MatrixTransform) -> None:
    assert (a @ b).family == (b @ a).family == "homography"
    assert (b @ b.inverse()).family == "homography"


@settings(max_examples=50)
@given(transforms("homography", "ordinary"), st.floats(1e-6, 1e6), st.sampled_from([1, -1]))
def test_the_scale_of_a_homography_s_matrix_means_nothing(t: MatrixTransform, factor: float, sign: int) -> None:
    other = superpose.homography(sign * factor * t.matrix)
    assert other.matrix[2, 2] == t.matrix[2, 2] == 1
    np.testing.assert_allclose(other(POINTS), t(POINTS), rtol=0, atol=tolerance(t))
    same = superpose.from_matrix(4 * t.matrix, "homography", t.centre)
    assert same == t  # a power of two rounds nothing


@settings(max_examples=50)
@given(transforms("homography", "ordinary"), st.floats(0.1, 30), st.tuples(unit, unit))
def test_an_optimiser_s_vector_is_a_homography_s_own(t: MatrixTransform, pixel: float, at: tuple[float, float]) -> None:
    family = family_named("homography")
    centre, radius = 512 * np.array(at), 400.0
    again = family.matrix(family.vector(t.matrix, centre, radius), centre, radius)
    assert MatrixTransform(again, "homography", tuple(centre)).distance(t, POINTS) < 1e-8
    # One unit is about one pixel at a corner, whatever a pixel measures.
    corner = centre + radius * pixel * np.array([0.6, 0.8])
    for step in np.eye(family.size) * family.units(pixel):
        moved = MatrixTransform(family.matrix(step, centre, radius), "homography", tuple(centre))(corner) - corner
        assert 0.3 * pixel < np.linalg.norm(moved) < 1.05 * pixel
