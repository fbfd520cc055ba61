"""Directions of surfaces as a metric: it knows of no contrast, and of no coil's shading."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from typing import ClassVar

import numpy as np
from numpy.typing import NDArray

from superpose._arithmetic.matrices import inverse
from superpose._parallel import on_chunks, ordered_map
from superpose._refine.objective import Linearised, State
from superpose._sampling.filters import mirror_borders
from superpose._sampling.level import PreparedLevel
from superpose._sampling.level_pair import LevelPair
from superpose._sampling.tensors import TensorField, tensor_field, thinned
from superpose._volumes.directions import turning
from superpose._volumes.levels import smoothed
from superpose._volumes.objectives import Compared, VolumeObjective
from superpose._volumes.settings import VolumeSettings
from superpose.image import Pixels, Raster
from superpose.transforms.family import Family
from superpose.transforms.geometry import IndexMap, PhysicalMap

Floats = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class VolumeDirections(VolumeObjective):
    """Mean squared difference of the directions' five numbers, fixed's turned as the pose turns them.

    `pair` is what is compared: of a large volume every few planes and rows of fixed, whose neighbours tell the same.
    """

    pair: LevelPair
    fields: tuple[TensorField, TensorField]
    channels: tuple[Pixels, ...]
    turned: tuple[Pixels, ...] = ()
    gain: float = 1.0

    nuisance_count: ClassVar[int] = 1
    calibrated_as: ClassVar[str] = "orientation"

    @classmethod
    def of_levels(
        cls, pair: LevelPair, pose: PhysicalMap, family: Family, finest: bool, threads: int, settings: VolumeSettings
    ) -> VolumeDirections:
        """Return the objective of a pair, fixed's directions turned as a pose turns them."""
        every = _every(pair.fixed.shape, settings.directed_voxels)
        shape = (5, *(n + 3 for n in pair.moving.shape))
        # Whoever interpolates wants a border: without a copy there is one set of these numbers at a time.
        borders = np.empty(shape, np.float32)
        inner = borders[:, 1:-2, 1:-2, 1:-2]
        moving = level_field(pair.moving, finest, settings, threads, out=inner)
        ordered_map(lambda each: mirror_borders(each, 1, 2), list(borders), threads)
        fixed = level_field(pair.fixed, finest, settings, threads, every)
        thin = pair.fixed.image.part((slice(None, None, every[0]), slice(None, None, every[1])), fixed.grid)
        own = PreparedLevel(replace(thin, mask=fixed.mask), threads)
        compared = LevelPair(own, _masked(pair.moving, moving))
        made = cls(own, compared.moving, family, threads, settings.metrics, compared, (fixed, moving), tuple(borders))
        return made.turned_at(compared.to_index(pose))

    def turned_at(self, pose: IndexMap) -> VolumeDirections:
        """Return the objective with fixed's directions turned as a pose turns them."""
        by = turning(inverse(self.pair.to_physical(pose)[:-1, :-1])).astype(np.float32)
        fixed, moving = self.fields
        flat, out = fixed.parts.reshape(5, -1), np.empty_like(fixed.parts)
        rows = out.reshape(5, -1)

        def mix(first: int, last: int) -> None:
            for k in range(5):
                total = flat[0, first:last] * by[0, k]
                for j in range(1, 5):
                    total += flat[j, first:last] * by[j, k]
                rows[k, first:last] = total

        size = 1 << 17
        on_chunks(mix, (), [(a, min(a + size, flat.shape[1])) for a in range(0, flat.shape[1], size)], self.threads)
        return replace(self, turned=tuple(out), gain=math.sqrt(fixed.energy / max(moving.energy, 1e-30)))

    @property
    def precision(self) -> float:
        """Steps below this part of the pose's standard error are not worth taking."""
        return self.settings.orientation.precision

    @property
    def compared(self) -> list[Compared]:
        """The five numbers of a direction."""
        kept = self.fixed.image.counts
        return [(part, kept, moving) for part, moving in zip(self.turned, self.channels, strict=True)]

    def state_at(self, matrix: IndexMap) -> State:
        """Return the state at a pose."""
        return State(matrix, np.array([self.gain]))

    def value(self, _state: State, at: Linearised) -> float:
        """Return how well directions agree: 1 where they are the same, about 0 where they have nothing in common."""
        return 1 - at.cost / max(2 * self.fields[0].energy, 1e-30)


def level_field(
    level: PreparedLevel,
    finest: bool,
    settings: VolumeSettings,
    threads: int,
    every: tuple[int, int] = (1, 1),
    out: Pixels | None = None,
) -> TensorField:
    """Return the directions of a level, under a blur against noise; of all but the finest averaged under another.

    As `tensor_field`: of every few planes and rows, and in `out`.
    """
    image = smoothed(level.image, (settings.directed_blur,) * 3, threads)
    if finest:
        return tensor_field(image, settings.search.damping, threads, every, out)
    field, wide = tensor_field(image, settings.search.damping, threads), (settings.directed_mean,) * 3
    mask = np.ascontiguousarray(field.mask[:: every[0], :: every[1]])
    parts = np.empty((5, *mask.shape), np.float32) if out is None else out
    for part, each in zip(parts, field.parts, strict=True):
        part[...] = smoothed(Raster(each, field.mask, field.grid), wide, threads).data[:: every[0], :: every[1]]
    return TensorField(parts, mask, thinned(field.grid, every))


def _every(shape: tuple[int, ...], enough: int) -> tuple[int, int]:
    """Return of how many planes, and of how many rows, one is compared, so that no fewer voxels than enough are."""
    planes, rows, count = 1, 1, math.prod(shape)
    while count >= 2 * enough:
        count //= 2
        # The axis that has more left: a few thick slices are all compared.
        planes, rows = (planes * 2, rows) if shape[0] * rows > shape[1] * planes else (planes, rows * 2)
    return planes, rows


def _masked(level: PreparedLevel, field: TensorField) -> PreparedLevel:
    return PreparedLevel(replace(level.image, mask=field.mask), level.threads)
