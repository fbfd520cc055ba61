"""Rims that stay where they are on the sensor, whatever the scene does: of apertures, adapters and fields of view."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from superpose._arithmetic.matrices import solution
from superpose._jobs.doubt_settings import SensorRimSettings
from superpose._sampling.outline import area, convex_hull
from superpose._sampling.rim import depth_in, gradients
from superpose.image import Mask, Pixels

Floats = NDArray[np.float64]
Frame = Callable[[int], Pixels]
Window = tuple[slice, slice]
_CORNERS = ((0, 0), (0, -1), (-1, 0), (-1, -1))


@dataclass(frozen=True, eq=False)
class SensorRim:
    """What frames show nothing but a rim of.

    Attributes
    ----------
    window : tuple of slice
        Rows and columns that are free of it.
    part : float
        How much of a frame it is.
    depth : ndarray
        How far inside its outline each pixel lies.
    mean : ndarray
        Of some frames, their shifts left as they are.
    value : float
        The rim's own.
    """

    window: Window
    part: float
    depth: Floats
    mean: Floats
    value: float

    def goes_along(self, frame: Frame, shifts: Mapping[int, Floats], settings: SensorRimSettings) -> bool:
        """Whether the outline moves as the scene does: then it belongs to that."""
        band = np.abs(self.depth) <= settings.band
        slope = gradients(self.mean, self.depth)[0][band]
        rows, columns = (np.asarray(each) for each in np.gradient(self.depth))
        # An outline says nothing of how it moves along itself.
        terms = [-slope * rows[band], -slope * columns[band], self.mean[band] - self.value, np.ones(len(slope))]
        normal = np.array([[float((a * b).sum()) for b in terms] for a in terms])
        told = normal.diagonal()[:2].copy()
        normal[:2, :2] += settings.ridge * told.sum() * np.eye(2)
        outlines = []
        for number in shifts:
            values = np.asarray(frame(number), float)[band] - self.mean[band]
            outlines.append(solution(normal, np.array([float((a * values).sum()) for a in terms]))[:2])
        of_outline, of_scene = (np.array(each) - np.mean(each, 0) for each in (outlines, list(shifts.values())))
        moved = float((told * np.square(of_scene)).sum())
        return moved > 0 and float((told * of_outline * of_scene).sum()) > settings.follows * moved

    def stays(self, frame: Pixels, settings: SensorRimSettings) -> bool:
        """Whether a frame has that outline about where the mean has it."""
        side = np.sign(self.mean - self.value)
        beyond = side * (frame - self.value)
        # A rim of one pixel has nothing two pixels outside.
        outside, inside, further = (
            float(beyond[ring].mean()) if ring.any() else 0.0
            for ring in (np.abs(self.depth - at) <= 0.5 for at in (-2, 2, settings.inside))
        )
        return inside >= settings.sharp * further and outside <= (1 - settings.sharp) * further


def sensor_rim(frame: Frame, numbers: Sequence[int], settings: SensorRimSettings) -> SensorRim | None:
    """Return the rim of one value around what frames show, or None where there is none.

    Its outline is sharp in their mean, and bent outwards: that of the ground between things is not. Whether it moves as
    the scene does is asked once it is known how that moves, see `SensorRim.goes_along`.
    """
    mean = np.zeros(frame(numbers[0]).shape)
    for number in numbers:
        mean += frame(number)
    mean /= len(numbers)
    low, high = np.percentile(mean, (1, 99)).tolist()
    tolerance = settings.tolerance * (high - low)
    corners = [float(mean[at]) for at in _CORNERS]
    alike = [sum(abs(one - other) <= tolerance for other in corners) for one in corners]
    if max(alike) < settings.corners:
        return None
    value = corners[alike.index(max(alike))]
    step = np.abs(mean - value)
    like = step <= tolerance
    for seen in (_within(like, settings), _within_lines(like, settings)):
        if seen is not None and (found := _checked(seen, mean, step, value, settings)) is not None:
            stay = sum(found.stays(frame(number), settings) for number in numbers)
            return found if stay >= settings.most * len(numbers) else None
    return None


def _checked(seen: Mask, mean: Floats, step: Floats, value: float, settings: SensorRimSettings) -> SensorRim | None:
    """Return a rim around what is seen if its outline is sharp, and enough is seen."""
    depth = depth_in(seen)
    at_once, inside = step[np.abs(depth - 2) <= 0.5], step[np.abs(depth - settings.inside) <= 0.5]
    if not inside.size or at_once.mean() < settings.sharp * inside.mean():
        return None
    window = _widest(depth > settings.margin)
    rows, columns = (each.stop - each.start for each in window)
    kept, part = rows * columns / seen.size, float(1 - seen.mean())
    if kept < settings.least or min(rows, columns) < settings.least_side or 1 - kept > settings.costs * part:
        return None
    return SensorRim(window, part, depth, mean, value)


def _within(like: Mask, settings: SensorRimSettings) -> Mask | None:
    """Return the region, bent outwards all around, that the value of the corners surrounds."""
    from scipy import ndimage

    like = ndimage.binary_opening(np.pad(like, 2, mode="edge"), np.ones((3, 3)))[2:-2, 2:-2]
    labels, _ = ndimage.label(like)
    of_corners = [labels[at] for at in _CORNERS if labels[at]]
    if len(of_corners) < settings.corners:
        return None
    seen = _largest(~np.isin(labels, of_corners))
    solid = seen.any() and seen.sum() >= settings.solid * area(_corners_of(seen))
    return seen if solid and not seen.all() else None


def _within_lines(like: Mask, settings: SensorRimSettings) -> Mask | None:
    """Return what is left between the first and last rows and columns that show nothing but that value."""
    window = [slice(0, n) for n in like.shape]
    for axis in (0, 1, 0):
        other = like[window[0], window[1]].mean(1 - axis) < settings.lines
        if not other.any():
            return None
        first = window[axis].start
        window[axis] = slice(first + int(other.argmax()), first + len(other) - int(other[::-1].argmax()))
    seen = np.zeros(like.shape, bool)
    seen[window[0], window[1]] = True
    return None if seen.all() else seen


def _largest(region: Mask) -> Mask:
    """Return the largest part of a region, its holes filled."""
    from scipy import ndimage

    labels, _ = ndimage.label(region)
    sizes = np.bincount(labels.ravel())
    sizes[0] = 0
    return np.asarray(ndimage.binary_fill_holes(labels == sizes.argmax())) if len(sizes) > 1 else region


def _corners_of(region: Mask) -> NDArray[np.intp]:
    """Return the corners of the convex hull of a region's pixels, each of which is a square."""
    rows = np.flatnonzero(region.any(1))
    first, last = region[rows].argmax(1), region.shape[1] - region[rows][:, ::-1].argmax(1)
    ends = [np.c_[rows + down, columns] for down in (0, 1) for columns in (first, last)]
    return convex_hull(np.concatenate(ends))


def _widest(region: Mask) -> Window:
    """Return the largest rectangle of rows and columns that lies in a region."""
    heights, best, found = np.zeros(region.shape[1], int), 0, (slice(0, 0), slice(0, 0))
    for row, line in enumerate(region):
        heights = np.where(line, heights + 1, 0)
        # Of columns whose heights rise so far: where each began.
        open_at: list[tuple[int, int]] = []
        for column, height in enumerate([*heights.tolist(), 0]):
            start = column
            while open_at and open_at[-1][1] >= height:
                start, above = open_at.pop()
                if above * (column - start) > best:
                    best = above * (column - start)
                    found = slice(row + 1 - above, row + 1), slice(start, column)
            open_at.append((start, height))
    return found
