"""Which solver serves a call, and what each refuses."""

from __future__ import annotations

import re
from typing import Any

import numpy as np
import pytest

from superpose import InputError, SearchRange
from superpose._engine.engine import Engine
from superpose._problem import Problem
from superpose._sampling.prepared import WorkSize
from superpose._scipy.methods import CustomMethod, GlobalMethod, LocalMethod
from superpose._scipy.solver import ScipyDescent
from superpose._solvers import solver_for

IMAGE = np.random.default_rng(0).random((40, 50))


def own_metric(fixed: Any, warped: Any, mask: Any) -> float:
    return 0.0


def own_optimizer(cost: Any, start: Any) -> Any:
    return start


def posed(metric: Any = "auto", image: Any = IMAGE) -> Problem:
    return Problem.checked(image, IMAGE, metric=metric, threads=1)


@pytest.mark.parametrize("metric", ["auto", "ncc", "mse", "mi", "nmi", "correlation-ratio", "orientation"])
@pytest.mark.parametrize("optimizer", ["auto", " Auto"])
def test_the_engine_serves_unless_something_else_is_asked_for(metric: str, optimizer: str) -> None:
    assert solver_for(posed(metric), optimizer) == Engine()


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        ({"search": "auto"}, SearchRange()),
        ({"search": "global"}, SearchRange()),
        ({"search": "Global", "located": True}, SearchRange()),
        ({"search": "local"}, SearchRange.near()),
        ({"search": "auto", "located": True}, SearchRange.near()),
        ({"search": SearchRange(angle=3.0), "located": True}, SearchRange(angle=3.0)),
    ],
)
def test_where_the_engine_looks(given: dict[str, Any], expected: SearchRange) -> None:
    assert solver_for(posed(), **given) == Engine(limits=expected)


def test_the_engine_is_given_its_options() -> None:
    assert solver_for(posed(), allow_flip=True) == Engine(allow_flip=True)
    assert solver_for(posed(), seed=3) == Engine()


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        (None, WorkSize()),
        (64, WorkSize(side=64.0)),
        (np.float32(300.5), WorkSize(side=300.5)),
        ("4px", WorkSize(pixel=4.0)),
        (" 2.5 px ", WorkSize(pixel=2.5)),
        ("1px", WorkSize(pixel=1.0)),
    ],
)
def test_how_small_it_works(given: Any, expected: WorkSize) -> None:
    assert solver_for(posed(), work_at=given) == Engine(size=expected)


@pytest.mark.parametrize("given", ["4", "px", "0.5px", "4 mm", "-4px", ""])
def test_what_is_no_size_of_pixels_is_refused(given: str) -> None:
    message = rf"^work_at is {re.escape(repr(given))}, which is no size of pixels; .*'4px'"
    with pytest.raises(InputError, match=message):
        solver_for(posed(), work_at=given)


@pytest.mark.parametrize("given", [63, 0, -5, float("nan"), True, [64], 64j])
def test_what_is_no_side_is_refused(given: Any) -> None:
    with pytest.raises(InputError, match=rf"^work_at is {re.escape(repr(given))}; .* 64 or more"):
        solver_for(posed(), work_at=given)


@pytest.mark.parametrize(
    ("optimizer", "kind", "name"),
    [
        ("powell", LocalMethod, "powell"),
        ("Nelder_Mead", LocalMethod, "nelder-mead"),
        ("brute", GlobalMethod, "brute"),
        (own_optimizer, CustomMethod, "own_optimizer"),
    ],
)
def test_an_optimiser_of_scipy_s_descends(optimizer: Any, kind: type, name: str) -> None:
    found = solver_for(posed(), optimizer)
    assert isinstance(found, ScipyDescent) and found.levels is None
    assert isinstance(found.optimizer, kind) and found.optimizer.name == name


def test_the_seed_is_the_optimiser_s() -> None:
    found = solver_for(posed(), "brute", seed=7)
    assert isinstance(found, ScipyDescent) and found.optimizer.seed == 7  # type: ignore[union-attr]


@pytest.mark.parametrize(
    ("problem", "given", "levels"), [(posed(), {"levels": 2}, 2), (posed(own_metric), {}, None)], ids=["levels", "own"]
)
def test_what_the_engine_cannot_do_is_descended_by_powell(problem: Problem, given: Any, levels: int | None) -> None:
    found = solver_for(problem, **given)
    assert isinstance(found, ScipyDescent) and found.optimizer.name == "powell" and found.levels == levels


def test_tiny_images_are_descended_by_powell() -> None:
    tiny = posed(image=IMAGE[:15])
    found = solver_for(tiny)
    assert isinstance(found, ScipyDescent) and found.optimizer.name == "powell"
    assert solver_for(posed(image=IMAGE[:16])) == Engine()


@pytest.mark.parametrize("given", [{"search": "local"}, {"allow_flip": True}, {"work_at": 64}], ids=str)
def test_what_only_the_engine_serves_is_refused_for_tiny_images(given: dict[str, Any]) -> None:
    with pytest.raises(InputError, match=r"is for the engine, and an image 15 pixels wide is too small for it"):
        solver_for(posed(image=IMAGE[:15]), **given)
    assert isinstance(solver_for(posed(image=IMAGE[:16]), **given), Engine)


SEARCHING = [
    ("search", "local", "'local'"),
    ("search", "global", "'global'"),
    ("search", SearchRange(shift=0.1), "SearchRange(angle=180.0, scale=2.0, shift=0.1)"),
    ("allow_flip", True, "True"),
    ("work_at", 128, "128"),
    ("work_at", "2px", "'2px'"),
]


@pytest.mark.parametrize("solver", ["optimizer", "levels", "metric"])
@pytest.mark.parametrize(("option", "value", "shown"), SEARCHING)
def test_the_descent_refuses_what_it_would_ignore(solver: str, option: str, value: Any, shown: str) -> None:
    problem = posed(own_metric if solver == "metric" else "auto")
    given = {"optimizer": {"optimizer": "powell"}, "levels": {"levels": 2}, "metric": {}}[solver]
    message = f"^{option}={re.escape(shown)} is for the engine: a SciPy optimiser, levels or a metric of one's own"
    with pytest.raises(InputError, match=message):
        solver_for(problem, **given, **{option: value})


@pytest.mark.parametrize(("option", "value"), [("search", "auto"), ("allow_flip", False), ("work_at", None)])
def test_the_descent_takes_what_asks_for_nothing(option: str, value: Any) -> None:
    assert isinstance(solver_for(posed(), "powell", **{option: value}), ScipyDescent)


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({"optimizer": "powel"}, r"^optimizer='powel' is not known; did you mean 'powell'"),
        ({"search": "nearby"}, r"^search='nearby' is not known; choose one of auto, global, local"),
        ({"search": 3}, r"^search=3 is not known"),
        ({"levels": 0}, r"^levels is 0; pass a whole number of 1 or more"),
        ({"levels": 1.5}, r"^levels is 1\.5; pass a whole number of 1 or more"),
        ({"seed": -1}, r"^seed is -1; pass a whole number of 0 or more"),
    ],
)
def test_bad_options_are_refused_by_name(given: dict[str, Any], message: str) -> None:
    with pytest.raises(InputError, match=message):
        solver_for(posed(), **given)
