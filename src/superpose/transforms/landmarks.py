"""Transforms from pairs of points marked by hand."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from superpose._names import public
from superpose.errors import InputError
from superpose.transforms.base import as_points, axes_in_words, axes_of
from superpose.transforms.family import Family, family_named
from superpose.transforms.geometry import about, nearest_rotation, rotation
from superpose.transforms.matrix import MatrixTransform

Floats = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class LandmarkFit:
    """A transform fitted to landmarks, and how well it meets them.

    Parameters
    ----------
    transform : MatrixTransform
        Maps fixed points to moving points.
    residuals : ndarray of float64, shape (n,)
        Distance in moving pixels from each mapped fixed landmark to its moving landmark.
    rms : float
        Root mean square of `residuals`.
    """

    transform: MatrixTransform
    residuals: Floats
    rms: float


@public
def fit_transform(fixed_points: ArrayLike, moving_points: ArrayLike, transform: str = "rigid") -> LandmarkFit:
    """Fit a transform to pairs of landmarks by least squares in the moving image.

    Parameters
    ----------
    fixed_points, moving_points : array_like, shape (n, 2) or (n, 3)
        The same places in both images or volumes, in (row, column) or (plane, row, column) order, in pixels.
    transform : {"rigid", "translation", "similarity", "affine", "homography"}
        The family to fit; a homography to points of images only.

    Returns
    -------
    LandmarkFit
        `.transform`, stated about the landmarks' mean, with `.residuals` and `.rms` in pixels.

    Raises
    ------
    InputError
        If there are too few points, they do not determine the transform, or no homography shows them all.

    Notes
    -----
    A homography is first found from linear equations (whose errors are not pixels), then by minimising the
    distances in the moving image themselves. It needs four points of which no three lie on one line.

    References
    ----------
    R. I. Hartley, "In defense of the eight-point algorithm", IEEE Transactions on Pattern Analysis and Machine
    Intelligence 19(6), 1997, pages 580-593 (homography: why points are normalised first).
    S. Umeyama, "Least-squares estimation of transformation parameters between two point patterns", IEEE
    Transactions on Pattern Analysis and Machine Intelligence 13(4), 1991, pages 376-380 (rigid and
    similarity).

    Examples
    --------
    >>> import superpose
    >>> fit = superpose.fit_transform([[0, 0], [0, 10]], [[3, 4], [3, 14]], transform="translation")
    >>> fit.transform.shift
    array([3., 4.])
    """
    ndim, other = axes_of(fixed_points), axes_of(moving_points)
    if ndim != other:
        value = f"{ndim} and {other}"
        raise InputError("different-coordinates", argument="fixed_points and moving_points", value=value)
    fixed, moving = as_points(fixed_points, "fixed_points", ndim), as_points(moving_points, "moving_points", ndim)
    for name, points in (("fixed_points", fixed), ("moving_points", moving)):
        if points.ndim != 2:
            axes = axes_in_words(ndim)
            raise InputError("bad-points", argument=name, value=points.shape, ndim=ndim, axes=axes)
    family = family_named(transform, ndim)
    if len(fixed) != len(moving):
        raise InputError("unequal-landmarks", argument="moving_points", value=len(moving), fixed=len(fixed))
    if len(fixed) < family.least_landmarks:
        least = family.least_landmarks
        raise InputError("few-landmarks", argument="fixed_points", value=len(fixed), family=family.name, least=least)
    centre = fixed.mean(0)
    if family.perspective:
        matrix = _homography(family, fixed, moving)
    else:
        linear = _linear(family, fixed - centre, moving - moving.mean(0))
        matrix = about(linear, moving.mean(0) - centre, centre)
    fitted = MatrixTransform(matrix, family.name, tuple(centre))
    residuals = np.linalg.norm(fitted(fixed) - moving, axis=1)
    return LandmarkFit(fitted, residuals, float(np.sqrt(np.mean(residuals**2))))


def _linear(family: Family, fixed: Floats, moving: Floats) -> Floats:
    """Return the linear part that takes centred fixed points nearest to centred moving points."""
    if not family.turns:
        return np.eye(family.ndim)
    # A rotation does not mirror: where it takes all axes but one, it takes the last.
    least = family.ndim if family.shears else family.ndim - 1
    rank = _spread_axes(fixed, 1e-9 * max(1.0, float(np.abs(fixed).max())))
    if rank < least:
        raise InputError(
            "degenerate-landmarks", argument="fixed_points", value=_spread_in_words(rank), family=family.name
        )
    if family.shears:
        return np.linalg.lstsq(fixed, moving, rcond=None)[0].T.astype(float)
    square = float((fixed**2).sum())
    products = moving.T @ fixed / square
    strengths = np.linalg.svd(products, compute_uv=False)
    # Where the two weakest axes cancel, turning them together changes nothing: more than one rotation is best.
    if strengths[-2] + np.copysign(strengths[-1], np.linalg.det(products)) <= 1e-12:
        rank = _spread_axes(moving, 1e-12 * np.sqrt(square))
        kind = _spread_in_words(rank) if rank < least else "a mirror image of fixed_points"
        raise InputError("degenerate-landmarks", argument="moving_points", value=kind, family=family.name)
    vector, scale = nearest_rotation(products)
    turned = rotation(vector)
    return scale * family.ndim * turned if family.scales else turned


def _spread_axes(centred: Floats, least: float) -> int:
    """Return along how many axes points lie farther from their mean than `least`, root sum of squares."""
    return int((np.linalg.svd(centred, compute_uv=False) > least).sum())


def _spread_in_words(axes: int) -> str:
    """Return where points lie that spread along so many axes, fewer than there are."""
    return ("the same point", "on one line", "in one plane")[axes]


def _homography(family: Family, fixed: Floats, moving: Floats) -> Floats:
    """Return the matrix that takes fixed points nearest to moving points, in moving pixels."""
    (to_fixed, a), (to_moving, b) = _levelled(fixed), _levelled(moving)
    for name, points in (("fixed_points", a), ("moving_points", b)):
        if kind := _degenerate(points):
            raise InputError("degenerate-landmarks", argument=name, value=kind, family=family.name)
    matrix = np.linalg.svd(_equations(a, b))[2][-1].reshape(3, 3)
    # The sign of a null vector is arbitrary: most of the points are seen.
    w = np.column_stack([a, np.ones(len(a))]) @ matrix[2]
    side = np.copysign(1.0, np.median(w))
    behind = int((side * w <= 1e-9 * np.abs(w).max()).sum())
    if behind:
        raise InputError("impossible-landmarks", argument="moving_points", value=behind)
    # At the mean, where w lies between those of the points, it is positive too.
    matrix = side * matrix
    if len(fixed) > 4:
        matrix = _refined(family, matrix, a, b)
    return np.asarray(np.linalg.inv(to_moving) @ matrix @ to_fixed)


def _levelled(points: Floats) -> tuple[Floats, Floats]:
    """Return the matrix that takes points to mean 0 and root mean square distance 1, and where it takes them."""
    centre = points.mean(0)
    spread = float(np.sqrt(np.mean(np.sum((points - centre) ** 2, axis=1)))) or 1.0
    return about(np.eye(2) / spread, -centre, centre), (points - centre) / spread


def _equations(fixed: Floats, moving: Floats) -> Floats:
    """Return the matrix whose null vectors are the homographies, row by row, that take each point to its partner."""
    at = np.column_stack([fixed, np.ones(len(fixed))])
    none = np.zeros_like(at)
    rows = np.hstack([at, none, -moving[:, :1] * at])
    columns = np.hstack([none, at, -moving[:, 1:] * at])
    # A ninth row, so that four points have a ninth singular vector.
    return np.vstack([rows, columns, np.zeros(9)])


def _degenerate(points: Floats) -> str:
    """Return in words why levelled points determine no homography, or nothing if they do.

    They do if the identity is the only one that keeps them where they are.
    """
    spread = np.linalg.svd(points, compute_uv=False)
    if spread[0] <= 1e-9:
        return _spread_in_words(0)
    if spread[1] <= 1e-9 * spread[0]:
        return _spread_in_words(1)
    strengths = np.linalg.svd(_equations(points, points), compute_uv=False)
    return "all but one on one line" if strengths[7] <= 1e-8 * strengths[0] else ""


def _refined(family: Family, start: Floats, fixed: Floats, moving: Floats) -> Floats:
    """Return the homography with the least sum of squared distances to levelled moving points."""
    from scipy import optimize

    at = np.column_stack([fixed, np.ones(len(fixed))])
    origin = np.zeros(2)

    def errors(vector: Floats) -> Floats:
        mapped = at @ family.matrix(vector, origin, 1.0).T
        # A step that takes a point behind the horizon is a bad one, not an undefined one.
        flat: Floats = (mapped[:, :2] / np.maximum(mapped[:, 2:], 1e-6) - moving).ravel()
        return flat

    settings = {"method": "lm", "xtol": 1e-13, "ftol": 1e-13, "gtol": 1e-13}
    best = optimize.least_squares(errors, family.vector(start, origin, 1.0), **settings)
    return family.matrix(best.x, origin, 1.0)
