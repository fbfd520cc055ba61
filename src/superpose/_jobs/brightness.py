"""Where the brightness of a scene changes from frame to frame: that is not motion, and must not be taken for it.

Frames are compared with their mean in small squares, over which noise averages out and a change of brightness does not.
A place counts the less for shifts, the more it differs from the mean than noise explains.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from superpose._jobs.blocks import Frames, over_blocks
from superpose._jobs.laid import Laid
from superpose._jobs.neighbours import binned
from superpose._jobs.running import Runner
from superpose._jobs.settings import LatentSettings
from superpose._jobs.waves import Waves
from superpose._refine.robust import MEDIAN_OF_SQUARES
from superpose.image import Pixels

Floats = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class Noise:
    """A variance of `floor` + `rise` * intensity."""

    floor: float
    rise: float

    def variance(self, intensity: Floats) -> Floats:
        """Return that of pixels as bright as these."""
        return self.floor + self.rise * intensity


@dataclass(frozen=True, eq=False)
class Compared:
    """Frames beside their mean, in squares of the canvas.

    Attributes
    ----------
    squares : dict of int to ndarray
        The mean in squares, as the frames of each part of a pixel see it.
    gains, offsets : ndarray, shape (frames,)
        A frame is so many times the mean, and so much brighter.
    noise : Noise
        Of a pixel, whose variance is no less than `least`.
    misplaced : float
        So many pixels a frame may lie beside its place.
    """

    laid: Laid
    side: int
    squares: dict[int, Pixels]
    gains: Floats
    offsets: Floats
    noise: Noise
    least: float
    misplaced: float

    @classmethod
    def of(
        cls,
        laid: Laid,
        waves: Waves,
        level: float,
        gains: Floats,
        offsets: Floats,
        noise: Noise,
        settings: LatentSettings,
    ) -> Compared:
        """Return frames beside the mean that waves and a level make."""
        side = settings.square
        squares = {part: binned(each, side) + np.float32(level) for part, each in laid.turned(waves).items()}
        least = settings.darkest * max(noise.variance(np.array(level)).item(), 1e-300)
        return cls(laid, side, squares, gains, offsets, noise, least, settings.misplaced)


def steadiness(frames: Frames, beside: Compared, settings: LatentSettings, run: Runner) -> Pixels | None:
    """Return how much each pixel of the canvas counts, None where noise explains what all places do."""
    count, side = len(beside.gains), beside.side
    shape = next(iter(beside.squares.values())).shape
    total = np.zeros((2, *shape))
    for each in over_blocks(differing, frames, range(count), beside, run, total.nbytes):
        total += each
    squares, known = total
    # Frames are a part of their mean.
    times = squares * count / (max(count - 1, 1) * np.maximum(known, 1.0))
    chance = 1 + settings.by_chance * np.sqrt(2 / np.maximum(known - 1, 1.0))
    times = np.where((known > 1) & (times > chance), times, 1.0)
    if not (times > 1).any():
        return None
    # What changes there may reach a little further than is seen of it.
    wide = np.pad(times, 1, mode="edge")
    times = np.max([wide[y : y + shape[0], x : x + shape[1]] for y in range(3) for x in range(3)], axis=0)
    out = np.ones(beside.laid.canvas.shape, np.float32)
    weights = np.repeat(np.repeat(1 / times, side, 0), side, 1)
    out[: weights.shape[0], : weights.shape[1]] = weights
    return out


def differing(frames: Frames, numbers: Sequence[int], beside: Compared) -> Floats:
    """Return sums over a block of frames: squared differences from the mean by their variances, and how many."""
    canvas, side = beside.laid.canvas, beside.side
    edge = [min(canvas.edge, n // 4) for n in canvas.frame]
    out = np.zeros((2, *next(iter(beside.squares.values())).shape))
    for k in numbers:
        mean, places = beside.squares[int(beside.laid.part[k])], beside.laid.whole[k].tolist()
        # Whole squares of the canvas inside the frame.
        ends = [
            (-(-(at + by) // side), (at + n - by) // side) for at, n, by in zip(places, canvas.frame, edge, strict=True)
        ]
        if any(last - first < _LEAST for first, last in ends):
            continue
        where = tuple(slice(first, last) for first, last in ends)
        inside = tuple(slice(a * side - at, b * side - at) for (a, b), at in zip(ends, places, strict=True))
        shown, there = binned(frames(k)[inside], side).astype(float), mean[where].astype(float)
        out[0][where] += _differences(shown, there, _steep(there, side), beside, k)
        out[1][where] += 1
    return out


def _steep(mean: Floats, side: int) -> Floats:
    """Return how steep a mean in squares is, squared, by pixels."""
    down, across = np.gradient(mean, float(side))
    return np.asarray(down * down + across * across)


def _differences(shown: Floats, mean: Floats, steep: Floats, beside: Compared, number: int) -> Floats:
    """Return squared differences by their variances, where a frame is as bright beside the mean as most places say."""
    gain, offset = float(beside.gains[number]), float(beside.offsets[number])
    variance = np.maximum(beside.noise.variance(gain * mean), beside.least) / (beside.side * beside.side)
    # What a frame that is not quite in its place differs by is no brightness of its own.
    variance = variance + beside.misplaced * beside.misplaced * gain * gain * steep
    found = np.square(shown - offset - gain * mean) / variance
    for _ in range(_FITS):
        if float(found.mean()) < _FITS_WELL:
            break
        usual = max(1.0, float(np.median(found)) / MEDIAN_OF_SQUARES)
        weights = 1 / (variance * (1 + found / usual))
        total = float(weights.sum())
        x, y = (float((weights * each).sum()) / total for each in (mean, shown))
        spread = float((weights * np.square(mean - x)).sum())
        gain = float((weights * (mean - x) * (shown - y)).sum()) / spread if spread > 0 else gain
        offset = y - gain * x
        found = np.square(shown - offset - gain * mean) / variance
    return np.asarray(found)


# Of fewer squares along a side it is not told what most places say.
_LEAST = 4
# So often it is told anew which places say how bright a frame is, unless all do with no more than so many times what
# noise explains.
_FITS, _FITS_WELL = 4, 1.5
