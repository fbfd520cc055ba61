"""Shifts of frames against the image that all of them show together, made of themselves: each made better in turn.

What noise is left of the mean of frames would hold each frame where it was, for it is a part of that mean: so the mean
is filtered to what stands out from its noise, and each frame takes one step only from where it was when the mean was
made. There the derivative of what it has in common with itself is nothing.

A frame's pixels are compared as they are, never interpolated, and each counts by its own noise, whose variance is that
of photons and of a camera's electronics: a + b * intensity, told from how frames differ from the mean. For pure counts
this is Poisson's likelihood, for b = 0 the sum of squares.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from superpose._arithmetic.complex_numbers import times
from superpose._arithmetic.matrices import determinant, inverse, matmul
from superpose._jobs.blocks import Frames, over_blocks
from superpose._jobs.brightness import Compared, Noise, steadiness
from superpose._jobs.laid import Laid, seen
from superpose._jobs.passing import Passed, Shown
from superpose._jobs.running import Runner
from superpose._jobs.settings import LatentSettings
from superpose._jobs.waves import Canvas, Waves
from superpose._kernels.frames import PRODUCTS, faded_products
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
        How much contrast each frame has beside the mean.
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
class _Template:
    """What frames are compared with.

    Attributes
    ----------
    mean : ndarray
        Waves of the mean less a level.
    slopes : sequence of ndarray
        Waves of those of the log likelihood, along rows and along columns: the mean's over each pixel's noise.
    response : ndarray, shape (2, 2)
        How a frame's derivative changes with its shift, if it is as bright as the mean,
    covariance : ndarray, shape (2, 2)
        and how far noise takes the shift astray that is told by that.
    second, third : ndarray, shapes (2, 3) and (2, 4)
        What more of a frame's derivative there is for half the products, and sixths of the triple products, of how far
        it is off.
    """

    mean: Waves
    slopes: list[Waves]
    response: Floats
    covariance: Floats
    second: Floats
    third: Floats


def polish(
    frame: Frames,
    starts: Floats,
    canvas: Canvas,
    settings: LatentSettings,
    run: Runner,
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
    run : Runner
        Who does it.
    on_round : callable
        Is told the number of each round.
    """
    found, told = _polished(frame, starts, canvas, settings, run, on_round, weigh=True)
    # Asked in the end: of frames that do not lie on each other yet, all seem to change.
    if told < settings.tells:
        found, _ = _polished(frame, starts, canvas, settings, run, on_round, weigh=False)
    return found


def _polished(
    frame: Frames,
    starts: Floats,
    canvas: Canvas,
    settings: LatentSettings,
    run: Runner,
    on_round: Callable[[int], None],
    weigh: bool,
) -> tuple[Polished | None, float]:
    """Return the shifts of frames, and what part of the scene's slopes lies where its brightness stays."""
    count = len(starts)
    base = float(np.float32(frame(0).mean(dtype=float)))
    shifts, gains, offsets, done = starts - starts.mean(0), np.ones(count), np.zeros(count), 0
    template, moved, error, steady = None, np.inf, 0.0, None
    for done in range(1, settings.rounds + 1):
        on_round(done)
        laid = Laid.of(shifts, canvas)
        mean = _mean(frame, laid, gains, offsets, base, run)
        noise = _noise(mean, steady, frame, laid, shifts, gains, offsets, settings)
        # What noise of different frames has in common they would soon be laid on each other by: what stands out from
        # it is told again only where the mean was blurred.
        if moved > settings.blurred * error:
            passed = _passed(mean, noise, canvas, settings)
        if weigh and done > 1:
            beside = Compared.of(laid, mean.waves, mean.level, gains, offsets, noise, settings)
            steady = steadiness(frame, beside, settings, run)
        template = _template(mean, noise, passed, steady, base, canvas, settings)
        if template is None:
            return None, 1.0 if steady is None else 0.0
        bank = Bank.of(template, laid, steady)
        sums = np.concatenate(list(over_blocks(compared, frame, range(count), (laid, bank, base), run)))
        before = offsets
        steps, gains, offsets = _steps(template, laid, sums, base, settings)
        steps -= steps.mean(0)
        shifts = shifts + steps
        # All frames' average may wander as it likes: their mean moves along.
        error = float(np.sqrt(np.trace(template.covariance) / 2))
        moved = float(np.sqrt(np.square(steps).mean()))
        # What frames differ by in brightness they must not take for a part of the scene.
        usual = math.sqrt(max(noise.variance(np.array(mean.level)).item(), 0.0))
        settled = float(np.abs(offsets - before).max()) <= settings.level * usual
        if moved <= settings.enough * error and settled:
            break
    assert template is not None
    covariances = np.array([template.covariance / max(each, settings.darkest) for each in gains])
    told = 1.0 if steady is None else _told_by(steady, mean, passed, canvas)
    return Polished(shifts, covariances, gains, done), told


