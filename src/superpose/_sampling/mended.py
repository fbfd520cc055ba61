"""Images with missing pixels all over, such as every second row: what lies among pixels that count is known."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np

from superpose._arithmetic.elementary import half_gaussian
from superpose._sampling.erosion import eroded
from superpose._sampling.filters import filtered
from superpose._sampling.settings import MendingSettings
from superpose.errors import InputError
from superpose.image import Mask, Raster


def mended(image: Raster, settings: MendingSettings, argument: str) -> Raster:
    """Return an image without the missing pixels that lie all over among others; any other image as it is.

    What is left is smoothed by normalised convolution: each pixel is an average of what counts around it. All pixels
    are, for those that count would stand out where the others lie, and hold the pose to the sensor.

    Raises
    ------
    InputError
        If even so most of its pixels have a missing one beside them. Errors call the image `argument`.
    """
    if image.complete:
        return image
    mask = image.mask
    whole = whole_squares(mask)
    if whole >= settings.whole * image.pixel_count:
        return image
    among, reach, found = _among(mask, whole, settings)
    if found < settings.least * np.count_nonzero(among):
        if _largest(mask) >= settings.least * image.pixel_count:
            return image  # a thin band, or an outline
        part = f"{100 * (1 - image.pixel_count / mask.size):.3g} %"
        missing = f"NaN, or by {argument}_mask=" if argument.isidentifier() else "NaN, or masked"
        raise InputError("scattered-pixels", argument=argument, value=part, missing=missing)
    return image if whole >= settings.whole * found else _smoothed(image, among, reach, settings)


def closed(mask: Mask, reach: int) -> Mask:
    """Return the pixels of which every square of 2 * `reach` + 1 that holds them meets a mask, which is mirrored."""
    wide = np.pad(mask, 2 * reach, mode="reflect")
    inside = tuple(slice(2 * reach, 2 * reach + n) for n in mask.shape)
    return np.ascontiguousarray(eroded(~eroded(~wide, reach), reach)[inside])


def whole_squares(mask: Mask) -> int:
    """Return how many squares of two by two pixels are wholly in a mask."""
    rows = mask[:-1] & mask[1:]
    return int(np.count_nonzero(rows[:, :-1] & rows[:, 1:]))


def _among(mask: Mask, whole: int, settings: MendingSettings) -> tuple[Mask, int, int]:
    """Return the mask closed as far as that helps, how far that is, and how many whole squares it has."""
    among, reach = mask, 0
    for wider in range(1, settings.farthest + 1):
        larger = closed(mask, wider)
        found = whole_squares(larger)
        # What has gaps everywhere may have none once it is closed far enough.
        if whole >= settings.whole * np.count_nonzero(among) and found - whole <= settings.gain * found:
            break
        among, reach, whole = larger, wider, found
    return among, reach, whole


def _largest(mask: Mask) -> int:
    """Return how many pixels the largest connected part of a mask has."""
    from scipy import ndimage

    return int(np.bincount(ndimage.label(mask, np.ones((3, 3)))[0].ravel())[1:].max())


def _smoothed(image: Raster, among: Mask, reach: int, settings: MendingSettings) -> Raster:
    """Return an image by normalised convolution, and once more of what that leaves, which restores its slopes."""
    width = settings.width * math.sqrt(np.count_nonzero(among) / image.pixel_count)
    # However unevenly pixels lie, some are within reach.
    taps = half_gaussian(max(2 * reach, math.ceil(settings.deviations * width)), width)
    kept = image.mask.astype(np.float32)
    over = filtered(kept, taps, 1)
    over = np.divide(1, over, out=np.zeros_like(over), where=among & (over > 0))
    data = filtered(image.data, taps, 1) * over
    data += filtered((image.data - data) * kept, taps, 1) * over
    weights = image.weights
    if weights is not None:
        weights = (filtered(weights * kept, taps, 1) * over).clip(1, 255).astype(np.uint8)
    return replace(image, data=data, mask=among, weights=weights)
