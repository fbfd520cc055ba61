"""Structure of an image: gradients above its noise, and where those of two images are the same."""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from superpose._arithmetic.elementary import half_gaussian, read_only
from superpose._arithmetic.order import median
from superpose._motions.settings import StructureSettings
from superpose._refine.robust import NORMAL
from superpose._sampling.filters import filtered
from superpose.image import Mask, Pixels

Floats = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class Gradients:
    """Gradients under a Gaussian, in units in which noise has a mean square of 1, and their mean square nearby.

    Attributes
    ----------
    rows, columns, energy : ndarray of float32, shape (rows, columns)
        All 0 where the Gaussian meets missing pixels.
    window : float
        Standard deviation of what "nearby" means, in pixels.
    """

    rows: Pixels
    columns: Pixels
    energy: Pixels
    window: float

    def blind(self) -> Gradients:
        """Return the same with doubled angles: opposite gradients are the same."""
        size = np.sqrt(self.rows * self.rows + self.columns * self.columns)
        unit = np.maximum(size, np.float32(1e-20))
        rows = (self.rows * self.rows - self.columns * self.columns) / unit
        columns = 2 * self.rows * self.columns / unit
        return Gradients(np.asarray(rows, np.float32), np.asarray(columns, np.float32), self.energy, self.window)

    def negative(self) -> Gradients:
        """Return those of the negative image."""
        return Gradients(-self.rows, -self.columns, self.energy, self.window)

    def rolled(self, shift: tuple[int, int]) -> Gradients:
        """Return them moved by whole pixels, around the image's border."""
        rows, columns, energy = (np.roll(each, shift, (0, 1)) for each in (self.rows, self.columns, self.energy))
        return Gradients(rows, columns, energy, self.window)


def noise_of(data: Pixels, mask: Mask, settings: StructureSettings) -> float:
    """Return the standard deviation of an image's noise, read off what no smooth scene has.

    References
    ----------
    J. Immerkaer, "Fast noise variance estimation", Computer Vision and Image Understanding 64(2), 1996; the median in
    place of his mean leaves lines and edges out.
    """
    every = max(1, round(data.size / settings.noise_pixels))
    above, at, below = slice(0, -2, every), slice(1, -1, every), slice(2, None, every)
    middle, kept = data[at], mask[at]
    across = data[above] - 2 * middle + data[below]
    rough = np.abs(across[:, :-2] - 2 * across[:, 1:-1] + across[:, 2:])
    if not kept.all():
        clear = mask[above] & kept & mask[below]
        rough = rough[clear[:, :-2] & clear[:, 1:-1] & clear[:, 2:]]
        middle = middle[kept]
    # Equal pixels are saturated, or fill: they show nothing of the noise elsewhere.
    rough = rough[rough > 0]
    found = NORMAL * median(rough) / 6 if len(rough) else 0.0
    spread = float(middle.std(dtype=float)) if middle.size else 0.0
    if not spread and mask.any():
        # Few pixels, and none of them on the lines looked at.
        spread = float(data[mask].std(dtype=float))
    return max(found, settings.least_noise * spread, 1e-12)


def gradients_of(
    data: Pixels, mask: Mask, width: float, noise: float, threads: int, settings: StructureSettings
) -> Gradients:
    """Return the gradients of an image under a Gaussian of this width; missing pixels hold something plausible."""
    rows, columns = slopes_of(data, mask, width, noise, threads)
    window = settings.window * width
    energy = filtered(rows * rows + columns * columns, _taps(window)[0], threads)
    return Gradients(rows, columns, energy, window)


def difference_noise(width: float) -> float:
    """Return the root mean square of white noise's central gradients under a Gaussian, of unit noise."""
    return math.sqrt(_taps(width)[1])


def halved_noise(noise: float, width: float) -> float:
    """Return what noise on a level stands for on the next coarser one: white noise has as large gradients there.

    It is no longer white, and so is not to be measured there.
    """
    # A halving averages four pixels' noise, and blurs by one of the finer level's pixels.
    return noise * 0.5 * difference_noise(math.sqrt(width * width + 0.25)) / difference_noise(width)


def slopes_of(data: Pixels, mask: Mask, width: float, noise: float, threads: int) -> tuple[Pixels, Pixels]:
    """Return gradients by rows and by columns alone, in the units of `Gradients`: 0 near missing pixels."""
    taps = _taps(width)[0]
    blurred = filtered(data, taps, threads)
    rows, columns = np.zeros_like(blurred), np.zeros_like(blurred)
    unit = np.float32(1 / (noise * difference_noise(width)))
    np.subtract(blurred[2:], blurred[:-2], out=rows[1:-1])
    np.subtract(blurred[:, 2:], blurred[:, :-2], out=columns[:, 1:-1])
    clear = None if mask.all() else (filtered(mask.astype(np.float32), taps, threads) > 0.999).astype(np.float32)
    for each in (rows, columns):
        each *= unit if clear is None else unit * clear
    return rows, columns


@dataclass(frozen=True, eq=False)
class Comparison:
    """Where the structure of two images is the same, and where there is some, in either, that is another."""

    same: Mask
    other: Mask


def compared(first: Gradients, second: Gradients, threads: int, settings: StructureSettings) -> Comparison:
    """Compare the gradients of two images on one grid."""
    product, size = _correlated(first, second, threads)
    clearly = np.float32(settings.clearly)
    other = (first.energy > clearly) | (second.energy > clearly)
    other &= product < np.float32(settings.contradicts) * size
    return Comparison(_agreeing(first, second, product, size, settings), other)


def count_same(first: Gradients, second: Gradients, settings: StructureSettings) -> int:
    """Return at how many pixels the structure of two images on one grid is the same; by the calling thread alone."""
    product, size = _correlated(first, second, 1)
    return int(np.count_nonzero(_agreeing(first, second, product, size, settings)))


def _correlated(first: Gradients, second: Gradients, threads: int) -> tuple[Pixels, Pixels]:
    """Return the mean product of gradients nearby, and what it would be if they were the same."""
    product = first.rows * second.rows
    product += first.columns * second.columns
    size = first.energy * second.energy
    return filtered(product, _taps(first.window)[0], threads), np.sqrt(size, out=size)


def _agreeing(first: Gradients, second: Gradients, product: Pixels, size: Pixels, settings: StructureSettings) -> Mask:
    limit = np.float32(settings.seen)
    same = first.energy > limit
    same &= second.energy > limit
    same &= product > np.float32(settings.agrees) * size
    return same


@lru_cache(maxsize=16)
def _taps(width: float) -> tuple[Floats, float]:
    """Return half of a Gaussian's taps, and the mean square of white noise's central differences under it."""
    half = half_gaussian(math.ceil(3 * width), width)
    whole = np.concatenate([half[:0:-1], half])
    beside = np.pad(whole, 2)
    across = beside[2:] - beside[:-2]
    share = 2 * float((whole * whole).sum() * (across * across).sum())
    return read_only(half), share


def smoothed(data: Pixels, width: float, threads: int) -> Pixels:
    """Return an image under a Gaussian of this width."""
    return filtered(data, _taps(width)[0], threads)
