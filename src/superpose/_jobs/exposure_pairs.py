"""Align one exposure of a glass plate with another."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property, partial
from typing import Any

import numpy as np
from numpy.typing import NDArray

from superpose._assemble import Progress
from superpose._jobs.exposures import Window, window
from superpose._register import register
from superpose._search.proposals import SearchRange
from superpose.image import Image, Mask, as_image
from superpose.metrics.base import Metric
from superpose.metrics.custom import Cost
from superpose.result import Registration

# Exposures were taken one after the other with one camera, and cut apart by thirds: so far they lie from each other.
NEAR = SearchRange(angle=3.0, scale=1.02, shift=0.25)


@dataclass(frozen=True, eq=False)
class Exposure:
    """One exposure of a plate: its pixels as scanned and as an image, and its part inside the borders."""

    pixels: NDArray[Any]
    image: Image

    @cached_property
    def window(self) -> Window:
        """The part inside the borders."""
        return window(self.image)

    @property
    def mask(self) -> Mask:
        """Which pixels count: those inside the borders that are not missing."""
        mask = np.zeros(self.image.grid.shape, bool)
        mask[self.window] = self.image.mask[self.window]
        return mask


def exposure(pixels: NDArray[Any], name: str) -> Exposure:
    """Return an exposure.

    Raises
    ------
    InputError
        If it cannot be aligned, for example because it is constant.
    """
    return Exposure(pixels, as_image(pixels, f"the {name} exposure of plate"))


def aligned(
    fixed: Exposure,
    moving: Exposure,
    *,
    transform: str,
    metric: str | Metric | Cost,
    progress: Progress,
    threads: int | None,
) -> Registration:
    """Return how one exposure lies on another."""
    lay = partial(
        register,
        fixed.pixels,
        moving.pixels,
        transform=transform,
        fixed_mask=fixed.mask,
        moving_mask=moving.mask,
        progress=progress,
        threads=threads,
    )
    if not callable(metric):
        return lay(metric=metric, search=NEAR)
    # A metric of one's own can be followed, not searched by.
    near = lay(search=NEAR)
    found = lay(metric=metric, initial=near, levels=1)
    return replace(found, levels=near.levels + found.levels, initial=near.initial)
