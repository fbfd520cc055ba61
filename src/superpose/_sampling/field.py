"""Directions of an image's edges, whatever their contrast."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from superpose._parallel import Chunk, chunks_of, lazy, on_chunks, summed
from superpose.image import Mask, Pixels, Raster, Weights


@dataclass(frozen=True, eq=False)
class Field:
    """Directions of an image's gradient, (2, rows, columns), 0 where they do not count, and where they do.

    `weights` says how much they do, see `Raster`.
    """

    parts: Pixels
    usable: Mask
    weights: Weights | None = None

    @lazy
    def counts(self) -> Mask | Weights:
        """How much each direction counts, as kernels take it: whether it does, or in 255ths."""
        return self.usable if self.weights is None else np.where(self.usable, self.weights, np.uint8(0))

    @lazy
    def weighed(self) -> Field:
        """The same with directions the shorter the less they count, for scores that know no weights."""
        if self.weights is None:
            return self
        return Field(self.parts * (self.weights * np.float32(1 / 255)), self.usable)

    @lazy
    def padded(self) -> Pixels:
        """Both components side by side, (rows + 3, columns + 3, 2): 0 beyond the border."""
        from superpose._kernels.orientation import padded

        out = np.empty((self.parts.shape[1] + 3, self.parts.shape[2] + 3, 2), np.float32)
        padded(self.parts, out)
        return out

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


def direction_field(image: Raster, damping: float, threads: int = 1, signs: bool = False) -> Field:
    """Return directions modulo half a turn, the contrast-blind orientation field, or modulo a whole one.

    Parameters
    ----------
    image : Raster
        Of two dimensions.
    damping : float
        Edges much weaker than so many times the average gradient count for little.
    threads : int
        The result does not depend on it.
    signs : bool
        Whether the two sides of an edge are told apart.
    """
    rows = chunks_of(image.mask.shape)
    length, count = gradient_lengths_of(image, rows, threads)
    return directions_of(image, rows, damping * length / max(count, 1), threads, signs)


def gradient_lengths_of(image: Raster, rows: Sequence[Chunk], threads: int = 1) -> NDArray[np.float64]:
    """Return the sum of the gradient's lengths over chunks of rows, and how many pixels have one."""
    from superpose._kernels.orientation import gradient_lengths

    return summed(gradient_lengths, (image.data, image.mask), rows, (), (2,), threads)


def directions_of(image: Raster, rows: Sequence[Chunk], damping: float, threads: int = 1, signs: bool = False) -> Field:
    """Return an image's directions, damped by a gradient's length, on chunks of rows; on others there are none."""
    from superpose._kernels.orientation import directions

    shape = image.mask.shape
    parts, usable = np.zeros((2, *shape), np.float32), np.zeros(shape, bool)
    on_chunks(directions, (image.data, image.mask, damping, signs, parts, usable), rows, threads)
    return Field(parts, usable, image.weights)
