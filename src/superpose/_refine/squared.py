"""Squared error with gain and offset solved along and outliers weighted down, as an objective."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from itertools import pairwise
from typing import Any

import numpy as np
from numpy.typing import NDArray

from superpose._parallel import ordered_map, row_chunks
from superpose._refine.algebra import Frame
from superpose._refine.interpolated import interpolated, odd
from superpose._refine.objective import Linearised, State
from superpose._refine.prefilter import Noise
from superpose._sampling.level import PreparedLevel
from superpose._sampling.warp import Source, warp
from superpose.transforms.family import family_named

Floats = NDArray[np.float64]

# The residuals' scale is read off rows with about so many pixels.
SAMPLED_PIXELS = 16384
# Noise's part in the matrix of the normal equations is taken for this much of it at most.
LARGEST_SHARE = 0.8
# Gain and offset are fitted so often at most, and until the gain changes by less than this part.
FITS, SETTLED = 5, 1e-3
# Of a Gaussian's median absolute deviation.
NORMAL = 1.4826


@dataclass(frozen=True, eq=False)
class SquaredObjective:
    """One level of a pair: mean Tukey cost of fixed - gain * moving - offset, plain squares where cutoff is inf.

    With `noise`, what the interpolated noise of moving adds at this pose is taken off the cost.
    """

    fixed: PreparedLevel
    moving: PreparedLevel
    family: str
    cubic: bool
    cutoff: float
    threads: int
    noise: Noise | None = None

    @cached_property
    def frame(self) -> Frame:
        """Where the generators act."""
        return Frame.over(self.fixed.shape)

    @cached_property
    def smaller(self) -> float:
        """Pixels of fixed that count."""
        return float(self.fixed.image.mask.sum())

    @cached_property
    def _moving_pixels(self) -> float:
        return float(self.moving.image.mask.sum())

    def fitted(self, matrix: Floats) -> tuple[State, float]:
        """Return the state at a pose, gain and offset by a few reweighted fits, and the residuals' robust deviation."""
        sample, warped = self.sampled(matrix)
        if len(sample) < 8 or warped.min() == warped.max():
            state = State(matrix, np.array([1.0, 0.0]))
            return state, _deviation(sample - warped)
        gain, offset, scale = 1.0, float(np.median(sample) - np.median(warped)), np.inf
        weights = np.ones(len(sample))
        for fit in range(FITS):
            whole = weights.sum()
            mean_m, mean_f = (weights * warped).sum() / whole, (weights * sample).sum() / whole
            d = warped - mean_m
            spread = (weights * d * d).sum()
            before = gain
            gain = float((weights * d * (sample - mean_f)).sum() / spread) if spread > 0 else 1.0
            offset = float(mean_f - gain * mean_m)
            residual = sample - gain * warped - offset
            scale = _deviation(residual)
            # Refinement solves for both again: they need only be good enough to tell outliers.
            if scale <= 0 or (fit and abs(gain - before) < SETTLED * abs(gain)):
                break
            weights = np.maximum(1 - (residual / (6 * scale)) ** 2, 0) ** 2 + 1e-9
        return State(matrix, np.array([gain, offset])), scale

    def scale(self, state: State) -> float:
        """Return the residuals' standard deviation, robustly."""
        sample, warped = self.sampled(state.matrix)
        return _deviation(sample - state.others[0] * warped - state.others[1])

    def sampled(self, matrix: Floats) -> tuple[Floats, Floats]:
        """Return fixed and warped pixels of every few rows, where both count."""
        from superpose._kernels.normal2d import sampled_rows

        every = odd(self.fixed.image.data.size / SAMPLED_PIXELS)
        rows = range(min(every // 2, self.fixed.shape[0] - 1), self.fixed.shape[0], every)
        shape, pose = (len(rows), self.fixed.shape[1]), np.ascontiguousarray(matrix)
        if self.cubic:
            warped, weight = np.empty(shape, np.float32), np.empty(shape, np.float32)
            sampled_rows(self.moving.cubic, self.moving.usable, pose, rows[0], every, warped, weight)
            use = weight > 0
        else:
            strided = pose @ np.array([[every, 0, rows[0]], [0, 1, 0], [0, 0, 1.0]])
            image = self.moving.image
            warped, use = warp(Source(image.data, image.mask, 1), strided, shape, 1)
        use &= self.fixed.image.mask[rows[0] :: every]
        return self.fixed.image.data[rows[0] :: every][use].astype(float), warped[use].astype(float)

    def linearised(self, state: State) -> Linearised:
        """Return the mean robust cost and its model."""
        from superpose._kernels.normal2d import COST, COUNT, GRADIENT, MATRIX, WEIGHT

        rows, columns = self.fixed.shape
        sums = np.add.reduce(self._summed(state, row_chunks(rows, columns), np.array([0, columns])))
        gain, count, project = state.others[0], sums[COUNT], self.project(state)
        if count == 0:
            size = project.shape[1]
            return Linearised(np.inf, 0.0, 0.0, np.zeros(size), np.zeros((size, size)))
        gradient = sums[GRADIENT : GRADIENT + 10]
        hessian = sums[MATRIX:].reshape(10, 10)
        cost = sums[COST] / count
        if self.noise is not None:
            extra, slope, alike = interpolated(
                self.noise, self.frame, (self.fixed.shape, self.moving.shape), state.matrix
            )
            # Noise in moving's slopes looks like structure: with it in the matrix all steps would be too short.
            noisy = np.diag(hessian)[:8] / np.maximum(np.diag(alike), 1e-300)
            share = min(self.noise.variance * self.noise.in_slopes * sums[WEIGHT], LARGEST_SHARE * float(noisy.min()))
            hessian = hessian.copy()
            hessian[:8, :8] -= share * alike
            # The kernel's gradient is minus half of the cost's, and of residuals by gain times moving's gradient.
            weight = sums[WEIGHT] / count
            cost -= weight * gain**2 * extra
            gradient = gradient.copy()
            gradient[:8] += 0.5 * weight * gain * slope * count
        return Linearised(
            cost,
            count / max(1.0, min(self.smaller, self._moving_pixels / abs(np.linalg.det(state.matrix[:2, :2])))),
            count,
            project.T @ gradient / count,
            project.T @ hessian @ project / count,
            sums[COST] / count,
        )

    def tiled(self, state: State, rows: NDArray[np.int64], columns: NDArray[np.int64]) -> Floats:
        """Return the kernel's sums tile by tile, (tiles, SIZE); tiles end where the next one begins."""
        return self._summed(state, [(int(a), int(b)) for a, b in pairwise(rows)], columns)

    def _summed(self, state: State, bands: list[tuple[int, int]], cuts: NDArray[np.int64]) -> Floats:
        """Return the kernel's sums by bands of rows and by columns between cuts, one after the other."""
        from superpose._kernels.normal2d import SIZE, squared_rows

        same = self._passed(state)
        kernel: Callable[..., None] = squared_rows

        def band(rows: tuple[int, int]) -> Floats:
            out = np.empty((len(cuts) - 1, SIZE))
            kernel(*same, *rows, cuts, out)
            return out

        return np.concatenate(ordered_map(band, bands, self.threads))

    def _passed(self, state: State) -> tuple[Any, ...]:
        """Return what the kernel is passed at a state."""
        fixed, moving, frame = self.fixed, self.moving, self.frame
        gain, offset = map(float, state.others)
        return (
            fixed.image.data,
            fixed.image.mask,
            moving.cubic if self.cubic else moving.linear,
            moving.usable,
            moving.image.complete,
            self.cubic,
            np.ascontiguousarray(state.matrix),
            frame.centre,
            frame.radius,
            gain,
            offset,
            float(self.cutoff),
        )

    def project(self, state: State) -> Floats:
        """Return the derivative of the kernels' ten parameters by those of a step, (10, n)."""
        basis = family_named(self.family).basis
        project = np.zeros((10, basis.shape[1] + 2))
        # The image's gradient by a generator is `gain` times moving's.
        project[:8, :-2] = state.others[0] * basis
        project[8, -2] = project[9, -1] = 1.0
        return project

    def noise_in_slopes(self, sums: Floats, state: State) -> Floats:
        """Return what noise alone adds to the kernels' matrix (10, 10), in which it looks like structure."""
        from superpose._kernels.normal2d import WEIGHT

        out = np.zeros((10, 10))
        if self.noise is not None:
            alike = interpolated(self.noise, self.frame, (self.fixed.shape, self.moving.shape), state.matrix)[2]
            out[:8, :8] = self.noise.variance * self.noise.in_slopes * sums[WEIGHT] * alike
        return out

    @cached_property
    def directions(self) -> Floats:
        """What each parameter of a step does in the generators."""
        basis = family_named(self.family).basis
        return np.hstack([basis, np.zeros((len(basis), 2))])

    def stepped(self, state: State, step: Floats) -> State:
        """Return the state after a step."""
        return State(self.frame.moved(state.matrix, self.directions @ step), state.others + step[-2:])


def _deviation(residual: Floats) -> float:
    return NORMAL * float(np.median(np.abs(residual))) if len(residual) else np.inf
