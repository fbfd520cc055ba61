"""The group axioms, once for all: every family, of images and of volumes, every size of motion."""

from __future__ import annotations

import copy
import pickle

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import superpose
from superpose import MatrixTransform
from superpose.transforms.family import FAMILIES, Family, family_named
from superpose.transforms.geometry import rotation

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
# The same in two planes of a volume.
PLACES = {2: POINTS, 3: np.vstack([np.insert(POINTS, 0, 0.0, 1), np.insert(POINTS, 0, 99.5, 1)])}

unit = st.floats(-1, 1, allow_nan=False, width=32)


@st.composite
def transforms(draw: st.DrawFn, kind: Family, size: str) -> MatrixTransform:
    shift, turn, stretch, bend = SIZES[size]
    by, centre = ([length * draw(unit) for _ in range(kind.ndim)] for length in (shift, 512))
    if not kind.turns:
        return superpose.translation(by)
    # A half-turn is +pi and -pi: the values around it are the ones worth meeting.
    angle = np.copysign(turn, draw(unit)) * (1 - 1e-9 * abs(draw(unit))) if size == "half-turn" else turn * draw(unit)
    vector = np.array([angle])
    if kind.ndim == 3:
        axis = np.array([draw(unit), draw(unit), 1.0])
        vector = angle * axis / np.linalg.norm(axis)
    shrink = (1 - stretch) if size == "near singular" else 1 + stretch * draw(unit)
    if not kind.shears:
        made = angle if kind.ndim == 2 else vector
        return superpose.similarity(made, shrink, by, centre) if kind.scales else superpose.rigid(made, by, centre)
    sheared = np.eye(kind.ndim)
    sheared[np.triu_indices(kind.ndim, 1)] = [stretch * draw(unit) for _ in range(kind.ndim * (kind.ndim - 1) // 2)]
    sheared[0] *= shrink
    linear = rotation(vector) @ sheared
    if not kind.perspective:
        return superpose.affine(linear, by, centre)
    bent = np.eye(3)
    bent[:2, :2], bent[2, :2] = linear, (bend * draw(unit), bend * draw(unit))
    return superpose.homography(bent, by, centre)


def planar(family: str, size: str) -> st.SearchStrategy[MatrixTransform]:
    """Transforms of images."""
    return transforms(family_named(family), size)


pairs = [
    pytest.param(kind, size, id=f"{kind.name}, {kind.ndim}D, {size}") for kind in FAMILIES.values() for size in SIZES
]


def tolerance(*used: MatrixTransform) -> float:
    """Rounding of coordinates of this size, magnified by how ill the matrices are conditioned."""
    condition = float(np.prod([np.linalg.cond(t.matrix[:-1, :-1]) for t in used]))
    reach = max(1.0, *(float(np.abs(t.matrix).max()) for t in used))
    return 1e-11 * condition * reach


@pytest.mark.parametrize("kind, size", pairs)
@settings(max_examples=20)
@given(st.data())
def test_identity_is_neutral(kind: Family, size: str, data: st.DataObject) -> None:
    t = data.draw(transforms(kind, size))
    identity = superpose.translation([0] * kind.ndim)
    assert np.array_equal((t @ identity).matrix, t.matrix)
    assert np.array_equal((identity @ t).matrix, t.matrix)
    assert (t @ identity).family == (identity @ t).family == kind.name


@pytest.mark.parametrize("kind, size", pairs)
@settings(max_examples=20)
@given(st.data())
def test_composition_applies_the_right_one_first(kind: Family, size: str, data: st.DataObject) -> None:
    a, b = data.draw(transforms(kind, size)), data.draw(transforms(kind, "ordinary"))
    np.testing.assert_allclose((a @ b)(PLACES[kind.ndim]), a(b(PLACES[kind.ndim])), rtol=0, atol=tolerance(a, b))
    assert (a @ b).family == kind.name


@pytest.mark.parametrize("kind, size", pairs)
@settings(max_examples=20)
@given(st.data())
def test_composition_is_associative(kind: Family, size: str, data: st.DataObject) -> None:
    a, b, c = (data.draw(transforms(kind, size)) for _ in range(3))
    np.testing.assert_allclose(
        ((a @ b) @ c)(PLACES[kind.ndim]), (a @ (b @ c))(PLACES[kind.ndim]), rtol=0, atol=tolerance(a, b, c)
    )


@pytest.mark.parametrize("kind, size", pairs)
@settings(max_examples=20)
@given(st.data())
def test_inverse_undoes(kind: Family, size: str, data: st.DataObject) -> None:
    t = data.draw(transforms(kind, size))
    back = t.inverse()
    assert back.family == kind.name
    limit = tolerance(t, back)
    np.testing.assert_allclose(back(t(PLACES[kind.ndim])), PLACES[kind.ndim], rtol=0, atol=limit)
    # A homography has places in moving that no fixed point goes to.
    there = t(PLACES[kind.ndim]) if kind.perspective else PLACES[kind.ndim]
    np.testing.assert_allclose(t(back(there)), there, rtol=0, atol=limit)
    np.testing.assert_allclose(back.inverse()(PLACES[kind.ndim]), t(PLACES[kind.ndim]), rtol=0, atol=limit)


@pytest.mark.parametrize("kind, size", pairs)
@settings(max_examples=20)
@given(st.data())
def test_parameters_make_the_transform_again(kind: Family, size: str, data: st.DataObject) -> None:
    centre = (255.5, 255.5, 70.0)[: kind.ndim]
    t = data.draw(transforms(kind, size)).about(centre)
    numbers = t.parameters
    if not kind.turns:
        again = superpose.translation(numbers["shift"]).about(numbers["centre"])
    else:
        again = getattr(superpose, kind.name)(**numbers)
    assert again.family == kind.name
    assert again.centre == t.centre == centre
    np.testing.assert_allclose(again(PLACES[kind.ndim]), t(PLACES[kind.ndim]), rtol=0, atol=tolerance(t))


@pytest.mark.parametrize("kind, size", pairs)
@settings(max_examples=20)
@given(st.data())
def test_about_changes_the_words_and_no_point(kind: Family, size: str, data: st.DataObject) -> None:
    t = data.draw(transforms(kind, size))
    centre = (100.0, -20.5, 3.0)[: kind.ndim]
    other = t.about(centre)
    assert np.array_equal(other.matrix, t.matrix)
    assert other == t
    assert other.parameters["centre"] == centre
    np.testing.assert_allclose(centre + other.shift, t(centre), rtol=0, atol=1e-9)


@pytest.mark.parametrize("kind, size", pairs)
@settings(max_examples=20)
@given(st.data())
def test_copies_are_the_same_bits(kind: Family, size: str, data: st.DataObject) -> None:
    t = data.draw(transforms(kind, size))
    for other in (pickle.loads(pickle.dumps(t)), copy.copy(t), copy.deepcopy(t)):
        assert other == t
        assert hash(other) == hash(t)
        assert other.matrix.tobytes() == t.matrix.tobytes()
        assert other.centre == t.centre
        assert not other.matrix.flags.writeable


@pytest.mark.parametrize("kind, size", pairs)
@settings(max_examples=20)
@given(st.data(), st.tuples(unit, unit, unit))
def test_an_optimiser_s_vector_is_the_family_s_own(
    kind: Family, size: str, data: st.DataObject, at: tuple[float, float, float]
) -> None:
    t = data.draw(transforms(kind, size))
    centre, radius = 512 * np.array(at[: kind.ndim]), 400.0
    again = kind.matrix(kind.vector(t.matrix, centre, radius), centre, radius)
    found = MatrixTransform(again, kind.name, tuple(centre))
    np.testing.assert_allclose(found(PLACES[kind.ndim]), t(PLACES[kind.ndim]), rtol=0, atol=10 * tolerance(t))


@settings(max_examples=30)
@given(planar("similarity", "ordinary"), planar("rigid", "half-turn"))
def test_the_wider_family_wins(a: MatrixTransform, b: MatrixTransform) -> None:
    assert (a @ b).family == (b @ a).family == "similarity"
    assert (a.inverse() @ superpose.affine(np.eye(2))).family == "affine"
    assert (superpose.rigid((0, 1, 2)) @ superpose.affine(np.eye(3))).family == "affine"


@settings(max_examples=30)
@given(planar("rigid", "ordinary"), planar("rigid", "ordinary"))
def test_distance_is_a_distance(a: MatrixTransform, b: MatrixTransform) -> None:
    assert a.distance(a, POINTS) == 0
    assert a.distance(b, POINTS) == b.distance(a, POINTS) >= 0


@settings(max_examples=30)
@given(planar("affine", "ordinary"), planar("homography", "half-turn"))
def test_a_homography_is_the_widest(a: MatrixTransform, b: MatrixTransform) -> None:
    assert (a @ b).family == (b @ a).family == "homography"
    assert (b @ b.inverse()).family == "homography"


@settings(max_examples=50)
@given(planar("homography", "ordinary"), st.floats(1e-6, 1e6), st.sampled_from([1, -1]))
def test_the_scale_of_a_homography_s_matrix_means_nothing(t: MatrixTransform, factor: float, sign: int) -> None:
    other = superpose.homography(sign * factor * t.matrix)
    assert other.matrix[2, 2] == t.matrix[2, 2] == 1
    np.testing.assert_allclose(other(POINTS), t(POINTS), rtol=0, atol=tolerance(t))
    same = superpose.from_matrix(4 * t.matrix, "homography", t.centre)
    assert same == t  # a power of two rounds nothing
