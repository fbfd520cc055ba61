"""Pictures of few photons: cells under two-photon microscopes, stars, anything by night."""

from __future__ import annotations

from dataclasses import replace
from functools import partial

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from benchmarks.kinds import scenes
from benchmarks.kinds.making import chance, direction, motion, shape_of
from benchmarks.kinds.pair import Motion, Pair, grid, lattice
from benchmarks.photographs import NAMES

Floats = NDArray[np.float64]

# How far, in standard deviations of chance, the counts' correlation stands out of wrong poses' where a right alignment
# ought to be found; and how many of the errors that counting leaves the tolerance must hold.
CLEAR, SURE = 25.0, 4.0


def clarity(rate: Floats, cap: float) -> float:
    """Return how far the right pose's correlation stands out; no star counts for more than `cap`, for it is but one."""
    seen = np.minimum(rate, cap)
    variations = (seen - seen.mean()) ** 2
    by_chance = (seen.mean() ** 2 + 2 * seen.mean() * variations).sum()
    return float(variations.sum() / np.sqrt(by_chance))


def bound(rate: Floats, turns: bool) -> float:
    """Return the Cramér-Rao bound of the error over an image's middle half, both images being counts (px)."""
    slopes = np.stack(np.gradient(ndimage.gaussian_filter(rate, 0.7))).reshape(2, -1)
    rows, columns = (grid(rate.shape) - (np.array(rate.shape) - 1) / 2).T
    parts = [*slopes, slopes[1] * rows - slopes[0] * columns][: 3 if turns else 2]
    information = np.array([[(a * b / rate.ravel()).sum() for b in parts] for a in parts]) / 2
    covariance = np.linalg.inv(information)
    radius = np.hypot(*rate.shape) / 4 / np.sqrt(3)
    return float(np.sqrt(covariance[0, 0] + covariance[1, 1] + (covariance[2, 2] * radius**2 if turns else 0)))


def counts(rng: np.random.Generator, number: int, names: tuple[str, ...] = NAMES) -> Pair:
    """Return counts of 0.3 to 30 photons at the brightest places; too few of them are no fault to refuse."""
    shape = shape_of(rng, 220, 400)
    makers = (scenes.cells, scenes.cells, scenes.stars, partial(scenes.photograph, names=names))
    scene = makers[number % 4](rng, shape)
    family = str(rng.choice(("translation", "rigid", "rigid")))
    turn = rng.uniform(-10, 10) if family == "rigid" and chance(rng, 0.7) else 0.0
    truth = motion(shape, direction(rng, rng.uniform(0, 0.15) * min(shape)), turn)
    photons, dark = 10 ** rng.uniform(np.log10(0.3), np.log10(30)), rng.uniform(0.01, 0.1)
    light = [np.maximum(scene.seen(matrix, shape), 0) for matrix in (np.eye(3), truth)]
    full = float(np.percentile(light[0], 99.9))
    rates = [photons * (each / full + dark) for each in light]
    dtype = str(rng.choice(("int16", "uint16", "uint8", "float32")))
    fixed, moving = (np.minimum(rng.poisson(each), 255).astype(dtype) for each in rates)
    clear, best = clarity(rates[0], photons), bound(rates[0], family == "rigid")
    what = f"{scene.name}, {photons:.1f} photons, clarity {clear:.0f}, bound {best:.2f} px, {dtype}"
    pair = Pair("counts", number, what, fixed, moving, family, (Motion.of(truth, lattice(shape)),))
    return replace(pair, answerable=clear > CLEAR and SURE * best < pair.tolerance)
