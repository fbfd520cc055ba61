"""Which peaks of the search are proposed."""

from __future__ import annotations

from dataclasses import FrozenInstanceError, replace

import numpy as np
import pytest

from superpose._engine.basins import BasinSearch
from superpose._engine.settings import DEFAULTS
from superpose._search.scored_pose import PhysicalPoses
from superpose._search.search_range import SearchRange
from tests.scenes import fixed_view, moving_view, pairs_of, pose, problem_of

SHAPE = (48, 40)
SETTINGS = DEFAULTS[2]


def proposed(limits: SearchRange, shift: tuple[float, float], **changed: float) -> PhysicalPoses:
    problem = problem_of(fixed_view(SHAPE), moving_view(SHAPE, pose(0, shift, SHAPE)), transform="translation")
    pairs = pairs_of(problem)
    settings = replace(SETTINGS, search=replace(SETTINGS.search, **changed))
    search = BasinSearch(pairs, problem.family, limits, problem.start, 0.2, 1, settings)
    return search.peaks(pairs[0], [])[0]


def test_the_best_proposal_is_the_shift_to_the_pixel() -> None:
    found = proposed(SearchRange(), (5.0, -9.0))
    np.testing.assert_array_equal(found[0].pose, pose(0, (5.0, -9.0), SHAPE))
    assert 1 < len(found) <= SETTINGS.search.proposals


@pytest.mark.parametrize("limits, changed", [(SearchRange(shift=0.2), {}), (SearchRange(), {"farthest_shift": 0.2})])
def test_no_proposal_lies_beyond_the_farthest_shift(limits: SearchRange, changed: dict[str, float]) -> None:
    """A shift of 9 pixels is more than a fifth of 40 columns."""
    found = proposed(limits, (5.0, -9.0), **changed)
    assert found
    centre = (np.array(SHAPE) - 1) / 2
    for each in found:
        shift = np.linalg.solve(each.pose[:2, :2], centre - each.pose[:2, 2]) - centre
        assert (np.abs(shift) <= 0.2 * np.array(SHAPE) + 1e-9).all()


def test_shifts_alone_propose_as_many_poses_as_turns_do() -> None:
    assert len(proposed(SearchRange(), (5.0, -9.0))) > 4 * SETTINGS.search.peaks_of_each


def test_each_turn_proposes_at_least_so_many() -> None:
    assert len(proposed(SearchRange(), (5.0, -9.0), peaks_of_each=5, proposals=1)) == 1
    assert len(proposed(SearchRange(), (5.0, -9.0), peaks_of_each=1, proposals=5)) == 5


@pytest.mark.parametrize("name", ["proposals", "peaks"])
@pytest.mark.parametrize("most", [1, 2])
def test_the_settings_say_how_many_there_may_be(name: str, most: int) -> None:
    assert len(proposed(SearchRange(), (5.0, -9.0))) > 2
    assert len(proposed(SearchRange(), (5.0, -9.0), **{name: most})) == most


@pytest.mark.parametrize("name", SETTINGS.__dataclass_fields__)
def test_defaults_are_frozen(name: str) -> None:
    with pytest.raises(FrozenInstanceError, match=f"cannot assign to field '{name}'"):
        setattr(SETTINGS, name, 0)
