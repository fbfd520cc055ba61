"""Two pictures in one: laid over each other, in tiles, subtracted, and their edges."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from superpose._report.pictures import Floats
from superpose._sampling.smooth import blur
from superpose.image import Grid, Raster

Rgb = NDArray[np.uint8]
# ITU-R BT.601, as `register` aligns colour.
LUMINANCE = (0.299, 0.587, 0.114)


def grey(picture: Floats) -> Floats:
    """Return the luminance of a picture in colour; one in grey is its own."""
    if picture.ndim == 2:
        return picture
    return np.asarray(sum(weight * picture[..., k] for k, weight in enumerate(LUMINANCE)))


def coloured(picture: Floats) -> Floats:
    """Return a picture as red, green and blue."""
    return picture if picture.ndim == 3 else np.repeat(picture[..., None], 3, -1)


def overlay(fixed: Floats, moving: Floats) -> Floats:
    """Return fixed in magenta and moving in green: grey where they agree, to colour-blind eyes too."""
    a, b = grey(fixed), grey(moving)
    picture = np.nan_to_num(np.stack([a, b, a], -1), nan=0.0)
    picture[np.isnan(a) & np.isnan(b)] = np.nan
    return picture


def checkerboard(fixed: Floats, moving: Floats, tiles: int = 8) -> Floats:
    """Return the two images in alternating tiles: edges run on where they are aligned."""
    tile = max(1, max(fixed.shape[:2]) // tiles)
    rows, columns = np.indices(fixed.shape[:2]) // tile
    return np.where(((rows + columns) % 2 == 0)[..., None], coloured(fixed), coloured(moving))


def matched_difference(fixed: Floats, moving: Floats) -> Floats:
    """Return moving minus fixed, in grey, after the linear map of intensities that brings them closest.

    What differs by much, such as something that moved by itself, has no say in that map.
    """
    a, b = grey(moving), grey(fixed)
    known = np.isfinite(a) & np.isfinite(b)
    difference = np.full(a.shape, np.nan)
    for _ in range(4):
        if not known.any():
            break
        of_moving, of_fixed = a[known], b[known]
        varies = of_moving.size > 1 and of_moving.var() > 0
        gain = float(np.cov(of_moving, of_fixed)[0, 1] / of_moving.var(ddof=1)) if varies else 0.0
        difference = gain * (a - of_moving.mean()) - (b - of_fixed.mean())
        size = np.abs(difference)
        # 2.5 standard deviations, if all but the outliers are normally distributed.
        known = np.isfinite(size) & (size <= 3.7 * np.median(size[np.isfinite(size)]) + 1e-12)
    return difference


def noise_of(picture: Floats) -> float:
    """Return the standard deviation of a picture's white noise: of what neither rows nor columns explain; NaN if none.

    Edges and other structure are few among all pixels, and have no say in the median.
    """
    mixed = picture[1:, 1:] - picture[1:, :-1] - picture[:-1, 1:] + picture[:-1, :-1]
    known = np.abs(mixed[np.isfinite(mixed)])
    return float(np.median(known)) / 0.6745 / 2 if known.size else np.nan


def full_colour_at(fixed: Floats, difference: Floats, noises: float, least: float) -> float:
    """Return the difference that is shown in full colour: so many times its noise, and so much of fixed's contrast.

    With less, a pair that matches to the noise would look as if it did not.
    """
    known = grey(fixed)[np.isfinite(difference)]
    contrast = float(known.std()) if known.size else 0.0
    noise = noise_of(difference)
    return max(noises * noise if np.isfinite(noise) else 0.0, least * contrast) or 1.0


def edges(picture: Floats) -> Floats:
    """Return how steep a picture is, 0 to 1, NaN beside what has no data: what is left of it in another modality."""
    values = grey(picture)
    known = np.isfinite(values)
    smooth = blur(Raster(np.nan_to_num(values).astype(np.float32), known, Grid(values.shape)), 1.0)
    down, across = np.gradient(np.where(known, smooth.data.astype(float), np.nan))
    steepness: Floats = np.sqrt(down * down + across * across)
    steep = steepness[np.isfinite(steepness)]
    most = float(np.percentile(steep, 99)) if steep.size else 0.0
    return np.minimum(steepness / (most or 1.0), 1)


def as_bytes(picture: Floats) -> Rgb:
    """Return a picture, intensities from 0 to 1, as bytes: red, green, blue, and opacity, 0 where there is no data."""
    known = np.isfinite(picture).all(-1, keepdims=True)
    values: Rgb = np.rint(255 * np.clip(np.where(known, picture, 0.0), 0, 1)).astype(np.uint8)
    return np.concatenate([values, np.where(known, 255, 0).astype(np.uint8)], -1)
