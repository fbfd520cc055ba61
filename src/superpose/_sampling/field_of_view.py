"""The field of view of an instrument: the round or otherwise shaped part of an image that shows anything at all.

Fundus cameras, endoscopes, microscopes and fish-eye lenses leave a constant ground around it. Its outline is the
sensor's: it stays where it is, whatever the scene does.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from superpose._arithmetic.matrices import solution
from superpose._sampling.outline import convex_hull
from superpose._sampling.settings import FieldOfViewSettings
from superpose._sampling.smooth import blur
from superpose.image import Grid, Image, Mask

Floats = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class FieldOfView:
    """Where an image shows its scene.

    Attributes
    ----------
    depth : ndarray, float64
        How deep inside the outline each pixel of the level lies that it was told on, in its pixels; negative outside.
    grid : Grid
        Of that level.
    rim : float
        To which depth there is nothing but the outline's own edge.
    """

    depth: Floats
    grid: Grid
    rim: float

    def inside(self, image: Image) -> Image:
        """Return an image on another level's grid with what lies outside, or on the rim, missing."""
        keep = image.mask & (self._depth_on(image.grid) > self.rim)
        return Image(np.where(keep, image.data, np.float32(0)), keep, image.grid, image.offset)

    def _depth_on(self, grid: Grid) -> Floats:
        """Return the depth at the pixels of another grid."""
        depth = self.depth
        for axis in range(2):
            centres = np.arange(grid.shape[axis]) * grid.spacing[axis] + grid.origin[axis]
            # What lies outside the outer pixels' centres is as deep as they are: the frame is no outline.
            last = depth.shape[axis] - 1
            index = np.clip((centres - self.grid.origin[axis]) / self.grid.spacing[axis], 0, last)
            low = np.minimum(index.astype(int), last - 1)
            part = (index - low).reshape(-1, 1) if axis == 0 else index - low
            depth = depth.take(low, axis) * (1 - part) + depth.take(low + 1, axis) * part
        return depth


def field_of_view(image: Image, settings: FieldOfViewSettings) -> FieldOfView | None:
    """Return what may be the field of view of an image, or None where there is no such thing.

    That is one large region, hardly bent inwards anywhere, on a nearly constant ground that has at least three of the
    image's corners, with structure of its own beside its outline. A head, a coin or the moon before a black sky is
    such a region too: only a second image tells them apart, see `same_field`.

    Parameters
    ----------
    image : Image
        A level.
    settings : FieldOfViewSettings
        What a field is told by.
    """
    region = _on_ground(image, settings)
    if region is None:
        return None
    from scipy import ndimage

    depth = np.where(region, ndimage.distance_transform_edt(region) - 0.5, 0.5 - ndimage.distance_transform_edt(~region))
    along, across = _gradients(image.data, depth)
    most = settings.deepest_rim * float(np.sqrt(region.sum()))
    structure = float(np.sqrt((along[depth > most] ** 2 + across[depth > most] ** 2).mean() / 2)) if (depth > most).any() else 0
    rim = _rim(along, depth, most, settings.directed * structure) + settings.margin
    inside = depth > rim
    if inside.sum() < settings.least * region.size or not _structured(image, depth, rim, settings):
        return None
    return FieldOfView(depth, image.grid, rim)


def same_field(one: FieldOfView, other: FieldOfView, settings: FieldOfViewSettings) -> bool:
    """Return whether two images have the same field of view at the same place, as one sensor's have."""
    if one.depth.shape != other.depth.shape or one.grid.spacing != other.grid.spacing:
        return False
    sums, size = np.zeros((3, 3)), 0
    right = np.zeros(3)
    pieces = []
    for depth in (one.depth, other.depth):
        band = np.abs(depth) <= settings.band
        rows, columns = (each[band] for each in np.gradient(depth))
        apart = (other.depth - one.depth)[band]
        pieces.append(apart)
        design = np.stack([rows, columns, np.ones(len(apart))])
        near = np.abs(apart) <= settings.band
        for i in range(3):
            right[i] += float((design[i] * apart)[near].sum())
            for j in range(3):
                sums[i, j] += float((design[i] * design[j])[near].sum())
        size += int(near.sum())
    apart = np.abs(np.concatenate(pieces))
    alike = float((apart <= settings.apart).mean())
    if size < 3 or alike < settings.alike:
        return False
    shift = solution(sums, right)
    return bool(shift[0] ** 2 + shift[1] ** 2 <= settings.moved**2)


