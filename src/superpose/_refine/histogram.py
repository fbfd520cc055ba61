"""Metrics of the joint histogram (mutual information, its normalised form, correlation ratio) as an objective."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from superpose._parallel import ordered_map, row_chunks
from superpose._refine.algebra import Frame
from superpose._refine.joint import METRICS, spread
from superpose._refine.objective import Linearised, State
from superpose._sampling.level import PreparedLevel
from superpose.transforms.family import family_named

Floats = NDArray[np.float64]

# Bins along each axis: the cube root of the pixels, within limits.
LEAST_BINS, MOST_BINS = 12, 64
# The correlation ratio takes fixed as one value throughout a bin, and so needs this many times as many, which cost it
# nothing: it does not ask for a density in each.
FINER = 4
# Moving's bins go from this quantile of its values to the one as far from the other end; further values count as that.
TAIL = 1e-3
# Tukey's cutoff in residual standard deviations, and these in a Gaussian's median absolute deviations.
CUTOFF, NORMAL = 6.0, 1.4826


@dataclass(frozen=True, eq=False)
class HistogramObjective:
    """One level of a pair, compared by a function of the joint histogram of their intensities.

    Fixed's bins hold equally many pixels; moving's are equally wide, and a value is spread over them by a cubic
    B-spline (Thévenaz & Unser 2000, Mattes et al. 2003). Neither depends on the pose.
    """

    fixed: PreparedLevel
    moving: PreparedLevel
    family: str
    cubic: bool
    metric: str
    threads: int
    cutoff: float = np.inf
    wanted: int | None = None

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

    @cached_property
    def size(self) -> int:
        """How many bins moving has: those wanted across its range, and two and a half at each end for the spline."""
        if self.wanted is not None:
            return self.wanted + 5
        return int(np.clip(min(self.smaller, self._moving_pixels) ** (1 / 3), LEAST_BINS, MOST_BINS))

    @cached_property
    def rows(self) -> int:
        """How many bins fixed has."""
        return self.size * (FINER if self.metric == "correlation-ratio" else 1)

    @cached_property
    def bins(self) -> NDArray[np.int16]:
        """The bin of each pixel of fixed, -1 where it does not count."""
        image = self.fixed.image
        edges = np.unique(np.quantile(image.data[image.mask], np.linspace(0, 1, self.rows + 1)[1:-1]))
        index = np.searchsorted(edges, image.data.ravel(), side="right").reshape(image.data.shape)
        return np.where(image.mask, index, -1).astype(np.int16)

    @cached_property
    def scale(self) -> tuple[float, float]:
        """Where moving's bins begin, and how many there are to a unit of intensity."""
        low, high = np.quantile(self.moving.image.data[self.moving.image.mask], (TAIL, 1 - TAIL))
        width = (high - low) / (self.size - 5)
        if not width > 0:
            return float(low), 0.0
        return float(low - 2 * width), 1 / width

    def start(self, matrix: Floats) -> State:
        """Return the state at a pose."""
        return State(matrix, np.zeros(0))

    def robust(self, matrix: Floats) -> HistogramObjective:
        """Return the objective whose cutoff suits the residuals at a pose; for the correlation ratio."""
        scale = NORMAL * spread(self.sampled(matrix)[0])
        return replace(self, cutoff=CUTOFF * scale if scale > 0 else np.inf)

    def sampled(self, matrix: Floats) -> tuple[Floats, tuple[Any, Any, Any]]:
        """Return the joint histogram in pixels, and where each sample lies in it, with its derivatives."""
        from superpose._kernels.histogram2d import histogram_rows

        pose = np.ascontiguousarray(matrix)
        image = self.moving.cubic if self.cubic else self.moving.linear
        bins, usable, scale = self.bins, self.moving.usable, self.scale
        place, by_row, by_column = (np.empty(self.fixed.shape, np.float32) for _ in range(3))

        def band(rows: tuple[int, int]) -> Floats:
            out = np.empty((self.rows, self.size))
            histogram_rows(bins, image, usable, self.cubic, pose, *scale, *rows, place, by_row, by_column, out)
            return out

        joint = np.add.reduce(ordered_map(band, row_chunks(*self.fixed.shape), self.threads))
        return np.asarray(joint), (place, by_row, by_column)

    def linearised(self, state: State) -> Linearised:
        """Return the metric as a cost, and its model."""
        from superpose._kernels.histogram2d import GRADIENT, MATRIX, SIZE, slope_rows

        joint, sampled = self.sampled(state.matrix)
        count = float(joint.sum())
        basis = family_named(self.family).basis
        if not count > 0 or not self.scale[1] > 0:
            size = basis.shape[1]
            return Linearised(np.inf, 0.0, 0.0, np.zeros(size), np.zeros((size, size)))
        terms = METRICS[self.metric](joint / count, self.cutoff)
        slope, curvature = (np.ascontiguousarray(table, np.float32) for table in (terms.slope, terms.curvature))
        bins, frame = self.bins, self.frame

        def band(rows: tuple[int, int]) -> Floats:
            out = np.empty(SIZE)
            slope_rows(bins, *sampled, slope, curvature, frame.centre, frame.radius, *rows, out)
            return out

        sums = np.add.reduce(ordered_map(band, row_chunks(*self.fixed.shape), self.threads))
        lower = np.tril(sums[MATRIX:].reshape(10, 10)[:8, :8])
        hessian = lower + np.tril(lower, -1).T
        # Of half the cost, as in squared error.
        return Linearised(
            terms.cost,
            count / max(1.0, min(self.smaller, self._moving_pixels / abs(np.linalg.det(state.matrix[:2, :2])))),
            count,
            0.5 * basis.T @ sums[GRADIENT : GRADIENT + 8] / count,
            0.5 * basis.T @ hessian @ basis / count,
            terms.noise,
        )

    @property
    def directions(self) -> Floats:
        """What each parameter of a step does in the generators."""
        return family_named(self.family).basis

    def stepped(self, state: State, step: Floats) -> State:
        """Return the state after a step."""
        return State(self.frame.moved(state.matrix, self.directions @ step), state.others)