@dataclass(frozen=True, eq=False)
class Bank:
    """What frames of each part of a pixel are compared with: the mean less a level, and the likelihood's slopes."""

    images: dict[int, Pixels]

    @classmethod
    def of(cls, template: _Template, laid: Laid, steady: Pixels | None) -> Bank:
        """Return what there is for the parts that frames have, with how much places count if not all do alike."""
        turned = [laid.turned(each) for each in (template.mean, *template.slopes)]
        last = [] if steady is None else [steady]
        return cls({part: np.stack([*(each[part] for each in turned), *last]) for part in laid.parts})


def compared(frames: Frames, numbers: Sequence[int], context: tuple[Laid, Bank, float]) -> Floats:
    """Return the sums of `faded_products` of a block of frames and what they are compared with."""
    laid, bank, base = context
    rows, columns = laid.canvas.inner_fades
    out = np.empty((len(numbers), PRODUCTS))
    for into, k in zip(out, numbers, strict=True):
        others, (top, left) = bank.images[int(laid.part[k])], laid.whole[k].tolist()
        faded_products(frames(k), rows, columns, base, others, top, left, 0, len(rows), into)
    return out


def _steps(
    template: _Template, laid: Laid, sums: Floats, base: float, settings: LatentSettings
) -> tuple[Floats, Floats, Floats]:
    """Return by how much more than they do frames' shifts should move their content, their contrast and brightness.

    A frame is as many times the mean as it has contrast, and brighter than that by the last of these.
    """
    f, m, w, total = sums[:, 1:3], sums[:, 4:6], sums[:, 6:8], sums[:, 10]
    # Covariances with the mean of frames, times the sum of weights.
    common, own = (sums[:, 8 + k] - sums[:, 3] * sums[:, 3 * k] / total for k in (0, 1))
    gains = np.where(own > 0, common / np.where(own > 0, own, 1.0), 1.0)
    held = np.maximum(gains, settings.darkest)
    more = (sums[:, 0] - gains * sums[:, 3]) / total
    slopes = f - more[:, None] * w - gains[:, None] * m
    off = _off(template, slopes / held[:, None])
    longest = np.maximum(np.abs(off).max(1, keepdims=True), 1e-12)
    off *= np.minimum(1.0, settings.longest / longest)
    # They were compared where the average frame of their part lies, and lie further on than the canvas says.
    steps = laid.rest - off
    # Beside a mean that is so many times as bright: what is left where that has nothing.
    usual = float(held.mean())
    gains = held / usual
    return steps, gains, more + base * (1 - gains)


def _off(template: _Template, slopes: Floats) -> Floats:
    """Return how far frames are off, by the slopes of their log likelihoods."""
    back = inverse(template.response)
    linear = (back * slopes[:, None]).sum(2)
    off = linear
    for _ in range(_CORRECTIONS):
        y, x = off.T
        by_two = np.stack([y * y, 2 * y * x, x * x], 1) / 2
        by_three = np.stack([y * y * y, 3 * y * y * x, 3 * y * x * x, x * x * x], 1) / 6
        more = (template.second * by_two[:, None]).sum(2) + (template.third * by_three[:, None]).sum(2)
        off = (back * (slopes - more)[:, None]).sum(2)
    near = np.abs(linear).max(1, keepdims=True) <= _NEAR
    return np.asarray(np.where(near, off, linear))


