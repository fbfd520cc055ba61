"""Solve for the finer image that frames of a burst are views of, by regularised least squares."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from superpose._arithmetic.elementary import half_gaussian
from superpose._jobs.cameras import Cameras
from superpose._jobs.super_settings import SuperSettings
from superpose._refine.robust import NORMAL
from superpose._sampling.filters import filtered
from superpose.image import Mask, Pixels

Floats = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class Resolved:
    """A finer image, shape (planes, rows, columns), by how much frames' pixels count, and each frame's noise."""

    scene: Pixels
    weights: Pixels
    noise: Floats


def resolve(
    cameras: Cameras, frames: Pixels, counts: Pixels, suspects: Mask, least_noise: float, settings: SuperSettings
) -> Resolved:
    """Return the finer image of frames, shape (frames, planes, rows, columns).

    It minimises the squares of what is left of the frames, by their noise, and those of the image's slopes, which are
    asked to be no steeper than they turn out to be: first everywhere, then by parts. So nothing is set by hand. Of a
    frame what does not fit the others counts less.

    Parameters
    ----------
    cameras : Cameras
        What frames see of it.
    frames : ndarray of float32
        Their pixels; any finite number where they do not count.
    counts : ndarray of float32, shape (frames, rows, columns)
        1 where pixels count, 0 elsewhere.
    suspects : ndarray of bool, shape (rows, columns)
        Pixels that stand out of all frames: they do not count if it turns out that no scene explains them.
    least_noise : float
        No frame has less, one standard deviation.
    settings : SuperSettings
        How it is done.
    """
    planes = frames.shape[1]
    counts = counts * (cameras.seen(np.ones((1, *cameras.shape), np.float32))[:, 0] > settings.whole)
    # A plane of random signs is solved for beside the others: it tells how many of its numbers each frame loses to the
    # image, for what is left of a frame is less than its noise by these.
    signs = np.random.default_rng(settings.seed).integers(0, 2, (len(frames), 1, *frames.shape[2:]))
    observed = np.concatenate([frames, (2 * signs - 1).astype(np.float32)], 1)
    weights, noise = counts, np.full(len(frames), math.inf)
    scene = _mean(cameras, observed, weights)
    scene[-1] = 0
    smoothness = _smoothness(scene[:planes], False, settings)
    for number in range(settings.rounds):
        left = observed - cameras.seen(scene)
        noise = _noise(left, observed[:, planes], weights, least_noise)
        if number == settings.plain - 1 and suspects.any():
            counts = counts * ~_of_sensor(left[:, :planes], counts, suspects, least_noise, settings)
        if number >= settings.plain - 1:
            weights = counts * _fitting(cameras, left[:, :planes], counts, noise, settings)
        by_noise: Pixels = np.asarray(weights / np.square(noise, dtype=np.float32)[:, None, None], np.float32)
        asked = _Normal(cameras, by_noise[:, None], smoothness)
        steps = settings.steps_each if number else settings.steps_first
        scene = conjugate_gradients(asked, cameras.gathered(by_noise[:, None] * observed), scene, steps)
        smoothness = _smoothness(scene[:planes], number >= settings.plain - 1, settings)
    return Resolved(scene[:planes], weights, noise)


@dataclass(frozen=True, eq=False)
class _Normal:
    """The matrix of the normal equations, by frames' weights and by how smooth each pixel's surroundings are asked."""

    cameras: Cameras
    weights: Pixels
    smoothness: Pixels

    def __call__(self, scene: Pixels) -> Pixels:
        out = self.cameras.gathered(self.weights * self.cameras.seen(scene))
        down = (scene[:, 1:] - scene[:, :-1]) * self.smoothness[:-1]
        out[:, 1:] += down
        out[:, :-1] -= down
        right = (scene[:, :, 1:] - scene[:, :, :-1]) * self.smoothness[:, :-1]
        out[:, :, 1:] += right
        out[:, :, :-1] -= right
        return out


def conjugate_gradients(matrix: Callable[[Pixels], Pixels], right: Pixels, start: Pixels, steps: int) -> Pixels:
    """Return what a matrix takes to `right`, each plane by itself, after so many steps from `start`."""
    found = start.copy()
    left = right - matrix(found)
    along, squares = left.copy(), _squares(left)
    for _ in range(steps):
        turned = matrix(along)
        length = _ratio(squares, (along * turned).sum((1, 2), dtype=float))
        found += length * along
        left -= length * turned
        before, squares = squares, _squares(left)
        along = left + _ratio(squares, before) * along
    return found


def _squares(planes: Pixels) -> Floats:
    return np.asarray(np.square(planes).sum((1, 2), dtype=float))


def _ratio(above: Floats, below: Floats) -> Pixels:
    """Return it by plane, 0 where there is nothing more to do."""
    ratio = np.divide(above, below, out=np.zeros(len(above)), where=below > 0)
    return ratio.astype(np.float32)[:, None, None]


def _mean(cameras: Cameras, observed: Pixels, weights: Pixels) -> Pixels:
    """Return the mean of frames where they lie."""
    over = cameras.gathered(weights[:, None])
    total = cameras.gathered(weights[:, None] * observed)
    seen = over > 1e-3 * over.max()
    out = np.where(seen, total / np.where(seen, over, 1), total.sum((1, 2), keepdims=True) / max(over.sum(), 1e-30))
    return out.astype(np.float32)


def levelled(cameras: Cameras, frames: Pixels, counts: Pixels, settings: SuperSettings) -> Pixels:
    """Return frames of one burst as if all were exposed as the first is: each plane by a gain and an offset."""
    out = frames.copy()
    for _ in range(2):
        mean = cameras.seen(_mean(cameras, out, counts))
        lines = [
            [_line(usual, plane, count) for usual, plane in zip(*pair, strict=True)]
            for *pair, count in zip(mean, out, counts, strict=True)
        ]
        for frame, line in zip(out, lines, strict=True):
            for plane, (gain, level), (usual, base) in zip(frame, line, lines[0], strict=True):
                ratio = gain / usual if gain > 0 and usual > 0 else 1.0
                shift = level - ratio * base
                if abs(ratio - 1) > settings.exposed or abs(shift) > settings.exposed * float(plane.std()):
                    plane[:] = (plane - np.float32(shift)) / np.float32(ratio)
    return out


def _line(mean: Pixels, seen: Pixels, count: Pixels) -> tuple[float, float]:
    """Return by which gain and offset a plane follows from the mean, where it counts."""
    whole = max(float(count.sum(dtype=float)), 1.0)
    x, y = (float((count * each).sum(dtype=float)) / whole for each in (mean, seen))
    beyond = count * (mean - np.float32(x))
    square = float((beyond * mean).sum(dtype=float))
    gain = float((beyond * seen).sum(dtype=float)) / square if square > 0 else 1.0
    return gain, y - gain * x


def _of_sensor(left: Pixels, counts: Pixels, suspects: Mask, least: float, settings: SuperSettings) -> Mask:
    """Return which suspects are off alike in all frames, whatever moves past them: hot ones and dead ones."""
    count = counts.sum(0)
    mean = np.abs((counts[:, None] * left).sum((0, 1)) / np.maximum(count, 1))
    seen = mean[count > 0]
    usual = NORMAL * float(np.median(seen)) if seen.size else 0.0
    return np.asarray(suspects & (mean > settings.sensor * max(usual, least)))


def _noise(left: Pixels, signs: Pixels, weights: Pixels, least: float) -> Floats:
    """Return each frame's noise, one standard deviation, by what is left of it."""
    out = np.empty(len(left))
    for k, each in enumerate(left):
        whole = float(weights[k].sum(dtype=float))
        # The part of its own signs that the image takes up, counted over all pixels, is that of its numbers.
        lost = float((weights[k] * signs[k] * (signs[k] - each[-1])).sum(dtype=float))
        kept = whole - min(max(lost, 0.0), 0.9 * whole)
        square = float((weights[k] * np.square(each[:-1]).mean(0)).sum(dtype=float)) / max(kept, 1e-30)
        out[k] = max(math.sqrt(square), least)
    return out


