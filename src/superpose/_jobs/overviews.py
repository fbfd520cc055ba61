"""Small copies of images of any size, made while these are read a part at a time."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from superpose._checks import checked_path
from superpose._io.stored import stored_file
from superpose._io.volumes.omezarr import is_store, plain_array
from superpose._opened import opened
from superpose._sampling.stored import Stored, can_be_read_in_parts, stored_on
from superpose._spatial import Image
from superpose.errors import InputError
from superpose.grid import Grid
from superpose.image import as_array, is_colour


@dataclass(frozen=True, eq=False)
class LargeImage:
    """An image of any size, where its pixels lie, and where a smaller copy of it is that its file holds.

    Attributes
    ----------
    stored : Stored
        The image.
    grid : Grid
        Where its pixels lie.
    smaller : tuple of (Stored, Grid)
        Levels of its pyramid, the largest first.
    """

    stored: Stored
    grid: Grid
    smaller: tuple[tuple[Stored, Grid], ...] = ()

    @classmethod
    def of(cls, image: Any, argument: str) -> LargeImage:
        """Return what a user passed: an array of any library's, an `Image`, or the path of a file.

        Raises
        ------
        InputError
            If it is no 2D image.
        """
        smaller: list[tuple[Stored, Grid]] = []
        if isinstance(image, (str, Path)):
            path = checked_path(argument, image)
            image = stored_file(path, argument)
            if path.is_dir() and is_store(path) and plain_array(path, argument) is None:
                smaller = list(_levels(path, argument))
        elif not can_be_read_in_parts(image):
            image = opened(image, argument)
        placed = image.grid if isinstance(image, Image) else None
        array = (
            image
            if isinstance(image, Image) or can_be_read_in_parts(image)
            else as_array(image, argument, "not-an-image")
        )
        shape = tuple(int(n) for n in array.shape)
        grid = placed or Grid(shape[:2])
        if grid.ndim != 2 or not (len(shape) == 2 or is_colour(shape)) or min(shape[:2]) < 4:
            raise InputError("not-2d", argument=argument, value=shape)
        if isinstance(array, Image) and array.mask is not None:
            array = _masked(array, argument)
        stored = stored_on(array, grid, argument, argument)
        if stored.dtype.kind not in "buif":
            raise InputError("not-an-image", argument=argument, value=f"an array of {stored.dtype}")
        return cls(stored, grid, tuple(smaller))

    def overview(self, side: int) -> Image:
        """Return a copy that has no more pixels a side, each the average of a square of those that count."""
        stored, grid = self.stored, self.grid
        for level, place in self.smaller:
            if max(place.shape) >= side:
                stored, grid = level, place
        by = 1
        while max(grid.shape) > side * by:
            by *= 2
        rows, columns = (n // by for n in grid.shape)
        out = np.empty((rows, columns), np.float64 if stored.dtype.itemsize > 4 else np.float32)
        band = max(1, 2048 // by)
        for top in range(0, rows, band):
            for left in range(0, columns, band):
                down, right = min(top + band, rows), min(left + band, columns)
                found = grey(stored.part((slice(by * top, by * down), slice(by * left, by * right))))
                out[top:down, left:right] = _averaged(found, by)
        origin = tuple(float(each) for each in grid.to_physical([(by - 1) / 2] * 2))
        return Image(out, tuple(by * each for each in grid.spacing), origin, grid.direction or (), unit=grid.unit)


def _masked(image: Image, argument: str) -> Any:
    """Return an image's pixels, of which those that do not count are masked.

    Raises
    ------
    InputError
        If its mask is of weights.
    """
    if image.mask.dtype.kind == "f":
        raise InputError("no-weights", argument=f"{argument}.mask", value=f"an array of {image.mask.dtype}")
    mask = image.mask if image.mask.ndim == len(image.shape) else image.mask[..., None]
    return np.ma.array(image.array, mask=np.broadcast_to(~mask, image.shape))


def _levels(path: Path, argument: str) -> Any:
    """Yield the smaller levels of an OME-Zarr, the largest first."""
    number = 1
    while True:
        try:
            level = stored_file(path, argument, level=number)
        except InputError as error:
            if error.code != "no-such-choice":
                raise
            return
        yield stored_on(level, level.grid, argument, argument), level.grid
        number += 1


def grey(pixels: NDArray[Any]) -> NDArray[Any]:
    """Return one number a pixel: of colours their luminance; NaN where one is missing."""
    missing = np.ma.getmaskarray(pixels) if isinstance(pixels, np.ma.MaskedArray) else None
    values = np.asarray(pixels)
    if values.ndim == 3:
        values = 0.299 * values[..., 0] + 0.587 * values[..., 1] + 0.114 * values[..., 2]
        missing = None if missing is None else np.asarray(missing.any(-1))
    if missing is not None and missing.any():
        values = np.where(missing, np.nan, values)
    return values


def _averaged(values: NDArray[Any], by: int) -> NDArray[np.float64]:
    """Return the average of what counts in each square of so many pixels; NaN where that is less than half of it."""
    squares = values.reshape(values.shape[0] // by, by, values.shape[1] // by, by)
    if values.dtype.kind != "f":
        total = squares.sum((1, 3), dtype=np.int64 if values.dtype.kind != "u" else np.uint64)
        return np.asarray(total / (by * by))
    known = ~np.isnan(squares)
    part = known.sum((1, 3)) / (by * by)
    # Divided, by a power of two, before they are added: the sum of numbers that float64 just holds is infinite.
    total = np.where(known, squares / (by * by), 0).sum((1, 3), dtype=np.float64)
    return np.asarray(np.divide(total, part, out=np.full(total.shape, np.nan), where=part >= 0.5))
