"""Anti-aliased pyramids whose pixel centres are known points of the full grid."""

from __future__ import annotations

from functools import reduce

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy import ndimage

from superpose.errors import InputError
from superpose.image import Grid, Image, as_image

# A Gaussian of this many pixels leaves 29 % of the amplitude at the coarser grid's Nyquist frequency, and of
# what would fold onto low frequencies (the finer grid's Nyquist) less than 1 %.
_SIGMA = 1.0
LEAST_LEVEL_SIDE = 4


def _kernel(odd: bool) -> NDArray[np.float64]:
    """Return Gaussian weights around a pixel (`odd`) or around the middle between two pixels."""
    offsets = np.arange(-4, 5) if odd else np.arange(-3.5, 4.5)
    weights: NDArray[np.float64] = np.exp(-0.5 * (offsets / _SIGMA) ** 2)
    weights /= weights.sum()
    return weights


def _halve_axis(values: NDArray[np.float32], axis: int) -> NDArray[np.float32]:
    """Blur along one axis and keep the samples of the half grid; beyond the border counts as zero weight."""
    size = values.shape[axis]
    odd = size % 2 == 1
    # scipy centres an even kernel on the pixel right of the middle: `origin=-1` centres it left of it.
    blurred: NDArray[np.float32] = ndimage.correlate1d(
        values, _kernel(odd), axis=axis, mode="constant", origin=0 if odd else -1
    )
    kept = [slice(None)] * values.ndim
    kept[axis] = slice(0, None, 2)
    return blurred[tuple(kept)]


def halved(image: Image) -> Image:
    """Return the next coarser level: half as many pixels along each axis, rounded up.

    An even number of pixels is halved between pixel pairs, an odd number on every other pixel, so that both
    grids share their middle and a mirrored image has the mirrored pyramid. Missing pixels and what lies
    beyond the border take no part in the averages; a coarse pixel counts when at least half of its weight
    fell on pixels that count.
    """
    total = image.data
    for axis in range(total.ndim):
        total = _halve_axis(total, axis)
    # The weight of a full image, which its border alone lowers: to just over a half along each axis.
    sides = [_halve_axis(np.ones(n, np.float32), 0) for n in image.data.shape]
    full = reduce(np.multiply.outer, sides)
    if image.complete:
        mask, data = np.ones(total.shape, bool), total / full
    else:
        weight = image.mask.astype(np.float32)
        for axis in range(total.ndim):
            weight = _halve_axis(weight, axis)
        mask = weight >= 0.5 * full
        data = np.where(mask, total / np.maximum(weight, np.float32(1e-6)), np.float32(0))
    grid = image.grid
    shift = [0.0 if n % 2 else 0.5 for n in grid.shape]
    origin = grid.to_physical(shift)
    coarse = Grid(data.shape, tuple(origin), tuple(2 * s for s in grid.spacing))
    return Image(np.ascontiguousarray(data), np.ascontiguousarray(mask), coarse, image.offset)


def levels_of(image: Image, levels: int) -> list[Image]:
    """Return the pyramid of an image, finest level first; it ends early where a side would get too short."""
    found = [image]
    while len(found) < levels and min(found[-1].grid.shape) >= 2 * LEAST_LEVEL_SIDE:
        found.append(halved(found[-1]))
    return found


def pyramid(image: ArrayLike, levels: int) -> list[Image]:
    """Return the anti-aliased Gaussian pyramid of an image.

    Parameters
    ----------
    image : array_like, shape (rows, columns) or (rows, columns, 3 or 4)
        Real numbers; NaN is missing. Colour is reduced to luminance.
    levels : int
        How many levels, the image itself included. Fewer are returned where a side would fall below 4 pixels.

    Returns
    -------
    list of Image
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
    checked = checked_levels(levels)
    return levels_of(as_image(image, "image"), checked)


def checked_levels(levels: object) -> int:
    """Return `levels` as an int.

    Raises
    ------
    InputError
        If it is no whole number of 1 or more.
    """
    if isinstance(levels, bool) or not isinstance(levels, (int, np.integer)) or levels < 1:
        raise InputError("not-positive", argument="levels", value=repr(levels), least=1)
    return int(levels)
