"""What a metric is to the rest of superpose, and what every metric on two arrays checks first."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from superpose.errors import InputError

Values = NDArray[np.float32]


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
        ``unrelated(fixed, moving) -> float``: the measure to expect of two images that have nothing to do with each
        other, from all their pixels. With it a small overlap that fits by chance does not win against a large one.
    """

    name: str
    measure: Callable[..., float]
    best: str
    unrelated: Callable[[Values, Values], float] | None = None

    def cost(self, fixed: Values, warped: Values, mask: NDArray[np.bool_]) -> float:
        """Return the measure, turned so that lower is better."""
        return self.signed(self.measure(fixed, warped, mask))

    def signed(self, value: float) -> float:
        """Return the cost that belongs to a measure, and the measure that belongs to a cost."""
        return value if self.best == "lowest" else -value


def samples(fixed: ArrayLike, warped: ArrayLike, mask: ArrayLike | None) -> tuple[Values, Values]:
    """Return the pixels of both images that count, as two flat arrays of one length.

    Raises
    ------
    InputError
        If the shapes differ or no pixel is left.
    """
    a, b = np.asarray(fixed), np.asarray(warped)
    if a.shape != b.shape:
        raise InputError("mask-shape", argument="warped", value=b.shape, image=a.shape)
    if mask is None:
        use = np.isfinite(a) & np.isfinite(b)
    else:
        use = np.asarray(mask, bool)
        if use.shape != a.shape:
            raise InputError("mask-shape", argument="mask", value=use.shape, image=a.shape)
    if not use.any():
        raise InputError("mask-empty", argument="mask", value=f"0 of {use.size}")
    return a[use], b[use]
