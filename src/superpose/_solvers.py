"""Which solver serves a call: the engine, or a SciPy optimiser where something was asked for that only one can do."""

from __future__ import annotations

import math
import re
from collections.abc import Callable
from typing import Any

import numpy as np

from superpose._checks import as_number, checked_count, checked_flag, is_auto
from superpose._engine.engine import Engine
from superpose._engine.settings import DEFAULTS as ENGINE_DEFAULTS
from superpose._names import lookup
from superpose._problem import Problem
from superpose._sampling.prepared import WorkSize
from superpose._scipy.methods import optimizer_named
from superpose._scipy.settings import DEFAULTS as SCIPY_DEFAULTS
from superpose._scipy.solver import ScipyDescent
from superpose._search.search_range import SearchRange
from superpose._solution import Solver
from superpose._volumes.settings import DEFAULTS as VOLUMES
from superpose._volumes.solver import VolumeEngine
from superpose.errors import InputError, shown


def solver_for(
    problem: Problem,
    optimizer: str | Callable[..., Any] = "auto",
    *,
    levels: int | None = None,
    seed: int = 0,
    search: str | SearchRange = "auto",
    allow_flip: bool = False,
    work_at: float | str | None = None,
    located: bool = False,
) -> Solver:
    """Return the solver that serves a problem and the options given; see `register` for them.

    Parameters
    ----------
    located : bool
        Whether the user said where to start, so that "auto" searches only near that.

    Raises
    ------
    InputError
        If an option is not known, or the solver would have to ignore it.
    """
    ndim = problem.fixed_grid.ndim
    if ndim == 3:
        unknown: dict[str, object] = {"levels": levels, "work_at": work_at}
        return _for_volumes(problem, optimizer, allow_flip, unknown, search, located)
    settings = SCIPY_DEFAULTS[ndim]
    method = optimizer_named(optimizer, checked_count("seed", seed, 0), settings.methods)
    depth = None if levels is None else checked_count("levels", levels, 1)
    descent = ScipyDescent(method, depth, settings)
    everywhere, near = SearchRange(), SearchRange.near()
    named = {"auto": near if located else everywhere, "global": everywhere, "local": near}
    limits = search if isinstance(search, SearchRange) else lookup("search", search, named)
    flip = checked_flag("allow_flip", allow_flip)
    engine = Engine(limits, flip, _work_size(work_at), ENGINE_DEFAULTS[ndim])
    by_engine = is_auto(optimizer) and problem.metric.differentiable and levels is None
    least = engine.settings.least_side
    side = min(*problem.fixed_grid.shape, *problem.moving_grid.shape)
    solver: Solver = engine if by_engine and side >= least else descent
    for option, value, given in (
        ("search", search, not is_auto(search)),
        ("allow_flip", allow_flip, flip),
        ("work_at", work_at, work_at is not None),
    ):
        if given and option not in solver.serves and by_engine:
            raise InputError("too-small-to-search", argument=option, value=shown(value), side=side, least=least)
        if given and option not in solver.serves:
            raise InputError("no-search", argument=option, value=shown(value))
    return solver


def _for_volumes(
    problem: Problem,
    optimizer: object,
    allow_flip: object,
    unknown: dict[str, object],
    search: str | SearchRange,
    located: bool,
) -> Solver:
    """Return the engine for volumes.

    Raises
    ------
    InputError
        If an option is not known, or not known for volumes.
    """
    given = {"optimizer": not is_auto(optimizer), "allow_flip": checked_flag("allow_flip", allow_flip)}
    given |= {option: value is not None for option, value in unknown.items()}
    values = {"optimizer": optimizer, "allow_flip": allow_flip, **unknown}
    for option in (each for each, is_given in given.items() if is_given):
        raise InputError("not-for-volumes", argument=option, value=shown(values[option]))
    if not problem.metric.differentiable:
        raise InputError("not-for-volumes", argument="metric", value=shown(problem.metric.name))
    near = SearchRange.near()
    about = SearchRange(angle=VOLUMES.search.nearby)
    named = {"auto": near if located else about, "global": SearchRange(), "local": near}
    return VolumeEngine(search if isinstance(search, SearchRange) else lookup("search", search, named))


def _work_size(value: Any) -> WorkSize:
    """Return how small to work.

    Raises
    ------
    InputError
        If `value` is neither a side nor a pixel's size, or too small a side.
    """
    if value is None:
        return WorkSize()
    if isinstance(value, str):
        match = re.fullmatch(r"\s*(\d+(?:\.\d+)?)\s*px\s*", value)
        if match is None or not 1 <= float(match[1]) < math.inf:
            raise InputError("bad-pixel-size", argument="work_at", value=shown(value))
        return WorkSize(pixel=float(match[1]))
    side = as_number(value)
    if not side >= 64:
        raise InputError("not-positive", argument="work_at", value=shown(value), least=64)
    # No image has as many pixels as that.
    return WorkSize(side=min(side, float(np.iinfo(np.int64).max)))
