"""Transforms by a matrix: which way, which axis, frozen, and what is refused."""

from __future__ import annotations

import dataclasses
import inspect

import numpy as np
import pytest

import superpose
from superpose import InputError, MatrixTransform
from superpose.transforms import from_matrix


def test_maps_fixed_points_to_moving_points_in_row_column_order() -> None:
    t = superpose.translation((5, -2))
    np.testing.assert_array_equal(t([[0, 0], [10, 20]]), [[5, -2], [15, 18]])
    assert "maps fixed points to moving points (pull), (row, column)" in repr(t)


@pytest.mark.parametrize(
    "t, words",
    [
        (superpose.translation((5, -2)), "<translation: maps"),
        (superpose.rigid(0.5, (1, 2), (3, 4)), "angle=0.5, shift=(1, 2), centre=(3, 4)"),
        (superpose.similarity(0.5, 2, (1, 2), (3, 4)), "angle=0.5, scale=2, shift=(1, 2), centre=(3, 4)"),
        (superpose.affine([[1, 0.5], [0, 1]]), "linear=((1, 0.5), (0, 1))"),
        (
            superpose.homography([[1, 0.5, 0], [0, 1, 0], [1e-3, 0, 1]], (5, 6), (7, 8)),
            "matrix=((1, 0.5, 0), (0, 1, 0), (0.001, 0, 1)), shift=(5, 6), centre=(7, 8)",
        ),
    ],
)
def test_repr_names_the_numbers(t: MatrixTransform, words: str) -> None:
    assert words in repr(t)
    assert "fixed points to moving points" in repr(t)


def test_positive_angle_is_counter_clockwise_as_displayed() -> None:
    # A point right of the centre goes up: displayed rows run downwards.
    up = superpose.rigid(np.pi / 2)([0, 1])
    np.testing.assert_allclose(up, [-1, 0], atol=1e-15)


def test_scale_two_means_moving_shows_the_scene_twice_as_large() -> None:
    t = superpose.similarity(0, 2, centre=(10, 10))
    np.testing.assert_allclose(t([[10, 10], [11, 10]]), [[10, 10], [12, 10]])
    assert t.scale == pytest.approx(2)


def test_shapes_of_points() -> None:
    t = superpose.rigid(0.1, (1, 2))
    assert t((0, 0)).shape == (2,)
    assert t(np.zeros((0, 2))).shape == (0, 2)
    assert t(np.zeros((3, 4, 2))).shape == (3, 4, 2)
    assert t(np.zeros((3, 2), ">i2")).dtype == np.float64


def test_frozen() -> None:
    t = superpose.rigid(0.1)
    with pytest.raises(dataclasses.FrozenInstanceError, match="family"):
        t.family = "affine"  # type: ignore[misc]
    with pytest.raises(ValueError, match="read-only"):
        t.matrix[0, 0] = 2
    given = np.eye(3)
    made = MatrixTransform(given)
    given[0, 2] = 7
    assert made.matrix[0, 2] == 0


def test_matrix_cannot_be_made_writeable_again() -> None:
    t = superpose.rigid(0.1)
    with pytest.raises(ValueError, match="WRITEABLE"):
        t.matrix.setflags(write=True)


def test_equality_is_exact_and_hash_agrees() -> None:
    a, b = superpose.translation((1, 2)), superpose.translation((1, 2))
    assert a == b
    assert len({a, b}) == 1
    assert a != superpose.translation((1, np.nextafter(2, 3)))
    assert a != from_matrix(a.matrix, "rigid")
    assert (a == "text") is False


def test_minus_zero_is_zero() -> None:
    a, b = superpose.translation((0.0, 1)), superpose.translation((-0.0, 1))
    assert a == b
    assert hash(a) == hash(b)


def test_compose_refuses_what_is_no_transform() -> None:
    with pytest.raises(TypeError, match=r"unsupported operand|does not support ufuncs"):
        superpose.rigid(0.1) @ np.eye(3)
    with pytest.raises(TypeError, match=r"unsupported operand|does not support ufuncs"):
        np.eye(3) @ superpose.rigid(0.1)


@pytest.mark.parametrize(
    "matrix, family",
    [
        (np.eye(3), "translation"),
        ([[1, 0, 5], [0, 1, -3], [0, 0, 1]], "translation"),
        ([[0, -1, 5], [1, 0, -3], [0, 0, 1]], "rigid"),
        ([[0, -2, 5], [2, 0, -3], [0, 0, 1]], "similarity"),
        ([[1, 0, 5], [0, -1, -3], [0, 0, 1]], "affine"),  # mirrored
        ([[1, 0.1, 5], [0, 1, -3], [0, 0, 1]], "affine"),
        ([[1, 0.1, 5], [0, 1, -3], [1e-4, 0, 1]], "homography"),
        ([[2, 0, 10], [0, 2, -6], [0, 0, 2]], "translation"),  # the scale of a homogeneous matrix means nothing
    ],
)
def test_from_matrix_finds_the_smallest_family(matrix: object, family: str) -> None:
    assert from_matrix(matrix).family == family


