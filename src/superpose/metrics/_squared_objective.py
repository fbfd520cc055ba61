"""Squared error with gain and offset solved along and outliers weighted down."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from itertools import pairwise
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from superpose._arithmetic.matrices import matmul
from superpose._kernels.sums import robust_sums
from superpose._parallel import chunks_of, lazy, ordered_map, row_chunks, summed
from superpose._refine.objective import Linearised, State, TileSums
from superpose._refine.robust import ResidualScale
from superpose._refine.sandwich import Cuts, even_cuts
from superpose._sampling.level_pair import LevelPair
from superpose._sampling.margins import Box, present_box
from superpose.image import Mask
from superpose.metrics._interpolated import interpolated
from superpose.metrics._level_objective import LevelObjective
from superpose.metrics._normal_equations import NormalEquations
from superpose.metrics._prefilter import Noise
from superpose.metrics._sampled_rows import SampledRows
from superpose.metrics._squared_covariance import step_covariance
from superpose.transforms.geometry import IndexMap

Floats = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class SquaredObjective(LevelObjective):
    """One level of a pair: mean Tukey cost of fixed - gain * moving - offset, plain squares where cutoff is inf.

    Moving is interpolated by cubic B-splines where `cubic`, linearly otherwise. With `noise`, what the interpolated
    noise of moving adds at a pose is taken off the cost. `known` is what has been summed by tiles at some pose,
    `unfiltered` the level's own images where those compared are blurred, and `sample` what has been read off fixed.
    """

    cubic: bool
    cutoff: float = np.inf
    noise: Noise | None = None
    known: TileSums | None = None
    unfiltered: LevelPair | None = None
    sample: SampledRows | None = None

    nuisance_count: ClassVar[int] = 2
    smooth: ClassVar[bool] = True
    calibrated_as: ClassVar[str] = "squared"

    @property
    def precision(self) -> float:
        """Steps below this part of the pose's standard error are not worth taking, on the finest level."""
        return self.settings.squared.precision

    def error_model(self, at: Linearised) -> SquaredObjective:
        """Return what knows how far a pose may be off."""
        return replace(self, known=at.tiles)

    def fitted(self, matrix: IndexMap) -> tuple[State, ResidualScale]:
        """Return the state at a pose, gain and offset by a few reweighted fits, and the residuals' scale."""
        sample, warped, steep = self.sampled(matrix)
        if len(sample) < 8 or warped.min() == warped.max():
            state = State(matrix, np.array([1.0, 0.0]))
            return state, ResidualScale.of(sample - warped, steep)
        settings = self.settings.squared
        gain, offset, inverse = 1.0, 0.0, 0.0
        scale = ResidualScale(np.inf, np.inf)
        for fit in range(settings.fits):
            mean_f, mean_m, _, spread, both = _weighted(sample, warped, gain, offset, inverse, 1e-9)
            before = gain
            gain = both / spread if spread > 0 else 1.0
            offset = mean_f - gain * mean_m
            residual = sample - gain * warped - offset
            scale = ResidualScale.of(residual, steep)
            cutoff = self.cutoff_of(scale)
            # Refinement solves for both again: they need only be good enough to tell outliers.
            if cutoff == np.inf or (fit and abs(gain - before) < settings.settled * abs(gain)):
                break
            inverse = _inverse_square(cutoff)
        return State(matrix, np.array([gain, offset])), scale

    def cutoff_of(self, scale: ResidualScale) -> float:
        """Return the residual from where on one counts for nothing; infinite where their scale is not known."""
        return scale.cutoff(self.settings.cutoff, self.settings.steep_cutoff)

    def scale(self, state: State) -> ResidualScale:
        """Return the residuals' scale."""
        sample, warped, steep = self.sampled(state.matrix)
        return ResidualScale.of(sample - state.nuisance[0] * warped - state.nuisance[1], steep)

    @lazy
    def rows(self) -> SampledRows:
        """The rows of fixed that residuals' scale is read off."""
        return self.sample or SampledRows(self.fixed.image, self.settings.squared.sampled_pixels)

    @lazy
    def boxes(self) -> tuple[Box, Box]:
        """Where both images have pixels, those at the border included that a blur takes away."""
        images = self if self.unfiltered is None else self.unfiltered
        return present_box(images.fixed.image), present_box(images.moving.image)

    def sampled(self, matrix: IndexMap) -> tuple[Floats, Floats, Mask]:
        """Return fixed and warped pixels of every few rows, where both count, and which of them have structure."""
        fixed, warped, use = self._sampled(matrix)
        return fixed, warped, self.rows.steep[use]

    def _sampled(self, matrix: IndexMap) -> tuple[Floats, Floats, Mask]:
        """Return fixed and warped pixels of every few rows, where both count, and where that is."""
        warped, use = self.rows.under(self.moving, matrix, self.cubic)
        return self.rows.values[use].astype(float), warped[use].astype(float), use

    def linearised(self, state: State) -> Linearised:
        """Return the mean robust cost and its model."""
        tiles = self.tiles(state) if self.cubic else None
        found = NormalEquations(self._sums(state) if tiles is None else tiles.sums.sum(0), self.frame.generators)
        gain, count, project = state.nuisance[0], float(found.count), self.project(state)
        if count == 0:
            return Linearised.of_nothing(project.shape[1])
        gradient, hessian = found.gradient, found.matrix
        mean_cost = cost = float(found.cost) / count
        if self.noise is not None:
            lines = self.settings.squared.noise_rows
            extra, slope, alike = interpolated(self.noise, self.frame, self.boxes, state.matrix, lines)
            # Noise in moving's slopes looks like structure: with it in the matrix all steps would be too short.
            noisy = np.diag(hessian)[:-2] / np.maximum(np.diag(alike), 1e-300)
            slopes = self.noise.variance * self.noise.in_slopes * float(found.weight)
            hessian = hessian.copy()
            hessian[:-2, :-2] -= min(slopes, self.settings.squared.max_noise_share * float(noisy.min())) * alike
            # The kernel's gradient is minus half of the cost's, and of residuals by gain times moving's gradient.
            weight = float(found.weight) / count
            cost -= weight * gain * gain * extra
            gradient = gradient.copy()
            gradient[:-2] += 0.5 * weight * gain * slope * count
        return Linearised(
            cost,
            self.overlap(count, state.matrix),
            count,
            matmul(project.T, gradient) / count,
            matmul(project.T, hessian, project) / count,
            mean_cost,
            tiles,
        )

    def _sums(self, state: State) -> Floats:
        """Return the kernel's sums over all pixels."""
        from superpose._kernels.squared import squared_rows

        chunks, cuts, shape = chunks_of(self.fixed.shape), np.array([0, self.fixed.shape[1]]), (1, self.sums_count)
        return summed(squared_rows, self._arguments(state), chunks, (cuts,), shape, self.threads).ravel()

    def tiles(self, state: State, cuts: tuple[Cuts, Cuts] | None = None) -> TileSums:
        """Return the kernel's sums over tiles whose residuals may be taken for independent of each other's.

        They are of one size, or lie between `cuts` along rows and columns.
        """
        from superpose._kernels.squared import squared_rows

        rows, columns = cuts or (even_cuts(n, self.settings.sandwich) for n in self.fixed.shape)
        same, shape = self._arguments(state), (len(columns) - 1, self.sums_count)

        def band(ends: tuple[int, int]) -> Floats:
            first, last = ends
            chunks = [(first + a, first + b) for a, b in row_chunks(last - first, self.fixed.shape[1])]
            return summed(squared_rows, same, chunks, (columns,), shape, 1)

        bands = [(int(a), int(b)) for a, b in pairwise(rows)]
        return TileSums(state, np.concatenate(ordered_map(band, bands, self.threads)))

    def _arguments(self, state: State) -> tuple[Any, ...]:
        """Return what the kernel is passed at a state before the rows."""
        from superpose._kernels.squared import SMALLEST_CUTOFF

        fixed, moving, frame = self.fixed, self.moving, self.frame
        gain, offset = map(float, state.nuisance)
        return (
            fixed.image.data,
            fixed.image.counts,
            moving.cubic if self.cubic else moving.linear,
            moving.counts,
            moving.alike,
            self.cubic,
            np.ascontiguousarray(state.matrix),
            frame.group,
            frame.centre,
            frame.radius,
            gain,
            offset,
            max(float(self.cutoff), SMALLEST_CUTOFF),
        )

    def project(self, state: State) -> Floats:
        """Return the derivative of the kernel's parameters by those of a step, (generators + 2, n)."""
        basis = self.basis
        project = np.zeros((len(basis) + 2, basis.shape[1] + 2))
        # The image's gradient by a generator is `gain` times moving's.
        project[:-2, :-2] = state.nuisance[0] * basis
        project[-2, -2] = project[-1, -1] = 1.0
        return project

    def stepped(self, state: State, step: Floats) -> State:
        """Return the state after a step."""
        return State(self.frame.moved(state.matrix, matmul(self.directions, step)), state.nuisance + step[-2:])

    def value(self, state: State, _at: Linearised) -> float:
        """Return the correlation of fixed and warped on every few rows, outliers weighted down."""
        a, b, _ = self._sampled(state.matrix)
        if len(a) < 2 or a.min() == a.max() or b.min() == b.max():
            return 0.0
        gain, offset = map(float, state.nuisance)
        _, _, aa, bb, ab = _weighted(a, b, gain, offset, _inverse_square(self.cutoff), 0.0)
        return max(-1.0, min(1.0, ab / math.sqrt(aa * bb))) if aa > 0 and bb > 0 else 0.0

    def covariance(self, pose: IndexMap) -> Floats | None:
        """Return the covariance (n, n) of the step that squared error determines, or None where it does not."""
        return step_covariance(self, pose)


def _inverse_square(cutoff: float) -> float:
    return 1 / max(cutoff * cutoff, 1e-300)


def _weighted(
    a: Floats, b: Floats, gain: float, offset: float, inverse: float, floor: float
) -> tuple[float, float, float, float, float]:
    """Return weighted means of samples, then the weighted sums of their squares and products about these.

    The parameters are those of `robust_sums`. All are 0 where nothing has a weight.
    """
    sums = np.empty(6)
    robust_sums(a, b, gain, offset, inverse, floor, sums)
    w, wa, wb, aa, bb, ab = sums.tolist()
    if not w > 0:
        return 0.0, 0.0, 0.0, 0.0, 0.0
    return wa / w, wb / w, aa - wa * wa / w, bb - wb * wb / w, ab - wa * wb / w
