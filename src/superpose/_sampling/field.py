"""Directions of an image's edges, whatever their contrast."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from superpose._parallel import Chunk, chunks_of, lazy, ordered_map
from superpose.image import Grid, Image, Mask, Pixels


@dataclass(frozen=True, eq=False)
class Field:
    """Directions of an image's gradient, (2, rows, columns), 0 where they do not count, and where they do."""

    parts: Pixels
    usable: Mask

    @lazy
    def padded(self) -> Pixels:
        """Both components side by side, (rows + 3, columns + 3, 2): 0 beyond the border."""
        _, rows, columns = self.parts.shape
        padded = np.zeros((rows + 3, columns + 3, 2), np.float32)
        for k, part in enumerate(self.parts):
            padded[1:-2, 1:-2, k] = part
        return padded

    @lazy
    def pixel_count(self) -> int:
        """How many pixels have a direction."""
        return int(np.count_nonzero(self.usable))

    @lazy
    def energy(self) -> float:
        """Mean squared length of what is usable."""
        rows = chunks_of(self.usable.shape)
        squares = sum(float(np.square(self.parts[:, a:b], dtype=np.float64).sum()) for a, b in rows)
        return squares / max(self.pixel_count, 1)


def direction_field(image: Image, damping: float, threads: int = 1) -> Field:
    """Return directions modulo half a turn, the contrast-blind orientation field.

    Edges much weaker than `damping` times the average gradient count for little.
    """
    shape = image.mask.shape
    parts, usable = np.empty((2, *shape), np.float32), np.empty(shape, bool)

    def length(band: Chunk) -> tuple[float, int]:
        _, there, mean = gradients_of(rows_beside(image, *band), 1.0)
        count = int(np.count_nonzero(there))
        return mean * count, count

    def fill(band: Chunk) -> None:
        # The gradient is taken again: an image's would take longer to be written to memory, and read.
        slopes, there, _ = gradients_of(rows_beside(image, *band), 1.0)
        inner = slice(band[0] > 0, (band[0] > 0) + band[1] - band[0])
        parts[:, slice(*band)] = np.moveaxis(doubled_directions(slopes, floor)[1:-2, 1:-2][inner], -1, 0)
        usable[slice(*band)] = there[inner]

    bands = chunks_of(shape)
    sums = ordered_map(length, bands, threads)
    floor = damping * sum(total for total, _ in sums) / max(sum(count for _, count in sums), 1)
    ordered_map(fill, bands, threads)
    return Field(parts, usable)


def rows_beside(image: Image, first: int, last: int) -> Image:
    """Return rows of an image, and one more on either side, whose gradient is not known."""
    band = slice(max(first - 1, 0), last + 1)
    return Image(image.data[band], image.mask[band], Grid(image.mask[band].shape))


def doubled_directions(slopes: Pixels, floor: float) -> Pixels:
    """Return the directions modulo half a turn of a gradient, damped where it is below `floor`, padded as a field's."""
    from superpose._kernels.orientation import doubled

    _, rows, columns = slopes.shape
    padded = np.empty((rows + 3, columns + 3, 2), np.float32)
    doubled(slopes[0], slopes[1], floor, padded)
    return padded


def signed_field(image: Image, damping: float) -> Field:
    """Return directions modulo a whole turn, damped as `direction_field`'s are."""
    slopes, usable, floor = gradients_of(image, damping)
    return Field(slopes * (1 / (np.sqrt((slopes * slopes).sum(0)) + np.float32(floor + 1e-30))), usable)


def gradients_of(image: Image, damping: float) -> tuple[Pixels, Mask, float]:
    """Return an image's gradient, (2, rows, columns), where it is known, and what damps it where it is weak."""
    from superpose._kernels.orientation import gradients

    slopes, usable = np.empty((2, *image.data.shape), np.float32), np.empty(image.data.shape, bool)
    return slopes, usable, damping * gradients(image.data, image.mask, slopes[0], slopes[1], usable)
