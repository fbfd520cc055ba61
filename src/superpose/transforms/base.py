"""What every transform can do."""

from __future__ import annotations

from typing import Any, Protocol, runtime_checkable

import numpy as np
from numpy.typing import ArrayLike, NDArray

from superpose.errors import InputError


@runtime_checkable
class Transform(Protocol):
    """A map from fixed points to moving points, as a resampler needs it (pull)."""

    def __call__(self, points: ArrayLike) -> NDArray[np.float64]:
        """Map fixed points, shape (..., ndim) in axis order, to moving points."""

    def inverse(self) -> Any:
        """Return the transform from moving points to fixed points."""


def real_numbers(values: Any) -> NDArray[np.float64] | None:
    """Return a new float64 array of `values`, or None where they are no real numbers."""
    try:
        array = np.asarray(values)
        return None if array.dtype.kind not in "buifO" else np.array(array, float)
    except (TypeError, ValueError):
        return None


def as_point(point: ArrayLike, argument: str) -> NDArray[np.float64]:
    """Return one point as two floats.

    Raises
    ------
    InputError
        If it is anything else.
    """
    values = real_numbers(point)
    if values is None or values.shape != (2,) or not np.isfinite(values).all():
        raise InputError("bad-point", argument=argument, value=repr(point))
    return values


def as_points(points: ArrayLike, argument: str, ndim: int = 2) -> NDArray[np.float64]:
    """Return `points` as floats of shape (..., ndim).

    Raises
    ------
    InputError
        If the last axis has another length, or a coordinate is not finite.
    """
    values = real_numbers(points)
    if values is None:
        raise InputError("bad-points", argument=argument, value=f"unknown: {type(points).__name__} of no real numbers")
    if values.ndim == 0 or values.shape[-1] != ndim:
        raise InputError("bad-points", argument=argument, value=values.shape)
    if not np.isfinite(values).all():
        bad = int((~np.isfinite(values)).any(-1).sum())
        raise InputError("bad-points", argument=argument, value=f"{values.shape} and {bad} points that are not finite")
    return values
