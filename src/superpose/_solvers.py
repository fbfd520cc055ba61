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
from superpose._scipy.volumes import VolumeDescent
from superpose._search.search_range import SearchRange
from superpose._solution import Solver
from superpose._volumes.settings import DEFAULTS as VOLUMES
from superpose._volumes.solver import VolumeEngine
from superpose.errors import InputError, shown

# By the number of axes: the smallest longest side that may be worked on.
LEAST_SIDE = {2: 64, 3: 32}


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
    settings = SCIPY_DEFAULTS[ndim]
    method = optimizer_named(optimizer, checked_count("seed", seed, 0), settings.methods)
    depth = None if levels is None else checked_count("levels", levels, 1)
    flip, size = checked_flag("allow_flip", allow_flip), _work_size(work_at, LEAST_SIDE[ndim])
    descent: Solver
    engine: Solver
    if ndim == 3:
        # Headers say how large things are.
        nearby = SearchRange(angle=VOLUMES.search.nearby, scale=1.0)
        engine, descent, least = (
            VolumeEngine(_limits(search, nearby, located, SearchRange(scale=1.0)), flip, size),
            VolumeDescent(method, depth),
            0,
        )
    else:
        engine = Engine(_limits(search, SearchRange(), located), flip, size, ENGINE_DEFAULTS[ndim])
        descent, least = ScipyDescent(method, depth, settings), ENGINE_DEFAULTS[ndim].least_side
    by_engine = is_auto(optimizer) and problem.metric.differentiable and levels is None
    side = min(*problem.fixed_grid.shape, *problem.moving_grid.shape)
    solver = engine if by_engine and side >= least else descent
    for option, value, given in (
        ("search", search, not is_auto(search)),
        ("allow_flip", allow_flip, flip),
        ("work_at", work_at, work_at is not None),
    ):
        if given and option not in solver.serves and by_engine:
            raise InputError("too-small-to-search", argument=option, value=shown(value), side=side, least=least)
        if given and option not in solver.serves:
            raise InputError("no-search", argument=option, value=shown(value))
    for name, image in (("fixed", problem.fixed.image), ("moving", problem.moving.image)):
        if image.weights is not None and solver is descent:
            raise InputError("no-weights", argument=f"{name}_mask", value="of weights, which are for the engine")
    return solver


def _limits(
    search: str | SearchRange, unlocated: SearchRange, located: bool, everywhere: SearchRange | None = None
) -> SearchRange:
    """Return how far to search; "auto" stands for near the start where that is known, else for `unlocated`.

    "global" stands for `everywhere`, which is a range without limits if it is not given.

    Raises
    ------
    InputError
        If it is neither limits nor a name of some.
    """
    if isinstance(search, SearchRange):
        return search
    near = SearchRange.near()
    return lookup(
        "search", search, {"auto": near if located else unlocated, "global": everywhere or SearchRange(), "local": near}
    )


def _work_size(value: Any, least: int) -> WorkSize:
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
    if not side >= least:
        raise InputError("not-positive", argument="work_at", value=shown(value), least=least)
    # No image has as many pixels as that.
    return WorkSize(side=min(side, float(np.iinfo(np.int64).max)))
