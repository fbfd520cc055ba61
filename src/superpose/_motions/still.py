"""Structure that both images have at the very same pixels, while other structure does not: the sensor's own."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from superpose._motions.left_out import grown
from superpose._motions.settings import MotionSettings
from superpose._motions.spikes import beyond_chance
from superpose._motions.structure import Comparison, Gradients, compared, count_same, gradients_of, noise_of
from superpose._parallel import ordered_map
from superpose._sampling.warp import filled_from_nearest
from superpose.image import Mask, Raster

Floats = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class StillStructure:
    """What lies still, wider than single pixels.

    Attributes
    ----------
    same : ndarray of bool
        Where structure lies still.
    mask : ndarray of bool
        The same with what surrounds it.
    moved : ndarray of bool
        Where structure of either image does not lie still.
    """

    same: Mask
    mask: Mask
    moved: Mask


def still_structure(
    fixed: Raster, moving: Raster, some: bool, threads: int, settings: MotionSettings
) -> StillStructure | None:
    """Return what lies still in two images of one shape, or None where that is nothing, or all there is.

    Parameters
    ----------
    fixed, moving : Raster
        Free of spikes.
    some : bool
        Whether there were spikes, so that something does lie still.
    threads : int
        The result does not depend on it.
    settings : MotionSettings
        What lies still.
    """
    masks = fixed.mask, moving.mask
    both = masks[0] & masks[1]
    if not both.any():
        return None
    structure, still = settings.structure, settings.still
    noises = noise_of(fixed.data, both, structure), noise_of(moving.data, both, structure)
    filled = [each.data if each.complete else filled_from_nearest(each.data, each.mask) for each in (fixed, moving)]
    same, moved, mask = np.zeros((3, *both.shape), bool)
    moves = False
    for width, by in zip(structure.widths, still.grown, strict=True):
        first, second = (
            gradients_of(data, kept, width, noise, threads, structure)
            for data, kept, noise in zip(filled, masks, noises, strict=True)
        )
        here = compared(first, second, threads, structure)
        count, other = np.count_nonzero(here.same), np.count_nonzero(here.other)
        moved |= here.other
        if other <= still.moved * (count + other) or other <= still.least_moved:
            continue
        moves = True
        if _more_than_by_chance(here, first, second, threads, settings):
            same |= here.same
            mask |= grown(here.same, by)
    return StillStructure(same, mask, moved) if moves and (some or mask.any()) else None


def _more_than_by_chance(
    here: Comparison, first: Gradients, second: Gradients, threads: int, settings: MotionSettings
) -> bool:
    """Return whether more structure lies still than agrees at other shifts."""
    still = settings.still
    found = int(np.count_nonzero(here.same))
    if found <= still.least:
        return False
    chance: list[int] = []
    some = len(still.shifts) // 2 + 1
    for shifts in (still.shifts[:some], still.shifts[some:]):
        chance += ordered_map(
            lambda shift: count_same(first, second.rolled(shift), settings.structure), list(shifts), threads
        )
        # Whatever is found at the other shifts, the median is no less than if that were nothing.
        least = float(np.median(np.array(chance + [0] * (len(still.shifts) - len(chance)))))
        if found <= still.factor * least + still.least:
            return False
    return beyond_chance(found, chance, still)