def _on_ground(image: Image, settings: FieldOfViewSettings) -> Mask | None:
    """Return the one large region that lies on the ground which the image's corners show, without its holes."""
    data, k = image.data, settings.corner
    corners = [(data[s], image.mask[s]) for s in _corners(k)]
    values = [np.median(each) for each, counts in corners if counts.all()]
    if len(values) < 3:
        return None
    ground = float(np.median(values))
    extent = float(data.max() - data.min())
    alike = [each for each in values if abs(each - ground) <= settings.tolerance * extent]
    if len(alike) < 3:
        return None
    from scipy import ndimage

    low, high = np.percentile(data[image.mask], (1, 99))
    rough = np.concatenate([np.abs(each - np.median(each)).ravel() for each, counts in corners if counts.all()])
    tolerance = max(settings.tolerance * float(high - low), settings.deviations * float(np.median(rough)))
    if tolerance > settings.most_tolerance * float(high - low):
        return None
    near = (np.abs(data - ground) <= tolerance) | ~image.mask
    labels, _ = ndimage.label(near)
    owners = np.unique([labels[c] for c in ((0, 0), (0, -1), (-1, 0), (-1, -1))])
    outside = np.isin(labels, owners[owners > 0])
    labels, count = ndimage.label(~outside)
    if not count:
        return None
    sizes = np.bincount(labels.ravel())[1:]
    region: Mask = labels == 1 + sizes.argmax()
    part = region.sum() / region.size
    if not settings.least <= part <= settings.most or (region & ~near).sum() < settings.lit * region.sum():
        return None
    return region if region.sum() >= settings.convex * _hull_size(region) else None


def _corners(k: int) -> list[tuple[slice, slice]]:
    ends = slice(0, k), slice(-k, None)
    return [(a, b) for a in ends for b in ends]


def _hull_size(region: Mask) -> float:
    """Return how many pixels the convex hull of a region has."""
    rows = np.flatnonzero(region.any(1))
    first = region[rows].argmax(1)
    last = region.shape[1] - region[rows][:, ::-1].argmax(1)
    # The pixels' corners.
    ends = [np.c_[r, c] for r in (rows, rows + 1) for c in (first, last)]
    hull = convex_hull(np.concatenate(ends))
    after = np.roll(hull, -1, 0)
    return abs(float((hull[:, 0] * after[:, 1] - hull[:, 1] * after[:, 0]).sum())) / 2


def _gradients(data: NDArray[np.float32], depth: Floats) -> tuple[Floats, Floats]:
    """Return an image's gradient along that of the depth, and across it."""
    down, right = (np.asarray(each, float) for each in np.gradient(data))
    rows, columns = np.gradient(depth)
    length = np.maximum(np.sqrt(rows**2 + columns**2), 1e-6)
    return (down * rows + right * columns) / length, (right * rows - down * columns) / length


def _rim(along: Floats, depth: Floats, most: float, much: float) -> float:
    """Return at which depth, `most` at most, gradients along that of the depth are on the average as deeper inside."""
    rings = np.arange(0.5, most, 1.0)
    means = np.array([along[np.abs(depth - each) <= 0.5].mean() for each in rings])
    # Light that falls off towards the outline, as that of a lens does, does so further inside as well.
    beyond = np.abs(means - np.median(means[len(means) // 2 :])) > much
    return float(rings[-1]) if beyond.all() else float(rings[np.argmin(beyond)])


def _structured(image: Image, depth: Floats, rim: float, settings: FieldOfViewSettings) -> bool:
    """Return whether what is inside is more than noise and what follows the outline, such as a darkened limb."""
    energies = []
    inside = Image(np.where(depth > rim, image.data, np.float32(0)), (depth > rim) & image.mask, image.grid)
    for sigma in settings.scales:
        along, across = _gradients(blur(inside, sigma).data, depth)
        deep = depth > rim + settings.scales[-1] * 2
        if not deep.any():
            return False
        rings = np.rint(depth[deep]).astype(int)
        count = np.maximum(np.bincount(rings), 1)
        mean = np.bincount(rings, along[deep]) / count
        energies.append(float(((along[deep] - mean[rings]) ** 2 + across[deep] ** 2).mean()))
    image_sd = float(inside.data.std())
    import os
    if os.environ.get("DBG"):
        print("structured", energies, energies[1] / max(energies[0], 1e-30), "rim", rim)
    return energies[1] >= settings.structure * energies[0] and energies[0] > 0
