"""SciPy's optimisers on a bowl whose bottom is known, and optimisers of one's own."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray
from scipy import optimize

from superpose import InputError
from superpose._scipy import methods as scipy_methods
from superpose._scipy.methods import GLOBAL, LOCAL, LevelProblem, optimizer_named

Floats = NDArray[np.float64]
BOTTOM = np.array([3.0, -2.0])
BOX = np.array([[-20.0, 20.0], [-20.0, 20.0]])


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
    found = optimizer_named(name, 0)(problem)
    np.testing.assert_allclose(found.vector, BOTTOM, rtol=0, atol=0.02)
    assert found.cost == pytest.approx(unit * bowl(found.vector), rel=1e-12)


@pytest.mark.parametrize("name", GLOBAL)
def test_global_methods_leave_the_start_s_pit(name: str) -> None:
    problem = LevelProblem(two_pits, np.zeros(2), BOX, 40)
    found = optimizer_named(name, 0)(problem)
    np.testing.assert_allclose(found.vector, [12, -9], rtol=0, atol=0.1)


@pytest.mark.parametrize("name", GLOBAL)
def test_global_methods_are_local_on_fine_levels(name: str) -> None:
    problem = LevelProblem(two_pits, np.zeros(2), BOX, scipy_methods.GLOBAL_SIDE + 1, near=8.0)
    assert np.abs(optimizer_named(name, 0)(problem).vector).max() < 1


@pytest.mark.parametrize("name", ["basinhopping", "differential-evolution", "dual-annealing"])
def test_seeds_make_them_repeatable(name: str) -> None:
    def path(seed: int) -> list[tuple[float, ...]]:
        tried: list[tuple[float, ...]] = []

        def cost(vector: Floats) -> float:
            tried.append(tuple(np.atleast_1d(vector)))
            return two_pits(vector)

        optimizer_named(name, seed)(LevelProblem(cost, np.zeros(2), BOX, 40))
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

    found = optimizer_named(name, 0)(LevelProblem(cost, np.zeros(2), BOX, 40))
    assert found.cost == -5
    assert found.vector.tolist() == [0, 0]


@pytest.mark.parametrize("name", ["powell", "nelder-mead", "cobyla", "cobyqa", "l-bfgs-b", "slsqp"])
def test_bounds_are_kept(name: str) -> None:
    tried = []

    def cost(vector: Floats) -> float:
        tried.append(np.array(vector, float))
        return bowl(vector)

    found = optimizer_named(name, 0)(LevelProblem(cost, np.zeros(2), np.array([[-1.0, 1.0], [-1.0, 1.0]]), 40))
    np.testing.assert_allclose(found.vector, [1, -1], atol=0.05)
    # Derivatives are differences, which reach over the edge by their own step.
    assert np.abs(tried).max() <= 1 + scipy_methods.DIFFERENCE + 1e-9 or name == "cobyla"


def test_near_narrows_the_box() -> None:
    problem = LevelProblem(bowl, np.array([1.0, 1.0]), BOX, 40, near=2.0)
    np.testing.assert_array_equal(problem.close_bounds, [[-1, 3], [-1, 3]])
    assert np.abs(optimizer_named("powell", 0)(problem).vector - 1).max() <= 2 + 1e-9


def test_powell_ends_in_a_flat_valley() -> None:
    count = 0

    def cost(vector: Floats) -> float:
        nonlocal count
        count += 1
        return float(np.sin(np.sum(np.asarray(vector) * 1e3)) * 1e-3)

    optimizer_named("powell", 0)(LevelProblem(cost, np.zeros(6), np.full((6, 2), [-20.0, 20.0]), 40))
    assert count < 4000


# --- names --------------------------------------------------------------------------------------------------
@pytest.mark.parametrize("spelling", ["Powell", "POWELL", " powell ", "Nelder_Mead", "L-BFGS-B", "bh", "basin-hopping"])
def test_spellings(spelling: str) -> None:
    assert optimizer_named(spelling, 0).name in (*LOCAL, *GLOBAL)


def test_every_method_of_scipy_is_known_or_refused_with_a_reason() -> None:
    theirs = set(optimize._minimize.MINIMIZE_METHODS)
    assert theirs - {*LOCAL, *scipy_methods.IMPOSSIBLE} == set()


def test_unknown_names() -> None:
    with pytest.raises(InputError, match=r"^optimizer='powel' is not known; did you mean 'powell'"):
        optimizer_named("powel", 0)
    with pytest.raises(InputError, match=r"^optimizer='dogleg' needs .*use one of nelder-mead, powell"):
        optimizer_named("dogleg", 0)
    for nothing in (None, 3, ["powell"]):
        with pytest.raises(InputError, match=r"^optimizer=.* is not known; choose one of"):
            optimizer_named(nothing, 0)  # type: ignore[arg-type]


# --- one's own ----------------------------------------------------------------------------------------------
def test_scipy_s_own_minimize_is_an_optimiser() -> None:
    method = optimizer_named(optimize.minimize, 0)
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
        optimizer_named(function, 0)(LevelProblem(bowl, np.zeros(2), BOX, 40))
    assert seen[0] is BOX and seen[1] == "none"


def test_what_it_returns_is_taken_as_it_is() -> None:
    found = optimizer_named(lambda cost, start: start + 0.5, 0)(LevelProblem(bowl, np.zeros(2), BOX, 40))
    assert found.vector.tolist() == [0.5, 0.5]
    assert found.cost == bowl(np.array([0.5, 0.5]))


@pytest.mark.parametrize("returned", [None, "done", 3.0, [1.0], [1.0, np.nan], [[1.0, 2.0]], 1j])
def test_what_it_returns_is_checked(returned: object) -> None:
    with pytest.raises(InputError, match=r"^optimizer returned .*whose .x holds 2 finite numbers"):
        optimizer_named(lambda cost, start: returned, 0)(LevelProblem(bowl, np.zeros(2), BOX, 40))


def test_where_the_images_do_not_overlap_is_no_answer() -> None:
    with pytest.raises(InputError, match=r"^optimizer returned .*hardly overlap; it must return the best vector"):
        optimizer_named(lambda cost, start: start + 9, 0)(LevelProblem(bowl, np.zeros(2), BOX, 40, worst=50.0))
