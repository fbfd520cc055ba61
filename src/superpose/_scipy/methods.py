"""SciPy's optimisers as frozen values, each moving one vector of pixels."""

from __future__ import annotations

import copy
import inspect
import warnings
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy import optimize

from superpose._names import canonical, unknown
from superpose.errors import InputError
from superpose.transforms.base import real_numbers

Floats = NDArray[np.float64]
VectorCost = Callable[[Floats], float]

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
ALIASES = {
    "auto": "powell",  # where the engine does not serve
    "basin-hopping": "basinhopping",
    "lbfgsb": "l-bfgs-b",
    "lbfgs": "l-bfgs-b",
    "bh": "basinhopping",
}

# The finest level on which a global method still searches; below it a local one follows the basin it found.
GLOBAL_SIDE = 64
BRUTE_SAMPLES = 3000
# Powell's directions may come to lie in a plane that misses the minimum: it starts anew, along the axes,
# where it ended, unless the first round gained no more than this part of the cost's unit.
ROUNDS = {"powell": 2}
ENOUGH = 1e-5


@dataclass(frozen=True)
class Found:
    """Where an optimiser ended: vector, cost and number of evaluations."""

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


@dataclass(frozen=True)
class LocalMethod:
    """A method of `scipy.optimize.minimize`."""

    name: str

    def __call__(self, problem: LevelProblem) -> Found:
        """Minimise from the start; the best vector that was tried is returned."""
        box = problem.close_bounds
        cost = Watched(problem, box if self.name == "cobyla" else None)
        arguments: dict[str, Any] = {"method": self.name}
        if self.name in (*_GRADIENT, *_HESSIAN):
            arguments["jac"] = _gradient(cost)
        if self.name in _HESSIAN:
            arguments["hess"] = _hessian(cost)
        if self.name in BOXED and not (self.name == "powell" and _is_wide(box, problem.side)):
            arguments["bounds"] = box
        arguments |= copy.deepcopy(_SETTINGS.get(self.name, {}))
        with warnings.catch_warnings():
            # How each level ended is in its record; SciPy's remarks on single steps say nothing to a user.
            warnings.simplefilter("ignore", RuntimeWarning)
            warnings.simplefilter("ignore", optimize.OptimizeWarning)
            warnings.simplefilter("ignore", UserWarning)
            for _ in range(ROUNDS.get(self.name, 1)):
                before = cost.best
                if self.name == "nelder-mead":
                    arguments["options"] |= {"initial_simplex": _simplex(before.vector, box)}
                optimize.minimize(cost, before.vector, **arguments)
                if before.cost - cost.best.cost <= ENOUGH * problem.unit:
                    break
        return cost.best


def _simplex(start: Floats, box: Floats) -> Floats:
    """Return a first simplex two pixels wide, in the box: SciPy's is next to nothing wide at zero, and stays there."""
    steps = np.minimum(2.0, np.ptp(box, axis=1) / 4)
    steps = np.where(start + steps > box[:, 1], -steps, steps)
    return np.vstack([start, start + np.diag(steps)])


class Watched:
    """A problem's cost in its unit, as SciPy's tolerances expect it, which remembers the best vector tried.

    Several methods end elsewhere: Powell's search along a line in a box keeps its last point, better or not.
    """

    def __init__(self, problem: LevelProblem, box: Floats | None = None) -> None:
        self._problem = problem
        # COBYLA tries vectors outside its bounds: they cannot be the answer.
        self._box = np.array([[-np.inf, np.inf]]) if box is None else box
        self.best = Found(problem.start, problem.cost(problem.start))

    def __call__(self, vector: Floats) -> float:
        """Return the cost over the unit."""
        at = np.atleast_1d(np.asarray(vector, float))
        cost = self._problem.cost(at)
        if cost < self.best.cost and (at >= self._box[:, 0]).all() and (at <= self._box[:, 1]).all():
            self.best = Found(at.copy(), cost)
        return cost / self._problem.unit


def _is_wide(box: Floats, side: int) -> bool:
    """Whether a fine level's box is so large that searching its lines from end to end is not local."""
    return side > GLOBAL_SIDE and bool((np.ptp(box, axis=1) > side).any())


# SciPy's own first steps suit unknowns of size one that are known to nothing; ours are pixels, wanted to
# 1e-4.
_SETTINGS: dict[str, dict[str, Any]] = {
    # The end is set: along a flat valley Powell has none of its own.
    "powell": {"options": {"xtol": 1e-4, "ftol": 1e-8, "maxfev": 1000}},
    "nelder-mead": {"options": {"xatol": 1e-4, "fatol": 1e-12, "adaptive": True}},
    "cobyla": {"options": {"rhobeg": 2.0, "tol": 1e-4}},
    "cobyqa": {"options": {"initial_tr_radius": 2.0, "final_tr_radius": 1e-4}},
}


def _gradient(cost: VectorCost) -> Callable[[Floats], Floats]:
    def gradient(vector: Floats) -> Floats:
        steps = DIFFERENCE * np.eye(len(vector))
        return np.array([cost(vector + step) - cost(vector - step) for step in steps]) / (2 * DIFFERENCE)

    return gradient


def _hessian(cost: VectorCost) -> Callable[[Floats], Floats]:
    gradient = _gradient(cost)

    def hessian(vector: Floats) -> Floats:
        step = 4 * DIFFERENCE
        rows = [(gradient(vector + step * e) - gradient(vector - step * e)) / (2 * step) for e in np.eye(len(vector))]
        matrix = np.array(rows)
        return (matrix + matrix.T) / 2

    return hessian


