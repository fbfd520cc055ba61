"""Constant fill around a picture that was turned or moved before: it is no part of the scene, and its edges are not."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from superpose.image import Image, Mask

Floats = NDArray[np.float64]

# What differs from a corner by less than this part of the image's range is like it.
TOLERANCE = 0.02
# Fill of less than the first part of the image does no harm; if it were more than the second, nothing would be left.
LEAST, MOST = 0.005, 0.85
# A rectangle cut by the frame has at most four edges inside it; a round object has more.
EDGES = 4
# Part of those edges along which the picture reaches them.
REACHED = 0.6
# In pixels of the level: how far outlines may be off, and what is kept clear of along an edge.
SLACK, MARGIN = 1.0, 1.5


def fill_edges(image: Image) -> Floats | None:
    """Return the straight lines beyond which an image holds nothing but fill, or None where there are none.

    A picture that was resampled on its own grid lies as a rectangle, cut by the frame, in a constant. So everything
    outside the convex outline of what is not constant is taken for fill if that outline has few and straight edges
    which the picture does reach; what lies inside the outline stays, however dark it is.

    Parameters
    ----------
    image : Image
        A coarse level, on which noise is averaged out.

    Returns
    -------
    ndarray, shape (n, 3), or None
        Rows (a, b, c) in physical coordinates: fill is where a row + b column > c.
    """
    like = _like_corners(image)
    part = like.sum() / like.size
    if not LEAST <= part <= MOST:
        return None
    rest = image.mask & ~like
    outline = _outline(rest)
    if outline is None:
        return None
    shape = np.array(image.data.shape)
    far = ndimage.distance_transform_edt(~rest)
    lines, reached, length = [], 0, 0
    for a, b in zip(outline, np.roll(outline, -1, axis=0), strict=True):
        on_frame = (np.minimum(a, b) >= shape - 1 - SLACK) | (np.maximum(a, b) <= SLACK)
        along = b - a
        size = float(np.hypot(*along))
        if on_frame.any() or size == 0:
            continue
        points = np.rint(a + np.linspace(0, 1, int(size) + 2)[:, None] * along).astype(int)
        reached += int((far[tuple(points.T)] <= SLACK + 0.5).sum())
        length += len(points)
        normal = np.array([along[1], -along[0]]) / size
        lines.append((*normal, float(normal @ a) - MARGIN))
    if not lines or len(lines) > EDGES or reached < REACHED * length:
        return None
    pixels = np.array(lines)
    grid = image.grid
    physical = pixels[:, :2] / grid.spacing
    return np.column_stack([physical, pixels[:, 2] + physical @ grid.origin])


def without_fill(image: Image, edges: Floats) -> Image:
    """Return the image with what lies beyond the lines of `fill_edges` missing."""
    rows, columns = (np.arange(n) * s + o for n, s, o in zip(*_axes(image), strict=True))
    keep = image.mask.copy()
    for a, b, c in edges:
        keep &= a * rows[:, None] + b * columns <= c
    return Image(np.where(keep, image.data, np.float32(0)), keep, image.grid, image.offset)


def _axes(image: Image) -> tuple[tuple[int, ...], tuple[float, ...], tuple[float, ...]]:
    return image.grid.shape, image.grid.spacing, image.grid.origin


def _like_corners(image: Image) -> Mask:
    """Return the regions of a corner's own value that contain it."""
    data = image.data
    low, high = np.percentile(data[image.mask], (1, 99))
    tolerance = TOLERANCE * (high - low)
    found = np.zeros(data.shape, bool)
    for corner in ((0, 0), (0, -1), (-1, 0), (-1, -1)):
        if found[corner] or not image.mask[corner]:
            continue
        labels, _ = ndimage.label((np.abs(data - data[corner]) <= tolerance) & image.mask)
        found |= labels == labels[corner]
    return found


def _outline(region: Mask) -> Floats | None:
    """Return the vertices of a region's convex outline, simplified by `SLACK`, the inside on their left."""
    rows = np.flatnonzero(region.any(1))
    if len(rows) < 3:
        return None
    from scipy.spatial import ConvexHull, QhullError
    from skimage.measure import approximate_polygon

    first = region[rows].argmax(1)
    last = region.shape[1] - 1 - region[rows][:, ::-1].argmax(1)
    points = np.concatenate([np.c_[rows, first], np.c_[rows, last]]).astype(float)
    try:
        hull = points[ConvexHull(points).vertices]
    except QhullError:  # all on one line
        return None
    # Begun at a vertex that stays one: the farthest from the middle.
    hull = np.roll(hull, -int(np.argmax(((hull - hull.mean(0)) ** 2).sum(1))), axis=0)
    closed = approximate_polygon(np.r_[hull, hull[:1]], SLACK)
    return np.asarray(closed[:-1], float)
