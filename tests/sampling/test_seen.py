"""A picture as it looks on another grid: the right places, averaged, and nothing from behind the viewer."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray
from scipy import ndimage

from superpose._sampling.pyramid import levels_of
from superpose._sampling.seen import areas, as_seen, magnifications, stretches
from superpose._sampling.settings import SeenSettings
from superpose.image import Grid, Raster
from superpose.transforms.geometry import PhysicalMap, apply
from tests.scenes import image_of

Floats = NDArray[np.float64]

SETTINGS = SeenSettings()
SHAPE = (150, 170)
SCENE = ndimage.gaussian_filter(np.random.default_rng(4).normal(size=SHAPE), 3.0)
SCENE /= SCENE.std()


def seen(data: Floats, matrix: Floats, shape: tuple[int, int] = SHAPE, threads: int = 1) -> Raster:
    return as_seen(levels_of(image_of(data), 12), PhysicalMap(matrix), Grid(shape), threads, SETTINGS)


def scaled(rows: float, columns: float) -> Floats:
    """Return the map under which a pixel covers so many rows and columns."""
    return np.array([[rows, 0, (rows - 1) / 2], [0, columns, (columns - 1) / 2], [0, 0, 1.0]])


def test_from_where_it_is_it_looks_as_it_is() -> None:
    found = seen(SCENE, np.eye(3))
    np.testing.assert_allclose(found.data[3:-3, 3:-3], SCENE[3:-3, 3:-3], atol=1e-3)
    assert found.mask.all()


def test_each_place_is_the_one_that_the_pose_says() -> None:
    matrix = np.array([[0.8, 0.2, 9.0], [-0.3, 1.1, 30.0], [1e-3, -5e-4, 1.0]])
    found = seen(SCENE, matrix, (120, 110))
    places = apply(matrix, np.moveaxis(np.indices((120, 110)), 0, -1))
    expected = ndimage.map_coordinates(SCENE, np.moveaxis(places, -1, 0), order=3, mode="nearest")
    inside = ((places > 4) & (places < np.array(SHAPE) - 5)).all(-1)
    assert inside.mean() > 0.5 and found.mask[inside].all()
    assert np.sqrt(np.square(found.data - expected)[inside].mean()) < 0.03
    outside = ((places < -1) | (places > np.array(SHAPE))).any(-1)
    assert outside.any() and not found.mask[outside].any() and not found.data[~found.mask].any()


@pytest.mark.parametrize("covered", [(4.0, 4.0), (1.0, 5.0), (2.0, 6.0)])
def test_what_is_finer_than_a_pixel_is_averaged(covered: tuple[float, float]) -> None:
    finest = (np.indices(SHAPE).sum(0) % 2).astype(float)
    shape = tuple(int(n / each) for n, each in zip(SHAPE, covered, strict=True))
    found = seen(finest, scaled(*covered), shape)
    inner = found.data[2:-2, 2:-2][found.mask[2:-2, 2:-2]]
    assert inner.size > 300
    np.testing.assert_allclose(inner, 0.5, atol=0.11)


def test_what_is_shortened_along_one_axis_stays_sharp_along_the_other() -> None:
    lines = np.repeat((np.arange(SHAPE[0]) // 2 % 2)[:, None].astype(float), SHAPE[1], 1)
    found = seen(lines, scaled(1, 6), (SHAPE[0], SHAPE[1] // 6))
    np.testing.assert_allclose(found.data[8:-8, 3:-3], lines[8:-8, : found.data.shape[1] - 6], atol=0.1)


def test_nothing_is_seen_behind_the_viewer() -> None:
    matrix = np.array([[1.0, 0, 0], [0, 1.0, 0], [0, -0.02, 2.5]])
    found = seen(SCENE, matrix)
    beyond = 2.5 - 0.02 * np.arange(SHAPE[1]) <= 0
    assert 20 < beyond.sum() < SHAPE[1] / 2
    assert not found.mask[:, beyond].any() and found.mask[:, ~beyond].any()
    # A map may be scaled by any number.
    np.testing.assert_array_equal(found.mask, seen(SCENE, -3 * matrix).mask)


def test_missing_pixels_are_missing() -> None:
    image = image_of(SCENE)
    mask = image.mask.copy()
    mask[40:60] = False
    holed = Raster(np.where(mask, image.data, np.float32(0)), mask, image.grid)
    found = as_seen(levels_of(holed, 12), PhysicalMap(scaled(1, 3)), Grid((SHAPE[0], 50)), 1, SETTINGS)
    assert not found.mask[40:60].any() and found.mask[5:38].all()
    np.testing.assert_allclose(found.data[5:38], seen(SCENE, scaled(1, 3), (SHAPE[0], 50)).data[5:38], atol=0.02)


def test_threads_do_not_matter() -> None:
    matrix = np.array([[1.3, 0.2, -9.0], [-0.3, 2.1, 3.0], [2e-3, 4e-3, 1.0]])
    np.testing.assert_array_equal(seen(SCENE, matrix).data, seen(SCENE, matrix, threads=3).data)


def test_stretches_are_singular_values() -> None:
    linear = np.random.default_rng(1).normal(size=(2, 2))
    np.testing.assert_allclose(stretches(linear), np.linalg.svd(linear)[1][::-1])


def test_magnifications_are_of_what_both_show() -> None:
    found = magnifications(PhysicalMap(scaled(2, 3)), Grid((100, 100)), Grid((200, 150)), 10)
    np.testing.assert_allclose(found, 3)
    assert len(found) == 50
    away = np.array([[1.0, 0, 500], [0, 1, 0], [0, 0, 1]])
    assert not len(magnifications(PhysicalMap(away), Grid((100, 100)), Grid((200, 150)), 10))


def test_areas_are_what_a_pixels_corners_span() -> None:
    matrix = PhysicalMap(np.array([[0.9, 0.25, 6.0], [-0.1, 0.38, 40.0], [-4e-4, -1.6e-3, 1.0]]))
    found = areas(matrix, Grid((60, 80)), Grid(SHAPE))
    for place in ((0, 0), (10, 70), (59, 79)):
        steps = 1e-3 * np.array([[1, 0], [0, 1.0]])
        down, along = (apply(matrix, place + step) - apply(matrix, place - step) for step in steps)
        assert found[place] == pytest.approx(abs(down[0] * along[1] - down[1] * along[0]) / 4e-6, rel=1e-4)
    # The horizon crosses the grid: nothing is shown of what lies beyond it.
    beyond = PhysicalMap(np.array([[1.0, 0, 0], [0, 1, 0], [0, -1 / 60, 1]]))
    assert (areas(beyond, Grid((60, 80)), Grid(SHAPE))[:, 62:] == 0).all()
