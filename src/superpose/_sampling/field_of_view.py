"""The field of view of an instrument: the round or otherwise shaped part of an image that shows anything at all.

Fundus cameras, endoscopes, microscopes and fish-eye lenses leave a plain ground around it. Its outline is the sensor's:
it stays where it is, whatever the scene does.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from superpose._arithmetic.matrices import solution
from superpose._sampling.ground import ground_of, region_on
from superpose._sampling.margins import without_missing_margins
from superpose._sampling.rim import depth_in, gradients, has_structure, rim_depth
from superpose._sampling.settings import FieldOfViewSettings
from superpose.image import Grid, Mask, Raster

Floats = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class FieldOfView:
    """Where an image shows its scene.

    Attributes
    ----------
    depth : ndarray, float64
        How deep inside the outline each pixel of the level lies that it was told on, in its pixels; negative outside.
    edge : ndarray, float64
        How large the image's gradient is there.
    grid : Grid
        Of that level.
    rim : float
        To which depth there is nothing but the outline's own edge.
    corner : ndarray
        Where the image begins, its missing margins left out: in physical coordinates, as exactly as its pixels are.
    """

    depth: Floats
    edge: Floats
    grid: Grid
    rim: float
    corner: Floats
    _masks: dict[Grid, Mask] = field(default_factory=dict, init=False, repr=False)

    def mask_on(self, grid: Grid) -> Mask:
        """Return which pixels of another grid lie inside, and not on the rim."""
        known = self._masks.get(grid)
        # An image's own grid is asked for more than once.
        return self._masks.setdefault(grid, self._depth_on(grid) > self.rim) if known is None else known

    def inside(self, image: Raster) -> Raster:
        """Return an image on another level's grid with what lies outside, or on the rim, missing."""
        return image.among(self.mask_on(image.grid))

    def seen_from(self, other: FieldOfView) -> FieldOfView:
        """Return the field on another image's pixels, as if both images began at one place."""
        origin = np.array(other.grid.origin) + self.corner - other.corner
        there = Grid(other.grid.shape, tuple(origin.tolist()), other.grid.spacing)
        if there == self.grid:
            return self
        return FieldOfView(self._depth_on(there), self._on(self.edge, there), other.grid, self.rim, other.corner)

    def _depth_on(self, grid: Grid) -> Floats:
        """Return the depth at the pixels of another grid."""
        return self._on(self.depth, grid)

    def _on(self, depth: Floats, grid: Grid) -> Floats:
        """Return values of this grid's pixels at those of another."""
        for axis in range(2):
            centres = np.arange(grid.shape[axis]) * grid.spacing[axis] + grid.origin[axis]
            # What lies outside the outer pixels' centres is as deep as they are: the frame is no outline.
            last = depth.shape[axis] - 1
            index = np.clip((centres - self.grid.origin[axis]) / self.grid.spacing[axis], 0, last)
            low = np.minimum(index.astype(int), last - 1)
            part = (index - low).reshape(-1, 1) if axis == 0 else index - low
            depth = depth.take(low, axis) * (1 - part) + depth.take(low + 1, axis) * part
        return depth


