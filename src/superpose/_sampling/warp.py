"""Pull images through a matrix onto another grid of pixels."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np
from numpy.typing import NDArray

from superpose._parallel import chunks_of, on_chunks
from superpose._sampling.filters import SPLINE_TAPS, filtered
from superpose.image import Mask, Pixels

Floats = NDArray[np.float64]
Indices = NDArray[np.int64]

# Half of the filter that averages a pixel with those beside it.
_BESIDE = np.array([0.5, 0.25])


@dataclass(frozen=True, eq=False)
class Source:
    """An image, or images of one mask, ready to be sampled: linear (order 1) or cubic B-spline (order 3)."""

    data: Pixels
    mask: Mask
    order: int


def source(data: Pixels, mask: Mask, order: int, threads: int = 1) -> Source:
    """Prepare an image for sampling; missing pixels take the value of the nearest one that counts.

    The spline's prefilter reaches across the whole image, so a missing pixel must hold something plausible:
    with its nearest neighbour's value, what it spreads stays far below one grey level a few pixels away.
    """
    if order == 1:
        return Source(data, mask, order)
    filled = data if mask.all() else filled_from_nearest(data, mask)
    return Source(filtered(np.ascontiguousarray(filled), SPLINE_TAPS, threads), mask, order)


def filled_from_nearest(data: Pixels, mask: Mask) -> Pixels:
    """Return `data` with every missing pixel replaced by the nearest one that counts, or nearly so."""
    if mask.ndim == 3:
        from scipy.ndimage import distance_transform_edt

        nearest_to = distance_transform_edt(~mask, return_distances=False, return_indices=True)
        return np.ascontiguousarray(data[tuple(nearest_to)], np.float32)
    from superpose._kernels.filter import fill_missing

    far, out = np.empty(mask.shape, np.int32), np.empty(mask.shape, np.float32)
    fill_missing(np.ascontiguousarray(data, np.float32), np.ascontiguousarray(mask), far, out)
    return out


def filled_from_around(data: Pixels, mask: Mask, threads: int) -> Pixels:
    """Return `data` with every missing pixel replaced by an average of what counts beside it, else by the nearest."""
    kept = mask.astype(np.float32)
    around, weight = (filtered(each, _BESIDE, threads) for each in (data * kept, kept))
    average = np.divide(around, weight, out=filled_from_nearest(data, mask), where=weight > 0)
    return np.where(mask, data, average)


def warp(
    image: Source, matrix: Floats, shape: tuple[int, ...], threads: int, offsets: Indices | None = None
) -> tuple[Pixels, Mask]:
    """Return the image, or each of several, on a grid of `shape`, and which of its pixels have data.

    Parameters
    ----------
    image : Source
        What to sample.
    matrix : ndarray, shape (ndim + 1, ndim + 1)
        From output pixels to input pixels, homogeneous.
    shape : tuple of int
        Of the output.
    threads : int
        How many threads share the work; the result does not depend on it.
    offsets : ndarray, int64, shape (2, ndim), optional
        Where the output begins in a whole one, and the image in a whole one, whose pixels `matrix` speaks of.
    """
    from superpose._kernels.warp import warp_cubic, warp_linear

    kernel = warp_linear if image.order == 1 else warp_cubic
    valid = np.empty(shape, np.bool_)
    data, mask = np.ascontiguousarray(image.data, np.float32), np.ascontiguousarray(image.mask)
    single = data.ndim == mask.ndim
    images = data[None] if single else data
    out = np.empty((len(images), *shape), np.float32)
    arguments = (images, mask, bool(mask.all()), np.ascontiguousarray(matrix, float), out, valid)
    on_chunks(partial(kernel, offsets=offsets), arguments, chunks_of(shape), threads)
    return (out[0] if single else out), valid


def nearest(
    image: NDArray[Any], matrix: Floats, shape: tuple[int, ...], fill: Any, offsets: Indices | None = None
) -> tuple[NDArray[Any], Mask]:
    """Return the nearest pixels of `image`, untouched and in its own dtype, on a grid of `shape`; see `warp`."""
    from superpose._kernels.warp import warp_nearest

    index, valid = np.empty(shape, np.int64), np.empty(shape, np.bool_)
    size, channels = image.shape[: len(shape)], image.shape[len(shape) :]
    warp_nearest(np.array(size, np.int64), np.ascontiguousarray(matrix, float), index, valid, 0, shape[0], offsets)
    flat = image.reshape(-1, *channels)
    out = flat[index]
    out[~valid] = fill
    return out, valid
