"""Constant fill around a picture: found where there is some, and only there."""

from __future__ import annotations

import io
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import skimage
from numpy.typing import NDArray
from PIL import Image as Pillow
from scipy import ndimage

import superpose
from superpose._sampling.fill import fill_edges, without_fill
from superpose._sampling.pyramid import levels_of
from superpose._sampling.settings import FillSettings
from superpose.image import Raster, as_image

Floats = NDArray[np.float64]
Mask = NDArray[np.bool_]
FOLDER = Path(skimage.__file__).parent / "data"
PHOTOGRAPHS = sorted(p.name for p in FOLDER.iterdir() if p.suffix in (".png", ".jpg"))
# Angle in degrees, size, shift in parts of the side.
POSES = {
    "turned": (10, 1.0, (0.0, 0.0)),
    "turned far": (45, 1.0, (0.0, 0.0)),
    "turned and moved": (137, 1.0, (0.06, -0.08)),
    "inside the frame": (-80, 0.6, (0.02, -0.04)),
    "moved": (0, 1.0, (0.12, -0.08)),
}


def photograph(name: str) -> Floats:
    values = skimage.io.imread(FOLDER / name)
    grey = skimage.color.rgb2gray(values[..., :3]) if values.ndim == 3 else skimage.util.img_as_float(values)
    return np.asarray(grey, float)


def placed(image: Floats, pose: str) -> tuple[Floats, Floats]:
    """Return a photograph resampled on its own grid, black around it, and how deep inside it each pixel lies."""
    angle, size, part = POSES[pose]
    shape = np.array(image.shape)
    truth = superpose.similarity(np.radians(angle), size, tuple(np.array(part) * shape), tuple((shape - 1) / 2))
    points = np.moveaxis(truth.inverse()(np.moveaxis(np.indices(image.shape), 0, -1)), -1, 0)
    depth = size * np.minimum(points, shape[:, None, None] - 1 - points).min(0)
    return ndimage.map_coordinates(image, points, order=1, mode="constant"), depth


def noisy(image: Floats) -> Floats:
    return np.clip(image + np.random.default_rng(97).normal(0, np.sqrt(1e-3), image.shape), 0, 1)


def compressed(image: Floats) -> Floats:
    file = io.BytesIO()
    Pillow.fromarray(np.rint(255 * np.clip(image, 0, 1)).astype(np.uint8)).save(file, "jpeg", quality=50)
    return np.asarray(Pillow.open(file), float) / 255


def found(image: Floats) -> tuple[Mask | None, float]:
    """Return what is kept, or None where no fill is found, and the size of the level's pixels."""
    whole = as_image(image, "image")
    level = [each for each in levels_of(whole, 12) if np.prod(each.grid.shape) >= FillSettings().judged_side ** 2][-1]
    edges = fill_edges(level, FillSettings())
    return None if edges is None else without_fill(whole, edges).mask, level.grid.spacing[0]


# How deep inside the picture something may be lost, in pixels of the level: the margin along an edge, how far an
# outline may be off, and the level's own blur.
LOST = 4
# The rocket's sky is nearly black, and nobody can tell where it ends: part of the fill stays.
LEFT = {"brick.png": 0.02, "camera.png": 0.02, "chelsea.png": 0.02, "coffee.png": 0.02, "rocket.jpg": 0.4}


@pytest.mark.parametrize("change", [np.array, noisy, compressed], ids=["plain", "noisy", "compressed"])
@pytest.mark.parametrize("pose", POSES)
@pytest.mark.parametrize("name", LEFT)
def test_fill_is_found_and_nothing_else_is_lost(name: str, pose: str, change: Callable[[Floats], Floats]) -> None:
    image, depth = placed(photograph(name), pose)
    kept, pixel = found(change(image))
    assert kept is not None
    assert not (~kept & (depth > LOST * pixel)).any()
    assert (kept & (depth < 0)).sum() <= LEFT[name] * (depth < 0).sum()


@pytest.mark.parametrize("pose", POSES)
def test_dark_parts_that_touch_the_fill_cost_nothing_that_is_lit(pose: str) -> None:
    """A black side of the picture cannot be told from fill; what shines beside it, and black bays in it, can."""
    image = photograph("brick.png")
    image[:, :120] = 0
    image[200:300, 400:] = 0
    turned, depth = placed(image, pose)
    kept, pixel = found(turned)
    lit, _ = placed(np.where(np.indices(image.shape)[1] < 120, 0.0, 1.0), pose)
    inner = ndimage.distance_transform_edt(lit > 0.99) > LOST * pixel
    assert kept is not None and inner.sum() > 20_000
    assert kept[inner & (depth > LOST * pixel)].all()
    assert not kept.all()


@pytest.mark.parametrize("name", PHOTOGRAPHS)
def test_photographs_as_they_are_have_none(name: str) -> None:
    assert found(photograph(name))[0] is None


def test_objects_on_a_plain_ground_are_no_pictures() -> None:
    rows, columns = np.indices((240, 300)) - np.array([110, 160])[:, None, None]
    texture = 0.5 + 0.4 * np.random.default_rng(101).random((240, 300))
    shapes = {
        "disc": np.hypot(rows, columns) < 80,
        "large disc, cut by the frame": np.hypot(rows, columns) < 130,
        "ellipse": np.hypot(rows / 60, columns / 110) < 1,
        "blob": np.hypot(rows, columns) < 40 + 14 * np.sin(3 * np.arctan2(rows, columns)),
        "star": np.hypot(rows, columns) < 60 + 25 * np.sin(5 * np.arctan2(rows, columns)),
    }
    for ground in (0.0, 1.0):
        for name, inside in shapes.items():
            assert found(np.where(inside, texture, ground))[0] is None, (name, ground)


def test_what_is_missing_already_is_no_fill() -> None:
    image, depth = placed(photograph("brick.png"), "turned")
    assert found(np.where(depth >= 0, image, np.nan))[0] is None


def test_a_strip_along_a_missing_margin_is_more_of_that_margin() -> None:
    image, _ = placed(photograph("brick.png"), "turned")
    scan = photograph("brick.png")
    scan[40:70] = 0.0
    padded = [np.pad(each, 60, constant_values=np.nan) for each in (image, scan[40:])]
    assert found(padded[0])[0] is not None
    assert found(padded[1])[0] is None


def test_lines_are_in_physical_coordinates() -> None:
    image, _ = placed(photograph("brick.png"), "turned far")
    levels = levels_of(as_image(image, "image"), 4)
    edges = fill_edges(levels[-1], FillSettings())
    assert edges is not None
    masks = [without_fill(level, edges).mask for level in levels]
    # The same region, whatever level it is cut from.
    parts = [mask.mean() for mask in masks]
    np.testing.assert_allclose(parts, parts[0], atol=0.02)
    whole: Raster = without_fill(levels[0], edges)
    assert (whole.data[~whole.mask] == 0).all() and whole.grid == levels[0].grid
    np.testing.assert_array_equal(whole.data[whole.mask], levels[0].data[whole.mask])
