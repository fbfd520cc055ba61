"""Shifts of frames against the image that all of them show together, made of themselves: each made better in turn.

What noise is left of the mean of frames would hold each frame where it was, for it is a part of that mean: so the mean
is filtered to what stands out from its noise, and each frame takes one step only from where it was when the mean was
made. There the derivative of what it has in common with itself is nothing.

A frame's pixels are compared as they are, never interpolated, and each counts by its own noise, whose variance is that
of photons and of a camera's electronics: a + b * intensity, told from how frames differ from the mean. For pure counts
this is Poisson's likelihood, for b = 0 the sum of squares.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from superpose._arithmetic.complex_numbers import times
from superpose._arithmetic.elementary import log
from superpose._arithmetic.matrices import inverse, matmul
from superpose._jobs.settings import LatentSettings
from superpose._jobs.waves import Canvas, Waves
from superpose._parallel import ordered_map
from superpose.image import Pixels

Floats = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class Polished:
    """Where frames lie against their mean.

    Attributes
    ----------
    shifts : ndarray, shape (frames, 2)
        By how much more than the average each frame's content is moved, in pixels.
    covariances : ndarray, shape (frames, 2, 2)
        Of each shift; infinite where the mean shows nothing that stands out from noise.
    gains : ndarray, shape (frames,)
        How bright each frame is beside the mean.
    rounds : int
        How often all were made better.
    """

    shifts: Floats
    covariances: Floats
    gains: Floats
    rounds: int


@dataclass(frozen=True, eq=False)
class _Mean:
    """What frames show together, on the canvas: the image, how many of them show each pixel, and its waves."""

    image: Floats
    seen: Floats
    waves: Waves
    level: float


@dataclass(frozen=True, eq=False)
class _Noise:
    """A variance of `floor` + `rise` * intensity."""

    floor: float
    rise: float

    def variance(self, intensity: Floats) -> Floats:
        return self.floor + self.rise * intensity


@dataclass(frozen=True, eq=False)
class _Template:
    """What frames are compared with, ready for it: a frame's derivative by its shift is one sum over waves.

    From that is taken what the mean itself, as bright as the frame, would have it be: by shifts, for a brightness of
    one, and for what there is more. `brightness` is that of the mean in a frame's window, by shifts.
    """

    of_frame: Waves
    expected: list[Pixels]
    more: list[Pixels]
    brightness: Pixels
    information: Floats


def polish(
    frame: Callable[[int], Pixels],
    starts: Floats,
    canvas: Canvas,
    settings: LatentSettings,
    threads: int,
    on_round: Callable[[int], None] = lambda _: None,
) -> Polished | None:
    """Return the shifts of frames by which each fits best what all show together, None where they show nothing.

    Parameters
    ----------
    frame : callable
        Returns a frame by its number, as often as it is asked for.
    starts : ndarray, shape (frames, 2)
        About where their content is moved, by a pixel or two.
    canvas : Canvas
        With room for the shifts.
    settings : LatentSettings
        When to end, and what is known of noise.
    threads : int
        The result does not depend on it.
    on_round : callable
        Is told the number of each round.
    """
    count = len(starts)
    level = float(frame(0).mean(dtype=float))
    kept = _Kept(frame, canvas, count, settings.kept_bytes, float(np.float32(level)))
    shifts, gains, done = starts - starts.mean(0), np.ones(count), 0
    template, moved, error = None, np.inf, 0.0
    for done in range(1, settings.rounds + 1):
        on_round(done)
        mean = _mean(kept, shifts, gains, canvas, threads)
        noise = _noise(mean, kept, shifts, gains, canvas, settings)
        # What noise of different frames has in common they would soon be laid on each other by: what stands out from
        # it is told again only where the mean was blurred.
        if moved > settings.blurred * error:
            passed = _passed(mean, noise, canvas, settings)
        template = _template(mean, noise, passed, kept.level, canvas, settings)
        if template is None:
            return None
        found = ordered_map(_Step(template, kept, shifts, canvas, settings), range(count), threads)
        steps, gains = np.array([each[:2] for each in found]), np.array([each[2] for each in found])
        gains = gains / gains.mean()
        steps -= steps.mean(0)
        shifts = shifts + steps
        # All frames' average may wander as it likes: their mean moves along.
        error = float(np.sqrt(np.trace(inverse(template.information)) / 2))
        moved = float(np.sqrt(np.square(steps).mean()))
        if moved <= settings.enough * error:
            break
    assert template is not None
    spread = inverse(template.information)
    covariances = np.array([spread / max(each, settings.darkest) for each in gains])
    return Polished(shifts, covariances, gains, done)


@dataclass(frozen=True, eq=False)
class _Kept:
    """Waves of frames less a level, which is no part of sums then: kept if there is room for all, else made again."""

    frame: Callable[[int], Pixels]
    canvas: Canvas
    count: int
    most: int
    level: float
    made: dict[int, Waves] = field(default_factory=dict)

    def __call__(self, number: int) -> Waves:
        found = self.made.get(number)
        if found is None:
            found = self.canvas.waves(self.frame(number) - np.float32(self.level))
            if found.nbytes * self.count <= self.most:
                self.made[number] = found
        return found


@dataclass(frozen=True, eq=False)
class _Step:
    """One frame's step, and how bright it is."""

    template: _Template
    kept: _Kept
    shifts: Floats
    canvas: Canvas
    settings: LatentSettings

    def __call__(self, number: int) -> tuple[float, float, float]:
        shift, waves, template = self.shifts[number], self.kept(number), self.template
        total = float(waves[0, 0].real) + self.kept.level * float(self.canvas.window_waves[0, 0].real)
        gain = total / _between(template.brightness, shift)
        slopes = self.canvas.slopes(times(waves, template.of_frame), self.canvas.ramp(shift))
        for axis in range(2):
            slopes[axis] += gain * _between(template.expected[axis], shift)
            slopes[axis] += (gain - 1) * _between(template.more[axis], shift)
        information = template.information * max(gain, self.settings.darkest)
        step = matmul(inverse(information), slopes)
        step *= min(1.0, self.settings.longest / max(float(np.abs(step).max()), 1e-12))
        return float(step[0]), float(step[1]), gain


