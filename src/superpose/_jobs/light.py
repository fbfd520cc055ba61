"""Light that falls off towards the sensor's corners, and draws frames to where it stays.

A frame is what the scene is where the frame lies, times the light of the sensor. Beside what frames show together it is
brighter where the light has risen from where the others see the same: by frames that move the light shows itself, but
for a tilt, which makes whole frames brighter and draws none.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from superpose._arithmetic.elementary import exp, log
from superpose._arithmetic.matrices import dot, solution
from superpose._jobs.area_sums import area_sums
from superpose._jobs.blocks import Frames
from superpose._jobs.doubt_settings import LightSettings
from superpose._parallel import lazy
from superpose._refine.robust import MEDIAN_OF_SQUARES
from superpose.image import Pixels

Floats = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class Light:
    """The light of a sensor: the exponential of a polynomial, 1 where it is brightest.

    Attributes
    ----------
    shape : tuple of int
        Of frames.
    coefficients : ndarray
        Of the powers of rows and columns up to `degree`.
    low, high : float
        The polynomial's range where it is known: farther out it goes no further.
    """

    shape: tuple[int, ...]
    coefficients: Floats
    degree: int
    low: float
    high: float

    @property
    def lost(self) -> float:
        """The part of the brightest light that is missing where it is darkest."""
        return 1 - exp(self.low - self.high)

    @lazy
    def field(self) -> Pixels:
        """How bright it is at each pixel."""
        powers = _of_powers([np.arange(n, dtype=float) for n in self.shape], self.shape, _powers(self.degree))
        total = np.einsum("a,ayx->yx", self.coefficients, powers)
        return np.asarray(exp(np.clip(total, self.low, self.high) - self.high), np.float32)


@dataclass(frozen=True, eq=False)
class Evened:
    """Frames in even light."""

    frames: Frames
    light: Light

    def __call__(self, number: int) -> Pixels:
        """Return a frame."""
        return np.asarray(self.frames(number) / self.light.field, np.float32)


def light_of(frames: Frames, shifts: Floats, settings: LightSettings) -> Light | None:
    """Return the light of the sensor, None where frames do not show any for sure.

    Parameters
    ----------
    frames : callable
        Returns a frame by its number.
    shifts : ndarray, shape (frames, 2)
        By how much their content is moved.
    settings : LightSettings
        How it is told.
    """
    numbers = range(0, len(shifts), max(1, math.ceil(len(shifts) / settings.told_by)))
    places = shifts[numbers] - shifts[numbers].mean(0)
    if len(numbers) < settings.least_frames or float(np.ptp(places, axis=0).max()) < settings.moved:
        return None
    shape = frames(numbers[0]).shape
    if min(shape) < 2 * settings.squares:
        return None
    seen = _Seen.of(frames, numbers, places, shape, settings)
    told = seen.weights.any(0)
    if not told.any():
        return None
    found, surely, smooth = _fitted(seen, settings)
    if not surely > settings.surely or smooth > settings.smooth:
        return None
    there = np.einsum("a,as->s", found, seen.powers)[told]
    high = float(there.max())
    return Light(shape, found, settings.degree, max(float(there.min()), high + log(settings.darkest)), high)


@dataclass(frozen=True, eq=False)
class _Seen:
    """Frames in squares of the sensor: by how much brighter they are than expected, and than each power makes them.

    Attributes
    ----------
    brighter : ndarray, shape (frames, squares)
        Logarithms.
    by : ndarray, shape (powers, frames, squares)
        The same of the light's powers.
    fading : ndarray, shape (more powers, frames, squares)
        The same of a scene that fades or brightens with time, at places more than at others.
    weights : ndarray, shape (frames, squares)
        How much each counts.
    powers : ndarray, shape (powers, squares)
        The light's, at the squares.
    """

    brighter: Floats
    by: Floats
    fading: Floats
    weights: Floats
    powers: Floats

    @classmethod
    def of(
        cls,
        frames: Frames,
        numbers: Sequence[int],
        places: Floats,
        shape: tuple[int, ...],
        settings: LightSettings,
    ) -> _Seen:
        """Return what some frames show that lie at places."""
        margin = np.ceil(np.abs(places).max(0)).astype(int) + 1
        first = np.rint(margin - places).astype(int)
        total = np.zeros(tuple(np.array(shape) + 2 * margin))
        count = np.zeros(total.shape)
        for number, (top, left) in zip(numbers, first.tolist(), strict=True):
            under = slice(top, top + shape[0]), slice(left, left + shape[1])
            total[under] += frames(number)
            count[under] += 1
        sums = area_sums(total / np.maximum(count, 1)), area_sums(count)
        cuts = [np.linspace(0, n, settings.squares + 1).astype(int) for n in shape]
        area = np.multiply.outer(*(np.diff(cut) for cut in cuts))
        middles = [(cut[1:] + cut[:-1] - 1) / 2 for cut in cuts]
        here = _of_powers(middles, shape, _powers(settings.degree))
        shown: list[Floats] = []
        expected: list[Floats] = []
        covered: list[Floats] = []
        by: list[Floats] = []
        for number, place, begin in zip(numbers, places, first, strict=True):
            frame = np.asarray(frames(number), float)
            shown.append(np.add.reduceat(np.add.reduceat(frame, cuts[0][:-1], 0), cuts[1][:-1], 1))
            # Where the frame was added, so that nothing is compared with itself a part of a pixel further on.
            at = np.ix_(*(cut + whole for cut, whole in zip(cuts, begin, strict=True)))
            for out, table in zip((expected, covered), sums, strict=True):
                out.append(np.diff(np.diff(table[at], axis=0), axis=1))
            there = [m - s for m, s in zip(middles, place, strict=True)]
            by.append(here - _of_powers(there, shape, _powers(settings.degree)))
        both = np.array(shown), np.array(expected)
        usable = (np.array(covered) >= settings.covered * len(numbers) * area) & (both[0] > 0) & (both[1] > 0)
        weights = np.where(usable, both[1], 0.0)
        ratio = np.divide(*both, out=np.ones(both[0].shape), where=usable)
        flat = (len(numbers), -1)
        time = np.linspace(-1, 1, len(numbers))
        fading = _of_powers(middles, shape, [(0, 1), (1, 0), *_powers(settings.degree)])
        return cls(
            log(ratio).reshape(flat),
            np.moveaxis(np.array(by), 1, 0).reshape(len(here), *flat),
            time[:, None] * fading.reshape(len(fading), 1, -1),
            (weights / max(float(weights.mean()), 1e-300)).reshape(flat),
            here.reshape(len(here), -1),
        )

    def less_others(self, weights: Floats) -> tuple[Floats, Floats]:
        """Return by how much brighter frames are, and than powers make them, less what is not the light's.

        That is what is so of a whole frame, of a square in all frames, and of a scene that changes with time.
        """
        rows = [_centred(each, weights) for each in (self.brighter, *self.by)]
        fading = np.array([_centred(each, weights) for each in self.fading])
        matrix = np.einsum("aks,bks,ks->ab", fading, fading, weights)
        matrix += 1e-9 * max(float(matrix.trace()), 1e-300) * np.eye(len(matrix))
        out = [
            each - np.einsum("a,aks->ks", solution(matrix, np.einsum("aks,ks,ks->a", fading, each, weights)), fading)
            for each in rows
        ]
        return out[0], np.array(out[1:])


def _fitted(seen: _Seen, settings: LightSettings) -> tuple[Floats, float, float]:
    """Return the light's coefficients, by how many times what chance makes of them they stand out, and what is left.

    Of that, how much neighbouring squares have in common: of noise they have nothing, of a shadow that passes all.
    """
    weights, count = seen.weights, len(seen.by)
    known = max(int(np.count_nonzero(weights)), 1)
    found, surely, left = np.zeros(count), 0.0, seen.brighter
    for _ in range(settings.fits):
        brighter, by = seen.less_others(weights)
        matrix = np.einsum("aks,bks,ks->ab", by, by, weights)
        right = np.einsum("aks,ks,ks->a", by, brighter, weights)
        spread, left = float((weights * np.square(brighter)).sum()) / known, brighter
        # Light of this kind varies by about as much as itself: what frames do not tell stays near none.
        for _ in range(2):
            found = solution(matrix + max(spread, 1e-12) * np.eye(count), right)
            left = brighter - np.einsum("a,aks->ks", found, by)
            spread = float((weights * np.square(left)).sum()) / known
        surely = dot(found, np.einsum("ab,b->a", matrix, found)) / max(spread, 1e-12) / count
        # What changes its brightness otherwise than light does has less of a say.
        squares = seen.weights * np.square(left)
        usual = float(np.median(squares[seen.weights > 0])) / MEDIAN_OF_SQUARES
        weights = seen.weights / (1 + squares / max(settings.odd * settings.odd * usual, 1e-300))
    return found, surely, _in_common(left, seen.weights)


def _in_common(left: Floats, weights: Floats) -> float:
    """Return the correlation of neighbouring squares."""
    side = math.isqrt(left.shape[1])
    values, use = left.reshape(-1, side, side), weights.reshape(-1, side, side)
    both, own = 0.0, 0.0
    for first, second in ((np.s_[:, 1:], np.s_[:, :-1]), (np.s_[:, :, 1:], np.s_[:, :, :-1])):
        weight = np.minimum(use[first], use[second])
        both += float((weight * values[first] * values[second]).sum())
        own += float((weight * (np.square(values[first]) + np.square(values[second]))).sum()) / 2
    return both / max(own, 1e-300)


def _centred(values: Floats, weights: Floats) -> Floats:
    """Return values less each frame's mean and each square's."""
    for _ in range(_CENTRINGS):
        for axis in (1, 0):
            means = (weights * values).sum(axis, keepdims=True)
            values = values - means / np.maximum(weights.sum(axis, keepdims=True), 1e-12)
    return values


def _powers(degree: int) -> list[tuple[int, int]]:
    """Return the powers of rows and columns; a tilt is none of them."""
    return [(a, b) for a in range(degree + 1) for b in range(degree + 1 - a) if a + b >= 2]


def _power(values: Floats, power: int) -> Floats:
    out = np.ones_like(values)
    for _ in range(power):
        out = out * values
    return out


def _of_powers(at: list[Floats], shape: tuple[int, ...], powers: list[tuple[int, int]]) -> Floats:
    """Return each power at rows and columns, (powers, rows, columns)."""
    rows, columns = (2 * each / (n - 1) - 1 for each, n in zip(at, shape, strict=True))
    return np.array([np.multiply.outer(_power(rows, a), _power(columns, b)) for a, b in powers])


# So often means of frames and of squares are taken off in turn.
_CENTRINGS = 6