@dataclass(frozen=True)
class GlobalMethod:
    """A global method on the coarse levels, Powell below."""

    name: str
    seed: int

    def __call__(self, problem: LevelProblem) -> Found:
        """Search the whole box on a coarse level; on a fine one follow the basin found."""
        if problem.side > GLOBAL_SIDE:
            return LocalMethod("powell")(problem)
        cost = Watched(problem)
        with warnings.catch_warnings():
            # Hops leave the box, and Powell says so and returns into it.
            warnings.simplefilter("ignore", optimize.OptimizeWarning)
            getattr(self, "_" + self.name.replace("-", "_"))(problem, cost)
        return LocalMethod("powell")(replace(problem, start=cost.best.vector, near=problem.side / 8))

    def _basinhopping(self, problem: LevelProblem, cost: VectorCost) -> None:
        optimize.basinhopping(
            cost,
            problem.start,
            niter=50,
            stepsize=problem.side / 4,
            T=_temperature(problem, cost),
            minimizer_kwargs={
                "method": "powell",
                "bounds": problem.bounds,
                "options": {"xtol": 1e-2, "ftol": 1e-4},
            },
            rng=self.seed,
        )

    def _differential_evolution(self, problem: LevelProblem, cost: VectorCost) -> None:
        optimize.differential_evolution(cost, problem.bounds, x0=problem.start, rng=self.seed)

    def _dual_annealing(self, problem: LevelProblem, cost: VectorCost) -> None:
        optimize.dual_annealing(cost, problem.bounds, x0=problem.start, maxiter=200, maxfun=20000, rng=self.seed)

    def _shgo(self, problem: LevelProblem, cost: VectorCost) -> None:
        optimize.shgo(
            cost,
            problem.bounds,
            n=256,
            sampling_method="sobol",
            # One round: with a limit of evaluations instead, it triangulates ever more points without end.
            iters=1,
            minimizer_kwargs={
                "method": "powell",
                "bounds": problem.bounds,
                "options": {"xtol": 1e-2, "ftol": 1e-4},
            },
        )

    def _brute(self, problem: LevelProblem, cost: VectorCost) -> None:
        samples = max(3, round(BRUTE_SAMPLES ** (1 / len(problem.start))))
        ranges = [slice(low, high, complex(0, samples)) for low, high in problem.bounds]
        optimize.brute(cost, ranges, finish=None)


def _temperature(problem: LevelProblem, cost: VectorCost) -> float:
    """Return the spread of the cost over the neighbourhood: the height of a barrier worth jumping over."""
    steps = problem.side / 8 * np.vstack([np.eye(len(problem.start)), -np.eye(len(problem.start))])
    costs = [cost(problem.start), *(cost(problem.start + step) for step in steps)]
    return float(np.std(costs)) or 1.0


@dataclass(frozen=True)
class CustomMethod:
    """The user's optimiser: ``optimizer(cost, start, ...)``, as `scipy.optimize.minimize` is called."""

    function: Callable[..., Any]

    @property
    def name(self) -> str:
        """The function's own name."""
        return getattr(self.function, "__name__", type(self.function).__name__)

    def __call__(self, problem: LevelProblem) -> Found:
        """Call the user's function; it gets ``bounds=`` if it names that parameter."""
        arguments = {"bounds": problem.bounds} if _names_bounds(self.function) else {}
        found = self.function(problem.cost, problem.start, **arguments)
        vector = real_numbers(getattr(found, "x", found))
        if vector is None or vector.shape != problem.start.shape or not np.isfinite(vector).all():
            raise InputError(
                "bad-callable",
                argument="optimizer",
                value=repr(found),
                expected=f"an object whose .x holds {len(problem.start)} finite numbers, as minimize does",
            )
        reached = float(problem.cost(vector))
        if reached >= problem.worst:
            raise InputError(
                "bad-callable",
                argument="optimizer",
                value=f"{vector.tolist()}, under which the images hardly overlap",
                expected="the best vector it has met",
            )
        return Found(vector, reached)


def _names_bounds(function: Callable[..., Any]) -> bool:
    try:
        return "bounds" in inspect.signature(function).parameters
    except (TypeError, ValueError):
        return False


Optimizer = LocalMethod | GlobalMethod | CustomMethod


def optimizer_named(optimizer: str | Callable[..., Any], seed: int) -> Optimizer:
    """Return the optimiser of a name, or of a callable with the signature of `scipy.optimize.minimize`.

    Raises
    ------
    InputError
        If the name is not known, or names a method that needs what a registration cannot give.
    """
    if callable(optimizer):
        return CustomMethod(optimizer)
    if not isinstance(optimizer, str):
        raise unknown("optimizer", optimizer, ("auto", *LOCAL, *GLOBAL))
    name = canonical(optimizer)
    name = ALIASES.get(name, name)
    if name in IMPOSSIBLE:
        raise InputError(
            "needs-constraints", argument="optimizer", value=repr(name), known=", ".join((*LOCAL, *GLOBAL))
        )
    if name in LOCAL:
        return LocalMethod(name)
    if name in GLOBAL:
        return GlobalMethod(name, seed)
    raise unknown("optimizer", optimizer, ("auto", *LOCAL, *GLOBAL))
