"""The joint histogram of a pair at a pose, smooth enough for derivatives, and any metric that is a function of it."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any, ClassVar, Protocol

import numpy as np
from numpy.typing import NDArray

from superpose._arithmetic.matrices import inverse, matmul
from superpose._parallel import chunks_of, summed
from superpose._refine.objective import Linearised, State
from superpose._sampling.level_pair import LevelPair
from superpose.metrics._level_objective import LevelObjective
from superpose.metrics._normal_equations import NormalEquations
from superpose.metrics._orientation_objective import OrientationObjective
from superpose.metrics._prefilter import blurred, splined
from superpose.metrics.settings import HistogramSettings, MetricSettings
from superpose.transforms.family import Family
from superpose.transforms.geometry import IndexMap, normalised

Floats = NDArray[np.float64]

# Below this probability a cell is empty: no sample's window reaches into it.
EMPTY = 1e-30


@dataclass(frozen=True, eq=False)
class Terms:
    """A metric at a joint histogram of (fixed's bins, moving's bins).

    `cost`: lower is better. `slope`: its derivatives by the histogram's cells, up to a constant in each row.
    `curvature`: what a sample there adds to the second derivative by its own place, not negative. `noise`: half the
    sample variance of the slope over the curvature, which turns the inverse of half the curvature into a covariance.
    """

    cost: float
    slope: Floats
    curvature: Floats
    noise: float


class HistogramFunction(Protocol):
    """A metric as a function of the joint histogram."""

    @property
    def bins(self) -> int | None:
        """How many bins the user wants across moving's range."""

    @property
    def takes_bins_for_values(self) -> bool:
        """Whether each bin of fixed is taken for one value throughout, and so has to be narrow."""

    def terms(self, joint: Floats, cutoff: float, settings: HistogramSettings, /) -> Terms:
        """Return the metric as a cost, and its derivatives by a joint distribution; residuals count to a cutoff."""

    def value_of_cost(self, cost: float, /) -> float:
        """Return the measure that belongs to a cost."""


