"""Constant fill around a picture that was turned or moved before: it is no part of the scene, and its edges are not."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from superpose._arithmetic.elementary import atan2
from superpose._arithmetic.matrices import dot, matmul, norm
from superpose._sampling.margins import without_missing_margins
from superpose._sampling.outline import convex_hull, simplified
from superpose._sampling.settings import FillSettings
from superpose.image import Mask, Raster

Floats = NDArray[np.float64]


def fill_edges(image: Raster, settings: FillSettings) -> Floats | None:
    """Return the straight lines beyond which an image holds nothing but fill, or None where there are none.

    A picture that was resampled on its own grid lies as a rectangle, cut by the frame, in a constant. So what lies
    beyond an edge of the convex outline of what is not constant is taken for fill if the outline's edges are those of
    a rectangle, as far as the frame leaves them, and the picture does reach them; what lies inside the outline stays,
    however dark it is.

    Parameters
    ----------
    image : Raster
        A coarse level, on which noise is averaged out.
    settings : FillSettings
        What fill is told by.

    Returns
    -------
    ndarray, shape (n, 3), or None
        Rows (a, b, c) in physical coordinates: fill is where a row + b column > c.
    """
    from scipy import ndimage

    if not image.mask.any():
        return None
    whole = image
    image = without_missing_margins(image, settings.there)
    like = _like_corners(image, settings.tolerance, math.ceil(settings.slack))
    part = like.sum() / like.size
    if not settings.least <= part <= settings.most:
        return None
    rest = _without_specks(image.mask & ~like, settings.least)
    outline = _outline(rest, settings.slack)
    if outline is None:
        return None
    far = ndimage.distance_transform_edt(~rest)
    side = float(np.sqrt(rest.size))
    edges, around, cut = [], 0.0, False
    for a, b in zip(outline, np.roll(outline, -1, axis=0), strict=True):
        if _on_frame(a, b, rest.shape, settings.slack):
            cut = True
            continue
        size = norm(b - a)
        if size >= settings.shortest_edge * side:
            around += size
            points = np.rint(np.linspace(a, b, int(size) + 2)).astype(int)
            if (far[tuple(points.T)] <= settings.slack + 0.5).mean() >= settings.reached:
                edges.append((a, b))
    edges = _square(edges, settings.slack)
    length = sum(norm(b - a) for a, b in edges)
    if length < max(settings.square * around, settings.all_edges * side) or (len(edges) < 4 and not cut):
        return None
    if image is not whole and len(edges) < 2:
        # One strip along what was left out is more of that, such as a plate's border.
        return None
    lines = []
    for a, b in edges:
        normal = np.array([b[1] - a[1], a[0] - b[0]]) / norm(b - a)
        lines.append((*normal, dot(normal, a) - settings.margin))
    pixels = np.array(lines)
    grid = image.grid
    physical = pixels[:, :2] / grid.spacing
    return np.column_stack([physical, pixels[:, 2] + matmul(physical, np.array(grid.origin))])


def without_fill(image: Raster, edges: Floats) -> Raster:
    """Return the image with what lies beyond the lines of `fill_edges` missing."""
    rows, columns = (np.arange(n) * s + o for n, s, o in zip(*_axes(image), strict=True))
    # Each line leaves one end of a row: so a row is left from one column to another.
    first, last = np.zeros(len(rows), np.intp), np.full(len(rows), len(columns))
    for a, b, c in edges:
        if b > 0:
            last = np.minimum(last, np.searchsorted(columns, (c - a * rows) / b, "right"))
        elif b < 0:
            first = np.maximum(first, np.searchsorted(columns, (c - a * rows) / b, "left"))
        else:
            last = np.where(a * rows <= c, last, 0)
    at = np.arange(len(columns), dtype=np.int32)
    keep = at >= first.astype(np.int32)[:, None]
    keep &= at < last.astype(np.int32)[:, None]
    return image.among(keep)


def _on_frame(a: Floats, b: Floats, shape: tuple[int, ...], slack: float) -> bool:
    """Whether an edge runs along the image's own border."""
    return bool(((np.minimum(a, b) >= np.array(shape) - 1 - slack) | (np.maximum(a, b) <= slack)).any())


def _square(edges: list[tuple[Floats, Floats]], slack: float) -> list[tuple[Floats, Floats]]:
    """Return the longest set of edges that are parallel or square to one of them, as well as its ends are known."""
    along = np.array([b - a for a, b in edges]).reshape(-1, 2)
    size = np.array([norm(each) for each in along])
    angle = np.array([atan2(y, x) for y, x in along.tolist()])
    # Between -pi/4 and pi/4.
    apart = (np.subtract.outer(angle, angle) + np.pi / 4) % (np.pi / 2) - np.pi / 4
    alike = np.abs(apart) <= [atan2(2 * slack, each) for each in size.tolist()]
    best = np.argmax(matmul(alike.astype(float), size)) if len(edges) else 0
    return [edge for edge, kept in zip(edges, alike[best], strict=True) if kept] if edges else []


def _axes(image: Raster) -> tuple[tuple[int, ...], tuple[float, ...], tuple[float, ...]]:
    return image.grid.shape, image.grid.spacing, image.grid.origin


def _like_corners(image: Raster, part: float, reach: int) -> Mask:
    """Return the regions of a corner's own value that contain it.

    Where the corner is missing, the first pixel inwards from it that is not stands for it, up to so many pixels off.
    """
    from scipy import ndimage

    data = image.data
    low, high = np.percentile(data[image.mask], (1, 99))
    tolerance = part * (high - low)
    found = np.zeros(data.shape, bool)
    steps = range(min(reach, min(data.shape) - 1) + 1)
    for outermost in ((0, 0), (0, -1), (-1, 0), (-1, -1)):
        inwards = [tuple(k if end == 0 else end - k for end in outermost) for k in steps]
        corner = next((each for each in inwards if image.mask[each]), outermost)
        if found[corner] or not image.mask[corner]:
            continue
        labels, _ = ndimage.label((np.abs(data - data[corner]) <= tolerance) & image.mask)
        found |= labels == labels[corner]
    return found


def _without_specks(region: Mask, least: float) -> Mask:
    """Return the parts of a region that are no noise in the fill."""
    from scipy import ndimage

    labels, _ = ndimage.label(region, np.ones((3, 3)))
    large = np.bincount(labels.ravel()) >= least * region.size
    return np.asarray(region & large[labels])


def _outline(region: Mask, slack: float) -> Floats | None:
    """Return the vertices of a region's convex outline, simplified by `slack` pixels, the inside on their left."""
    rows = np.flatnonzero(region.any(1))
    if len(rows) < 3:
        return None
    first = region[rows].argmax(1)
    last = region.shape[1] - 1 - region[rows][:, ::-1].argmax(1)
    hull = convex_hull(np.concatenate([np.c_[rows, first], np.c_[rows, last]])).astype(float)
    if len(hull) < 3:  # all on one line
        return None
    # Begun at a vertex that stays one: the farthest from the middle.
    hull = np.roll(hull, -int(np.argmax(((hull - hull.mean(0)) ** 2).sum(1))), axis=0)
    return simplified(np.r_[hull, hull[:1]], slack)[:-1]
