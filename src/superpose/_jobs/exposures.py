"""Cut a glass plate's scan into its exposures, find their borders, and guess how far apart they lie."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy import fft, ndimage

from superpose._sampling.pyramid import halved
from superpose._sampling.warp import filled_from_nearest
from superpose.errors import InputError
from superpose.image import Image, real_numbers
from superpose.result import Registration

Floats = NDArray[np.float64]
Window = tuple[slice, slice]

LEAST_ROWS = 48
# Borders are looked for in this outer part of each side.
_BORDER = 0.1
# A border's edge runs along the whole side: it is there in at least this part of the lines that cross it ...
_ALONG = 0.7
# ... and steps by more than this part of the exposure's range of intensities.
_STEP = 0.05
# What is kept starts this part of the side further in: edges are soft, and plates lie at a slant.
_MARGIN = 0.01

# The coarse search works on about this many pixels along the shorter side, and looks this part of the sides
# far.
_SEARCH_SIDE = 128
_REACH = 0.25


def grey_plate(plate: ArrayLike) -> NDArray[Any]:
    """Return the plate as a 2D array in its own dtype; a grey scan stored as colour is fine.

    Raises
    ------
    InputError
        If it is no 2D image of real numbers, its channels differ, or it is too small to split.
    """
    real_numbers(plate, "plate")
    array = np.ma.filled(plate, np.nan) if isinstance(plate, np.ma.MaskedArray) and plate.dtype.kind == "f" else plate
    scan = np.asarray(array)
    if scan.ndim == 3 and scan.shape[-1] in (3, 4):
        if not (scan[..., 1:3] == scan[..., :1]).all():
            raise InputError("colour-plate", argument="plate", value=scan.shape)
        scan = scan[..., 0]
    if scan.ndim != 2:
        raise InputError("wrong-rank", argument="plate", value=scan.shape)
    if scan.shape[0] < LEAST_ROWS or scan.shape[1] < LEAST_ROWS // 3:
        raise InputError("plate-too-small", argument="plate", value=scan.shape, least=LEAST_ROWS)
    return scan


def split(scan: NDArray[Any]) -> list[NDArray[Any]]:
    """Return the exposures, top to bottom, of equal height; up to two rows at the bottom are left over."""
    height = scan.shape[0] // 3
    return [scan[k * height : (k + 1) * height] for k in range(3)]


def window(exposure: Image) -> Window:
    """Return the part of an exposure inside its dark and light borders."""
    data = exposure.data if exposure.complete else filled_from_nearest(exposure.data, exposure.mask)
    low, high = np.percentile(data, (2, 98))
    step = _STEP * max(float(high - low), float(np.finfo(np.float32).tiny))
    rows, columns = data.shape
    top, bottom = _border(data, step), _border(data[::-1], step)
    left, right = _border(data.T, step), _border(data.T[::-1], step)
    return slice(top, rows - bottom), slice(left, columns - right)


def _border(data: NDArray[np.float32], step: float) -> int:
    """Return how many rows at the top belong to a border.

    A row ends a border where the picture steps up (or down) in nearly all columns at once, which no scene
    does that close to its edge; the innermost such row counts.
    """
    rows, columns = data.shape
    depth, inset = max(2, round(_BORDER * rows)), round(_BORDER * columns)
    # Averages of three rows above and below: the edge of a plate that lies at a slant is met by most columns.
    outer = ndimage.uniform_filter1d(data[: depth + 6, inset : columns - inset], 3, axis=0, mode="nearest")
    rise = outer[4:] - outer[:-4]
    along = np.maximum((rise > step).mean(1), (rise < -step).mean(1))
    ends = np.flatnonzero(along >= _ALONG)
    found = int(ends[-1]) + 4 if len(ends) else 0
    return found + max(1, int(_MARGIN * rows))


def coarse_shift(fixed: Image, moving: Image, fixed_window: Window, moving_window: Window) -> Floats:
    """Return the shift, fixed to moving in pixels, under which the edges of two exposures agree best.

    All shifts up to a quarter of the sides are tried at once, by the FFT, on a coarse level of the pyramid.
    Only directions of edges are compared, modulo half a turn, so that contrast plays no part: blue glass is
    dark in one exposure and bright in the next.
    """
    levels = [_inside(fixed, fixed_window), _inside(moving, moving_window)]
    for _ in range(search_levels(fixed) - 1):
        levels = [halved(image) for image in levels]
    a, b = (_directions(image) for image in levels)
    shape = [fft.next_fast_len(2 * n) for n in a.shape]
    score = fft.ifft2(np.conj(fft.fft2(a, shape)) * fft.fft2(b, shape)).real
    reach = [max(1, round(_REACH * n)) for n in a.shape]
    rows, columns = (np.arange(-r, r + 1) for r in reach)
    near = score[np.ix_(rows, columns)]
    row, column = np.unravel_index(near.argmax(), near.shape)
    return np.array([rows[row], columns[column]]) * levels[0].grid.spacing


def _inside(image: Image, kept: Window) -> Image:
    mask = np.zeros_like(image.mask)
    mask[kept] = image.mask[kept]
    return Image(np.where(mask, image.data, 0), mask, image.grid)


def _directions(image: Image) -> NDArray[np.complex64]:
    """Return the gradient's direction as a complex number of doubled angle, damped where it is flat."""
    data = ndimage.gaussian_filter(filled_from_nearest(image.data, image.mask), 1.0)
    gradient = ndimage.sobel(data, 1) + 1j * ndimage.sobel(data, 0)
    size = np.abs(gradient)
    # Beside the borders the gradient is theirs.
    use = ndimage.binary_erosion(image.mask, iterations=2)
    damping = np.median(size[use]) if use.any() else 0.0
    field = gradient**2 / np.maximum(size * (size + damping), np.finfo(np.float32).tiny)
    return np.where(use, field, 0).astype(np.complex64)


def search_levels(image: Image) -> int:
    """Return how many levels lie between an exposure and the coarse search's level, both included."""
    return 1 + max(0, int(np.floor(np.log2(min(image.grid.shape) / (0.75 * _SEARCH_SIDE)))))


def common_window(fixed_window: Window, others: list[tuple[Registration, Window]]) -> Window:
    """Return the part of the reference exposure that lies inside the borders of all three.

    Sides are moved in one line at a time, always the one with most pixels outside: the exposures are turned
    against each other by little, so that what is lost is a few lines.
    """
    inside: NDArray[np.bool_] | None = None
    for registration, kept in others:
        mask = np.zeros(registration.moving_grid.shape, bool)
        mask[kept] = True
        covered = registration.warp_labels(mask)
        inside = covered if inside is None else inside & covered
    assert inside is not None
    rows, columns = fixed_window
    top, bottom, left, right = rows.start, rows.stop, columns.start, columns.stop
    while top < bottom and left < right:
        view = ~inside[top:bottom, left:right]
        outside = [view[0].mean(), view[-1].mean(), view[:, 0].mean(), view[:, -1].mean()]
        worst = int(np.argmax(outside))
        if outside[worst] == 0:
            return slice(top, bottom), slice(left, right)
        top, bottom = top + (worst == 0), bottom - (worst == 1)
        left, right = left + (worst == 2), right - (worst == 3)
    raise InputError("nothing-in-common", argument="crop", value=True)
