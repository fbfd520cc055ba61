"""What a camera's pixels see of a finer image, one pair of pixels at a time."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]


def seen_by(matrix: Floats, response: Floats, steps: float, fine: tuple[int, int], frame: tuple[int, int]) -> Floats:
    """Return by how much each pixel of a frame sees each of a finer image, shape (*frame, *fine)."""
    reach = (len(response) - 1) / steps
    out = np.zeros((*frame, *fine))
    for at in np.ndindex(*fine):
        place = matrix[:2, :2] @ at + matrix[:2, 2]
        for pixel in np.ndindex(*frame):
            away = np.abs(place - pixel)
            if (away <= reach).all():
                first, second = np.floor(away * steps + 0.5).astype(int)
                out[(*pixel, *at)] = response[first] * response[second]
    return out