def _fitting(cameras: Cameras, left: Pixels, counts: Pixels, noise: Floats, settings: SuperSettings) -> Pixels:
    """Return by how much pixels count for what is left of them and of those beside.

    What is left of all frames at one place is detail that the image has not yet taken up; of one frame, what moved.
    """
    taps = half_gaussian(math.ceil(3 * settings.beside), settings.beside)
    squares = np.empty((len(left), 1, *left.shape[2:]), np.float32)
    for k, each in enumerate(left):
        squares[k, 0] = filtered(np.square(each).mean(0), taps, 1) / np.float32(noise[k] * noise[k])
    # Harmonic means: a single frame, however far it is off, hardly adds to that of the others.
    over, below = map(
        cameras.gathered, (counts[:, None], np.asarray(counts[:, None] / np.maximum(squares, 1), np.float32))
    )
    usual = np.divide(over, below, out=np.ones_like(over), where=below > 1e-3 * over.max())
    fits = np.minimum(1, np.float32(settings.fits) * np.maximum(cameras.seen(usual), 1) / np.maximum(squares, 1e-6))
    return np.asarray(np.square(fits[:, 0]), np.float32)


def _smoothness(scene: Pixels, by_parts: bool, settings: SuperSettings) -> Pixels:
    """Return how smooth each pixel's surroundings are asked to be: one over the mean square of slopes."""
    square = np.zeros(scene.shape[1:], np.float32)
    square[:-1] += np.square(scene[:, 1:] - scene[:, :-1]).mean(0)
    square[:, :-1] += np.square(scene[:, :, 1:] - scene[:, :, :-1]).mean(0)
    usual = max(float(square.mean(dtype=float)), 1e-30)
    if not by_parts:
        return np.full(square.shape, 1 / usual, np.float32)
    taps = half_gaussian(math.ceil(3 * settings.near), settings.near)
    out = 1 / (filtered(square, taps, 1) + np.float32(settings.least_slope * usual))
    return np.asarray(out * np.float32(square.size / float((out * square).sum(dtype=float))), np.float32)
