"""Drawings, silhouettes and masks: most pixels are equal, and edges were not filtered before they were sampled."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import ndimage

import superpose

SIDE = 220
CENTRE = (SIDE - 1) / 2


def blobs(seed: int, count: int = 6) -> np.ndarray:
    """Return ellipses by row, column, radii and angle, far from the border."""
    rng = np.random.default_rng(seed)
    return np.column_stack(
        [rng.uniform(50, SIDE - 50, (count, 2)), rng.uniform(7, 22, (count, 2)), rng.uniform(0, 3, count)]
    )


def mask(shapes: np.ndarray, truth: superpose.transforms.MatrixTransform | None = None) -> np.ndarray:
    """Return the mask of ellipses as it is sampled, not filtered: at the truth's place where there is one."""
    points = np.stack(np.indices((SIDE, SIDE)), -1).astype(float)
    y, x = np.moveaxis(points if truth is None else truth.inverse()(points), -1, 0)
    out = np.zeros((SIDE, SIDE), np.uint8)
    for row, column, a, b, turn in shapes:
        u = (y - row) * np.cos(turn) + (x - column) * np.sin(turn)
        v = (x - column) * np.cos(turn) - (y - row) * np.sin(turn)
        out[(u / a) ** 2 + (v / b) ** 2 < 1] = 255
    return out


def error(found: superpose.Registration, truth: superpose.transforms.MatrixTransform) -> float:
    corners = found.fixed_grid.corners
    return float(np.sqrt(((found.transform(corners) - truth(corners)) ** 2).sum(1).mean()))


@pytest.mark.parametrize("metric", ["auto", "ncc", "mse"])
def test_edges_on_a_plain_ground_hold_the_pose(metric: str) -> None:
    truth = superpose.rigid(np.radians(2.0), (3.4, -5.2), (CENTRE, CENTRE))
    drawn = mask(blobs(0))
    rows, columns = np.moveaxis(truth.inverse()(np.stack(np.indices(drawn.shape), -1).astype(float)), -1, 0)
    turned = ndimage.map_coordinates(drawn.astype(float), [rows, columns], order=3, mode="nearest")
    found = superpose.register(drawn, np.rint(turned.clip(0, 255)).astype(np.uint8), metric=metric)
    assert error(found, truth) < 0.03
    assert found.reliable and found.uncertainty < 0.2


@pytest.mark.slow
def test_masks_drawn_twice_are_off_by_what_is_stated() -> None:
    """Most pixels of an edge agree by chance at whole shifts: the others are no outliers."""
    misses = []
    for seed in range(6):
        rng = np.random.default_rng(seed)
        shapes, shift = blobs(seed), tuple(rng.uniform(-6, 6, 2))
        truth = superpose.translation(shift)
        found = superpose.register(
            mask(shapes), mask(shapes, truth), transform="translation", metric="ncc", on_unreliable="ignore"
        )
        misses.append(error(found, truth) / found.uncertainty)
    assert max(misses) < 4 and np.median(misses) > 0.1


def test_interpolation_has_a_part_in_the_error_only_where_it_is_not_known() -> None:
    """Overshoot cut off at black and white moves edges by a twentieth of a pixel, which no residual shows."""
    sharp = mask(blobs(3)).astype(float)
    stated = []
    for scene in (sharp, ndimage.gaussian_filter(sharp, 1.5)):
        moved = ndimage.shift(scene, (4.25, -3.25), order=3, mode="nearest").clip(0, 255)
        found = superpose.register(scene, moved, transform="translation", metric="ncc", on_unreliable="ignore")
        off = error(found, superpose.translation((4.25, -3.25)))
        assert off < 4 * found.uncertainty
        stated.append(found.uncertainty)
    assert stated[0] > 2 * stated[1]


@pytest.mark.parametrize("side", [24, 32, 48])
def test_small_images_know_their_error(side: int) -> None:
    misses = []
    for seed in range(8):
        rng = np.random.default_rng(100 * side + seed)
        scene = ndimage.gaussian_filter(rng.normal(size=(side + 20, side + 20)), 1.5)
        moved = ndimage.shift(scene, (1.3, -2.4), order=5, mode="mirror")
        views = [each[10:-10, 10:-10] + 0.02 * rng.normal(size=(side, side)) for each in (scene, moved)]
        found = superpose.register(*views, transform="translation", metric="ncc", on_unreliable="ignore")
        assert np.isfinite(found.uncertainty)
        misses.append(error(found, superpose.translation((1.3, -2.4))) / found.uncertainty)
    assert np.sqrt(np.mean(np.square(misses))) < 2.0


@pytest.mark.parametrize("seed", range(2))
def test_shifts_of_filtered_scenes_are_off_by_what_is_stated(seed: int) -> None:
    """Two interpolations differ there, too, but the one that is used is right: that is no part of the error."""
    misses = []
    for number in range(8):
        rng = np.random.default_rng([seed, number])
        scene = ndimage.gaussian_filter(rng.normal(size=(140, 140)), 0.8)
        shift = rng.uniform(-3, 3, 2)
        moved = ndimage.shift(scene, shift, order=5, mode="mirror")
        views = [each[10:-10, 10:-10] + 0.05 * scene.std() * rng.normal(size=(120, 120)) for each in (scene, moved)]
        found = superpose.register(*views, transform="translation", metric="ncc")
        misses.append(error(found, superpose.translation(shift)) / found.uncertainty)
    assert 0.4 < np.sqrt(np.mean(np.square(misses))) < 1.6
