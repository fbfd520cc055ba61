"""Products, inverses, solutions and eigenvectors are those of NumPy, but for rounding."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from superpose._arithmetic.complex_numbers import squared_size, times
from superpose._arithmetic.matrices import determinant, dot, eigen, inverse, matmul, norm, solution

NUMBERS = st.floats(-10, 10).map(lambda x: round(x, 3))
SQUARE = st.integers(1, 10).flatmap(lambda n: arrays(float, (n, n), elements=NUMBERS))


@given(SQUARE, st.integers(1, 4))
def test_matmul(a: np.ndarray, count: int) -> None:
    b = np.linspace(-1, 2, len(a) * count).reshape(len(a), count)
    np.testing.assert_allclose(matmul(a, a.T, b), a @ a.T @ b, atol=1e-10)
    np.testing.assert_allclose(matmul(a, b[:, 0]), a @ b[:, 0], atol=1e-11)
    np.testing.assert_allclose(matmul(b[:, 0], a, b[:, 0]), b[:, 0] @ a @ b[:, 0], atol=1e-10)
    assert dot(a[0], b[:, 0]) == pytest.approx(float(a[0] @ b[:, 0]), abs=1e-11)
    assert norm(a[0]) == pytest.approx(float(np.linalg.norm(a[0])), rel=1e-14)


@given(SQUARE)
def test_inverse(a: np.ndarray) -> None:
    a = a + 12 * len(a) * np.eye(len(a))[::-1]  # rows must change places
    np.testing.assert_allclose(inverse(a), np.linalg.inv(a), atol=1e-13)
    if len(a) in (2, 3):
        assert determinant(a) == pytest.approx(np.linalg.det(a), rel=1e-12)


@pytest.mark.parametrize("size", range(2, 6))
@pytest.mark.parametrize("scale", [1e-300, 1e-170, 1e-110, 1e110, 1e170, 1e300])
def test_the_inverse_of_the_largest_and_smallest(size: int, scale: float) -> None:
    a = np.arange(size * size).reshape(size, size) % 7 + 12.0 * np.eye(size)[::-1]
    np.testing.assert_allclose(inverse(scale * a) * scale, inverse(a), rtol=1e-12, atol=1e-15)
    np.testing.assert_allclose(inverse(scale * np.eye(size)) * scale, np.eye(size), rtol=1e-15)


def test_complex_matrices_are_refused() -> None:
    real, other = np.eye(3), np.eye(3) * 1j
    for call in (lambda: matmul(real, other), lambda: matmul(other, real), lambda: dot(other[0], real[0])):
        with pytest.raises(TypeError, match="complex"):
            call()
    for pair in ((other, real), (real, other)):
        with pytest.raises(TypeError, match="complex"):
            solution(*pair)


@given(SQUARE)
def test_solution(a: np.ndarray) -> None:
    a = matmul(a.T, a) + np.eye(len(a))
    right = np.linspace(-1, 2, 2 * len(a)).reshape(-1, 2)
    np.testing.assert_allclose(solution(a, right), np.linalg.solve(a, right), rtol=1e-7, atol=1e-9)
    assert (solution(a, right[:, 0]) == solution(a, right)[:, 0]).all()


@given(SQUARE)
def test_eigen(a: np.ndarray) -> None:
    a = a + a.T
    values, vectors = eigen(a)
    np.testing.assert_allclose(np.sort(values), np.linalg.eigvalsh(a), atol=1e-11)
    np.testing.assert_allclose(vectors.T @ vectors, np.eye(len(a)), atol=1e-12)
    np.testing.assert_allclose(a @ vectors, vectors * values, atol=1e-11)


def test_small_eigenvalues_are_told_from_zero() -> None:
    turned = np.linalg.qr(np.random.default_rng(0).normal(size=(6, 6)))[0]
    wanted = np.array([1e-11, 1e-6, 1e-3, 1, 10, 100])
    values, _ = eigen((turned * wanted) @ turned.T)
    np.testing.assert_allclose(np.sort(values), wanted, rtol=1e-2)


@pytest.mark.parametrize("size", range(2, 7))
def test_a_singular_matrix_has_no_inverse(size: int) -> None:
    for singular in (np.zeros((size, size)), np.ones((size, size))):
        with pytest.raises(np.linalg.LinAlgError, match="Singular"):
            inverse(singular)
        with pytest.raises(np.linalg.LinAlgError, match="Singular"):
            solution(singular, np.ones(size))


@pytest.mark.parametrize("size", range(2, 7))
def test_nan_stays_nan(size: int) -> None:
    unknown = np.full((size, size), np.nan)
    assert np.isnan(inverse(unknown)).all()
    assert np.isnan(solution(unknown, np.ones(size))).all()
    assert np.isnan(eigen(unknown)[0]).all()


@pytest.mark.parametrize("dtype", [np.complex64, np.complex128])
def test_complex_numbers(dtype: type) -> None:
    rng = np.random.default_rng(0)
    a, b = (rng.normal(size=(2, 3, 50, 2)).astype(dtype(0).real.dtype).view(dtype)[..., 0] for _ in range(2))
    for factor in (b, b[0, 0, 0], b[1:]):
        assert times(a, factor).dtype == dtype
        np.testing.assert_allclose(times(a, factor), a * factor, rtol=1e-5 if dtype is np.complex64 else 1e-14)
    # Each rounded by itself: nothing is fused.
    assert (times(a, b).real == a.real * b.real - a.imag * b.imag).all()
    assert (times(a, b).imag == a.real * b.imag + a.imag * b.real).all()
    np.testing.assert_allclose(squared_size(a), np.abs(a) ** 2, rtol=1e-6)
