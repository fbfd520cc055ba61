"""SciPy's optimisers as frozen values, each moving one vector of pixels."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy import optimize

from superpose._names import canonical, unknown
from superpose.errors import InputError

Floats = NDArray[np.float64]
Cost = Callable[[Floats], float]

# Derivatives are differences over this many pixels of the level: images are float32 and interpolated between
# pixels, so that the 1e-8 of SciPy's default would differentiate rounding errors.
DIFFERENCE = 0.05

_PLAIN = ("nelder-mead", "powell", "cobyla", "cobyqa")
_GRADIENT = ("cg", "bfgs", "l-bfgs-b", "tnc", "slsqp", "trust-constr", "newton-cg")
_HESSIAN = ("trust-ncg", "trust-krylov", "trust-exact")
LOCAL = (*_PLAIN, *_GRADIENT, *_HESSIAN)
# dogleg wants a positive definite Hessian, which a cost far from its minimum does not have.
IMPOSSIBLE = ("dogleg",)
BOXED = ("nelder-mead", "powell", "cobyla", "cobyqa", "l-bfgs-b", "tnc", "slsqp", "trust-constr")
GLOBAL = ("basinhopping", "differential-evolution", "dual-annealing", "shgo", "brute")
ALIASES = {"basin-hopping": "basinhopping", "lbfgsb": "l-bfgs-b", "lbfgs": "l-bfgs-b", "bh": "basinhopping"}

# The finest level on which a global method still searches; below it a local one follows the basin it found.
GLOBAL_SIDE = 64
BRUTE_SAMPLES = 3000


@dataclass(frozen=True)
class Found:
    """Where an optimiser ended: vector, cost and number of evaluations."""

    vector: Floats
    cost: float


@dataclass(frozen=True)
class Problem:
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
    """

    cost: Cost
    start: Floats
    bounds: Floats
    side: int


@dataclass(frozen=True)
class Local:
    """A method of `scipy.optimize.minimize`."""

    name: str

    def __call__(self, problem: Problem) -> Found:
        """Minimise from the start."""
        arguments: dict[str, Any] = {"method": self.name}
        if self.name in (*_GRADIENT, *_HESSIAN):
            arguments["jac"] = _gradient(problem.cost)
        if self.name in _HESSIAN:
            arguments["hess"] = _hessian(problem.cost)
        if self.name in BOXED:
            arguments["bounds"] = problem.bounds
        arguments |= _SETTINGS.get(self.name, {})
        found = optimize.minimize(problem.cost, problem.start, **arguments)
        return Found(np.asarray(found.x, float), float(found.fun))


# SciPy's own first steps suit unknowns of size one that are known to nothing; ours are pixels, wanted to 1e-4.
_SETTINGS: dict[str, dict[str, Any]] = {
    "powell": {"options": {"xtol": 1e-4, "ftol": 1e-8}},
    "nelder-mead": {"options": {"xatol": 1e-4, "fatol": 1e-12, "adaptive": True}},
    "cobyla": {"options": {"rhobeg": 2.0, "tol": 1e-4}},
    "cobyqa": {"options": {"initial_tr_radius": 2.0, "final_tr_radius": 1e-4}},
}


def _gradient(cost: Cost) -> Callable[[Floats], Floats]:
    def gradient(vector: Floats) -> Floats:
        steps = DIFFERENCE * np.eye(len(vector))
        return np.array([cost(vector + step) - cost(vector - step) for step in steps]) / (2 * DIFFERENCE)

    return gradient


def _hessian(cost: Cost) -> Callable[[Floats], Floats]:
    gradient = _gradient(cost)

    def hessian(vector: Floats) -> Floats:
        step = 4 * DIFFERENCE
        rows = [(gradient(vector + step * e) - gradient(vector - step * e)) / (2 * step) for e in np.eye(len(vector))]
        matrix = np.array(rows)
        return (matrix + matrix.T) / 2

    return hessian