# So many corrections of what a first step leaves out, for frames that it moves by no more than so many pixels.
_CORRECTIONS = 3
_NEAR = 0.35
# Where frames count by less than this part of what they do around it is not known what they show,
_HARDLY = 0.15
# and where they count by less than this part of all even when blurred there is nothing around.
_SOFTLY = 0.05


def _mean(frame: Frames, laid: Laid, gains: Floats, offsets: Floats, base: float, run: Runner) -> _Mean:
    """Return what frames show together where their shifts are undone."""
    canvas, count = laid.canvas, len(gains)
    total = canvas.image(laid.mean_waves(frame, base + offsets, run)).astype(float)
    there = seen(laid, gains)
    # What is left of the level where frames are brighter or darker than the mean.
    total += base * (seen(laid, np.ones(count)) - there)
    level = float(total.sum()) / float(there.sum())
    # Where hardly any frame lies it is as bright as around there, and as on average further out: an edge would ring
    # wherever it is turned by a part of a pixel.
    out, there = total - level * there, np.maximum(there, 0)
    soft, softly = (canvas.blurred(each, canvas.edge / 2) for each in (out, there))
    around = soft * softly / (softly * softly + (_SOFTLY * count) ** 2)
    little = _HARDLY * softly + _SOFTLY * _HARDLY * count
    image = (out * there + little * little * around) / (there * there + little * little)
    waves = laid.deblurred(canvas.waves_of(image))
    return _Mean(canvas.image(waves).astype(float) + level + base, there, waves, level + base)


def _told_by(steady: Pixels, mean: _Mean, passed: Passed, canvas: Canvas) -> float:
    """Return what part of the scene's slopes lies where its brightness stays."""
    slopes = [canvas.image(each) for each in _sloped(canvas.waves_of(passed.image(mean.waves, canvas)), canvas)]
    power = np.square(slopes[0]) + np.square(slopes[1])
    return float((steady * power).sum(dtype=float)) / max(float(power.sum(dtype=float)), 1e-300)


