"""Directions of surfaces as a metric: it knows of no contrast, and of no coil's shading."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from typing import ClassVar

import numpy as np
from numpy.typing import NDArray

from superpose._parallel import on_chunks, ordered_map
from superpose._refine.objective import Linearised, State
from superpose._sampling.filters import padded
from superpose._sampling.level import PreparedLevel
from superpose._sampling.level_pair import LevelPair
from superpose._volumes.directions import TensorField, tensor_field, turning
from superpose._volumes.levels import smoothed
from superpose._volumes.objectives import Compared, VolumeObjective
from superpose._volumes.settings import VolumeSettings
from superpose.image import Pixels, Raster
from superpose.transforms.family import Family
from superpose.transforms.geometry import IndexMap

Floats = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class VolumeDirections(VolumeObjective):
    """Mean squared difference of the directions' five numbers, moving's turned as the pose turns them."""

    pair: LevelPair
    fields: tuple[TensorField, TensorField]
    channels: tuple[Pixels, ...]
    gain: float = 1.0

    nuisance_count: ClassVar[int] = 1
    calibrated_as: ClassVar[str] = "orientation"

    @classmethod
    def of_levels(
        cls, pair: LevelPair, start: IndexMap, family: Family, finest: bool, threads: int, settings: VolumeSettings
    ) -> VolumeDirections:
        """Return the objective of a pair, moving's directions turned as a pose turns them."""
        fields = ordered_map(
            lambda each: level_field(each, finest, settings, threads), (pair.fixed, pair.moving), threads
        )
        made = cls(
            pair.fixed,
            _masked(pair.moving, fields[1]),
            family,
            threads,
            settings.metrics,
            pair,
            (fields[0], fields[1]),
            (),
        )
        return made.turned_at(start)

    def turned_at(self, pose: IndexMap) -> VolumeDirections:
        """Return the objective with moving's directions turned as a pose turns them."""
        by = turning(self.pair.to_physical(pose)[:-1, :-1]).astype(np.float32)
        fixed, moving = self.fields
        flat, out = moving.parts.reshape(5, -1), np.empty((5, *moving.mask.shape), np.float32)
        rows = out.reshape(5, -1)

        def mix(first: int, last: int) -> None:
            for k in range(5):
                total = flat[0, first:last] * by[0, k]
                for j in range(1, 5):
                    total += flat[j, first:last] * by[j, k]
                rows[k, first:last] = total

        size = 1 << 17
        on_chunks(mix, (), [(a, min(a + size, flat.shape[1])) for a in range(0, flat.shape[1], size)], self.threads)
        channels = tuple(ordered_map(lambda each: padded(each, 1, 2), list(out), self.threads))
        return replace(self, channels=channels, gain=math.sqrt(fixed.energy / max(moving.energy, 1e-30)))

    @property
    def precision(self) -> float:
        """Steps below this part of the pose's standard error are not worth taking."""
        return self.settings.orientation.precision

    @property
    def compared(self) -> list[Compared]:
        """The five numbers of a direction."""
        fixed = self.fields[0]
        return [(part, fixed.mask, moving) for part, moving in zip(fixed.parts, self.channels, strict=True)]

    def state_at(self, matrix: IndexMap) -> State:
        """Return the state at a pose."""
        return State(matrix, np.array([self.gain]))

    def value(self, _state: State, at: Linearised) -> float:
        """Return how well directions agree: 1 where they are the same, about 0 where they have nothing in common."""
        return 1 - at.cost / max(2 * self.fields[0].energy, 1e-30)


def level_field(level: PreparedLevel, finest: bool, settings: VolumeSettings, threads: int) -> TensorField:
    """Return the directions of a level, under a blur against noise; of all but the finest averaged under another."""
    image = smoothed(level.image, (settings.directed_blur,) * 3, threads)
    field = tensor_field(image, settings.search)
    if finest:
        return field
    wide = (settings.directed_mean,) * 3
    parts = [smoothed(Raster(each, field.mask, field.grid), wide, threads).data for each in field.parts]
    return TensorField(np.stack(parts), field.mask, field.grid)


def _masked(level: PreparedLevel, field: TensorField) -> PreparedLevel:
    return PreparedLevel(replace(level.image, mask=field.mask), level.threads)
