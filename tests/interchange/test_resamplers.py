"""Each library's own resampler, given our transform in its words, shows the picture that `warp` shows.

The libraries extrapolate and prefilter differently at the border, so the pictures are compared away from it.
"""

from __future__ import annotations

import cv2
import numpy as np
import SimpleITK as sitk
import skimage.transform
from numpy.typing import NDArray
from scipy import ndimage

from superpose import Linear, Registration

Pixels = NDArray[np.float32]


def interior(valid: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """Away from where there is no data: libraries differ in what they do there."""
    inner = ndimage.binary_erosion(valid, iterations=6)
    assert inner.sum() > 500
    return inner


def test_the_pair_would_show_a_swap(moving: Pixels, registration: Registration) -> None:
    # A test of these tests: the inverse, and swapped axes, give quite another picture.
    inner = interior(registration.valid)
    picture = registration.warp()[inner]
    for wrong in (registration.transform.inverse().matrix, swapped(registration.transform.matrix)):
        other = ndimage.affine_transform(moving, wrong[:2, :2], wrong[:2, 2], output_shape=inner.shape, mode="mirror")
        assert np.abs(other[inner] - picture).mean() > 0.05


def swapped(matrix: NDArray[np.float64]) -> NDArray[np.float64]:
    axes = [1, 0, 2]
    return matrix[np.ix_(axes, axes)]


def test_skimage(moving: Pixels, registration: Registration, fixed_shape: tuple[int, int]) -> None:
    inner = interior(registration.valid)
    theirs = skimage.transform.warp(
        moving, registration.transform.as_skimage(), output_shape=fixed_shape, order=1, cval=np.nan
    )
    np.testing.assert_allclose(theirs[inner], registration.warp(order=1)[inner], rtol=0, atol=1e-4)


def test_opencv_linear(moving: Pixels, registration: Registration, fixed_shape: tuple[int, int]) -> None:
    inner = interior(registration.valid)
    theirs = cv2.warpAffine(
        moving,
        registration.transform.as_opencv(),
        fixed_shape[::-1],
        flags=cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP,
    )
    # OpenCV rounds positions to 1/32 pixel.
    steepest = max(np.abs(np.diff(moving, axis=axis)).max() for axis in (0, 1))
    assert np.abs(theirs - registration.warp(order=1))[inner].max() < steepest / 16


def test_scipy(moving: Pixels, registration: Registration, fixed_shape: tuple[int, int]) -> None:
    matrix, inner = registration.transform.matrix, interior(registration.valid)
    for order in (1, 3):
        theirs = ndimage.affine_transform(
            moving.astype(float), matrix[:2, :2], offset=matrix[:2, 2], output_shape=fixed_shape, order=order,
            mode="mirror",
        )  # fmt: skip
        np.testing.assert_allclose(theirs[inner], registration.warp(order=order)[inner], rtol=0, atol=1e-5)


def test_simpleitk(moving: Pixels, registration: Registration, fixed_shape: tuple[int, int]) -> None:
    matrix, inner = swapped(registration.transform.matrix), interior(registration.valid)
    affine = sitk.AffineTransform(2)
    affine.SetMatrix(matrix[:2, :2].ravel().tolist())
    affine.SetTranslation(matrix[:2, 2].tolist())
    reference = sitk.Image(fixed_shape[::-1], sitk.sitkFloat32)
    for order, interpolator, close in ((1, sitk.sitkLinear, 1e-4), (3, sitk.sitkBSpline, 1e-3)):
        theirs = sitk.GetArrayFromImage(sitk.Resample(sitk.GetImageFromArray(moving), reference, affine, interpolator))
        np.testing.assert_allclose(theirs[inner], registration.warp(order=order)[inner], rtol=0, atol=close)


def test_points_go_where_the_libraries_take_them(transform: Linear) -> None:
    points = np.random.default_rng(1).uniform(0, 80, (20, 2))
    moved = transform(points)
    np.testing.assert_allclose(transform.as_skimage()(points[:, ::-1])[:, ::-1], moved, atol=1e-9)
    theirs = cv2.transform(points[None, :, ::-1].copy(), transform.as_opencv())[0][:, ::-1]
    np.testing.assert_allclose(theirs, moved, atol=1e-9)
