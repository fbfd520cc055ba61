"""A pattern that stays before a scene that moves by little, or in a picture that was cut."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import ndimage
from skimage import data

import superpose
from superpose._motions.common_part import common_part
from superpose._motions.nearby import pose_nearby, short_motion, still_beside
from superpose._motions.settings import MotionSettings
from superpose._problem import Problem
from superpose.image import Raster
from superpose.transforms.geometry import max_corner_distance
from tests.cases.making import as_bytes, codes, found, off, shifted
from tests.motions.making import SHAPE, image_of, noisy, scene, shift

SETTINGS = MotionSettings()
BAR = np.s_[-40:, :]


def moved(by: tuple[float, float]) -> np.ndarray:
    """Return the scene of blots moved by parts of pixels."""
    wide = scene().astype(float)
    return ndimage.shift(wide, (-by[0], -by[1]), order=3, mode="mirror")


def pair(by: tuple[float, float], contrast: float = 0.3, letters: bool = True) -> tuple[Raster, Raster]:
    views = [60 + contrast * each for each in (scene().astype(float), moved(by))]
    if letters:
        for view in views:
            view[BAR] = data.text()[60:100, 20:240]
    return image_of(noisy(views[0], 1)), image_of(noisy(views[1], 2))


@pytest.mark.parametrize("by", [(0.3, -0.4), (-0.8, 0.9), (1.5, 1.0)])
def test_a_scene_under_a_caption_is_seen_to_move_by_little(by: tuple[float, float]) -> None:
    fixed, moving = pair(by)
    near = pose_nearby(fixed, moving, shift(0, 0), False, 1, SETTINGS)
    assert near is not None
    assert max_corner_distance(near, shift(-by[0], -by[1]), fixed.grid) < 0.35 * np.hypot(*by)
    still = still_beside(fixed, moving, shift(-by[0], -by[1]), 1, SETTINGS)
    assert still is not None
    assert still.same[BAR].mean() > 0.5 and still.same[:-50].mean() < 0.02
    assert still.moved[BAR].mean() < 0.02 and still.moved[:-50].mean() > 0.1


@pytest.mark.parametrize("letters", [False, True])
def test_a_pose_that_is_right_is_contradicted_by_none(letters: bool) -> None:
    fixed, moving = pair((0.8, -0.9), letters=letters)
    assert pose_nearby(fixed, moving, shift(-0.8, 0.9), True, 1, SETTINGS) is None
    fixed, moving = pair((0, 0), letters=letters)
    assert pose_nearby(fixed, moving, shift(0, 0), True, 1, SETTINGS) is None


@pytest.mark.parametrize("by", [(0.0, 0.0), (1.2, -0.8), (-2.0, 1.5)])
def test_what_seems_to_lie_still_is_asked_whether_it_does(by: tuple[float, float]) -> None:
    """Of two layers one moved far, the other by little or not at all: that is asked alone."""
    first, far, short = (scene(*at, seed=seed) for at, seed in (((0, 0), 3), ((13, -17), 3), ((0, 0), 4)))
    layer, drifted = np.arange(SHAPE[1]) < 90, ndimage.shift(short, (-by[0], -by[1]), order=3, mode="mirror")
    images = [
        image_of(noisy(np.where(layer, near, away), seed))
        for near, away, seed in ((short, first, 1), (drifted, far, 2))
    ]
    part = np.zeros(SHAPE, bool)
    part[10:-10, 10:80] = True
    motion = short_motion(*images, shift(0, 0), part, True, 1, SETTINGS)
    if not any(by):
        assert motion is None
    else:
        assert motion is not None
        assert max_corner_distance(motion, shift(-by[0], -by[1]), images[0].grid) < 0.5


@pytest.mark.parametrize("by", [(0, 1), (2, -1), (3, 2)])
@pytest.mark.parametrize("family", ["translation", "rigid"])
def test_a_caption_does_not_hold_a_scene_that_drifts(by: tuple[int, int], family: str) -> None:
    rng = np.random.default_rng(5)
    camera = data.camera().astype(float)
    views = [60 + 0.12 * camera[r : r + 300, c : c + 300] for r, c in ((60, 120), (60 + by[0], 120 + by[1]))]
    for view in views:
        view += rng.normal(0, 3, view.shape)
        view[-50:] = data.text()[60:110, 20:320]
    result = found(*map(as_bytes, views), transform=family)
    assert result.reliable
    assert off(result, shifted(-by[0], -by[1])) < 0.15


@pytest.mark.parametrize("seed", [0, 1])
@pytest.mark.slow
def test_a_scene_that_drifts_under_a_caption_is_found_the_same_way_back(seed: int) -> None:
    views = [60 + 0.1 * noisy(scene(*by), 10 * seed + k, 20) for k, by in enumerate(((0, 0), (2, 1)))]
    for view in views:
        view[-40:] = 255 * (np.arange(SHAPE[1]) // 7 % 3 > 0) * (np.arange(40)[:, None] // 9 % 2)
    there, back = (superpose.register(*pair, on_unreliable="ignore") for pair in (views, views[::-1]))
    corners = np.array(there.fixed_grid.corners)
    np.testing.assert_allclose(back.transform(there.transform(corners)), corners, atol=1e-9)
    assert there.reliable == back.reliable


def test_the_common_part_of_a_cut_picture_lies_pixel_on_pixel() -> None:
    image = scene().astype(np.float32)
    problem = Problem.checked(image, image[7:-3, 12:], transform="translation")
    part = common_part(problem, shift(-7.02, -12), 0.1, 64)
    assert part is not None and part.corner == (7, 12)
    fixed, moving = part.problem.fixed.image, part.problem.moving.image
    np.testing.assert_allclose(fixed.data + fixed.offset, moving.data + moving.offset, atol=1e-3)
    assert fixed.grid.origin == (7, 12) and moving.grid.origin == (0, 0)
    assert common_part(problem, shift(-7.4, -12), 0.1, 64) is None
    assert common_part(problem, shift(-7, -12), 0.1, 300) is None


def test_a_caption_in_a_cut_picture_does_not_hold_the_scene() -> None:
    rng = np.random.default_rng(2)
    camera = data.camera().astype(float)
    views = [60 + 0.08 * camera[r : r + 400, c : c + 400] for r, c in ((40, 40), (49, 23))]
    for view in views:
        view += rng.normal(0, 3, view.shape)
        view[-60:] = data.text()[60:120, 20:420]
    fixed, moving = as_bytes(views[0]), as_bytes(views[1])[11:, 8:]
    result = found(fixed, moving, transform="translation")
    assert result.reliable
    assert off(result, shifted(-9 - 11, 17 - 8)) < 0.3
    assert "fixed-pattern" in codes(result)
    _, caption = result.explained
    assert caption.mask.shape == fixed.shape and caption.mask[-60:].mean() > 0.5
    # The levels are those of the answer, not of what the caption held.
    assert result.levels[-1].parameters["shift"] == pytest.approx(result.transform.shift, abs=0.05)
