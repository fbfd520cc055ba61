"""Every few rows of an image: enough to tell where its structure is, and how residuals scatter."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from superpose._arithmetic.matrices import matmul
from superpose._parallel import lazy
from superpose._sampling.level import PreparedLevel
from superpose.image import Mask, Pixels, Raster
from superpose.transforms.geometry import IndexMap

Floats = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class SampledRows:
    """About so many pixels of an image, in whole rows an odd stride apart."""

    image: Raster
    pixels: int

    @lazy
    def rows(self) -> range:
        """Which rows they are."""
        count, every = len(self.image.data), odd(self.image.data.size / self.pixels)
        return range(min(every // 2, count - 1), count, every)

    @property
    def values(self) -> Pixels:
        """What is there, missing pixels included."""
        return self.image.data[self.rows[0] :: self.rows.step]

    @property
    def mask(self) -> Mask:
        """Where it counts."""
        return self.image.trusted[self.rows[0] :: self.rows.step]

    @lazy
    def slopes(self) -> tuple[Pixels, Pixels]:
        """By row and by column; none next to a missing pixel, for the border of what is missing is no structure."""
        data, kept = self.image.data, self.image.mask
        middle = np.array(self.rows)
        above, below = np.maximum(middle - 1, 0), np.minimum(middle + 1, len(data) - 1)
        down = np.where(kept[above] & kept[below], data[below] - data[above], np.float32(0))
        here, usable = self.values, self.mask
        across = np.zeros_like(down)
        across[:, 1:-1] = np.where(usable[:, 2:] & usable[:, :-2], here[:, 2:] - here[:, :-2], np.float32(0))
        return down * np.float32(0.5), across * np.float32(0.5)

    @lazy
    def steepness(self) -> Pixels:
        """How steep the image is, whichever way."""
        down, across = self.slopes
        return np.asarray(np.sqrt(down * down + across * across))

    @lazy
    def steep(self) -> Mask:
        """Where there is structure: a slope steeper than the mean one."""
        return np.asarray(self.steepness > self.steepness.mean(dtype=float))

    @lazy
    def slope_of_structure(self) -> float:
        """The root mean square slope where there is structure, 0 where there is none."""
        steep = self.steepness[self.steep]
        return float(np.sqrt(np.square(steep, dtype=float).mean())) if len(steep) else 0.0

    def under(self, moving: PreparedLevel, pose: IndexMap, cubic: bool) -> tuple[Pixels, Mask]:
        """Return moving at these pixels, and where both count."""
        from superpose._kernels.sampled import sampled_rows
        from superpose._kernels.warp import warp_linear

        rows, matrix = self.rows, np.ascontiguousarray(pose)
        shape = (len(rows), self.image.data.shape[1])
        warped = np.empty(shape, np.float32)
        if cubic:
            weight = np.empty(shape, np.float32)
            sampled_rows(moving.cubic, moving.trusted, matrix, rows[0], rows.step, warped, weight)
            use = weight > 0
        else:
            strided = matmul(matrix, np.array([[rows.step, 0, rows[0]], [0, 1, 0], [0, 0, 1.0]]))
            use, image = np.empty(shape, bool), moving.image
            warp_linear(image.data[None], image.trusted, moving.alike, strided, warped[None], use, 0, len(rows))
        return warped, use & self.mask


def odd(ratio: float) -> int:
    """Return an odd stride, at which fractions of pixels vary."""
    return 2 * int(ratio / 2) + 1
