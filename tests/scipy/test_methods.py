"""SciPy's optimisers on a bowl whose bottom is known, and optimisers of one's own."""

from __future__ import annotations

from dataclasses import FrozenInstanceError
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from scipy import optimize

from superpose import InputError
from superpose._scipy.level_problem import LevelProblem
from superpose._scipy.methods import GLOBAL, LOCAL, Optimizer, optimizer_named
from superpose._scipy.settings import MethodSettings

Floats = NDArray[np.float64]
BOTTOM = np.array([3.0, -2.0])
BOX = np.array([[-20.0, 20.0], [-20.0, 20.0]])
DEFAULTS = MethodSettings()


def named(optimizer: Any, seed: int = 0, **settings: Any) -> Optimizer:
    return optimizer_named(optimizer, seed, MethodSettings(**settings))


def bowl(vector: Floats) -> float:
    across = np.asarray(vector, float) - BOTTOM
    return float(across @ [[2.0, 0.5], [0.5, 1.0]] @ across) - 1.0


def two_pits(vector: Floats) -> float:
    """A shallow pit at the start, and a deep one elsewhere."""
    near, far = np.sum(np.square(vector)), np.sum(np.square(np.asarray(vector) - [12, -9]))
    return float(-np.exp(-near / 20) - 3 * np.exp(-far / 20))


@pytest.mark.parametrize("unit", [1e-12, 1.0, 1e12])
@pytest.mark.parametrize("name", LOCAL)
def test_local_methods_find_the_bottom_whatever_the_unit(name: str, unit: float) -> None:
    problem = LevelProblem(lambda vector: unit * bowl(vector), np.zeros(2), BOX, 40, unit=unit)
    found = named(name)(problem)
    np.testing.assert_allclose(found.vector, BOTTOM, rtol=0, atol=0.02)
    assert found.cost == pytest.approx(unit * bowl(found.vector), rel=1e-12)


@pytest.mark.parametrize("name", GLOBAL)
def test_global_methods_leave_the_start_s_pit(name: str) -> None:
    problem = LevelProblem(two_pits, np.zeros(2), BOX, 40)
    found = named(name)(problem)
    np.testing.assert_allclose(found.vector, [12, -9], rtol=0, atol=0.1)


@pytest.mark.parametrize("name", GLOBAL)
def test_global_methods_are_local_on_fine_levels(name: str) -> None:
    problem = LevelProblem(two_pits, np.zeros(2), BOX, DEFAULTS.coarse_side + 1, near=8.0)
    assert np.abs(named(name)(problem).vector).max() < 1


@pytest.mark.parametrize("name", ["basinhopping", "differential-evolution", "dual-annealing"])
def test_seeds_make_them_repeatable(name: str) -> None:
    def path(seed: int) -> list[tuple[float, ...]]:
        tried: list[tuple[float, ...]] = []

        def cost(vector: Floats) -> float:
            tried.append(tuple(np.atleast_1d(vector)))
            return two_pits(vector)

        named(name, seed)(LevelProblem(cost, np.zeros(2), BOX, 40))
        return tried

    assert path(1) == path(1)
    assert path(1) != path(2)


@pytest.mark.parametrize("name", [*LOCAL, *GLOBAL])
def test_never_worse_than_the_start(name: str) -> None:
    # The start is the best there is, in a plain of noise.
    rng = np.random.default_rng(0)
    noise = {}

    def cost(vector: Floats) -> float:
        at = tuple(np.round(np.atleast_1d(vector), 6))
        return -5.0 if at == (0.0, 0.0) else noise.setdefault(at, float(rng.random()))

    found = named(name)(LevelProblem(cost, np.zeros(2), BOX, 40))
    assert found.cost == -5
    assert found.vector.tolist() == [0, 0]


@pytest.mark.parametrize("name", ["powell", "nelder-mead", "cobyla", "cobyqa", "l-bfgs-b", "slsqp"])
def test_bounds_are_kept(name: str) -> None:
    tried = []

    def cost(vector: Floats) -> float:
        tried.append(np.array(vector, float))
        return bowl(vector)

    found = named(name)(LevelProblem(cost, np.zeros(2), np.array([[-1.0, 1.0], [-1.0, 1.0]]), 40))
    np.testing.assert_allclose(found.vector, [1, -1], atol=0.05)
    # Derivatives are differences, which reach over the edge by their own step.
    assert np.abs(tried).max() <= 1 + DEFAULTS.difference + 1e-9 or name == "cobyla"


def test_near_narrows_the_box() -> None:
    problem = LevelProblem(bowl, np.array([1.0, 1.0]), BOX, 40, near=2.0)
    np.testing.assert_array_equal(problem.close_bounds, [[-1, 3], [-1, 3]])
    assert np.abs(named("powell")(problem).vector - 1).max() <= 2 + 1e-9


def test_powell_ends_in_a_flat_valley() -> None:
    count = 0

    def cost(vector: Floats) -> float:
        nonlocal count
        count += 1
        return float(np.sin(np.sum(np.asarray(vector) * 1e3)) * 1e-3)

    named("powell")(LevelProblem(cost, np.zeros(6), np.full((6, 2), [-20.0, 20.0]), 40))
    assert count < 4000


