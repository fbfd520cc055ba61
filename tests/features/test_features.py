"""Features follow what is done to an image, and are none where there is nothing to see."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from scipy import ndimage
from skimage import data

from superpose._features.features import Features, features_of
from superpose._features.settings import DetectionSettings
from superpose.image import Grid, Raster
from superpose.transforms.geometry import turn

Floats = NDArray[np.float64]
SETTINGS = DetectionSettings()
CAMERA = data.camera()[60:360, 100:420].astype(np.float32)


def image_of(pixels: Any, mask: Any = None) -> Raster:
    mask = np.ones(pixels.shape, bool) if mask is None else mask
    return Raster(np.where(mask, pixels, 0).astype(np.float32), mask, Grid(pixels.shape))


def seen(matrix: Floats, shape: tuple[int, int] = (300, 320)) -> Any:
    """Return what of the photograph is where a matrix, about both middles, takes it; finely sampled and averaged."""
    fine, inverse = 4, np.linalg.inv(matrix)
    middle, other = (np.array(CAMERA.shape) - 1) / 2, (np.array(shape) * fine - 1) / 2
    return (
        ndimage.affine_transform(
            CAMERA,
            inverse / fine,
            middle - inverse @ other / fine,
            output_shape=tuple(n * fine for n in shape),
            order=1,
            mode="mirror",
        )
        .reshape(shape[0], fine, shape[1], fine)
        .mean((1, 3))
    )


@pytest.fixture(scope="module")
def plain() -> Features:
    return features_of(image_of(CAMERA), SETTINGS, 1)


@pytest.mark.parametrize(
    ("matrix", "least"),
    [
        (turn(math.radians(77)), 0.65),
        (0.5 * turn(0.4), 0.25),
        (1.7 * turn(-1.0), 0.3),
        (np.diag([1.0, 0.6]) @ turn(0.7), 0.3),
    ],
    ids=["turn", "smaller", "larger", "tilt"],
)
def test_frames_follow_the_map(plain: Features, matrix: Floats, least: float) -> None:
    found = features_of(image_of(seen(matrix)), SETTINGS, 1)
    middle = (np.array(CAMERA.shape) - 1) / 2
    whole = np.eye(3)
    whole[:2, :2], whole[:2, 2] = matrix, middle - matrix @ middle
    expected = plain.under(whole)
    inside = ((expected.points > 25) & (expected.points < np.array(CAMERA.shape) - 26)).all(1)
    # Smaller than the finest scale, nothing is found.
    sizes = np.sqrt(np.linalg.det(expected.frames))
    wanted = np.flatnonzero(inside & (sizes > 1.3 * SETTINGS.reach * SETTINGS.first_scale))
    again = 0
    for n in wanted:
        near = np.linalg.norm(found.points - expected.points[n], axis=1) < 2
        gaps = np.linalg.norm(found.frames[near] @ np.linalg.inv(expected.frames[n]) - np.eye(2), axis=(1, 2))
        apart = np.linalg.norm(found.descriptors[near].astype(float) - expected.descriptors[n], axis=1)
        again += bool(((gaps < 0.5) & (apart < 250)).any())
    assert len(wanted) > 60
    assert again > least * len(wanted)


def test_contrast_and_unit_do_not_matter(plain: Features) -> None:
    other = features_of(image_of(3e-4 * CAMERA - 7), SETTINGS, 1)
    assert len(plain) > 300
    assert abs(len(other) - len(plain)) < 0.05 * len(plain)
    far = np.linalg.norm(plain.points[:, None] - other.points, axis=-1).min(1)
    assert (far < 0.1).mean() > 0.95


def test_the_strongest_are_kept(plain: Features) -> None:
    few = features_of(image_of(CAMERA), DetectionSettings(kept=100), 1)
    assert 50 < len(few) <= 200
    assert few.responses.min() >= np.sort(np.unique(plain.responses))[-100]


@pytest.mark.parametrize("threads", [2, 5])
def test_threads_change_nothing(plain: Features, threads: int) -> None:
    other = features_of(image_of(CAMERA), SETTINGS, threads)
    for name in ("points", "frames", "descriptors", "responses"):
        np.testing.assert_array_equal(getattr(plain, name), getattr(other, name))


def test_missing_pixels_have_no_features(plain: Features) -> None:
    mask = np.ones(CAMERA.shape, bool)
    mask[90:200, 100:250] = False
    found = features_of(image_of(CAMERA, mask), SETTINGS, 1)
    rows, columns = np.floor(found.points + 0.5).astype(int).T
    assert mask[rows, columns].all() and len(found) > 0.4 * len(plain)
    # Far from what is missing they are the same.
    left = plain.points[plain.points[:, 1] < 50]
    far = np.linalg.norm(left[:, None] - found.points, axis=-1).min(1)
    assert len(left) > 10 and (far < 0.5).mean() > 0.8


@pytest.mark.parametrize("shape", [(4, 4), (4, 900), (23, 300), (40, 40)], ids=str)
@pytest.mark.parametrize("kind", ["constant", "missing", "one pixel", "noise"])
def test_little_to_see_is_no_error(shape: tuple[int, int], kind: str) -> None:
    pixels = np.full(shape, 5.0)
    mask = np.full(shape, kind != "missing")
    if kind == "one pixel":
        pixels[2, 2] = 9
    if kind == "noise":
        pixels += np.random.default_rng(0).normal(size=shape)
    found = features_of(image_of(pixels, mask), SETTINGS, 1)
    assert kind == "noise" or len(found) == 0
    assert found.descriptors.shape == (len(found), 128) and np.isfinite(found.frames).all()


def test_large_images_are_worked_on_smaller() -> None:
    large = ndimage.zoom(CAMERA, 3, order=1)
    settings = DetectionSettings(longest=320)
    few, same = features_of(image_of(large), settings, 1), features_of(image_of(CAMERA), settings, 1)
    far = np.linalg.norm((same.points[:, None] + 0.5) * 3 - 0.5 - few.points, axis=-1).min(1)
    assert len(few) > 200 and np.median(far) < 3
    assert few.points.max() > 700


def test_small_images_have_finer_features(plain: Features) -> None:
    as_they_are = features_of(image_of(CAMERA), DetectionSettings(enlarged=0), 1)
    sizes, others = (np.sqrt(np.linalg.det(each.frames)) for each in (plain, as_they_are))
    assert sizes.min() < 0.6 * others.min()
    # Places are the image's own either way.
    coarse = as_they_are.points[others > 2 * others.min()]
    far = np.linalg.norm(coarse[:, None] - plain.points, axis=-1).min(1)
    assert len(coarse) > 50 and np.median(far) < 0.5