def field_of_view(
    image: Raster, parts: list[float], corner: Floats, settings: FieldOfViewSettings
) -> FieldOfView | None:
    """Return what may be the field of view of an image, or None where there is no such thing.

    That is one large region, hardly bent inwards anywhere, on a nearly constant ground that has at least three of the
    image's corners, with structure of its own beside its outline. A head, a coin or the moon before a black sky is
    such a region too: only a second image tells them apart, see `same_field`.

    Parameters
    ----------
    image : Raster
        A level.
    parts : list of float
        The tolerances that a coarser level leaves possible.
    corner : ndarray
        Where the image itself begins, see `FieldOfView`.
    settings : FieldOfViewSettings
        What a field is told by.
    """
    image = without_missing_margins(image)
    ground = ground_of(image, settings)
    if ground is None:
        return None
    outlines = []
    near: Mask | None = None
    for part in parts:
        before, near = near, ground.pixels(image, part)
        # Often a larger tolerance takes no more for ground.
        if before is not None and np.array_equal(near, before):
            continue
        region = region_on(near, settings)
        if region is not None:
            depth = depth_in(region)
            along, across = gradients(image.data, depth)
            outlines.append((abs(float(along[np.abs(depth) <= 1].mean())), depth, along, across))
    if not outlines:
        return None
    # The lowest threshold sees dim parts of the field, but a glow around it as well, whose outline is no edge.
    sharpest = max(sharp for sharp, *_ in outlines)
    _, depth, along, across = next(each for each in outlines if each[0] >= settings.sharp * sharpest)
    most = settings.deepest_rim * math.sqrt(np.count_nonzero(depth > 0))
    deep = depth > most
    if not deep.any():
        return None
    squares = along * along + across * across
    structure = math.sqrt(float(squares[deep].mean()) / 2)
    rim = rim_depth(along, depth, most, settings.directed * structure) + settings.margin
    large = np.count_nonzero(depth > rim) >= settings.least * depth.size
    if not large or not has_structure(image, depth, rim, settings):
        return None
    return FieldOfView(depth, np.sqrt(squares), image.grid, rim, corner)


def same_field(one: FieldOfView, other: FieldOfView, settings: FieldOfViewSettings) -> bool:
    """Return whether two images have the same field of view at the same place, as one sensor's have."""
    if one.grid.spacing != other.grid.spacing or np.abs(np.subtract(one.grid.shape, other.grid.shape)).max() > 1:
        return False
    other = other.seen_from(one)
    band = np.minimum(np.abs(one.depth), np.abs(other.depth)) <= settings.band
    agrees = np.abs(one.depth - other.depth)[band] <= settings.apart
    if agrees.mean() < settings.alike:
        return False
    down, right = _shift(one.edge, other.edge, band)
    allowed = settings.moved * max(one.rim, other.rim)
    return down * down + right * right <= allowed * allowed


def cut_discs(one: FieldOfView, other: FieldOfView, settings: FieldOfViewSettings) -> bool:
    """Return whether both outlines are circles, and the frame cuts one of them, as it cuts no object in the scene.

    Who takes a picture of the sun or of a coin has the whole of it in the picture.
    """
    beyond = [_beyond_frame(each.depth, settings) for each in (one, other)]
    return min(beyond) > -math.inf and max(beyond) >= settings.cut


def _shift(one: Floats, other: Floats, band: Mask) -> tuple[float, float]:
    """Return by how many pixels edges of any strength have moved, where that is little, along a band."""
    first, second = one / one[band].mean(), other / other[band].mean()
    rows, columns = np.gradient((first + second) / 2)
    down, right, _ = _fitted([-rows[band], -columns[band], first[band]], second[band])
    return down, right


def _beyond_frame(depth: Floats, settings: FieldOfViewSettings) -> float:
    """Return how far a circle reaches beyond the frame, in radii, and minus infinity where the outline is none."""
    points = np.argwhere(np.abs(depth) <= 0.5).astype(float)
    squares = (points * points).sum(1)
    down, right, rest = _fitted([*points.T, np.ones(len(points))], squares)
    centre = np.array([down, right]) / 2
    radius = math.sqrt(max(rest + float((centre * centre).sum()), 1e-6))
    off = np.abs(np.sqrt(((points - centre) * (points - centre)).sum(1)) - radius)
    if (off <= settings.apart).mean() < settings.alike:
        return -math.inf
    last = np.array(depth.shape) - 1
    return float(np.maximum(radius - centre, centre + radius - last).max()) / radius


def _fitted(terms: list[Floats], wanted: Floats) -> list[float]:
    """Return the factors with which terms sum to what is wanted, by least squares."""
    normal = np.array([[float((a * b).sum()) for b in terms] for a in terms])
    factors: list[float] = solution(normal, np.array([float((a * wanted).sum()) for a in terms])).tolist()
    return factors