def _between(table: Pixels, shift: Floats) -> float:
    """Return a smooth table's value, which goes round, at a place between its entries: cubic through the nearest."""
    rows, columns = (_nearest(float(each), n) for each, n in zip(shift, table.shape, strict=True))
    part = table[np.ix_(rows[0], columns[0])].astype(float)
    return float((part * np.outer(rows[1], columns[1])).sum())


def _nearest(place: float, count: int) -> tuple[NDArray[np.intp], Floats]:
    """Return the four entries around a place, and their weights."""
    first = int(np.floor(place))
    x = place - first
    weights = [-x * (x - 1) * (x - 2) / 6, (x + 1) * (x - 1) * (x - 2) / 2, -(x + 1) * x * (x - 2) / 2]
    return np.arange(first - 1, first + 3) % count, np.array([*weights, (x + 1) * x * (x - 1) / 6])


# So many frames are added up at a time, whatever the number of threads.
_TOGETHER = 8
# Where frames count by less than this part it is not known what they show.
_HARDLY = 0.01


def _mean(kept: _Kept, shifts: Floats, gains: Floats, canvas: Canvas, threads: int) -> _Mean:
    """Return what frames show together where their shifts are undone."""

    def summed(first: int) -> tuple[Waves, Pixels, Pixels]:
        waves = np.zeros(canvas.window_waves.shape, np.complex64)
        seen, windows = np.zeros(canvas.shape, np.float32), np.zeros(canvas.shape, np.float32)
        for k in range(first, min(first + _TOGETHER, kept.count)):
            waves += canvas.moved(kept(k), shifts[k])
            along, across = canvas.shifted_window(shifts[k])
            window = np.outer(along.astype(np.float32), across.astype(np.float32))
            windows += window
            seen += np.float32(gains[k]) * window
        return waves, seen, windows

    waves, seen, windows = np.zeros(canvas.window_waves.shape, complex), np.zeros(canvas.shape), np.zeros(canvas.shape)
    firsts = range(0, kept.count, _TOGETHER)
    # A few at a time, so that what waits to be added is bounded.
    for start in range(0, len(firsts), 4):
        for one, other, plain in ordered_map(summed, firsts[start : start + 4], threads):
            waves += one
            seen += other
            windows += plain
    total = canvas.image(waves.astype(np.complex64)).astype(float)
    # What is left of the level where frames are brighter or darker than the mean.
    total += kept.level * (windows - seen)
    level = float(total.sum()) / float(seen.sum())
    # Where hardly any frame lies it is as bright as on average: their noise rings out there.
    seen = np.maximum(seen, 0)
    little = _HARDLY * kept.count
    image = level + (total - level * seen) * seen / (seen * seen + little * little)
    return _Mean(image + kept.level, seen, canvas.waves_of(image - level), level + kept.level)


