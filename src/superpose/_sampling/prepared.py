"""One level of one image, with everything kernels sample from made once, when first asked for."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from superpose._sampling.filters import SPLINE_TAPS, filtered, padded
from superpose._sampling.warp import filled_from_nearest
from superpose.image import Image, Pixels

Floats = NDArray[np.float64]

# Edges much weaker than the image's average gradient count for little.
DAMPING = 1.0
# An overlap with less than this part of an image's mean energy is flat there.
FLAT = 0.7


@dataclass(frozen=True, eq=False)
class Field:
    """Doubled directions of an image's gradient, (rows + 3, columns + 3, 2), and where they count."""

    padded: Pixels
    usable: Pixels

    @cached_property
    def energy(self) -> float:
        """Mean squared length of what is usable."""
        return float((self.padded.astype(np.float64) ** 2).sum() / max(float(self.usable.sum()), 1.0))


@dataclass(frozen=True, eq=False)
class Prepared:
    """An image ready for the engine's kernels.

    Arrays called padded have one more pixel before and two more after along each axis, mirrored.
    """

    image: Image
    threads: int
    # Its pixels with something plausible where they are missing, where that is known already.
    whole: Pixels | None = None

    @property
    def shape(self) -> tuple[int, int]:
        """Rows and columns."""
        rows, columns = self.image.grid.shape
        return rows, columns

    @cached_property
    def kept(self) -> Pixels:
        """1.0 where a pixel counts."""
        return self.image.mask.astype(np.float32)

    @cached_property
    def usable(self) -> Pixels:
        """1.0 where a pixel and its neighbours below, right and across count."""
        if self.image.complete:
            return self.kept
        mask = np.pad(self.image.mask, ((0, 1), (0, 1)), mode="edge")
        return (mask[:-1, :-1] & mask[1:, :-1] & mask[:-1, 1:] & mask[1:, 1:]).astype(np.float32)

    @cached_property
    def filled(self) -> Pixels:
        """The pixels, missing ones replaced by their nearest neighbours."""
        if self.whole is not None:
            return self.whole
        return self.image.data if self.image.complete else filled_from_nearest(self.image.data, self.image.mask)

    @cached_property
    def linear(self) -> Pixels:
        """The pixels, padded, for linear interpolation."""
        return padded(self.filled, 1, 2)

    @cached_property
    def cubic(self) -> Pixels:
        """Cubic B-spline coefficients, padded."""
        return filtered(self.filled, SPLINE_TAPS, self.threads, 1, 2)

    @cached_property
    def field(self) -> Field:
        """The contrast-blind orientation field."""
        from superpose._kernels.orientation2d import doubled, gradients

        by_row, by_column, usable = (np.empty(self.shape, np.float32) for _ in range(3))
        mean = gradients(self.image.data, self.image.mask, by_row, by_column, usable)
        rows, columns = self.shape
        field = np.empty((rows + 3, columns + 3, 2), np.float32)
        doubled(by_row, by_column, DAMPING * mean, field)
        return Field(field, usable)
