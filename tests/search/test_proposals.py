"""Which peaks are different poses, and which of them are proposed."""

from __future__ import annotations

from dataclasses import FrozenInstanceError, replace

import numpy as np
import pytest

from superpose._search.proposals import different_poses, propose
from superpose._search.scored_pose import IndexPoses, ScoredPose
from superpose._search.search_range import SearchRange
from superpose._search.settings import DEFAULTS
from superpose.transforms.geometry import IndexMap, turn
from tests.scenes import fixed_view, moving_view, pairs_of, pose, problem_of

SHAPE = (48, 40)
SETTINGS = DEFAULTS[2]


def poses(*shifts: float, scale: float = 1.0) -> IndexPoses:
    found = [IndexMap(pose(10, (shift, 0.0), SHAPE, scale)) for shift in shifts]
    return [ScoredPose(each, 1 - 0.1 * k, 1.0) for k, each in enumerate(found)]


def test_of_poses_that_are_one_the_best_is_kept() -> None:
    found = poses(0.0, 2.9, 3.1, 6.0)
    assert different_poses(found, SHAPE, 3.0, 9) == [found[0], found[2]]
    assert different_poses(found, SHAPE, 2.0, 9) == [found[0], found[1], found[3]]


def test_a_pose_is_another_if_one_corner_says_so() -> None:
    first, other = (ScoredPose(IndexMap(pose(angle, (0.0, 0.0), SHAPE)), 1.0, 1.0) for angle in (0.0, 10.0))
    reach = 0.5 * np.hypot(*SHAPE) * np.radians(10)
    assert different_poses([first, other], SHAPE, 0.7 * reach, 9) == [first, other]
    assert different_poses([first, other], SHAPE, 1.1 * reach, 9) == [first]


@pytest.mark.parametrize("scale", [0.25, 4.0])
def test_the_distance_is_in_fixed_pixels(scale: float) -> None:
    found = poses(0.0, 3.1 * scale, 6.0 * scale, scale=scale)
    assert different_poses(found, SHAPE, 3.0, 9) == [found[0], found[1]]


@pytest.mark.parametrize("most", [1, 2])
def test_no_more_are_kept_than_asked_for(most: int) -> None:
    found = poses(0.0, 10.0, 20.0, 30.0)
    assert different_poses(found, SHAPE, 3.0, most) == found[:most]


def proposed(limits: SearchRange, shift: tuple[float, float], **changed: float) -> IndexPoses:
    problem = problem_of(fixed_view(SHAPE), moving_view(SHAPE, pose(0, shift, SHAPE)), transform="translation")
    pair, settings = pairs_of(problem)[0], replace(SETTINGS, **changed)
    here = pair.to_index(problem.start)
    return propose(pair.fixed, pair.moving, [np.eye(2), turn(0.3)], limits, here, 0.2, 1, settings)[0]


def test_the_best_proposal_is_the_shift_to_the_pixel() -> None:
    found = proposed(SearchRange(), (5.0, -9.0))
    np.testing.assert_array_equal(found[0].pose, pose(0, (5.0, -9.0), SHAPE))
    assert 1 < len(found) <= SETTINGS.proposals


@pytest.mark.parametrize("limits, changed", [(SearchRange(shift=0.2), {}), (SearchRange(), {"farthest_shift": 0.2})])
def test_no_proposal_lies_beyond_the_farthest_shift(limits: SearchRange, changed: dict[str, float]) -> None:
    """A shift of 9 pixels is more than a fifth of 40 columns."""
    found = proposed(limits, (5.0, -9.0), **changed)
    assert found
    centre = (np.array(SHAPE) - 1) / 2
    for each in found:
        shift = np.linalg.solve(each.pose[:2, :2], centre - each.pose[:2, 2]) - centre
        assert (np.abs(shift) <= 0.2 * np.array(SHAPE) + 1e-9).all()


@pytest.mark.parametrize("changed", [{"proposals": 3}, {"peaks": 3}, {"peaks_of_each": 1}])
def test_the_settings_say_how_many_there_may_be(changed: dict[str, float]) -> None:
    assert len(proposed(SearchRange(), (5.0, -9.0))) > 3
    assert 1 <= len(proposed(SearchRange(), (5.0, -9.0), **changed)) <= 3


@pytest.mark.parametrize("name", SETTINGS.__dataclass_fields__)
def test_defaults_are_frozen(name: str) -> None:
    with pytest.raises(FrozenInstanceError, match=f"cannot assign to field '{name}'"):
        setattr(SETTINGS, name, 0)
