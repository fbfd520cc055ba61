"""What an optimiser is given on one level, and what it gives back."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
VectorCost = Callable[[Floats], float]


@dataclass(frozen=True)
class Minimum:
    """Where an optimiser ended: vector and cost."""

    vector: Floats
    cost: float


@dataclass(frozen=True)
class LevelProblem:
    """What an optimiser is given on one level.

    Parameters
    ----------
    cost : callable
        From a vector to a number, lower is better.
    start : ndarray, shape (n,)
        In pixels of the level (angles and scales as the pixels by which they move a corner).
    bounds : ndarray, shape (n, 2)
        The box that a bounded method may search.
    side : int
        The longest side of the level in pixels.
    near : float
        How far from the start a local method may go: the coarser level was right to within that.
    unit : float
        What a difference of cost is large against.
    worst : float
        A cost from here on means that the images do not overlap enough.
    """

    cost: VectorCost
    start: Floats
    bounds: Floats
    side: int
    near: float = np.inf
    unit: float = 1.0
    worst: float = np.inf

    @property
    def close_bounds(self) -> Floats:
        """The box no farther than `near` from the start."""
        start = self.start[:, None]
        return np.clip(self.bounds, start - self.near, start + self.near)


class Watched:
    """A problem's cost in its unit, as SciPy's tolerances expect it, which remembers the best vector tried.

    Several methods end elsewhere: Powell's search along a line in a box keeps its last point, better or not.

    Parameters
    ----------
    problem : LevelProblem
        Whose cost.
    box : ndarray, shape (n, 2), optional
        Vectors outside are not remembered: they cannot be the answer.
    """

    def __init__(self, problem: LevelProblem, box: Floats | None = None) -> None:
        self._problem = problem
        self._box = np.array([[-np.inf, np.inf]]) if box is None else box
        self.best = Minimum(problem.start, problem.cost(problem.start))

    def __call__(self, vector: Floats) -> float:
        """Return the cost over the unit."""
        at = np.atleast_1d(np.asarray(vector, float))
        cost = self._problem.cost(at)
        if cost < self.best.cost and (at >= self._box[:, 0]).all() and (at <= self._box[:, 1]).all():
            self.best = Minimum(at.copy(), cost)
        return cost / self._problem.unit
