"""Features of an image as it would be seen from aside, for scenes that one of both images shows from aside.

G. Yu and J.-M. Morel, "ASIFT: an algorithm for fully affine invariant comparison", Image Processing On Line 1, 2011.
"""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from superpose._arithmetic.elementary import half_gaussian
from superpose._arithmetic.matrices import inverse
from superpose._features.features import Features, contrast, described, to_index_of, worked_on
from superpose._features.settings import DetectionSettings, TiltSettings
from superpose._parallel import chunks_of, on_chunks, ordered_map
from superpose._sampling.warp import Source, warp
from superpose.image import Mask, Pixels, Raster
from superpose.transforms.geometry import turn

Floats = NDArray[np.float64]


def views_of(settings: TiltSettings) -> list[tuple[float, float]]:
    """Return the views: by how much each shortens what direction, an angle in radians."""
    found = []
    for tilt in settings.tilts:
        count = max(1, round(settings.directions * tilt))
        found += [(tilt, math.pi * k / count) for k in range(count)]
    return found


def tilted_features(image: Raster, detection: DetectionSettings, settings: TiltSettings, threads: int) -> Features:
    """Return the features of an image's simulated views, in its own index coordinates.

    Parameters
    ----------
    image : Raster
        Of any size and unit; missing pixels take no part.
    detection : DetectionSettings
        How features are found in each view.
    settings : TiltSettings
        Which views.
    threads : int
        The result does not depend on it.
    """
    small = worked_on(image, settings.longest, threads)
    greys = contrast(small, detection)
    if greys is None:
        return Features.together([])
    each = replace(detection, kept=settings.kept)

    def seen(view: tuple[float, float]) -> Features:
        pixels, mask, matrix = tilted(greys, small.mask, *view, settings.sharpness)
        return described(pixels, mask, each, 1).under(inverse(matrix))

    return Features.together(ordered_map(seen, views_of(settings), threads)).under(to_index_of(image, small))


def tilted(greys: Pixels, mask: Mask, tilt: float, angle: float, sharpness: float) -> tuple[Pixels, Mask, Floats]:
    """Return an image turned, and shortened along its rows' axis; where it has data; and what takes pixels to its.

    Parameters
    ----------
    greys : ndarray of float32
        The image.
    mask : ndarray of bool
        Where it has data.
    tilt : float
        By how much it is shortened.
    angle : float
        By how many radians it is turned before.
    sharpness : float
        Standard deviation of the blur before, in pixels that shortening makes.
    """
    from superpose._kernels.filter import filter_along

    matrix = np.eye(3)
    matrix[:2, :2] = turn(angle)
    corners = np.array(
        [[i * (n - 1) for n, i in zip(greys.shape, ends, strict=True)] for ends in np.ndindex(2, 2)], float
    )
    placed = np.einsum("ij,nj->ni", matrix[:2, :2], corners)
    low, high = placed.min(0), placed.max(0)
    matrix[:2, 2] = -low
    height, width = (math.ceil(side) + 1 for side in (high - low).tolist())
    turned, inside = warp(Source(greys, mask, 1), inverse(matrix), (height, width), 1)
    blurred, sigma = np.empty_like(turned), sharpness * math.sqrt(tilt * tilt - 1)
    taps = half_gaussian(int(3 * sigma + 0.5), sigma).astype(np.float32)
    on_chunks(filter_along, (turned[None], taps, blurred[None]), chunks_of(turned.shape), 1)
    shortened = np.diag([1 / tilt, 1.0, 1.0])
    shape = max(2, int((height - 1) / tilt) + 1), width
    out, counts = warp(Source(blurred, inside, 1), inverse(shortened), shape, 1)
    return out, counts, np.einsum("ij,jk->ik", shortened, matrix)