def _noise(
    mean: _Mean,
    steady: Pixels | None,
    frame: Frames,
    laid: Laid,
    shifts: Floats,
    gains: Floats,
    offsets: Floats,
    settings: LatentSettings,
) -> Noise:
    """Return how noisy frames are, by how some of them differ from the mean, over its intensities."""
    canvas, count = laid.canvas, len(shifts)
    every = max(1, count // settings.told_by)
    keys, values, squares = [], [], []
    (top, left), (rows, columns) = canvas.margin, canvas.frame
    down, right = (min(canvas.edge, n // 4) for n in canvas.frame)
    # A few rows will do; what a pixel's own noise has a part in must not decide where it counts.
    lines, inner = slice(down, rows - down, settings.lines), slice(right, columns - right)
    for k in range(0, count, every):
        there = canvas.image(canvas.moved(mean.waves, -shifts[k])) + np.float32(mean.level)
        there = there[top : top + rows, left : left + columns]
        seen_there = np.float32(gains[k]) * there[lines, inner]
        around = sum(np.roll(there, by, (0, 1))[lines, inner] for by in ((-1, 0), (1, 0), (0, -1), (0, 1)))
        keys.append(np.asarray(around).ravel())
        values.append(seen_there.ravel())
        left_over = frame(k)[lines, inner] - np.float32(offsets[k]) - seen_there
        squares.append(np.square(left_over.ravel(), dtype=float))
        if steady is not None:
            row, column = laid.whole[k].tolist()
            tells = (steady[row : row + rows, column : column + columns][lines, inner] == 1).ravel()
            if 2 * np.count_nonzero(tells) >= tells.size:
                keys[-1], values[-1], squares[-1] = keys[-1][tells], values[-1][tells], squares[-1][tells]
    key, value, square = np.concatenate(keys), np.concatenate(values).astype(float), np.concatenate(squares)
    # The frames are a part of the mean.
    square *= count / max(count - 1, 1)
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
    return Noise(floor, rise)


def _passed(mean: _Mean, noise: Noise, canvas: Canvas, settings: LatentSettings) -> Passed:
    """Return what part of the mean stands out from its noise."""
    counts = np.minimum(mean.seen / max(float(mean.seen.max()), 1e-300), 1.0)
    return Passed.of(Shown(mean.image - mean.level, mean.waves, counts, _left(mean, noise, settings)), canvas, settings)


def _left(mean: _Mean, noise: Noise, settings: LatentSettings) -> Floats:
    """Return the variance that noise has left of each pixel of the mean."""
    usual = max(noise.variance(np.array(mean.level)).item(), 1e-300)
    spread = np.maximum(noise.variance(mean.image), settings.darkest * usual)
    return np.asarray(spread / np.maximum(mean.seen, 1.0))


def _template(
    mean: _Mean,
    noise: Noise,
    passed: Passed,
    steady: Pixels | None,
    base: float,
    canvas: Canvas,
    settings: LatentSettings,
) -> _Template | None:
    """Return what frames are compared with, None where nothing stands out from noise both ways."""
    level = mean.level
    usual = max(noise.variance(np.array(level)).item(), 1e-300)
    filtered = passed.image(mean.waves, canvas) + level
    variance, around = (
        np.maximum(noise.variance(each), settings.darkest * usual)
        for each in (filtered, canvas.blurred(filtered, settings.softened))
    )
    # The log likelihood of a pixel's shift has the slope of the mean over the variance. That is told from around: where
    # a frame's own noise made a pixel look dark it would count for more.
    slopes = [canvas.image(each) / around for each in _sloped(canvas.waves_of(filtered - level), canvas)]
    window = np.zeros(canvas.shape)
    (top, left), (height, width) = canvas.margin, canvas.frame
    window[top : top + height, left : left + width] = np.outer(*canvas.inner_fades)
    if steady is not None:
        # What a place's brightness does of itself is noise, too.
        window, variance = window * steady, variance / steady
    steep = [window * each for each in slopes]
    # What slopes of the mean have in common with these is the scene's, but for what noise has in common with itself.
    down, across = _sloped(mean.waves, canvas)
    by_two = [*_sloped(down, canvas), _sloped(across, canvas)[1]]
    by_three = [*_sloped(by_two[0], canvas), *(_sloped(each, canvas)[1] for each in by_two[1:])]
    response, second, third = (
        np.array([[float((image * each).sum()) for each in steep] for image in map(canvas.image, some)]).T
        for some in ((down, across), by_two, by_three)
    )
    by_one, by_three_of_noise = passed.slopes_of_noise(window * _left(mean, noise, settings) / around, canvas)
    stands_out = (np.diag(response - by_one) > settings.least * np.diag(response)).all()
    response, third = response - by_one, third - by_three_of_noise
    spread = np.array([[float((a * b * variance).sum()) for b in steep] for a in steep])
    if not stands_out or not determinant(response) > 1e-9 * spread[0, 0] * spread[1, 1] > 0:
        return None
    back = inverse(response)
    covariance = matmul(back, spread, back.T)
    weights = [canvas.waves_of(each) for each in slopes]
    return _Template(canvas.waves_of(mean.image - base), weights, response, covariance, second, third)


def _sloped(waves: Waves, canvas: Canvas) -> list[Waves]:
    """Return the waves of the slopes of the image that waves make, along rows and along columns."""
    rows, columns = canvas.frequencies
    return [times(waves, np.asarray(1j * each, np.complex64)) for each in (rows[:, None], columns)]