def _noise(mean: _Mean, kept: _Kept, shifts: Floats, gains: Floats, canvas: Canvas, settings: LatentSettings) -> _Noise:
    """Return how noisy frames are, by how some of them differ from the mean, over its intensities."""
    every = max(1, kept.count // settings.told_by)
    ones = canvas.placed(np.ones(canvas.frame, np.float32))
    keys, values, squares = [], [], []
    for k in range(0, kept.count, every):
        there = canvas.image(canvas.moved(mean.waves, -shifts[k])) + np.float32(mean.level)
        left = canvas.image(kept(k)) + np.float32(kept.level) * ones - np.float32(gains[k]) * there * ones
        # A few rows will do; what a pixel's own noise has a part in must not decide where it counts.
        lines = slice(canvas.margin[0] + canvas.edge, canvas.margin[0] + canvas.frame[0] - canvas.edge, settings.lines)
        inner = slice(canvas.margin[1] + canvas.edge, canvas.margin[1] + canvas.frame[1] - canvas.edge)
        around = sum(np.roll(there, by, (0, 1))[lines, inner] for by in ((-1, 0), (1, 0), (0, -1), (0, 1)))
        keys.append(np.asarray(around).ravel())
        values.append(np.float32(gains[k]) * there[lines, inner].ravel())
        squares.append(np.square(left[lines, inner].ravel(), dtype=float))
    key, value, square = np.concatenate(keys), np.concatenate(values).astype(float), np.concatenate(squares)
    # The frames are a part of the mean.
    square *= kept.count / max(kept.count - 1, 1)
    order = np.argsort(key, kind="stable")
    ends = np.linspace(0, len(order), settings.groups + 1).astype(int)
    parts = [order[a:b] for a, b in pairwise(ends.tolist()) if b > a]
    x, y = (np.array([float(each[part].mean()) for part in parts]) for each in (value, square))
    rise, floor, weight = 0.0, float(y.mean()), np.ones(len(x))
    for _ in range(4):
        mean_x, mean_y = (float((weight * each).sum() / weight.sum()) for each in (x, y))
        spread = float((weight * np.square(x - mean_x)).sum())
        rise = float((weight * (x - mean_x) * (y - mean_y)).sum()) / spread if spread > 0 else 0.0
        rise = max(rise, 0.0)
        floor = mean_y - rise * mean_x
        weight = 1 / np.square(np.maximum(floor + rise * x, settings.darkest * max(mean_y, 1e-300)))
    return _Noise(floor, rise)


def _passed(mean: _Mean, noise: _Noise, canvas: Canvas, settings: LatentSettings) -> Floats:
    """Return what part of the mean stands out from its noise, by rings of frequency."""
    shown = np.minimum(mean.seen / max(float(mean.seen.max()), 1e-300), 1.0)
    level = mean.level
    usual = max(noise.variance(np.array(level)).item(), 1e-300)
    spread = np.maximum(noise.variance(mean.image), settings.darkest * usual)
    left = float((np.square(shown) * spread / np.maximum(mean.seen, 1.0)).sum())
    power = canvas.power(canvas.waves_of((mean.image - level) * shown))
    members = np.bincount(canvas.rings.ravel())
    above = left * (1 + settings.above / np.sqrt(np.maximum(members, 1)))
    passed = np.maximum(0.0, 1 - above / np.maximum(power, 1e-300))
    passed[0] = 1.0
    return np.asarray(passed)


def _template(
    mean: _Mean, noise: _Noise, passed: Floats, base: float, canvas: Canvas, settings: LatentSettings
) -> _Template | None:
    """Return what frames are compared with, None where nothing stands out from noise both ways."""
    level = mean.level
    usual = max(noise.variance(np.array(level)).item(), 1e-300)
    waves = times(mean.waves, canvas.of_rings(passed).astype(np.complex64))
    filtered = canvas.image(waves).astype(float) + level
    variance = np.maximum(noise.variance(filtered), settings.darkest * usual)
    slopes = _slopes(waves, canvas)
    weight = canvas.placed(np.ones(canvas.frame, np.float32)) / variance
    information = np.array([[float((weight * a * b).sum()) for b in slopes] for a in slopes])
    least = float(np.diag(information).min())
    if not least > 0 or not information[0, 0] * information[1, 1] > information[0, 1] ** 2 * (1 + 1e-9):
        return None
    # The log likelihood of a pixel's shift has the slope of the mean over the variance: that of this image.
    told = noise.rise * float(np.ptp(filtered)) > settings.alike * usual
    likelihood = log((variance / usual).ravel()).reshape(variance.shape) / noise.rise if told else filtered / usual
    of_frame = canvas.waves_of(likelihood - likelihood.mean())
    steep = _slopes(of_frame, canvas)

    def by_shifts(image: Floats) -> Pixels:
        return canvas.image(times(canvas.window_waves, np.conj(canvas.waves_of(image))))

    return _Template(
        np.conj(of_frame),
        [by_shifts((mean.image - base) * each) for each in steep],
        [by_shifts(base * each) for each in steep],
        by_shifts(mean.image),
        information,
    )


def _slopes(waves: Waves, canvas: Canvas) -> list[Floats]:
    """Return the slopes of the image that waves make, along rows and along columns."""
    rows, columns = canvas.frequencies
    turned = (np.asarray(1j * each, np.complex64) for each in (rows[:, None], columns))
    return [canvas.image(times(waves, each)).astype(float) for each in turned]
