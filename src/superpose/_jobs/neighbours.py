"""Links between frames that are merely shifted: correlations of small copies of them, for all shifts at once.

Frequencies count by how much of them is scene, and all scenes' alike: so a peak is sharp, and what wrong shifts score
scatters as noise does. A link is one where the peak stands out from these.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from superpose._arithmetic.complex_numbers import squared_size, times
from superpose._arithmetic.elementary import log
from superpose._jobs.network import Link
from superpose._jobs.settings import NeighbourSettings
from superpose._jobs.waves import Canvas, Waves, highest
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
    """

    shift: Floats
    covariance: Floats
    significance: float
    overlap: float

    @property
    def pose(self) -> Floats:
        """The shift as a matrix."""
        return about(np.eye(2), self.shift, np.zeros(2))


class Neighbours:
    """Small copies of frames, and what any two of them have in common."""

    def __init__(
        self,
        frame: Callable[[int], Pixels],
        shape: tuple[int, int],
        samples: Sequence[int],
        settings: NeighbourSettings,
    ) -> None:
        self.frame, self.settings = frame, settings
        self.factor = max(1, 2 ** round(math.log2(max(max(shape) / settings.side, 1))))
        while self.factor > 1 and min(shape) // self.factor < settings.least_side:
            self.factor //= 2
        small = shape[0] // self.factor, shape[1] // self.factor
        self.canvas = Canvas(small, (-(-small[0] * 3 // 8), -(-small[1] * 3 // 8)), max(2, min(small) // 12))
        self._weights = np.ones(1, np.float32)
        powers = np.mean([self.canvas.power(self._plain(k)) for k in samples], axis=0)
        self._weights = self._filter(powers)
        own = squared_size(self.canvas.window_waves)
        self._common = self.canvas.image(own.astype(np.complex64)).astype(float)
        self._common /= self._common[0, 0]
        self._allowed = self._common >= settings.least_overlap
        self._factor = np.where(self._allowed, 1 / np.sqrt(np.maximum(self._common, settings.least_overlap)), 0)

    def _plain(self, number: int) -> Waves:
        """Return a frame's waves, its mean taken off."""
        small = _binned(self.frame(number), self.factor)
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

    def waves(self, number: int) -> Waves:
        """Return what is compared of a frame."""
        return times(self._plain(number), self._weights.astype(np.complex64))

    def peak(self, first: Waves, second: Waves) -> Peak:
        """Return where the second of two frames fits the first."""
        # The shift by which the second's content is moved more is where its waves, moved back, meet the first's.
        scores = self.canvas.image(times(np.conj(first), second)) * self._factor
        (row, column), beyond, curved = highest(np.where(self._allowed, scores, -np.inf))
        rows, columns = self.canvas.shape
        here = float(scores[row, column])
        around = np.ix_(*(np.arange(at - 3, at + 4) % n for at, n in ((row, rows), (column, columns))))
        others = self._allowed.copy()
        others[around] = False
        wrong = scores[others]
        spread = math.sqrt(float(np.square(wrong, dtype=float).mean())) if wrong.size else 0.0
        expected = math.sqrt(2 * log(float(max(wrong.size, 2))))
        significance = (here / spread - expected) if spread > 0 and here > 0 else -expected
        at = np.array([row, column]) + beyond
        at = np.where(at > np.array([rows, columns]) / 2, at - [rows, columns], at)
        error = self.settings.read_off**2 + spread * spread / np.maximum(here * np.maximum(curved, 1e-12), 1e-300)
        overlap = float(self._common[row, column])
        covariance = np.diag(np.minimum(error, max(rows, columns) ** 2)) * self.factor**2
        return Peak(at * self.factor, covariance, significance, overlap)

    def links(self, numbers: Sequence[int], strides: Sequence[int]) -> Iterator[tuple[int, int, Peak]]:
        """Yield for frames in their order what each has in common with those so many places before."""
        kept: dict[int, Waves] = {}
        for at, number in enumerate(numbers):
            kept[at] = self.waves(number)
            for stride in strides:
                if stride <= at:
                    yield numbers[at - stride], number, self.peak(kept[at - stride], kept[at])
            kept.pop(at - max(strides), None)

    def hold(self, shifts: Floats) -> bool:
        """Whether frames so far from the middle lie on the canvas, and come in again on no other side."""
        return bool((np.abs(shifts).max(0) <= np.array(self.canvas.margin) * self.factor).all())

    def mean(self, numbers: Sequence[int], shifts: Floats) -> Waves:
        """Return what is compared of the mean of frames whose shifts are undone."""
        total = np.zeros(self.canvas.window_waves.shape, np.complex64)
        for number, shift in zip(numbers, shifts, strict=True):
            total += self.canvas.moved(self.waves(number), np.asarray(shift) / self.factor)
        return total / np.float32(max(len(numbers), 1))

    def without(self, mean: Waves, waves: Waves, shift: Floats, count: int) -> Waves:
        """Return a mean of so many frames without one of them."""
        own = self.canvas.moved(waves, np.asarray(shift) / self.factor)
        return np.asarray((mean * np.float32(count) - own) / np.float32(max(count - 1, 1)), np.complex64)


def as_link(first: int, second: int, peak: Peak) -> Link:
    """Return what a peak says of two frames as a link of a network."""
    return Link(first, second, peak.pose, peak.covariance)


def _binned(frame: Pixels, factor: int) -> Pixels:
    """Return means of square blocks; what is left over at the end is left out."""
    if factor == 1:
        return frame
    rows, columns = (n // factor for n in frame.shape)
    blocks = frame[: rows * factor, : columns * factor].reshape(rows, factor, columns, factor)
    return np.ascontiguousarray(blocks.sum(3).sum(1) / np.float32(factor * factor), np.float32)
