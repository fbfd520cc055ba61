"""What lies outside a field of view that both images share takes no part, and its rim does not hold the pose."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import superpose
from superpose import Registration
from superpose._engine.views import common_views
from superpose._sampling.prepared import WorkSize
from superpose.transforms.geometry import max_corner_distance
from tests.fields import MIDDLE, SHAPE, depth_in_disc, depth_in_octagon, seen_through
from tests.scenes import pose, problem_of

TRUTH = pose(40, (9, -11), SHAPE)
TURNED_LITTLE = pose(3, (2, 1), SHAPE)
CODE = "[field-of-view]"


def registered(fixed: Any, moving: Any, **options: Any) -> Registration:
    return superpose.register(fixed, moving, threads=1, on_unreliable="ignore", **options)


def error(found: Registration, truth: Any = TRUTH) -> float:
    return max_corner_distance(truth, found.transform.matrix, found.fixed_grid)


@pytest.mark.parametrize("depth", [depth_in_disc(), depth_in_octagon()], ids=["disc", "octagon"])
@pytest.mark.parametrize("inverted", [False, True])
def test_the_scene_is_found_behind_a_field_that_stays(depth: Any, inverted: bool) -> None:
    fixed = seen_through(depth, np.eye(3), 1, contrast=5)
    moving = seen_through(depth, TRUTH, 2, contrast=-5 if inverted else 5)
    found = registered(fixed, moving)
    assert error(found) < 0.5 and found.reliable
    assert sum(CODE in each for each in found.warnings) == 2


def test_the_outline_counts_if_the_user_says_so() -> None:
    depth = depth_in_disc()
    images = [seen_through(depth, truth, seed) for truth, seed in ((np.eye(3), 1), (TURNED_LITTLE, 2))]
    assert not any(CODE in each for each in registered(*images, fixed_pattern="keep").warnings)
    assert any(CODE in each for each in registered(*images).warnings)


def test_a_moon_that_moved_keeps_its_outline() -> None:
    shift = (6.0, -9.0)
    centre = MIDDLE[0] + shift[0], MIDDLE[1] + shift[1]
    fixed = seen_through(depth_in_disc(110), np.eye(3), 1)
    truth = pose(0, shift, SHAPE)
    found = registered(fixed, seen_through(depth_in_disc(110, centre), truth, 2))
    assert error(found, truth) < 0.1 and found.reliable
    assert not any(CODE in each for each in found.warnings)


def test_exchanging_the_images_exchanges_the_views() -> None:
    problem = problem_of(*(seen_through(depth_in_disc(), truth, seed) for truth, seed in ((np.eye(3), 1), (TRUTH, 2))))
    images = problem.fixed, problem.moving
    levels = tuple(each.levels(WorkSize(), 1) for each in images)
    there = common_views(images, (levels[0], levels[1]), 1)
    back = common_views(images[::-1], (levels[1], levels[0]), 1)
    assert there is not None and back is not None
    np.testing.assert_array_equal(there[0].depth, back[1].depth)
    assert common_views((images[0], problem_of(np.eye(40), np.eye(40)).fixed), (levels[0], levels[0][-1:]), 1) is None


def test_prepared_images_give_the_same_answer_twice() -> None:
    fixed, moving = (seen_through(depth_in_disc(), truth, seed) for truth, seed in ((np.eye(3), 1), (TRUTH, 2)))
    plain = registered(fixed, moving)
    prepared = superpose.prepare(fixed), superpose.prepare(moving)
    for _ in range(2):
        again = registered(*prepared)
        assert again.transform == plain.transform and again.warnings == plain.warnings
