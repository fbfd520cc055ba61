"""What the engine minimises on one level, and what knows how far its answer may be off."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from superpose._refine.algebra import Frame
from superpose._sampling.level import PreparedLevel
from superpose.transforms.geometry import IndexMap

Floats = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class State:
    """A pose between the pixels that an objective compares, and the nuisance solved along (gain, offset, ...)."""

    matrix: IndexMap
    nuisance: Floats


@dataclass(frozen=True, eq=False)
class TileSums:
    """What a kernel of normal equations has summed at a state, by tiles of fixed: (tiles, sums)."""

    state: State
    sums: Floats


@dataclass(frozen=True, eq=False)
class Linearised:
    """A cost and its Gauss-Newton model at a state.

    `cost` is the mean over what overlaps, lower is better. `gradient` (n,) and `hessian` (n, n) are of the family's
    parameters, then of the nuisance: the step that minimises the model is ``solve(hessian, gradient)``. `noise` is what
    the hessian's inverse is multiplied by, over `count`, to be a covariance; None stands for the cost, as for squares.
    `tiles` is what was summed, by tiles, where the covariance of a pose nearby can be had of it.
    """

    cost: float
    overlap: float
    count: float
    gradient: Floats
    hessian: Floats
    noise: float | None = None
    tiles: TileSums | None = None

    @classmethod
    def of_nothing(cls, size: int) -> Linearised:
        """Return the model of `size` parameters where nothing can be compared."""
        return cls(np.inf, 0.0, 0.0, np.zeros(size), np.zeros((size, size)))


class ErrorModel(Protocol):
    """What knows how far a pose may be off."""

    @property
    def fixed(self) -> PreparedLevel:
        """The fixed image as it is compared."""

    @property
    def moving(self) -> PreparedLevel:
        """The moving image as it is compared."""

    @property
    def frame(self) -> Frame:
        """Where the generators act."""

    @property
    def basis(self) -> Floats:
        """What each parameter of a step does in the full group's generators."""

    @property
    def calibrated_as(self) -> str:
        """Which of the calibration's spreads turns the errors that it lets expect into those that are met."""

    def covariance(self, pose: IndexMap) -> Floats | None:
        """Return the covariance (n, n) of a step at a pose between its pixels, None where the images give none."""


class Objective(Protocol):
    """A metric on one level of a pair of images."""

    @property
    def frame(self) -> Frame:
        """Where the generators act."""

    @property
    def directions(self) -> Floats:
        """What each parameter of a step does in the full group's generators, shape (generators, n)."""

    @property
    def precision(self) -> float:
        """Steps below this part of the pose's standard error are not worth taking, on the finest level."""

    @property
    def smooth(self) -> bool:
        """Whether a step tells how long the next one will be: the cost has no ragged detail."""

    def error_model(self, at: Linearised, /) -> ErrorModel:
        """Return what knows how far a pose may be off that minimises it, `at` being the model at or next to that."""

    def linearised(self, state: State) -> Linearised:
        """Return the cost and its model."""

    def stepped(self, state: State, step: Floats) -> State:
        """Return the state after a step of the family's parameters and the nuisance."""

    def pose(self, state: State) -> IndexMap:
        """Return a state's pose, from fixed to moving pixels of the pair that the objective was made for."""

    def value(self, state: State, at: Linearised, /) -> float:
        """Return how well the images match at a state, `at` being its model: what a level reports."""
