"""Links between frames that are merely shifted: correlations of small copies of them, for all shifts at once.

Frequencies count by how much of them is scene, and all scenes' alike: so a peak is sharp, and what wrong shifts score
scatters as noise does. A link is one where the peak stands out from these.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from superpose._arithmetic.complex_numbers import squared_size, times
from superpose._arithmetic.elementary import log
from superpose._jobs.blocks import Frames, over_blocks
from superpose._jobs.network import Link
from superpose._jobs.running import Runner
from superpose._jobs.settings import NeighbourSettings
from superpose._jobs.waves import Canvas, Waves
from superpose._kernels.frames import HIGHEST, highest_score
from superpose.image import Pixels
from superpose.transforms.geometry import about

Floats = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class Peak:
    """Where one frame fits another best, in pixels of the frames, and how clearly.

    Attributes
    ----------
    shift : ndarray, shape (2,)
        By how much more its content is moved.
    covariance : ndarray, shape (2, 2)
        Of that, if it is right.
    significance : float
        By how many standard deviations it exceeds the highest score expected of as many wrong shifts.
    overlap : float
        The part of a frame that overlaps.
    second : float
        How high the highest one elsewhere is beside it; 0 where nobody asked.
    """

    shift: Floats
    covariance: Floats
    significance: float
    overlap: float
    second: float = 0.0

    @property
    def pose(self) -> Floats:
        """The shift as a matrix."""
        return about(np.eye(2), self.shift, np.zeros(2))


class Neighbours:
    """Small copies of frames, and what any two of them have in common."""

    def __init__(
        self,
        frames: Frames,
        shape: tuple[int, int],
        samples: Sequence[int],
        settings: NeighbourSettings,
    ) -> None:
        self.settings = settings
        self._made: dict[int, Waves] = {}
        self.factor = max(1, 2 ** round(math.log2(max(max(shape) / settings.side, 1))))
        while self.factor > 1 and min(shape) // self.factor < settings.least_side:
            self.factor //= 2
        small = shape[0] // self.factor, shape[1] // self.factor
        self.canvas = Canvas(small, (-(-small[0] * 3 // 8), -(-small[1] * 3 // 8)), max(2, min(small) // 12))
        self._weights = np.ones(1, np.float32)
        powers = np.mean([self.canvas.power(self._plain(frames(k))) for k in samples], axis=0)
        self._weights = self._filter(powers)
        own = squared_size(self.canvas.window_waves)
        self._common = self.canvas.image(own.astype(np.complex64)).astype(float)
        self._common /= self._common[0, 0]
        self._allowed = self._common >= settings.least_overlap
        factor = np.where(self._allowed, 1 / np.sqrt(np.maximum(self._common, settings.least_overlap)), 0)
        self._factor = factor.astype(np.float32)
        self._count = int(np.count_nonzero(self._allowed))
        self._room = settings.kept_bytes // max(self.canvas.window_waves.nbytes, 1)

    def __getstate__(self) -> dict[str, Any]:
        return self.__dict__ | {"_made": {}}

    def _plain(self, frame: Pixels) -> Waves:
        """Return a frame's waves, its mean taken off."""
        small = binned(frame, self.factor)
        window = self.canvas.window
        level = float((small * window).sum(dtype=float)) / float(window.sum(dtype=float))
        return self.canvas.waves(small - np.float32(level))

    def _filter(self, power: Floats) -> Pixels:
        """Return what waves are multiplied by: all rings of frequency then have as much power as they have scene."""
        inner = int(0.5 * min(self.canvas.shape))
        # Of one ring alone the power scatters.
        tail = np.sort(power[inner // 2 : inner])[: max(1, inner // 8)]
        floor = float(tail.mean())
        scene = np.maximum(1 - floor / np.maximum(power, 1e-300), self.settings.least_scene)
        weights = np.sqrt(scene / np.maximum(power, 1e-300))
        # What is as wide as the frames is what fades them out.
        widest = 2 * min(self.canvas.shape) // max(min(self.canvas.frame), 1)
        weights[: max(1, widest)] = 0
        weights[inner:] = 0
        return self.canvas.of_rings(weights)

    def waves(self, frames: Frames, number: int) -> Waves:
        """Return what is compared of a frame: kept where there is room, else made again."""
        found = self._made.get(number)
        if found is None:
            found = times(self._plain(frames(number)), self._weights.astype(np.complex64))
            if len(self._made) < self._room:
                self._made[number] = found
        return found

    def peak(self, first: Waves, second: Waves, elsewhere: bool = False) -> Peak:
        """Return where the second of two frames fits the first; if asked, how well elsewhere where that is clear."""
        return self.peak_of(self.scores(first, second), elsewhere)

    def scores(self, first: Waves, second: Waves) -> Pixels:
        """Return by shift how well the second of two frames fits the first."""
        # The shift by which the second's content is moved more is where its waves, moved back, meet the first's.
        return self.canvas.image(times(np.conj(first), second))

    def peak_of(self, scores: Pixels, elsewhere: bool) -> Peak:
        """Return where scores are highest; if asked, how high elsewhere where that is clear."""
        rows, columns = self.canvas.shape
        found = np.empty(HIGHEST)
        highest_score(scores, self._factor, found)
        row, column, here = int(found[0]), int(found[1]), float(found[2])
        around = _around((row, column), 3, scores.shape)
        allowed, near = self._allowed[around], scores[around].astype(float) * self._factor[around]
        others = self._count - int(np.count_nonzero(allowed))
        wrong = max(float(found[3]) - float(np.square(near).sum()), 0.0)
        spread = math.sqrt(wrong / others) if others else 0.0
        expected = math.sqrt(2 * log(float(max(others, 2))))
        significance = (here / spread - expected) if spread > 0 and here > 0 else -expected
        beyond, curved = _summit(np.asarray(near[2:5, 2:5], float), allowed[2:5, 2:5])
        at = np.array([row, column]) + beyond
        at = np.where(at > np.array([rows, columns]) / 2, at - [rows, columns], at)
        error = self.settings.read_off**2 + spread * spread / np.maximum(here * np.maximum(curved, 1e-12), 1e-300)
        overlap = float(self._common[row, column])
        covariance = np.diag(np.minimum(error, max(rows, columns) ** 2)) * self.factor**2
        told = elsewhere and here > 0 and significance >= self.settings.clear
        repeated = self.second(scores, (row, column))[0] / here if told else 0.0
        return Peak(at * self.factor, covariance, significance, overlap, repeated)

    def second(self, scores: Pixels, at: tuple[int, int]) -> tuple[float, tuple[int, int]]:
        """Return the highest score that is a peak of its own, and where it is."""
        found, reach = np.empty(HIGHEST), 3
        while reach < min(self.canvas.frame) // 3:
            around = _around(at, reach, scores.shape)
            there = scores[around]
            scores[around] = 0
            highest_score(scores, self._factor, found)
            scores[around] = there
            row, column = int(found[0]), int(found[1])
            beside = _around((row, column), 1, scores.shape)
            if float((scores[beside] * self._factor[beside]).max()) <= float(found[2]):
                return float(found[2]), (row, column)
            # The slope of the first one.
            reach *= 2
        return 0.0, at

    def hold(self, shifts: Floats) -> bool:
        """Whether frames so far from the middle lie on the canvas, and come in again on no other side."""
        return bool((np.abs(shifts).max(0) <= np.array(self.canvas.margin) * self.factor).all())

    def without(self, mean: Waves, waves: Waves, shift: Floats, count: int) -> Waves:
        """Return a mean of so many frames without one of them."""
        own = self.canvas.moved(waves, np.asarray(shift) / self.factor)
        return np.asarray((mean * np.float32(count) - own) / np.float32(max(count - 1, 1)), np.complex64)


def neighbour_links(
    near: Neighbours, frames: Frames, numbers: Sequence[int], run: Runner
) -> Iterator[tuple[int, int, Peak]]:
    """Yield for frames in their order what each has in common with those so many places before."""
    for found in over_blocks(linked_back, frames, range(len(numbers)), (near, tuple(numbers)), run):
        yield from found


def linked_back(
    frames: Frames, places: Sequence[int], context: tuple[Neighbours, tuple[int, ...]]
) -> list[tuple[int, int, Peak]]:
    """Return the links back of a block of frames, by places in the row of their numbers."""
    near, numbers = context
    found = []
    for at in places:
        for stride in near.settings.strides:
            if stride <= at:
                first, second = numbers[at - stride], numbers[at]
                peak = near.peak(near.waves(frames, first), near.waves(frames, second), elsewhere=True)
                found.append((first, second, peak))
    return found


def mean_of(near: Neighbours, frames: Frames, places: dict[int, Floats], run: Runner) -> Waves:
    """Return what is compared of the mean of frames whose shifts are undone."""
    total = np.zeros(near.canvas.window_waves.shape, np.complex64)
    for each in over_blocks(summed, frames, list(places), (near, places), run, total.nbytes):
        total += each
    return total / np.float32(max(len(places), 1))


def summed(frames: Frames, numbers: Sequence[int], context: tuple[Neighbours, dict[int, Floats]]) -> Waves:
    """Return the sum of what is compared of a block of frames whose shifts are undone."""
    near, places = context
    total = np.zeros(near.canvas.window_waves.shape, np.complex64)
    for number in numbers:
        near.canvas.add_moved(near.waves(frames, number), np.asarray(places[number]) / near.factor, total)
    return total


def against_others(
    frames: Frames, numbers: Sequence[int], context: tuple[Neighbours, Waves, dict[int, Floats]]
) -> list[Peak]:
    """Return where a block of frames fits the mean of those that have places, without itself."""
    near, mean, places = context
    found = []
    for number in numbers:
        # A frame is a part of that mean, and fits itself.
        waves, rest = near.waves(frames, number), mean
        if number in places:
            rest = near.without(mean, waves, places[number], len(places))
        found.append(near.peak(rest, waves))
    return found


def _around(at: tuple[int, int], reach: int, shape: tuple[int, ...]) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
    """Return rows and columns of what lies no further from a place, on a table that goes round."""
    line = np.arange(-reach, reach + 1)
    return ((at[0] + line) % shape[0])[:, None], (at[1] + line) % shape[1]


def _summit(near: Floats, allowed: NDArray[np.bool_]) -> tuple[Floats, Floats]:
    """Return the part of a pixel beyond the middle of nine scores where a parabola along each axis is highest.

    And how curved it is: minus the second difference.
    """
    beyond, curved = np.zeros(2), np.zeros(2)
    for axis, (line, known) in enumerate(((near[:, 1], allowed[:, 1]), (near[1], allowed[1]))):
        if known.all():
            low, here, high = line.tolist()
            curved[axis] = 2 * here - low - high
            if curved[axis] > 0:
                beyond[axis] = max(-0.5, min(0.5, 0.5 * (high - low) / curved[axis]))
    return beyond, curved


def as_link(first: int, second: int, peak: Peak) -> Link:
    """Return what a peak says of two frames as a link of a network."""
    return Link(first, second, peak.pose, peak.covariance)


def binned(frame: Pixels, factor: int) -> Pixels:
    """Return means of square blocks; what is left over at the end is left out."""
    if factor == 1:
        return frame
    rows, columns = (n // factor for n in frame.shape)
    # Sums of slices: NumPy's sums along short axes are slow.
    down = sum(frame[k : rows * factor : factor, : columns * factor] for k in range(factor))
    across = sum(np.asarray(down)[:, k::factor] for k in range(factor))
    return np.ascontiguousarray(across / np.float32(factor * factor), np.float32)
