"""Ways to make a `MatrixTransform`: by its numbers, by a matrix, or from another library's transform."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from superpose._arithmetic.matrices import matmul
from superpose._checks import as_number, asked
from superpose._exchange import RAS_TO_LPS, reversed_axes
from superpose._names import public
from superpose._spatial import Image
from superpose.errors import InputError, shown
from superpose.grid import Grid
from superpose.transforms.base import LARGEST, as_offset, as_point, axes_of, in_range, real_numbers
from superpose.transforms.convert import grid_of
from superpose.transforms.geometry import about, rotation
from superpose.transforms.homogeneous import oriented
from superpose.transforms.matrix import MatrixTransform, checked_matrix, smallest_family

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


@public
def from_itk(transform: Any) -> MatrixTransform:
    """Return the transform of one of SimpleITK's that maps fixed (x, y, z) to moving (x, y, z).

    Parameters
    ----------
    transform : SimpleITK.Transform
        As passed to ``SimpleITK.Resample(moving, fixed, transform)``, or as returned by its registration: of whatever
        kind that is linear, and chains of them.

    Raises
    ------
    InputError
        If it is none, or bends.
    """
    place = asked("transform", getattr, transform, "TransformPoint", None)
    ndim = asked("transform", getattr, transform, "GetDimension", None)
    if not callable(place) or not callable(ndim):
        kind = "a SimpleITK.Transform"
        raise InputError("not-of-library", argument="transform", value=shown(transform), kind=kind)
    matrix, bends = asked("transform", _matrix_of, place, ndim)
    if bends:
        raise InputError("not-linear", argument="transform", value="one of SimpleITK's")
    return _from_xy(matrix, "transform")


def _matrix_of(place: Callable[[Any], Any], dimension: Callable[[], Any]) -> tuple[Floats, bool]:
    """Return the matrix of a map of points, and whether the map is another one elsewhere."""
    ndim = int(dimension())
    matrix = np.eye(ndim + 1)
    matrix[:-1, -1] = place([0.0] * ndim)
    matrix[:-1, :-1] = np.transpose([np.subtract(place(row), matrix[:-1, -1]) for row in np.eye(ndim).tolist()])
    # At the distances that images have.
    points = 100 * np.random.default_rng(0).uniform(-1, 1, (20, ndim))
    there = np.array([place(point) for point in points.tolist()])
    told = (matrix[:-1, :-1] * points[:, None]).sum(-1) + matrix[:-1, -1]
    return matrix, bool(np.abs(there - told).max() > 1e-6)


@public
def from_nifti(matrix: ArrayLike) -> MatrixTransform:
    """Return the transform of a matrix from fixed to moving points of NIfTI's world.

    Parameters
    ----------
    matrix : array_like, shape (4, 4)
        In millimetres, with x to the right, y to the front and z up, as nibabel's affines.
    """
    world = checked_matrix(matrix, "matrix", 3)
    return _from_xy(matmul(RAS_TO_LPS, world, RAS_TO_LPS), "matrix")


@public
def from_ndimage(
    matrix: ArrayLike, offset: ArrayLike = (), *, fixed: Grid | Image, moving: Grid | Image
) -> MatrixTransform:
    """Return the transform of a matrix and an offset that map fixed pixels to moving pixels.

    Parameters
    ----------
    matrix : array_like, shape (ndim, ndim)
        As passed to ``scipy.ndimage.affine_transform(moving, matrix, offset)``.
    offset : array_like, shape (ndim,), optional
        As passed there; default zeros.
    fixed, moving : Grid or Image
        Where the pixels of both lie.
    """
    grids = grid_of(fixed, "fixed"), grid_of(moving, "moving")
    ndim = grids[0].ndim
    shift, linear = as_offset(offset, "offset", ndim), real_numbers(matrix)
    if linear is None or linear.shape != (ndim, ndim) or not in_range(linear):
        raise InputError("bad-matrix", argument="matrix", value=shown(matrix), sizes=f"{ndim} x {ndim} matrix")
    if grids[1].ndim != ndim:
        raise InputError("other-dimension", argument="moving", value=ndim, fixed=ndim, moving=grids[1].ndim)
    to_pixels = np.block([[linear, shift[:, None]], [np.eye(ndim + 1)[-1:]]])
    return from_matrix(matmul(grids[1].index_to_physical, to_pixels, grids[0].physical_to_index))


def _from_xy(matrix: ArrayLike, argument: str) -> MatrixTransform:
    values = real_numbers(matrix)
    if values is not None and values.shape in ((2, 3), (3, 4)):
        values = np.vstack([values, np.eye(values.shape[1])[-1]])
    checked = checked_matrix(matrix if values is None else values, argument)
    return from_matrix(oriented(reversed_axes(checked), np.zeros(len(checked) - 1), argument))
