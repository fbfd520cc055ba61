"""The coffee cup as the scan of a glass plate."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from skimage import data, transform

from superpose.transforms.constructors import rigid, translation

FRAME, MARGIN = 14, 30  # how wide an exposure's dark frame is, and what the photograph shows beyond each exposure
# How each exposure lies on green (degrees, and pixels down and right), and how its emulsion took the light.
TAKEN = (
    (2, 0.8, (-7.3, 4.6), lambda light: 0.1 + 0.8 * light**1.8),
    (1, 0.0, (0.0, 0.0), lambda light: 0.05 + 0.9 * light),
    (0, -0.5, (5.2, -8.4), lambda light: 0.9 * light**0.6),
)


def coffee_plate() -> NDArray[np.uint8]:
    """Return blue, green and red, top to bottom."""
    photograph = data.coffee() / 255
    rng = np.random.default_rng(2)
    centre = (np.array(photograph.shape[:2]) - 2 * MARGIN + 2 * FRAME - 1) / 2
    inner = slice(MARGIN, -MARGIN), slice(MARGIN, -MARGIN)
    offset = np.array((MARGIN - FRAME,) * 2)
    exposures = []
    for channel, degrees, shift, curve in TAKEN:
        pose = translation(offset) @ rigid(np.radians(degrees), shift, centre) @ translation(-offset)
        light = transform.warp(photograph[..., channel], pose.inverse().as_skimage(), order=3)[inner]
        framed = np.pad(curve(np.clip(light, 0, 1)), FRAME, constant_values=0.02)
        framed += rng.normal(0, 0.01, framed.shape)
        exposures.append(np.rint(255 * np.clip(framed, 0, 1)).astype(np.uint8))
    return np.vstack(exposures)
