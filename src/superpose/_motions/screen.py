"""Seen in little time: whether anything may lie still on the sensor while something else moved."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from superpose._motions.settings import MotionSettings
from superpose._motions.spikes import alike
from superpose._motions.structure import noise_of, slopes_of
from superpose.image import Image, Pixels

Floats = NDArray[np.float64]
Indices = NDArray[np.intp]


def may_lie_still(fixed: Image, moving: Image, threads: int, settings: MotionSettings) -> bool:
    """Return whether blocks of two coarse images of one shape agree beyond chance, and others do not."""
    screen, still = settings.screen, settings.still
    block = screen.block
    if min(fixed.grid.shape) < 4 * block:
        return True
    both = fixed.mask & moving.mask
    noises = [noise_of(each.data, both, settings.structure) for each in (fixed, moving)]
    parts = [
        slopes_of(each.data, both, screen.width, noise, threads)
        for each, noise in zip((fixed, moving), noises, strict=True)
    ]
    energies = [_in_blocks(rows * rows + columns * columns, block) for rows, columns in parts]
    seen = [each > settings.structure.seen for each in energies]
    size = np.sqrt(energies[0] * energies[1])
    product = _in_blocks(parts[0][0] * parts[1][0] + parts[0][1] * parts[1][1], block)
    same = int(np.count_nonzero(seen[0] & seen[1] & (product > settings.structure.agrees * size)))
    other = int(np.count_nonzero((seen[0] | seen[1]) & (product < settings.structure.contradicts * size)))
    if other <= still.moved * (same + other) or same < screen.least:
        return False
    chance = []
    for shift in still.shifts[::2]:
        rows, columns = (np.roll(each, shift, (0, 1)) for each in parts[1])
        there = _in_blocks(rows * rows + columns * columns, block)
        product = _in_blocks(parts[0][0] * rows + parts[0][1] * columns, block)
        agree = product > settings.structure.agrees * np.sqrt(energies[0] * there)
        chance.append(int(np.count_nonzero(seen[0] & (there > settings.structure.seen) & agree)))
        # The second largest number can only grow.
        if len(chance) > 1 and same <= screen.factor * sorted(chance)[-2] + screen.least:
            return False
    return True


def may_have_spikes(fixed: Image, moving: Image, settings: MotionSettings) -> bool:
    """Return whether single pixels may stand out in both images of one shape at the same places beyond chance."""
    spikes, screen, every = settings.spikes, settings.screen, settings.screen.rows
    rough = []
    for image in (fixed, moving):
        data = image.data[1::every]
        across = data[:, :-2] + data[:, 2:]
        across *= np.float32(-0.5)
        across += data[:, 1:-1]
        across *= np.float32(1 / noise_of(image.data, image.mask, settings.structure))
        rough.append(across)
    columns = rough[0].shape[1]
    at = np.flatnonzero(np.abs(rough[0]) > np.float32(spikes.stands_out))
    ours, theirs = rough[0].ravel()[at], rough[1].ravel()

    def count(shift: int) -> int:
        return int(np.count_nonzero(alike(ours, theirs[(at + shift) % theirs.size], spikes)))

    chance = [count(rows // every * columns + right) for rows, right in settings.still.shifts[::2]]
    return count(0) > screen.factor * sorted(chance)[-2] + screen.least_spikes


def _in_blocks(values: Pixels, block: int) -> Floats:
    """Return the means over blocks; what is left at the end of either axis is left out."""
    rows, columns = (n // block for n in values.shape)
    cut = values[: rows * block, : columns * block]
    # Whole rows are added up first, which is sooner done than by blocks.
    along = cut.reshape(rows, block, -1).sum(1)
    return np.asarray(along.reshape(rows, columns, block).sum(2), float) / (block * block)
