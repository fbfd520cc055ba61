"""Make one image of many that lie on each other."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from superpose._jobs.banded import Band, Banded
from superpose._jobs.frame_noise import medians, noise_model, relative_noise, spreads
from superpose._jobs.settings import CombineSettings

Floats = NDArray[np.float64]


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
    return _combined(np.where(count > 0, total / np.maximum(count, 1), np.nan), count, axes)


def median(
    frames: Iterable[NDArray[Any]], axes: int = 2, count: int = 0, settings: CombineSettings | None = None
) -> Combined:
    """Return the median of frames, NaN being missing.

    So many will come, where that is known. What does not fit in memory goes to a temporary file.

    Raises
    ------
    InputError
        If there is no room for that.
    """
    store = Banded(frames, (settings or CombineSettings()).elements, count)
    image, seen = np.empty(store.pixels, np.float32), np.empty(store.pixels, np.int32)
    for pixels, band in store.bands():
        image[pixels], seen[pixels] = medians(band), np.isfinite(band).sum(-1)
    return _combined(image.reshape(store.shape), seen.reshape(store.shape), axes)


def sigma_clip(
    frames: Iterable[NDArray[Any]],
    axes: int = 2,
    step: float = 0.0,
    count: int = 0,
    settings: CombineSettings | None = None,
) -> Combined:
    """Return the mean of frames without what stands out: cosmic rays, trails, passers-by.

    Values are left out that are further from their pixel's median than three standard deviations, until none is. The
    deviation is told by the median absolute one of that pixel, or by that of pixels as bright, whichever is more: of
    few frames a pixel's own may be next to nothing by chance. No deviation is less than `step`, that of intensities.
    Frames whose noise differs count by its variance, and their values stand out by their own noise.

    So many frames will come, where that is known. What does not fit in memory goes to a temporary file.

    Raises
    ------
    InputError
        If there is no room for that.
    """
    settings = settings or CombineSettings()
    store = Banded(frames, settings.elements, count)
    noise = relative_noise(store, settings)
    weights = 1 / np.square(noise)
    middle, spread = np.empty(store.pixels, np.float32), np.empty(store.pixels, np.float32)
    for pixels, band in store.bands():
        middle[pixels] = medians(band)
        spread[pixels] = spreads(_away(band, noise))
    least = np.maximum(noise_model(middle, spread, settings), step)
    image, seen = np.empty(store.pixels), np.empty(store.pixels, np.int32)
    for pixels, band in store.bands():
        _clip(band, noise, least[pixels], settings)
        here = np.isfinite(band)
        weight = np.where(here, weights, 0).sum(-1)
        total = np.where(here, band * weights, 0).sum(-1)
        image[pixels] = np.where(weight > 0, total / np.where(weight > 0, weight, 1), np.nan)
        seen[pixels] = here.sum(-1)
    return _combined(image.reshape(store.shape), seen.reshape(store.shape), axes)


def _clip(band: Band, noise: Floats, least: Floats, settings: CombineSettings) -> None:
    """Make values NaN that stand out."""
    which = np.arange(len(band))
    for _ in range(settings.rounds):
        rest = band[which]
        away = _away(rest, noise)
        out = away > settings.clipped * np.maximum(spreads(away), least[which])[:, None]
        some = out.any(-1)
        which, rest, out = which[some], rest[some], out[some]
        if not which.size:
            break
        rest[out] = np.nan
        band[which] = rest


def _away(band: Band, noise: Floats) -> Band:
    """Return by how much values differ from their pixel's median, beside how much those of their frame do."""
    return np.asarray(np.abs(band - medians(band)[:, None]) / noise.astype(np.float32))


def _combined(image: NDArray[np.floating], count: NDArray[np.int32], axes: int) -> Combined:
    """Return it; of pixels in colour, the least coverage of a colour counts."""
    return Combined(image.astype(np.float32), count.min(-1) if count.ndim > axes else count)


COMBINED: dict[str, Callable[..., Combined]] = {"mean": mean, "median": median, "sigma-clip": sigma_clip}
