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
from superpose._jobs.blocks import Frames
from superpose._jobs.doubt_settings import LightSettings
from superpose._parallel import lazy
from superpose.image import Pixels

Floats = NDArray[np.float64]
Table = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class Light:
    """The light of a sensor: the exponential of a polynomial, 1 where it is brightest.

    Attributes
    ----------
    shape : tuple of int
        Of frames.
    coefficients : ndarray
        Of `_powers`, whose numbers are those of `degree`.
    darkest : float
        It is taken for no darker.
    """

    shape: tuple[int, int]
    coefficients: Floats
    degree: int
    darkest: float

    @lazy
    def field(self) -> Pixels:
        """How bright it is at each pixel."""
        rows, columns = (2 * np.arange(n) / (n - 1) - 1 for n in self.shape)
        total = np.zeros(self.shape)
        for coefficient, (a, b) in zip(self.coefficients.tolist(), _powers(self.degree), strict=True):
            total += coefficient * np.multiply.outer(_power(rows, a), _power(columns, b))
        return np.asarray(np.maximum(exp(total - total.max()), self.darkest), np.float32)


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
    shape = frames(numbers[0]).shape
    if len(numbers) < settings.least_frames or min(shape) < 2 * settings.squares:
        return None
    seen = _Seen.of(frames, numbers, places, settings)
    if not (seen.weights > 0).any():
        return None
    found, surely = _fitted(seen, settings)
    return Light(shape, found, settings.degree, settings.darkest) if surely > settings.surely else None


@dataclass(frozen=True, eq=False)
class _Seen:
    """Frames in squares of the sensor: by how much brighter they are than expected, and than each power makes them.

    Attributes
    ----------
    brighter : ndarray, shape (frames, squares)
        Logarithms, less each frame's and each square's mean.
    by : ndarray, shape (powers, frames, squares)
        The same of the light's powers.
    weights : ndarray, shape (frames, squares)
        How much each counts.
    """

    brighter: Floats
    by: Floats
    weights: Floats

    @classmethod
    def of(cls, frames: Frames, numbers: Sequence[int], places: Floats, settings: LightSettings) -> _Seen:
        """Return what some frames show that lie at places."""
        shape = frames(numbers[0]).shape
        margin = np.ceil(np.abs(places).max(0)).astype(int) + 1
        first = np.rint(margin - places).astype(int).tolist()
        total = np.zeros(tuple(np.array(shape) + 2 * margin))
        count = np.zeros(total.shape)
        for number, (top, left) in zip(numbers, first, strict=True):
            under = slice(top, top + shape[0]), slice(left, left + shape[1])
            total[under] += frames(number)
            count[under] += 1
        sums = _summed(total / np.maximum(count, 1)), _summed(count)
        cuts = [np.linspace(0, n, settings.squares + 1).astype(int) for n in shape]
        area = np.multiply.outer(*(np.diff(cut) for cut in cuts))
        middles = [(cut[1:] + cut[:-1] - 1) / 2 for cut in cuts]
        here = _of_powers(middles, shape, settings.degree)
        shown: list[Floats] = []
        expected: list[Floats] = []
        covered: list[Floats] = []
        by: list[Floats] = []
        for number, place in zip(numbers, places, strict=True):
            frame = np.asarray(frames(number), float)
            shown.append(np.add.reduceat(np.add.reduceat(frame, cuts[0][:-1], 0), cuts[1][:-1], 1))
            at = [cut + m - s for cut, m, s in zip(cuts, margin, place, strict=True)]
            for out, table in zip((expected, covered), sums, strict=True):
                out.append(np.diff(np.diff(_between(table, *at), axis=0), axis=1))
            by.append(here - _of_powers([m - s for m, s in zip(middles, place, strict=True)], shape, settings.degree))
        both = np.array(shown), np.array(expected)
        usable = (np.array(covered) >= settings.covered * len(numbers) * area) & (both[0] > 0) & (both[1] > 0)
        weights = np.where(usable, both[1], 0.0)
        ratio = np.divide(*both, out=np.ones(both[0].shape), where=usable)
        flat = (len(numbers), -1)
        weights = (weights / max(float(weights.mean()), 1e-300)).reshape(flat)
        columns = np.moveaxis(np.array(by), 1, 0).reshape(len(here), *flat)
        brighter = log(ratio).reshape(flat)
        return cls(_centred(brighter, weights), np.array([_centred(each, weights) for each in columns]), weights)


def _fitted(seen: _Seen, settings: LightSettings) -> tuple[Floats, float]:
    """Return the light's coefficients, and by how many times what chance makes of them they stand out."""
    weights, count = seen.weights, len(seen.by)
    found, surely = np.zeros(count), 0.0
    for _ in range(settings.fits):
        matrix = np.einsum("aks,bks,ks->ab", seen.by, seen.by, weights)
        right = np.einsum("aks,ks,ks->a", seen.by, seen.brighter, weights)
        # Light of this kind varies by about as much as itself: what frames do not tell stays near none.
        spread = float((weights * np.square(seen.brighter)).sum()) / max(int(np.count_nonzero(weights)), 1)
        for _ in range(2):
            prior = max(spread, 1e-12) * np.eye(count)
            found = solution(matrix + prior, right)
            left = seen.brighter - np.einsum("a,aks->ks", found, seen.by)
            spread = float((weights * np.square(left)).sum()) / max(int(np.count_nonzero(weights)), 1)
        surely = dot(found, np.einsum("ab,b->a", matrix, found)) / max(spread, 1e-12) / count
        # What changes its brightness otherwise than light does has less of a say.
        squares = seen.weights * np.square(left)
        usual = float(np.median(squares[seen.weights > 0])) / _MEDIAN
        weights = seen.weights / (1 + squares / max(settings.odd * settings.odd * usual, 1e-300))
    return found, surely


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


def _of_powers(at: list[Floats], shape: tuple[int, ...], degree: int) -> Floats:
    """Return each power at rows and columns, (powers, rows, columns)."""
    rows, columns = (2 * each / (n - 1) - 1 for each, n in zip(at, shape, strict=True))
    return np.array([np.multiply.outer(_power(rows, a), _power(columns, b)) for a, b in _powers(degree)])


def _summed(values: Floats) -> Table:
    """Return the sums of all that lies before each row and column."""
    out = np.zeros((values.shape[0] + 1, values.shape[1] + 1))
    out[1:, 1:] = values.cumsum(0).cumsum(1)
    return out


def _between(table: Table, rows: Floats, columns: Floats) -> Floats:
    """Return such sums up to parts of rows and columns."""
    for axis, at in enumerate((rows, columns)):
        first = np.clip(np.floor(at).astype(int), 0, table.shape[axis] - 2)
        part = (at - first).reshape(-1, 1) if axis == 0 else at - first
        low, high = np.take(table, first, axis), np.take(table, first + 1, axis)
        table = low + part * (high - low)
    return table


# So often means of frames and of squares are taken off in turn.
_CENTRINGS = 6
# The median of the square of a normal number.
_MEDIAN = 0.455
