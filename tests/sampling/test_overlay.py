"""Moving laid on fixed's pixels, and how much of the smaller image that covers."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from superpose._sampling.overlay import Overlay
from superpose.image import Grid
from superpose.transforms.geometry import PhysicalMap
from tests.scenes import fixed_view, image_of, moving_view, pose

SHAPE = (32, 40)
IDENTITY = PhysicalMap(np.eye(3))


@pytest.mark.parametrize("order, tolerance", [(1, 0.3), (3, 0.1)])
def test_under_the_right_pose_moving_looks_like_fixed(order: int, tolerance: float) -> None:
    truth = pose(25, (2.3, -1.6), SHAPE)
    fixed = fixed_view(SHAPE, 2.5)
    warped, both, overlap = Overlay.of(image_of(fixed), image_of(moving_view(SHAPE, truth, 2.5)), order, 1).under(truth)
    assert warped.shape == SHAPE
    assert np.abs(warped - fixed)[both].max() < tolerance
    assert overlap == pytest.approx(both.mean())
    assert 0.6 < overlap < 0.95


@pytest.mark.parametrize("order", [1, 3])
def test_a_whole_shift_moves_pixels(order: int) -> None:
    moving = fixed_view(SHAPE)
    shift = PhysicalMap(pose(0, (0.0, 10.0), SHAPE))
    warped, both, overlap = Overlay.of(image_of(moving), image_of(moving), order, 1).under(shift)
    np.testing.assert_array_equal(both, np.broadcast_to(np.arange(40) < 30, SHAPE))
    np.testing.assert_allclose(warped[:, :30], moving[:, 10:], atol=1e-5)
    assert overlap == 0.75


def test_missing_pixels_of_either_do_not_overlap() -> None:
    fixed, moving = image_of(fixed_view(SHAPE)), image_of(fixed_view(SHAPE))
    above, left = np.ones(SHAPE, bool), np.ones(SHAPE, bool)
    above[:8], left[:, :10] = False, False
    fixed, moving = replace(fixed, mask=above), replace(moving, mask=left)
    _, both, overlap = Overlay.of(fixed, moving, 1, 1).under(IDENTITY)
    np.testing.assert_array_equal(both, above & left)
    # Each counts three quarters of its pixels, and shares three quarters of those.
    assert overlap == pytest.approx(0.75)


@pytest.mark.parametrize("exchanged", [False, True])
def test_the_overlap_is_that_of_the_smaller_image_in_physical_area(exchanged: bool) -> None:
    """A quarter as many pixels of twice the side cover the same area; of the same side, a quarter of it.

    Moving is seen to the centres of its outermost pixels only.
    """
    large, small = image_of(fixed_view((40, 40))), image_of(fixed_view((20, 20)))
    pair = (small, large) if exchanged else (large, small)
    assert Overlay.of(*pair, 1, 1).under(IDENTITY)[2] == pytest.approx(1)
    coarse = replace(small, grid=Grid((20, 20), (0.5, 0.5), (2.0, 2.0)))
    pair = (coarse, large) if exchanged else (large, coarse)
    overlap = Overlay.of(*pair, 1, 1)
    assert overlap.under(IDENTITY)[2] == pytest.approx(1, abs=0.1)
    half = PhysicalMap(pose(0, (20.0, 0.0), (40, 40)))
    assert overlap.under(half)[2] == pytest.approx(0.5, abs=0.06)


def test_poses_are_between_physical_coordinates() -> None:
    fixed = image_of(fixed_view(SHAPE), (10.0, 20.0), (0.5, 2.0))
    moving = image_of(fixed_view(SHAPE), (-3.0, 4.0), (0.5, 2.0))
    overlay = Overlay.of(fixed, moving, 1, 1)
    matching = PhysicalMap(moving.grid.index_to_physical @ np.linalg.inv(fixed.grid.index_to_physical))
    np.testing.assert_allclose(overlay.index_pose(matching), np.eye(3), atol=1e-12)
    warped, both, overlap = overlay.under(matching)
    assert both.mean() > 0.9 and overlap > 0.9
    np.testing.assert_allclose(warped[both], fixed.data[both], atol=1e-5)
