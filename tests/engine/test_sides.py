"""Which side of moving fits, and whether the levels show more with detail or without."""

from __future__ import annotations

from dataclasses import replace
from functools import cache

import numpy as np
import pytest

from superpose._engine.basins import Basins
from superpose._engine.mirror import reflection
from superpose._engine.settings import DEFAULTS, EngineSettings, SideSettings
from superpose._engine.sides import Side, better_of, search_side, sides_to_search
from superpose._problem import Problem
from superpose._sampling.level_pair import LevelPair
from superpose._search.null_distribution import NullDistribution
from superpose._search.search_range import SearchRange
from superpose.image import Grid
from superpose.transforms.geometry import PhysicalMap, max_corner_distance
from tests.scenes import EVERYWHERE, fixed_view, level_of, moving_view, pairs_of, pose, problem_of

SHAPE = (96, 96)
TRUTH = pose(137, (7.3, -5.2), SHAPE)
SETTINGS = DEFAULTS[2]


def the_problem(mirrored: bool = False, **options: object) -> Problem:
    moving = moving_view(SHAPE, TRUTH)
    return problem_of(fixed_view(SHAPE), moving[:, ::-1] if mirrored else moving, **options)


def chosen(
    problem: Problem, pairs: list[LevelPair], limits: SearchRange, allow_flip: bool, settings: EngineSettings
) -> Side:
    sides = [search_side(problem, view, limits, settings) for view in sides_to_search(problem, pairs, allow_flip)]
    return better_of(sides, problem, allow_flip, settings)


@cache
def searched() -> tuple[Problem, Side]:
    """Return the problem, and moving's own side of it."""
    problem = the_problem()
    return problem, chosen(problem, pairs_of(problem), EVERYWHERE, False, SETTINGS)


def error(side: Side, truth: PhysicalMap = TRUTH) -> float:
    return max_corner_distance(truth, side.basins.found[0].pose, Grid(SHAPE))


@pytest.mark.parametrize("mirrored", [False, True])
def test_the_side_that_fits_is_chosen_where_both_are_allowed(mirrored: bool) -> None:
    problem = the_problem(mirrored)
    side = chosen(problem, pairs_of(problem), EVERYWHERE, True, SETTINGS)
    assert (side.picture is not None) == mirrored
    assert error(side) < 0.5


def test_moving_itself_is_chosen_where_the_mirror_is_not_allowed() -> None:
    problem = the_problem(mirrored=True)
    assert chosen(problem, pairs_of(problem), EVERYWHERE, False, SETTINGS).picture is None


def test_a_start_that_mirrors_is_followed_whatever_is_allowed() -> None:
    plain = the_problem(mirrored=True)
    start = reflection(plain.moving.image) @ TRUTH
    problem = the_problem(mirrored=True, transform="affine", initial=start)
    side = chosen(problem, pairs_of(problem), SearchRange.near(), False, SETTINGS)
    np.testing.assert_array_equal(side.picture, reflection(problem.moving.image))
    assert error(side) < 0.5


def test_a_side_without_basins_is_beaten_by_one_with_any() -> None:
    problem, side = searched()
    empty = replace(side, basins=replace(side.basins, found=[]))
    assert side.beats(empty, problem, False, SETTINGS)
    assert not empty.beats(side, problem, False, SETTINGS)
    assert not empty.beats(empty, problem, False, SETTINGS)


def test_a_side_that_is_not_asked_for_must_beat_the_other_clearly() -> None:
    """Against itself a side's score is one time its own."""
    problem, side = searched()
    assert not side.beats(side, problem, False, SETTINGS)
    assert not side.beats(side, problem, True, SETTINGS)
    lenient = replace(SETTINGS, basins=replace(SETTINGS.basins, sure_margin=0.9))
    assert side.beats(side, problem, False, lenient)
    assert not side.beats(side, problem, True, lenient)


@pytest.mark.parametrize("allow_flip", [False, True])
def test_the_only_side_that_stands_out_wins_where_both_are_asked_for(allow_flip: bool) -> None:
    problem, side = searched()
    chance = NullDistribution(1000, side.basins.found[0].score, 0.1)
    vague = replace(side, basins=replace(side.basins, null=chance))
    assert side.beats(vague, problem, allow_flip, SETTINGS) == allow_flip
    assert not vague.beats(side, problem, allow_flip, SETTINGS)


def test_under_noise_the_levels_without_detail_show_more() -> None:
    shape = (128, 128)
    truth, rng = pose(137, (7.3, -5.2), shape), np.random.default_rng(0)
    views = [view + rng.normal(0, 2, shape) for view in (fixed_view(shape, 3.0), moving_view(shape, truth, 3.0))]
    problem = problem_of(*views)
    pairs = pairs_of(problem)
    found = search_side(problem, (pairs, problem.start, None), EVERYWHERE, SETTINGS)
    assert not any(each.fixed.detail or each.moving.detail for each in found.pairs)
    assert max_corner_distance(truth, found.basins.found[0].pose, Grid(shape)) < 1
    content = replace(SETTINGS, sides=SideSettings(significant=-np.inf))
    missed = search_side(problem, (pairs, problem.start, None), EVERYWHERE, content)
    assert missed.pairs is pairs
    assert missed.basins.significance < 0
    assert max_corner_distance(truth, missed.basins.found[0].pose, Grid(shape)) > 20


@pytest.mark.parametrize("clearer, detailed", [(-np.inf, False), (np.inf, True)])
def test_the_levels_without_detail_must_show_it_clearly(clearer: float, detailed: bool) -> None:
    problem = the_problem()
    pairs = pairs_of(problem)
    settings = replace(SETTINGS, sides=SideSettings(significant=np.inf, clearer=clearer))
    side = search_side(problem, (pairs, problem.start, None), EVERYWHERE, settings)
    assert any(each.fixed.detail for each in side.pairs) == detailed


def test_clear_levels_keep_their_detail() -> None:
    problem = the_problem()
    pairs = pairs_of(problem)
    assert search_side(problem, (pairs, problem.start, None), EVERYWHERE, SETTINGS).pairs is pairs


@pytest.mark.parametrize("level, left", [(0, 0), (1, 0), (2, 1)])
def test_large_levels_are_let_go(level: int, left: int) -> None:
    pairs = [LevelPair(*[level_of(np.zeros(shape))] * 2) for shape in ((60, 61), (30, 31), (15, 16))]
    side = Side(pairs, Basins([], level, NullDistribution(1, 0.0, 1.0)))
    small = side.without_large_levels(60)
    assert small.pairs == pairs[1:]
    assert small.basins.level == left
    assert side.without_large_levels(61).pairs == pairs
    assert side.without_large_levels(5).pairs == pairs[2:]  # the coarsest stays
