"""What stays on the sensor while the scene moves: captions, data bars, hot pixels."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.ndimage import gaussian_filter
from skimage import data

from tests.cases.making import as_bytes, codes, found, off, shifted, turned


def captioned(contrast: float) -> list[np.ndarray]:
    rng = np.random.default_rng(0)
    camera, caption = data.camera().astype(float), data.text()[60:110, 20:420]
    views = [camera[r : r + 400, c : c + 400] * contrast + 60 for r, c in ((40, 40), (47, 29))]
    views = [view + rng.normal(0, 3, view.shape) for view in views]
    for view in views:
        view[-50:] = caption
    return [as_bytes(view) for view in views]


@pytest.mark.parametrize("contrast", [0.25, 0.12, 0.08])
@pytest.mark.parametrize("family", ["translation", "rigid"])
def test_a_caption_does_not_hold_the_scene(contrast: float, family: str) -> None:
    result = found(*captioned(contrast), transform=family)
    assert result.reliable
    assert off(result, shifted(-7, 11)) < 0.1


@pytest.mark.slow
def test_the_caption_is_said_listed_and_can_be_kept() -> None:
    fixed, moving = captioned(0.12)
    result = found(fixed, moving, transform="translation")
    assert "fixed-pattern" in codes(result)
    scene, caption = result.explained
    assert not scene.on_sensor and caption.on_sensor
    assert scene.basin in result.basins and caption.basin in result.basins
    assert caption.mask[-50:].mean() > 0.5 > 0.1 > caption.mask[:-60].mean()
    assert scene.mask[:-60].mean() > 0.1 > scene.mask[-45:].mean()
    assert 0 < caption.share < 1 and 0 < scene.share < 1
    np.testing.assert_allclose(result.at(caption.basin).transform.shift, 0, atol=1e-9)
    kept = found(fixed, moving, transform="translation", fixed_pattern="keep")
    # Kept, it is one of two motions, of which none is believed.
    assert not codes(kept) & {"fixed-pattern", "sensor-only"}
    assert not kept.reliable


@pytest.mark.parametrize("contrast", [1, 0.4, 0.2])
@pytest.mark.parametrize("family", ["translation", "rigid"])
def test_a_data_bar_does_not_hold_the_specimen(contrast: float, family: str) -> None:
    rng = np.random.default_rng(0)
    gravel = data.gravel().astype(float)
    gravel = gaussian_filter(gravel, 1) - gravel.mean()
    views = [128 + contrast * gravel[r : r + 400, c : c + 400] for r, c in ((60, 50), (66, 41))]
    views = [view + rng.normal(0, 12, view.shape) for view in views]
    for view in views:
        view[-44:] = 255 - data.text()[66:110, 20:420]
    result = found(*map(as_bytes, views), transform=family)
    assert result.reliable
    assert off(result, shifted(-6, 9)) < 0.15


@pytest.mark.parametrize("hot", [0, 100, 200, 800])
@pytest.mark.slow
def test_hot_pixels_do_not_hold_the_stars(hot: int) -> None:
    shape, truth = (400, 400), turned(1.2, (200, 200), 13.3, -8.7)
    drawn = np.random.default_rng(1)
    places = drawn.uniform(-40, 440, (60, 2))
    flux = np.minimum(drawn.pareto(1.2, 60) * 90 + 300, 30000)
    rows, columns = np.mgrid[:400, :400]

    def sky(at: np.ndarray) -> np.ndarray:
        image = np.zeros(shape)
        for (row, column), light in zip(at, flux, strict=True):
            image += light * np.exp(-((rows - row) ** 2 + (columns - column) ** 2) / 2.25)
        return image

    rng, sensor = np.random.default_rng(5), np.zeros(shape)
    at = rng.integers(0, 400, (hot, 2))
    sensor[at[:, 0], at[:, 1]] = rng.uniform(500, 6000, hot)
    views = [(sky(each) + sensor + rng.normal(100, 15, shape)).clip(0) for each in (places, truth(places))]
    result = found(*(view.astype(np.uint16) for view in views))
    assert result.reliable
    assert off(result, truth) < 0.3
    assert ("fixed-pattern" in codes(result)) == (hot > 0)


@pytest.mark.parametrize("captions", [False, True])
def test_a_scene_that_did_not_move_stays_reliable(captions: bool) -> None:
    rng = np.random.default_rng(3)
    scene, caption = data.coffee().mean(2)[50:350, 100:400], data.text()[60:110, 20:320]
    views = [scene * 0.6 + rng.normal(0, 4, scene.shape) for _ in range(2)]
    for view in views:
        if captions:
            view[-50:] = caption
    result = found(*map(as_bytes, views))
    assert result.reliable
    assert off(result, shifted(0, 0)) < 0.05
    assert not result.explained


def test_something_that_moved_in_a_still_scene_leaves_the_zero_pose() -> None:
    rng = np.random.default_rng(4)
    wall = data.brick().astype(float)[:320, :320]
    walker = data.astronaut().mean(2)[20:130, 170:260]
    views = []
    for row, column in ((120, 60), (126, 84)):
        view = wall.copy()
        view[row : row + 110, column : column + 90] = walker
        views.append(as_bytes(view + rng.normal(0, 3, view.shape)))
    result = found(*views)
    assert result.reliable
    assert off(result, shifted(0, 0)) < 0.1
