"""Masks of weights: what counts little is looked at little, on all levels, whichever image has them."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
import skimage.data
from numpy.typing import NDArray
from scipy import ndimage

import superpose
from superpose import Image
from superpose._features.features import features_of
from superpose._features.settings import DetectionSettings
from superpose._sampling.pyramid import levels_of
from superpose._volumes.levels import halved_along
from superpose.image import Raster, as_image

SHIFT = (6.3, -4.6)


@pytest.fixture(scope="module")
def scene() -> tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.float32]]:
    """Return an image, one of which a third moved with the scene and the rest otherwise, and weights that say so."""
    image = skimage.data.camera()[100:356, 100:356].astype(float)
    right, wrong = (ndimage.shift(image, by, order=3, mode="mirror") for by in (SHIFT, (-9.0, 11.0)))
    there = np.arange(256) >= 170
    return image, np.where(there, right, wrong), np.where(there, 1.0, 0.02)[None].repeat(256, 0).astype(np.float32)


@pytest.mark.parametrize("metric", ["auto", "ncc", "nmi", "orientation", "correlation-ratio"])
def test_what_counts_little_holds_no_image(scene: tuple[NDArray[np.float64], ...], metric: str) -> None:
    fixed, moving, weights = scene
    how = {"metric": metric, "transform": "translation", "on_unreliable": "ignore"}
    found = superpose.register(fixed, moving, moving_mask=weights, **how)
    assert np.abs(found.transform.shift - SHIFT).max() < 0.3
    swapped = superpose.register(moving, fixed, fixed_mask=weights, **how)
    np.testing.assert_allclose(swapped.transform.inverse().matrix, found.transform.matrix, atol=1e-9)
    if metric == "auto":
        alike = superpose.register(fixed, moving, **how)
        assert np.abs(alike.transform.shift - SHIFT).max() > 5


def test_weights_of_one_are_no_weights(scene: tuple[NDArray[np.float64], ...]) -> None:
    fixed, moving, weights = scene
    kept = weights == 1
    results = [
        superpose.register(fixed, moving, moving_mask=mask, on_unreliable="ignore").transform.matrix
        for mask in (kept, kept.astype(float), kept * np.uint8(7))
    ]
    np.testing.assert_array_equal(results[1], results[0])
    np.testing.assert_array_equal(results[2], results[0])


def raster(shape: tuple[int, ...], weights: NDArray[np.float32]) -> Raster:
    data = np.random.default_rng(3).random(shape)
    return as_image(data, "image", weights, volumes=True)


@pytest.mark.parametrize("shape", [(33, 40), (17, 24, 20)])
def test_levels_are_averages_by_weight(shape: tuple[int, ...]) -> None:
    """What is bright and counts nearly nothing is not seen on a coarser level; weights are averages themselves."""
    half = np.zeros(shape, bool)
    half[: shape[0] // 2] = True
    weights = np.where(half, 0.01, 0.5).astype(np.float32)
    image = raster(shape, weights)
    assert image.weights is not None
    assert image.weights.max() == 255
    bright = replace(image, data=np.where(half, np.float32(1000), np.float32(1)))
    coarse = [levels_of(bright, 2)[1]]
    if len(shape) == 3:
        coarse.append(halved_along(bright, [0, 1, 2], 1))
    for level in coarse:
        assert level.weights is not None
        last = level.data[-shape[0] // 8 :]
        np.testing.assert_allclose(last, 1, rtol=1e-4)
        assert (level.weights[-shape[0] // 8 :] == 255).all()
        assert (level.weights[0] < 10).all()
        # Beside the border, too, what counts decides: without weights it would be half of 1000.
        middle = level.data[(shape[0] + 2) // 4]
        assert middle.mean() < 120


def test_an_image_keeps_its_weights(scene: tuple[NDArray[np.float64], ...]) -> None:
    fixed, _, weights = scene
    image = Image(fixed, spacing=(2.0, 2.0), mask=weights)
    assert image.mask.dtype == np.float32
    assert "100 % of its pixels count" in repr(image)
    # A mask of its own grid: the nearest weight, 0 outside.
    own = Image(weights[::2, ::2], spacing=(2.0, 2.0), origin=(0.5, 0.5))
    there = Image(fixed, mask=own).mask
    np.testing.assert_array_equal(there[:, :160], np.float32(0.02))
    np.testing.assert_array_equal(there[:, 180:], 1)


def test_landscapes_and_features_are_of_what_counts_half_or_more(scene: tuple[NDArray[np.float64], ...]) -> None:
    fixed, moving, weights = scene
    curves = [
        superpose.landscape(fixed, superpose.prepare(moving, mask), over=np.arange(-10.0, 11.0)).values
        for mask in (weights, weights >= 0.5, weights > 0)
    ]
    np.testing.assert_array_equal(curves[0], curves[1])
    assert (curves[0] != curves[2]).all()
    weighed, kept = (
        features_of(as_image(moving, "moving", mask), DetectionSettings(), 1) for mask in (weights, weights >= 0.5)
    )
    assert len(kept.points) > 20
    np.testing.assert_array_equal(weighed.points, kept.points)
