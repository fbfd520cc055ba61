"""Single pixels that stay where they are on the sensor, whatever the scene does: hot ones and dead ones."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence

import numpy as np
from numpy.typing import NDArray

from superpose._refine.robust import NORMAL
from superpose.image import Pixels

# In units of the usual deviation of a pixel from those around it, in the median of frames.
_OUTSTANDING = 8.0


def single_pixels(frame: Callable[[int], Pixels], numbers: Sequence[int]) -> NDArray[np.bool_]:
    """Return which pixels differ from those around them in most frames."""
    values = np.stack([frame(number) for number in numbers])
    usual, own = np.median(values, 0), values.std(0) / math.sqrt(len(values))
    rows, columns = usual.shape
    wide = np.pad(usual, 1, mode="reflect")
    around = np.stack(
        [
            wide[down : down + rows, right : right + columns]
            for down in range(3)
            for right in range(3)
            if (down, right) != (1, 1)
        ]
    )
    beyond = usual - np.median(around, 0)
    spread = NORMAL * float(np.median(np.abs(beyond)))
    least = 1e-3 * float(np.ptp(usual))
    return np.asarray(np.abs(beyond) > _OUTSTANDING * np.maximum(own, max(spread, least)))