@dataclass(frozen=True, eq=False)
class HistogramObjective(LevelObjective):
    """One level of a pair, compared by a function of the joint histogram of their intensities.

    Fixed's bins hold equally many pixels; moving's are equally wide, and a value is spread over them by a cubic
    B-spline (Thévenaz & Unser 2000, Mattes et al. 2003). Neither depends on the pose. `pair` is the one that poses are
    stated for: its images may have been exchanged.
    """

    cubic: bool
    metric: HistogramFunction
    pair: LevelPair
    exchanged: bool = False
    cutoff: float = np.inf

    # What the spline's windows need beyond moving's range, in bins, both ends together.
    margin: ClassVar[int] = 5

    @classmethod
    def of_pair(
        cls,
        pair: LevelPair,
        metric: HistogramFunction,
        family: Family,
        threads: int,
        cubic: bool,
        settings: MetricSettings,
        exchanged: bool = False,
    ) -> HistogramObjective:
        """Return the objective of a pair, or of the pair with its images exchanged."""
        fixed, moving = (pair.moving, pair.fixed) if exchanged else (pair.fixed, pair.moving)
        width, prefilter = settings.histogram.blur, settings.prefilter
        sampled = replace(blurred(moving, width, prefilter), coefficients=splined(moving, width, prefilter).cubic)
        fixed = blurred(fixed, width, prefilter)
        return cls(fixed, sampled, family, threads, settings, cubic, metric, pair, exchanged)

    @property
    def precision(self) -> float:
        """Steps below this part of the pose's standard error are not worth taking, on the finest level."""
        return self.settings.histogram.precision

    def error_model(self, _at: Linearised) -> OrientationObjective:
        """Return what knows how far a pose may be off: the directions of edges."""
        return OrientationObjective(self.pair.fixed, self.pair.moving, self.family, self.threads, self.settings)

    @cached_property
    def size(self) -> int:
        """How many bins moving has: those wanted across its range, and two and a half at each end for the spline."""
        if self.metric.bins is not None:
            return self.metric.bins + self.margin
        least, most = self.settings.histogram.min_bins, self.settings.histogram.max_bins
        pixels = min(self.fixed_pixel_count, self.moving_pixel_count)
        return max(least, sum(k * k * k < pixels for k in range(1, most + 1)))

    @cached_property
    def rows(self) -> int:
        """How many bins fixed has."""
        if not self.metric.takes_bins_for_values:
            return self.size
        return max(self.size, min(self.size * self.settings.histogram.finer, self.settings.histogram.max_fine_bins))

    @cached_property
    def bins(self) -> NDArray[np.int16]:
        """The bin of each pixel of fixed, -1 where it does not count."""
        image = self.fixed.image
        edges = np.unique(np.quantile(image.data[image.trusted], np.linspace(0, 1, self.rows + 1)[1:-1]))
        index = np.searchsorted(edges, image.data.ravel(), side="right").reshape(image.data.shape)
        return np.where(image.mask, index, -1).astype(np.int16)

    @cached_property
    def scale(self) -> tuple[float, float]:
        """Where moving's bins begin, and how many there are to a unit of intensity."""
        tail = self.settings.histogram.tail
        low, high = np.quantile(self.moving.image.data[self.moving.image.trusted], (tail, 1 - tail))
        width = (high - low) / (self.size - self.margin)
        if not width > 0:
            return float(low), 0.0
        return float(low - 2 * width), 1 / width

    def start(self, matrix: IndexMap) -> State:
        """Return the state at a pose of the pair."""
        return State(IndexMap(inverse(matrix)) if self.exchanged else matrix, np.zeros(0))

    def pose(self, state: State) -> IndexMap:
        """Return a state's pose between pixels of the pair."""
        if not self.exchanged:
            return state.matrix
        return normalised(IndexMap(inverse(state.matrix)))

    def value(self, _state: State, at: Linearised) -> float:
        """Return the metric."""
        return self.metric.value_of_cost(at.cost)

    def joint(self, matrix: IndexMap) -> Floats:
        """Return the joint histogram at a pose, in pixels."""
        from superpose._kernels.histogram import histogram_rows

        arguments, samples, chunks = self._arguments(matrix), self._samples(), chunks_of(self.fixed.shape)
        return summed(histogram_rows, arguments, chunks, samples, (self.rows, self.size), self.threads)

    def _arguments(self, matrix: IndexMap) -> tuple[Any, ...]:
        """Return what the kernel that fills the histogram is passed before the rows."""
        image = self.moving.cubic if self.cubic else self.moving.linear
        return self.bins, image, self.moving.counts, self.cubic, np.ascontiguousarray(matrix), *self.scale

    def _samples(self) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
        """Return room for the places of samples in the histogram, and their derivatives by fixed's axes; weights."""
        shape, fixed = self.fixed.shape, self.fixed.image
        weighed = fixed.weights is not None or self.moving.image.weights is not None
        slopes = np.empty((len(shape) + weighed, *shape), np.float32)
        if weighed:
            slopes[-1] = 1.0 if fixed.weights is None else fixed.parts
        return np.empty(shape, np.float32), slopes

    def linearised(self, state: State) -> Linearised:
        """Return the metric as a cost, and its model."""
        from superpose._kernels.histogram import histogram_rows, slope_rows

        arguments, samples, chunks = self._arguments(state.matrix), self._samples(), chunks_of(self.fixed.shape)
        joint = summed(histogram_rows, arguments, chunks, samples, (self.rows, self.size), self.threads)
        count = float(joint.sum())
        basis = self.basis
        if not count > 0 or not self.scale[1] > 0:
            return Linearised.of_nothing(basis.shape[1])
        terms = self.metric.terms(joint / count, self.cutoff, self.settings.histogram)
        slope, curvature = (np.ascontiguousarray(table, np.float32) for table in (terms.slope, terms.curvature))
        frame = self.frame
        found = (self.bins, *samples, slope, curvature, frame.group, frame.centre, frame.radius)
        sums = summed(slope_rows, found, chunks, (), (self.sums_count,), self.threads)
        equations = NormalEquations(sums, frame.generators)
        hessian = equations.matrix[:-2, :-2]
        # Of half the cost, as in squared error.
        return Linearised(
            terms.cost,
            self.overlap(count, state.matrix),
            count,
            0.5 * matmul(basis.T, equations.gradient[:-2]) / count,
            0.5 * matmul(basis.T, hessian, basis) / count,
            terms.noise,
        )

    def stepped(self, state: State, step: Floats) -> State:
        """Return the state after a step."""
        return State(self.frame.moved(state.matrix, matmul(self.directions, step)), state.nuisance)
