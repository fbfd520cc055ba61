"""The mean of volumes that lie on each other, and each of them against the mean of the others."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from superpose._jobs.close_links import moved_by
from superpose._jobs.running import Runner
from superpose._jobs.settings import VolumeStackSettings
from superpose._refine.levenberg_marquardt import refine
from superpose._sampling.filters import SPLINE_TAPS, filtered
from superpose._sampling.level import PreparedLevel
from superpose._sampling.level_pair import LevelPair
from superpose._sampling.warp import filled_from_nearest, source, warp
from superpose._volumes.objectives import VolumeSpline
from superpose._volumes.settings import DEFAULTS
from superpose.image import Grid, Mask, Pixels, Raster
from superpose.transforms.family import Family
from superpose.transforms.geometry import PhysicalMap, inverse, to_index

Floats = NDArray[np.float64]

# So many volumes are added up at a time, wherever that is done.
TOGETHER = 8


@dataclass(frozen=True, eq=False)
class Fitted:
    """Where a volume lies against a mean, the expected error at its corners, and how well both correlate."""

    pose: PhysicalMap
    error: float
    likeness: float


@dataclass(frozen=True, eq=False)
class Undone:
    """Volumes whose poses are undone, on one grid. Called with some of their numbers, it adds these up."""

    volume: Callable[[int], Raster]
    poses: dict[int, PhysicalMap]
    grid: Grid
    threads: int

    def one(self, number: int) -> tuple[Pixels, Mask]:
        """Return one volume with its pose undone, and where that shows anything."""
        image = self.volume(number)
        whole = source(image.data, image.mask, 3, self.threads)
        return warp(whole, to_index(self.poses[number], self.grid, self.grid), self.grid.shape, self.threads)

    def __call__(self, numbers: Sequence[int]) -> tuple[Floats, NDArray[np.int32]]:
        total, seen = np.zeros(self.grid.shape), np.zeros(self.grid.shape, np.int32)
        for number in numbers:
            warped, valid = self.one(number)
            total += np.where(valid, warped, 0)
            seen += valid
        return total, seen


@dataclass(frozen=True, eq=False)
class VolumeMean:
    """The sum of volumes whose poses are undone, and how many of them show each voxel.

    `filled` is their mean, without holes.
    """

    undone: Undone
    total: Floats
    seen: NDArray[np.int32]
    filled: Pixels
    settings: VolumeStackSettings

    @classmethod
    def of(cls, undone: Undone, run: Runner, settings: VolumeStackSettings) -> VolumeMean:
        """Return the mean of the volumes that have poses."""
        numbers, shape = list(undone.poses), undone.grid.shape
        blocks = [tuple(numbers[k : k + TOGETHER]) for k in range(0, len(numbers), TOGETHER)]
        total, seen = np.zeros(shape), np.zeros(shape, np.int32)
        for one, other in run.map("sums", undone, blocks, octets=12 * math.prod(shape)):
            total += one
            seen += other
        mean = (total / np.maximum(seen, 1)).astype(np.float32)
        filled = mean if (seen > 0).all() else filled_from_nearest(mean, seen > 0)
        return cls(undone, total, seen, filled, settings)

    def without(self, number: int) -> PreparedLevel:
        """Return the mean of the others, missing where few of them show anything; that of all where they are many."""
        if len(self.undone.poses) > self.settings.many or number not in self.undone.poses:
            return self.whole
        warped, valid = self.undone.one(number)
        return self._level(self.total - np.where(valid, warped, 0), self.seen - valid)

    @cached_property
    def whole(self) -> PreparedLevel:
        """The mean of all."""
        return self._level(self.total, self.seen)

    def _level(self, total: Floats, seen: NDArray[np.int32]) -> PreparedLevel:
        threads = self.undone.threads
        mean = np.where(seen > 0, total / np.maximum(seen, 1), self.filled).astype(np.float32)
        mask = seen >= self.settings.least_seen * seen.max()
        coefficients = filtered(mean, SPLINE_TAPS, threads, 1, 2)
        return PreparedLevel(Raster(np.where(mask, mean, 0), mask, self.undone.grid), threads, coefficients)


def fitted(
    mean: PreparedLevel,
    volume: Raster,
    pose: PhysicalMap,
    family: Family,
    settings: VolumeStackSettings,
    threads: int,
) -> Fitted:
    """Return where a volume lies against a mean, refined from a pose.

    The mean is what is interpolated: it has hardly any noise, which would be smoothed more between voxels than on them.
    """
    pair = LevelPair(PreparedLevel(volume, threads), mean)
    made = VolumeSpline(pair.fixed, pair.moving, family, threads, DEFAULTS.metrics, sampled=settings.sampled)
    objective, state = made.start(pair.to_index(inverse(pose)))
    done = refine(objective, state, settings.min_overlap, DEFAULTS.finest)
    covariance = objective.error_model(done.at).covariance(done.state.matrix)
    error = math.nan
    if covariance is not None:
        _, corners = moved_by(objective)
        corners = corners[..., : len(covariance)] * np.array(volume.grid.spacing)[:, None]
        error = math.sqrt(max(float(np.einsum("cik,kl,cil->c", corners, covariance, corners).mean()), 0.0))
    likeness = objective.value(done.state, done.at)
    return Fitted(inverse(pair.to_physical(done.state.matrix)), error, likeness)
