"""Links between volumes that have not moved far: intensities are compared on coarse levels from where one is likely."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from superpose._arithmetic.matrices import inverse, matmul
from superpose._arithmetic.order import median
from superpose._jobs.network import Link
from superpose._jobs.settings import VolumeStackSettings
from superpose._refine.algebra import solved
from superpose._refine.levenberg_marquardt import Refined, refine
from superpose._refine.objective import Objective, State
from superpose._sampling.level import PreparedLevel
from superpose._sampling.level_pair import LevelPair
from superpose._volumes.levels import volume_levels
from superpose._volumes.objectives import VolumeSquared
from superpose._volumes.settings import DEFAULTS
from superpose.image import Raster
from superpose.transforms.family import Family
from superpose.transforms.geometry import PhysicalMap, velocities

Floats = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class Ended:
    """Where a pair of volumes led: from points of the first to those of the second, with what error, how alike."""

    pose: PhysicalMap
    variances: tuple[Floats, float] | None
    likeness: float


@dataclass(frozen=True)
class CloseLinks:
    """What pairs of volumes say, each refined from the likeliest place that is known."""

    family: Family
    finest: bool
    threads: int
    settings: VolumeStackSettings

    def links(self, volume: Callable[[int], Raster], numbers: Sequence[int], strides: Sequence[int]) -> list[Link]:
        """Return links between volumes so many places from each other, by their places."""
        kept: dict[int, list[PreparedLevel]] = {}
        likely: dict[int, PhysicalMap] = {}
        usual: list[float] = []
        out: list[Link] = []
        for at, number in enumerate(numbers):
            kept[at] = self.levels(volume(number))
            best: Ended | None = None
            for stride in (each for each in strides if each <= at):
                first = at - stride
                near = None if best is None else PhysicalMap(matmul(likely[at], inverse(likely[first])))
                known = best is not None and best.likeness >= self.settings.alike * median(np.array(usual))
                ended = self.ended(kept[first], kept[at], near, known)
                if stride == min(strides):
                    usual.append(ended.likeness)
                if best is None or ended.likeness > best.likeness:
                    best, likely[at] = ended, PhysicalMap(matmul(ended.pose, likely[first]))
                if ended.variances is not None:
                    out.append(Link(first, at, ended.pose, *ended.variances))
            likely.setdefault(at, PhysicalMap(np.eye(self.family.ndim + 1)))
            kept.pop(at - max(strides), None)
        return out

    def levels(self, volume: Raster) -> list[PreparedLevel]:
        """Return a volume's levels that links are found on, the finest first."""
        every = volume_levels(volume, self.threads, DEFAULTS)
        first = 0
        while not self.finest and first + 1 < len(every) and every[first].image.data.size > self.settings.link_voxels:
            first += 1
        out = every[first:]
        while len(out) > 1 and max(out[-1].shape) < self.settings.least_side:
            out.pop()
        return out

    def ended(
        self, first: list[PreparedLevel], second: list[PreparedLevel], near: PhysicalMap | None, known: bool
    ) -> Ended:
        """Return where a pair leads from where nothing has moved or from `near`, at once on the finest if `known`."""
        pairs = [LevelPair(*each) for each in zip(first, second, strict=True)]
        pose = PhysicalMap(np.eye(self.family.ndim + 1))
        if near is not None and (known or self._likeness(pairs[-1], near) > self._likeness(pairs[-1], pose)):
            pose = near
        objective: VolumeSquared | None = None
        for pair in pairs[:1] if known else pairs[::-1]:
            objective, state = self._squared(pair).start(pair.to_index(pose))
            done = refine(objective, state, self.settings.min_overlap, DEFAULTS.coarse)
            pose = pair.to_physical(done.state.matrix)
        assert objective is not None
        pixel = first[0].image.grid.pixel_side
        return Ended(pose, self._variances(objective, done, pixel), objective.value(done.state, done.at))

    def _likeness(self, pair: LevelPair, pose: PhysicalMap) -> float:
        objective = self._squared(pair)
        state = State(pair.to_index(pose), np.array([1.0, 0.0]))
        return objective.value(state, objective.linearised(state))

    def _squared(self, pair: LevelPair) -> VolumeSquared:
        return VolumeSquared(
            pair.fixed, pair.moving, self.family, self.threads, DEFAULTS.metrics, sampled=DEFAULTS.sampled
        )

    def _variances(self, objective: VolumeSquared, done: Refined, pixel: float) -> tuple[Floats, float] | None:
        """Return the covariance of the centre's shift, and how far the corners may be off beside that."""
        of_step = _step_covariance(done)
        if of_step is None:
            return None
        settings, ndim = self.settings, self.family.ndim
        least = (settings.link_floor * pixel) ** 2
        spacing = np.array(objective.fixed.image.grid.spacing)
        centre, corners = moved_by(objective)
        shift = matmul(centre, of_step, centre.T) * np.multiply.outer(spacing, spacing) * settings.link_spread**2
        far = np.einsum("cik,kl,cil,i->c", corners, of_step, corners, spacing * spacing).mean()
        turned = max(float(far) * settings.link_spread**2 - float(np.trace(shift)), 0.0) + least
        return shift + least * np.eye(ndim), turned**0.5 if self.family.turns else 0.0


def _step_covariance(done: Refined) -> Floats | None:
    """Return the covariance of a step's numbers and the nuisance, were residuals independent; None without one."""
    noise = done.at.cost if done.at.noise is None else done.at.noise
    if not np.isfinite(noise) or not done.at.count:
        return None
    back = solved(done.at.hessian, np.eye(len(done.at.hessian)))
    return None if back is None else back * (max(noise, 0.0) / done.at.count)


def moved_by(objective: Objective) -> tuple[Floats, Floats]:
    """Return how a step's numbers move the centre, (ndim, n), and the corners, (corners, ndim, n), in voxels."""
    frame, directions = objective.frame, objective.directions
    centre = velocities(frame.group, np.zeros((1, len(frame.centre))))[0]
    return matmul(centre, directions), np.einsum("cig,gk->cik", frame.corners, directions)
