"""Which poses are different ones."""

from __future__ import annotations

import numpy as np
import pytest

from superpose._search.different_poses import different_poses
from superpose._search.scored_pose import IndexPoses, ScoredPose
from superpose.transforms.geometry import IndexMap
from tests.scenes import pose

SHAPE = (48, 40)


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
