"""The plain ground that an image's corners show, and the one large region that lies on it."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from superpose._arithmetic.order import median
from superpose._sampling.margins import without_missing_margins
from superpose._sampling.outline import area, convex_hull
from superpose._sampling.settings import FieldOfViewSettings
from superpose.image import Mask, Raster


@dataclass(frozen=True)
class Ground:
    """What most of an image's corners show.

    Attributes
    ----------
    value : float
        What pixels have there.
    noise : float
        By how much they differ from it there.
    extent : float
        The range of the whole image.
    """

    value: float
    noise: float
    extent: float

    def pixels(self, image: Raster, part: float) -> Mask:
        """Return which pixels differ from the ground by no more than noise, or by this part of the image's range."""
        mask: Mask = np.abs(image.data - self.value) <= max(part * self.extent, self.noise)
        return mask if image.complete else mask | ~image.mask


def ground_of(image: Raster, settings: FieldOfViewSettings) -> Ground | None:
    """Return the ground that three of an image's corners show at least, or None where they differ."""
    k = settings.corner
    ends = slice(0, k), slice(-k, None)
    # Of a padded image's coarse levels the outermost pixels may be missing.
    seen = [(image.data[a, b], image.mask[a, b]) for a in ends for b in ends]
    corners = [data[there] for data, there in seen if 2 * np.count_nonzero(there) > there.size]
    if len(corners) < 3:
        return None
    values = [median(each) for each in corners]
    middle = median(np.array(values))
    reach = settings.tolerances[-1] * float(image.data.max() - image.data.min())
    if sum(abs(each - middle) <= reach for each in values) < 3:
        return None
    low, high = np.percentile(image.data if image.complete else image.data[image.mask], (1, 99))
    rough = np.concatenate([np.abs(each - value) for each, value in zip(corners, values, strict=True)])
    noise, extent = settings.deviations * median(rough), float(high - low)
    return Ground(middle, noise, extent) if noise <= settings.tolerances[-1] * extent else None


def possible_parts(image: Raster, settings: FieldOfViewSettings) -> list[float]:
    """Return with which tolerances a coarse level may have a region; costs next to nothing."""
    image = without_missing_margins(image)
    ground = ground_of(image, settings)
    if ground is None:
        return []
    parts: list[float] = []
    near: Mask | None = None
    possible = False
    for part in settings.tolerances:
        now = ground.pixels(image, part)
        # Often a larger tolerance takes no more for ground.
        if near is None or not np.array_equal(now, near):
            near, possible = now, _largest(now, settings) is not None
        if possible:
            parts.append(part)
    return parts


def region_on(near: Mask, settings: FieldOfViewSettings) -> Mask | None:
    """Return the one large region that lies on pixels of ground, hardly bent inwards anywhere, without its holes."""
    region = _largest(near, settings)
    return region if region is not None and np.count_nonzero(region) >= settings.convex * _hull_size(region) else None


def _largest(near: Mask, settings: FieldOfViewSettings) -> Mask | None:
    """Return the largest region surrounded by ground that is connected with a corner, if it is mostly lit."""
    lit = near.size - int(np.count_nonzero(near))
    if not settings.lit * settings.least <= lit / near.size <= settings.most:
        return None
    from scipy import ndimage

    labels, _ = ndimage.label(near)
    owners = {int(labels[each]) for each in ((0, 0), (0, -1), (-1, 0), (-1, -1))} - {0}
    outside = np.zeros(near.shape, bool)
    for each in sorted(owners):
        outside |= labels == each
    if not settings.least <= 1 - np.count_nonzero(outside) / near.size <= settings.most:
        return None
    labels, _ = ndimage.label(~outside)
    region: Mask = labels == 1 + np.bincount(labels.ravel())[1:].argmax()
    size = int(np.count_nonzero(region))
    enough = size >= settings.least * near.size and np.count_nonzero(region & ~near) >= settings.lit * size
    # What has gaps in its rows or columns is bent inwards, and the hull takes longer.
    return region if enough and min(_filled(region), _filled(region.T)) >= settings.convex else None


def _filled(region: Mask) -> float:
    """Return which part of its rows' extent a region has."""
    rows = region[region.any(1)]
    extent = rows.shape[1] - rows.argmax(1) - rows[:, ::-1].argmax(1)
    return float(np.count_nonzero(rows)) / float(extent.sum())


def _hull_size(region: Mask) -> float:
    """Return how many pixels the convex hull of a region has."""
    rows = np.flatnonzero(region.any(1))
    first = region[rows].argmax(1)
    last = region.shape[1] - region[rows][:, ::-1].argmax(1)
    # The pixels' corners: between two rows those of the one that reaches farther. A region has no empty rows.
    edges = np.append(rows, rows[-1] + 1)
    left, right = np.append(first, first[-1]), np.append(last, last[-1])
    left[1:-1], right[1:-1] = np.minimum(first[1:], first[:-1]), np.maximum(last[1:], last[:-1])
    return area(convex_hull(np.concatenate([np.c_[edges, left], np.c_[edges, right]])))
