"""What is left out of an image is filled where it is narrow, and missing where it is wide."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import ndimage

from superpose._motions.left_out import grown, without
from superpose._motions.settings import LeftOutSettings
from tests.motions.making import SHAPE, scene

SETTINGS = LeftOutSettings()
WHOLE = np.ones(SHAPE, bool)
LINE, BLOCK = np.s_[40:46, 30:190], np.s_[100:130, 60:90]


def left_out() -> np.ndarray:
    mask = np.zeros(SHAPE, bool)
    mask[LINE] = mask[BLOCK] = True
    return mask


@pytest.mark.parametrize("by", [0, 1, 3])
def test_a_mask_grows_in_a_square(by: int) -> None:
    mask = np.random.default_rng(1).random((40, 50)) < 0.01
    mask[0, 0] = mask[-1, 20] = True
    wanted = ndimage.binary_dilation(mask, np.ones((2 * by + 1, 2 * by + 1)))
    found = grown(mask, by)
    np.testing.assert_array_equal(found, wanted)
    assert found is not mask


def test_narrow_parts_are_filled_and_wide_ones_missing() -> None:
    view = scene().astype(np.float32)
    plain = view.copy()
    view[left_out()] = 1000.0
    data, kept = without(view, WHOLE, left_out(), 1, SETTINGS)
    assert kept[LINE].all() and not kept[BLOCK].any()
    np.testing.assert_array_equal(data[~left_out()], plain[~left_out()])
    assert not data[BLOCK].any()
    # What surrounds a line of 6 pixels in blots of 4 is like what it hid.
    assert np.abs(data[LINE] - plain[LINE]).max() < 50
    assert np.corrcoef(data[LINE].ravel(), plain[LINE].ravel())[0, 1] > 0.8
    assert data.dtype == np.float32 and kept.dtype == bool


def test_the_fill_of_a_flat_image_is_flat() -> None:
    data, kept = without(np.full(SHAPE, 7, np.float32), WHOLE, left_out(), 1, SETTINGS)
    np.testing.assert_allclose(data[kept], 7.0, rtol=1e-5)


def test_missing_pixels_stay_missing_and_fill_nothing() -> None:
    view, mask = np.full(SHAPE, 7, np.float32), WHOLE.copy()
    mask[36:40] = False
    view[~mask] = 1e6
    data, kept = without(view, mask, left_out(), 1, SETTINGS)
    assert not kept[36:40].any() and kept[LINE].all()
    np.testing.assert_allclose(data[kept], 7.0, rtol=1e-5)


def test_settings_say_what_is_narrow() -> None:
    view = scene().astype(np.float32)
    assert without(view, WHOLE, left_out(), 1, LeftOutSettings(narrow=16, filled_from=9))[1].all()
    assert not without(view, WHOLE, left_out(), 1, LeftOutSettings(narrow=1))[1][LINE].any()
