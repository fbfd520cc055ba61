"""Anti-aliased pyramids whose pixel centres are known points of the full grid."""

from __future__ import annotations

import math
from dataclasses import replace
from functools import cache, reduce

import numpy as np
from numpy.typing import NDArray

from superpose._arithmetic.elementary import gaussian, read_only
from superpose._checks import checked_count
from superpose._names import public
from superpose._opened import ImageLike, opened
from superpose._parallel import on_chunks, row_chunks
from superpose._sampling.smooth import blur
from superpose._sampling.warp import Source, nearest, warp
from superpose.image import Grid, Mask, Pixels, Raster, Weights, as_image


def _blur_for(factor: float) -> float:
    """Return the Gaussian's sigma, in pixels, that suits pixels `factor` times as large; 1 for twice as large.

    That leaves 29 % of the amplitude at the coarser grid's Nyquist frequency, and of what would fold onto low
    frequencies (the finer grid's Nyquist) less than 1 %.
    """
    return math.sqrt(factor * factor - 1) / math.sqrt(3)


@cache
def _taps(odd: bool) -> NDArray[np.float32]:
    """Return half of the Gaussian's weights around a pixel (`odd`) or around the middle between two pixels."""
    offsets = np.arange(-4, 5) if odd else np.arange(-3.5, 4.5)
    weights = gaussian(offsets, _blur_for(2))
    return read_only(np.asarray((weights / weights.sum())[4:], np.float32))


