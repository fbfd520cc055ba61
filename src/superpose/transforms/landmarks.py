"""Transforms from pairs of points marked by hand."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from superpose.errors import InputError
from superpose.transforms.base import as_points
from superpose.transforms.families import about, family_named, turn
from superpose.transforms.linear import Linear

Floats = NDArray[np.float64]

_LEAST = {"translation": 1, "rigid": 2, "similarity": 2, "affine": 3}


@dataclass(frozen=True, eq=False)
class LandmarkFit:
    """A transform fitted to landmarks, and how well it meets them.

    Parameters
    ----------
    transform : Linear
        Maps fixed points to moving points.
    residuals : ndarray of float64, shape (n,)
        Distance in moving pixels from each mapped fixed landmark to its moving landmark.
    rms : float
        Root mean square of `residuals`.
    """

    transform: Linear
    residuals: Floats
    rms: float


def fit_transform(fixed_points: ArrayLike, moving_points: ArrayLike, transform: str = "rigid") -> LandmarkFit:
    """Fit a transform to pairs of landmarks by least squares in the moving image.

    Parameters
    ----------
    fixed_points, moving_points : array_like, shape (n, 2)
        The same places in both images, in (row, column) order, in pixels.
    transform : {"rigid", "translation", "similarity", "affine"}
        The family to fit.

    Returns
    -------
    LandmarkFit
        `.transform`, stated about the landmarks' mean, with `.residuals` and `.rms` in pixels.

    Raises
    ------
    InputError
        If there are too few points, or they do not determine the transform.

    References
    ----------
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
    family = family_named(transform)
    fixed = as_points(fixed_points, "fixed_points")
    moving = as_points(moving_points, "moving_points")
    if fixed.ndim != 2 or moving.ndim != 2:
        name, shape = ("fixed_points", fixed.shape) if fixed.ndim != 2 else ("moving_points", moving.shape)
        raise InputError("bad-points", argument=name, value=shape)
    if len(fixed) != len(moving):
        raise InputError("unequal-landmarks", argument="moving_points", value=len(moving), fixed=len(fixed))
    if len(fixed) < _LEAST[family.name]:
        raise InputError(
            "few-landmarks",
            argument="fixed_points",
            value=len(fixed),
            family=family.name,
            least=_LEAST[family.name],
        )
    centre = fixed.mean(0)
    linear = _linear(family.name, fixed - centre, moving - moving.mean(0))
    found = Linear(about(linear, moving.mean(0) - centre, centre), family.name, (centre[0], centre[1]))
    residuals = np.linalg.norm(found(fixed) - moving, axis=1)
    return LandmarkFit(found, residuals, float(np.sqrt(np.mean(residuals**2))))


def _linear(family: str, fixed: Floats, moving: Floats) -> Floats:
    """Return the linear part that takes centred fixed points nearest to centred moving points."""
    if family == "translation":
        return np.eye(2)
    spread = np.linalg.svd(fixed, compute_uv=False)
    rank = 2 if family == "affine" else 1
    if spread[rank - 1] <= 1e-9 * max(1.0, float(np.abs(fixed).max())):
        kind = "the same point" if spread[0] <= 1e-9 else "on one line"
        raise InputError("degenerate-landmarks", argument="fixed_points", value=kind, family=family)
    if family == "affine":
        return np.linalg.lstsq(fixed, moving, rcond=None)[0].T.astype(float)
    # With points as complex numbers the best rotation and scale are one complex number.
    a, b = fixed[:, 0] + 1j * fixed[:, 1], moving[:, 0] + 1j * moving[:, 1]
    ratio = np.vdot(a, b) / np.vdot(a, a).real
    if abs(ratio) <= 1e-12:
        raise InputError("degenerate-landmarks", argument="moving_points", value="the same point", family=family)
    scale = abs(ratio) if family == "similarity" else 1.0
    return scale * turn(float(np.angle(ratio)))
