"""Pictures of an alignment as plain arrays: made small, scaled for a screen, laid over each other."""

from __future__ import annotations

import base64
from dataclasses import dataclass, replace
from io import BytesIO

import numpy as np
from numpy.typing import NDArray
from PIL import Image as Pillow

from superpose._sampling.frames import of_squares
from superpose._sampling.mapping import PixelMap, warp_through
from superpose._sampling.prepared import Prepared
from superpose._sampling.pyramid import halved
from superpose._sampling.warp import source
from superpose._threads import thread_count
from superpose.image import Grid, Raster, is_colour
from superpose.result import Registration
from superpose.transforms.base import Transform
from superpose.transforms.matrix import MatrixTransform

Floats = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class Pair:
    """Two images on one grid made for the screen, intensities from 0 to 1, NaN where there is no data.

    Parameters
    ----------
    fixed, before, after : ndarray of float64, shape (rows, columns), or (rows, columns, 3) of a colour image
        The fixed image, and the moving one pixel on pixel and aligned.
    extent : tuple of float
        Left, right, bottom and top edge in full-resolution pixels, or in physical coordinates, as matplotlib's
        ``imshow`` wants them.
    span : float
        How far black and white of fixed lie apart, in its own intensities.
    """

    fixed: Floats
    before: Floats
    after: Floats
    extent: tuple[float, float, float, float]
    span: float


@dataclass(frozen=True, eq=False)
class View:
    """One image made small enough for a screen: its luminance, and red, green and blue if it is in colour."""

    grey: Raster
    colours: tuple[Raster, ...] = ()

    @property
    def shown(self) -> Floats:
        """Its own intensities, (rows, columns) or (rows, columns, 3), NaN where there is no data."""
        return _together([np.where(each.mask, each.data.astype(float), np.nan) for each in self.channels])

    @property
    def channels(self) -> tuple[Raster, ...]:
        """What is shown of it: its colours, or its luminance."""
        return self.colours or (self.grey,)

    def warp(self, transform: Transform, grid: Grid, *, grey: bool = False) -> Floats:
        """Return the same on another grid under a transform from there, or the luminance only."""
        pixels = PixelMap(transform, grid, self.grey.grid)
        warped = []
        for each in (self.grey,) if grey else self.channels:
            values, valid = warp_through(source(each.data, each.mask, 1), pixels, thread_count())
            warped.append(np.where(valid, values.astype(float), np.nan))
        return _together(warped)


@dataclass(frozen=True, eq=False)
class Screen:
    """A registration's images made small enough for a screen, the moving one to be seen under any transform.

    `range` holds the intensities of moving that are shown as black and as white, `matched` says whether those are
    fixed's.
    """

    fixed: View
    moving: View
    range: tuple[float, float]
    matched: bool = False

    @property
    def grid(self) -> Grid:
        """That of all its pictures."""
        return self.fixed.grey.grid

    @property
    def fixed_picture(self) -> Floats:
        """The fixed image, intensities from 0 to 1, NaN where there is no data."""
        return stretch(self.fixed.shown)

    def under(self, transform: Transform) -> Floats:
        """Return the moving image on fixed's grid under a transform, in the same way."""
        low, high = self.range
        return np.clip((self.moving.warp(transform, self.grid) - low) / (high - low), 0, 1)

    def alike(self, transform: Transform, least_correlation: float) -> Screen:
        """Return the same with moving's intensities shown as those of fixed that they go with under a transform.

        Where the two correlate less than that, as between modalities, nothing changes.
        """
        fixed, moving = View(self.fixed.grey).shown, self.moving.warp(transform, self.grid, grey=True)
        if correlation(fixed, moving) < least_correlation:
            return self
        known = np.isfinite(fixed) & np.isfinite(moving)
        a, b = moving[known], fixed[known]
        gain = float(np.cov(a, b)[0, 1] / a.var(ddof=1))
        low, high = ((limit - float(b.mean())) / gain + float(a.mean()) for limit in limits(self.fixed.shown))
        return replace(self, range=(low, high), matched=True)


