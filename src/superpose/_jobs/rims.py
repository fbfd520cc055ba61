"""Find where a plate's emulsion is damaged along the picture's sides: in one exposure, so that it shows as colour."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from superpose._jobs.exposures import Window
from superpose._jobs.plate_settings import RimSettings
from superpose._sampling.warp import filled_from_nearest


def without_rims(picture: NDArray[Any], shown: Window, settings: RimSettings) -> Window:
    """Return the part of `shown` that has no coloured rims.

    Parameters
    ----------
    picture : ndarray, shape (rows, columns, 3)
        The exposures on each other.
    shown : tuple of slice
        Which rows and columns all three cover.
    """
    colours = _own(picture[shown], settings)
    across = colours.transpose(0, 2, 1)
    top, bottom, left, right = (
        _damaged(lines, settings) for lines in (colours, colours[:, ::-1], across, across[:, ::-1])
    )
    rows, columns = shown
    return slice(rows.start + top, rows.stop - bottom), slice(columns.start + left, columns.stop - right)


def _own(picture: NDArray[Any], settings: RimSettings) -> NDArray[np.float32]:
    """Return by channel what it shows beyond the mean of the other two, as a part of its range."""
    own = np.empty((3, *picture.shape[:2]), np.float32)
    for k, values in enumerate(own):
        values[...] = picture[..., k]
        known = np.isfinite(values)
        if not known.all() and known.any():
            values[...] = filled_from_nearest(values, known)
        low, high = np.percentile(values, (settings.clipped, 100 - settings.clipped))
        span = max(float(high - low), float(np.finfo(np.float32).tiny))
        np.clip(values, low, high, out=values)
        values -= np.float32(low)
        values /= np.float32(span)
    half = own.sum(0) * np.float32(0.5)
    own *= np.float32(1.5)
    own -= half
    return own


def _damaged(colours: NDArray[np.float32], settings: RimSettings) -> int:
    """Return how many lines to take off the top.

    A scene's colours do not begin within a few per cent of its side: one that the lines further in show nowhere is the
    plate's.
    """
    _, lines, length = colours.shape
    depth = max(1, round(settings.depth * lines))
    edge = colours[:, : 4 * depth]
    found = np.flatnonzero(_departures(edge, depth, max(settings.lines, round(settings.segment * length)), settings))
    if not found.size:
        return 0
    # Its ends may be thin.
    narrow = _departures(edge, depth, settings.lines, settings)
    return next((line for line in range(int(found[-1]) + 1, depth) if not narrow[line]), depth)


def _departures(edge: NDArray[np.float32], depth: int, along: int, settings: RimSettings) -> NDArray[np.bool_]:
    """Return which of the first `depth` lines show, `along` pixels together, a colour that those beneath do not."""
    from scipy import ndimage

    near = ndimage.uniform_filter(edge, (0, settings.lines, along))
    beneath = near[:, depth : 3 * depth]
    if not beneath.size:
        return np.zeros(depth, bool)
    low, high = (limit[:, None, None] for limit in (beneath.min((1, 2)), beneath.max((1, 2))))
    outside = np.maximum(near[:, :depth] - high, low - near[:, :depth])
    return np.asarray(outside.max((0, 2)) > settings.margin)
