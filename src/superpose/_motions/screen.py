"""Seen in little time: whether anything may lie still on the sensor while something else moved."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from superpose._motions.settings import MotionSettings, StructureSettings
from superpose._motions.spikes import alike
from superpose._motions.structure import noise_of, slopes_of
from superpose.image import Mask, Pixels, Raster

Floats = NDArray[np.float64]
Indices = NDArray[np.intp]


def may_lie_still(fixed: Raster, moving: Raster, ratio: float, threads: int, settings: MotionSettings) -> bool:
    """Return whether blocks of two images of one shape agree beyond chance, and others do not.

    Their pixels are `ratio` times as large as those that `still_structure` looks at.
    """
    screen, still = settings.screen, settings.still
    if min(fixed.grid.shape) < 4 * screen.block:
        return True
    both = fixed.mask & moving.mask
    noises = [noise_of(each.data, both, settings.structure) for each in (fixed, moving)]
    first, second = (
        slopes_of(each.data, both, screen.width, noise, threads)
        for each, noise in zip((fixed, moving), noises, strict=True)
    )
    strengths = [rows * rows + columns * columns for rows, columns in (first, second)]
    blocks = _Blocks(*(_in_blocks(each, screen.block) for each in (*strengths, _products(first, second))))
    same = int(np.count_nonzero(blocks.same(settings.structure)))
    other = int(np.count_nonzero(blocks.other(settings.structure)))
    if other <= still.moved * (same + other) or same < screen.least:
        return False

    def by_chance(shift: tuple[int, int]) -> int:
        rows, columns, strength = (np.roll(each, shift, (0, 1)) for each in (*second, strengths[1]))
        there = (_in_blocks(each, screen.block) for each in (strength, _products(first, (rows, columns))))
        return int(np.count_nonzero(_Blocks(blocks.first, *there).same(settings.structure)))

    chance = []
    for shift in still.shifts[::2]:
        chance.append(by_chance(shift))
        # The second largest number can only grow.
        if len(chance) > 1 and same <= screen.factor * sorted(chance)[-2] + screen.least:
            return False
    chance = [by_chance((round(rows / ratio), round(columns / ratio))) for rows, columns in still.shifts]
    return same > screen.of_median * float(np.median(chance)) + screen.least


@dataclass(frozen=True, eq=False)
class _Blocks:
    """Slopes of two images in blocks: the mean squares of each, and the mean of their products."""

    first: Floats
    second: Floats
    product: Floats

    def same(self, settings: StructureSettings) -> Mask:
        """Return where both have structure, and the same."""
        seen = (self.first > settings.seen) & (self.second > settings.seen)
        return seen & (self.product > settings.agrees * self._size)

    def other(self, settings: StructureSettings) -> Mask:
        """Return where either has structure that is another."""
        seen = (self.first > settings.seen) | (self.second > settings.seen)
        return seen & (self.product < settings.contradicts * self._size)

    @property
    def _size(self) -> Floats:
        return np.asarray(np.sqrt(self.first * self.second))


def may_have_spikes(fixed: Raster, moving: Raster, settings: MotionSettings) -> bool:
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


def _products(one: tuple[Pixels, Pixels], other: tuple[Pixels, Pixels]) -> Pixels:
    """Return the inner products of slopes by rows and by columns."""
    return np.asarray(one[0] * other[0] + one[1] * other[1])


def _in_blocks(values: Pixels, block: int) -> Floats:
    """Return the means over blocks; what is left at the end of either axis is left out."""
    rows, columns = (n // block for n in values.shape)
    cut = values[: rows * block, : columns * block]
    # Whole rows are added up first, which is sooner done than by blocks.
    along = cut.reshape(rows, block, -1).sum(1)
    return np.asarray(along.reshape(rows, columns, block).sum(2), float) / (block * block)
