"""A narrower family never does worse: its error is at most the wider one's and its own uncertainty."""

from __future__ import annotations

import warnings
from functools import cache
from itertools import pairwise
from typing import Any

import numpy as np
import pytest
from scipy import ndimage

from benchmarks.cases import SETS, Case, pose
from superpose import Registration, UnreliableWarning, register

FAMILIES = ("translation", "rigid", "similarity", "affine", "homography")
SEED, COUNT = 402, 3
FOUND = 1.0  # px
NEIGHBOURS = [
    (name, narrow, wide)
    for name, each in SETS.items()
    for narrow, wide in pairwise(FAMILIES[FAMILIES.index(each.family) :])
]


@cache
def answer(name: str, number: int, family: str) -> tuple[Case, Registration]:
    case = SETS[name].case(SEED, number)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", UnreliableWarning)
        return case, register(case.fixed, case.moving, transform=family, search=case.search, threads=1)


def check(case: Case, narrow: Registration, wide: Registration) -> None:
    errors = [case.error(np.asarray(each.transform.matrix)) for each in (narrow, wide)]
    assert errors[0] <= errors[1] + narrow.uncertainty
    assert errors[0] < FOUND or errors[1] >= FOUND
    if errors[1] < FOUND and wide.reliable:
        assert narrow.reliable


@pytest.mark.slow
@pytest.mark.parametrize("number", range(COUNT))
@pytest.mark.parametrize("name, narrow, wide", NEIGHBOURS)
def test_on_the_benchmark(name: str, narrow: str, wide: str, number: int) -> None:
    (case, one), (_, other) = (answer(name, number, family) for family in (narrow, wide))
    check(case, one, other)


@pytest.mark.slow
@pytest.mark.parametrize("narrow, wide", list(pairwise(FAMILIES)))
@pytest.mark.parametrize("away", [(0, -170), (90, 110)])
def test_on_small_overlaps(narrow: str, wide: str, away: tuple[int, int]) -> None:
    """A seventh to a quarter of the images is seen in both."""
    side, rng = 200, np.random.default_rng(5)
    whole = ndimage.gaussian_filter(rng.normal(size=(480, 480)), 1.5)
    corners = ((140, 170), (140 - away[0], 170 - away[1]))
    fixed, moving = (whole[r : r + side, c : c + side] for r, c in corners)
    truth = pose(0, 1.0, np.array(away, float), *[np.full(2, (side - 1) / 2)] * 2)
    options: dict[str, Any] = {"min_overlap": 0.1, "on_unreliable": "ignore", "threads": 1}
    one, other = (register(fixed, moving, transform=family, **options) for family in (narrow, wide))
    case = Case("overlap", fixed, moving, truth, narrow)
    check(case, one, other)
    assert case.error(np.asarray(one.transform.matrix)) < FOUND
