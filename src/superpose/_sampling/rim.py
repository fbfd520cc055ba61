"""The rim of a field of view: how deep it reaches, and whether there is anything beyond it."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from superpose._sampling.settings import FieldOfViewSettings
from superpose._sampling.smooth import blur
from superpose.image import Mask, Pixels, Raster

Floats = NDArray[np.float64]


def depth_in(region: Mask) -> Floats:
    """Return how deep inside a region each pixel lies, negative outside; the image's frame bounds nothing."""
    from scipy import ndimage

    inside, outside = (ndimage.distance_transform_edt(each) for each in (region, ~region))
    depth: Floats = np.where(region, inside - 0.5, 0.5 - outside)
    return depth


def gradients(data: Pixels | Floats, depth: Floats) -> tuple[Floats, Floats]:
    """Return an image's gradient along that of the depth, and across it."""
    down, right = (np.asarray(each, float) for each in np.gradient(data))
    rows, columns = np.gradient(depth)
    length = np.maximum(np.sqrt(rows * rows + columns * columns), 1e-6)
    return (down * rows + right * columns) / length, (right * rows - down * columns) / length


def rim_depth(along: Floats, depth: Floats, most: float, much: float) -> float:
    """Return at which depth, `most` at most, gradients along that of the depth are on the average as deeper inside."""
    rings = np.arange(0.5, most, 1.0)
    means = np.array([along[np.abs(depth - each) <= 0.5].mean() for each in rings])
    # Light that falls off towards the outline, as that of a lens does, does so further inside as well.
    beyond = np.abs(means - np.median(means[len(means) // 2 :])) > much
    return float(rings[-1]) if beyond.all() else float(rings[np.argmin(beyond)])


def has_structure(image: Raster, depth: Floats, rim: float, settings: FieldOfViewSettings) -> bool:
    """Return whether what is inside is more than noise and what follows the outline, such as a darkened limb."""
    keep = (depth > rim) & image.mask
    inside = Raster(np.where(keep, image.data, np.float32(0)), keep, image.grid)
    # Deep enough for blurs and gradients to see nothing of the rim.
    deep = depth > rim + 2 * max(settings.scales)
    if not deep.any():
        return False
    rings = np.rint(depth[deep]).astype(int)
    count = np.maximum(np.bincount(rings), 1)
    energies = []
    for sigma in settings.scales:
        along, across = (each[deep] for each in gradients(blur(inside, sigma).data, depth))
        along = along - (np.bincount(rings, along) / count)[rings]
        energies.append(float((along * along + across * across).mean()))
    return 0 < energies[0] * settings.structure <= energies[1]
