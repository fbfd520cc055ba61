"""Directions of surfaces as a metric: it knows of no contrast, and of no coil's shading."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from superpose._arithmetic.matrices import inverse, matmul
from superpose._parallel import on_chunks, ordered_map
from superpose._refine.objective import Linearised, State, TileSums
from superpose._sampling.filters import padded
from superpose._sampling.level import PreparedLevel
from superpose._sampling.level_pair import LevelPair
from superpose._volumes.directions import TensorField, tensor_field, turning
from superpose._volumes.levels import smoothed
from superpose._volumes.objectives import sandwich, slabs, spaced_basis
from superpose._volumes.settings import VolumeSettings
from superpose.image import Pixels, Raster
from superpose.metrics._level_objective import LevelObjective
from superpose.metrics._normal_equations import NormalEquations
from superpose.transforms.family import Family
from superpose.transforms.geometry import IndexMap, mean_stretch

Floats = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class VolumeDirections(LevelObjective):
    """Mean squared difference of the directions' five numbers, moving's turned as the pose turns them."""

    pair: LevelPair
    fields: tuple[TensorField, TensorField]
    channels: tuple[Pixels, ...]
    gain: float = 1.0
    known: TileSums | None = None

    nuisance_count: ClassVar[int] = 1
    smooth: ClassVar[bool] = True
    calibrated_as: ClassVar[str] = "orientation"
    parts: ClassVar[int] = 8

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
        linear = _physical(pose, self.pair)[:3, :3]
        by = turning(linear / mean_stretch(linear)).astype(np.float32)
        fixed, moving = self.fields
        flat, out = moving.parts.reshape(5, -1), np.empty((5, *moving.mask.shape), np.float32)
        rows = out.reshape(5, -1)

        def mix(first: int, last: int) -> None:
            for k in range(5):
                total = flat[0, first:last] * by[0, k]
                for j in range(1, 5):
                    total += flat[j, first:last] * by[j, k]
                rows[k, first:last] = total

        size = 2**17
        on_chunks(mix, (), [(a, min(a + size, flat.shape[1])) for a in range(0, flat.shape[1], size)], self.threads)
        channels = tuple(ordered_map(lambda each: padded(each, 1, 2), list(out), self.threads))
        return replace(self, channels=channels, gain=math.sqrt(fixed.energy / max(moving.energy, 1e-30)))

    @cached_property
    def basis(self) -> Floats:
        """What each parameter of the family does in the generators."""
        return spaced_basis(self.family, self.fixed.image.grid.spacing)

    @property
    def precision(self) -> float:
        """Steps below this part of the pose's standard error are not worth taking."""
        return self.settings.orientation.precision

    def error_model(self, at: Linearised) -> VolumeDirections:
        """Return what knows how far a pose may be off."""
        return replace(self, known=at.tiles)

    def start(self, matrix: IndexMap) -> State:
        """Return the state at a pose."""
        return State(matrix, np.array([self.gain]))

    def linearised(self, state: State) -> Linearised:
        """Return the mean squared difference and its model."""
        tiles = self._tiles(state)
        found = NormalEquations(tiles.sums.sum(0), self.frame.generators)
        count = float(found.count) / 5
        if count == 0:
            return Linearised.of_nothing(self.family.size + 1)
        project = self._project(state)
        cost = float(found.cost) / count
        return Linearised(
            cost,
            self.overlap(count, state.matrix),
            count,
            matmul(project.T, found.gradient) / count,
            matmul(project.T, found.matrix, project) / count,
            cost,
            tiles,
        )

    def _tiles(self, state: State) -> TileSums:
        from superpose._kernels.squared import squared_rows

        frame, moving, parts = self.frame, self.moving, self.fields[0].parts
        kernel: Callable[..., None] = squared_rows
        columns = np.unique(np.linspace(0, self.fixed.shape[-1], self.parts + 1).astype(np.int64))
        matrix, mask = np.ascontiguousarray(state.matrix), self.fields[0].mask
        rest: tuple[Any, ...] = (
            moving.usable,
            moving.image.complete,
            False,
            matrix,
            frame.group,
            frame.centre,
            frame.radius,
            float(state.nuisance[0]),
            0.0,
            np.inf,
        )

        def slab(ends: tuple[int, int]) -> Floats:
            total, out = np.zeros((2, len(columns) - 1, self.sums_count))
            for k in range(5):
                kernel(parts[k], mask, self.channels[k], *rest, *ends, columns, out)
                total += out
            return total

        return TileSums(state, np.concatenate(ordered_map(slab, slabs(self.fixed.shape), self.threads)))

    def stepped(self, state: State, step: Floats) -> State:
        """Return the state after a step."""
        return State(self.frame.moved(state.matrix, matmul(self.directions, step)), state.nuisance + step[-1:])

    def _project(self, state: State) -> Floats:
        """Return the derivative of the kernel's parameters by those of a step, (generators + 2, n): no offset."""
        basis = self.basis
        project = np.zeros((len(basis) + 2, basis.shape[1] + 1))
        project[:-2, :-1] = state.nuisance[0] * basis
        project[-2, -1] = 1.0
        return project

    def value(self, _state: State, at: Linearised) -> float:
        """Return how well directions agree: 1 where they are the same, about 0 where they have nothing in common."""
        return 1 - at.cost / max(2 * self.fields[0].energy, 1e-30)

    def covariance(self, pose: IndexMap) -> Floats | None:
        """Return the covariance (n, n) of a step at a pose."""
        tiles = self.known or self._tiles(self.start(pose))
        return sandwich(tiles.sums, self._project(tiles.state), self.frame.generators, self.family.size)


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


def _physical(pose: IndexMap, pair: LevelPair) -> Floats:
    return matmul(inverse(pair.moving.image.grid.physical_to_index), pose, pair.fixed.image.grid.physical_to_index)
