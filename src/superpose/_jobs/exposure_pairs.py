"""Align one exposure of a glass plate with another."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import partial
from typing import Any

import numpy as np
from numpy.typing import NDArray

from superpose._assemble import Progress
from superpose._jobs.exposures import Window, window
from superpose._register import register
from superpose._sampling.prepared import Prepared
from superpose._search.search_range import SearchRange
from superpose.image import UserImage, as_image
from superpose.metrics.registry import Cost
from superpose.result import Registration

# Exposures were taken one after the other with one camera, and cut apart by thirds: so far they lie from each other.
NEAR = SearchRange(angle=3.0, scale=1.02, shift=0.25)


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


def find_exposure(pixels: NDArray[Any], name: str) -> Exposure:
    """Return an exposure, its borders found.

    Raises
    ------
    InputError
        If it cannot be aligned, for example because it is constant.
    """
    argument = f"the {name} exposure of plate"
    whole = as_image(pixels, argument)
    inside = window(whole)
    mask = np.zeros(whole.grid.shape, bool)
    mask[inside] = whole.mask[inside]
    return Exposure(inside, Prepared.of(UserImage(pixels, mask).frozen(), argument))


def align(
    fixed: Exposure,
    moving: Exposure,
    *,
    transform: str,
    metric: str | Cost,
    progress: Progress,
    threads: int | None,
) -> Registration:
    """Return how one exposure lies on another."""
    registered = partial(register, fixed.image, moving.image, transform=transform, progress=progress, threads=threads)
    if callable(metric):
        # A metric of one's own can be followed, not searched by.
        near = registered(search=NEAR)
        found = registered(metric=metric, initial=near, levels=1)
        found = replace(found, levels=near.levels + found.levels, initial=near.initial)
    else:
        found = registered(metric=metric, search=NEAR)
    # What was made of the exposures is as large as they are several times over: the result keeps their pixels.
    return replace(found, _fixed=fixed.image.source, _moving=moving.image.source)
