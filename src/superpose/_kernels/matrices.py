"""Products, exponentials and solutions of small matrices: each number is added up in one order, and nothing fused."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from superpose._kernels import _native

Floats = NDArray[np.float64]


def product(first: Floats, second: Floats, out: Floats) -> None:
    """Fill `out`, shape (rows, columns), with the product of two matrices, (rows, n) and (n, columns)."""
    _native.product(first, second, out)


def exponential(tangent: Floats, out: Floats) -> None:
    """Fill `out` with the exponential of a small square matrix, by its series after halving; NaN if it is infinite.

    Parameters
    ----------
    tangent : ndarray, float64, shape (n, n)
        Not too large: its exponential may overflow.
    out : ndarray, float64, shape (n, n)
        Is filled.
    """
    _native.exponential(tangent, out)


def solution(matrix: Floats, right: Floats, out: Floats) -> bool:
    """Fill `out` with what a symmetric matrix takes to `right`, and return whether there is one.

    It is taken apart as ``lower @ diagonal @ lower.T`` in the order of its rows, which is safe where it is positive
    definite.

    Parameters
    ----------
    matrix : ndarray, float64, shape (n, n)
        Symmetric: what is above the diagonal is not looked at.
    right, out : ndarray, float64, shape (k, n)
        Several right sides, each a row, and their solutions; not filled where a leading part of the matrix is singular.
    """
    solved: bool = _native.solution(matrix, right, out)
    return solved
