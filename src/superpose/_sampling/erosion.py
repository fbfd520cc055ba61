"""Masks without what is near to a missing pixel."""

from __future__ import annotations

import numpy as np

from superpose.image import Mask


def eroded(mask: Mask, reach: int) -> Mask:
    """Return the pixels of which all within `reach`, along every axis, are in a mask; beyond the border none is.

    It is done by a few passes over the image, each of which doubles the reach: sooner than by a minimum filter.
    """
    inner = np.zeros_like(mask)
    if min(mask.shape) <= 2 * reach:
        return inner
    kept = mask
    for axis in range(mask.ndim):
        seen, wanted = 1, 2 * reach + 1
        while seen < wanted:
            step = min(seen, wanted - seen)
            before, after = [slice(None)] * mask.ndim, [slice(None)] * mask.ndim
            before[axis], after[axis] = slice(None, -step), slice(step, None)
            kept = kept[tuple(before)] & kept[tuple(after)]
            seen += step
    inner[tuple(slice(reach, n - reach) for n in mask.shape)] = kept
    return inner
