"""Align one exposure of a glass plate with another."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import partial
from typing import Any

import numpy as np
from numpy.typing import NDArray

from superpose._jobs.exposures import Window, window
from superpose._jobs.plate_settings import BorderSettings
from superpose._progress.watch import Progress
from superpose._register import register
from superpose._sampling.prepared import Prepared
from superpose._search.search_range import SearchRange
from superpose.image import UserImage, as_image
from superpose.metrics.base import Metric
from superpose.metrics.custom import Cost
from superpose.result import Registration


@dataclass(frozen=True, eq=False)
class Exposure:
    """One exposure of a plate: its part inside the borders, and the image whose other pixels do not count."""

    window: Window
    image: Prepared

    @property
    def pixels(self) -> NDArray[Any]:
        """The pixels as scanned, borders included."""
        pixels: NDArray[Any] = self.image.array
        return pixels


def find_exposure(pixels: NDArray[Any], name: str, settings: BorderSettings) -> Exposure:
    """Return an exposure and where its borders are.

    Raises
    ------
    InputError
        If it cannot be aligned, for example because it is constant.
    """
    argument = f"the {name} exposure of plate"
    whole = as_image(pixels, argument)
    inside = window(whole, settings)
    mask = np.zeros(whole.grid.shape, bool)
    mask[inside] = whole.mask[inside]
    return Exposure(inside, Prepared.of(UserImage(pixels, mask).frozen(), argument))


def align(
    fixed: Exposure,
    moving: Exposure,
    *,
    search: SearchRange,
    transform: str,
    metric: str | Metric | Cost,
    progress: Progress,
    threads: int | None,
) -> Registration:
    """Return how one exposure lies on another."""
    aligned = partial(
        register,
        fixed.image,
        moving.image,
        transform=transform,
        on_unreliable="ignore",  # what is said of it has to be said of a plate
        progress=progress,
        threads=threads,
    )
    if callable(metric):
        # The engine cannot search by a cost of the user's own: that is minimised from where the search ended.
        start = aligned(search=search)
        registration = aligned(metric=metric, initial=start, levels=1)
        registration = replace(registration, levels=start.levels + registration.levels, initial=start.initial)
    else:
        registration = aligned(metric=metric, search=search)
    # The result keeps the exposures' pixels only: what was made of them is several times as large.
    return replace(registration, _fixed=fixed.image.source, _moving=moving.image.source)
