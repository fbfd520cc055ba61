"""What evidence is made of: both images' directions of edges on fixed's pixels, under one pose."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from superpose._sampling.prepared import DAMPING
from superpose._sampling.pyramid import LEAST_LEVEL_SIDE, halved
from superpose._sampling.warp import source, warp
from superpose.image import Image, Mask

Floats = NDArray[np.float64]
Waves = NDArray[np.complex64]

# An edge's direction modulo half a turn does not know which side is the brighter one; modulo a whole turn it does,
# and stands out of noise more clearly where the images are of one modality.
CHANNELS = ("blind", "signed")


@dataclass(frozen=True, eq=False)
class Fields:
    """Directions of edges, (channels, rows, columns) complex, of fixed and of moving pulled onto its pixels.

    Both are 0 where `both`, which says where fixed and moving count, is False.
    """

    fixed: Waves
    moving: Waves
    both: Mask


def directions(image: Image) -> tuple[Waves, Mask]:
    """Return an image's directions of edges, damped where it is flat, and where they are known."""
    from superpose._kernels.orientation2d import gradients

    by_row, by_column, usable = (np.empty(image.data.shape, np.float32) for _ in range(3))
    mean = gradients(image.data, image.mask, by_row, by_column, usable)
    slope = np.empty(image.data.shape, np.complex64)
    slope.real, slope.imag = by_row, by_column
    size = np.abs(slope)
    signed = slope / (size + np.float32(DAMPING * mean + 1e-30))
    doubled = signed * slope / (size + np.float32(1e-30))
    return np.stack([doubled, signed]), usable > 0


def level_with(levels: list[Image], side: float) -> int:
    """Return the finest level whose sides (their geometric mean) are at most `side`; levels are added as needed."""
    k = 0
    while np.sqrt(np.prod(levels[k].grid.shape)) > side and min(levels[k].grid.shape) >= 2 * LEAST_LEVEL_SIDE:
        if k + 1 == len(levels):
            levels.append(halved(levels[k]))
        k += 1
    return k


class Views:
    """Both images' pyramids, from which any pose's fields can be had on a level of fixed.

    Parameters
    ----------
    fixed, moving : list of Image
        Finest first; coarser levels are added as they are asked for.
    threads : int
        The result does not depend on it.
    """

    def __init__(self, fixed: list[Image], moving: list[Image], threads: int) -> None:
        self.fixed, self.moving, self.threads = fixed, moving, threads
        self._known: dict[int, tuple[Waves, Mask]] = {}

    def fixed_directions(self, level: int) -> tuple[Waves, Mask]:
        """Return fixed's own directions, made once a level."""
        if level not in self._known:
            self._known[level] = directions(self.fixed[level])
        return self._known[level]

    def under(self, matrix: Floats, level: int) -> Fields:
        """Return the fields on a level of fixed, under a matrix from fixed to moving physical coordinates."""
        still = self.fixed[level]
        # Moving's pixels should be as large as fixed's: where the pose magnifies, a coarser level of it has them.
        larger = 0.5 * np.log2(max(abs(float(np.linalg.det(matrix[:2, :2]))), 1e-9))
        wanted = max(level + round(larger), 0)
        while len(self.moving) <= wanted and min(self.moving[-1].grid.shape) >= 2 * LEAST_LEVEL_SIDE:
            self.moving.append(halved(self.moving[-1]))
        moved = self.moving[min(wanted, len(self.moving) - 1)]
        to_index = np.linalg.inv(moved.grid.index_to_physical) @ matrix @ still.grid.index_to_physical
        data, inside = warp(source(moved.data, moved.mask, 1), to_index, still.grid.shape, self.threads)
        other, there = directions(Image(np.where(inside, data, np.float32(0)), inside, still.grid))
        mine, here = self.fixed_directions(level)
        both = here & there
        return Fields(mine * both, other * both, both)
