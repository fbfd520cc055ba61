"""Frames laid on a canvas as they are, pixel on pixel: what whole pixels leave of a shift is told in a few steps.

Frames that lie by about the same part of a pixel between those of the canvas are added up on one image, and compared
with one image: each of these is turned by its part, exactly, instead of the frames. What is left, an eighth of a pixel
at most, blurs the mean by as much as is known and made good, and is a part of each frame's next step.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from superpose._arithmetic.complex_numbers import times
from superpose._jobs.blocks import Frames, over_blocks
from superpose._jobs.running import Runner
from superpose._jobs.waves import Canvas, Waves
from superpose._kernels.frames import add_faded
from superpose.image import Pixels

Floats = NDArray[np.float64]

# A pixel has so many parts along either axis.
PARTS = 4


@dataclass(frozen=True, eq=False)
class Laid:
    """Where frames lie on a canvas.

    Attributes
    ----------
    whole : ndarray of int, shape (frames, 2)
        Each frame's first pixel there.
    part : ndarray of int, shape (frames,)
        Which image each frame belongs to.
    parts : dict of int to ndarray
        By how much further than whole pixels the frames of each image lie, on average.
    rest : ndarray, shape (frames, 2)
        By how much further than that each lies.
    """

    canvas: Canvas
    whole: NDArray[np.intp]
    part: NDArray[np.intp]
    parts: dict[int, Floats]
    rest: Floats

    @classmethod
    def of(cls, shifts: Floats, canvas: Canvas) -> Laid:
        """Return where frames lie whose content is moved by `shifts`."""
        places = np.array(canvas.margin) - shifts
        steps = np.rint(places * PARTS).astype(np.intp)
        whole = np.floor_divide(steps + PARTS // 2, PARTS)
        part = (steps - whole * PARTS + PARTS // 2) @ np.array([PARTS, 1])
        beyond = places - whole
        parts = {int(each): beyond[part == each].mean(0) for each in np.unique(part)}
        rest = beyond - np.array([parts[each] for each in part.tolist()])
        return cls(canvas, whole, part, parts, rest)

    def mean_waves(self, frames: Frames, levels: Floats, run: Runner) -> Waves:
        """Return the waves of the sum of all frames less a level each, faded out, their shifts undone."""
        total = np.zeros(self.canvas.window_waves.shape, complex)
        octets = 8 * total.size
        # Those of a part together: each block has one transform for each part that it has any of.
        numbers = np.argsort(self.part, kind="stable").tolist()
        for each in over_blocks(added, frames, numbers, (self, levels), run, octets):
            total += each
        return total

    def deblurred(self, waves: Waves) -> Waves:
        """Return waves without the blur by what is left of the shifts."""
        (rows, columns), (down, across) = self.canvas.frequencies, np.square(self.rest).mean(0).tolist()
        factor = 1 + (down * np.square(rows)[:, None] + across * np.square(columns)) / 2
        return times(waves, factor.astype(np.complex64))

    def turned(self, waves: Waves) -> dict[int, Pixels]:
        """Return the image that waves make as the frames of each part see it."""
        return {part: self.canvas.image(self.canvas.moved(waves, by)) for part, by in self.parts.items()}


def added(frames: Frames, numbers: Sequence[int], context: tuple[Laid, Floats]) -> Waves:
    """Return the waves of the sum of a block of frames, less a level each, faded out, their shifts undone."""
    laid, levels = context
    canvas = laid.canvas
    rows, columns = canvas.fades
    total = np.zeros(canvas.window_waves.shape, np.complex64)
    for part in sorted({int(laid.part[k]) for k in numbers}):
        image = np.zeros(canvas.shape, np.float32)
        for k in numbers:
            if laid.part[k] == part:
                top, left = laid.whole[k].tolist()
                add_faded(frames(k), rows, columns, float(levels[k]), top, left, image)
        canvas.add_moved(canvas.waves_of(image), -laid.parts[part], total)
    return total


def seen(laid: Laid, gains: Floats) -> Floats:
    """Return how much of frames there is at each pixel of the canvas, each as much as its brightness."""
    canvas = laid.canvas
    places = laid.whole - np.array(canvas.margin) + laid.rest + np.array([laid.parts[k] for k in laid.part.tolist()])
    points = np.zeros(canvas.shape)
    (rows, down), (columns, across) = (nearest(each, n) for each, n in zip(places.T, canvas.shape, strict=True))
    weights = gains[:, None, None] * down[:, :, None] * across[:, None]
    np.add.at(points, (rows[:, :, None], columns[:, None]), weights)
    return canvas.image(times(canvas.window_waves, canvas.waves_of(points))).astype(float)


def nearest(places: Floats, count: int) -> tuple[NDArray[np.intp], Floats]:
    """Return the four entries of a table that goes round about each place, and their weights: a cubic's."""
    first = np.floor(places).astype(np.intp)
    x = places - first
    weights = [-x * (x - 1) * (x - 2) / 6, (x + 1) * (x - 1) * (x - 2) / 2, -(x + 1) * x * (x - 2) / 2]
    return (first[:, None] + np.arange(-1, 3)) % count, np.stack([*weights, (x + 1) * x * (x - 1) / 6], 1)
