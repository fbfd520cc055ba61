"""The mirrored moving image, and the reflection that leads back."""

from __future__ import annotations

import numpy as np
import pytest

from superpose._engine.mirror import mirror_image, mirrored_pairs, reflection
from superpose._sampling.level_pair import LevelPair
from superpose.image import Grid, Raster
from superpose.transforms.geometry import apply
from tests.scenes import fixed_view, pairs_of, problem_of


@pytest.fixture
def image() -> Raster:
    rng = np.random.default_rng(1)
    mask = rng.random((7, 10)) < 0.8
    data = np.where(mask, rng.normal(size=mask.shape), 0).astype(np.float32)
    return Raster(data, mask, Grid(mask.shape, (3.0, -5.5), (0.5, 2.0)), offset=4.0)


def test_mirroring_is_its_own_inverse(image: Raster) -> None:
    other = mirror_image(image)
    assert not np.array_equal(other.data, image.data)
    assert (other.grid, other.offset) == (image.grid, image.offset)
    again = mirror_image(other)
    np.testing.assert_array_equal(again.data, image.data)
    np.testing.assert_array_equal(again.mask, image.mask)


def test_the_reflection_says_where_a_mirrored_pixel_is_in_the_image(image: Raster) -> None:
    other, indices = mirror_image(image), np.moveaxis(np.indices(image.grid.shape), 0, -1)
    there = image.grid.to_index(apply(reflection(image), image.grid.to_physical(indices)))
    rows, columns = np.moveaxis(np.rint(there).astype(int), -1, 0)
    np.testing.assert_allclose(there, np.stack([rows, columns], -1), atol=1e-12)
    np.testing.assert_array_equal(other.data, image.data[rows, columns])
    np.testing.assert_array_equal(other.mask, image.mask[rows, columns])


def test_the_reflection_is_its_own_inverse(image: Raster) -> None:
    np.testing.assert_allclose(reflection(image) @ reflection(image), np.eye(3), atol=1e-15)


def test_levels_are_mirrored_with_the_detail_that_they_had() -> None:
    view = fixed_view((64, 64))
    pairs = pairs_of(problem_of(view, view))
    detailed = [pair.moving.detail is not None for pair in pairs]
    assert True in detailed and False in detailed
    assert [each.moving.detail is not None for each in mirrored_pairs(pairs, 1)] == detailed
    plain = [LevelPair(each.fixed, each.moving.without_detail()) for each in pairs]
    assert not any(each.moving.detail for each in mirrored_pairs(plain, 1))


def test_only_moving_is_mirrored() -> None:
    view = fixed_view((64, 64))
    pairs = pairs_of(problem_of(view, view))
    for before, after in zip(pairs, mirrored_pairs(pairs, 1), strict=True):
        assert after.fixed is before.fixed
        np.testing.assert_array_equal(after.moving.image.data, before.moving.image.data[:, ::-1])
