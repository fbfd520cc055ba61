"""Small matrices' kernels against NumPy and SciPy, and whatever they are given."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from scipy import linalg

from superpose._kernels.matrices import exponential, product, solution

NUMBERS = st.floats(-10, 10) | st.sampled_from([0.0, 1.0, 1e9, -1e9, 1e300, np.inf, -np.inf, np.nan])
SIZES = st.integers(1, 5)


def squares(size: int, numbers: st.SearchStrategy[float] = NUMBERS) -> st.SearchStrategy[np.ndarray]:
    return arrays(float, (size, size), elements=numbers)


@pytest.mark.parametrize("shape", [(0, 2, 3), (1, 1, 1), (3, 4, 2), (8, 8, 8), (72, 8, 3)], ids=str)
def test_product(shape: tuple[int, int, int]) -> None:
    rng = np.random.default_rng(5)
    first, second = rng.normal(size=shape[:2]), rng.normal(size=shape[1:])
    out = np.full((shape[0], shape[2]), np.nan)
    product(first, second, out)
    np.testing.assert_allclose(out, first @ second, rtol=0, atol=1e-13)


@given(SIZES.flatmap(lambda n: squares(n, st.floats(-3, 3))))
def test_exponential(tangent: np.ndarray) -> None:
    out = np.full(tangent.shape, np.nan)
    exponential(tangent, out)
    expected = linalg.expm(tangent)
    np.testing.assert_allclose(out, expected, rtol=1e-12, atol=1e-12 * np.abs(expected).max())


@given(SIZES.flatmap(squares))
def test_any_exponential_ends(tangent: np.ndarray) -> None:
    out = np.zeros(tangent.shape)
    exponential(tangent, out)
    if not np.isfinite(tangent).all():
        assert np.isnan(out).all()


@pytest.mark.parametrize("size", [1, 2, 5, 10])
def test_solution(size: int) -> None:
    rng = np.random.default_rng(7)
    root, right = rng.normal(size=(size, size)), rng.normal(size=(3, size))
    matrix = root @ root.T + np.eye(size)
    out = np.full(right.shape, np.nan)
    assert solution(matrix, right, out)
    np.testing.assert_allclose(out, np.linalg.solve(matrix, right.T).T, rtol=0, atol=1e-12)
    # Symmetric: one half says it all.
    again = np.full(right.shape, np.nan)
    assert solution(np.tril(matrix), right, again)
    np.testing.assert_array_equal(again, out)


@given(SIZES.flatmap(squares))
def test_any_matrix_is_solved_or_said_to_be_singular(matrix: np.ndarray) -> None:
    right = np.ones((2, len(matrix)))
    out = np.full(right.shape, 7.0)
    if not solution(matrix, right, out):
        assert (out == 7).all()
    assert matrix[0, 0] != 0 or not solution(matrix, right, out)
