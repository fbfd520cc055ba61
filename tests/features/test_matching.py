"""Which features match, and what a match says."""

from __future__ import annotations

import numpy as np

from superpose._features.features import Features
from superpose._features.matching import all_matches, matched
from superpose._features.settings import MatchSettings

RNG = np.random.default_rng(5)
SETTINGS = MatchSettings()
MATRIX = np.array([[0.5, -0.8, 90.0], [0.9, 0.4, -20.0], [0, 0, 1]])


def some_features(count: int) -> Features:
    frames = 8 * np.eye(2) + RNG.normal(size=(count, 2, 2))
    descriptors = RNG.integers(0, 90, (count, 128)).astype(np.int16)
    return Features(RNG.uniform(0, 300, (count, 2)), frames, descriptors, np.ones(count))


def test_features_match_their_images_under_a_map() -> None:
    a = some_features(50)
    b = Features.together([some_features(20), a.under(MATRIX)])
    found = matched(a, b, SETTINGS, 1)
    assert len(found) == 50
    np.testing.assert_allclose(found.moving, found.fixed @ MATRIX[:2, :2].T + MATRIX[:2, 2], atol=1e-9)
    np.testing.assert_allclose(found.maps, np.broadcast_to(MATRIX[:2, :2], (50, 2, 2)), atol=1e-9)
    assert (found.quality == 1).all()


def test_what_looks_alike_elsewhere_does_not_match() -> None:
    a = some_features(50)
    moved = a.under(np.array([[1, 0, 30], [0, 1, 0], [0, 0, 1]]))
    # From the other side each has its own.
    assert len(matched(a, Features.together([a, moved]), SETTINGS, 1)) == 100
    both = Features.together([a, moved])
    assert len(matched(both, both, SETTINGS, 1)) == 0
    near = Features.together([a, a.under(np.array([[1, 0, 1], [0, 1, 0], [0, 0, 1]]))])
    assert len(matched(near, near, SETTINGS, 1)) >= 50


def test_the_same_places_match_once() -> None:
    a = some_features(30)
    found = matched(a, a, SETTINGS, 1)
    assert len(all_matches([found, found], SETTINGS)) == len(found) == 30


def test_nothing_has_no_matches() -> None:
    none = Features.together([])
    for a, b in ((none, none), (some_features(3), none), (none, some_features(3))):
        assert len(matched(a, b, SETTINGS, 1)) == 0


def test_threads_change_nothing() -> None:
    a, b = some_features(700), some_features(900)
    settings = MatchSettings(ratio=1.0)
    one, more = (matched(a, b, settings, threads) for threads in (1, 3))
    assert len(one) > 100
    for name in ("fixed", "moving", "maps", "quality"):
        np.testing.assert_array_equal(getattr(one, name), getattr(more, name))
