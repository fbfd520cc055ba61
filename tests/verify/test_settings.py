"""Each group of settings changes what it says it does."""

from __future__ import annotations

from dataclasses import FrozenInstanceError, replace

import numpy as np
import pytest

from superpose._assemble import assembled
from superpose._motions.answer import Answer
from superpose._problem import Problem
from superpose._sampling.level_pair import LevelPair
from superpose._solution import Solution
from superpose._verify.evidence import Contender, gather_evidence
from superpose._verify.fields import Views
from superpose._verify.rivals import score_rivals
from superpose._verify.settings import (
    DEFAULTS,
    EvidenceSettings,
    ListingSettings,
    RivalSettings,
    TileSettings,
    VerifySettings,
    WarningSettings,
)
from superpose._verify.tiles import correlate_tiles
from superpose._verify.verdict import verify
from superpose.transforms.family import family_named
from tests.verify.making import noisy, problem_of, shift, solution_at, texture

SCENE = texture(0)


@pytest.fixture(scope="module")
def problem() -> Problem:
    return problem_of(noisy(SCENE, 1), noisy(SCENE, 2))


@pytest.fixture(scope="module")
def solution(problem: Problem) -> Solution:
    return solution_at(problem, shift(0, 0))


@pytest.fixture(scope="module")
def views(solution: Solution) -> Views:
    pair: LevelPair = solution.pairs[0]
    return Views([pair.fixed], [pair.moving], 1)


def test_they_are_frozen() -> None:
    settings = DEFAULTS[2]
    for group, field in ((settings, "even_chance"), (settings.evidence, "around"), (settings.evidence.tiles, "side")):
        with pytest.raises(FrozenInstanceError, match=f"cannot assign to field '{field}'"):
            setattr(group, field, 1)


def test_tiles(views: Views) -> None:
    fields = views.under(shift(0, 40), 0)  # the last tile that moving reaches is half seen
    found = [len(correlate_tiles(fields, TileSettings(min_seen=part)).places) for part in (0.3, 0.9)]
    assert found[0] > found[1] > 0


def test_rivals(views: Views) -> None:
    pair = views.pair(shift(0, 0), 0)
    found = [len(score_rivals(pair, shift(0, 0), True, 1, RivalSettings(count=count)).rivals) for count in (1, 5)]
    assert found == [1, 5]


def test_evidence(views: Views) -> None:
    others = [shift(20, 0), shift(0, 20)]
    given = views, shift(0, 0), family_named("translation", 2), others, None
    assert [len(gather_evidence(*given, EvidenceSettings(proposals=most)).contenders) for most in (0, 2)] == [0, 2]


def test_the_verdict_s(problem: Problem, solution: Solution) -> None:
    assert verify(problem, solution).matched
    assert not verify(problem, solution, VerifySettings(even_chance=1.1)).matched


def test_settings_reach_the_evidence(problem: Problem, solution: Solution) -> None:
    plain = verify(problem, solution).evidence
    other = verify(problem, solution, VerifySettings(evidence=EvidenceSettings(clear_lead=7.0))).evidence
    assert plain["lead"] == 20 and other == plain | {"lead": 7.0}


def test_warnings_and_listing(problem: Problem, solution: Solution) -> None:
    verdict = replace(verify(problem, solution), rivals=(Contender(shift(30, 0), 0.5, 9.0),))

    def made(**changes: object) -> tuple[list[str], int]:
        settings = replace(VerifySettings(), **changes)  # type: ignore[arg-type]
        found = assembled(problem, Answer(problem, solution, verdict), (0.5, 0.4), [], problem, settings)
        return [each.rsplit("[", 1)[1][:-1] for each in found.warnings], len(found.basins)

    assert made() == ([], 1)
    assert made(warnings=WarningSettings(small_overlap=0.5)) == (["small-overlap"], 1)
    assert made(warnings=WarningSettings(few_levels=10**6)) == (["few-levels"] * 2, 1)
    assert made(listing=ListingSettings(min_relative=0.4)) == ([], 2)
    assert made(listing=ListingSettings(min_relative=0.4, distance=99.0)) == ([], 1)


def test_the_defaults_are_used(problem: Problem, solution: Solution) -> None:
    plain, given = verify(problem, solution), verify(problem, solution, DEFAULTS[2])
    assert plain.evidence == given.evidence and plain.confidence == given.confidence
    np.testing.assert_array_equal(plain.covariance, given.covariance)
