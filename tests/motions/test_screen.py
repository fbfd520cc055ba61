"""Screens see in little time that nothing but the scene moved, and let through what lies still."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from scipy import ndimage
from skimage import data

from superpose._motions.screen import may_lie_still
from superpose._motions.settings import MotionSettings
from superpose._sampling.pyramid import halved
from tests.motions.making import image_of, noisy

SETTINGS = MotionSettings()
SHAPE = (400, 440)
WIDE = ndimage.gaussian_filter(np.random.default_rng(3).normal(size=(460, 500)), 7)
WIDE *= 50 / WIDE.std()


def view(row: int, column: int, seed: int, caption: bool = False) -> np.ndarray:
    shown = WIDE[30 + row : 30 + row + SHAPE[0], 30 + column : 30 + column + SHAPE[1]].copy()
    if caption:
        shown[-60:, :] = data.text()[60:120, :440]
    return noisy(shown, seed)


def screened(first: np.ndarray, second: np.ndarray, settings: MotionSettings = SETTINGS) -> bool:
    return may_lie_still(halved(image_of(first)), halved(image_of(second)), 2.0, 1, settings)


@pytest.mark.parametrize("at", [(4, -7), (17, 9)])
def test_a_caption_is_let_through(at: tuple[int, int]) -> None:
    assert screened(view(0, 0, 1, True), view(*at, 2, True))


@pytest.mark.parametrize("at", [(9, -12), (17, 9)])
def test_a_scene_alone_is_not(at: tuple[int, int]) -> None:
    assert not screened(view(0, 0, 1), view(*at, 2))


def test_of_a_smooth_scene_that_moved_little_the_shifts_of_the_closer_look_say_so() -> None:
    pair = view(0, 0, 1), view(8, -9, 2)
    lax = replace(SETTINGS, screen=replace(SETTINGS.screen, of_median=0.0))
    assert screened(*pair, lax) and not screened(*pair)


def test_what_is_too_small_is_looked_at() -> None:
    small = np.zeros((20, 200))
    assert screened(small, small)
