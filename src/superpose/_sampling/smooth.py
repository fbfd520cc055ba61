"""Blur images without letting missing pixels in."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from superpose._arithmetic.elementary import gaussian
from superpose.image import Raster


def blur(image: Raster, sigma: float) -> Raster:
    """Return the image blurred by a Gaussian; missing pixels and what lies outside take no part."""
    if sigma == 0:
        return image
    from scipy import ndimage

    reach = int(4 * sigma + 0.5)
    taps = gaussian(np.arange(-reach, reach + 1), sigma)
    taps /= taps.sum()
    total, weight = image.data.astype(float), image.parts.astype(float)
    total = total if image.weights is None else total * weight
    for axis in range(total.ndim):
        total, weight = (ndimage.correlate1d(each, taps, axis, mode="constant") for each in (total, weight))
    data = np.where(image.mask, total / np.where(image.mask, weight, 1), 0)
    return replace(image, data=data.astype(np.float32), offset=0.0)
