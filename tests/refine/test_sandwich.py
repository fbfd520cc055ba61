"""The sandwich covariance on sums made by hand, and the robust scale."""

from __future__ import annotations

import numpy as np
import pytest

from superpose._refine.robust import cutoff_for, deviation
from superpose._refine.sandwich import sandwich, tile_count
from superpose._refine.settings import SandwichSettings

SETTINGS = SandwichSettings()
RNG = np.random.default_rng(2)


def test_it_is_the_variance_of_what_the_tiles_scatter_the_answer_by() -> None:
    """Least squares on data whose tiles each have an error of their own: draw after draw."""
    tiles, rows = 120, 8
    design = RNG.normal(size=(tiles, rows, 3))
    hessian = np.einsum("trk,trm->km", design, design)
    answers, said = [], []
    for _ in range(1000):
        residual = RNG.normal(size=(tiles, 1)) + 0.5 * RNG.normal(size=(tiles, rows))
        scores = np.einsum("trk,tr->tk", design, residual)
        answers.append(np.linalg.solve(hessian, scores.sum(0)))
        found = sandwich(hessian, hessian, scores, SETTINGS)
        assert found is not None
        said.append(found)
    expected = np.cov(np.array(answers).T)
    np.testing.assert_allclose(np.mean(said, 0), expected, atol=0.15 * expected.max())


def test_noise_in_the_structure_widens_it() -> None:
    scores = RNG.normal(size=(30, 2))
    noisy = np.diag([10.0, 10.0])
    plain, halved = sandwich(noisy, noisy, scores, SETTINGS), sandwich(noisy, np.diag([10.0, 5.0]), scores, SETTINGS)
    assert plain is not None and halved is not None
    assert halved[0, 0] == pytest.approx(plain[0, 0]) and halved[1, 1] == pytest.approx(4 * plain[1, 1])


def test_a_direction_without_structure_is_free_but_finite() -> None:
    scores = RNG.normal(size=(30, 2))
    found = sandwich(np.eye(2), np.diag([1.0, -0.5]), scores, SETTINGS)
    plain = sandwich(np.eye(2), np.eye(2), scores, SETTINGS)
    assert found is not None and plain is not None
    assert found[1, 1] == pytest.approx(plain[1, 1] / SETTINGS.min_structure**2)


def test_there_is_none_where_there_is_nothing_to_go_by() -> None:
    scores = RNG.normal(size=(30, 2))
    assert sandwich(np.eye(2), np.zeros((2, 2)), scores, SETTINGS) is None  # all is noise
    assert sandwich(np.diag([1.0, 0.0]), np.eye(2), scores, SETTINGS) is None  # one direction is not seen at all
    assert sandwich(np.eye(2), np.eye(2), scores[:3], SETTINGS) is None  # too few tiles to know their scatter
    assert sandwich(np.eye(2), np.eye(2), scores * np.nan, SETTINGS) is None


def test_tiles_are_as_many_as_may_be() -> None:
    assert [tile_count(side, SETTINGS) for side in (5, 12, 24, 60, 119, 120, 5000)] == [1, 1, 2, 5, 9, 10, 10]
    fewer = SandwichSettings(tiles=4, min_tile=30)
    assert [tile_count(side, fewer) for side in (24, 60, 119, 120, 5000)] == [1, 2, 3, 4, 4]


def test_what_counts_as_structure_is_set() -> None:
    scores = RNG.normal(size=(30, 2))
    clean = np.diag([1.0, 0.1])
    free, seen = (sandwich(np.eye(2), clean, scores, SandwichSettings(min_structure=least)) for least in (0.2, 0.05))
    assert free is not None and seen is not None
    assert seen[1, 1] == pytest.approx(4 * free[1, 1])


def test_outliers_do_not_reach_the_scale() -> None:
    residual = 3.0 * RNG.normal(size=20000)
    assert deviation(residual) == pytest.approx(3.0, rel=0.03)
    residual[::5] = 1e6
    assert deviation(residual) == pytest.approx(3.0, rel=0.35)
    assert deviation(np.empty(0)) == np.inf


def test_without_a_scale_nothing_is_cut_off() -> None:
    assert cutoff_for(2.0, 6.0) == 12.0
    assert cutoff_for(0.0, 6.0) == cutoff_for(np.nan, 6.0) == cutoff_for(np.inf, 6.0) == np.inf
