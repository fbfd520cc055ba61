"""Sums over square cells of an image: slopes and residuals of one cell are alike, those of two differ by themselves."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray


def cell_sums(values: NDArray[Any], side: int) -> NDArray[np.float64]:
    """Return the sums of values over cells of `side` pixels a side, (cells,)."""
    if any(n % side for n in values.shape):
        values = np.pad(values, [(0, -n % side) for n in values.shape])
    for axis, n in enumerate(values.shape):
        values = values.reshape(*values.shape[:axis], n // side, side, *values.shape[axis + 1 :]).sum(axis + 1)
    return values.ravel().astype(float)
