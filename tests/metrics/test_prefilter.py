"""How much to blur, and what noise there is: against draws of noise."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import ndimage

from superpose._sampling.level import PreparedLevel
from superpose._sampling.warp import source, warp
from superpose.image import Grid, Raster, as_image
from superpose.metrics._prefilter import (
    best_blur,
    blurred,
    noise_floor,
    slope_noise,
    spectrum,
    taps_of,
    white_noise,
)
from superpose.metrics.settings import DEFAULTS

SETTINGS = DEFAULTS[2].prefilter
RNG = np.random.default_rng(5)
SCENE = ndimage.gaussian_filter(RNG.normal(size=(200, 200)), 4.0)
SCENE /= SCENE.std()


def image(sigma: float) -> Raster:
    return as_image(SCENE + sigma * RNG.normal(size=SCENE.shape), "image")


@pytest.mark.parametrize("sigma", [0.03, 0.3])
def test_white_noise_is_read_off_the_spectrum(sigma: float) -> None:
    assert noise_floor(spectrum(image(sigma), SETTINGS), SETTINGS) == pytest.approx(sigma**2, rel=0.15)


def test_where_half_of_each_block_is_missing_nothing_is_known_of_noise() -> None:
    holes = np.where(np.random.default_rng(0).random(SCENE.shape) < 0.5, SCENE, np.nan)
    power = spectrum(as_image(holes, "image"), SETTINGS)
    assert noise_floor(power, SETTINGS) == np.inf
    assert best_blur(power, 0.1, 1e4, True, SETTINGS) == 0


def test_the_noisier_the_wider() -> None:
    widths = [best_blur(spectrum(image(sigma), SETTINGS), sigma**2, 4e4, True, SETTINGS) for sigma in (0.01, 0.1, 1.0)]
    assert widths == sorted(widths) and widths[0] < widths[-1]


def test_a_shift_of_a_clear_fine_scene_wants_a_wider_one_than_a_turn() -> None:
    """A shift meets one fraction of a pixel, where cubic interpolation is always late or always early."""
    frequency = np.hypot(*np.meshgrid(np.fft.rfftfreq(256), np.fft.fftfreq(256)))
    fine = np.fft.irfft2(np.fft.rfft2(RNG.normal(size=(256, 256))) * (frequency < 0.4))
    power = spectrum(as_image(fine / fine.std(), "image"), SETTINGS)
    assert best_blur(power, 1e-3, 6e4, False, SETTINGS) > best_blur(power, 1e-3, 6e4, True, SETTINGS)


@pytest.mark.parametrize("width", [0.0, 0.6, 1.5])
def test_noise_between_pixels_is_as_large_as_said(width: float) -> None:
    noise = PreparedLevel(as_image(np.random.default_rng(8).normal(size=(300, 300)), "noise"), 1)
    made = blurred(noise, width, SETTINGS)
    told = white_noise(1.0, width, SETTINGS)
    sampled = source(made.image.data, made.image.mask, 3)
    for fraction in (0.0, 0.25, 0.5):
        matrix = np.array([[1, 0, 20 + fraction], [0, 1, 20], [0, 0, 1.0]])
        size = tuple(n - 60 for n in made.shape)
        values, inside = warp(sampled, matrix, size, 1)
        assert inside.all()
        at = round(fraction * len(told.gain))
        assert values.var() == pytest.approx(told.variance * told.gain[at] * told.gain[0], rel=0.06)
    # Columns at all fractions, rows closely.
    close = np.diag([0.2, 0.9937, 1])
    by_row = np.gradient(warp(sampled, close, (5 * made.shape[0] - 50, made.shape[1] - 20), 1)[0], 0.2, axis=0)
    assert by_row[100:-50, 20:].var() == pytest.approx(told.in_slopes, rel=0.12)
    assert slope_noise(taps_of(width, SETTINGS), SETTINGS.frequencies) > 0


@pytest.mark.parametrize("shape", [(1, 9), (2, 2), (2, 40)])
def test_images_below_any_window_have_no_spectrum(shape: tuple[int, int]) -> None:
    tiny = Raster(RNG.normal(size=shape).astype(np.float32), np.ones(shape, bool), Grid(shape))
    assert not spectrum(tiny, SETTINGS).any()


def test_pixels_where_the_window_is_zero_have_no_spectrum() -> None:
    around = np.ones((3, 3), bool)
    around[1, 1] = False
    image = Raster(RNG.normal(size=(3, 3)).astype(np.float32), around, Grid((3, 3)))
    assert not spectrum(image, SETTINGS).any()
