"""What evidence is made of: both images' directions of edges on fixed's pixels, under one pose."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import ClassVar

import numpy as np
from numpy.typing import NDArray

from superpose._arithmetic.complex_numbers import squared_size, times
from superpose._arithmetic.elementary import cos, log, sin
from superpose._parallel import lazy
from superpose._sampling.level import PreparedLevel, prepare_levels
from superpose._sampling.level_pair import LevelPair
from superpose._sampling.margins import present_area
from superpose._sampling.pyramid import can_halve, halved
from superpose._sampling.warp import Source, warp
from superpose.image import Mask, Pixels
from superpose.transforms.geometry import IndexMap, PhysicalMap, is_affine, nearest_turn, volume_ratio

Floats = NDArray[np.float64]
Waves = NDArray[np.complex64]


@dataclass(frozen=True, eq=False)
class Fields:
    """Directions of edges of fixed, and of moving pulled onto its pixels, as complex numbers.

    The channels are directions modulo half a turn, which do not depend on which side of an edge is the brighter one,
    and modulo a whole turn, which do, and stand out of noise more clearly where the images are of one modality.

    Attributes
    ----------
    fixed, moving : ndarray of complex64, shape (channels, rows, columns)
        0 where `both` is False.
    both : ndarray of bool, shape (rows, columns)
        Where fixed and moving count.
    """

    # How often each channel turns while the image turns once.
    folds: ClassVar[tuple[int, ...]] = (2, 1)

    fixed: Waves
    moving: Waves
    both: Mask


@dataclass(frozen=True, eq=False)
class _Channels:
    """One level's directions of edges, ready to be sampled: (channels, real or imaginary, rows, columns)."""

    parts: Pixels
    mask: Mask

    @lazy
    def waves(self) -> Waves:
        """The channels as complex numbers."""
        return _as_complex(self.parts)


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
        self._channels: dict[PreparedLevel, _Channels] = {}

    @classmethod
    def of_pairs(cls, pairs: list[LevelPair], threads: int) -> Views:
        """Return the views of what speaks where weights are not reckoned with."""
        return cls([each.fixed.of_trusted for each in pairs], [each.moving.of_trusted for each in pairs], threads)

    def level_with(self, side: float) -> int:
        """Return the finest level of fixed whose sides (their geometric mean) are at most `side`, margins left out.

        Where even the coarsest level that an image can have is larger, it is that one.
        """
        level, there = 0, self._present

        def size(shape: tuple[int, ...]) -> float:
            mean = math.sqrt(there * math.prod(shape))
            # Pixels at the border of a margin are there in part.
            return mean if there == 1 else math.floor(mean)

        while size(self.fixed[level].shape) > side and _coarsest(self.fixed, level + 1) > level:
            level += 1
        return level

    @lazy
    def _present(self) -> float:
        """Which part of fixed is left without its margins."""
        return present_area(self.fixed[0].image) / math.prod(self.fixed[0].shape)

    def pair(self, pose: PhysicalMap, level: int) -> LevelPair:
        """Return a level of fixed, and the level of moving whose pixels are about as large under a pose."""
        halvings = log(max(volume_ratio(pose), 1e-9)) / (log(2.0) * (len(pose) - 1))
        wanted = max(level + round(halvings), 0)
        return LevelPair(self.fixed[level], self.moving[_coarsest(self.moving, wanted)])

    def under(self, pose: PhysicalMap, level: int, channels: tuple[int, ...] = (0, 1)) -> Fields:
        """Return the fields on a level of fixed, under a pose."""
        pair = self.pair(pose, level)
        index, shape = pair.to_index(pose), pair.fixed.shape
        fixed, moving = self._channels_of(pair.fixed), self._channels_of(pair.moving)
        parts = moving.parts if len(channels) == len(fixed.waves) else moving.parts[list(channels)]
        warped, inside = warp(Source(parts.reshape(-1, *moving.mask.shape), moving.mask, 1), index, shape, self.threads)
        both = fixed.mask & inside
        back = _turn_to_fixed(index, shape)
        factors = np.stack([(back, times(back, back))[Fields.folds[channel] - 1] for channel in channels]).astype(
            np.complex64
        )
        factors = factors.reshape(len(channels), *(back.shape or (1, 1)))
        mine = fixed.waves if len(channels) == len(fixed.waves) else fixed.waves[list(channels)]
        return Fields(mine * both, times(_as_complex(warped.reshape(len(channels), 2, *shape)), factors * both), both)

    def _channels_of(self, level: PreparedLevel) -> _Channels:
        if level not in self._channels:
            kinds = level.field, level.signed
            parts = np.stack([field.parts for field in kinds])
            self._channels[level] = _Channels(parts, kinds[0].usable & kinds[1].usable)
        return self._channels[level]


def _coarsest(levels: list[PreparedLevel], wanted: int) -> int:
    """Return the number of the level wanted, or of the coarsest that there can be; levels are added as needed."""
    while len(levels) <= wanted and can_halve(levels[-1].shape):
        images = [each.image for each in levels] + [halved(levels[-1].image, levels[-1].threads)]
        levels.append(prepare_levels(images, levels[-1].threads, levels[-1].settings)[-1])
    return min(wanted, len(levels) - 1)


def _as_complex(parts: Pixels) -> Waves:
    """Return pairs of real and imaginary parts, (channels, 2, ...), as complex numbers."""
    out = np.empty((len(parts), *parts.shape[2:]), np.complex64)
    out.real, out.imag = parts[:, 0], parts[:, 1]
    return out


def _turn_to_fixed(pose: IndexMap, shape: tuple[int, ...]) -> NDArray[np.complexfloating]:
    """Return what turns moving's directions to fixed's, as a factor: one, or one a pixel where the pose bends."""
    if is_affine(pose):
        angle = nearest_turn(pose[:2, :2])[0]
        return np.asarray(complex(cos(angle), -sin(angle)))
    rows, columns = np.ogrid[: shape[0], : shape[1]]
    at = [row[0] * rows + row[1] * columns + row[2] for row in pose]
    # The derivative of a projection, up to a positive factor.
    linear = [[at[2] * pose[i, j] - at[i] * pose[2, j] for j in (0, 1)] for i in (0, 1)]
    turn = linear[0][0] + linear[1][1] + 1j * (linear[1][0] - linear[0][1])
    return np.asarray(np.conj(turn) / np.maximum(np.sqrt(squared_size(turn)), 1e-30))
