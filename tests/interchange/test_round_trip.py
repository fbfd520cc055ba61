"""Out to another library's object and back."""

from __future__ import annotations

import cv2
import numpy as np
import pytest
import skimage.measure
import skimage.transform

import superpose
from superpose import InputError, MatrixTransform
from superpose.transforms import from_opencv, from_skimage

POINTS = np.random.default_rng(2).uniform(0, 500, (30, 2))


def test_skimage_and_back(transform: MatrixTransform) -> None:
    back = from_skimage(transform.as_skimage())
    assert back.distance(transform, POINTS) < 1e-9
    assert back.family == transform.family


def test_opencv_and_back(transform: MatrixTransform) -> None:
    given = transform.as_opencv()
    assert given.shape == ((3, 3) if transform.family == "homography" else (2, 3))
    back = from_opencv(given)
    assert back.distance(transform, POINTS) < 1e-9
    assert back.family == transform.family
    if transform.family == "homography":
        assert from_opencv(-7 * given).distance(transform, POINTS) < 1e-9
    else:
        assert from_opencv(np.vstack([given, [0, 0, 1]])).distance(transform, POINTS) < 1e-9


def test_what_as_opencv_gives_is_the_callers_own(transform: MatrixTransform) -> None:
    before = transform.matrix.copy()
    transform.as_opencv()[:] = 0
    transform.as_skimage().params[:] = 0
    assert np.array_equal(transform.matrix, before)


def test_families_become_the_library_s_own_classes() -> None:
    sk = skimage.transform
    assert type(superpose.rigid(0.3).as_skimage()) is sk.EuclideanTransform
    assert type(superpose.similarity(0.3, 2).as_skimage()) is sk.SimilarityTransform
    assert type(superpose.affine([[1, 0.2], [0, 1]]).as_skimage()) is sk.AffineTransform
    assert type(superpose.homography(np.eye(3)).as_skimage()) is sk.ProjectiveTransform


def test_angles_agree_but_for_the_axes() -> None:
    # skimage's angle runs from x to y, which is clockwise as displayed.
    assert superpose.rigid(0.3).as_skimage().rotation == pytest.approx(-0.3)


def test_what_opencv_estimates() -> None:
    truth = superpose.affine([[0.9, 0.3], [-0.15, 1.05]], (7.25, 13.5))
    found, _ = cv2.estimateAffine2D(POINTS[:, ::-1].copy(), truth(POINTS)[:, ::-1].copy())
    assert from_opencv(found).distance(truth, POINTS) < 1e-3


def test_what_opencv_estimates_of_a_homography() -> None:
    truth = superpose.homography([[0.9, 0.3, 7.25], [-0.15, 1.05, 13.5], [1e-4, -2e-4, 1]])
    found, _ = cv2.findHomography(POINTS[:, ::-1].copy(), truth(POINTS)[:, ::-1].copy())
    back = from_opencv(found)
    assert back.family == "homography"
    assert back.distance(truth, POINTS) < 1e-3


def test_what_skimage_estimates_of_a_homography() -> None:
    truth = superpose.homography([[0.9, 0.3, 7.25], [-0.15, 1.05, 13.5], [1e-4, -2e-4, 1]])
    theirs = skimage.measure.ransac(
        (POINTS[:, ::-1], truth(POINTS)[:, ::-1]), skimage.transform.ProjectiveTransform, 4, 1, max_trials=20, rng=0
    )
    found = theirs[0]
    assert from_skimage(found).distance(truth, POINTS) < 1e-6


def test_a_projective_transform_that_does_not_see_the_origin_is_refused() -> None:
    theirs = skimage.transform.ProjectiveTransform(np.array([[1, 0, 0], [0, 1, 0], [1e-3, 0, 0]]))
    with pytest.raises(InputError, match=r"^transform is .* does not see the point \(0.0, 0.0\)"):
        from_skimage(theirs)
