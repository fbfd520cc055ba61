"""What evidence is made of: both images' directions of edges on fixed's pixels, under one pose."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from superpose._sampling.level import PreparedLevel, prepare_levels
from superpose._sampling.level_pair import LevelPair
from superpose._sampling.pyramid import LEAST_LEVEL_SIDE, halved
from superpose._sampling.warp import Source, warp
from superpose.image import Mask, Pixels
from superpose.transforms.geometry import PhysicalMap, nearest_turn

Floats = NDArray[np.float64]
Waves = NDArray[np.complex64]

# The channels are directions modulo half a turn, which do not know the side of an edge that is the brighter one, and
# modulo a whole turn, which do, and stand out of noise more clearly where the images are of one modality. So often does
# each turn when the image does once.
FOLDS = (2, 1)


@dataclass(frozen=True, eq=False)
class Fields:
    """Directions of edges, (channels, rows, columns) complex, of fixed and of moving pulled onto its pixels.

    Both are 0 where `both`, which says where fixed and moving count, is False.
    """

    fixed: Waves
    moving: Waves
    both: Mask


@dataclass(frozen=True, eq=False)
class _Parts:
    """One level's directions of edges, ready to be sampled: real and imaginary part of each channel."""

    parts: tuple[Pixels, ...]
    mask: Mask

    @property
    def waves(self) -> Waves:
        """The channels as complex numbers."""
        return _waves(self.parts)


class Views:
    """Both images' pyramids, from which any pose's fields can be had on a level of fixed.

    Parameters
    ----------
    fixed, moving : list of PreparedLevel
        Finest first; coarser levels are added as they are asked for.
    threads : int
        The result does not depend on it.
    """

    def __init__(self, fixed: list[PreparedLevel], moving: list[PreparedLevel], threads: int) -> None:
        self.fixed, self.moving, self.threads = list(fixed), list(moving), threads
        self._known: dict[PreparedLevel, _Parts] = {}

    def level_with(self, side: float) -> int:
        """Return the finest level of fixed whose sides (their geometric mean) are at most `side`."""
        k = 0
        while np.sqrt(np.prod(self.fixed[k].shape)) > side and _has(self.fixed, k + 1):
            k += 1
        return k

    def pair(self, pose: PhysicalMap, level: int) -> LevelPair:
        """Return a level of fixed, and the level of moving whose pixels are about as large under a pose."""
        larger = 0.5 * np.log2(max(abs(float(np.linalg.det(pose[:2, :2]))), 1e-9))
        wanted = max(level + round(larger), 0)
        while not _has(self.moving, wanted):
            wanted -= 1
        return LevelPair(self.fixed[level], self.moving[wanted])

    def under(self, pose: PhysicalMap, level: int, channels: tuple[int, ...] = (0, 1)) -> Fields:
        """Return the fields on a level of fixed, under a pose."""
        pair = self.pair(pose, level)
        index, shape = pair.to_index(pose), pair.fixed.shape
        mine, other = self._parts(pair.fixed), self._parts(pair.moving)
        sampled, both = [], mine.mask
        for channel in channels:
            for part in other.parts[2 * channel : 2 * channel + 2]:
                values, there = warp(Source(part, other.mask, 1), index, shape, self.threads)
                sampled.append(values)
                both = both & there
        back = _turned_back(index, shape)
        factors = np.stack([back ** FOLDS[channel] for channel in channels]).astype(np.complex64)
        factors = factors.reshape(len(channels), *(back.shape or (1, 1)))
        return Fields(mine.waves[list(channels)] * both, _waves(tuple(sampled)) * (factors * both), both)

    def _parts(self, level: PreparedLevel) -> _Parts:
        if level not in self._known:
            kinds = level.field, level.signed
            parts = tuple(part for field in kinds for part in field.parts)
            self._known[level] = _Parts(parts, kinds[0].usable & kinds[1].usable)
        return self._known[level]


def _has(levels: list[PreparedLevel], wanted: int) -> bool:
    """Return whether there is such a level, once those that can be added are."""
    while len(levels) <= wanted and min(levels[-1].shape) >= 2 * LEAST_LEVEL_SIDE:
        images = [each.image for each in levels] + [halved(levels[-1].image, levels[-1].threads)]
        levels.append(prepare_levels(images, levels[-1].threads)[-1])
    return len(levels) > wanted


def _waves(parts: tuple[Pixels, ...]) -> Waves:
    out = np.empty((len(parts) // 2, *parts[0].shape), np.complex64)
    out.real, out.imag = parts[::2], parts[1::2]
    return out


def _turned_back(matrix: Floats, shape: tuple[int, int]) -> NDArray[np.complexfloating]:
    """Return by what moving's directions are multiplied to be seen in fixed, at each pixel where the pose bends."""
    if not matrix[2, :2].any():
        return np.asarray(np.exp(-1j * nearest_turn(matrix[:2, :2])[0]))
    rows, columns = np.ogrid[: shape[0], : shape[1]]
    at = [row[0] * rows + row[1] * columns + row[2] for row in matrix]
    # The derivative of a projection, up to a positive factor.
    linear = [[at[2] * matrix[i, j] - at[i] * matrix[2, j] for j in (0, 1)] for i in (0, 1)]
    turn = linear[0][0] + linear[1][1] + 1j * (linear[1][0] - linear[0][1])
    return np.asarray(np.conj(turn) / np.maximum(np.abs(turn), 1e-30))
