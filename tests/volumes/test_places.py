"""Tiles are placed by themselves, and what is known of their places is told by their own blocks."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import ndimage

from superpose._sampling.tensors import TensorField
from superpose._volumes.places import Place, Placing
from superpose.grid import Grid

SHAPE = (18, 20, 19)
WHOLE = np.array([0, 0, 0]), np.array(SHAPE)


def fields(shift: tuple[float, ...], noise: float, seed: int) -> Placing:
    """Return five numbers a voxel and the same that lie elsewhere, each under noise of its own."""
    rng = np.random.default_rng(seed)
    wide = [ndimage.gaussian_filter(rng.normal(size=[n + 12 for n in SHAPE]), 1.6) for _ in range(5)]
    drawn = [[ndimage.shift(each, by, order=3) for each in wide] for by in ((0, 0, 0), shift)]
    cut = tuple(slice(6, -6) for _ in range(3))
    fixed, moving = (np.stack([each[cut] for each in some]) / 0.05 for some in drawn)
    both = [each + rng.normal(0, noise, each.shape) for each in (fixed, moving)]
    mask = np.ones(SHAPE, bool)
    fixed, moving = (np.asarray(each, np.float32) for each in both)
    return Placing(TensorField(fixed, mask, Grid(SHAPE)), moving, mask, 0.02, 3)


def found(shift: tuple[float, ...], noise: float = 0.0, seed: int = 0) -> Place:
    place = fields(shift, noise, seed).walk(*WHOLE)
    assert place is not None
    return place


@pytest.mark.parametrize("shift", [(0.3, -0.2, 0.1), (1.4, 0.0, -0.6), (-1.3, 0.9, 0.4)])
def test_a_tile_is_found_where_it_lies(shift: tuple[float, ...]) -> None:
    place = found(shift)
    assert np.abs(place.shift - shift).max() < 0.15
    assert place.significance > 50


def test_the_same_lies_at_home_wherever_it_is_cut() -> None:
    place = fields((0, 0, 0), 0.0, 0).walk(np.array([3, 0, 2]), np.array([13, 9, 18]))
    assert place is not None and np.abs(place.shift).max() < 1e-6
    assert place.error == pytest.approx(0.02, rel=1e-3)


@pytest.mark.slow
def test_errors_are_what_noise_makes() -> None:
    places = [found((0.25, 0.0, 0.0), noise=2.0, seed=seed) for seed in range(20)]
    off = np.array([place.shift - [0.25, 0.0, 0.0] for place in places])
    stated = np.mean([np.trace(place.covariance) for place in places])
    assert 0.6 < np.sqrt(np.square(off).sum(1).mean() / stated) < 1.5
    assert stated > 5 * 3 * 0.02**2


@pytest.mark.slow
def test_noise_lies_nowhere_or_is_known_to_nothing() -> None:
    known = 0
    for seed in range(12):
        one, other = fields((0, 0, 0), 0.0, seed), fields((0, 0, 0), 0.0, 100 + seed)
        place = Placing(one.fixed, other.parts, one.inside, 0.02, 3).walk(*WHOLE)
        known += place is not None and place.error < 0.5 and place.significance < 12
    assert known <= 1


def test_a_part_that_is_missing_says_nothing() -> None:
    seen = fields((0.3, 0.0, 0.0), 0.0, 0)
    inside = seen.inside.copy()
    inside[:, :9] = False
    spoilt = np.where(inside, seen.parts, np.float32(7))
    place = Placing(seen.fixed, spoilt, inside, 0.02, 3).walk(*WHOLE)
    assert place is not None and np.abs(place.shift - [0.3, 0, 0]).max() < 0.1
    assert Placing(seen.fixed, spoilt, np.zeros(SHAPE, bool), 0.02, 3).walk(*WHOLE) is None
