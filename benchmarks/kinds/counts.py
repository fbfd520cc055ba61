"""Pictures of few photons: cells under two-photon microscopes, stars, anything by night."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from benchmarks.kinds import scenes
from benchmarks.kinds.making import chance, direction, motion, shape_of
from benchmarks.kinds.pair import Motion, Pair, lattice

Floats = NDArray[np.float64]

# How far, in standard deviations of chance, the counts' correlation stands out of wrong poses' where a right alignment
# ought to be found.
CLEAR = 25.0


def clarity(rate: Floats) -> float:
    """Return how far the right pose's correlation of counts of these rates stands out, in standard deviations."""
    signal = float(((rate - rate.mean()) ** 2).sum())
    chance_level = np.sqrt(float((rate.mean() ** 2 + 2 * rate.mean() * (rate - rate.mean()) ** 2).sum()))
    return signal / chance_level


def counts(rng: np.random.Generator, number: int) -> Pair:
    """Return counts of 0.3 to 30 photons at the brightest places; too few of them are no fault to refuse."""
    shape = shape_of(rng, 220, 400)
    scene = (scenes.cells, scenes.cells, scenes.stars, scenes.photograph)[number % 4](rng, shape)
    family = str(rng.choice(("translation", "rigid", "rigid")))
    turn = rng.uniform(-10, 10) if family == "rigid" and chance(rng, 0.7) else 0.0
    truth = motion(shape, direction(rng, rng.uniform(0, 0.15) * min(shape)), turn)
    photons, dark = 10 ** rng.uniform(np.log10(0.3), np.log10(30)), rng.uniform(0.01, 0.1)
    light = [np.maximum(scene.seen(matrix, shape), 0) for matrix in (np.eye(3), truth)]
    full = float(np.percentile(light[0], 99.9))
    rates = [photons * (each / full + dark) for each in light]
    dtype = str(rng.choice(("int16", "uint16", "uint8", "float32")))
    fixed, moving = (np.minimum(rng.poisson(each), 255).astype(dtype) for each in rates)
    clear = clarity(rates[0])
    what = f"{scene.name}, {photons:.1f} photons, clarity {clear:.0f}, {dtype}"
    right = (Motion.of(truth, lattice(shape)),)
    return Pair("counts", number, what, fixed, moving, family, right, bool(clear > CLEAR))
