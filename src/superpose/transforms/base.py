"""What every transform can do."""

from __future__ import annotations

from typing import Any, Protocol, runtime_checkable

import numpy as np
from numpy.typing import ArrayLike, NDArray

from superpose.errors import InputError, shown
from superpose.grid import AXES

# The largest number of a point or a matrix.
LARGEST = 1e75


@runtime_checkable
class Transform(Protocol):
    """A map from fixed points to moving points, as a resampler needs it (pull)."""

    @property
    def ndim(self) -> int:
        """Number of coordinates of a point."""

    def __call__(self, points: ArrayLike) -> NDArray[np.float64]:
        """Map fixed points, shape (..., ndim) in axis order, to moving points; NaN where there are none."""

    def inverse(self) -> Transform:
        """Return the transform from moving points to fixed points."""

    def jacobian(self, points: ArrayLike) -> NDArray[np.float64]:
        """Return the derivative of moving by fixed coordinates at fixed points, shape (..., ndim, ndim)."""


def axes_in_words(ndim: int) -> str:
    """Return what the coordinates of a point are called, in their order."""
    return f"({', '.join(AXES[-ndim:])})"


def count_in_words(ndim: int) -> str:
    """Return a number of coordinates as a word."""
    return ("two", "three")[ndim - 2]


def real_numbers(values: Any) -> NDArray[np.float64] | None:
    """Return a new float64 array of `values`, or None where they are no real numbers."""
    try:
        array = np.asarray(values)
        with np.errstate(over="ignore"):
            return None if array.dtype.kind not in "buifO" else np.array(array, float)
    except Exception:  # noqa: BLE001 (whatever its own __array__ or __float__ raises)
        return None


def in_range(values: NDArray[np.float64]) -> bool:
    """Return whether all values are finite, and so are their fourth powers."""
    return bool((np.abs(values) <= LARGEST).all())


def axes_of(points: ArrayLike) -> int:
    """Return of how many coordinates points are, 2 unless the last axis of what they are says 3."""
    values = real_numbers(points)
    return 3 if values is not None and values.shape[-1:] == (3,) else 2


def as_point(point: ArrayLike, argument: str, ndim: int = 2) -> NDArray[np.float64]:
    """Return one point as floats, shape (ndim,).

    Raises
    ------
    InputError
        If it is anything else.
    """
    values = real_numbers(point)
    if values is None or values.shape != (ndim,) or not in_range(values):
        count, axes = count_in_words(ndim), axes_in_words(ndim)
        raise InputError("bad-point", argument=argument, value=shown(point), count=count, axes=axes)
    return values


def as_offset(point: ArrayLike, argument: str, ndim: int) -> NDArray[np.float64]:
    """Return one point as floats, shape (ndim,): zeros for an empty tuple, which stands for what was left out.

    Raises
    ------
    InputError
        If it is anything else.
    """
    return np.zeros(ndim) if isinstance(point, tuple) and not point else as_point(point, argument, ndim)


def as_points(points: ArrayLike, argument: str, ndim: int = 2) -> NDArray[np.float64]:
    """Return `points` as floats of shape (..., ndim).

    Raises
    ------
    InputError
        If the last axis has another length, or a coordinate is not finite.
    """
    axes = axes_in_words(ndim)
    values = real_numbers(points)
    if values is None:
        unknown = f"unknown: {type(points).__name__} of no real numbers"
        raise InputError("bad-points", argument=argument, value=unknown, ndim=ndim, axes=axes)
    if values.ndim == 0 or values.shape[-1] != ndim:
        raise InputError("bad-points", argument=argument, value=values.shape, ndim=ndim, axes=axes)
    if not in_range(values):
        bad = f"{values.shape} and {int((~(np.abs(values) <= LARGEST)).any(-1).sum())} points that are not finite"
        raise InputError("bad-points", argument=argument, value=bad, ndim=ndim, axes=axes)
    return values
