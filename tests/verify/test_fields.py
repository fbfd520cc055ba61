"""Views: which levels a pose is seen on."""

from __future__ import annotations

import numpy as np
import pytest

import superpose
from superpose._sampling.level import PreparedLevel
from superpose._verify.fields import Views
from superpose.image import as_image
from tests.verify.making import texture


def views(fixed: tuple[int, int], moving: tuple[int, int]) -> Views:
    return Views(
        *([PreparedLevel(as_image(texture(k, shape), "image"), 1)] for k, shape in enumerate((fixed, moving))), 1
    )


@pytest.mark.parametrize(("side", "shape"), [(200, (100, 60)), (77, (50, 30)), (38, (25, 15)), (1, (7, 4))])
def test_the_level_with_a_side_is_the_finest_no_larger(side: float, shape: tuple[int, int]) -> None:
    seen = views((100, 60), (100, 60))
    assert seen.fixed[seen.level_with(side)].shape == shape


def test_levels_are_added_as_they_are_asked_for() -> None:
    seen = views((100, 60), (100, 60))
    assert (len(seen.fixed), len(seen.moving)) == (1, 1)
    seen.level_with(20)
    assert (len(seen.fixed), len(seen.moving)) == (3, 1)


@pytest.mark.parametrize(("scale", "level", "expected"), [(1, 0, 0), (1, 1, 1), (2, 0, 1), (2, 1, 2), (0.5, 1, 0)])
def test_moving_s_pixels_are_about_as_large_as_fixed_s(scale: float, level: int, expected: int) -> None:
    seen = views((96, 96), (96, 96))
    seen.level_with(24)
    pair = seen.pair(superpose.similarity(0.3, scale, (0, 0), (48, 48)).matrix, level)
    assert pair.fixed is seen.fixed[level] and pair.moving is seen.moving[expected]


def test_no_level_is_finer_than_the_first_or_coarser_than_the_last() -> None:
    seen = views((96, 96), (32, 32))
    assert seen.pair(np.diag([0.1, 0.1, 1]), 0).moving is seen.moving[0]
    coarsest = seen.pair(np.diag([100.0, 100, 1]), 0).moving
    assert coarsest is seen.moving[-1] and coarsest.shape == (4, 4)


def test_channels_can_be_asked_for_by_themselves() -> None:
    seen, pose = views((40, 50), (40, 50)), superpose.rigid(0.2, (1, 2), (20, 25)).matrix
    both = seen.under(pose, 0)
    for channel in (0, 1):
        one = seen.under(pose, 0, (channel,))
        np.testing.assert_array_equal(one.fixed[0], both.fixed[channel])
        np.testing.assert_array_equal(one.moving[0], both.moving[channel])
    assert both.both.shape == (40, 50) and not both.moving[:, ~both.both].any()


def test_a_pose_that_shows_nothing_has_no_fields() -> None:
    found = views((40, 50), (40, 50)).under(superpose.translation((500, 0)).matrix, 0)
    assert not found.both.any() and not found.fixed.any() and not found.moving.any()
