"""Homographies that local features propose, and how they race with the search's basins."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from numpy.typing import NDArray

from superpose._engine import features
from superpose._engine.basins import BasinSearch
from superpose._engine.features import feature_proposal, race_with_features
from superpose._engine.settings import DEFAULTS, FeatureSettings
from superpose.image import Grid
from superpose.transforms.geometry import PhysicalMap, max_corner_distance, normalised
from tests.scenes import EVERYWHERE, fixed_view, image_of, moving_view, pairs_of, problem_of

Floats = NDArray[np.float64]

SHAPE = (160, 160)
# Seen from far aside: no similarity comes within 40 pixels of it at all corners.
TRUTH = PhysicalMap(np.array([[1.05, 0.1, -6.0], [-0.08, 0.97, 9.0], [1.2e-3, -1.8e-3, 1.0]]))
SETTINGS = DEFAULTS[2]


def error(pose: PhysicalMap) -> float:
    return max_corner_distance(TRUTH, pose, Grid(SHAPE))


def test_features_propose_the_homography() -> None:
    views = image_of(fixed_view(SHAPE)), image_of(moving_view(SHAPE, TRUTH))
    proposed = feature_proposal(*views, SETTINGS.features)
    assert proposed is not None
    assert error(normalised(proposed)) < 1
    np.testing.assert_array_equal(proposed, feature_proposal(*views, SETTINGS.features))


def test_the_proposal_is_between_physical_coordinates() -> None:
    fixed = image_of(fixed_view(SHAPE), (3.0, -2.0), (2.0, 2.0))
    moving = image_of(moving_view(SHAPE, TRUTH), (-7.0, 4.0), (0.5, 0.5))
    proposed = feature_proposal(fixed, moving, SETTINGS.features)
    expected = moving.grid.index_to_physical @ TRUTH @ np.linalg.inv(fixed.grid.index_to_physical)
    assert proposed is not None
    assert max_corner_distance(normalised(proposed), PhysicalMap(normalised(expected)), fixed.grid) < 1


@pytest.mark.parametrize(
    "moving",
    [
        np.random.default_rng(2).normal(size=SHAPE),  # many features, which do not match
        np.add.outer(np.arange(160.0), np.arange(160.0)),  # none
    ],
    ids=["unrelated", "smooth"],
)
def test_there_is_no_proposal_where_too_few_features_agree(moving: Floats) -> None:
    assert feature_proposal(image_of(fixed_view(SHAPE)), image_of(moving), SETTINGS.features) is None


@pytest.mark.parametrize("changed", [{"least_inliers": 100000}, {"ratio": 0.0}])
def test_settings_say_how_many_must_agree(changed: dict[str, float]) -> None:
    views = image_of(fixed_view(SHAPE)), image_of(moving_view(SHAPE, TRUTH))
    assert feature_proposal(*views, replace(FeatureSettings(), **changed)) is None


def test_in_perspective_the_proposal_wins_the_race(monkeypatch: pytest.MonkeyPatch) -> None:
    problem = problem_of(fixed_view(SHAPE), moving_view(SHAPE, TRUTH), transform="homography")
    pairs = pairs_of(problem)
    basins = BasinSearch(pairs, problem.family, EVERYWHERE, problem.start, 0.2, 1).find_basins()
    assert error(basins.found[0].pose) > 20
    raced = race_with_features(pairs, basins, problem, SETTINGS)
    assert error(raced.found[0].pose) < 1
    assert raced.null is basins.null
    tiny = replace(SETTINGS, features=replace(SETTINGS.features, longest=10))
    assert race_with_features(pairs, basins, problem, tiny) is basins
    monkeypatch.setattr(features, "available", lambda: False)
    assert race_with_features(pairs, basins, problem, SETTINGS) is basins


def test_the_race_is_held_on_a_level_of_a_size() -> None:
    problem = problem_of(fixed_view(SHAPE), moving_view(SHAPE, TRUTH), transform="homography")
    pairs = pairs_of(problem)
    basins = BasinSearch(pairs, problem.family, EVERYWHERE, problem.start, 0.2, 1).coarse_search()
    assert basins.level > 0
    for side, level in ((330, 0), (85, 1)):
        settings = replace(SETTINGS, features=replace(SETTINGS.features, judged_side=side))
        assert race_with_features(pairs, basins, problem, settings).level == level
