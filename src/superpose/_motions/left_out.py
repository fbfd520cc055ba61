"""Images without what is another motion's."""

from __future__ import annotations

import numpy as np

from superpose._motions.settings import LeftOutSettings
from superpose._motions.structure import smoothed
from superpose._sampling.erosion import eroded
from superpose.image import Mask, Pixels


def without(data: Pixels, mask: Mask, left_out: Mask, threads: int, settings: LeftOutSettings) -> tuple[Pixels, Mask]:
    """Return an image without what a mask covers: narrow parts filled from around, wide ones missing."""
    from scipy import ndimage

    far = ndimage.distance_transform_edt(left_out)
    labels, count = ndimage.label(left_out)
    wide = np.zeros(count + 1, bool)
    wide[np.unique(labels[far > settings.narrow])] = True
    wide[0] = False
    missing = wide[labels]
    kept = (mask & ~left_out).astype(np.float32)
    weight = smoothed(kept, settings.filled_from, threads)
    around = smoothed(data * kept, settings.filled_from, threads) / np.maximum(weight, np.float32(1e-6))
    left = mask & ~missing & (~left_out | (weight > np.float32(1e-3)))
    return np.where(left, np.where(left_out, around, data), np.float32(0)).astype(np.float32), left


def grown(mask: Mask, by: int) -> Mask:
    """Return a mask grown by so many pixels, in a square."""
    # What is left between grown parts is eroded, but not from the image's border.
    left = eroded(np.pad(~mask, by, constant_values=True), by)
    return ~left[tuple(slice(by, by + n) for n in mask.shape)]
