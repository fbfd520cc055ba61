"""Matches grow to the pose behind them, whatever else is among them."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from superpose._features.growth import AFFINE, HOMOGRAPHY, SIMILARITY, fit, grown, supported
from superpose._features.matching import Matches
from superpose._features.proposals import proposed
from superpose._features.settings import GrowthSettings
from superpose.transforms.family import families, family_named
from superpose.transforms.geometry import apply, normalised, turn

Floats = NDArray[np.float64]
SETTINGS = GrowthSettings()
SIDE = 400


def slopes(matrix: Floats, points: Floats) -> Floats:
    """Return a map's derivatives."""
    to = apply(matrix, points)
    depth = points @ matrix[2, :2] + matrix[2, 2]
    return (matrix[:2, :2] - to[:, :, None] * matrix[2, :2]) / depth[:, None, None]


def matches_of(matrix: Floats, right: int, wrong: int, seed: int, noise: float = 0.5) -> Matches:
    """Return noisy matches of a map, their frames rough, and others of anything with anything."""
    rng = np.random.default_rng(seed)
    fixed = rng.uniform(0, SIDE, (right, 2))
    maps = slopes(matrix, fixed) @ (np.eye(2) + rng.normal(0, 0.1, (right, 2, 2)))
    moving = apply(matrix, fixed) + rng.normal(0, noise, (right, 2))
    scale = np.exp(rng.normal(0, 0.5, (wrong, 1, 1)))
    others = np.array([turn(angle) for angle in rng.uniform(-3, 3, wrong)]).reshape(-1, 2, 2) * scale
    low, high = moving.min(0, initial=0), moving.max(0, initial=SIDE)
    return Matches(
        np.concatenate([fixed, rng.uniform(0, SIDE, (wrong, 2))]),
        np.concatenate([moving, rng.uniform(low, high, (wrong, 2))]),
        np.concatenate([maps, others]),
        np.concatenate([rng.uniform(0.15, 0.6, right), rng.uniform(0.15, 0.4, wrong)]),
    )


def worst(a: Floats, b: Floats) -> float:
    """Return how far apart two maps take places all over fixed."""
    points = np.stack(np.meshgrid(*[np.linspace(0, SIDE, 9)] * 2), -1).reshape(-1, 2)
    return float(np.linalg.norm(apply(a, points) - apply(b, points), axis=1).max())


def slanted(tilt: float, azimuth: float, angle: float, zoom: float) -> Floats:
    """Return a plane seen aslant from some three of its sides away."""
    middle = np.array([[1, 0, -SIDE / 2], [0, 1, -SIDE / 2], [0, 0, 1.0]])
    before, after = np.eye(3), np.eye(3)
    before[:2, :2], after[:2, :2] = turn(azimuth), turn(angle)
    c, s = np.cos(tilt), np.sin(tilt)
    aslant = np.array([[zoom * c, 0, 0], [0, zoom, 0], [s / (3 * SIDE), 0, 1]])
    return np.linalg.inv(middle) @ after @ aslant @ before @ middle


@given(
    st.floats(0, 1.3),
    st.floats(-3, 3),
    st.floats(-3, 3),
    st.floats(0.4, 2.5),
    st.integers(0, 2**32),
)
def test_a_homography_is_found_among_outliers(
    tilt: float, azimuth: float, angle: float, zoom: float, seed: int
) -> None:
    truth = slanted(tilt, azimuth, angle, zoom)
    matches = matches_of(truth, 80, 160, seed, noise=0.3 * min(zoom, 1) * np.cos(tilt))
    found = proposed(matches, SIDE, family_named("homography"), SETTINGS, 1)
    assert found and worst(found[0].pose, truth) < 4 * max(zoom, 1)
    # As many places as there are, less those that share one.
    assert 40 <= found[0].votes <= 81


@pytest.mark.parametrize("name", list(families(2)))
def test_each_family_is_found_and_kept_to(name: str) -> None:
    family = family_named(name)
    rng = np.random.default_rng(8)
    vector = rng.normal(size=family.size) * (20 if not family.perspective else 15)
    middle = np.full(2, SIDE / 2)
    truth = family.matrix(vector, middle, SIDE / 2)
    found = proposed(matches_of(truth, 60, 100, 3), SIDE, family, SETTINGS, 1)
    assert worst(found[0].pose, truth) < 2
    np.testing.assert_allclose(normalised(family.project(found[0].pose, middle)), found[0].pose, atol=1e-7)


def test_two_motions_are_two_proposals() -> None:
    first, second = slanted(0.6, 0.3, 1.0, 1.0), slanted(0.9, -1.0, -2.0, 0.8)
    lots = [matches_of(first, 70, 60, 1), matches_of(second, 50, 60, 2)]
    both = Matches(*(np.concatenate([getattr(lot, n) for lot in lots]) for n in ("fixed", "moving", "maps", "quality")))
    found = proposed(both, SIDE, family_named("homography"), SETTINGS, 1)
    assert worst(found[0].pose, first) < 2 and worst(found[1].pose, second) < 2
    assert found[0].votes > found[1].votes


def test_a_mirrored_pose_is_not_grown_into() -> None:
    """Places of a mirrored image, in patches that look the same to either side: their own maps say otherwise."""
    matches = matches_of(np.eye(3), 200, 0, 5)
    matches.moving[:, 1] = SIDE - matches.moving[:, 1]
    found = proposed(matches, SIDE, family_named("homography"), SETTINGS, 1)
    assert all(each.votes < 20 for each in found)


@pytest.mark.parametrize("count", [0, 1, 4, 300])
def test_wrong_matches_alone_propose_little(count: int) -> None:
    matches = matches_of(np.eye(3), 0, count, 4)
    found = proposed(matches, SIDE, family_named("homography"), SETTINGS, 1)
    assert [each.votes for each in found if each.votes > 12] == []


def test_matches_of_one_place_are_no_pose() -> None:
    same = matches_of(np.eye(3), 1, 0, 1)[np.zeros(50, np.intp)]
    assert proposed(same, SIDE, family_named("homography"), SETTINGS, 1) == []


@pytest.mark.parametrize(
    ("basis", "name"), [(SIMILARITY, "similarity"), (AFFINE, "affine"), (HOMOGRAPHY, "homography")]
)
def test_exact_matches_are_fitted_exactly(basis: Floats, name: str) -> None:
    family = family_named(name)
    truth = family.matrix(np.linspace(5, 30, family.size), np.full(2, SIDE / 2), SIDE / 2)
    matches = matches_of(truth, 12, 0, 6, noise=0)
    found = fit(np.eye(3) if name != "homography" else truth, matches, np.ones(12), basis, family)
    assert found is not None and worst(found, truth) < 1e-6


def test_a_line_of_matches_determines_no_homography() -> None:
    """Nor may it end in an error."""
    matches = matches_of(np.eye(3), 40, 0, 7, noise=0)
    matches.fixed[:, 1] = 100
    matches.moving[:] = matches.fixed
    for name in families(2):
        grown(matches, 0, family_named(name), 100.0, SETTINGS)
        proposed(matches, SIDE, family_named(name), SETTINGS, 1)


def test_right_matches_support_each_other() -> None:
    matches = matches_of(slanted(0.8, 1.0, 2.0, 1.2), 60, 120, 9)
    weight = supported(matches, 100.0, SETTINGS, 1)
    assert np.median(weight[:60]) > 3 * np.median(weight[60:])
    np.testing.assert_array_equal(supported(matches, 100.0, SETTINGS, 3), weight)
