"""Ways to make a `MatrixTransform`: by its numbers, by a matrix, or from another library's transform."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from superpose._checks import as_number, asked
from superpose._exchange import reversed_axes
from superpose._names import public
from superpose.errors import InputError, shown
from superpose.transforms.base import LARGEST, as_offset, as_point, axes_of, in_range, real_numbers
from superpose.transforms.geometry import about, rotation
from superpose.transforms.matrix import MatrixTransform, checked_matrix, oriented, smallest_family

Floats = NDArray[np.float64]


@public
def translation(shift: ArrayLike) -> MatrixTransform:
    """Return the translation by `shift` pixels.

    Parameters
    ----------
    shift : array_like, shape (2,) or (3,)
        How far the moving point lies from the fixed one, (row, column) or (plane, row, column).

    Returns
    -------
    MatrixTransform
        Of the family "translation".

    Examples
    --------
    >>> import superpose
    >>> superpose.translation((5, -2))([[0, 0]])
    array([[ 5., -2.]])
    """
    by = as_point(shift, "shift", axes_of(shift))
    return MatrixTransform(about(np.eye(len(by)), by, np.zeros(len(by))), "translation")


@public
def rigid(angle: ArrayLike, shift: ArrayLike = (), centre: ArrayLike = ()) -> MatrixTransform:
    """Return the rotation by `angle` about `centre`, followed by `shift`.

    Parameters
    ----------
    angle : float, or array_like of shape (3,)
        Radians; positive turns moving counter-clockwise against fixed, as displayed. In 3D a rotation vector, (plane,
        row, column): along the axis and as long as the angle; one along the first axis turns the displayed planes as a
        positive angle does.
    shift, centre : array_like, shape (ndim,), optional
        Pixels, in axis order; default zeros.
    """
    return _turned("rigid", angle, 1.0, shift, centre)


@public
def similarity(angle: ArrayLike, scale: float, shift: ArrayLike = (), centre: ArrayLike = ()) -> MatrixTransform:
    """Return the rotation by `angle` and magnification by `scale` about `centre`, followed by `shift`.

    Parameters
    ----------
    angle : float, or array_like of shape (3,)
        As of `rigid`.
    scale : float
        Positive; 2 means that moving shows the scene twice as large as fixed.
    shift, centre : array_like, shape (ndim,), optional
        Pixels, in axis order; default zeros.
    """
    return _turned("similarity", angle, scale, shift, centre)


def _turned(family: str, angle: ArrayLike, scale: float, shift: ArrayLike, centre: ArrayLike) -> MatrixTransform:
    vector, larger = real_numbers(angle), as_number(scale)
    if vector is None or vector.shape not in ((), (3,)) or not in_range(vector):
        raise InputError("out-of-range", argument="angle", value=shown(angle), low="-pi", high="pi")
    if not 0 < larger <= LARGEST:
        raise InputError("out-of-range", argument="scale", value=shown(scale), low="just above 0", high=f"{LARGEST:g}")
    return _about(larger * rotation(np.atleast_1d(vector)), shift, centre, family)


def _about(linear: Floats, shift: ArrayLike, centre: ArrayLike, family: str) -> MatrixTransform:
    at = as_offset(centre, "centre", len(linear))
    return MatrixTransform(about(linear, as_offset(shift, "shift", len(linear)), at), family, tuple(at))


@public
def affine(linear: ArrayLike, shift: ArrayLike = (), centre: ArrayLike = ()) -> MatrixTransform:
    """Return ``x -> linear @ (x - centre) + centre + shift``.

    Parameters
    ----------
    linear : array_like, shape (2, 2) or (3, 3)
        In (row, column) or (plane, row, column) order.
    shift, centre : array_like, shape (ndim,), optional
        Pixels, in axis order; default zeros.
    """
    part = real_numbers(linear)
    if part is None or part.shape not in ((2, 2), (3, 3)) or not in_range(part):
        raise InputError("bad-linear", argument="linear", value=shown(linear))
    return _about(part, shift, centre, "affine")


@public
def homography(matrix: ArrayLike, shift: ArrayLike = (), centre: ArrayLike = ()) -> MatrixTransform:
    """Return the projective map of a 3 x 3 matrix about `centre`, followed by `shift`: a plane seen in perspective.

    Parameters
    ----------
    matrix : array_like, shape (3, 3)
        Takes fixed (row, column, 1) to moving (row, column, 1) but for a factor, both taken from the centre. Its
        scale means nothing.
    shift, centre : array_like, shape (2,), optional
        Pixels, (row, column); default zeros. What lies on the centre's side of the horizon is seen.

    Examples
    --------
    >>> import superpose
    >>> tilted = superpose.homography([[1, 0, 0], [0, 1, 0], [0.001, 0, 1]], centre=(100, 100))
    >>> tilted([[100, 100], [200, 200], [0, 0]]).round(1)
    array([[100. , 100. ],
           [190.9, 190.9],
           [-11.1, -11.1]])
    """
    at, by = as_offset(centre, "centre", 2), as_offset(shift, "shift", 2)
    to_centre, back = about(np.eye(2), -at, np.zeros(2)), about(np.eye(2), at + by, np.zeros(2))
    return MatrixTransform(back @ checked_matrix(matrix, "matrix", 2) @ to_centre, "homography", tuple(at))


@public
def from_matrix(matrix: ArrayLike, family: str | None = None, centre: ArrayLike = ()) -> MatrixTransform:
    """Return the transform of a homogeneous matrix in (row, column) or (plane, row, column) order.

    Parameters
    ----------
    matrix : array_like, shape (3, 3) or (4, 4)
        Maps fixed (row, column, 1) to moving (row, column, 1), but for a factor if it is projective.
    family : str, optional
        Default: the smallest family that holds it.
    centre : array_like, shape (ndim,), optional
        The point about which the parameters are stated; default the origin. What lies on its side of a homography's
        horizon is seen.
    """
    values = checked_matrix(matrix, "matrix")
    at = as_offset(centre, "centre", len(values) - 1)
    values = oriented(values, at, "matrix")
    return MatrixTransform(values, smallest_family(values) if family is None else family, tuple(at))


@public
def from_opencv(matrix: ArrayLike) -> MatrixTransform:
    """Return the transform of an OpenCV matrix that maps fixed (x, y) to moving (x, y).

    Parameters
    ----------
    matrix : array_like, shape (2, 3) or (3, 3), or (3, 4) or (4, 4) in (x, y, z) order
        As passed to ``cv2.warpAffine(moving, matrix, size, flags=cv2.WARP_INVERSE_MAP)``, or as returned by
        ``cv2.estimateAffine2D(fixed_points, moving_points)``. A matrix made for ``warpAffine`` *without*
        ``WARP_INVERSE_MAP`` maps the other way: invert the result. A 3 x 3 matrix may be projective, as passed to
        ``cv2.warpPerspective`` with the same flag, or as returned by ``cv2.findHomography(fixed_points,
        moving_points)``; what lies on the side of (0, 0) of its horizon is seen.
    """
    return _from_xy(matrix, "matrix")


@public
def from_skimage(transform: Any) -> MatrixTransform:
    """Return the transform of a `skimage.transform` object that maps fixed (x, y) to moving (x, y).

    Parameters
    ----------
    transform : object with 3 x 3 or 4 x 4 ``params``
        As passed to ``skimage.transform.warp(moving, transform)``. It may be projective; what lies on the side of
        (0, 0) of its horizon is seen.
    """
    params = asked("transform", getattr, transform, "params", None)
    if params is None:
        raise InputError("bad-matrix", argument="transform", value=shown(transform), sizes="3 x 3 matrix (4 x 4 in 3D)")
    return _from_xy(params, "transform")


def _from_xy(matrix: ArrayLike, argument: str) -> MatrixTransform:
    values = real_numbers(matrix)
    if values is not None and values.shape in ((2, 3), (3, 4)):
        values = np.vstack([values, np.eye(values.shape[1])[-1]])
    checked = checked_matrix(matrix if values is None else values, argument)
    return from_matrix(oriented(reversed_axes(checked), np.zeros(len(checked) - 1), argument))
