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

from superpose import MatrixTransform, Registration

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
        other = sampled(moving, wrong, inner.shape, 3)
        assert np.abs(other[inner] - picture).mean() > 0.05


def sampled(moving: Pixels, matrix: NDArray[np.float64], shape: tuple[int, ...], order: int) -> NDArray[np.float64]:
    """SciPy's picture: by `affine_transform` where the matrix is one, else point by point."""
    data = moving.astype(float)
    if not matrix[2, :2].any():
        return ndimage.affine_transform(  # type: ignore[no-any-return]
            data, matrix[:2, :2], matrix[:2, 2], output_shape=shape, order=order, mode="mirror"
        )
    rows, columns = np.indices(shape)
    r, c, w = np.tensordot(matrix, np.stack([rows, columns, np.ones(shape)]), 1)
    return ndimage.map_coordinates(data, (r / w, c / w), order=order, mode="mirror")  # type: ignore[no-any-return]


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
    projective = registration.transform.family == "homography"
    theirs = (cv2.warpPerspective if projective else cv2.warpAffine)(
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
        theirs = sampled(moving, matrix, fixed_shape, order)
        np.testing.assert_allclose(theirs[inner], registration.warp(order=order)[inner], rtol=0, atol=1e-5)


def test_simpleitk(moving: Pixels, registration: Registration, fixed_shape: tuple[int, int]) -> None:
    matrix, inner = swapped(registration.transform.matrix), interior(registration.valid)
    if registration.transform.family == "homography":
        # SimpleITK has none: the way of each pixel, as a field.
        pixels = np.moveaxis(np.indices(fixed_shape), 0, -1)
        ways = (registration.transform(pixels) - pixels)[..., ::-1].copy()
        theirs = sitk.DisplacementFieldTransform(sitk.GetImageFromArray(ways, isVector=True))
    else:
        theirs = sitk.AffineTransform(2)
        theirs.SetMatrix(matrix[:2, :2].ravel().tolist())
        theirs.SetTranslation(matrix[:2, 2].tolist())
    reference = sitk.Image(fixed_shape[::-1], sitk.sitkFloat32)
    for order, interpolator, close in ((1, sitk.sitkLinear, 1e-4), (3, sitk.sitkBSpline, 1e-3)):
        seen = sitk.GetArrayFromImage(sitk.Resample(sitk.GetImageFromArray(moving), reference, theirs, interpolator))
        np.testing.assert_allclose(seen[inner], registration.warp(order=order)[inner], rtol=0, atol=close)


def test_points_go_where_the_libraries_take_them(transform: MatrixTransform) -> None:
    points = np.random.default_rng(1).uniform(0, 80, (20, 2))
    moved = transform(points)
    np.testing.assert_allclose(transform.as_skimage()(points[:, ::-1])[:, ::-1], moved, atol=1e-9)
    mapped = cv2.perspectiveTransform if transform.family == "homography" else cv2.transform
    theirs = mapped(points[None, :, ::-1].copy(), transform.as_opencv())[0][:, ::-1]
    np.testing.assert_allclose(theirs, moved, atol=1e-9)
