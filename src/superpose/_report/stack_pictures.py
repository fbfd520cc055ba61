"""What frames look like before and after they were laid on each other."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from superpose._jobs.stack_result import StackResult
from superpose._report.pictures import Floats, as_uri, limits, png_of, shrink
from superpose._report.settings import ChartSettings, StackPictureSettings
from superpose.grid import Grid
from superpose.image import Raster
from superpose.transforms.matrix import MatrixTransform


@dataclass(frozen=True, eq=False)
class Strip:
    """Some frames as they came and as they lie, made small, and the mean of those.

    Attributes
    ----------
    numbers : list of int
        Which frames.
    before, after : list of ndarray
        In their own intensities, NaN where there is no data.
    """

    numbers: list[int]
    before: list[Floats]
    after: list[Floats]

    @property
    def means(self) -> tuple[Floats, Floats]:
        """The means of what came, and of what lies on each other."""
        return mean_of(self.before), mean_of(self.after)


def mean_of(pictures: list[Floats]) -> Floats:
    """Return the mean of pictures, NaN being missing."""
    known = sum(np.isfinite(each).astype(int) for each in pictures)
    total = sum(np.nan_to_num(each) for each in pictures)
    return np.asarray(np.where(known, total / np.maximum(known, 1), np.nan))


def strip_of(result: StackResult, frames: Any, settings: StackPictureSettings) -> Strip | None:
    """Return frames from all over the series, the first and the last that were placed among them; None without any."""
    used = [number for number, each in enumerate(result.transforms) if each is not None]
    if not used:
        return None
    count = min(settings.frames, len(used))
    numbers = sorted({used[round(k * (len(used) - 1) / max(count - 1, 1))] for k in range(count)})
    still = MatrixTransform(np.eye(result.grid.ndim + 1), "translation")
    before = replace(result, transforms=_only(numbers, [still] * len(result.transforms)))
    after = replace(result, transforms=_only(numbers, result.transforms))
    return Strip(numbers, *(_pictures(each, frames, settings.side) for each in (before, after)))


def _only(numbers: Collection[int], transforms: Any) -> tuple[MatrixTransform | None, ...]:
    return tuple(each if number in numbers else None for number, each in enumerate(transforms))


def _pictures(result: StackResult, frames: Any, side: int) -> list[Floats]:
    aligned = result._aligned(frames, result.canvas, 3, np.nan, True, None, floats=True)
    return [small(each, result.grid.ndim, side) for each in aligned if each is not None]


def small(image: NDArray[Any], ndim: int, side: int) -> Floats:
    """Return an image, or a volume's plane in the middle, in grey, its sides no longer than so many pixels."""
    values = np.asarray(image, float)
    if values.ndim > ndim:
        values = values.mean(-1)
    if ndim == 3:
        values = values[len(values) // 2]
    known = np.isfinite(values)
    level = shrink(Raster(np.where(known, values, 0).astype(np.float32), known, Grid(values.shape)), side)
    return np.where(level.mask, level.data.astype(float), np.nan)


def shown(picture: Floats, low: float, high: float) -> str:
    """Return a picture as an address that holds it, black at `low` and white at `high`."""
    return as_uri(png_of(np.clip((picture - low) / (high - low), 0, 1)))


def common_limits(pictures: list[Floats]) -> tuple[float, float]:
    """Return the intensities that several pictures show as black and as white."""
    return limits(np.concatenate([each.ravel() for each in pictures]))


def difference(picture: Floats, mean: Floats, full: float) -> str:
    """Return what a picture has more (orange) and less (blue) than a mean, white where it has as much."""
    part = np.clip((picture - mean) / full, -1, 1)[..., None]
    colour = np.where(part > 0, np.array([0.90, 0.38, 0.0]), np.array([0.0, 0.30, 0.65]))
    return as_uri(png_of(1 - np.abs(part) * (1 - colour)))


def coverage_picture(coverage: Floats, most: int, settings: ChartSettings) -> str:
    """Return how many frames each pixel is made of: dark for none, bright for all."""
    colours = np.array(settings.colours, float) / 255
    steps, part = np.linspace(0, 1, len(colours)), np.clip(coverage / max(most, 1), 0, 1)
    return as_uri(png_of(np.stack([np.interp(part, steps, channel) for channel in colours.T], -1)))
