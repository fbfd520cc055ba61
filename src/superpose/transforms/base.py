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


def as_points(points: ArrayLike, argument: str, ndim: int = 2) -> NDArray[np.float64]:
    """Return `points` as floats of shape (..., ndim).

    Raises
    ------
    InputError
        If the last axis has another length, or a coordinate is not finite.
    """
    try:
        values = np.asarray(points, float)
    except (TypeError, ValueError) as error:
        raise InputError("bad-points", argument=argument, value=f"unknown ({error})") from error
    if values.ndim == 0 or values.shape[-1] != ndim:
        raise InputError("bad-points", argument=argument, value=values.shape)
    if not np.isfinite(values).all():
        bad = int((~np.isfinite(values)).any(-1).sum())
        raise InputError("bad-points", argument=argument, value=f"{values.shape} and {bad} points that are not finite")
    return values
