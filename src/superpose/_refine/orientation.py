"""The contrast-blind orientation score as an objective: squared error between two direction fields, gain solved."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from superpose._parallel import ordered_map, row_chunks
from superpose._refine.algebra import Frame
from superpose._refine.objective import Linearised, State
from superpose._sampling.field import FLAT
from superpose._sampling.level import PreparedLevel
from superpose.transforms.family import family_named
from superpose.transforms.geometry import nearest_turn

Floats = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class OrientationObjective:
    """One level of a pair, compared by the directions of edges alone, modulo half a turn."""

    fixed: PreparedLevel
    moving: PreparedLevel
    family: str
    threads: int

    @cached_property
    def frame(self) -> Frame:
        """Where the generators act."""
        return Frame.over(self.fixed.shape)

    @cached_property
    def smaller(self) -> float:
        """Usable pixels of fixed."""
        return max(1.0, float(self.fixed.field.usable.sum()))

    @cached_property
    def _moving_pixels(self) -> float:
        return float(self.moving.field.usable.sum())

    def start(self, matrix: Floats) -> State:
        """Return the state at a pose, its gain solved."""
        sums = self._sums(State(matrix, np.ones(1)))
        from superpose._kernels.normal2d import GRADIENT, MATRIX

        energy = sums[MATRIX + 88]
        gain = 1.0 + sums[GRADIENT + 8] / energy if energy > 0 else 1.0
        return State(matrix, np.array([max(gain, 1e-3)]))

    def _sums(self, state: State) -> Floats:
        from superpose._kernels.normal2d import SIZE, vector_rows

        angle = -2 * nearest_turn(state.matrix[:2, :2])[0]
        frame, fixed, moving = self.frame, self.fixed.field, self.moving.field
        matrix = np.ascontiguousarray(state.matrix)

        def band(rows: tuple[int, int]) -> Floats:
            out = np.empty(SIZE)
            vector_rows(
                fixed.padded,
                fixed.usable,
                moving.padded,
                moving.usable,
                matrix,
                frame.centre,
                frame.radius,
                float(state.others[0]),
                np.cos(angle),
                np.sin(angle),
                *rows,
                out,
            )
            return out

        parts = ordered_map(band, row_chunks(*self.fixed.shape), self.threads)
        return np.asarray(np.add.reduce(parts))

    @cached_property
    def directions(self) -> Floats:
        """What each parameter of a step does in the generators."""
        basis = family_named(self.family).basis
        return np.hstack([basis, np.zeros((len(basis), 1))])

    def linearised(self, state: State) -> Linearised:
        """Return one minus the squared correlation-like score, and its model."""
        from superpose._kernels.normal2d import COST, COUNT, GRADIENT, MATRIX, WEIGHT

        sums = self._sums(state)
        count, energy = sums[COUNT], sums[WEIGHT]
        if count == 0 or energy <= 0:
            size = family_named(self.family).basis.shape[1] + 1
            return Linearised(np.inf, 0.0, 0.0, np.zeros(size), np.zeros((size, size)))
        gradient = sums[GRADIENT : GRADIENT + 10]
        hessian = sums[MATRIX:].reshape(10, 10)
        # From generators to (family, gain): the directions' turn follows from the pose.
        basis = family_named(self.family).basis
        project = np.zeros((10, basis.shape[1] + 1))
        project[:8, :-1] = basis
        project[9, :-1] = -2 * self._turning(state.matrix) @ basis
        project[8, -1] = 1.0
        scale = 1.0 / energy
        return Linearised(
            sums[COST] * scale,
            count / self._comparable(state.matrix),
            count,
            project.T @ gradient * scale,
            project.T @ hessian @ project * scale,
        )

    def _turning(self, matrix: Floats) -> Floats:
        """Return the derivative of the pose's angle (radians) by the eight generators."""
        a = matrix[:2, :2]
        real, imaginary = a[0, 0] + a[1, 1], a[1, 0] - a[0, 1]
        size = real**2 + imaginary**2
        out = np.zeros(8)
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
        from superpose._kernels.normal2d import COUNT, GRADIENT, MATRIX, WEIGHT

        sums = self._sums(state)
        count, mine, other = sums[COUNT], sums[WEIGHT], sums[MATRIX + 88]
        if count == 0:
            return 0.0
        product = sums[GRADIENT + 8] + state.others[0] * other
        mine = max(mine, FLAT * count * self.fixed.field.energy)
        other = max(other, FLAT * count * self.moving.field.energy)
        if product <= 0:
            return 0.0
        alike = float(product) / float(np.sqrt(mine * other))
        # Few pixels agree by chance more easily than many, and where one image is magnified its pixels are the few.
        pairs = float(count) * min(1.0, abs(float(np.linalg.det(state.matrix[:2, :2]))))
        return alike * float(np.sqrt(min(1.0, pairs / max(1.0, min(self.smaller, self._moving_pixels)))))

    def _comparable(self, matrix: Floats) -> float:
        """Return the usable pixels of the smaller image, in pixels of fixed."""
        seen = self._moving_pixels / abs(float(np.linalg.det(matrix[:2, :2])))
        return max(1.0, min(self.smaller, seen))

    def stepped(self, state: State, step: Floats) -> State:
        """Return the state after a step."""
        matrix = self.frame.moved(state.matrix, self.directions @ step)
        return State(matrix, np.maximum(state.others + step[-1:], 1e-3))