@cache
def kept_by_halving(size: int) -> NDArray[np.float32]:
    """Return for each pixel of the half grid how much of the filter lies inside an axis of `size` pixels."""
    taps, odd = _taps(size % 2 == 1).astype(float), size % 2 == 1
    centres = 2 * np.arange((size + 1) // 2)
    whole = np.zeros(len(centres))
    for k, weight in enumerate(taps):
        whole += weight * (centres - k >= 0)
        if k > 0 or not odd:
            whole += weight * (centres + k + (0 if odd else 1) < size)
    return read_only(whole.astype(np.float32))


def halved(image: Raster, threads: int = 1) -> Raster:
    """Return the next coarser level: half as many pixels along each axis, rounded up.

    Coarse pixels lie between two pixels where a side's number of them is even, and on every other pixel where it is
    odd, so that both grids share their middle and a mirrored image has the mirrored pyramid. Missing pixels and what
    lies beyond the border take no part in the averages. A coarse pixel counts when at least half of its weight fell on
    pixels that count.
    """
    data, mask, weights = _halved_weighed(image, threads)
    grid = image.grid
    origin = tuple(grid.to_physical([0.0 if n % 2 else 0.5 for n in grid.shape]))
    half = replace(grid, shape=mask.shape, origin=origin, spacing=tuple(2 * s for s in grid.spacing))
    return Raster(data, mask, half, image.offset, weights)


def _halved_weighed(image: Raster, threads: int) -> tuple[Pixels, Mask, Weights | None]:
    """Return the pixels of the next level, averaged by their weights where they have some, their mask and weights."""
    if image.weights is None:
        halves, mask = halved_together(image.data[None], image.mask, threads)
        return halves[0], mask, None
    weights = image.parts
    (data, over), mask = halved_together(np.stack([image.data * weights, weights]), image.mask, threads)
    return np.where(mask, data / np.maximum(over, np.float32(1e-6)), np.float32(0)), mask, in_bytes(over)


def in_bytes(weights: Pixels) -> Weights:
    """Return weights from 0 to 1 in 255ths, none of them 0."""
    return np.asarray(np.clip(np.rint(weights * np.float32(255)), 1, 255), np.uint8)


def halved_together(data: Pixels, mask: Mask, threads: int) -> tuple[Pixels, Mask]:
    """Halve images, (n, ...), that share a mask and are 0 where it is False; return them and their mask."""
    from superpose._kernels.filter import halve_rows

    complete = bool(mask.all())
    kept = data[0] if complete else mask.astype(np.float32)
    shape = tuple((n + 1) // 2 for n in mask.shape)
    out, counted = np.empty((len(data), *shape), np.float32), np.empty(shape, bool)
    taps, inside = [_taps(n % 2 == 1) for n in mask.shape], [kept_by_halving(n) for n in mask.shape]
    if mask.ndim == 3:
        data = halved_axis(data, 1, threads)
        kept = data[0] if complete else halved_axis(kept, 0, threads)
    lines = reduce(np.multiply.outer, inside[:-1]).ravel()
    images, one = (len(data), -1), (-1,)
    inputs = data.reshape(*images, *mask.shape[-2:]), kept.reshape(*one, *mask.shape[-2:])
    outputs = out.reshape(*images, *shape[-2:]), counted.reshape(*one, *shape[-2:])
    weights = *taps[-2:], lines, inside[-1]
    on_chunks(halve_rows, (*inputs, complete, *weights, *outputs), row_chunks(len(lines), shape[-1]), threads)
    return out, counted


def halved_axis(data: Pixels, axis: int, threads: int) -> Pixels:
    """Return an array's blurred sums at half of one of its axes; what lies beyond the border counts nothing."""
    from superpose._kernels.filter import halve_along

    n, before, after = data.shape[axis], data.shape[:axis], data.shape[axis + 1 :]
    lines = np.ascontiguousarray(data.reshape(math.prod(before), n, math.prod(after)))
    out = np.empty((len(lines), (n + 1) // 2, lines.shape[2]), np.float32)
    chunks = row_chunks(len(lines) * out.shape[1], out.shape[2])
    on_chunks(halve_along, (lines, _taps(n % 2 == 1), out), chunks, threads)
    return out.reshape(*before, -1, *after)


def can_halve(shape: tuple[int, ...]) -> bool:
    """Return whether a level of this shape can have a coarser one: whether no side of that would be too short."""
    return min(shape) >= 2 * Raster.least_side


def levels_of(image: Raster, levels: int, threads: int = 1) -> list[Raster]:
    """Return the pyramid of an image, finest level first; it ends early where a side would get too short."""
    pyramid = [image]
    while len(pyramid) < levels and can_halve(pyramid[-1].grid.shape):
        pyramid.append(halved(pyramid[-1], threads))
    return pyramid


def resized(image: Raster, factor: float) -> Raster:
    """Return an image with pixels `factor` (1 to 2) times as large along each axis, anti-aliased as `halved` is."""
    if factor <= 1:
        return image
    smooth = blur(image, _blur_for(factor))
    old = image.grid
    shape = tuple(max(Raster.least_side, int(n / factor)) for n in old.shape)
    # Both grids share their middle.
    first = tuple((n - 1 - (m - 1) * factor) / 2 for n, m in zip(old.shape, shape, strict=True))
    in_pixels = Grid(shape, first, (factor,) * old.ndim)
    onto = in_pixels.index_to_physical
    data, mask = warp(Source(smooth.data, smooth.mask, 1), onto, shape, 1)
    weights = None if image.weights is None else nearest(image.weights, onto, shape, 0)[0]
    grid = replace(
        old, shape=shape, origin=tuple(old.to_physical(first)), spacing=tuple(factor * s for s in old.spacing)
    )
    return Raster(data, mask, grid, image.offset, weights)


@public
def pyramid(image: ImageLike, levels: int) -> list[Raster]:
    """Return the anti-aliased Gaussian pyramid of an image.

    Parameters
    ----------
    image : array_like, shape (rows, columns) or (rows, columns, 3 or 4), or path
        Real numbers; NaN is missing. Colour is reduced to luminance.
    levels : int
        How many levels, the image itself included. Fewer are returned where a side would fall below 4 pixels.

    Returns
    -------
    list of Raster
        Finest first. ``level.data`` is float32 in the units of the image, ``level.mask`` says which pixels
        count, and ``level.grid.to_physical(index)`` gives the point of the full grid (in its pixels) on which
        a level's pixel is centred.

    Raises
    ------
    InputError
        If the image cannot be used or `levels` is not a positive whole number.

    References
    ----------
    P. J. Burt and E. H. Adelson, "The Laplacian pyramid as a compact image code", IEEE Transactions on
    Communications 31(4), 1983, pages 532-540.

    Examples
    --------
    >>> import numpy as np, superpose
    >>> top = superpose.pyramid(np.random.default_rng(0).random((64, 48)), 3)[-1]
    >>> top.grid.shape, top.grid.to_physical((0, 0))
    ((16, 12), array([1.5, 1.5]))
    """
    checked = checked_count("levels", levels, 1)
    return levels_of(as_image(opened(image, "image"), "image"), checked)


def on_finer(mask: Mask, halvings: int, shape: tuple[int, ...]) -> Mask:
    """Return a mask of a level on the pixels of one of a shape that so many halvings lead from."""
    for axis, n in enumerate(shape):
        mask = mask.repeat(1 << halvings, axis).take(range(n), axis)
    return mask
