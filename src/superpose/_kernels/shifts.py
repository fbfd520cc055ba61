"""The search's inner loop: a 2D direction field pulled onto a canvas, and scores and peaks of all its shifts."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from superpose._kernels import _native

Pixels = NDArray[np.float32]
Floats = NDArray[np.float64]


def turned(
    field: Pixels,
    usable: NDArray[np.bool_],
    matrix: Floats,
    cosine: float,
    sine: float,
    block: int,
    out: Pixels,
    low: Pixels,
) -> None:
    """Pull a field onto a canvas, its directions turned along.

    Parameters
    ----------
    field : ndarray, float32, shape (rows + 3, columns + 3, 2)
        Directions, padded by one pixel before and two after along each axis.
    usable : ndarray of bool, shape (rows, columns)
        Whether a sample counts that is nearest to a pixel.
    matrix : ndarray, float64, shape (3, 3)
        From canvas to image pixels.
    cosine, sine : float
        Of the angle by which directions, doubled, are turned.
    block : int
        A block's side, in pixels.
    out : ndarray, float32, shape (2, height, width)
        Is filled with the field, 0 outside.
    low : ndarray, float32, shape (2, height / block, width / block)
        Is filled with how many of a block's pixels count, and with their energy.
    """
    _native.turned(field, usable, matrix, cosine, sine, block, out, low)


def spectral_products(moving: Pixels, fixed: Pixels, out: Pixels) -> None:
    """Fill `out` with the products of spectra, added up over channels; no product is fused with a sum.

    Parameters
    ----------
    moving : ndarray, float32, shape (spectra, channels, 2 * frequencies)
        Complex numbers, real and imaginary part in turn.
    fixed : ndarray, float32, shape (channels, 2 * frequencies)
        Complex numbers.
    out : ndarray, float32, shape (spectra, 2 * frequencies)
        Is filled with complex numbers.
    """
    _native.spectral_products(moving, fixed, out)


def best_shifts(
    product: Pixels,
    norms: Pixels,
    block: int,
    least: float,
    smaller: float,
    most: float,
    floors: Floats,
    reach: Floats,
    found: Floats,
    null: Floats,
) -> None:
    """Turn a correlation into scores, in place, and pick its highest peaks.

    A score is product / sqrt(energies) * sqrt(overlap / most). The factor is reckoned for shifts by whole blocks and
    interpolated between them, and so is the overlap.

    Parameters
    ----------
    product : ndarray, float32, shape (height, width)
        Correlation of two fields for all shifts, modulo the size. Is filled with the scores, -1 where a shift is not
        allowed.
    norms : ndarray, float32, shape (3, height / block, width / block)
        Overlap, and energy of fixed and of moving inside it, for shifts by whole blocks.
    block : int
        A block's side, in pixels.
    least, smaller : float
        A shift is allowed where at least `least * smaller` pixels overlap.
    most : float
        The overlap at which a score is a correlation.
    floors : ndarray, float64, shape (2,)
        Less energy per pixel, of fixed and of moving, counts as that much: where both are flat nothing is alike.
    reach : ndarray, float64, shape (4,)
        The least and the largest shift allowed, by row, then by column.
    found : ndarray, float64, shape (k, 4)
        Is filled by falling score: score, row shift, column shift (of all that are alike modulo the size, the one
        nearest to the middle of `reach`), part of `smaller` that overlaps; -1 where there are no more.
    null : ndarray, float64, shape (3,)
        Is filled with count, sum and sum of squares of all scores allowed.
    """
    _native.best_shifts(product, norms, block, least, smaller, most, floors, reach, found, null)
