"""Frames of a series on a canvas that has room for their shifts: added up there, and compared with what lies there."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from superpose._kernels import _native

Pixels = NDArray[np.float32]
Floats = NDArray[np.float64]

# Of f, f p, f q, m, m p, m q, p, q, f m, m m and 1, see `faded_products`.
PRODUCTS = 11
# Row, column and value of what is highest, and the sum of squares.
HIGHEST = 4


def add_faded(frame: Pixels, rows: Pixels, columns: Pixels, less: float, top: int, left: int, into: Pixels) -> None:
    """Add ``rows * columns * (frame - less)`` to a part of `into`.

    Parameters
    ----------
    frame : ndarray, float32, shape (h, w)
        Pixels.
    rows, columns : ndarray, float32, shapes (h,) and (w,)
        Whose products are the pixels' weights.
    less : float
        Is taken off first.
    top, left : int
        Where on the canvas the first pixel lies; the last one lies on it, too.
    into : ndarray, float32, shape (H, W)
        The canvas.
    """
    _native.add_faded(frame, rows, columns, less, top, left, into)


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
    out: Floats,
) -> None:
    """Fill `out` with the sums over some rows of ``w f, w f p, w f q, w m, w m p, w m q, w p, w q, w f m, w m m, w``.

    Parameters
    ----------
    frame, rows, columns, less, top, left
        As for `add_faded`: w are the weights, f the pixels less the level.
    others : ndarray, float32, shape (3, H, W) or (4, H, W)
        m, p and q on the canvas, and what the weights are multiplied by there.
    first, last : int
        Rows of `frame`, the last one not included.
    out : ndarray, float64, shape (11,)
        Is filled.
    """
    _native.faded_products(frame, rows, columns, less, others, top, left, first, last, out)


def highest_score(scores: Pixels, factor: Pixels, out: Floats) -> None:
    """Fill `out` with row, column and value of what is highest of ``scores * factor``, and with its sum of squares.

    Parameters
    ----------
    scores : ndarray, float32, shape (h, w)
        Of shifts.
    factor : ndarray, float32, shape (h, w)
        0 where a shift is not allowed: that is never the highest.
    out : ndarray, float64, shape (4,)
        Is filled.
    """
    _native.highest_score(scores, factor, out)


def powers(cosine: float, sine: float, out: Pixels) -> None:
    """Fill `out` with the powers of a complex number of size one, from the zeroth on.

    Parameters
    ----------
    cosine, sine : float
        Its parts.
    out : ndarray, float32, shape (n, 2)
        Is filled with real and imaginary parts.
    """
    _native.powers(cosine, sine, out)


def add_turned(waves: Pixels, rows: Pixels, columns: Pixels, into: Pixels) -> None:
    """Add ``waves * rows * columns``, complex numbers all of them, to `into`.

    Parameters
    ----------
    waves : ndarray, float32, shape (h, w, 2)
        Real and imaginary parts.
    rows, columns : ndarray, float32, shapes (h, 2) and (w, 2)
        Whose products turn the waves.
    into : ndarray, float32, shape (h, w, 2)
        Is added to.
    """
    _native.add_turned(waves, rows, columns, into)
