"""Make one image of many that lie on each other."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np
from numpy.typing import NDArray

from superpose._refine.robust import NORMAL

Floats = NDArray[np.float64]

# Values further from the median than so many deviations are left out, in so many rounds.
CLIPPED, ROUNDS = 3.0, 5


@dataclass(frozen=True, eq=False)
class Combined:
    """One image of many.

    Attributes
    ----------
    image : ndarray, float32
        In the frames' own intensities; NaN where no frame has data.
    coverage : ndarray of int
        Of how many frames each pixel is made.
    """

    image: NDArray[np.float32]
    coverage: NDArray[np.int32]


def mean(frames: Iterable[NDArray[Any]], axes: int = 2) -> Combined:
    """Return the mean of frames of so many axes (colours' not counted), NaN being missing; one at a time is held."""
    total: Any = None
    count: Any = None
    for frame in frames:
        here = np.isfinite(frame)
        if total is None:
            total, count = np.zeros(frame.shape), np.zeros(frame.shape, np.int32)
        total += np.where(here, frame, 0)
        count += here
    image = np.where(count > 0, total / np.maximum(count, 1), np.nan)
    return Combined(image.astype(np.float32), _least(count, axes))


def median(frames: Iterable[NDArray[Any]], axes: int = 2) -> Combined:
    """Return the median of frames of so many axes, NaN being missing."""
    return _by_bands(_stacked(frames), axes, lambda band: (_median(band), np.isfinite(band).sum(0)))


def sigma_clip(frames: Iterable[NDArray[Any]], axes: int = 2, step: float = 0.0) -> Combined:
    """Return the mean of frames of so many axes without what stands out: cosmic rays, trails, passers-by.

    Values are left out that are further from their pixel's median than three standard deviations, told by the median
    absolute deviation of that pixel and those of all others, until none is. No deviation is less than `step`, that of
    intensities.
    """
    stack = _stacked(frames)
    spreads = np.concatenate([_spread(stack[:, band]).ravel() for band in _bands(stack)])
    # Where most frames agree exactly, as in black skies, a spread of nothing says nothing of noise.
    spreads = spreads[spreads > 0]
    # Of few frames a pixel's own deviation is nothing by chance: half of what is usual is the least.
    least = max(0.5 * float(np.median(spreads)) if spreads.size else 0.0, step)
    return _by_bands(stack, axes, partial(_clipped, least=least))


def _spread(band: NDArray[np.float32]) -> NDArray[np.floating]:
    """Return deviations over frames, told by the median absolute one."""
    return np.asarray(NORMAL * _median(np.abs(band - _median(band))))


def _clipped(band: NDArray[np.float32], least: float) -> tuple[NDArray[np.floating], NDArray[np.integer]]:
    band = band.copy()
    for _ in range(ROUNDS):
        out = np.abs(band - _median(band)) > CLIPPED * np.maximum(_spread(band), least)
        if not out.any():
            break
        band[out] = np.nan
    count = np.isfinite(band).sum(0)
    total = np.where(np.isfinite(band), band, 0).sum(0, dtype=float)
    return np.where(count > 0, total / np.maximum(count, 1), np.nan), count


def _median(band: NDArray[np.float32]) -> NDArray[np.float32]:
    """Return medians over frames, NaN left out and where there is nothing else."""
    ordered, count = np.sort(band, 0), np.isfinite(band).sum(0)
    low, high = np.maximum(count - 1, 0) // 2, count // 2
    low, high = (np.take_along_axis(ordered, np.minimum(k, len(band) - 1)[None], 0)[0] for k in (low, high))
    return np.where(count > 0, (low + high) / np.float32(2), np.float32(np.nan))


def _stacked(frames: Iterable[NDArray[Any]]) -> NDArray[np.float32]:
    return np.stack([np.asarray(each, np.float32) for each in frames])


def _bands(stack: NDArray[np.float32]) -> list[slice]:
    """Return rows of which so many are worked on at once."""
    rows = max(1, 2**22 // max(1, stack[:, :1].size))
    return [slice(first, first + rows) for first in range(0, stack.shape[1], rows)]


def _by_bands(
    stack: NDArray[np.float32], axes: int, of_band: Callable[[NDArray[np.float32]], tuple[Any, Any]]
) -> Combined:
    image, count = np.empty(stack.shape[1:], np.float32), np.empty(stack.shape[1:], np.int32)
    for band in _bands(stack):
        image[band], count[band] = of_band(stack[:, band])
    return Combined(image, _least(count, axes))


def _least(count: NDArray[np.int32], axes: int) -> NDArray[np.int32]:
    """Return the coverage of pixels: of their colours', the least."""
    return count.min(-1) if count.ndim > axes else count


COMBINED: dict[str, Callable[[Iterable[NDArray[Any]], int], Combined]] = {
    "mean": mean,
    "median": median,
    "sigma-clip": sigma_clip,
}
