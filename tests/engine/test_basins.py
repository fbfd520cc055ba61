"""The search for basins: how closely it looks, how far they race, and what a coarse search may leave out."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from numpy.typing import NDArray

from superpose._engine.basins import Basins, BasinSearch
from superpose._engine.settings import DEFAULTS, BasinSettings
from superpose._search.null_distribution import NullDistribution
from superpose._search.search_range import SearchRange
from superpose.image import Grid
from superpose.transforms.geometry import max_corner_distance
from tests.scenes import EVERYWHERE, blobs, fixed_view, moving_view, pairs_of, pose, problem_of

Floats = NDArray[np.float64]

SHAPE = (96, 96)  # levels: 96, 48, 24, 12, 6
TRUTHS = {
    "translation": pose(0, (30.3, -20.2), SHAPE),
    "rigid": pose(137, (7.3, -5.2), SHAPE),
    "similarity": pose(-95, (4.0, 6.0), SHAPE, 0.8),
}


def search_of(fixed: Floats, moving: Floats, family: str, settings: BasinSettings = DEFAULTS[2].basins) -> BasinSearch:
    problem = problem_of(fixed, moving, transform=family)
    every = replace(DEFAULTS[2], basins=settings)
    return BasinSearch(pairs_of(problem), problem.family, EVERYWHERE, problem.start, 0.2, 1, every)


def search_under(family: str, settings: BasinSettings = DEFAULTS[2].basins) -> BasinSearch:
    return search_of(fixed_view(SHAPE), moving_view(SHAPE, TRUTHS[family]), family, settings)


def error(found: Basins, family: str) -> float:
    return max_corner_distance(TRUTHS[family], found.found[0].pose, Grid(SHAPE))


@pytest.mark.parametrize("family, level", [("translation", 0), ("rigid", 1), ("similarity", 1)])
def test_a_clear_basin_ends_the_search_at_the_coarse_size(family: str, level: int) -> None:
    """Coarse sizes of 96, 40 and 36 pixels are made from the levels of 96 and 48."""
    basins = search_under(family).find_basins()
    assert basins.level == level
    assert error(basins, family) < 0.5
    assert basins.significance > 10


def repeated() -> tuple[Floats, Floats]:
    """Return views that match under two shifts equally well, for the scene repeats itself."""
    twice = np.tile(blobs(48, 1.7), (2, 2))
    return twice, np.roll(twice, (24, 9), (0, 1))


@pytest.mark.parametrize("family", TRUTHS)
def test_a_search_that_does_not_decide_looks_closer(family: str) -> None:
    """The closer size is 256, 96 or 72 pixels: only the finest level has as many, if any."""
    search = search_of(*repeated(), family, replace(DEFAULTS[2].basins, unsure_margin=0.0))
    basins = search.find_basins()
    assert basins.level == 0
    shifts = [each.pose[:2, 2] for each in basins.found[:2]]
    np.testing.assert_allclose(sorted(shift[0] for shift in shifts), (-24, 24), atol=0.3)
    np.testing.assert_allclose([shift[1] for shift in shifts], 9, atol=0.3)
    sure = replace(DEFAULTS[2].basins, sure_margin=0.0)
    assert search_of(*repeated(), family, sure).find_basins().level == (0 if family == "translation" else 1)


@pytest.mark.parametrize("race_side, level", [(20, 2), (60, 1), (400, 0)])
def test_basins_that_are_close_race_on_until_a_level_has_half_a_size(race_side: float, level: int) -> None:
    """Levels have sides of 24, 48 and 96 pixels; the search, coarse and closer, works on the first of them."""
    settings = replace(DEFAULTS[2].basins, sides={"rigid": (24.0, 24.0)}, race_side=race_side)
    assert search_of(*repeated(), "rigid", settings).find_basins().level == level
    assert search_of(*repeated(), "rigid", replace(settings, unsure_margin=0.0)).find_basins().level == 2


def test_basins_come_best_first_and_no_more_than_are_kept() -> None:
    search = search_of(*repeated(), "translation")
    scores = [each.score for each in search.find_basins().found]
    assert scores == sorted(scores, reverse=True)
    assert len(scores) > 2
    fewer = search_of(*repeated(), "translation", replace(DEFAULTS[2].basins, kept=2)).find_basins()
    assert len(fewer.found) == 2


def test_the_start_says_where_a_narrow_search_looks() -> None:
    search = search_under("rigid")
    narrow = replace(search, limits=SearchRange.near())
    assert error(narrow.find_basins(), "rigid") > 20
    started = replace(narrow, start=pose(130, (2.0, 0.0), SHAPE))
    assert error(started.find_basins(), "rigid") < 0.5


def test_a_coarse_search_beyond_a_score_refines_only_what_may_reach_it() -> None:
    search = search_under("rigid")
    best = search.coarse_search().found[0]
    assert search.coarse_search(beyond=best.score).found[0].score == best.score
    assert search.coarse_search(beyond=1 / search.settings.basins.within_reach).found == []


def test_where_no_pose_overlaps_enough_there_is_no_basin() -> None:
    search = search_under("translation")
    far = replace(search, start=pose(0, (0.0, 90.0), SHAPE), limits=SearchRange(shift=0.05), min_overlap=0.5)
    basins = far.find_basins()
    assert basins.found == []
    assert basins.significance == 0


def test_significance_is_that_of_the_best_basin() -> None:
    found = search_under("translation").find_basins().found
    null = NullDistribution(100, 0.1, 0.05)
    assert Basins(found, 0, null).significance == null.peak_significance(found[0].score)
