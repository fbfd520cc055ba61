"""What part of the mean of frames stands out from its noise: by frequency, and by how much a place shows of it.

A ring of frequencies passes as far as its power is above that of noise. A scene that is rich in one place and empty in
another has more in the one, and less in the other, than its rings say: so in each band of them, an octave wide, as much
passes as if all of the scene had so many times its power as that place has.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from superpose._arithmetic.complex_numbers import times
from superpose._arithmetic.elementary import gaussian, log
from superpose._jobs.settings import LatentSettings
from superpose._jobs.waves import Canvas, Waves
from superpose.image import Pixels

Floats = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class Shown:
    """A mean of frames as it is told what stands out of it.

    Attributes
    ----------
    image, waves : ndarray
        The mean less a level, and its waves.
    counts : ndarray
        How much each of its pixels counts, 1 at most.
    noise : ndarray
        The variance that noise has left of each pixel.
    """

    image: Floats
    waves: Waves
    counts: Floats
    noise: Floats


@dataclass(frozen=True, eq=False)
class _Band:
    """What part of each ring passes for each of some powers, and which of these places have: numbers between theirs."""

    rings: Floats
    places: Pixels


@dataclass(frozen=True, eq=False)
class Passed:
    """What part of a mean stands out from its noise.

    Attributes
    ----------
    coarse : ndarray, shape (rings,)
        What part of each ring of frequency passes everywhere.
    bands : sequence of _Band
        What passes beside that.
    """

    coarse: Floats
    bands: list[_Band]

    @classmethod
    def of(cls, mean: Shown, canvas: Canvas, settings: LatentSettings) -> Passed:
        """Return what stands out of a mean."""
        left = float((np.square(mean.counts) * mean.noise).sum())
        power = canvas.power(canvas.waves_of(mean.image * mean.counts))
        members = np.bincount(canvas.rings.ravel())
        above = left * (1 + settings.above / np.sqrt(np.maximum(members, 1)))
        passed = np.maximum(0.0, 1 - above / np.maximum(power, 1e-300))
        passed[0] = 1.0
        scene = np.where(passed > 0, np.maximum(power / max(left, 1e-300) - 1, 0), 0)
        noise = canvas.waves_of(mean.noise)
        *fine, coarse = _octaves(len(passed), min(canvas.shape))
        bands = [_band(each, widest, passed, scene, members, mean, noise, canvas, settings) for each, widest in fine]
        return cls(coarse[0] * passed, [each for each in bands if each is not None])

    def image(self, waves: Waves, canvas: Canvas) -> Floats:
        """Return the image of what passes of waves."""
        out = _through(canvas, waves, self.coarse).astype(float)
        for rings, part in self._parts():
            out += part * _through(canvas, waves, rings)
        return out

    def slopes_of_noise(self, weights: Floats, canvas: Canvas) -> tuple[Floats, Floats]:
        """Return what slopes of what passes of noise have in common with its slopes, and with its third ones.

        `weights` are those of pixels, times the noise's variance.
        """
        rows, columns = (np.square(each) for each in canvas.frequencies)
        part = canvas.of_rings(self.coarse) * float(weights.sum())
        for rings, where in self._parts():
            part += canvas.of_rings(rings) * float((weights * where).sum())
        # Each wave but those at either end of a row of them stands for two.
        part[:, 1 : (canvas.shape[1] + 1) // 2] *= 2
        part /= canvas.shape[0] * canvas.shape[1]
        down, across = part.sum(1), part.sum(0)
        y, x = float((down * rows * rows).sum()), float((across * columns * columns).sum())
        both = float((part * np.multiply.outer(rows, columns)).sum())
        by_one = np.diag([float((down * rows).sum()), float((across * columns).sum())])
        return by_one, -np.array([[y, 0, both, 0], [0, both, 0, x]])

    def _parts(self) -> Iterator[tuple[Floats, Pixels]]:
        """Yield what part of each ring passes where, for all powers that places have."""
        for band in self.bands:
            for number, rings in enumerate(band.rings):
                where = np.maximum(np.float32(1) - np.abs(band.places - np.float32(number)), np.float32(0))
                if where.any():
                    yield rings, where


def _band(
    band: Floats,
    widest: float,
    passed: Floats,
    scene: Floats,
    members: NDArray[np.intp],
    mean: Shown,
    noise: Waves,
    canvas: Canvas,
    settings: LatentSettings,
) -> _Band | None:
    """Return what passes of a band, whose waves have so many pixels, and where; None where nothing does."""
    own = band * passed
    total = float((members * np.square(own)).sum())
    if not total > 0:
        return None
    part, sharp = total / float(members.sum()), float((members * np.square(np.square(own))).sum()) / total
    near = gaussian(np.arange(len(own)) + 0.5, min(canvas.shape) / (2 * np.pi * settings.around * widest))
    there = np.square(_through(canvas, mean.waves, own))
    around = _through(canvas, canvas.waves_of(there), near).astype(float)
    over = around / (np.maximum(_through(canvas, noise, near), 1e-30).astype(float) * part)
    # So many independent numbers tell it: where it scatters no more than they do it tells nothing of places.
    free = max(1.0, 4 * np.pi * (settings.around * widest) ** 2 * part / sharp)
    counts = mean.counts / max(float(mean.counts.sum()), 1e-300)
    average = float((counts * over).sum())
    varies = float((counts * np.square(over - average)).sum())
    chance = float((counts * np.square(over)).sum()) * 2 / (free + 2)
    over = average + max(0.0, 1 - chance / max(varies, 1e-300)) * (over - average)
    usual = float((members * np.square(own) * scene).sum()) / total
    powers = np.array(settings.powers)
    times_usual = np.clip((over - 1) / max(usual, 1e-300), powers[0], powers[-1])
    places = np.interp(log(times_usual), log(powers), np.arange(len(powers)))
    rings = [band * each * scene / (each * scene + 1) for each in powers]
    return _Band(np.array(rings), places.astype(np.float32))


def _octaves(rings: int, side: int) -> Iterator[tuple[Floats, float]]:
    """Yield bands an octave apart that add up to 1, the coarsest last, and how long their shortest waves are."""
    points, ends = np.arange(rings) + 0.5, [_FINEST / 2**k for k in range(_BANDS)]
    lows = [np.ones(rings), *(gaussian(points, end * side) for end in ends)]
    yield from zip((fine - rest for fine, rest in pairwise(lows)), (1 / end for end in (ends[0], *ends)), strict=False)
    yield lows[-1], 1 / ends[-1]


def _through(canvas: Canvas, waves: Waves, rings: Floats) -> Pixels:
    """Return the image of so much of each ring of waves."""
    return canvas.image(times(waves, canvas.of_rings(rings).astype(np.complex64)))


# So many bands beside the coarsest, the finest beyond so many waves a pixel.
_BANDS = 3
_FINEST = 0.3
