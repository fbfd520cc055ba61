"""What is minimised on one level of a pair of volumes: squared error, and functions of the joint histogram."""

from __future__ import annotations

import math
from abc import ABC, abstractmethod
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import ClassVar, Self

import numpy as np
from numpy.typing import NDArray

from superpose._arithmetic.matrices import matmul
from superpose._parallel import chunks_of, ordered_map, summed
from superpose._refine.algebra import Frame, solved
from superpose._refine.objective import Linearised, State, TileSums
from superpose._refine.robust import ResidualScale, tukey_weights
from superpose._sampling.level import PreparedLevel
from superpose._sampling.level_pair import LevelPair
from superpose._sampling.warp import Source
from superpose._volumes.levels import smoothed
from superpose._volumes.settings import VolumeSettings
from superpose.image import Mask, Pixels, Weights
from superpose.metrics._histogram_objective import HistogramFunction, HistogramObjective
from superpose.metrics._level_objective import LevelObjective
from superpose.metrics._normal_equations import NormalEquations
from superpose.transforms.family import Family
from superpose.transforms.geometry import IndexMap

Floats = NDArray[np.float64]


# A voxel of fixed, how much it counts, and moving, padded, as a kernel takes them.
Compared = tuple[Pixels, Mask | Weights, Pixels]


@dataclass(frozen=True, eq=False)
class VolumeObjective(LevelObjective, ABC):
    """Mean cost of fixed - gain * moving - offset on voxels of fixed, moving interpolated: summed by tiles.

    `ended` is the state that is asked for its error.
    """

    ended: State | None = field(default=None, kw_only=True)

    smooth: ClassVar[bool] = True
    # Whether moving is interpolated by cubic B-splines.
    cubic: ClassVar[bool] = False
    # An error is told by slabs' bands of columns; steps are not: cut lines take more than twice the time.
    bands: ClassVar[int] = 8

    @property
    @abstractmethod
    def compared(self) -> list[Compared]:
        """The numbers of a voxel that are compared, one after the other."""

    @property
    def largest(self) -> float:
        """The residual from where on one counts for nothing."""
        return np.inf

    def error_model(self, at: Linearised) -> Self:
        """Return what knows how far a pose may be off."""
        return replace(self, ended=None if at.tiles is None else at.tiles.state)

    def linearised(self, state: State) -> Linearised:
        """Return the mean cost and its model."""
        tiles = self.tiles(state)
        found, project = NormalEquations(tiles.sums.sum(0), self.frame.generators), self.project(state)
        count = float(found.count) / len(self.compared)
        if count == 0:
            return Linearised.of_nothing(project.shape[1])
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

    def tiles(self, state: State, bands: int = 1) -> TileSums:
        """Return the kernel's sums, by slabs of planes and bands of columns."""
        from superpose._kernels.squared import SMALLEST_CUTOFF, squared_rows

        kernel: Callable[..., None] = squared_rows
        moving, frame, shape = self.moving, self.frame, self.fixed.shape
        gain, offset = [*map(float, state.nuisance), 0.0][:2]
        matrix, cutoff = np.ascontiguousarray(state.matrix), max(float(self.largest), SMALLEST_CUTOFF)
        where = frame.group, frame.centre, frame.radius
        same = moving.counts, moving.alike, self.cubic, matrix, *where, gain, offset, cutoff
        columns = np.unique(np.linspace(0, shape[-1], bands + 1).astype(np.int64))

        def slab(ends: tuple[int, int]) -> Floats:
            total, out = np.zeros((2, len(columns) - 1, self.sums_count))
            for each in self.compared:
                kernel(*each, *same, *ends, columns, out)
                total += out
            return total

        return TileSums(state, np.concatenate(ordered_map(slab, slabs(shape), self.threads)))

    def project(self, state: State) -> Floats:
        """Return the derivative of the kernel's parameters by those of a step, (generators + 2, n).

        What is solved along is the gain, and the offset where there is one.
        """
        rows, size = self.basis.shape
        project = np.zeros((rows + 2, size + self.nuisance_count))
        project[:rows, :size] = state.nuisance[0] * self.basis
        for k in range(self.nuisance_count):
            project[rows + k, size + k] = 1.0
        return project

    def stepped(self, state: State, step: Floats) -> State:
        """Return the state after a step."""
        nuisance = state.nuisance + step[-self.nuisance_count :]
        return State(self.frame.moved(state.matrix, matmul(self.directions, step)), nuisance)

    @abstractmethod
    def state_at(self, matrix: IndexMap) -> State:
        """Return the state at a pose."""

    def covariance(self, pose: IndexMap) -> Floats | None:
        """Return the covariance (n, n) of a step: the sandwich of tiles, whose residuals are independent."""
        tiles = self.tiles(self.ended or self.state_at(pose), self.bands)
        return sandwich(tiles.sums, self.project(tiles.state), self.frame.generators, self.family.size)


