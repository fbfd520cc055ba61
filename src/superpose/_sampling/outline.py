"""Outlines of regions: the convex hull of pixels, and chains of points with fewer of them."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Points = NDArray[np.intp]


def convex_hull(pixels: Points) -> Points:
    """Return the corners of the convex hull of pixels, (n, 2), in `scipy.spatial.ConvexHull`'s order.

    That is with the inside to the left of each edge, where the first coordinate runs to the right and the second one
    up. It is exact, for whole numbers are: what lies on an edge is no corner. Fewer than three corners mean that all
    pixels lie on one line.
    """
    ordered = pixels[np.lexsort((pixels[:, 1], pixels[:, 0]))]
    ordered = ordered[np.append(True, (ordered[1:] != ordered[:-1]).any(1))] if len(ordered) else ordered
    if len(ordered) < 2:
        return ordered
    return np.concatenate([_half(ordered)[:-1], _half(ordered[::-1])[:-1]])


def area(corners: Points) -> float:
    """Return the area within a polygon, (n, 2)."""
    after = np.roll(corners, -1, axis=0)
    return abs(float((corners[:, 0] * after[:, 1] - corners[:, 1] * after[:, 0]).sum())) / 2


def _half(ordered: Points) -> Points:
    """Return the chain from the first point to the last one that has all others to its left or on it."""
    while True:
        before, here, after = ordered[:-2], ordered[1:-1], ordered[2:]
        along, ahead = here - before, after - before
        # What lies to the left of its neighbours' line, or on it, is no corner whichever of the others are.
        corner = along[:, 0] * ahead[:, 1] - along[:, 1] * ahead[:, 0] > 0
        if corner.all():
            return ordered
        ordered = ordered[np.concatenate([[True], corner, [True]])]


def simplified(chain: Floats, tolerance: float) -> Floats:
    """Return a chain of points, (n, 2), without those that lie within `tolerance` of what the others draw.

    After Douglas and Peucker, as `skimage.measure.approximate_polygon` does it: the first and the last point stay, and
    so does the one farthest from the segment between two that stay, if it is farther than `tolerance`.
    """
    kept: list[int] = []
    added = [0, len(chain) - 1]
    while added:
        kept = sorted([*kept, *added])
        added = []
        for first, last in pairwise(kept):
            far = _distances(chain[first + 1 : last], chain[first], chain[last])
            if len(far) and far.max() > tolerance:
                added.append(first + 1 + int(far.argmax()))
    return chain[kept]


def _distances(points: Floats, start: Floats, end: Floats) -> Floats:
    """Return how far points, (n, 2), lie from a segment."""
    from_start, from_end = (points - start).T, (points - end).T
    along = end - start
    beside = (from_start[0] * along[0] + from_start[1] * along[1] > 0) & (
        from_end[0] * along[0] + from_end[1] * along[1] < 0
    )
    length = np.sqrt(along[0] ** 2 + along[1] ** 2)
    across = np.abs(from_start[0] * along[1] - from_start[1] * along[0]) / np.where(length > 0, length, 1.0)
    ends = np.sqrt(np.minimum((from_start**2).sum(0), (from_end**2).sum(0)))
    distances: Floats = np.where(beside, across, ends)
    return distances
