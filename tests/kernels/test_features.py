"""Maxima, shapes, turns and descriptors against their naive twins."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from scipy import ndimage

from superpose._kernels.features import (
    DESCRIPTOR_LENGTH,
    DESCRIPTOR_SIZE,
    PATCH_SIDE,
    SHAPE_SIDE,
    descriptors,
    hessian,
    maxima,
    shapes,
    turns,
)
from tests.reference import features as reference

Array = NDArray[Any]
RNG = np.random.default_rng(83)
ANGLES = np.arange(36) * np.pi / 18
DIRECTIONS = np.stack([np.cos(ANGLES), np.sin(ANGLES)], -1).astype(np.float32)


def image(rows: int, columns: int, blur: float = 1.5) -> Array:
    return np.asarray(10 * ndimage.gaussian_filter(RNG.normal(size=(rows, columns)), blur), np.float32)


def window(side: int, width: float) -> Array:
    return np.exp(-0.5 * (np.arange(-(side // 2), side // 2 + 1) / width) ** 2).astype(np.float32)


def some_patches(count: int) -> tuple[Array, Array]:
    """Return points in a picture of 60 x 80, some near its border, and frames of all kinds about them."""
    points = RNG.uniform((-3, -3), (62, 82), (count, 2)).astype(np.float32)
    frames = (6 * np.eye(2) + RNG.normal(0, 3, (count, 2, 2))).astype(np.float32)
    return points, frames


@pytest.mark.parametrize("shape", [(1, 5), (5, 1), (2, 2), (3, 3), (17, 40)], ids=str)
def test_hessian_like_its_twin(shape: tuple[int, int]) -> None:
    data = image(*shape)
    out = np.full(shape, np.nan, np.float32)
    for band in ((0, shape[0] // 2), (shape[0] // 2, shape[0])):
        hessian(data, 2.5, out, *band)
    expected = reference.hessian(data, 2.5)
    np.testing.assert_allclose(out, expected, rtol=1e-4, atol=1e-4 * max(expected.max(), 1))
    assert (expected.any()) == (min(shape) > 2)


@pytest.mark.parametrize("levels", [None, 4])
def test_maxima_like_their_twins(levels: int | None) -> None:
    """Few levels: many neighbours are equal."""
    stack = [image(40, 50) for _ in range(3)]
    if levels:
        stack = [np.round(each / each.max() * levels).astype(np.float32) for each in stack]
    least = 0.2 * float(stack[1].max())
    expected = reference.maxima(*stack, least, 2)
    out, found = np.empty((500, 4), np.float32), []
    for band in ((0, 13), (13, 40)):
        count = maxima(*stack, least, 2, out, *band)
        found.append(out[:count].copy())
    np.testing.assert_allclose(np.concatenate(found), expected, rtol=1e-4, atol=1e-4)
    assert len(expected) >= 5
    assert maxima(*stack, least, 2, out[:3], 0, 40) == 3


def test_shapes_like_their_twins() -> None:
    data = image(60, 80)
    points, frames = some_patches(60)
    weights = window(SHAPE_SIDE, 4.5)
    out, usable = np.full_like(frames, np.nan), np.zeros(60, bool)
    for part in ((0, 25), (25, 60)):
        shapes(data, points, frames, weights, 4, 6.0, out, usable, *part)
    good = 0
    for n in range(60):
        expected, fine = reference.shape(data, points[n].astype(float), frames[n].astype(float), weights, 4, 6.0)
        assert fine == usable[n], n
        if fine:
            good += 1
            np.testing.assert_allclose(out[n], expected, rtol=2e-3, atol=2e-3 * np.abs(expected).max())
            assert np.linalg.det(out[n]) == pytest.approx(np.linalg.det(frames[n]), rel=1e-3)
    assert 10 < good < 60


def test_a_plain_patch_has_no_shape_turn_or_descriptor() -> None:
    data, mask = np.ones((40, 40), np.float32), np.ones((40, 40), bool)
    points, frames = np.full((1, 2), 20, np.float32), 6 * np.eye(2, dtype=np.float32)[None]
    usable, twice = np.ones(1, bool), np.ones((1, 2), bool)
    shapes(data, points, frames, window(SHAPE_SIDE, 4.5), 4, 6.0, np.empty_like(frames), usable, 0, 1)
    weights = window(PATCH_SIDE, 8)
    turned = np.empty((1, 2, 2, 2), np.float32)
    turns(data, mask, True, points, frames, 0.7, weights, DIRECTIONS, 0.8, turned, twice, 0, 1)
    out = np.ones((1, DESCRIPTOR_SIZE), np.int16)
    descriptors(data, points, frames, weights, out, 0, 1)
    assert not usable.any() and not twice.any() and not out.any()


def test_turns_like_their_twins() -> None:
    data, mask = image(60, 80), np.ones((60, 80), bool)
    points, frames = some_patches(60)
    weights = window(PATCH_SIDE, 8)
    out, usable = np.full((60, 2, 2, 2), np.nan, np.float32), np.zeros((60, 2), bool)
    turns(data, mask, True, points, frames, 0.7, weights, DIRECTIONS, 0.8, out, usable, 0, 60)
    reach = 0.7 * np.sqrt(np.square(frames.astype(float)).sum(2))
    inside = ((points >= reach) & (points <= np.array(data.shape) - 1 - reach)).all(1)
    for n in range(60):
        expected = reference.turns(data, points[n].astype(float), frames[n].astype(float), weights, 0.8)
        assert list(usable[n]) == [inside[n] and len(expected) > k for k in range(2)], n
        for k in range(usable[n].sum()):
            np.testing.assert_allclose(out[n, k], expected[k], rtol=0, atol=0.01 * np.abs(expected[k]).max())
    assert 10 < inside.sum() < 60 and 3 < usable[:, 1].sum() < usable[:, 0].sum()


def test_patches_on_missing_pixels_are_not_usable() -> None:
    data = image(60, 80)
    frames = np.array([[[12, 4], [-2, 10]]], np.float32)
    weights, met = window(PATCH_SIDE, 8), 0
    rows, columns = np.mgrid[:60, :80]
    for _ in range(200):
        spot = RNG.uniform((15, 20), (45, 60)).round()
        mask = np.hypot(rows - spot[0], columns - spot[1]) > 1.5
        out, usable = np.empty((1, 2, 2, 2), np.float32), np.empty((1, 2), bool)
        points = np.array([[30, 40]], np.float32)
        turns(data, mask, False, points, frames, 0.7, weights, DIRECTIONS, 0.8, out, usable, 0, 1)
        far = np.linalg.norm(np.linalg.inv(frames[0]) @ (spot - points[0]))
        if abs(far - 0.7) > 0.25:
            assert usable[0, 0] == (far > 0.7), spot
            met += bool(far < 0.7)
    assert met > 3


def test_descriptors_like_their_twins() -> None:
    data = image(60, 80)
    points, frames = some_patches(30)
    weights = window(PATCH_SIDE, 11)
    out = np.full((30, DESCRIPTOR_SIZE), -1, np.int16)
    for part in ((0, 11), (11, 30)):
        descriptors(data, points, frames, weights, out, *part)
    expected = [
        reference.descriptor(data, p, f, weights)
        for p, f in zip(points.astype(float), frames.astype(float), strict=True)
    ]
    assert np.abs(out - np.array(expected)).max() < 2
    assert np.linalg.norm(out.astype(float), axis=1) == pytest.approx(DESCRIPTOR_LENGTH, rel=0.01)


@pytest.mark.parametrize("wrong", [np.nan, np.inf, -np.inf, 1e38, 1e20])
def test_any_numbers_end_in_some_answer(wrong: float) -> None:
    """Sanitizers see where one becomes a whole number that it does not fit into."""
    data, mask = image(60, 80), np.ones((60, 80), bool)
    points, frames = some_patches(20)
    data[::7, ::5] = wrong
    points[:5, 0], frames[5:9, 1, 0] = wrong, wrong
    shaped, usable = np.empty_like(frames), np.empty(20, bool)
    shapes(data, points, frames, window(SHAPE_SIDE, 4.5), 4, 6.0, shaped, usable, 0, 20)
    weights = window(PATCH_SIDE, 8)
    turned, twice = np.empty((20, 2, 2, 2), np.float32), np.empty((20, 2), bool)
    for whole in (True, False):
        turns(data, mask, whole, points, frames, 0.7, weights, DIRECTIONS, 0.8, turned, twice, 0, 20)
    out = np.empty((20, DESCRIPTOR_SIZE), np.int16)
    descriptors(data, points, frames, weights, out, 0, 20)
    assert (out >= 0).all() and (out <= DESCRIPTOR_LENGTH).all()
    if not np.isfinite(wrong):
        assert not twice[:5].any()
    strong = np.empty_like(data)
    hessian(data, 1.0, strong, 0, 60)
    assert maxima(strong, strong, strong, 0.1, 2, np.empty((2000, 4), np.float32), 0, 60) < 2000
