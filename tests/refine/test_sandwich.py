"""The sandwich covariance on sums made by hand, and the robust scale."""

from __future__ import annotations

import numpy as np
import pytest

from superpose._refine.robust import ResidualScale, cutoff_for, deviation, tukey_weights
from superpose._refine.sandwich import concentration, leverages, sandwich, structure_cuts, tile_count
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
    assert [tile_count(side, SETTINGS) for side in (5, 12, 24, 60, 119, 120, 5000)] == [1, 3, 5, 5, 9, 10, 10]
    fewer = SandwichSettings(tiles=4, min_tile=30)
    assert [tile_count(side, fewer) for side in (24, 60, 119, 120, 5000)] == [5, 5, 5, 5, 5]
    fewer = SandwichSettings(tiles=4, min_tile=30, few_tiles=1)
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


def test_structure_has_a_scale_of_its_own() -> None:
    """On a plain ground nine of ten residuals are the same."""
    residual, steep = np.zeros(20000), np.arange(20000) % 10 == 0
    residual[steep] = 3.0 * RNG.normal(size=2000)
    found = ResidualScale.of(residual, steep)
    assert found.everywhere == 0 and found.steep == pytest.approx(3.0, rel=0.1)
    assert found.cutoff(6.0, 4.0) == pytest.approx(4 * found.steep)
    assert ResidualScale(1.0, 1.1).cutoff(6.0, 4.0) == 6.0  # noise is the same everywhere
    assert ResidualScale.of(np.zeros(9), np.zeros(9, bool)).cutoff(6.0, 4.0) == np.inf


def test_weights_fall_to_none_at_the_cutoff() -> None:
    np.testing.assert_allclose(tukey_weights(np.array([0.0, 1.0, -2.0, 5.0]), 2.0), [1, 0.5625, 0, 0])


def test_a_tile_that_holds_the_pose_alone_has_all_the_say() -> None:
    parts = np.stack([np.diag([1.0, 1e-9]), np.diag([0.0, 1.0]), np.diag([0.0, 1.0])])
    whole = parts.sum(0)
    np.testing.assert_allclose(leverages(np.ones((3, 2)) * [[1, 0], [0, 1], [0, 1]], parts, whole), [1, 0.5, 0.5])
    assert leverages(np.ones((1, 2)), np.zeros((1, 2, 2)), np.zeros((2, 2))) is None


def test_structure_in_few_tiles_is_concentrated() -> None:
    even = np.repeat(np.eye(2)[None], 50, 0)
    assert concentration(even, even.sum(0)) == pytest.approx(50)
    few = even.copy()
    few[4:] *= 1e-6
    assert concentration(few, few.sum(0)) == pytest.approx(4, rel=1e-3)
    assert concentration(0 * even, np.zeros((2, 2))) == 0


def test_tiles_are_cut_where_the_structure_is() -> None:
    structure = np.zeros(400)
    structure[100:160] = 1.0
    cuts = structure_cuts(structure, SETTINGS)
    assert cuts[0] == 0 and cuts[-1] == 400 and len(cuts) == SETTINGS.tiles + 1
    assert (np.diff(cuts) >= SETTINGS.smallest_tile).all() and ((cuts[1:-1] > 100) & (cuts[1:-1] < 160)).all()
    assert structure_cuts(np.zeros(7), SETTINGS).tolist() == [0, 7]


def test_tiny_numbers_have_a_leverage_between_none_and_all() -> None:
    found = leverages(np.full((3, 1), 1e-100), np.full((3, 1, 1), 1e250), np.full((1, 1), 1e-100))
    assert found is not None and np.array_equal(found, [1.0, 1.0, 1.0])
