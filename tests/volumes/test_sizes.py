"""Volumes whose headers say the wrong size."""

from __future__ import annotations

import numpy as np
import pytest

import superpose
from superpose import SearchRange
from superpose._volumes.rotations import sizes_within
from tests.volumes.phantom import error, pose, volume


@pytest.mark.slow
def test_sizes_are_evenly_apart_and_end_where_they_are_to() -> None:
    assert sizes_within(1.0, 1.25) == [1.0]
    # Near a start that is nearly right the race finds the size itself.
    assert sizes_within(SearchRange.near().scale, 1.25) == [1.0]
    sizes = sizes_within(2.0, 1.25)
    assert sizes[0] == 1.0
    np.testing.assert_allclose(np.sort(sizes), 2.0 ** (np.arange(-3, 4) / 3))


@pytest.mark.parametrize("size", [pytest.param(0.55, marks=pytest.mark.slow), 1.75])
def test_another_size_is_found_where_it_is_asked_for(size: float) -> None:
    truth = pose((6.0, -4.0, 3.0), (3.0, -2.0, 1.0))
    fixed, moving = (
        volume(shape=(30, 28, 26), spacing=(3.0,) * 3),
        volume(truth, shape=(28, 29, 30), spacing=(3.0,) * 3, scan=1),
    )
    # What moving says of its voxels is wrong by so much.
    wrong = superpose.Image(
        moving.array, tuple(size * each for each in moving.spacing), tuple(size * each for each in moving.origin)
    )
    truth = np.diag([size, size, size, 1.0]) @ truth
    limits = SearchRange(angle=12, scale=2, shift=0.2)
    found = superpose.register(fixed, wrong, transform="similarity", search=limits)
    assert found.reliable
    assert found.transform.scale == pytest.approx(size, rel=0.01)
    assert error(found.transform.matrix, truth) < 0.5
    if size < 1:
        swapped = superpose.register(wrong, fixed, transform="similarity", search=limits)
        np.testing.assert_allclose(swapped.transform.inverse().matrix, found.transform.matrix, atol=1e-9)
