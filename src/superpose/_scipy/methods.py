"""Optimisers by name, and any callable as one; each is a frozen value that moves one vector of pixels."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np

from superpose._checks import asked, called
from superpose._names import canonical, name_of, unknown
from superpose._scipy.global_methods import GLOBAL, GlobalMethod
from superpose._scipy.level_problem import LevelProblem, Minimum
from superpose._scipy.local_methods import LOCAL, LocalMethod
from superpose._scipy.settings import MethodSettings
from superpose.errors import InputError, shown
from superpose.transforms.base import real_numbers


@dataclass(frozen=True)
class CustomMethod:
    """The user's optimiser: ``optimizer(cost, start, ...)``, as `scipy.optimize.minimize` is called."""

    function: Callable[..., Any]

    @property
    def name(self) -> str:
        """The function's own name."""
        return name_of(self.function)

    def __call__(self, problem: LevelProblem) -> Minimum:
        """Call the user's function; it gets ``bounds=`` if it names that parameter."""
        named = {"bounds": problem.bounds} if _names_bounds(self.function) else {}
        minimise = partial(self.function, **named)
        returned = called("optimizer", minimise, problem.cost, problem.start)
        vector = asked("optimizer", lambda: real_numbers(getattr(returned, "x", returned)))
        if vector is None or vector.shape != problem.start.shape or not np.isfinite(vector).all():
            raise InputError(
                "bad-callable",
                argument="optimizer",
                value=shown(returned),
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
        return Minimum(vector, reached)


def _names_bounds(function: Callable[..., Any]) -> bool:
    try:
        return "bounds" in inspect.signature(function).parameters
    except Exception:  # noqa: BLE001 (it has none that can be read, or its own __getattr__ raises)
        return False


# What they are called elsewhere.
ALIASES = {
    "basin-hopping": "basinhopping",
    "bh": "basinhopping",
    "lbfgsb": "l-bfgs-b",
    "lbfgs": "l-bfgs-b",
    "neldermead": "nelder-mead",
    "simplex": "nelder-mead",
    "conjugate-gradient": "cg",
    "simulated-annealing": "dual-annealing",
}

Optimizer = LocalMethod | GlobalMethod | CustomMethod


def optimizer_named(optimizer: str | Callable[..., Any], seed: int, settings: MethodSettings) -> Optimizer:
    """Return the optimiser of a name, or of a callable with the signature of `scipy.optimize.minimize`.

    Raises
    ------
    InputError
        If the name is not known, or names a method that needs what a registration cannot give.
    """
    if callable(optimizer) and not isinstance(optimizer, type):  # a class makes something else of its arguments
        return CustomMethod(optimizer)
    names = (*LOCAL, *GLOBAL)
    if not isinstance(optimizer, str):
        raise unknown("optimizer", optimizer, ("auto", *names))
    name = canonical(optimizer)
    # "auto" is asked for where the engine does not serve.
    name = "powell" if name == "auto" else ALIASES.get(name, name)
    if name == "dogleg":
        raise InputError("needs-constraints", argument="optimizer", value=shown(name), known=", ".join(names))
    if name in LOCAL:
        return LocalMethod(name, settings)
    if name in GLOBAL:
        return GlobalMethod(name, seed, settings)
    raise unknown("optimizer", optimizer, ("auto", *names), ALIASES)
