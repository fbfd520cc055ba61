"""Align one exposure of a glass plate with another."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import cached_property, partial
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy import optimize

from superpose._jobs.exposures import Window, coarse_shift, search_levels, window
from superpose._register import Progress, register
from superpose._sampling.smooth import smoothed
from superpose.image import Image, Mask, as_image
from superpose.metrics.registry import Cost
from superpose.result import Registration
from superpose.transforms.linear import translation

Floats = NDArray[np.float64]

# Noise makes a metric of histograms prefer poses that blur: shifts by half a pixel without any turn. On
# images blurred by one pixel it hardly does.
_BLUR = 1.0


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
    metric: str | Cost,
    progress: Progress,
    threads: int | None,
) -> Registration:
    """Return how one exposure lies on another.

    A coarse search, then the exposures a little blurred down the pyramid, then the exposures as scanned.
    """
    refine = partial(
        register,
        transform=transform,
        metric=metric,
        fixed_mask=fixed.mask,
        moving_mask=moving.mask,
        progress=progress,
        threads=threads,
    )
    start = translation(coarse_shift(fixed.image, moving.image, fixed.window, moving.window))
    blurred = [smoothed(each.image, _BLUR).data for each in (fixed, moving)]
    near = refine(*blurred, initial=start, levels=search_levels(fixed.image), optimizer=nearby)
    found = refine(fixed.pixels, moving.pixels, initial=near, levels=1, optimizer=nearest)
    return replace(found, levels=near.levels + found.levels, initial=near.initial)


def nearby(cost: Callable[[Floats], float], start: Floats) -> Any:
    """Minimise by Nelder-Mead from a simplex a pixel or two wide, which does not leave the start's basin."""
    return _nelder_mead(cost, start, 1.5)


def nearest(cost: Callable[[Floats], float], start: Floats) -> Any:
    """Minimise by Nelder-Mead from a simplex less than half a pixel wide."""
    return _nelder_mead(cost, start, 0.4)


def _nelder_mead(cost: Callable[[Floats], float], start: Floats, width: float) -> Any:
    simplex = np.vstack([start, start + width * np.eye(len(start))])
    options = {"xatol": 0.02, "fatol": 1e-5, "initial_simplex": simplex, "adaptive": True}
    return optimize.minimize(cost, start, method="nelder-mead", options=options)
