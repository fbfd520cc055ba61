"""What the engine minimises on one level: a cost and its normal equations at a pose."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from superpose._refine.algebra import Frame

Floats = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class State:
    """A pose, from fixed to moving pixels of the level, and what else is solved along (gain, offset, ...)."""

    matrix: Floats
    others: Floats


@dataclass(frozen=True, eq=False)
class Linearised:
    """A cost and its Gauss-Newton model at a state.

    `cost` is the mean over what overlaps, lower is better. `gradient` (n,) and `hessian` (n, n) are of the family's
    parameters, then of `others`: the step that minimises the model is ``solve(hessian, gradient)``. `noise` is what
    the hessian's inverse is multiplied by, over `count`, to be a covariance; None stands for the cost, as for squares.
    """

    cost: float
    overlap: float
    count: float
    gradient: Floats
    hessian: Floats
    noise: float | None = None


class Objective(Protocol):
    """A metric on one level of a pair of images."""

    @property
    def frame(self) -> Frame:
        """Where the generators act."""

    def linearised(self, state: State) -> Linearised:
        """Return the cost and its model."""

    @property
    def directions(self) -> Floats:
        """What each parameter of a step does in the full group's eight generators, (8, n)."""

    def stepped(self, state: State, step: Floats) -> State:
        """Return the state after a step of the family's parameters and the others."""
