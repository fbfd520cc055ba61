"""Symmetric filters along all axes, and the cubic B-spline's prefilter as one of them."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from superpose._parallel import chunks_of, on_chunks, row_chunks
from superpose.image import Pixels

Floats = NDArray[np.float64]


def _spline_taps() -> Floats:
    pole = math.sqrt(3.0) - 2.0
    powers = np.vander([pole], 16, increasing=True)[0]
    return np.asarray(-6 * pole / (1 - pole * pole) * powers)


# The cubic B-spline's inverse filter; beyond its fifteenth tap a 32-bit float holds nothing of it.
SPLINE_TAPS = _spline_taps()


def filtered(data: Pixels, taps: Floats, threads: int, before: int = 0, after: int = 0) -> Pixels:
    """Return `data` through a symmetric filter along each axis, mirrored beyond the border.

    Parameters
    ----------
    data : ndarray of float32
        Every pixel counts.
    taps : ndarray
        Half of the filter: its middle, then what neighbours on either side get.
    threads : int
        The result does not depend on it.
    before, after : int
        How many mirrored pixels the result is padded by along each axis.
    """
    from superpose._kernels.filter import filter_along, filter_rows

    out = np.empty([before + n + after for n in data.shape], np.float32)
    weights = np.ascontiguousarray(taps, np.float32)
    images, inner = data[None], out[None]
    if data.ndim == 3:
        images, inner = np.empty_like(data), out[before : before + len(data)]
        planes = data.reshape(1, len(data), -1)
        on_chunks(filter_along, (planes, weights, images.reshape(planes.shape)), chunks_of(planes.shape[1:]), threads)
    lines = row_chunks(math.prod(data.shape[:-1]), data.shape[-1])
    on_chunks(filter_rows, (images, weights, before, inner), lines, threads)
    mirror_borders(out, before, after)
    return out


def mirror_borders(padded: Pixels, before: int, after: int) -> None:
    """Fill the borders of a padded image by mirroring about its outer pixels' centres."""
    for axis in range(padded.ndim):
        image = np.moveaxis(padded, axis, 0)
        size = len(image) - before - after
        for k in range(1, before + 1):
            image[before - k] = image[before + min(k, size - 1)]
        for k in range(1, after + 1):
            image[before + size - 1 + k] = image[before + max(size - 1 - k, 0)]


def padded(data: Pixels, before: int, after: int) -> Pixels:
    """Return an image with mirrored pixels around it."""
    out = np.empty([before + n + after for n in data.shape], np.float32)
    out[tuple(slice(before, before + n) for n in data.shape)] = data
    mirror_borders(out, before, after)
    return out