def screen_of(registration: Registration, longest: int) -> Screen | None:
    """Return a registration's images for the screen, or None where it holds none (it was loaded from a file)."""
    images = registration._images()
    if images is None:
        return None
    fixed, moving = (View(_small_level(each, longest), _colours_of(each, longest)) for each in images)
    fixed = View(_of_squares(fixed.grey), tuple(map(_of_squares, fixed.colours)))
    return Screen(fixed, moving, limits(moving.shown))


def pair_of(registration: Registration, longest: int, same_intensities: float) -> Pair | None:
    """Return what to show of a registration, or None where it holds no images."""
    screen = screen_of(registration, longest)
    if screen is None:
        return None
    screen = screen.alike(registration.transform, same_intensities)
    before, after = (screen.under(each) for each in (MatrixTransform(np.eye(3)), registration.transform))
    low, high = limits(screen.fixed.shown)
    return Pair(screen.fixed_picture, before, after, extent_of(screen.fixed.grey), high - low)


def _of_squares(image: Raster) -> Raster:
    """Return an image on pixels that are as high as they are wide, as screens have them."""
    return of_squares(image, thread_count()) if len(set(image.grid.spacing)) > 1 else image


def _together(channels: list[Floats]) -> Floats:
    return channels[0] if len(channels) == 1 else np.stack(channels, -1)


def _colours_of(image: Prepared, longest: int) -> tuple[Raster, ...]:
    """Return the colours of an image, as small as its luminance; none of a grey one, or one that had to be mended."""
    pixels, own = np.asarray(image.array), image.image
    if not is_colour(pixels.shape) or image.scattered:
        return ()
    if all(np.array_equal(pixels[..., 0], pixels[..., k]) for k in (1, 2)):
        return ()
    channels = (np.where(own.mask, pixels[..., k].astype(float) - own.offset, 0.0) for k in range(3))
    return tuple(shrink(replace(own, data=np.asarray(each, np.float32)), longest) for each in channels)


def _small_level(image: Prepared, longest: int) -> Raster:
    """Return the first level of an image's pyramid whose sides are no longer than `longest` pixels."""
    levels = image.plain_levels(thread_count())
    # Only a long and narrow image has no such level.
    return shrink(next((each for each in levels if max(each.grid.shape) <= longest), levels[-1]), longest)


def shrink(image: Raster, longest: int) -> Raster:
    """Return the first level of the image's pyramid whose sides are no longer than `longest` pixels."""
    while max(image.grid.shape) > longest:
        image = halved(image)
    return image


def extent_of(image: Raster) -> tuple[float, float, float, float]:
    """Return the outer edges of an image for ``imshow``; of one that lies turned in space along its own axes."""
    grid = Grid(image.grid.shape, (), image.grid.spacing) if image.grid.direction else image.grid
    top, left = grid.to_physical((-0.5, -0.5))
    bottom, right = grid.to_physical(np.array(grid.shape) - 0.5)
    return float(left), float(right), float(bottom), float(top)


def correlation(fixed: Floats, moving: Floats) -> float:
    """Return how two pictures in grey correlate where both have data; 0 where that says nothing."""
    known = np.isfinite(fixed) & np.isfinite(moving)
    a, b = moving[known], fixed[known]
    if a.size < 2 or not a.std() > 0 or not b.std() > 0:
        return 0.0
    return float(np.corrcoef(a, b)[0, 1])


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


def png_of(picture: Floats) -> bytes:
    """Return a picture as an 8-bit PNG, transparent where there is no data."""
    channels = picture if picture.ndim == 3 else picture[..., None]
    known = np.isfinite(channels).all(-1, keepdims=True)
    pixels = np.rint(255 * np.clip(np.where(known, channels, 0.0), 0, 1)).astype(np.uint8)
    if not known.all():
        pixels = np.concatenate([pixels, np.where(known, 255, 0).astype(np.uint8)], -1)
    buffer = BytesIO()
    Pillow.fromarray(pixels[..., 0] if pixels.shape[-1] == 1 else pixels).save(buffer, "PNG")
    return buffer.getvalue()


def as_uri(png: bytes) -> str:
    """Return a PNG as an address that holds it."""
    return "data:image/png;base64," + base64.b64encode(png).decode("ascii")
