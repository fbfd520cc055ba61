"""What part of the mean of frames stands out from its noise."""

from __future__ import annotations

import numpy as np
import pytest
import skimage.data
from numpy.typing import NDArray

from superpose._jobs.passing import Passed, Shown
from superpose._jobs.settings import LatentSettings
from superpose._jobs.waves import Canvas

Floats = NDArray[np.float64]

CANVAS = Canvas((160, 160), (0, 0), 8)
SCENE = skimage.data.camera()[150:310, 150:310].astype(float)


def noisy(scene: Floats, sigma: float) -> Shown:
    image = scene + np.random.default_rng(0).normal(0, sigma, scene.shape)
    image -= image.mean()
    return Shown(image, CANVAS.waves_of(image), np.ones(image.shape), np.full(image.shape, sigma**2))


def off(scene: Floats, sigma: float, settings: LatentSettings) -> float:
    """Return the variance by which what passes differs from the scene."""
    mean = noisy(scene, sigma)
    passing = Passed.of(mean, CANVAS, settings).image(mean.waves, CANVAS)
    return float(np.square(passing - (scene - scene.mean())).mean())


def texture() -> Floats:
    """Return what is alike everywhere."""
    white = CANVAS.waves_of(np.random.default_rng(3).normal(0, 1, (160, 160)))
    return CANVAS.image(white * CANVAS.of_rings(15.0 * (np.arange(160) < 50))).astype(float)


# Everywhere the same: what rings alone tell.
RINGS = LatentSettings(powers=(1.0,))


def test_more_passes_where_there_is_more() -> None:
    # A texture in one place, and nothing around it.
    scene = np.zeros((160, 160))
    scene[50:110, 50:110] = np.outer(np.hanning(60), np.hanning(60)) * texture()[50:110, 50:110]
    assert off(scene, 3, LatentSettings()) < 0.6 * off(scene, 3, RINGS)


def test_a_scene_that_is_alike_everywhere_passes_as_its_rings_do() -> None:
    assert off(texture(), 8, LatentSettings()) < 1.03 * off(texture(), 8, RINGS)


# What passes is told by the same noise: that has a little more in common with itself.
@pytest.mark.parametrize("sigma, exact", [(10, 0.04), (40, 0.12)])
def test_slopes_of_what_passes_have_in_common_with_the_means_what_they_have_with_the_scenes_and_noise(
    sigma: float, exact: float
) -> None:
    mean = noisy(SCENE, sigma)
    passed = Passed.of(mean, CANVAS, LatentSettings())
    window = np.zeros((160, 160))
    window[12:-12, 12:-12] = 1
    rows, columns = CANVAS.frequencies
    of_noise, third_of_noise = passed.slopes_of_noise(window * sigma**2, CANVAS)
    passing = CANVAS.waves_of(passed.image(mean.waves, CANVAS))
    for axis, along in enumerate((1j * rows[:, None], 1j * columns)):
        steep = window * CANVAS.image(passing * along)
        for power, noise in ((1, of_noise[axis, axis]), (3, third_of_noise[axis, 3 * axis])):
            scene, both = (
                float((steep * CANVAS.image(each * along**power)).sum())
                for each in (CANVAS.waves_of(SCENE), mean.waves)
            )
            assert abs(noise) > 3 * exact * abs(scene)
            assert both - noise == pytest.approx(scene, rel=power * exact)


def test_nothing_of_noise_passes() -> None:
    mean = noisy(np.zeros((160, 160)), 5)
    assert Passed.of(mean, CANVAS, LatentSettings()).image(mean.waves, CANVAS).std() < 0.03 * mean.image.std()
