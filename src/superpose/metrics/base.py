"""What a metric is to the rest of superpose, and what every metric on two arrays checks first."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from superpose.errors import InputError
from superpose.image import as_mask, real_numbers

Values = NDArray[np.floating[Any]]


@dataclass(frozen=True)
class Metric:
    """A similarity measure by name.

    Parameters
    ----------
    name : str
        What `register(metric=...)` calls it.
    measure : callable
        ``measure(fixed, warped, mask) -> float``.
    best : {"lowest", "highest"}
        Which values mean a better alignment.
    unrelated : callable, optional
        ``unrelated(fixed, moving) -> float``: the measure to expect of two images that have nothing to do
        with each other, from all their pixels. With it a small overlap that fits by chance does not win
        against a large one.
    blind_to : {"nothing", "common offset", "offsets"}
        Whether a constant may be subtracted from both images, or one from each, and the measure stays the
        same. Images of large values with small differences need that: inside, pixels are 32-bit floats.
    bins : int, optional
        Of the joint histogram, where the user said how many.
    derivatives : bool
        Whether the engine has its derivatives, and so can minimise it.
    """

    name: str
    measure: Callable[..., float]
    best: str
    unrelated: Callable[[Values, Values], float] | None = None
    blind_to: str = "nothing"
    bins: int | None = None
    derivatives: bool = False

    def cost(self, fixed: Values, warped: Values, mask: NDArray[np.bool_]) -> float:
        """Return the measure, turned so that lower is better."""
        return self.signed(self.measure(fixed, warped, mask))

    def signed(self, value: float) -> float:
        """Return the cost that belongs to a measure, and the measure that belongs to a cost."""
        return value if self.best == "lowest" else -value


def samples(fixed: ArrayLike, warped: ArrayLike, mask: ArrayLike | None) -> tuple[Values, Values]:
    """Return the pixels of both images that count, as two flat arrays of floats of one length.

    A pixel counts when it is finite and not masked in both images, and `mask` is True.

    Raises
    ------
    InputError
        If either is no array of real numbers, the shapes differ, or no pixel is left.
    """
    (a, kept_a), (b, kept_b) = real_numbers(fixed, "fixed"), real_numbers(warped, "warped")
    if a.shape != b.shape:
        raise InputError("different-shapes", argument="warped", value=b.shape, fixed=a.shape)
    use = np.isfinite(a) & np.isfinite(b)
    if mask is not None:
        use &= as_mask(mask, a.shape, "mask")
    for kept in (kept_a, kept_b):
        if kept is not None:
            use &= kept
    if not use.any():
        raise InputError("mask-empty", argument="mask", value=f"0 of {use.size}")
    return _as_floats(a[use]), _as_floats(b[use])


def _as_floats(values: NDArray[Any]) -> Values:
    """Return numbers that can be subtracted and averaged: small types do not hold their differences."""
    exact = values.dtype.itemsize <= 2 or values.dtype == np.float32
    return values.astype(np.float32 if exact else np.float64, copy=False)
