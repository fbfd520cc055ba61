"""Pairs of photon counts: prepared alike, matched by what is more precise, and said to be nothing else."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray
from scipy import ndimage

import superpose
from superpose._engine.photons import common_summing
from superpose._engine.refinement import possible_correlation
from superpose._engine.settings import DEFAULTS
from superpose._sampling.level_pair import LevelPair
from superpose._sampling.prepared import Prepared, WorkSize
from superpose.image import UserImage

Floats = NDArray[np.float64]
SHIFT = (-4.0, 5.4)


def rings(seed: int, side: int = 300) -> Floats:
    """Return the light of cells with bright rims, finer and larger than a view of them."""
    rng, light = np.random.default_rng(seed), np.full((side, side), 0.05)
    rows, columns = np.indices(light.shape)
    for row, column, bright in zip(*rng.uniform(0, side, (2, 60)), rng.uniform(0.2, 1, 60), strict=True):
        light += bright * np.exp(-(((np.hypot(rows - row, columns - column) - 5) / 1.6) ** 2))
    return light


def views(seed: int, photons: float) -> tuple[NDArray[np.int16], NDArray[np.int16]]:
    """Return counts of two views of which the second shows what the first does at `SHIFT`."""
    light, rng = rings(seed), np.random.default_rng(seed + 1)
    there = ndimage.shift(light, SHIFT, order=3, mode="nearest")
    return tuple(rng.poisson(np.maximum(each[20:276, 20:276], 0) * photons).astype(np.int16) for each in (light, there))


def prepared(array: NDArray[np.generic]) -> Prepared:
    return Prepared.of(UserImage(array), "image", kept=False)


def test_both_images_are_summed_alike_and_only_counts_are() -> None:
    fixed, moving = map(prepared, views(1, 3.0))
    settings = DEFAULTS[2].metrics.prefilter
    width = common_summing(fixed, moving, settings)
    assert width is not None and width in settings.widths
    assert width == common_summing(moving, fixed, settings)
    picture = prepared(np.random.default_rng(3).normal(size=(100, 100)))
    assert common_summing(fixed, picture, settings) is None
    bright = prepared(views(1, 30.0)[0])
    assert common_summing(bright, bright, settings) is not None
    assert common_summing(bright, bright, settings) < width


def test_what_noise_lets_correlate_is_known_for_counts_only() -> None:
    fixed, moving = map(prepared, views(1, 3.0))
    width = common_summing(fixed, moving, DEFAULTS[2].metrics.prefilter)
    pair = LevelPair(*(each.levels(WorkSize(), 1, width)[1] for each in (fixed, moving)))
    part = possible_correlation(pair, 0.1)
    assert part is not None and 0.3 < part < 0.95
    assert possible_correlation(pair, 0.99) is None
    plain = LevelPair(*(each.levels(WorkSize(), 1)[1] for each in (fixed, moving)))
    assert possible_correlation(plain, 0.1) is None


@pytest.mark.slow
@pytest.mark.parametrize("photons", [3.0, 0.8])
def test_few_photons_are_matched_as_well_as_they_allow(photons: float) -> None:
    errors, stated = [], []
    for seed in range(4):
        found = superpose.register(*views(10 * seed, photons), transform="translation")
        assert found.reliable
        assert not any("few-levels" in each for each in found.warnings)
        errors.append(float(np.hypot(*(found.transform.shift - np.array(SHIFT)))))
        stated.append(found.uncertainty)
    # Directions of edges alone were off by 0.3 and 0.8 px.
    assert np.sqrt(np.mean(np.square(errors))) < (0.15 if photons == 3.0 else 0.3)
    assert (np.array(errors) < 3 * np.array(stated)).all()


def test_a_mask_is_still_said_to_have_few_levels() -> None:
    shape = np.zeros((90, 90), np.uint8)
    shape[20:50, 30:70] = 1
    shape[60:70, 20:30] = 1
    found = superpose.register(shape, np.roll(shape, 2, 1), transform="translation", on_unreliable="ignore")
    assert any("few-levels" in each for each in found.warnings)
