"""Transforms of volumes: three axes, rotation vectors, other libraries, and what is refused."""

from __future__ import annotations

import cv2
import numpy as np
import pytest
import SimpleITK as sitk
from numpy.testing import assert_allclose
from scipy.spatial.transform import Rotation
from skimage import transform as sk

import superpose
from superpose import InputError, MatrixTransform
from superpose.transforms import from_opencv, from_skimage

POINTS = np.random.default_rng(4).uniform(-90, 90, (30, 3))
VECTOR, SHIFT, CENTRE = (0.3, -1.1, 0.7), (4.0, -7.0, 2.5), (10.0, 40.0, 50.0)
EACH = {
    "translation": superpose.translation(SHIFT),
    "rigid": superpose.rigid(VECTOR, SHIFT, CENTRE),
    "similarity": superpose.similarity(VECTOR, 1.7, SHIFT, CENTRE),
    "affine": superpose.affine([[0.9, 0.3, 0.1], [-0.2, 1.1, 0], [0, 0.4, 1.3]], SHIFT, CENTRE),
}
each_family = pytest.mark.parametrize("t", EACH.values(), ids=EACH)


@each_family
def test_they_know_their_axes_and_family(t: MatrixTransform) -> None:
    assert t.ndim == t.kind.ndim == 3
    assert superpose.from_matrix(t.matrix).family == t.family == t.kind.name
    assert isinstance(t, superpose.Transform)


def test_a_rotation_is_scipy_s_about_the_centre() -> None:
    expected = Rotation.from_rotvec(VECTOR).apply(POINTS - CENTRE) + CENTRE + SHIFT
    assert_allclose(EACH["rigid"](POINTS), expected, atol=1e-11)
    assert_allclose(EACH["rigid"].angle, VECTOR, atol=1e-12)
    assert EACH["rigid"].scale == 1
    assert EACH["similarity"].scale == pytest.approx(1.7)
    assert_allclose(EACH["similarity"].angle, VECTOR, atol=1e-12)


def test_a_turn_about_the_first_axis_turns_each_plane_as_in_2d() -> None:
    volume, plane = superpose.rigid((0.4, 0, 0)), superpose.rigid(0.4)
    assert_allclose(volume(POINTS)[:, 1:], plane(POINTS[:, 1:]), atol=1e-12)
    assert_allclose(volume(POINTS)[:, 0], POINTS[:, 0])


@each_family
def test_the_inverse_undoes(t: MatrixTransform) -> None:
    assert t.inverse().family == t.family
    assert_allclose(t.inverse()(t(POINTS)), POINTS, atol=1e-10)
    assert_allclose((t.inverse() @ t).matrix, np.eye(4), atol=1e-12)


def test_repr_names_the_axes_and_the_numbers() -> None:
    assert repr(EACH["rigid"]) == (
        "<rigid: maps fixed points to moving points (pull), (plane, row, column); "
        "angle=(0.3, -1.1, 0.7), shift=(4, -7, 2.5), centre=(10, 40, 50)>"
    )


@each_family
def test_scikit_image_takes_points_to_the_same_places(t: MatrixTransform) -> None:
    theirs = t.as_skimage()
    assert_allclose(theirs(POINTS[:, ::-1])[:, ::-1], t(POINTS), atol=1e-10)
    assert from_skimage(theirs).family == t.family
    assert from_skimage(theirs).distance(t, POINTS) < 1e-10
    assert (
        type(theirs)
        is {
            "translation": sk.EuclideanTransform,
            "rigid": sk.EuclideanTransform,
            "similarity": sk.SimilarityTransform,
            "affine": sk.AffineTransform,
        }[t.family]
    )


@each_family
def test_opencv_takes_points_to_the_same_places(t: MatrixTransform) -> None:
    theirs = t.as_opencv()
    assert theirs.shape == (3, 4)
    assert_allclose(cv2.transform(POINTS[None, :, ::-1].copy(), theirs)[0][:, ::-1], t(POINTS), atol=1e-10)
    assert from_opencv(theirs).distance(t, POINTS) < 1e-10


def test_simpleitk_takes_points_to_the_same_places() -> None:
    theirs = sitk.AffineTransform(3)
    flipped = EACH["affine"].as_opencv()
    theirs.SetMatrix(flipped[:, :3].ravel().tolist())
    theirs.SetTranslation(flipped[:, 3].tolist())
    expected = [theirs.TransformPoint(point[::-1].tolist())[::-1] for point in POINTS]
    assert_allclose(EACH["affine"](POINTS), expected, atol=1e-10)


@pytest.mark.parametrize(
    "make, words",
    [
        (lambda: superpose.rigid((1, 2)), r"^angle is \(1, 2\)"),
        (lambda: superpose.rigid((1, 2, np.nan)), r"^angle is \(1, 2, nan\)"),
        (lambda: superpose.rigid(VECTOR, (1, 2)), r"^shift is \(1, 2\); pass three finite numbers, \(plane, row"),
        (lambda: superpose.rigid(0.5, SHIFT), r"^shift is \(4.0, -7.0, 2.5\); pass two finite numbers, \(row, column"),
        (lambda: superpose.rigid(VECTOR, centre=(1, 2)), r"^centre is \(1, 2\); pass three"),
        (lambda: superpose.translation((1, 2, np.inf)), r"^shift is \(1, 2, inf\); pass three"),
        (lambda: EACH["rigid"]((1, 2)), r"^points has shape \(2,\); pass an array of shape \(..., 3\) .* \(plane, row"),
        (lambda: EACH["rigid"].about((1, 2)), r"^centre is \(1, 2\); pass three"),
        (lambda: superpose.homography(np.eye(4)), r"^matrix is an array of shape \(4, 4\); pass a 3 x 3 matrix"),
        (lambda: MatrixTransform(np.eye(4), "homography"), "^family='homography' is for two dimensions, not for 3"),
        (
            lambda: superpose.from_matrix([[1, 0, 0, 0], [0, 1, 0, 0], [0, 0, 1, 0], [0.1, 0, 0, 1]]),
            "^family='homography' is for two dimensions, not for 3; choose one of translation, rigid, simi",
        ),
        (
            lambda: MatrixTransform([[1, 0, 0, 0], [0, 1, 0, 0], [0, 0, 1, 0], [0.1, 0, 0, 1]]),
            "^family='homography' is for two dimensions, not for 3",
        ),
        (
            lambda: EACH["rigid"] @ superpose.rigid(0.1),
            r"^the transform on the right is .* \(3, 3\); pass a 4 x 4 matr",
        ),
        (
            lambda: superpose.rigid(0.1) @ EACH["rigid"],
            r"^the transform on the right is .* \(4, 4\); pass a 3 x 3 matr",
        ),
        (lambda: MatrixTransform(np.diag([2, 2, 2, 1]), "rigid"), "which is no rigid; pass transform='similarity'"),
        (lambda: superpose.affine(np.diag([1, 0, 1])).inverse(), "cannot be inverted"),
    ],
)
def test_what_is_refused(make: object, words: str) -> None:
    with pytest.raises(InputError, match=words):
        make()  # type: ignore[operator]


def test_images_are_not_registered_with_a_volume_s_transform() -> None:
    image = np.random.default_rng(1).random((40, 50))
    for initial in (np.eye(4), EACH["translation"]):
        with pytest.raises(InputError, match=r"^initial is an array of shape \(4, 4\); pass a 3 x 3 matrix"):
            superpose.register(image, image, initial=initial)
