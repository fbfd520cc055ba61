"""Sums over rectangles of an image, by a table of the sums of all that lies before."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]


def area_sums(values: Floats) -> Floats:
    """Return the sums of all that lies before each row and column, (rows + 1, columns + 1)."""
    out = np.zeros((values.shape[0] + 1, values.shape[1] + 1))
    out[1:, 1:] = values.cumsum(0).cumsum(1)
    return out
