"""Frames on a canvas as NumPy writes it."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Pixels = NDArray[np.float32]
Floats = NDArray[np.float64]


def add_faded(frame: Pixels, rows: Pixels, columns: Pixels, less: float, top: int, left: int, into: Pixels) -> None:
    """Add ``rows * columns * (frame - less)`` to a part of `into`."""
    h, w = frame.shape
    into[top : top + h, left : left + w] += np.outer(rows, columns) * (frame - np.float32(less))


def faded_products(
    frame: Pixels,
    rows: Pixels,
    columns: Pixels,
    less: float,
    others: Pixels,
    top: int,
    left: int,
    first: int,
    last: int,
) -> Floats:
    """Return the sums of w f, w f p, w f q, w m, w m p, w m q, w p, w q, w f m, w m m and w over some rows."""
    h, w = frame.shape
    weight = np.outer(rows, columns).astype(float)[first:last]
    f = frame.astype(float)[first:last] - less
    m, p, q, *weights = others.astype(float)[:, top : top + h, left : left + w][:, first:last]
    for each in weights:
        weight = weight * each
    of = (f, f * p, f * q, m, m * p, m * q, p, q, f * m, m * m, 1.0)
    return np.array([(weight * each).sum() for each in of])


def highest_score(scores: Pixels, factor: Pixels) -> Floats:
    """Return row, column and value of what is highest of ``scores * factor``, and its sum of squares."""
    product = (scores * factor).astype(float)
    at = np.unravel_index(np.argmax(np.where(factor > 0, product, -np.inf)), scores.shape)
    return np.array([*at, product[at], np.square(product).sum()])
