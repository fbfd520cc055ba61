"""The families as values: their generators, their vectors, and what each may do, in 2D and 3D."""

from __future__ import annotations

import copy
import pickle

import numpy as np
import pytest
from scipy import linalg

from superpose import InputError
from superpose.transforms.family import FAMILIES, Family, families, family_named
from superpose.transforms.geometry import about, mirrored, scale_of

RNG = np.random.default_rng(2)
SIZES = {
    ("translation", 2): 2,
    ("rigid", 2): 3,
    ("similarity", 2): 4,
    ("affine", 2): 6,
    ("homography", 2): 8,
    ("translation", 3): 3,
    ("rigid", 3): 6,
    ("similarity", 3): 7,
    ("affine", 3): 12,
}
each_family = pytest.mark.parametrize("family", FAMILIES.values(), ids=lambda each: f"{each.name}-{each.ndim}D")


def test_there_are_nine() -> None:
    assert {key: family.size for key, family in FAMILIES.items()} == SIZES
    assert list(families(2)) == ["translation", "rigid", "similarity", "affine", "homography"]
    assert list(families(3)) == ["translation", "rigid", "similarity", "affine"]


def test_names() -> None:
    assert family_named("Rigid") is FAMILIES["rigid", 2]
    assert family_named("rigid", 3) is FAMILIES["rigid", 3]
    with pytest.raises(InputError, match=r"^family='ridgid' is not known; did you mean 'rigid'"):
        family_named("ridgid", 3, "family")
    with pytest.raises(
        InputError, match=r"^transform='homography' is for two dimensions, not for 3; choose one of tra"
    ):
        family_named("homography", 3)


@each_family
def test_values_are_frozen_and_equal_by_name(family: Family) -> None:
    for other in (copy.deepcopy(family), pickle.loads(pickle.dumps(family))):
        assert other == family and hash(other) == hash(family)
    for numbers in (family.generators, family.basis):
        with pytest.raises(ValueError, match="read-only"):
            numbers[0] = 1


@each_family
def test_the_basis_is_the_generators(family: Family) -> None:
    # Of volumes there is no perspective, and no number for it.
    numbers = 8 if family.ndim == 2 else 12
    assert family.basis.shape == (numbers, family.size)
    for generator, column in zip(family.generators, family.basis.T, strict=True):
        assert [*column, *[0.0] * ((family.ndim + 1) ** 2 - numbers)] == generator.ravel().tolist()
    assert set(np.unique(family.basis)) <= {-1.0, 0.0, 1.0}


@each_family
def test_generators_lead_to_members_and_to_all_of_them(family: Family) -> None:
    step = RNG.normal(0, 0.2, family.size)
    matrix = linalg.expm(np.tensordot(step, family.generators, 1))
    centre = np.zeros(family.ndim)
    np.testing.assert_allclose(family.project(matrix, centre), matrix / matrix[-1, -1], atol=1e-12)
    # Independent: no direction of the vector is missing.
    slopes = [
        family.vector(linalg.expm(1e-6 * each), centre, 1.0) - family.vector(np.eye(family.ndim + 1), centre, 1.0)
        for each in family.generators
    ]
    assert np.linalg.matrix_rank(np.array(slopes) / 1e-6, tol=1e-3) == family.size


@each_family
def test_a_vector_makes_the_matrix_again(family: Family) -> None:
    centre, radius = RNG.uniform(0, 99, family.ndim), 70.0
    for size in (0.0, 1e-8, 1.0, 60.0):
        vector = RNG.uniform(-1, 1, family.size) * size / np.sqrt(family.size)
        matrix = family.matrix(vector, centre, radius)
        np.testing.assert_allclose(family.vector(matrix, centre, radius), vector, atol=1e-10 * max(1, size))


@each_family
def test_one_unit_is_about_one_pixel_at_the_corner(family: Family) -> None:
    centre, radius = np.full(family.ndim, 50.0), 50.0 * np.sqrt(family.ndim)
    corners = np.array(list(np.ndindex(*[2] * family.ndim))) * 100.0
    for pixel in (0.1, 1.0, 30.0):
        for step in np.eye(family.size) * family.units(pixel):
            matrix = family.matrix(step, centre * pixel, radius)
            at = np.column_stack([corners * pixel, np.ones(len(corners))])
            moved = at @ matrix.T
            gap = np.linalg.norm(moved[:, :-1] / moved[:, -1:] - corners * pixel, axis=1).max() / pixel
            assert 0.5 < gap < 1.05


@each_family
def test_projection_is_the_family_s_own_and_keeps_the_centre_s_place(family: Family) -> None:
    centre = RNG.uniform(0, 99, family.ndim)
    matrix = about(
        np.eye(family.ndim) + RNG.uniform(-0.3, 0.3, (family.ndim,) * 2), RNG.normal(size=family.ndim), centre
    )
    found = family.project(matrix, centre)
    np.testing.assert_allclose(family.project(found, centre), found, atol=1e-12)
    np.testing.assert_allclose((found @ [*centre, 1])[:-1], (matrix @ [*centre, 1])[:-1], atol=1e-9)


@each_family
def test_what_it_may_do_is_what_its_members_do(family: Family) -> None:
    origin, eye = np.zeros(family.ndim), np.eye(family.ndim)
    moved = [family.matrix(step, origin, 1.0) for step in np.eye(family.size) * 0.1]
    linears = [each[:-1, :-1] for each in moved]
    assert family.turns == any(not np.allclose(each, each.T) for each in linears)
    assert family.scales == any(scale_of(each) != pytest.approx(1) for each in moved)
    assert family.perspective == any(each[-1, :-1].any() for each in moved)
    mirror = about(eye - 2 * np.diag(eye[0]), origin, origin)
    assert family.shears == mirrored(family.project(mirror, origin))
    assert family.description


def test_rotation_vectors_lie_at_the_front() -> None:
    assert [family.rotation_size for family in FAMILIES.values()] == [0, 1, 1, 0, 0, 0, 3, 3, 0]
    assert [family.linear_size for family in FAMILIES.values()] == [0, 1, 2, 4, 6, 0, 3, 4, 9]


def test_what_stands_in_for_a_family() -> None:
    searched = {key: family.searched_as.name for key, family in FAMILIES.items()}
    assert {key: name for key, name in searched.items() if key[0] != name} == {
        ("affine", 2): "similarity",
        ("homography", 2): "similarity",
        ("affine", 3): "similarity",
    }
    widest = {key: family.widest.name for key, family in FAMILIES.items()}
    assert widest == {key: "homography" if key[0] == "homography" else "affine" for key in FAMILIES}
    raced = {key: family.raced_as for key, family in FAMILIES.items()}
    assert {key: family.name for key, family in raced.items() if family.name != key[0]} == {("homography", 2): "affine"}
    assert all(family.ndim == ndim for (_, ndim), family in raced.items())
