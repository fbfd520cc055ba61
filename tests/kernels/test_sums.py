"""Sums over pixels, and what is made of them, against NumPy."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from superpose._kernels.noise import SUMS as NOISE_SUMS
from superpose._kernels.noise import interpolated_sums
from superpose._kernels.sums import SUMS, pair_sums, robust_sums
from superpose._sampling.moments import pair_moments
from tests.kernels.any_input import AFFINE_NOWHERE, MATRICES, NOWHERE
from tests.reference import sums as reference

TABLES = np.random.default_rng(5).random((2, 16))
CENTRE, RADIUS = np.array([9.5, 14.5]), 17.3


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("count", [1, 3, 64, 65, 1003])
def test_sums_of_pairs(count: int, dtype: Any) -> None:
    rng = np.random.default_rng(count)
    a, b = rng.normal(3, 2, (2, count)).astype(dtype)
    mask = rng.random(count) > 0.3
    mask[0] = True
    a[~mask], b[~mask] = np.nan, np.inf
    out = np.empty(SUMS)
    pair_sums(a, b, mask, 0.3, -0.7, 0, count, out)
    np.testing.assert_allclose(out, reference.pair_sums(a, b, mask, 0.3, -0.7), rtol=1e-12)
    assert out[0] == np.count_nonzero(mask) >= 1


def test_sums_of_pairs_stay_within_their_lines() -> None:
    a = np.arange(200, dtype=np.float32)
    out = np.empty(SUMS)
    pair_sums(a, a + 1, np.ones(200, bool), 0.0, 0.0, 7, 107, out)
    assert out.tolist()[:3] == [100.0, float(a[7:107].sum()), float(a[7:107].sum() + 100)]


@pytest.mark.parametrize("outlier", [0.0, 1e6])
@pytest.mark.parametrize("shape", [(300, 400), (7, 50, 60)])
def test_moments_are_those_about_the_means(shape: tuple[int, ...], outlier: float) -> None:
    """Whatever pixel comes first, and however far from 0 the image is."""
    a, b = np.random.default_rng(3).normal(size=(2, *shape))
    a, b = 1e4 + a, a + b
    a.flat[0] += outlier
    found = pair_moments(a, b, np.ones(shape, bool), 2)
    p, q = a - a.mean(), b - b.mean()
    assert found.count == a.size
    expected = [(p * p).sum(), (q * q).sum(), (p * q).sum(), ((a - b) ** 2).sum()]
    np.testing.assert_allclose([found.aa, found.bb, found.ab, found.difference], expected, rtol=1e-9)
    assert pair_moments(a, b, np.ones(shape, bool), 1) == found


def test_a_constant_has_no_deviation() -> None:
    a, b = np.full((90, 110), 0.1, np.float32), np.random.default_rng(0).normal(size=(90, 110)).astype(np.float32)
    found = pair_moments(a, b, np.ones(a.shape, bool))
    assert found.aa == found.ab == 0.0 < found.bb


@pytest.mark.parametrize("inverse", [0.0, 0.4, 1e300])
@pytest.mark.parametrize("count", [1, 63, 66, 1000])
def test_sums_under_weights(count: int, inverse: float) -> None:
    a, b = np.random.default_rng(count).normal(1, 2, (2, count))
    out = np.empty(6)
    robust_sums(a, b, 0.8, 0.3, inverse, 1e-9, out)
    expected = reference.robust_sums(a, b, 0.8, 0.3, inverse, 1e-9)
    np.testing.assert_allclose(out, expected, rtol=1e-11, atol=1e-12)
    assert out[0] == pytest.approx(count) if inverse == 0 else 0 < out[0] < count


def noise_sums(matrix: NDArray[Any], fixed: tuple[int, int], moving: tuple[int, int]) -> NDArray[np.float64]:
    out = np.full(NOISE_SUMS, np.nan)
    sizes = np.array(fixed), np.array(moving), np.array([3, 1])
    interpolated_sums(*TABLES, np.ascontiguousarray(matrix, float), *sizes, CENTRE, RADIUS, out)
    return out


@pytest.mark.parametrize("horizon", [0.0, 3e-3])
def test_what_interpolation_does_to_noise(horizon: float) -> None:
    matrix = np.array([[1.1, -0.2, 3.4], [0.15, 0.9, -2.2], [horizon, -horizon, 1.0]])
    found = noise_sums(matrix, (20, 30), (17, 25))
    expected = reference.interpolated_sums(*TABLES, matrix, (20, 30), (17, 25), (3, 1), CENTRE, RADIUS)
    assert 50 < found[0] < 200
    np.testing.assert_allclose(found, expected, rtol=1e-9, atol=1e-9)


@pytest.mark.parametrize("name", NOWHERE)
def test_a_pose_that_leads_nowhere_meets_no_noise(name: str) -> None:
    assert AFFINE_NOWHERE.keys() < NOWHERE.keys()
    assert not noise_sums(NOWHERE[name], (20, 30), (17, 25)).any()


@settings(max_examples=200, deadline=None)
@given(
    matrix=MATRICES, fixed=st.tuples(st.integers(1, 9), st.integers(1, 9)), moving=st.tuples(*[st.integers(1, 9)] * 2)
)
def test_any_pose_meets_noise_at_some_points_or_none(
    matrix: NDArray[Any], fixed: tuple[int, int], moving: tuple[int, int]
) -> None:
    found = noise_sums(matrix, fixed, moving)
    assert 0 <= found[0] <= -(-fixed[0] // 3) * fixed[1]
    assert np.isfinite(found[[0, 1, *range(10, NOISE_SUMS)]]).all()
