"""Steps of Levenberg-Marquardt on a valley made by hand: every setting that says how they are taken."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from superpose._refine.algebra import Frame, solved
from superpose._refine.levenberg_marquardt import _corrected, _step, refine
from superpose._refine.objective import Linearised, State
from superpose._refine.settings import LevenbergMarquardtSettings
from superpose._refine.stopping import Ending
from superpose.transforms.family import family_named
from superpose.transforms.geometry import IndexMap

Floats = NDArray[np.float64]
SETTINGS = LevenbergMarquardtSettings(tolerance=1e-6, iterations=50)
STRAY = np.array([3.0, -2.0])


@dataclass(eq=False)
class Valley:
    """The cost of a shift, least at none; its model may be steeper than it is, and its overlap may run out."""

    steepness: float = 1.0
    ripple: float = 0.0
    overlap_at_start: float = 1.0
    visited: list[Floats] = field(default_factory=list)
    frame: Frame = field(default_factory=lambda: Frame.over((33, 33)))
    directions: Floats = field(default_factory=lambda: family_named("translation").basis)

    def linearised(self, state: State) -> Linearised:
        at = state.matrix[:2, 2]
        self.visited.append(at.copy())
        wave = self.ripple * (len(self.visited) > 1)
        cost = float(at @ at) + wave
        overlap = self.overlap_at_start if len(self.visited) == 1 else 0.15
        return Linearised(cost, overlap, 1.0, -at, self.steepness * np.eye(2), 1e-12)

    def stepped(self, state: State, step: Floats) -> State:
        return State(self.frame.moved(state.matrix, self.directions @ step), state.nuisance)


def start() -> State:
    pose = np.eye(3)
    pose[:2, 2] = STRAY
    return State(IndexMap(pose), np.zeros(0))


def ended(valley: Valley, **changed: Any) -> Any:
    objective: Any = valley
    return refine(objective, start(), 0.1, replace(SETTINGS, **changed))


def test_it_reaches_the_bottom() -> None:
    found = ended(Valley(), trust=1.0)
    assert found.ending is Ending.CONVERGED
    np.testing.assert_allclose(found.state.matrix, np.eye(3), atol=1e-6)


@pytest.mark.parametrize("trust", [0.5, 1.0, 2.0])
def test_no_step_is_longer_than_it_is_trusted(trust: float) -> None:
    valley = Valley()
    ended(valley, trust=trust)
    lengths = np.linalg.norm(np.diff(valley.visited, axis=0), axis=1)
    assert lengths.max() == pytest.approx(trust, rel=1e-6)


def test_it_takes_no_more_steps_than_allowed() -> None:
    valley = Valley()
    assert ended(valley, trust=0.1, iterations=7).ending is Ending.ITERATIONS
    assert len(valley.visited) == 8


def test_short_steps_are_the_last_ones() -> None:
    assert ended(Valley(), tolerance=0.1, trust=0.1).evaluations == 1
    # The noise, 1e-12 of the cost, lets expect a millionth of a pixel.
    assert ended(Valley(), precision=1e7).evaluations == 1


def test_a_step_that_lets_expect_a_pointless_one_is_the_last() -> None:
    """Each is two thirds of the one before: so is the next one, unless noise would show it."""
    same: dict[str, Any] = {"longest": 1.0, "trust": 9.0, "precision": 1e-9, "hidden": 1e12, "surely": 1e12}
    plain = ended(Valley(steepness=3.0), **same)
    valley = Valley(steepness=3.0)
    found = ended(valley, **same, expected=0.1)
    assert found.ending is Ending.CONVERGED and 2 < found.evaluations < plain.evaluations
    last = 2 / 3 * float(np.linalg.norm(valley.visited[-1] - valley.visited[-2]))
    assert 2 / 3 * last <= 0.1 < last
    for wide in ({"hidden": 0.0}, {"surely": 0.0}, {"precision": 0.0}):
        assert ended(Valley(steepness=3.0), **(same | wide), expected=0.1).evaluations == plain.evaluations


def test_steps_of_a_model_that_is_too_steep_are_lengthened() -> None:
    plain, taught = (ended(Valley(steepness=3.0), longest=longest) for longest in (1.0, 4.0))
    assert taught.evaluations < plain.evaluations


def test_a_cost_that_rises_by_rounding_is_no_worse() -> None:
    assert ended(Valley(ripple=100.0), short=0.0).ending is Ending.NO_BETTER
    assert ended(Valley(ripple=100.0), short=0.0, rounding=1e15).ending is Ending.CONVERGED


def test_a_short_step_need_not_lower_the_cost() -> None:
    assert ended(Valley(ripple=100.0), short=9.0, trust=9.0).ending is Ending.CONVERGED
    assert ended(Valley(ripple=100.0), short=9.0, trust=9.0, short_gain=-1.0).ending is Ending.NO_BETTER


def test_damping_is_tried_up_to_the_last() -> None:
    counts = [
        ended(Valley(ripple=100.0), short=0.0, **each).evaluations
        for each in ({}, {"last_damping": 1.0}, {"first_damping": 1.0}, {"damping_factor": 100.0})
    ]
    # None, then 1e-3, 1e-2, ... 1e6.
    assert counts == [12, 6, 9, 7]


def test_no_step_leads_below_what_is_kept_of_the_least_overlap() -> None:
    def at_least(kept: float, least: float) -> Ending:
        objective: Any = Valley(overlap_at_start=0.16)
        ending: Ending = refine(objective, start(), least, replace(SETTINGS, kept_overlap=kept)).ending
        return ending

    # The valley's overlap is 0.15 after the first step.
    assert at_least(1.0, 0.149) is Ending.CONVERGED
    assert at_least(1.0, 0.151) is Ending.OVERLAP
    assert at_least(0.9, 0.151) is Ending.CONVERGED
    # One that starts below may lose nothing more, however often it is refined.
    assert at_least(0.9, 0.5) is Ending.OVERLAP


def test_what_steps_have_taught_lengthens_the_next_one_no_further_than_is_set() -> None:
    """Curvatures that the last steps found next to nothing of, one on top of the other."""
    hessian, gradient = np.diag([1.0, 2.0]), np.array([0.1, 0.1])
    at = Linearised(1.0, 1.0, 100.0, gradient, hessian)
    plain = _step(at, [], 0.0, 4.0)
    changes = [(np.array([1.0, 0.0]), np.array([1e-1, 0.0])), (np.array([0.9, 0.1]), np.array([6e-2, 1e-2]))]
    long = solved(_corrected(hessian, changes, 4.0), gradient)
    taken = _step(at, changes, 0.0, 4.0)
    assert plain is not None and long is not None and taken is not None
    sizes = [float(np.sqrt(each @ hessian @ each)) for each in (plain, long, taken)]
    assert sizes[1] > 5 * sizes[0] and sizes[2] == pytest.approx(4 * sizes[0])
    np.testing.assert_allclose(taken * (sizes[1] / sizes[2]), long)
