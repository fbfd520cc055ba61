"""The methods of `scipy.optimize.minimize`."""

from __future__ import annotations

import warnings
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from superpose._scipy.level_problem import LevelProblem, Minimum, VectorCost, Watched
from superpose._scipy.settings import MethodSettings

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Needs:
    """What a method is given besides cost and start."""

    bounds: bool = False
    gradient: bool = False
    hessian: bool = False


# Without dogleg: it wants a positive definite Hessian, which a cost far from its minimum does not have.
LOCAL: dict[str, Needs] = {
    "nelder-mead": Needs(bounds=True),
    "powell": Needs(bounds=True),
    "cobyla": Needs(bounds=True),
    "cobyqa": Needs(bounds=True),
    "cg": Needs(gradient=True),
    "bfgs": Needs(gradient=True),
    "l-bfgs-b": Needs(bounds=True, gradient=True),
    "tnc": Needs(bounds=True, gradient=True),
    "slsqp": Needs(bounds=True, gradient=True),
    "trust-constr": Needs(bounds=True, gradient=True),
    "newton-cg": Needs(gradient=True, hessian=True),  # its own differences, over 1e-8, would be of rounding errors
    "trust-ncg": Needs(gradient=True, hessian=True),
    "trust-krylov": Needs(gradient=True, hessian=True),
    "trust-exact": Needs(gradient=True, hessian=True),
}


@dataclass(frozen=True)
class LocalMethod:
    """A method of `scipy.optimize.minimize`.

    Parameters
    ----------
    name : str
        One of `LOCAL`.
    settings : MethodSettings
        How it is called.
    """

    name: str
    settings: MethodSettings

    def __call__(self, problem: LevelProblem) -> Minimum:
        """Minimise from the start; the best vector that was tried is returned."""
        from scipy import optimize

        needs, settings, box = LOCAL[self.name], self.settings, problem.close_bounds
        # COBYLA tries vectors outside its bounds.
        cost = Watched(problem, box if self.name == "cobyla" else None)
        arguments: dict[str, Any] = {"method": self.name}
        if needs.gradient:
            arguments["jac"] = _gradient(cost, settings.difference)
        if needs.hessian:
            arguments["hess"] = _hessian(cost, settings.difference)
        if needs.bounds and not (self.name == "powell" and self._is_wide(box, problem.side)):
            arguments["bounds"] = box
        with warnings.catch_warnings():
            # How each level ended is in its record; SciPy's remarks on single steps say nothing to a user.
            warnings.simplefilter("ignore", RuntimeWarning)
            warnings.simplefilter("ignore", optimize.OptimizeWarning)
            warnings.simplefilter("ignore", UserWarning)
            for _ in range(settings.rounds if self.name == "powell" else 1):
                before = cost.best
                optimize.minimize(cost, before.vector, options=self._options(before.vector, box), **arguments)
                if before.cost - cost.best.cost <= settings.enough * problem.unit:
                    break
        return cost.best

    def _options(self, start: Floats, box: Floats) -> dict[str, Any]:
        """Return the method's first steps and tolerances."""
        first_step, tolerance = self.settings.first_step, self.settings.tolerance
        if self.name == "powell":
            return {"xtol": tolerance, "ftol": 1e-8, "maxfev": self.settings.evaluations}
        if self.name == "nelder-mead":
            simplex = _simplex(start, box, first_step)
            return {"xatol": tolerance, "fatol": 1e-12, "adaptive": True, "initial_simplex": simplex}
        if self.name == "cobyla":
            return {"rhobeg": first_step, "tol": tolerance}
        if self.name == "cobyqa":
            return {"initial_tr_radius": first_step, "final_tr_radius": tolerance}
        return {}

    def _is_wide(self, box: Floats, side: int) -> bool:
        """Whether a fine level's box is so large that searching its lines from end to end is not local."""
        return side > self.settings.coarse_side and bool((np.ptp(box, axis=1) > side).any())


def _simplex(start: Floats, box: Floats, width: float) -> Floats:
    """Return a first simplex so wide, in the box: SciPy's is next to nothing wide at zero, and stays there."""
    steps = np.minimum(width, np.ptp(box, axis=1) / 4)
    steps = np.where(start + steps > box[:, 1], -steps, steps)
    return np.vstack([start, start + np.diag(steps)])


def _gradient(cost: VectorCost, difference: float) -> Callable[[Floats], Floats]:
    def gradient(vector: Floats) -> Floats:
        steps = difference * np.eye(len(vector))
        return np.array([cost(vector + step) - cost(vector - step) for step in steps]) / (2 * difference)

    return gradient


def _hessian(cost: VectorCost, difference: float) -> Callable[[Floats], Floats]:
    gradient = _gradient(cost, difference)

    def hessian(vector: Floats) -> Floats:
        step = 4 * difference
        rows = [(gradient(vector + step * e) - gradient(vector - step * e)) / (2 * step) for e in np.eye(len(vector))]
        matrix = np.array(rows)
        return (matrix + matrix.T) / 2

    return hessian
