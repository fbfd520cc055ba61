"""Frames of one shape as waves on a common canvas: shifts by parts of pixels are exact there, and nothing wraps."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from superpose._arithmetic.complex_numbers import squared_size
from superpose._arithmetic.elementary import cos, gaussian, hanning, sin
from superpose._kernels.frames import add_turned, powers
from superpose._parallel import lazy
from superpose.image import Pixels

Floats = NDArray[np.float64]
Waves = NDArray[np.complex64]
# Along rows and along columns.
Ramp = tuple[NDArray[np.complex64], NDArray[np.complex64]]


# So many pixels further in.
_INSIDE = 3


@dataclass(frozen=True, eq=False)
class Canvas:
    """Where frames of one shape lie, with a margin around them in which they may move.

    A frame fades out over `edge` pixels: what a border cuts off would ring across the canvas.
    """

    frame: tuple[int, int]
    margin: tuple[int, int]
    edge: int

    @lazy
    def shape(self) -> tuple[int, int]:
        """Rows and columns of the canvas."""
        from scipy import fft

        rows, columns = (
            int(fft.next_fast_len(n + 2 * m, real=True)) for n, m in zip(self.frame, self.margin, strict=True)
        )
        return rows, columns

    @lazy
    def window(self) -> Pixels:
        """How much a frame's pixels count."""
        return np.outer(*self.fades)

    @lazy
    def fades(self) -> tuple[Pixels, Pixels]:
        """How much a frame's rows and columns count."""
        rows, columns = (_fade(n, min(self.edge, n // 4)).astype(np.float32) for n in self.frame)
        return rows, columns

    @lazy
    def inner_fades(self) -> tuple[Pixels, Pixels]:
        """The same further in, where it is known what the mean of faded frames shows."""
        rows, columns = (_fade(n, min(self.edge, n // 4), min(_INSIDE, n // 8)).astype(np.float32) for n in self.frame)
        return rows, columns

    @lazy
    def window_waves(self) -> Waves:
        """The waves of the window itself."""
        return self.waves(np.ones(self.frame, np.float32))

    def placed(self, frame: Pixels) -> Pixels:
        """Return the canvas with a frame on it, faded out."""
        out = np.zeros(self.shape, np.float32)
        (top, left), (rows, columns) = self.margin, self.frame
        np.multiply(frame, self.window, out=out[top : top + rows, left : left + columns])
        return out

    def waves(self, frame: Pixels) -> Waves:
        """Return a frame's waves."""
        return self.waves_of(self.placed(frame))

    def waves_of(self, image: NDArray[np.floating]) -> Waves:
        """Return the waves of an image that fills the canvas."""
        from scipy import fft

        return np.asarray(fft.rfft2(np.asarray(image, np.float32), workers=1))

    def image(self, waves: Waves) -> Pixels:
        """Return the image that waves make."""
        from scipy import fft

        return np.asarray(fft.irfft2(np.asarray(waves, np.complex64), self.shape, workers=1), np.float32)

    def blurred(self, image: NDArray[np.floating], width: float) -> Floats:
        """Return an image blurred by a Gaussian of so many pixels."""
        rows, columns = (gaussian(each, 1 / max(width, 0.5)).astype(np.float32) for each in self.frequencies)
        return self.image(self.waves_of(image) * rows[:, None] * columns).astype(float)

    @lazy
    def frequencies(self) -> tuple[Floats, Floats]:
        """Of rows and of columns, in radians a pixel; 0 for the highest one, of which a sign is not known."""
        rows, columns = self.shape
        along = np.fft.fftfreq(rows) * (2 * np.pi), np.fft.rfftfreq(columns) * (2 * np.pi)
        for each, n in zip(along, self.shape, strict=True):
            if n % 2 == 0:
                each[n // 2] = 0.0
        return np.asarray(along[0], float), np.asarray(along[1], float)

    @lazy
    def rings(self) -> NDArray[np.intp]:
        """Which ring of frequency each wave belongs to, each as wide as one wave along the shorter side."""
        return np.asarray(self._radius.astype(np.intp))

    @lazy
    def _radius(self) -> Floats:
        rows, columns = self.shape
        along, across = np.fft.fftfreq(rows), np.fft.rfftfreq(columns)
        return np.sqrt(np.add.outer(along * along, across * across)) * min(self.shape)

    def ring_means(self, power: NDArray[np.floating]) -> Floats:
        """Return means over rings."""
        members = np.bincount(self.rings.ravel())
        return np.asarray(np.bincount(self.rings.ravel(), power.ravel()) / np.maximum(members, 1))

    def of_rings(self, values: Floats) -> Pixels:
        """Return values of rings as values of waves, without steps."""
        return np.interp(self._radius, np.arange(len(values)) + 0.5, values).astype(np.float32)

    def power(self, waves: Waves) -> Floats:
        """Return the mean power of waves by rings."""
        return self.ring_means(squared_size(waves))

    def ramp(self, shift: Floats) -> Ramp:
        """Return what waves are multiplied by to show at each point what was `shift` further on."""
        rows, columns = self.shape
        along = _powers(2 * math.pi * float(shift[0]) / rows, rows // 2 + 1)
        signed = np.concatenate([along[: (rows + 1) // 2], np.conj(along[rows // 2 : 0 : -1])])
        return signed, _powers(2 * math.pi * float(shift[1]) / columns, columns // 2 + 1)

    def moved(self, waves: Waves, shift: Floats) -> Waves:
        """Return the waves of an image that shows at each point what was `shift` further on."""
        total = np.zeros(waves.shape, np.complex64)
        self.add_moved(waves, shift, total)
        return total

    def add_moved(self, waves: Waves, shift: Floats, total: Waves) -> None:
        """Add the waves of an image that shows at each point what was `shift` further on."""
        parts, rows, columns = (_parts(np.ascontiguousarray(each, np.complex64)) for each in (waves, *self.ramp(shift)))
        add_turned(parts, rows, columns, _parts(total))


def _parts(numbers: Waves) -> Pixels:
    """Return complex numbers as real ones, two each."""
    return numbers.view(np.float32).reshape(*numbers.shape, 2)


def _powers(angle: float, count: int) -> NDArray[np.complex64]:
    """Return what turns by an angle, twice the angle and so on do, from no turn on."""
    out = np.empty((count, 2), np.float32)
    powers(cos(angle), sin(angle), out)
    return out.view(np.complex64)[:, 0]


def _fade(count: int, side: int, outside: int = 0) -> Floats:
    """Return weights that rise from 0 before the first of so many pixels, and fall to 0 after the last.

    Those `outside` at either end are 0.
    """
    rise, nothing = hanning(2 * side + 3)[1 : side + 1], np.zeros(outside)
    return np.concatenate([nothing, rise, np.ones(count - 2 * (side + outside)), rise[::-1], nothing])
