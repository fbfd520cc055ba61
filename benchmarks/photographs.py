"""The photographs that scikit-image ships, as 512 x 512 float images from 0 to 1."""

from __future__ import annotations

from functools import cache

import numpy as np
from numpy.typing import NDArray
from skimage import color, data, transform, util

SIDE = 512
# Every packaged photograph with structure all over; `coins`, `moon`, `page` and the textures are grey.
COLOUR = ("astronaut", "coffee", "chelsea", "rocket", "immunohistochemistry", "hubble_deep_field", "retina")
GREY = ("camera", "coins", "moon", "brick", "grass", "gravel", "page")
NAMES = COLOUR + GREY


@cache
def photograph(name: str) -> NDArray[np.float64]:
    """Return a photograph's central square at 512 x 512, float64 from 0 to 1; colour ones as (512, 512, 3)."""
    image = util.img_as_float(getattr(data, name)())
    side = min(image.shape[:2])
    top, left = ((np.array(image.shape[:2]) - side) // 2).tolist()
    square = image[top : top + side, left : left + side]
    if side != SIDE:
        square = np.clip(transform.resize(square, (SIDE, SIDE), order=3, anti_aliasing=side > SIDE), 0, 1)
    square.flags.writeable = False
    return square


def grey(name: str) -> NDArray[np.float64]:
    """Return a photograph as one channel."""
    image = photograph(name)
    return color.rgb2gray(image) if image.ndim == 3 else image
