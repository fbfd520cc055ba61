"""Symmetric filters along both axes, and the cubic B-spline's prefilter as one of them."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from superpose._parallel import ordered_map, row_chunks
from superpose.image import Pixels

Floats = NDArray[np.float64]

# The pole of the cubic B-spline's inverse filter; beyond its fifteenth tap a 32-bit float holds nothing of it.
_POLE = np.sqrt(3.0) - 2.0
SPLINE_TAPS: Floats = -6 * _POLE / (1 - _POLE**2) * _POLE ** np.arange(16)


def filtered(data: Pixels, taps: Floats, threads: int, before: int = 0, after: int = 0) -> Pixels:
    """Return `data` through a symmetric filter along both axes, mirrored beyond the border.

    Parameters
    ----------
    data : ndarray of float32, shape (rows, columns)
        Every pixel counts.
    taps : ndarray
        Half of the filter: its middle, then what neighbours on either side get.
    threads : int
        The result does not depend on it.
    before, after : int
        By so many mirrored pixels the result is padded along each axis.
    """
    from superpose._kernels.filter2d import filter_rows

    rows, columns = data.shape
    out = np.empty((before + rows + after, before + columns + after), np.float32)
    weights = np.ascontiguousarray(taps, np.float32)

    def band(chunk: tuple[int, int]) -> None:
        filter_rows(data, weights, before, out, *chunk)

    ordered_map(band, row_chunks(rows, columns), threads)
    mirror_borders(out, before, after)
    return out


def mirror_borders(padded: Pixels, before: int, after: int) -> None:
    """Fill the borders of a padded image by mirroring about its outer pixels' centres."""
    for image in (padded, padded.T):
        size = len(image) - before - after
        for k in range(1, before + 1):
            image[before - k] = image[before + min(k, size - 1)]
        for k in range(1, after + 1):
            image[before + size - 1 + k] = image[before + max(size - 1 - k, 0)]


def padded(data: Pixels, before: int, after: int) -> Pixels:
    """Return an image with mirrored pixels around it."""
    rows, columns = data.shape
    out = np.empty((before + rows + after, before + columns + after), np.float32)
    out[before : before + rows, before : before + columns] = data
    mirror_borders(out, before, after)
    return out
