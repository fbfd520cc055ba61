"""Photon counts: recognised wherever variance is the mean, nothing else is, and their root's noise is as stated."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray
from scipy import ndimage
from skimage import data

from superpose._sampling.counts import count_scale, root_noise, stabilised, widest_needed
from superpose._sampling.settings import CountSettings
from superpose.image import as_image

Floats = NDArray[np.float64]
SETTINGS = CountSettings()


def light(mean: float, seed: int = 3, side: int = 200) -> Floats:
    """Return spots of light on a darker ground."""
    spots = ndimage.gaussian_filter(np.random.default_rng(seed).normal(size=(side, side)), 4)
    return mean * (0.3 + np.clip(spots / spots.std(), 0, 3))


@pytest.mark.parametrize("mean", [0.2, 2.0, 20.0])
@pytest.mark.parametrize(("step", "zero"), [(1.0, 0.0), (37.0, 0.0), (1 / 255, 0.0), (12.0, 100.0)])
@pytest.mark.parametrize("offset", [0.0, None])
def test_counts_are_recognised_at_any_gain(mean: float, step: float, zero: float, offset: float | None) -> None:
    counts = np.random.default_rng(5).poisson(light(mean))
    image = as_image(counts * step + zero, "image", offset=offset)
    found = count_scale(image, SETTINGS)
    assert found is not None
    assert found.step == pytest.approx(step, rel=1e-4)
    assert found.mean == pytest.approx(counts.mean() - (counts.min() if zero else 0), rel=0.01)
    assert found.zero + image.offset == pytest.approx(zero + step * (counts.min() if zero else 0), abs=1e-3 * step)


def test_a_photograph_with_as_much_shot_noise_as_light_is_counts() -> None:
    counts = np.random.default_rng(5).poisson(data.camera()[::2, ::2] / 25.0)
    assert count_scale(as_image(counts, "image"), SETTINGS) is not None


@pytest.mark.parametrize("name", ["camera", "coins", "moon", "page", "text", "brick", "grass", "gravel"])
@pytest.mark.parametrize("divisor", [1, 4, 16, 64])
def test_photographs_are_no_counts(name: str, divisor: int) -> None:
    picture = getattr(data, name)() // divisor
    assert count_scale(as_image(picture, "image"), SETTINGS) is None


def test_noise_as_strong_as_light_is_not_enough_unless_pixels_are_independent() -> None:
    grain = ndimage.gaussian_filter(np.random.default_rng(5).normal(size=(200, 200)), 0.8)
    picture = np.rint(np.maximum(9 + 3 * grain / grain.std() * 1.7, 0))
    assert count_scale(as_image(picture, "image"), SETTINGS) is None


def test_masks_real_numbers_and_bright_pictures_are_no_counts() -> None:
    rng = np.random.default_rng(5)
    assert count_scale(as_image(rng.random((100, 100)) < 0.1, "image"), SETTINGS) is None
    assert count_scale(as_image(rng.normal(5, 2, (100, 100)), "image"), SETTINGS) is None
    assert count_scale(as_image(rng.poisson(100, (100, 100)), "image", offset=0.0), SETTINGS) is None


def test_missing_pixels_do_not_matter_and_stay_missing() -> None:
    counts = np.random.default_rng(5).poisson(light(2.0)).astype(float)
    holes = counts.copy()
    holes[40:60, 90:140] = np.nan
    image = as_image(holes, "image")
    found = count_scale(image, SETTINGS)
    assert found is not None
    whole, cut = stabilised(as_image(counts, "image"), found, 1.0, 1), stabilised(image, found, 1.0, 1)
    assert np.array_equal(cut.mask, image.mask)
    far = np.s_[80:, :]
    assert np.allclose(cut.data[far], whole.data[far], atol=1e-5)
    # Nothing of what is missing, which is stored as some number, comes in beside it.
    assert abs(cut.data[37:40, 90:140].mean() - whole.data[37:40, 90:140].mean()) < 0.15


@pytest.mark.parametrize("mean", [0.5, 2.0, 8.0, 30.0])
def test_the_root_of_summed_counts_is_as_noisy_as_stated(mean: float) -> None:
    width = widest_needed(mean, SETTINGS)
    counts = np.random.default_rng(5).poisson(mean, (300, 300)).astype(float)
    image = as_image(counts, "image")
    found = count_scale(image, SETTINGS)
    assert found is not None
    root = stabilised(image, found, width, 1).data[20:-20, 20:-20]
    # A narrow filter is three taps, whose variance is not quite a Gaussian's.
    assert root.var() == pytest.approx(root_noise(width, 1.0).variance, rel=0.1 if width > 0.7 else 0.3)


def test_few_photons_are_summed_wider() -> None:
    widths = [widest_needed(mean, SETTINGS) for mean in (0.01, 0.3, 3.0, 30.0)]
    assert widths == sorted(widths, reverse=True)
    assert widths[0] == SETTINGS.widest


@pytest.mark.parametrize("side", [4, 11])
def test_an_image_smaller_than_a_block_is_none(side: int) -> None:
    ramp = np.add.outer(np.arange(side), np.arange(side)).astype(float)
    assert count_scale(as_image(ramp, "image"), CountSettings()) is None
