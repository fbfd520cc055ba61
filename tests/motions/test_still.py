"""What lies still on the sensor while the scene moved."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from skimage import data

from superpose._motions.settings import MotionSettings, StillSettings
from superpose._motions.still import StillStructure, still_structure
from tests.motions.making import SHAPE, image_of, noisy, scene

SETTINGS = MotionSettings()
BAR = np.s_[-40:, :]


def captioned(view: np.ndarray, seed: int) -> np.ndarray:
    view = view.copy()
    view[BAR] = data.text()[60:100, 20:240]
    return noisy(view, seed)


def found_in(first: np.ndarray, second: np.ndarray, some: bool = False) -> StillStructure | None:
    return still_structure(image_of(first), image_of(second), some, 1, SETTINGS)


@pytest.mark.parametrize("contrast", [1.0, 0.2])
def test_a_caption_is_found_and_the_scene_is_not(contrast: float) -> None:
    views = [captioned(60 + contrast * scene(*at), seed) for at, seed in (((0, 0), 1), ((9, -7), 2))]
    found = found_in(*views)
    assert found is not None
    letters = np.abs(np.gradient(data.text()[60:100, 20:240].astype(float))[1]) > 10
    assert letters.mean() > 0.05 and found.same[BAR][letters].mean() > 0.97
    above = np.s_[:-50, :]
    assert found.mask[above].mean() < 0.2 and found.moved[above].mean() > 0.4
    assert found.moved[BAR].mean() < 0.02
    assert found.mask[found.same].all() and found.mask.sum() > found.same.sum()


def test_nothing_is_asked_where_nothing_moved() -> None:
    assert found_in(noisy(scene(), 1), noisy(scene(), 2)) is None
    assert found_in(captioned(scene(), 1), captioned(scene(), 2)) is None


@pytest.mark.parametrize("at", [(9, -7), (30, 0), (-12, 20)])
def test_a_scene_alone_leaves_nothing_still(at: tuple[int, int]) -> None:
    assert found_in(noisy(scene(), 1), noisy(scene(*at), 2)) is None


def test_where_spikes_lay_still_it_is_said_what_moved() -> None:
    found = found_in(noisy(scene(), 1), noisy(scene(9, -7), 2), some=True)
    assert found is not None and found.moved.mean() > 0.4 and found.mask.mean() < 0.05


def test_images_without_a_pixel_in_common_have_nothing() -> None:
    left = np.zeros(SHAPE, bool)
    left[:, :100] = True
    parts = image_of(noisy(scene(), 1), left), image_of(noisy(scene(9, -7), 2), ~left)
    assert still_structure(*parts, True, 1, SETTINGS) is None


def test_settings_say_how_much_has_to_move() -> None:
    views = [captioned(scene(*at), seed) for at, seed in (((0, 0), 1), ((9, -7), 2))]
    strict = replace(SETTINGS, still=StillSettings(moved=0.99))
    assert still_structure(*map(image_of, views), False, 1, strict) is None