BAD_MATRICES = {
    "text": "not a matrix",
    "ragged": [[1, 0], [0]],
    "2 x 3": np.eye(3)[:2],
    "5 x 5": np.eye(5),
    "NaN": np.diag([1, np.nan, 1]),
    "infinite": np.diag([1, np.inf, 1]),
    "last row of zeros": np.diag([1, 1, 0]),
    "complex": np.eye(3) * 1j,
}


@pytest.mark.parametrize("matrix", BAD_MATRICES.values(), ids=BAD_MATRICES.keys())
def test_bad_matrices(matrix: object) -> None:
    with pytest.raises(InputError, match=r"^matrix is .*3 x 3 matrix.*\[bad-matrix\]"):
        from_matrix(matrix)


def test_matrix_outside_its_family() -> None:
    with pytest.raises(InputError, match=r"^matrix is .*which is no rigid; pass transform='similarity'"):
        from_matrix(np.diag([2, 2, 1]), "rigid")


def test_singular() -> None:
    for flat in (np.zeros((2, 2)), [[1, 1], [1, 1]], [[1, 2], [2, 4 + 1e-15]]):
        with pytest.raises(InputError, match=r"^matrix is .*cannot be inverted.*determinant"):
            superpose.affine(flat).inverse()


@pytest.mark.parametrize(
    "make, words",
    [
        (lambda: superpose.rigid(np.nan), "^angle is nan"),
        (lambda: superpose.rigid(np.inf), "^angle is inf"),
        (lambda: superpose.rigid("north"), "^angle is 'north'"),
        (lambda: superpose.similarity(0, 0), "^scale is 0"),
        (lambda: superpose.similarity(0, -1), "^scale is -1"),
        (lambda: superpose.similarity(0, "big"), "^scale is 'big'"),
        (lambda: superpose.translation((1, 2, 3, 4)), r"^shift is \(1, 2, 3, 4\); pass two"),
        (lambda: superpose.translation(5), "^shift is 5; pass two"),
        (lambda: superpose.translation((1, np.nan)), r"^shift is \(1, nan\)"),
        (lambda: superpose.translation([[1, 2]]), r"^shift is \[\[1, 2\]\]"),
        (lambda: superpose.rigid(0, (0, 0), [[1, 2], [3, 4]]), r"^centre is \[\[1, 2\], \[3, 4\]\]"),
        (lambda: superpose.rigid(0).about(3), "^centre is 3"),
        (lambda: superpose.rigid(0)([1, 2, 3]), r"^points has shape \(3,\)"),
        (lambda: superpose.rigid(0)([[1, np.inf]]), "^points has .* not finite"),
        (lambda: superpose.rigid(0)("here"), "^points has shape unknown"),
        (lambda: superpose.affine(np.eye(4)), "^linear is array.* 2 x 2 matrix"),
        (lambda: superpose.affine("abc"), "^linear is 'abc'"),
        (lambda: superpose.affine([[1, np.nan], [0, 1]]), "^linear is .*nan"),
        (lambda: MatrixTransform(np.eye(3), "ridgid"), "^family='ridgid' is not known; did you mean 'rigid'"),
        (lambda: superpose.transforms.from_opencv("abc"), "^matrix is 'abc'"),
        (lambda: superpose.transforms.from_opencv(np.eye(5)), r"^matrix is an array of shape \(5, 5\)"),
        (lambda: superpose.transforms.from_skimage(np.eye(3)), "^transform is array"),
        (lambda: superpose.homography(np.eye(2)), r"^matrix is an array of shape \(2, 2\)"),
        (lambda: superpose.homography(np.eye(3), 5), "^shift is 5; pass two"),
        (lambda: superpose.homography(np.eye(3), centre=5), "^centre is 5; pass two"),
        (lambda: superpose.rigid([1.0]), r"^angle is \[1.0\]"),
    ],
)
def test_bad_arguments_are_named(make: object, words: str) -> None:
    with pytest.raises(InputError, match=words):
        make()  # type: ignore[operator]


def test_is_a_transform() -> None:
    assert isinstance(superpose.rigid(0.1), superpose.Transform)
    assert not isinstance(np.eye(3), superpose.Transform)


def test_constructors_are_documented() -> None:
    for make in (superpose.translation, superpose.rigid, superpose.similarity, superpose.affine, superpose.homography):
        assert "pixels" in inspect.getdoc(make).lower()  # type: ignore[union-attr]