# --- names --------------------------------------------------------------------------------------------------
@pytest.mark.parametrize("spelling", ["Powell", "POWELL", " powell ", "Nelder_Mead", "L-BFGS-B", "bh", "basin-hopping"])
def test_spellings(spelling: str) -> None:
    assert named(spelling).name in (*LOCAL, *GLOBAL)


def test_every_method_of_scipy_is_known_or_refused_with_a_reason() -> None:
    for name in set(optimize._minimize.MINIMIZE_METHODS) - LOCAL.keys():
        with pytest.raises(InputError, match=f"^optimizer='{name}' needs derivatives or constraints"):
            named(name)


def test_unknown_names() -> None:
    with pytest.raises(InputError, match=r"^optimizer='powel' is not known; did you mean 'powell'"):
        named("powel")
    with pytest.raises(InputError, match=r"^optimizer='dogleg' needs .*use one of nelder-mead, powell"):
        named("dogleg")
    for nothing in (None, 3, ["powell"]):
        with pytest.raises(InputError, match=r"^optimizer=.* is not known; choose one of"):
            named(nothing)  # type: ignore[arg-type]


# --- one's own ----------------------------------------------------------------------------------------------
def test_scipy_s_own_minimize_is_an_optimiser() -> None:
    method = named(optimize.minimize)
    assert method.name == "minimize"
    np.testing.assert_allclose(method(LevelProblem(bowl, np.zeros(2), BOX, 40)).vector, BOTTOM, atol=0.01)


def test_a_callable_gets_bounds_if_it_asks_for_them() -> None:
    seen = []

    def asks(cost: object, start: Floats, bounds: object = None) -> Floats:
        seen.append(bounds)
        return start

    def does_not(cost: object, start: Floats) -> Floats:
        seen.append("none")
        return start

    for function in (asks, does_not):
        named(function)(LevelProblem(bowl, np.zeros(2), BOX, 40))
    assert seen[0] is BOX and seen[1] == "none"


def test_what_it_returns_is_taken_as_it_is() -> None:
    found = named(lambda cost, start: start + 0.5)(LevelProblem(bowl, np.zeros(2), BOX, 40))
    assert found.vector.tolist() == [0.5, 0.5]
    assert found.cost == bowl(np.array([0.5, 0.5]))


@pytest.mark.parametrize("returned", [None, "done", 3.0, [1.0], [1.0, np.nan], [[1.0, 2.0]], 1j])
def test_what_it_returns_is_checked(returned: object) -> None:
    with pytest.raises(InputError, match=r"^optimizer returned .*whose .x holds 2 finite numbers"):
        named(lambda cost, start: returned)(LevelProblem(bowl, np.zeros(2), BOX, 40))


def test_where_the_images_do_not_overlap_is_no_answer() -> None:
    with pytest.raises(InputError, match=r"^optimizer returned .*hardly overlap; it must return the best vector"):
        named(lambda cost, start: start + 9)(LevelProblem(bowl, np.zeros(2), BOX, 40, worst=50.0))


# --- settings -----------------------------------------------------------------------------------------------
def evaluations_of(method: Optimizer, cost: Any = bowl, side: int = 40) -> int:
    tried = []

    def counted(vector: Floats) -> float:
        tried.append(vector)
        return float(cost(vector))

    method(LevelProblem(counted, np.zeros(2), BOX, side))
    return len(tried)


@pytest.mark.parametrize(
    ("name", "fewer"),
    [
        ("powell", {"evaluations": 20}),
        ("powell", {"rounds": 1}),
        ("cobyla", {"tolerance": 0.5}),
        ("cobyqa", {"tolerance": 0.5}),
        ("basinhopping", {"hops": 5}),
        ("dual-annealing", {"annealing_rounds": 20}),
        ("shgo", {"shgo_samples": 16}),
        ("brute", {"brute_samples": 100}),
    ],
)
def test_settings_change_how_much_is_tried(name: str, fewer: dict[str, Any]) -> None:
    assert evaluations_of(named(name, **fewer)) < evaluations_of(named(name))


def test_the_difference_of_derivatives_is_a_setting() -> None:
    def first_steps(difference: float) -> list[float]:
        tried: list[Floats] = []
        method = named("bfgs", difference=difference)
        method(LevelProblem(lambda vector: tried.append(np.array(vector)) or bowl(vector), np.zeros(2), BOX, 40))
        return [float(np.abs(vector).max()) for vector in tried if vector.any()][:4]

    assert first_steps(0.25) == [0.25] * 4
    assert first_steps(0.5) == [0.5] * 4


def test_where_global_methods_search_is_a_setting() -> None:
    ways = [named("brute", coarse_side=side)(LevelProblem(two_pits, np.zeros(2), BOX, 40, 8.0)) for side in (39, 40)]
    assert np.abs(ways[0].vector).max() < 1
    np.testing.assert_allclose(ways[1].vector, [12, -9], atol=0.1)


def test_settings_are_frozen() -> None:
    with pytest.raises(FrozenInstanceError, match="cannot assign to field 'hops'"):
        DEFAULTS.hops = 3  # type: ignore[misc]
