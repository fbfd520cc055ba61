"""Cut a glass plate's scan into its exposures, find their borders, and what lies inside all of them."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from superpose._jobs.plate_settings import BorderSettings
from superpose._sampling.mapping import PixelMap, nearest_through
from superpose._sampling.warp import filled_from_nearest
from superpose.errors import InputError
from superpose.image import Raster, real_numbers

Window = tuple[slice, slice]


def grey_plate(plate: ArrayLike, min_rows: int) -> NDArray[Any]:
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
    if scan.shape[0] < min_rows or scan.shape[1] < min_rows // 3:
        raise InputError("plate-too-small", argument="plate", value=scan.shape, least=min_rows)
    return scan


def split(scan: NDArray[Any]) -> list[NDArray[Any]]:
    """Return the exposures, top to bottom, of equal height, without up to two rows at the bottom that remain."""
    height = scan.shape[0] // 3
    return [scan[k * height : (k + 1) * height] for k in range(3)]


def window(exposure: Raster, settings: BorderSettings) -> Window:
    """Return the part of an exposure inside its dark and light borders."""
    data = exposure.data if exposure.complete else filled_from_nearest(exposure.data, exposure.mask)
    low, high = np.percentile(data, (2, 98))
    step = settings.step * max(float(high - low), float(np.finfo(np.float32).tiny))
    rows, columns = (
        slice(_border(lines, step, settings), len(lines) - _border(lines[::-1], step, settings))
        for lines in (data, data.T)
    )
    return rows, columns


def _border(data: NDArray[np.float32], step: float, settings: BorderSettings) -> int:
    """Return how many rows at the top belong to a border.

    A border ends where the intensities rise (or fall) in nearly all columns at once, for no scene does that so close
    to its edge. The innermost such row counts.
    """
    from scipy import ndimage

    rows, columns = data.shape
    depth, inset = max(2, round(settings.depth * rows)), round(settings.depth * columns)
    # Averages of three rows above and below: the edge of a plate that lies at a slant is met by most columns.
    outer = ndimage.uniform_filter1d(data[: depth + 6, inset : columns - inset], 3, axis=0, mode="nearest")
    rise = outer[4:] - outer[:-4]
    along = np.maximum((rise > step).mean(1), (rise < -step).mean(1))
    ends = np.flatnonzero(along >= settings.along)
    border = int(ends[-1]) + 4 if len(ends) else 0
    return border + max(1, int(settings.margin * rows))


def common_window(fixed_window: Window, others: list[tuple[PixelMap, Window]]) -> Window:
    """Return the part of the reference exposure that lies inside the borders of all three.

    One line at a time is taken off the side with most pixels outside. The exposures are turned little against each
    other, so that a few lines are enough.
    """
    inside: NDArray[np.bool_] | None = None
    for pixels, kept in others:
        mask = np.zeros(pixels.input.shape, bool)
        mask[kept] = True
        covered = nearest_through(mask, pixels, False)[0]
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
