"""Little overlap, none, all of it; and a crop of another scale."""

from __future__ import annotations

import numpy as np
import pytest
import scipy.ndimage as ndi
from skimage import data, transform

import superpose
from superpose import InputError, SearchRange
from tests.cases.making import codes, found, off, shifted


@pytest.mark.parametrize("family", ["rigid", "translation"])
def test_fifteen_percent_of_overlap_are_found_where_they_are_allowed(family: str) -> None:
    image = data.coffee().mean(2)[:300]
    fixed, moving = image[:, :300], image[:, 255:555]
    allowed = found(fixed, moving, transform=family, min_overlap=0.05)
    assert off(allowed, shifted(0, -255)) < 0.05
    excluded = found(fixed, moving, transform=family, min_overlap=0.2)
    assert not excluded.reliable
    assert excluded.overlap >= 0.19
    assert "below-min-overlap" in codes(excluded)


@pytest.mark.parametrize("least", [0.99, 1.0])
def test_identical_images_overlap_enough(least: float) -> None:
    image = ndi.gaussian_filter(np.random.default_rng(0).random((64, 64)), 2)
    result = superpose.register(image, image, min_overlap=least)
    assert result.reliable
    assert off(result, shifted(0, 0)) < 0.02


def test_a_checkerboard_is_no_error_and_not_believed() -> None:
    board = np.indices((64, 64)).sum(0) % 2.0
    assert not found(board, np.roll(board, 1, 0)).reliable


def test_values_beyond_a_double_are_named() -> None:
    image = ndi.gaussian_filter(np.random.default_rng(0).random((64, 64)), 2)
    if np.finfo(np.longdouble).max <= np.finfo(float).max:
        pytest.skip("long doubles are doubles here")
    with pytest.raises(InputError, match=r"^fixed reaches values beyond 1e308"):
        superpose.register(image.astype(np.longdouble) * np.longdouble("1e4000"), image)


@pytest.mark.slow
@pytest.mark.long
def test_a_crop_of_a_third_of_the_scale_is_found_if_scales_to_four_are_searched() -> None:
    image = data.retina()
    crop = (transform.resize(image[300:700, 40:440], (130, 130), anti_aliasing=True) * 255).astype(np.uint8)
    near = found(crop, image, transform="similarity")
    assert not near.reliable
    assert "scales-searched" in codes(near)
    wide = found(crop, image, transform="similarity", search=SearchRange(scale=4))
    assert wide.reliable
    assert off(wide, lambda points: (points + 0.5) * 400 / 130 - 0.5 + (300, 40)) < 1.0
