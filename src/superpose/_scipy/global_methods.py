"""SciPy's global methods: each is a function of cost, problem, seed and settings, and searches the whole box."""

from __future__ import annotations

import warnings
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from superpose._scipy.level_problem import LevelProblem, Minimum, VectorCost, Watched
from superpose._scipy.local_methods import LocalMethod
from superpose._scipy.settings import MethodSettings


def _hop_between_basins(cost: VectorCost, problem: LevelProblem, seed: int, settings: MethodSettings) -> None:
    from scipy import optimize

    optimize.basinhopping(
        cost,
        problem.start,
        niter=settings.hops,
        stepsize=problem.side * settings.hop,
        T=_temperature(problem, cost),
        minimizer_kwargs=_roughly(problem, settings),
        rng=seed,
    )


def _evolve(cost: VectorCost, problem: LevelProblem, seed: int, _settings: MethodSettings) -> None:
    from scipy import optimize

    optimize.differential_evolution(cost, problem.bounds, x0=problem.start, rng=seed)


def _anneal(cost: VectorCost, problem: LevelProblem, seed: int, settings: MethodSettings) -> None:
    from scipy import optimize

    rounds, evaluations = settings.annealing_rounds, settings.annealing_evaluations
    optimize.dual_annealing(cost, problem.bounds, x0=problem.start, maxiter=rounds, maxfun=evaluations, rng=seed)


def _triangulate(cost: VectorCost, problem: LevelProblem, _seed: int, settings: MethodSettings) -> None:
    from scipy import optimize

    optimize.shgo(
        cost,
        problem.bounds,
        n=settings.shgo_samples,
        sampling_method="sobol",
        # One round: with a limit of evaluations instead, it triangulates ever more points without end.
        iters=1,
        minimizer_kwargs=_roughly(problem, settings),
    )


def _try_a_grid(cost: VectorCost, problem: LevelProblem, _seed: int, settings: MethodSettings) -> None:
    from scipy import optimize

    samples = max(3, round(settings.brute_samples ** (1 / len(problem.start))))
    ranges = [slice(low, high, complex(0, samples)) for low, high in problem.bounds]
    optimize.brute(cost, ranges, finish=None)


GLOBAL: dict[str, Callable[[VectorCost, LevelProblem, int, MethodSettings], None]] = {
    "basinhopping": _hop_between_basins,
    "differential-evolution": _evolve,
    "dual-annealing": _anneal,
    "shgo": _triangulate,
    "brute": _try_a_grid,
}


@dataclass(frozen=True)
class GlobalMethod:
    """A global method on the coarse levels, Powell below.

    Parameters
    ----------
    name : str
        One of `GLOBAL`.
    seed : int
        Of those that draw random numbers.
    settings : MethodSettings
        How it is called.
    """

    name: str
    seed: int
    settings: MethodSettings

    def __call__(self, problem: LevelProblem) -> Minimum:
        """Search the whole box on a coarse level; on a fine one follow the basin found."""
        from scipy import optimize

        powell = LocalMethod("powell", self.settings)
        if problem.side > self.settings.coarse_side:
            return powell(problem)
        cost = Watched(problem)
        with warnings.catch_warnings():
            # Hops leave the box, and Powell says so and returns into it.
            warnings.simplefilter("ignore", optimize.OptimizeWarning)
            GLOBAL[self.name](cost, problem, self.seed, self.settings)
        near = problem.side * self.settings.local_reach
        return powell(replace(problem, start=cost.best.vector, near=near))


def _roughly(problem: LevelProblem, settings: MethodSettings) -> dict[str, Any]:
    """Return the local method that a global one follows each basin by."""
    options = {"xtol": settings.rough_tolerance, "ftol": settings.rough_gain}
    return {"method": "powell", "bounds": problem.bounds, "options": options}


def _temperature(problem: LevelProblem, cost: VectorCost) -> float:
    """Return the spread of the cost over the neighbourhood: the height of a barrier worth jumping over."""
    steps = problem.side / 8 * np.vstack([np.eye(len(problem.start)), -np.eye(len(problem.start))])
    costs = [cost(problem.start), *(cost(problem.start + step) for step in steps)]
    return float(np.std(costs)) or 1.0
