"""Pictures of an alignment as plain arrays: made small, scaled for a screen, laid over each other."""

from __future__ import annotations

import base64
from dataclasses import dataclass, replace
from io import BytesIO
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image as Pillow

from superpose._sampling.mapping import PixelMap, warp_through
from superpose._sampling.prepared import Prepared
from superpose._sampling.pyramid import halved
from superpose._sampling.warp import source
from superpose._threads import thread_count
from superpose.image import Image
from superpose.result import Registration
from superpose.transforms.base import Transform
from superpose.transforms.matrix import MatrixTransform

Floats = NDArray[np.float64]
Rgb = NDArray[np.uint8]


@dataclass(frozen=True, eq=False)
class Pair:
    """Two images on one grid made for the screen, intensities from 0 to 1, NaN where there is no data.

    Parameters
    ----------
    fixed, before, after : ndarray of float64 of one shape
        The fixed image, and the moving one pixel on pixel and aligned.
    extent : tuple of float
        Left, right, bottom and top edge in full-resolution pixels, as matplotlib's ``imshow`` wants them.
    """

    fixed: Floats
    before: Floats
    after: Floats
    extent: tuple[float, float, float, float]


@dataclass(frozen=True, eq=False)
class Screen:
    """A registration's images made small enough for a screen, the moving one to be seen under any transform.

    `range` holds the intensities of moving that are shown as black and as white, `matched` says whether those are
    fixed's.
    """

    fixed: Image
    moving: Image
    range: tuple[float, float]
    matched: bool = False

    @property
    def fixed_picture(self) -> Floats:
        """The fixed image, intensities from 0 to 1, NaN where there is no data."""
        return stretch(_shown(self.fixed))

    def warp(self, transform: Transform) -> Floats:
        """Return the moving image on fixed's grid under a transform, NaN where it has no data."""
        pixels = PixelMap(transform, self.fixed.grid, self.moving.grid)
        warped, valid = warp_through(source(self.moving.data, self.moving.mask, 1), pixels, thread_count())
        return np.where(valid, warped.astype(float), np.nan)

    def under(self, transform: Transform) -> Floats:
        """Return the same with intensities from 0 to 1."""
        low, high = self.range
        return np.clip((self.warp(transform) - low) / (high - low), 0, 1)

    def alike(self, transform: Transform, least_correlation: float) -> Screen:
        """Return the same with moving's intensities shown as those of fixed that they go with under a transform.

        Where the two correlate less than that, as between modalities, nothing changes.
        """
        fixed, moving = _shown(self.fixed), self.warp(transform)
        known = np.isfinite(fixed) & np.isfinite(moving)
        a, b = moving[known], fixed[known]
        if a.size < 2 or not a.std() > 0 or not b.std() > 0 or np.corrcoef(a, b)[0, 1] < least_correlation:
            return self
        gain = float(np.cov(a, b)[0, 1] / a.var(ddof=1))
        low, high = ((limit - float(b.mean())) / gain + float(a.mean()) for limit in limits(fixed))
        return replace(self, range=(low, high), matched=True)


def screen_of(registration: Registration, longest: int) -> Screen | None:
    """Return a registration's images for the screen, or None where it holds none (it was loaded from a file)."""
    images = registration._images()
    if images is None:
        return None
    fixed, moving = (_small_level(each, longest) for each in images)
    return Screen(fixed, moving, limits(_shown(moving)))


def pair_of(registration: Registration, longest: int) -> Pair | None:
    """Return what to show of a registration, or None where it holds no images."""
    screen = screen_of(registration, longest)
    if screen is None:
        return None
    before, after = (screen.under(each) for each in (MatrixTransform(np.eye(3)), registration.transform))
    return Pair(screen.fixed_picture, before, after, extent_of(screen.fixed))


