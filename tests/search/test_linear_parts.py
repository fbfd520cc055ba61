"""Grids of turns and scales: as coarse as they say, and no coarser."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from superpose._search.linear_parts import finer_parts, linear_parts, scales, stretched_parts, turns
from superpose._search.scored_pose import ScoredPose
from superpose._search.search_range import SearchRange
from superpose._search.settings import DEFAULTS
from superpose.transforms.family import family_named
from superpose.transforms.geometry import IndexMap, about, nearest_turn, turn

Floats = NDArray[np.float64]

SETTINGS = DEFAULTS[2]
SHAPES = st.tuples(st.integers(4, 200), st.integers(4, 200))
COARSENESS = st.floats(0.3, 5.0)
PARTS = st.floats(0, 1)


def half_diagonal(shape: tuple[int, int]) -> float:
    return 0.5 * float(np.hypot(*shape))


def start_of(linear: Floats) -> IndexMap:
    return IndexMap(about(linear, np.array([3.0, -2.0]), np.zeros(2)))


@given(widest=st.floats(0, np.pi), part=PARTS, shape=SHAPES, coarseness=COARSENESS)
def test_every_angle_is_near_a_turn_of_the_grid(
    widest: float, part: float, shape: tuple[int, int], coarseness: float
) -> None:
    grid = np.array(turns((-widest, widest), shape, coarseness))
    angle = -widest + 2 * widest * part
    nearest = np.abs((angle - grid + np.pi) % (2 * np.pi) - np.pi).min()
    assert nearest * half_diagonal(shape) <= coarseness * (1 + 1e-9)
    assert np.abs(grid).max() <= widest + 1e-12


@given(shape=SHAPES, coarseness=COARSENESS)
def test_a_grid_is_no_finer_than_it_has_to_be(shape: tuple[int, int], coarseness: float) -> None:
    """One turn fewer over the full circle would be too coarse."""
    count = len(turns((-np.pi, np.pi), shape, coarseness))
    assert count == 1 or np.pi / (count - 1) * half_diagonal(shape) > coarseness * (1 - 1e-9)


def test_a_full_turn_is_not_tried_twice() -> None:
    grid = np.array(turns((-np.pi, np.pi), (30, 40), 1.0))
    assert len(np.unique(np.round(grid % (2 * np.pi), 9))) == len(grid)
    narrow = turns((-0.5, 0.5), (30, 40), 1.0)
    assert (narrow[0], narrow[-1]) == (-0.5, 0.5)


@given(largest=st.floats(1.01, 8), part=PARTS, shape=SHAPES, coarseness=COARSENESS)
def test_every_scale_is_near_one_of_the_grid(
    largest: float, part: float, shape: tuple[int, int], coarseness: float
) -> None:
    grid = np.array(scales((1 / largest, largest), shape, coarseness))
    size = largest ** (2 * part - 1)
    assert np.abs(np.log(size / grid)).min() * half_diagonal(shape) <= coarseness * (1 + 1e-9)
    assert grid[[0, -1]] == pytest.approx((1 / largest, largest))


@pytest.mark.parametrize("name", ["translation", "rigid", "similarity"])
def test_what_a_family_does_not_do_is_not_tried(name: str) -> None:
    base = 1.3 * turn(0.2)
    found = linear_parts(family_named(name), SearchRange(angle=30, scale=1.5), start_of(base), (40, 50), SETTINGS)
    moved = [nearest_turn(np.linalg.inv(base) @ each) for each in found]
    angles, sizes = ({round(each[k], 9) for each in moved} for k in (0, 1))
    assert (len(angles) > 1) == (name != "translation")
    assert (len(sizes) > 1) == (name == "similarity")
    assert len(found) == len(angles) * len(sizes)
    assert max(np.abs(list(angles))) <= np.radians(30) + 1e-9
    assert max(sizes) <= 1.5 + 1e-9 and min(sizes) >= 1 / 1.5 - 1e-9


def test_a_scale_that_is_held_is_not_searched() -> None:
    limits, start = SearchRange(angle=30, scale=1.0), start_of(2 * np.eye(2))
    found = linear_parts(family_named("similarity"), limits, start, (40, 50), SETTINGS)
    assert {round(nearest_turn(each)[1], 9) for each in found} == {2.0}


@pytest.mark.parametrize("name, field", [("rigid", "coarseness"), ("similarity", "coarseness_with_scales")])
def test_the_settings_say_how_coarse_the_grid_is(name: str, field: str) -> None:
    family, start = family_named(name), start_of(np.eye(2))
    usual = len(linear_parts(family, SearchRange(), start, (40, 50), SETTINGS))
    finer = replace(SETTINGS, **{field: getattr(SETTINGS, field) / 2})
    assert len(linear_parts(family, SearchRange(), start, (40, 50), finer)) > 1.9 * usual


@pytest.mark.parametrize("name", ["rigid", "similarity"])
def test_finer_parts_hold_what_is_near_a_seed(name: str) -> None:
    family, shape, size = family_named(name), (60, 50), 1.2
    both = family.scales
    step = 2 * (SETTINGS.coarseness_with_scales if both else SETTINGS.coarseness) / half_diagonal(shape)
    seed = ScoredPose(start_of(size * turn(0.7)), 1.0, 1.0)
    found = finer_parts(family, [seed], shape, SETTINGS)
    assert len(found) == (9 if both else 3)
    angles, sizes = (sorted({round(nearest_turn(each)[k], 9) for each in found}) for k in (0, 1))
    assert angles[0] < 0.7 - step / 2 + 1e-9 and angles[-1] > 0.7 + step / 2 - 1e-9
    np.testing.assert_allclose(np.diff(angles), step, atol=1e-8)
    if both:
        assert sizes[0] < size < sizes[-1]
        np.testing.assert_allclose(np.diff(np.log(sizes)), step, atol=1e-8)
    else:
        assert sizes == [size]


def test_seeds_beside_each_other_share_their_neighbours() -> None:
    family, shape = family_named("rigid"), (60, 50)
    seeds = [ScoredPose(start_of(turn(angle)), 1.0, 1.0) for angle in (0.7, 0.7 + 1e-6, 2.0)]
    assert len(finer_parts(family, seeds[:2], shape, SETTINGS)) == 3
    assert len(finer_parts(family, seeds, shape, SETTINGS)) == 6


def test_shifts_alone_have_one_linear_part() -> None:
    seeds = [ScoredPose(start_of(np.eye(2)), 1.0, 1.0)] * 2
    assert len(finer_parts(family_named("translation"), seeds, (60, 50), SETTINGS)) == 1


def test_stretches_keep_the_area_and_are_along_all_axes() -> None:
    family, shape, seed = family_named("similarity"), (60, 50), ScoredPose(start_of(1.2 * turn(0.7)), 1.0, 1.0)
    plain = finer_parts(family, [seed], shape, SETTINGS)
    found = stretched_parts(family, [seed], shape, SETTINGS)
    assert len(found) == SETTINGS.stretch_axes * len(plain)
    longest = []
    for k, each in enumerate(found):
        relative = np.linalg.solve(plain[k // SETTINGS.stretch_axes], each)
        values, vectors = np.linalg.eigh(relative)
        np.testing.assert_allclose(values, [1 / (1 + SETTINGS.stretch), 1 + SETTINGS.stretch])
        longest.append(round(float(np.degrees(np.arctan2(*vectors[:, 1][::-1])) % 180), 6) % 180)
    assert sorted(set(longest)) == [0, 45, 90, 135]