@dataclass(frozen=True)
class Global:
    """A global method on the coarse levels, Powell below."""

    name: str
    seed: int

    def __call__(self, problem: Problem) -> Found:
        """Search the whole box on a coarse level; on a fine one follow the basin found."""
        if problem.side > GLOBAL_SIDE:
            return Local("powell")(problem)
        found = getattr(self, "_" + self.name.replace("-", "_"))(problem)
        # A global method may leave the start's basin for no better one.
        if not found.cost <= problem.cost(problem.start):
            return Local("powell")(problem)
        return Local("powell")(Problem(problem.cost, found.vector, problem.bounds, problem.side))

    def _basinhopping(self, problem: Problem) -> Found:
        found = optimize.basinhopping(
            problem.cost,
            problem.start,
            niter=50,
            stepsize=problem.side / 4,
            T=_temperature(problem),
            minimizer_kwargs={"method": "powell", "bounds": problem.bounds, "options": {"xtol": 1e-2, "ftol": 1e-4}},
            rng=self.seed,
        )
        return Found(np.asarray(found.x, float), float(found.fun))

    def _differential_evolution(self, problem: Problem) -> Found:
        found = optimize.differential_evolution(problem.cost, problem.bounds, x0=_inside(problem), rng=self.seed)
        return Found(np.asarray(found.x, float), float(found.fun))

    def _dual_annealing(self, problem: Problem) -> Found:
        found = optimize.dual_annealing(
            problem.cost, problem.bounds, x0=_inside(problem), maxiter=200, maxfun=20000, rng=self.seed
        )
        return Found(np.asarray(found.x, float), float(found.fun))

    def _shgo(self, problem: Problem) -> Found:
        found = optimize.shgo(
            problem.cost,
            problem.bounds,
            n=256,
            sampling_method="sobol",
            minimizer_kwargs={"method": "powell", "bounds": problem.bounds},
            options={"maxfev": 20000},
        )
        if found.x is None:
            return Found(problem.start, problem.cost(problem.start))
        return Found(np.asarray(found.x, float), float(found.fun))

    def _brute(self, problem: Problem) -> Found:
        samples = max(3, int(round(BRUTE_SAMPLES ** (1 / len(problem.start)))))
        ranges = [slice(low, high, complex(0, samples)) for low, high in problem.bounds]
        vector, cost, *_ = optimize.brute(problem.cost, ranges, full_output=True, finish=None)
        return Found(np.atleast_1d(np.asarray(vector, float)), float(cost))


def _inside(problem: Problem) -> Floats:
    return np.clip(problem.start, problem.bounds[:, 0], problem.bounds[:, 1])


def _temperature(problem: Problem) -> float:
    """Return the spread of the cost over the neighbourhood: the height of a barrier worth jumping over."""
    steps = problem.side / 8 * np.vstack([np.eye(len(problem.start)), -np.eye(len(problem.start))])
    costs = [problem.cost(problem.start), *(problem.cost(problem.start + step) for step in steps)]
    return float(np.std(costs)) or 1.0


@dataclass(frozen=True)
class Custom:
    """The user's optimiser: ``optimizer(cost, start, ...)`` with the signature of `scipy.optimize.minimize`."""

    function: Callable[..., Any]

    @property
    def name(self) -> str:
        """The function's own name."""
        return getattr(self.function, "__name__", type(self.function).__name__)

    def __call__(self, problem: Problem) -> Found:
        """Call the user's function; it gets ``bounds=`` if it names that parameter."""
        arguments = {"bounds": problem.bounds} if _names_bounds(self.function) else {}
        found = self.function(problem.cost, problem.start, **arguments)
        vector = np.asarray(getattr(found, "x", found), float)
        if vector.shape != problem.start.shape or not np.isfinite(vector).all():
            raise InputError(
                "bad-callable",
                argument="optimizer",
                value=repr(found),
                expected=f"an object whose .x holds {len(problem.start)} finite numbers, as scipy.optimize.minimize does",
            )
        return Found(vector, float(problem.cost(vector)))


def _names_bounds(function: Callable[..., Any]) -> bool:
    try:
        return "bounds" in inspect.signature(function).parameters
    except (TypeError, ValueError):
        return False


Optimizer = Local | Global | Custom


def optimizer_named(optimizer: str | Callable[..., Any], seed: int) -> Optimizer:
    """Return the optimiser of a name, or of a callable with the signature of `scipy.optimize.minimize`.

    Raises
    ------
    InputError
        If the name is not known, or names a method that needs what a registration cannot give.
    """
    if callable(optimizer):
        return Custom(optimizer)
    name = canonical(optimizer) if isinstance(optimizer, str) else optimizer
    name = ALIASES.get(name, name)
    if name in IMPOSSIBLE:
        raise InputError("needs-constraints", argument="optimizer", value=repr(name), known=", ".join((*LOCAL, *GLOBAL)))
    if name in LOCAL:
        return Local(name)
    if name in GLOBAL:
        return Global(name, seed)
    raise unknown("optimizer", optimizer, (*LOCAL, *GLOBAL))