def _small_level(image: Prepared, longest: int) -> Image:
    """Return the first level of an image's pyramid whose sides are no longer than `longest` pixels."""
    levels = image.plain_levels(thread_count())
    # Only a long and narrow image has no such level.
    return shrink(next((each for each in levels if max(each.grid.shape) <= longest), levels[-1]), longest)


def shrink(image: Image, longest: int) -> Image:
    """Return the first level of the image's pyramid whose sides are no longer than `longest` pixels."""
    while max(image.grid.shape) > longest:
        image = halved(image)
    return image


def extent_of(image: Image) -> tuple[float, float, float, float]:
    """Return the outer edges of an image for ``imshow``."""
    top, left = image.grid.to_physical((-0.5, -0.5))
    bottom, right = image.grid.to_physical(np.array(image.grid.shape) - 0.5)
    return float(left), float(right), float(bottom), float(top)


def _shown(image: Image) -> Floats:
    return np.where(image.mask, image.data.astype(float), np.nan)


def limits(values: Floats) -> tuple[float, float]:
    """Return the intensities to show as black and as white: all but the most extreme half percent."""
    known = values[np.isfinite(values)]
    if not known.size:
        return 0.0, 1.0
    low, high = (float(value) for value in np.percentile(known, (0.5, 99.5)))
    if low == high:
        low, high = float(known.min()), float(known.max())
    return (low, high) if low < high else (low - 0.5, low + 0.5)


def stretch(values: Floats) -> Floats:
    """Return intensities from 0 to 1, by `limits`; NaN stays."""
    low, high = limits(values)
    return np.clip((values - low) / (high - low), 0, 1)


def overlay(fixed: Floats, moving: Floats) -> Rgb:
    """Return fixed in magenta and moving in green: grey where they agree, to colour-blind eyes too."""
    a, b = np.nan_to_num(fixed, nan=0.0), np.nan_to_num(moving, nan=0.0)
    picture = np.stack([a, b, a], -1)
    picture[np.isnan(fixed) & np.isnan(moving)] = np.nan
    return as_rgb(picture)


def checkerboard(fixed: Floats, moving: Floats, tiles: int = 8) -> Rgb:
    """Return the two images in alternating tiles: edges run on where they are aligned."""
    tile = max(1, max(fixed.shape) // tiles)
    rows, columns = np.indices(fixed.shape) // tile
    picture = np.where((rows + columns) % 2 == 0, fixed, moving)
    return as_rgb(np.repeat(picture[..., None], 3, -1))


def matched_difference(fixed: Floats, moving: Floats) -> Floats:
    """Return moving minus fixed after the linear map of intensities that brings them closest."""
    known = np.isfinite(fixed) & np.isfinite(moving)
    if not known.any():
        return np.full(fixed.shape, np.nan)
    a, b = moving[known], fixed[known]
    gain = float(np.cov(a, b)[0, 1] / a.var(ddof=1)) if a.size > 1 and a.var() > 0 else 0.0
    difference: Floats = gain * (moving - a.mean()) - (fixed - b.mean())
    return difference


def png_of(picture: Floats) -> bytes:
    """Return a picture as an 8-bit PNG, transparent where there is no data."""
    known = np.isfinite(picture)
    pixels = np.rint(255 * np.clip(np.where(known, picture, 0.0), 0, 1)).astype(np.uint8)
    if not known.all():
        pixels = np.stack([pixels, np.where(known, 255, 0).astype(np.uint8)], -1)
    buffer = BytesIO()
    Pillow.fromarray(pixels).save(buffer, "PNG", optimize=True)
    return buffer.getvalue()


def as_uri(png: bytes) -> str:
    """Return a PNG as an address that holds it."""
    return "data:image/png;base64," + base64.b64encode(png).decode("ascii")


def as_rgb(picture: NDArray[Any]) -> Rgb:
    """Return a colour picture, intensities from 0 to 1, as bytes; NaN becomes a light grey that no overlay makes."""
    values: Rgb = np.rint(255 * np.clip(np.nan_to_num(picture, nan=0.85), 0, 1)).astype(np.uint8)
    return values
