"""The contrast-blind orientation score: squared error between two fields of directions, gain solved along."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from superpose._arithmetic.elementary import cos, sin
from superpose._arithmetic.matrices import matmul
from superpose._parallel import chunks_of, summed
from superpose._refine.objective import Linearised, State
from superpose._sampling.level_pair import LevelPair
from superpose.metrics._level_objective import LevelObjective, meets_all_fractions
from superpose.metrics._normal_equations import NormalEquations
from superpose.metrics._orientation_covariance import pull_covariance, step_covariance
from superpose.transforms.geometry import IndexMap, nearest_turn, volume_ratio

Floats = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class OrientationObjective(LevelObjective):
    """One level of a pair, compared by the directions of edges alone, modulo half a turn.

    `pair` is the one that poses are stated for, where what is compared lies on another grid.
    """

    pair: LevelPair | None = None

    nuisance_count: ClassVar[int] = 1
    calibrated_as: ClassVar[str] = "orientation"

    @property
    def precision(self) -> float:
        """Steps below this part of the pose's standard error are not worth taking, on the finest level."""
        return self.settings.orientation.precision

    def error_model(self, _at: Linearised) -> OrientationObjective:
        """Return what knows how far a pose may be off."""
        return self

    @cached_property
    def fixed_pixel_count(self) -> float:
        """Pixels of fixed that have a direction."""
        return float(self.fixed.field.pixel_count)

    @cached_property
    def moving_pixel_count(self) -> float:
        """Pixels of moving that have a direction."""
        return float(self.moving.field.pixel_count)

    def pose(self, state: State) -> IndexMap:
        """Return a state's pose between pixels of the pair."""
        return self._between_pixels(state.matrix)

    def _between_pixels(self, matrix: IndexMap) -> IndexMap:
        if self.pair is None:
            return matrix
        return self.pair.to_index(LevelPair(self.fixed, self.moving).to_physical(matrix))

    def value(self, _state: State, at: Linearised) -> float:
        """Return the score: the root of what the directions of one image explain of the other's."""
        return float(np.sqrt(max(0.0, 1 - at.cost)))

    def start(self, matrix: IndexMap) -> State:
        """Return the state at a pose, its gain solved."""
        from superpose._kernels.vector import vector_rows

        sums = summed(vector_rows, *self._arguments(State(matrix, np.ones(1))))
        found = NormalEquations(sums, self.frame.generators)
        energy = found.matrix[-2, -2]
        gain = 1.0 + found.gradient[-2] / energy if energy > 0 else 1.0
        return State(matrix, np.array([max(gain, self.settings.orientation.min_gain)]))

    def _arguments(self, state: State) -> tuple[Any, ...]:
        """Return what `summed` is passed with the kernel at a state."""
        angle = -2 * nearest_turn(state.matrix[:-1, :-1])[0]
        frame, fixed, moving = self.frame, self.fixed.field, self.moving.field
        before = (
            fixed.padded,
            fixed.counts,
            moving.padded,
            moving.counts,
            np.ascontiguousarray(state.matrix),
            frame.group,
            frame.centre,
            frame.radius,
            float(state.nuisance[0]),
            cos(angle),
            sin(angle),
        )
        return before, chunks_of(self.fixed.shape), (), (self.sums_count,), self.threads

    def linearised(self, state: State) -> Linearised:
        """Return one minus the squared correlation-like score, and its model."""
        from superpose._kernels.vector import vector_rows

        found = NormalEquations(summed(vector_rows, *self._arguments(state)), self.frame.generators)
        count, energy = float(found.count), float(found.weight)
        if count == 0 or energy <= 0:
            return Linearised.of_nothing(self.directions.shape[1])
        # From generators to (family, gain): the directions' turn follows from the pose.
        basis = self.basis
        project = np.zeros((len(basis) + 2, basis.shape[1] + 1))
        project[:-2, :-1] = basis
        project[-1, :-1] = matmul(-2 * self._turning(state.matrix), basis)
        project[-2, -1] = 1.0
        scale = 1.0 / energy
        return Linearised(
            float(found.cost) * scale,
            self.overlap(count, state.matrix),
            count,
            matmul(project.T, found.gradient) * scale,
            matmul(project.T, found.matrix, project) * scale,
        )

    def _turning(self, matrix: IndexMap) -> Floats:
        """Return the derivative of the pose's angle (radians) by the generators."""
        a = matrix[:-1, :-1]
        real, imaginary = a[0, 0] + a[1, 1], a[1, 0] - a[0, 1]
        size = real * real + imaginary * imaginary
        out = np.zeros(self.frame.generators)
        # exp(step) multiplies the linear part from the right.
        for k, (i, j) in ((0, (0, 0)), (1, (0, 1)), (3, (1, 0)), (4, (1, 1))):
            change = np.zeros((2, 2))
            change[:, j] = a[:, i]
            d_real, d_imaginary = change[0, 0] + change[1, 1], change[1, 0] - change[0, 1]
            out[k] = (real * d_imaginary - imaginary * d_real) / size
        return out / self.frame.radius

    def score(self, state: State) -> float:
        """Return the search's score of a state: normalised correlation times the root of how many pixels that compares.

        An overlap with little energy in either image is flat there: what little there is must not decide.
        """
        from superpose._kernels.vector import vector_rows

        found = NormalEquations(summed(vector_rows, *self._arguments(state)), self.frame.generators)
        count, mine, other = float(found.count), float(found.weight), float(found.matrix[-2, -2])
        if count == 0:
            return 0.0
        product = found.gradient[-2] + state.nuisance[0] * other
        mine = max(mine, self.fixed.settings.flat * count * self.fixed.field.energy)
        other = max(other, self.moving.settings.flat * count * self.moving.field.energy)
        if product <= 0:
            return 0.0
        alike = float(product) / float(np.sqrt(mine * other))
        # Few pixels agree by chance more easily than many, and where one image is magnified its pixels are the few.
        pairs = count * min(1.0, volume_ratio(state.matrix))
        return alike * float(np.sqrt(min(1.0, pairs / max(1.0, min(self.fixed_pixel_count, self.moving_pixel_count)))))

    def stepped(self, state: State, step: Floats) -> State:
        """Return the state after a step."""
        matrix = self.frame.moved(state.matrix, matmul(self.directions, step))
        return State(matrix, np.maximum(state.nuisance + step[-1:], self.settings.orientation.min_gain))

    def covariance(self, pose: IndexMap) -> Floats | None:
        """Return the covariance (n, n) of the family's step at a pose, or None where directions do not determine it."""
        settings = self.settings
        found = step_covariance(self.fixed, self.moving, pose, self.basis, self.frame, self.threads, settings)
        pair = self.pair or LevelPair(self.fixed, self.moving)
        if found is None or meets_all_fractions(self._between_pixels(pose), pair, settings.all_fractions):
            return found
        return found + pull_covariance(self.basis, self.frame, settings.orientation.pull)
