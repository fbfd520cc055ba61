"""Other libraries' transforms: (x, y) order, converted by name at the edge."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from superpose.errors import InputError
from superpose.transforms.base import real_numbers
from superpose.transforms.linear import Linear, checked_matrix, from_matrix, normalised

# Swaps the two coordinates of homogeneous points: (row, column, 1) <-> (x, y, 1).
_SWAP = np.array([[0.0, 1, 0], [1, 0, 0], [0, 0, 1]])


def to_opencv(transform: Linear) -> NDArray[np.float64]:
    """Return the matrix from fixed (x, y) to moving (x, y): 2 x 3, or 3 x 3 of a homography."""
    matrix: NDArray[np.float64] = _SWAP @ transform.matrix @ _SWAP
    return matrix if transform.family == "homography" else matrix[:2].copy()


def from_opencv(matrix: ArrayLike) -> Linear:
    """Return the transform of an OpenCV matrix that maps fixed (x, y) to moving (x, y).

    Parameters
    ----------
    matrix : array_like, shape (2, 3) or (3, 3)
        As passed to ``cv2.warpAffine(moving, matrix, size, flags=cv2.WARP_INVERSE_MAP)``, or as returned by
        ``cv2.estimateAffine2D(fixed_points, moving_points)``. A matrix made for ``warpAffine`` *without*
        ``WARP_INVERSE_MAP`` maps the other way: invert the result. A 3 x 3 matrix may be projective, as passed to
        ``cv2.warpPerspective`` with the same flag, or as returned by ``cv2.findHomography(fixed_points,
        moving_points)``; what lies on the side of (0, 0) of its horizon is seen.
    """
    return _from_xy(matrix, "matrix")


def _from_xy(matrix: ArrayLike, argument: str) -> Linear:
    values = real_numbers(matrix)
    if values is not None and values.shape == (2, 3):
        values = np.vstack([values, [0, 0, 1]])
    checked = checked_matrix(matrix if values is None else values, argument)
    return from_matrix(normalised(_SWAP @ checked @ _SWAP, np.zeros(2), argument))


def to_skimage(transform: Linear) -> Any:
    """Return the `skimage.transform` object of the same family, from fixed (x, y) to moving (x, y)."""
    from skimage import transform as sk

    kinds = {
        "translation": sk.EuclideanTransform,
        "rigid": sk.EuclideanTransform,
        "similarity": sk.SimilarityTransform,
        "affine": sk.AffineTransform,
        "homography": sk.ProjectiveTransform,
    }
    return kinds[transform.family](matrix=_SWAP @ transform.matrix @ _SWAP)


def from_skimage(transform: Any) -> Linear:
    """Return the transform of a `skimage.transform` object that maps fixed (x, y) to moving (x, y).

    Parameters
    ----------
    transform : object with a 3 x 3 ``params``
        As passed to ``skimage.transform.warp(moving, transform)``. It may be projective; what lies on the side of
        (0, 0) of its horizon is seen.
    """
    params = getattr(transform, "params", None)
    if params is None:
        raise InputError("bad-matrix", argument="transform", value=repr(transform))
    return _from_xy(params, "transform")