@dataclass(frozen=True, eq=False)
class VolumeSquared(VolumeObjective):
    """Mean Tukey cost of the difference of intensities, gain and offset solved along."""

    cutoff: float = np.inf
    sampled: int = 60000

    nuisance_count: ClassVar[int] = 2
    calibrated_as: ClassVar[str] = "squared"

    @property
    def precision(self) -> float:
        """Steps below this part of the pose's standard error are not worth taking."""
        return self.settings.squared.precision

    @property
    def compared(self) -> list[Compared]:
        """The intensities."""
        return [(self.fixed.image.data, self.fixed.image.counts, self.moving.linear)]

    @property
    def largest(self) -> float:
        """The residual from where on one counts for nothing."""
        return self.cutoff

    def start(self, matrix: IndexMap) -> tuple[VolumeSquared, State]:
        """Return the objective with the cutoff that residuals at a pose ask for, and the state there."""
        nuisance, cutoff = self.scale_at(matrix)
        return replace(self, cutoff=cutoff), State(matrix, nuisance)

    def state_at(self, matrix: IndexMap) -> State:
        """Return the state at a pose."""
        return State(matrix, self.scale_at(matrix)[0])

    def samples(self, matrix: IndexMap) -> tuple[Floats, Floats]:
        """Return fixed and warped voxels of every few planes, where both count."""
        from superpose._kernels.warp import warp_linear

        shape, data, mask = self.fixed.shape, self.fixed.image.data, self.fixed.image.trusted
        step = max(1, round(data.size / self.sampled))
        planes = range(min(step // 2, shape[0] - 1), shape[0], min(step, max(1, shape[0] // 6)))
        rows = slice(None, None, max(1, step // max(1, min(step, shape[0] // 6))))
        out, valid = np.empty((1, *shape), np.float32), np.empty(shape, bool)
        moving = self.moving.image
        whole = Source(moving.data[None], moving.trusted, 1)
        arguments = whole.data, whole.mask, self.moving.alike, np.ascontiguousarray(matrix), out, valid
        ordered_map(lambda k: warp_linear(*arguments, k, k + 1), list(planes), self.threads)
        fixed, warped = [], []
        for k in planes:
            use = (valid[k] & mask[k])[rows]
            fixed.append(data[k][rows][use])
            warped.append(out[0, k][rows][use])
        return np.concatenate(fixed).astype(float), np.concatenate(warped).astype(float)

    def scale_at(self, matrix: IndexMap) -> tuple[Floats, float]:
        """Return gain and offset at a pose, by a few reweighted fits, and the residual from where on one is none."""
        fixed, warped = self.samples(matrix)
        gain, offset, cutoff = 1.0, 0.0, np.inf
        if len(fixed) < 8 or warped.min() == warped.max():
            return np.array([gain, offset]), cutoff
        weight = np.ones(len(fixed))
        # What is air in both says nothing of the scene's own residuals.
        steep = np.abs(fixed - np.median(fixed)) > 0.25 * float(fixed.std())
        for _ in range(self.settings.squared.fits):
            total = weight.sum()
            mean_f, mean_m = (weight * fixed).sum() / total, (weight * warped).sum() / total
            spread = (weight * np.square(warped - mean_m)).sum()
            gain = float((weight * (fixed - mean_f) * (warped - mean_m)).sum() / spread) if spread > 0 else 1.0
            offset = float(mean_f - gain * mean_m)
            residual = fixed - gain * warped - offset
            cutoff = ResidualScale.of(residual, steep).cutoff(self.settings.cutoff, self.settings.steep_cutoff)
            if not np.isfinite(cutoff):
                break
            weight = tukey_weights(residual, cutoff) + 1e-9
        return np.array([gain, offset]), cutoff

    def value(self, state: State, _at: Linearised) -> float:
        """Return the correlation of fixed and warped on every few planes."""
        fixed, warped = self.samples(state.matrix)
        if len(fixed) < 2:
            return 0.0
        a, b = fixed - fixed.mean(), warped - warped.mean()
        both = float((a * a).sum() * (b * b).sum())
        return max(-1.0, min(1.0, float((a * b).sum()) / math.sqrt(both))) if both > 0 else 0.0


@dataclass(frozen=True, eq=False)
class VolumeSpline(VolumeSquared):
    """The same with moving interpolated by cubic B-splines: of a mean, whose noise these do not smooth away."""

    cubic: ClassVar[bool] = True

    @property
    def compared(self) -> list[Compared]:
        """The intensities."""
        return [(self.fixed.image.data, self.fixed.image.mask, self.moving.cubic)]


def slabs(shape: tuple[int, ...]) -> list[tuple[int, int]]:
    """Return pieces along the first axis: as many as tiles are wanted, and small enough to be shared by threads."""
    size = max(1, min(shape[0] // 8, 1 + (1 << 18) // max(1, shape[1] * shape[2])))
    return [(first, min(first + size, shape[0])) for first in range(0, shape[0], size)]


def sandwich(sums: Floats, project: Floats, generators: int, size: int) -> Floats | None:
    """Return the covariance of a family's step of normal equations by tiles; None where they determine none."""
    tiles = NormalEquations(sums, generators)
    keep = tiles.count > 0
    if np.count_nonzero(keep) < 2:
        return None
    gradients = np.array([matmul(project.T, each) for each in tiles.gradient[keep]])
    hessian = matmul(project.T, tiles.matrix.sum(0), project)
    back = solved(hessian, np.eye(len(hessian)))
    if back is None:
        return None
    meat = np.einsum("ti,tj->ij", gradients, gradients) * (len(gradients) / max(1, len(gradients) - 1))
    whole = matmul(back, meat, back)
    # Residuals that interpolation leaves alike in all tiles are not seen by their scatter.
    plain = back * (float(tiles.cost.sum()) / max(float(tiles.count.sum()), 1.0))
    out = whole + plain
    return out[:size, :size] if np.isfinite(out).all() else None


@dataclass(frozen=True, eq=False)
class VolumeHistogram(HistogramObjective):
    """One level of a pair of volumes, compared by a function of the joint histogram of their intensities."""

    @classmethod
    def of_levels(
        cls, pair: LevelPair, metric: HistogramFunction, family: Family, threads: int, settings: VolumeSettings
    ) -> VolumeHistogram:
        """Return the objective of a pair as it is."""
        return cls(pair.fixed, pair.moving, family, threads, settings.metrics, False, metric, pair)

    def error_model(self, _at: Linearised) -> HistogramErrors:  # type: ignore[override]
        """Return what knows how far a pose may be off."""
        return HistogramErrors(self)


@dataclass(frozen=True, eq=False)
class HistogramErrors:
    """How far a pose may be off that a function of the joint histogram led to: by the scatter of slabs' slopes."""

    objective: VolumeHistogram

    calibrated_as: ClassVar[str] = "orientation"

    @property
    def fixed(self) -> PreparedLevel:
        """The fixed volume as it is compared."""
        return self.objective.fixed

    @property
    def moving(self) -> PreparedLevel:
        """The moving volume as it is compared."""
        return self.objective.moving

    @property
    def frame(self) -> Frame:
        """Where the generators act."""
        return self.objective.frame

    @property
    def basis(self) -> Floats:
        """What each parameter of the family does in the generators."""
        return self.objective.basis

    def covariance(self, pose: IndexMap) -> Floats | None:
        """Return the covariance (n, n) of a step at a pose."""
        from superpose._kernels.histogram import histogram_rows, slope_rows

        of = self.objective
        arguments, samples = of._arguments(pose), of._samples()
        joint = summed(histogram_rows, arguments, chunks_of(of.fixed.shape), samples, (of.rows, of.size), of.threads)
        count = float(joint.sum())
        if not count > 0 or not of.scale[1] > 0:
            return None
        terms = of.metric.terms(joint / count, of.cutoff, of.settings.histogram)
        slope, curvature = (np.ascontiguousarray(table, np.float32) for table in (terms.slope, terms.curvature))
        frame = of.frame

        def slab(ends: tuple[int, int]) -> Floats:
            out = np.empty(of.sums_count)
            slope_rows(of.bins, *samples, slope, curvature, frame.group, frame.centre, frame.radius, *ends, out)
            return out

        sums = np.array(ordered_map(slab, slabs(of.fixed.shape), of.threads))
        basis = of.basis
        gradients = np.array(
            [matmul(basis.T, each) for each in NormalEquations(sums, frame.generators).gradient[:, :-2]]
        )
        hessian = matmul(basis.T, NormalEquations(sums.sum(0), frame.generators).matrix[:-2, :-2], basis)
        back = solved(hessian, np.eye(len(hessian)))
        if back is None:
            return None
        gradients = gradients - gradients.mean(0)
        meat = np.einsum("ti,tj->ij", gradients, gradients) * (len(gradients) / max(1, len(gradients) - 1))
        found = matmul(back, meat, back)
        return found if np.isfinite(found).all() else None


def under_blur(level: PreparedLevel, width: float, threads: int) -> PreparedLevel:
    """Return a level under a Gaussian of so many of its own voxels."""
    return level if width <= 0 else PreparedLevel(smoothed(level.image, (width,) * 3, threads), threads)
