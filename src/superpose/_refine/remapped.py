"""The correlation ratio as squared error: one image's intensities are first replaced by what they predict.

The squared error left after the best curve between two images' intensities is one minus the correlation ratio. With
the curve fitted anew at each pose its derivative is that of plain squared error with the curve held (the curve is at
its own optimum), so nothing but a table look-up is added.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from superpose._refine.squared import SquaredObjective
from superpose._sampling.prepared import Prepared
from superpose.image import Image

Floats = NDArray[np.float64]

# Bins of the curve, each with as many pixels as the next.
BINS = 48


@dataclass(frozen=True, eq=False)
class Remapped:
    """A pair of which one image went through the curve that predicts the other, and how much that explains."""

    fixed: Prepared
    moving: Prepared
    explained: float


def remapped(fixed: Prepared, moving: Prepared, matrix: Floats, threads: int) -> Remapped | None:
    """Return the pair with the curve that explains more: moving by fixed, or fixed by moving.

    `matrix` is from fixed to moving pixels. None where the overlap is too small to tell.
    """
    objective = SquaredObjective(fixed, moving, "translation", False, np.inf, threads)
    a, b = objective.sampled(matrix)
    if len(a) < 4 * BINS:
        return None
    forward, backward = curve(a, b), curve(b, a)
    if forward is None or backward is None:
        return None
    if forward[2] >= backward[2]:
        return Remapped(_through(fixed, forward), moving, forward[2])
    return Remapped(fixed, _through(moving, backward), backward[2])


def curve(given: Floats, wanted: Floats) -> tuple[Floats, Floats, float] | None:
    """Return the mean of `wanted` by bins of `given` (bin means, values), and the part of its variance explained."""
    edges = np.unique(np.quantile(given, np.linspace(0, 1, BINS + 1)))
    total = float(wanted.var())
    if len(edges) < 3 or total <= 0:
        return None
    index = np.clip(np.searchsorted(edges, given, side="right") - 1, 0, len(edges) - 2)
    counts = np.bincount(index, minlength=len(edges) - 1)
    use = counts > 0
    places = np.bincount(index, given, len(edges) - 1)[use] / counts[use]
    values = np.bincount(index, wanted, len(edges) - 1)[use] / counts[use]
    if len(places) < 2:
        return None
    left = float(((wanted - np.interp(given, places, values)) ** 2).mean())
    return places, values, max(0.0, 1 - left / total)


def _through(prepared: Prepared, found: tuple[Floats, Floats, float]) -> Prepared:
    image = prepared.image
    data = np.interp(image.data, found[0], found[1]).astype(np.float32)
    return Prepared(Image(np.where(image.mask, data, np.float32(0)), image.mask, image.grid), prepared.threads)
