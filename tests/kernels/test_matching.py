"""Nearest descriptors, support and errors of a matrix against their naive twins."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from superpose._kernels.matching import NONE, nearest_two, support, transfer_errors, transfer_sums
from tests.reference import matching as reference

Array = NDArray[Any]
RNG = np.random.default_rng(89)
MATRIX = np.array([[0.9, -0.3, 12.0], [0.2, 1.3, -8.0], [1e-3, -2e-3, 1.0]])


def nearest(a: Array, b: Array, places: Array, apart: float) -> list[tuple[int, int, int]]:
    own, squares = (np.square(each.astype(np.int32)).sum(1, dtype=np.int32) for each in (a, b))
    index, far = np.full(len(a), -1), np.full((len(a), 2), -1, np.int32)
    for part in ((0, len(a) // 3), (len(a) // 3, len(a))):
        nearest_two(a, b, own, squares, places, apart, index, far, *part)
    return [(int(k), int(near), int(other)) for k, (near, other) in zip(index, far, strict=True)]


@pytest.mark.parametrize(("count", "apart"), [(1, 5.0), (50, 5.0), (50, 0.0), (50, 1000.0)])
def test_nearest_like_their_twins(count: int, apart: float) -> None:
    a, b = (RNG.integers(0, 200, (n, 128)).astype(np.int16) for n in (31, count))
    b[: min(count, 10)] = a[: min(count, 10)] + RNG.integers(-9, 10, (min(count, 10), 128))
    places = RNG.uniform(0, 30, (count, 2)).astype(np.float32)
    found = nearest(a, b, places, apart)
    assert found == reference.nearest_two(a, b, places.astype(float), apart)
    assert (found[0][2] == NONE) == (count == 1 or apart == 1000)


def test_of_equal_descriptors_the_first_is_nearest() -> None:
    a = RNG.integers(0, 200, (1, 128)).astype(np.int16)
    places = np.array([[0, 0], [1, 0], [50, 0]], np.float32)
    assert nearest(a, np.repeat(a, 3, 0), places, 5.0) == [(0, 0, 0)]


def some_matches(count: int) -> tuple[Array, Array, Array, Array]:
    """Return points, a third of whose partners are anywhere, their maps, and weights."""
    fixed = RNG.uniform(0, 200, (count, 2))
    maps = MATRIX[:2, :2] + RNG.normal(0, 0.2, (count, 2, 2))
    moving = fixed @ MATRIX[:2, :2].T + RNG.normal(0, 2, fixed.shape)
    moving[::3] = RNG.uniform(0, 200, moving[::3].shape)
    return fixed, moving, maps, RNG.random(count)


def test_support_like_its_twin() -> None:
    matches, numbers = some_matches(80), (6.0, 60.0, 4.0, 0.2, 0.9)
    out = np.full(80, np.nan)
    for part in ((0, 30), (30, 80)):
        support(*matches, *numbers, out, *part)
    expected = reference.support(*matches, *numbers)
    np.testing.assert_allclose(out, expected, rtol=1e-12, atol=0)
    assert len(set(expected)) > 30 and out[1::3].mean() > 3 * out[::3].mean()


def test_errors_and_sums_like_their_twins() -> None:
    fixed, moving, maps, weights = some_matches(60)
    # Some of what is beyond the horizon.
    fixed[:4] = RNG.uniform(600, 900, (4, 2))
    out, sums = np.full(60, np.nan), np.full((9, 9), np.nan)
    transfer_errors(fixed, moving, MATRIX, maps, 0.9, out)
    transfer_sums(fixed, moving, MATRIX, weights, sums)
    expected = reference.transfer_errors(fixed, moving, MATRIX, maps, 0.9)
    np.testing.assert_allclose(out, expected, rtol=1e-6)
    assert np.isinf(out[:4]).any() and 5 < np.isinf(out).sum() < 30
    wanted = reference.transfer_sums(fixed, moving, MATRIX, weights)
    np.testing.assert_allclose(sums, wanted, rtol=1e-5, atol=1e-6 * wanted.max())


def test_the_sums_of_exact_matches_are_solved_by_their_matrix() -> None:
    fixed = RNG.uniform(0, 100, (30, 2))
    mapped = np.column_stack([fixed, np.ones(30)]) @ MATRIX.T
    sums = np.empty((9, 9))
    transfer_sums(fixed, mapped[:, :2] / mapped[:, 2:], MATRIX, np.ones(30), sums)
    numbers = MATRIX.ravel()[:8]
    np.testing.assert_allclose(sums[:8, :8] @ numbers, sums[:8, 8], rtol=1e-6)
