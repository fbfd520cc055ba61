"""What the frames of a burst see of one finer image, as a linear map with its transpose."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from superpose._arithmetic.elementary import exp
from superpose._arithmetic.matrices import matmul
from superpose._jobs.super_settings import SuperSettings
from superpose._kernels.camera import add_seen_by, seen_through
from superpose._parallel import chunks_of, ordered_map
from superpose.image import Pixels

Floats = NDArray[np.float64]


def response_of(width: float, settings: SuperSettings) -> Pixels:
    """Return how well a pixel sees what lies how far from its middle: its own square, blurred by a Gaussian."""
    last = int(settings.steps * (0.5 + settings.reach * width))
    # The integral of the Gaussian by Simpson's rule, from far outside to each place.
    step = 1 / settings.steps
    places = np.arange(-last - settings.steps, last + settings.steps + 1) * step
    halves = np.append(places, places[-1] + step / 2)
    density = np.array([exp(-0.5 * (each / width) * (each / width)) for each in places.tolist()])
    between = np.array([exp(-0.5 * ((each + step / 2) / width) * ((each + step / 2) / width)) for each in halves])[:-1]
    parts = (density[:-1] + 4 * between[:-1] + density[1:]) / 6
    whole = np.append(0.0, np.cumsum(parts))
    whole /= whole[-1]
    middle, half = last + settings.steps, settings.steps // 2
    away = np.arange(last + 1)
    return np.asarray(whole[middle + away + half] - whole[middle + away - half], np.float32)


@dataclass(frozen=True, eq=False)
class Cameras:
    """What frames see of a finer image: of each pixel its own square, blurred, wherever the frame lies.

    Attributes
    ----------
    shape : tuple of int
        Of the finer image.
    frame_shape : tuple of int
        Of each frame.
    matrices : list of ndarray
        By frame: from the finer image's pixels to the frame's.
    response : ndarray of float32
        Of a pixel along an axis, by distance, `steps` to a pixel.
    steps : int
        See there.
    area : float
        Of one of the finer pixels, in the frame's: what a pixel sees of an even image is that image.
    threads : int
        The result does not depend on it.
    """

    shape: tuple[int, int]
    frame_shape: tuple[int, int]
    matrices: list[Floats]
    response: Pixels
    steps: int
    area: float
    threads: int

    @classmethod
    def of(
        cls,
        shape: tuple[int, int],
        frame_shape: tuple[int, int],
        to_frames: list[Floats],
        finer: Floats,
        blur: float,
        settings: SuperSettings,
        threads: int,
    ) -> Cameras:
        """Return it, of maps from the reference's pixels to frames', and one from the finer image's to the reference's.

        One of the finer pixels is taken for as wide as a Gaussian of its own variance.
        """
        side = float(finer[0, 0])
        width = math.sqrt(blur * blur + side * side / 12)
        matrices = [np.ascontiguousarray(matmul(each, finer)) for each in to_frames]
        response = response_of(width, settings)
        return cls(shape, frame_shape, matrices, response, settings.steps, side * side, threads)

    def __len__(self) -> int:
        return len(self.matrices)

    def seen(self, scene: Pixels) -> Pixels:
        """Return what frames see of images, shape (planes, rows, columns): shape (frames, planes, rows, columns)."""
        out = np.empty((len(self), len(scene), *self.frame_shape), np.float32)
        scene = np.ascontiguousarray(scene * np.float32(self.area))

        def see(k: int) -> None:
            seen_through(scene, self.matrices[k], self.response, self.steps, out[k])

        ordered_map(see, range(len(self)), self.threads)
        return out

    def gathered(self, frames: Pixels) -> Pixels:
        """Return what the transpose of `seen` makes of frames."""
        out, frames = np.zeros((frames.shape[1], *self.shape), np.float32), np.ascontiguousarray(frames)

        def gather(rows: tuple[int, int]) -> None:
            for k, matrix in enumerate(self.matrices):
                add_seen_by(frames[k], matrix, self.response, self.steps, *rows, out)

        ordered_map(gather, chunks_of(self.shape), self.threads)
        out *= np.float32(self.area)
        return out
