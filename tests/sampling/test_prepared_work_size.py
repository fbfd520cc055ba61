"""How small a pair is worked on."""

from __future__ import annotations

import numpy as np
import pytest

from superpose._sampling.prepared import WorkSize
from superpose._sampling.pyramid import levels_of
from superpose.image import Raster
from tests.scenes import image_of


def levels(spacing: float = 1.0) -> list[Raster]:
    """Return levels with 100, 50, 25, 13 and 7 columns."""
    return levels_of(image_of(np.zeros((64, 100)), (0.0, 0.0), (spacing, spacing)), 9)


def test_by_itself_the_image_is_worked_on() -> None:
    assert [each.grid.shape[1] for each in levels()] == [100, 50, 25, 13, 7]
    assert WorkSize().first_of(levels()) == 0


@pytest.mark.parametrize("side, first", [(100, 0), (99, 1), (50, 1), (49, 2), (13, 3), (7, 4)])
def test_no_level_with_a_longer_side_is_worked_on(side: float, first: int) -> None:
    assert WorkSize(side=side).first_of(levels()) == first


@pytest.mark.parametrize("spacing", [1.0, 0.3])
@pytest.mark.parametrize("pixel, first", [(0.5, 0), (1.0, 0), (1.1, 1), (2.0, 1), (2.1, 2), (8.0, 3)])
def test_no_level_with_smaller_pixels_is_worked_on(pixel: float, first: int, spacing: float) -> None:
    """Counted in pixels of the image, whatever the unit of its spacing."""
    assert WorkSize(pixel=pixel).first_of(levels(spacing)) == first


def test_both_limits_hold() -> None:
    assert WorkSize(side=50, pixel=4.0).first_of(levels()) == 2
    assert WorkSize(side=25, pixel=2.0).first_of(levels()) == 2


@pytest.mark.parametrize("size", [WorkSize(side=1), WorkSize(pixel=1000)])
def test_the_coarsest_level_is_worked_on_however_little_is_asked_for(size: WorkSize) -> None:
    assert size.first_of(levels()) == 4
