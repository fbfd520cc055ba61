"""Seen in little time: whether anything may lie still on the sensor while something else moved."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from superpose._motions.settings import MotionSettings
from superpose._motions.structure import difference_noise, noise_of, smoothed
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
    parts = [_gradients(each, both, threads, settings) for each in (fixed, moving)]
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
        alike = product > settings.structure.agrees * np.sqrt(energies[0] * there)
        chance.append(int(np.count_nonzero(seen[0] & (there > settings.structure.seen) & alike)))
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
    limit = np.float32(spikes.stands_out)
    at = np.flatnonzero(np.abs(rough[0]) > limit)
    ours, theirs = rough[0].ravel()[at], rough[1].ravel()

    def alike(shift: int) -> int:
        there = theirs[(at + shift) % theirs.size]
        low, high = np.minimum(np.abs(ours), np.abs(there)), np.maximum(np.abs(ours), np.abs(there))
        return int(np.count_nonzero((ours * there > 0) & (low > limit) & (low > spikes.alike * high)))

    chance = [alike(rows // every * columns + right) for rows, right in settings.still.shifts[::2]]
    return alike(0) > screen.factor * sorted(chance)[-2] + screen.least_spikes


def _gradients(image: Image, both: NDArray[np.bool_], threads: int, settings: MotionSettings) -> tuple[Pixels, Pixels]:
    """Return gradients by rows and columns in units in which noise has a mean square of 1, 0 near missing pixels."""
    width = settings.screen.width
    noise = noise_of(image.data, both, settings.structure)
    blurred = smoothed(image.data, width, threads)
    rows, columns = np.zeros_like(blurred), np.zeros_like(blurred)
    np.subtract(blurred[2:], blurred[:-2], out=rows[1:-1])
    np.subtract(blurred[:, 2:], blurred[:, :-2], out=columns[:, 1:-1])
    unit: Any = np.float32(1 / (noise * difference_noise(width)))
    if not both.all():
        unit = unit * (smoothed(both.astype(np.float32), width, threads) > np.float32(0.999))
    rows *= unit
    columns *= unit
    return rows, columns


def _in_blocks(values: Pixels, block: int) -> Floats:
    """Return the means over blocks; what is left at the end of either axis is left out."""
    rows, columns = (n // block for n in values.shape)
    cut = values[: rows * block, : columns * block]
    # Whole rows are added up first, which is sooner done than by blocks.
    along = cut.reshape(rows, block, -1).sum(1)
    return np.asarray(along.reshape(rows, columns, block).sum(2), float) / (block * block)
