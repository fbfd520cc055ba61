"""How noisy frames that lie on each other are: each beside the others, and pixels by how bright they are."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from superpose._jobs.banded import Band, Banded
from superpose._jobs.settings import CombineSettings
from superpose._refine.robust import NORMAL

Floats = NDArray[np.float64]

# By how much the median absolute deviation of so few values, from 2 on, is too small: Croux and Rousseeuw,
# "Time-efficient algorithms for two highly robust estimators of scale", Computational Statistics 1 (1992).
_FEW = (1.196, 1.495, 1.363, 1.206, 1.200, 1.140, 1.129, 1.107)
# Frames whose differences are taken at once.
_AT_ONCE = 512


def medians(band: Band) -> Band:
    """Return medians along the last axis, NaN left out and where there is nothing else."""
    ordered, count = np.sort(band, -1), np.isfinite(band).sum(-1)
    low, high = np.maximum(count - 1, 0) // 2, np.minimum(count // 2, band.shape[-1] - 1)
    low, high = (np.take_along_axis(ordered, k[..., None], -1)[..., 0] for k in (low, high))
    # Which of two zeros comes first depends on the machine.
    middle = (low + high) / np.float32(2) + np.float32(0)
    return np.where(count > 0, middle, np.float32(np.nan))


def spreads(away: Band) -> Floats:
    """Return standard deviations along the last axis, told by the medians of absolute ones."""
    count = np.isfinite(away).sum(-1)
    few = np.array([1.0, 1.0, *_FEW])
    factor = np.where(count < len(few), few[np.minimum(count, len(few) - 1)], count / np.maximum(count - 0.8, 1))
    return np.asarray(NORMAL * factor * medians(away))


def relative_noise(store: Banded, settings: CombineSettings) -> Floats:
    """Return how noisy each frame is beside a usual one; ones where that makes no difference.

    The variance of two frames' difference is the sum of theirs: some are compared with each other, then all with these.
    """
    some = np.arange(0, store.count, max(1, -(-store.count // settings.compared)))
    plain = np.ones(store.count)
    if len(some) < 3:
        return plain
    samples = max(1, min(settings.samples, settings.sampled // store.count))
    sample = np.concatenate([band for _, band in store.bands(max(1, -(-store.pixels // samples)))]).T
    variance = np.empty((len(some), store.count))
    for first in range(0, store.count, _AT_ONCE):
        frames = slice(first, first + _AT_ONCE)
        for row, k in zip(variance, some, strict=True):
            # Nothing is known where nothing is in common.
            row[frames] = np.nan_to_num(np.square(NORMAL * medians(np.abs(sample[frames] - sample[k]))))
    among = variance[:, some].sum(1)
    total = float(among.sum()) / (2 * len(some) - 2)
    found = (variance.sum(0) - total) / len(some)
    found[some] = (among - total) / (len(some) - 2)
    usual = float(np.median(found))
    if not usual > 0:
        return plain
    found = np.maximum(found / usual, settings.quietest)
    # What equal weights would lose.
    lost = float(found.mean()) * float((1 / found).mean())
    return np.sqrt(found) if lost > settings.worth else plain


def noise_model(middle: Band, spread: Band, settings: CombineSettings) -> Floats:
    """Return the usual deviation of pixels as bright as each.

    Pixels whose values agree exactly, as in black skies, say nothing of noise.
    """
    tells = np.flatnonzero(spread > 0)
    if not tells.size:
        return np.zeros(middle.shape)
    groups = max(1, min(settings.groups, tells.size // settings.least_pixels))
    order = tells[np.argsort(middle[tells], kind="stable")]
    parts = np.array_split(order, groups)
    bright = np.array([float(np.median(middle[part])) for part in parts])
    usual = np.array([float(np.median(spread[part])) for part in parts])
    return np.asarray(np.interp(np.nan_to_num(middle), bright, usual))
