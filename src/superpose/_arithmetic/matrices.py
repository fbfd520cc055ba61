"""Products, inverses, solutions and eigenvectors of small matrices.

For up to some ten rows they are as fast as LAPACK, whose calls cost more than the sums.
"""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from superpose._kernels.matrices import product
from superpose._kernels.matrices import solution as solve

Floats = NDArray[np.float64]


def matmul(first: Floats, *others: Floats) -> Floats:
    """Return the product of matrices, from the left; any but one in the middle may be a vector, as for ``@``."""
    for each in others:
        first = _product(first, each)
    return first


def _product(first: Floats, second: Floats) -> Floats:
    rows, columns = first if first.ndim == 2 else first[None], second if second.ndim == 2 else second[:, None]
    out = np.empty((len(rows), columns.shape[1]))
    product(_floats(rows), _floats(columns), out)
    return out if first.ndim == second.ndim == 2 else out.reshape(first.shape[:-1] + second.shape[1:])


def _floats(numbers: Floats) -> Floats:
    # NumPy would drop imaginary parts.
    if numbers.dtype.kind == "c":
        raise TypeError("matrices of complex numbers are not served; multiply real and imaginary parts by themselves")
    return np.ascontiguousarray(numbers, float)


def dot(a: Floats, b: Floats) -> float:
    """Return the inner product of two vectors."""
    return float(_product(a, b))


def norm(vector: Floats) -> float:
    """Return the length of a vector."""
    return math.sqrt(dot(vector, vector))


def determinant(matrix: Floats) -> float:
    """Return the determinant of a matrix of 2 or 3 rows."""
    if len(matrix) == 2:
        (a, b), (c, d) = matrix.tolist()
        return float(a * d - b * c)
    (a, b, c), (d, e, f), (g, h, i) = matrix.tolist()
    return float(a * (e * i - f * h) + b * (f * g - d * i) + c * (d * h - e * g))


def inverse(matrix: Floats) -> Floats:
    """Return the inverse of a square matrix.

    Raises
    ------
    numpy.linalg.LinAlgError
        If it has none.
    """
    if len(matrix) in (2, 3):
        rows, whole = _adjugate(matrix)
        if 1e-200 < abs(whole) < 1e200:
            return np.array(rows) / whole
        # A product may have left the range of numbers; powers of two change no digit.
        power = -math.frexp(float(np.abs(matrix).max()))[1]
        rows, whole = _adjugate(np.ldexp(matrix, power))
        return np.ldexp(np.array(rows) / _divisor(whole), power)
    # Gauss and Jordan's elimination, the largest number left in a column first.
    both = np.hstack([matrix, np.eye(len(matrix))])
    for k in range(len(both)):
        most = k + int(np.argmax(np.abs(both[k:, k])))
        both[[k, most]] = both[[most, k]]
        row = both[k] / _divisor(float(both[k, k]))
        both -= both[:, k : k + 1] * row
        both[k] = row
    return both[:, len(both) :]


def _adjugate(matrix: Floats) -> tuple[list[list[float]], float]:
    """Return the inverse of a matrix of 2 or 3 rows times its determinant, and that."""
    if len(matrix) == 2:
        (a, b), (c, d) = matrix.tolist()
        return [[d, -b], [-c, a]], a * d - b * c
    (a, b, c), (d, e, f), (g, h, i) = matrix.tolist()
    p, q, r = e * i - f * h, f * g - d * i, d * h - e * g
    rows = [[p, c * h - b * i, b * f - c * e], [q, a * i - c * g, c * d - a * f], [r, b * g - a * h, a * e - b * d]]
    return rows, a * p + b * q + c * r


def _divisor(number: float) -> float:
    if number == 0:
        raise np.linalg.LinAlgError("Singular matrix")
    return number


def solution(matrix: Floats, right: Floats) -> Floats:
    """Return what a symmetric matrix takes to `right`, shape (n,) or (n, k).

    It is taken apart as ``lower @ diagonal @ lower.T`` in the order of its rows, which is safe where it is positive
    definite.

    Raises
    ------
    numpy.linalg.LinAlgError
        If one of its leading parts is singular.
    """
    rows = _floats(right.T if right.ndim == 2 else right[None])
    out = np.empty(rows.shape)
    if not solve(_floats(matrix), rows, out):
        raise np.linalg.LinAlgError("Singular matrix")
    return out.T.reshape(right.shape)


def eigen(matrix: Floats) -> tuple[Floats, Floats]:
    """Return a symmetric matrix's eigenvalues, in no order, and eigenvectors as columns, by Jacobi's rotations.

    References
    ----------
    G. H. Golub and C. F. Van Loan, "Matrix Computations", 4th edition, 2013, section 8.5.
    """
    size = len(matrix)
    rows, vectors = matrix.tolist(), np.eye(size).tolist()
    pairs = [(p, q) for p in range(size) for q in range(p + 1, size)]
    for _ in range(50):
        turned = False
        for p, q in pairs:
            across, here, there = rows[p][q], rows[p][p], rows[q][q]
            # Also where it is NaN.
            if not (here + across != here or there + across != there) or across != across:
                continue
            turned = True
            slope = (there - here) / (2 * across)
            t = math.copysign(1.0, slope) / (abs(slope) + math.sqrt(1 + slope * slope))
            c = 1 / math.sqrt(1 + t * t)
            s = t * c
            above, below = rows[p], rows[q]
            rows[p] = [c * x - s * y for x, y in zip(above, below, strict=True)]
            rows[q] = [s * x + c * y for x, y in zip(above, below, strict=True)]
            rows[p][p], rows[q][q] = here - t * across, there + t * across
            rows[p][q] = rows[q][p] = 0.0
            for row, x, y in zip(rows, rows[p], rows[q], strict=True):
                row[p], row[q] = x, y
            above, below = vectors[p], vectors[q]
            vectors[p] = [c * x - s * y for x, y in zip(above, below, strict=True)]
            vectors[q] = [s * x + c * y for x, y in zip(above, below, strict=True)]
        if not turned:
            break
    return np.array([rows[k][k] for k in range(size)]), np.array(vectors).T
