"""Single pixels that belong to the sensor: hot, dead, or dust of a pixel's size."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from superpose._motions.settings import MotionSettings, SpikeSettings, StillSettings
from superpose._motions.structure import noise_of
from superpose._problem import Problem
from superpose._refine.robust import NORMAL
from superpose.image import Mask, Pixels, Raster

Indices = NDArray[np.intp]


@dataclass(frozen=True, eq=False)
class Spikes:
    """Single pixels that stand out in both images alike, and what the images have around them.

    Attributes
    ----------
    at : ndarray, shape (n,)
        Their indices in the raveled images.
    fixed, moving : ndarray of float32, shape (n,)
        The medians around them.
    """

    at: Indices
    fixed: Pixels
    moving: Pixels

    @property
    def count(self) -> int:
        """How many there are."""
        return len(self.at)

    def marked_in(self, mask: Mask) -> Mask:
        """Return a mask of the images that is True at the spikes, too."""
        marked = mask.copy()
        marked.ravel()[self.at] = True
        return marked

    def removed(self, problem: Problem) -> Problem:
        """Return a problem whose images have the medians in place of the spikes."""
        parts = []
        for whole, medians in ((problem.fixed, self.fixed), (problem.moving, self.moving)):
            data = whole.image.data.copy()
            data.ravel()[self.at] = medians
            parts.append(replace(whole, image=replace(whole.image, data=data), kept=False))
        return replace(problem, fixed=parts[0], moving=parts[1])


def common_spikes(fixed: Raster, moving: Raster, settings: MotionSettings) -> Spikes | None:
    """Return the spikes of two images of one shape, or None where they are no more than chance makes."""
    both = fixed.mask & moving.mask
    spikes, still = settings.spikes, settings.still
    images = [(each.data, noise_of(each.data, both, settings.structure)) for each in (fixed, moving)]
    rough = [_against_neighbours(data, noise) for data, noise in images]
    # A single pixel is far from its neighbours' mean, too, which is sooner had than their median.
    standing = [_candidates(each, both, spikes) for each in rough]
    if min(map(len, standing)) < still.least:
        return None
    at = _pairs(standing[0], rough, (0, 0), spikes)
    if len(at) < still.least:
        return None
    confirmed, medians = _confirmed(images, at, at, spikes)
    chance = []
    for shift in still.shifts:
        ours = _pairs(standing[0], rough, shift, spikes)
        theirs = _shifted(ours, both.shape, shift)
        chance.append(int(_confirmed(images, ours, theirs, spikes)[0].sum()))
    if not beyond_chance(int(confirmed.sum()), chance, still):
        return None
    return Spikes(at[confirmed], medians[0][confirmed], medians[1][confirmed])


def beyond_chance(found: int, chance: list[int], settings: StillSettings) -> bool:
    """Return whether more was found at the same pixels than at shifts, where chance alone finds some."""
    counts = np.array(chance, float)
    expected = float(np.median(counts))
    scatter = NORMAL * float(np.median(np.abs(counts - expected)))
    deviation = math.sqrt(scatter * scatter + expected + settings.assumed)
    return found > settings.factor * expected + settings.least and found - expected > settings.deviations * deviation


def _against_neighbours(data: Pixels, noise: float) -> Pixels:
    """Return how far pixels lie from the mean of their four neighbours, in deviations; 0 along the border."""
    out = np.zeros_like(data)
    inner = out[1:-1, 1:-1]
    np.add(data[:-2, 1:-1], data[2:, 1:-1], out=inner)
    inner += data[1:-1, :-2]
    inner += data[1:-1, 2:]
    inner *= np.float32(-0.25)
    inner += data[1:-1, 1:-1]
    inner *= np.float32(1 / noise)
    return out


def _candidates(rough: Pixels, both: Mask, settings: SpikeSettings) -> Indices:
    return np.flatnonzero((np.abs(rough) > np.float32(settings.stands_out)) & both)


def _shifted(at: Indices, shape: tuple[int, ...], shift: tuple[int, int]) -> Indices:
    """Return indices moved by whole pixels, around the border."""
    rows, columns = np.divmod(at, shape[1])
    return np.asarray((rows + shift[0]) % shape[0] * shape[1] + (columns + shift[1]) % shape[1])


def _pairs(at: Indices, rough: list[Pixels], shift: tuple[int, int], settings: SpikeSettings) -> Indices:
    """Return those of fixed's candidates that moving, this far aside, has as well."""
    ours = rough[0].ravel()[at]
    theirs = rough[1].ravel()[_shifted(at, rough[0].shape, shift)]
    return at[alike(ours, theirs, settings)]


def alike(ours: Pixels, theirs: Pixels, settings: SpikeSettings) -> Mask:
    """Return which pixels stand out in both images, the same way and by about as much; in deviations of noise."""
    low, high = np.minimum(np.abs(ours), np.abs(theirs)), np.maximum(np.abs(ours), np.abs(theirs))
    one_sign = ours * theirs > 0
    return np.asarray(one_sign & (low > settings.stands_out) & (low > settings.alike * high))


def _confirmed(
    images: list[tuple[Pixels, float]], ours: Indices, theirs: Indices, settings: SpikeSettings
) -> tuple[Mask, list[Pixels]]:
    """Return which pixels stand out of the medians around them alike, and these medians."""
    heights, medians = [], []
    for (data, noise), at in zip(images, (ours, theirs), strict=True):
        rows, columns = np.divmod(at, data.shape[1])
        steps = np.arange(-settings.reach, settings.reach + 1)
        near_rows = np.clip(rows[:, None, None] + steps[:, None], 0, data.shape[0] - 1)
        near_columns = np.clip(columns[:, None, None] + steps, 0, data.shape[1] - 1)
        near = data[near_rows, near_columns].reshape(-1, near_rows.shape[1] * near_columns.shape[2])
        around = np.median(near, axis=1).astype(np.float32)
        # In texture every pixel differs from its neighbours.
        rough = np.median(np.abs(near - around[:, None]), axis=1) * np.float32(NORMAL * settings.of_texture)
        medians.append(around)
        heights.append((data.ravel()[at] - around) / np.maximum(np.float32(noise), rough))
    return alike(heights[0], heights[1], settings), medians
