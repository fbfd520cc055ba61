"""The images of a mosaic: read, checked, grey for the search and in their own channels for the picture."""

from __future__ import annotations

from typing import Any
from zlib import crc32

import numpy as np
from numpy.typing import NDArray

from superpose._jobs.frames import frames_of
from superpose._sampling.resample import has_data
from superpose.errors import InputError, blaming
from superpose.grid import Grid
from superpose.image import Mask, Pixels, Raster, UserImage


class MosaicImages:
    """Images by their numbers.

    Attributes
    ----------
    names : list of str
        What tables call them.
    paths : list of str or None
        Their files, where they are files.
    why : dict of int to str
        Why some cannot be used.
    same : list of (int, int)
        Images that have the very pixels of an earlier one.
    marks : list of int or str
        By image: a check sum of its pixels, or why it has none.
    """

    # Raises InputError if there are not two images, or they differ in their channels or spacings.
    def __init__(self, given: Any, max_pixels: int | None) -> None:
        try:
            self.frames = frames_of(given, max_pixels)
            count = len(self.frames)
        except InputError as error:
            if error.fields["argument"] != "frames":
                raise
            raise blaming(error, "images") from error.__cause__
        if count < 2:
            raise InputError("one-image", argument="images", value=count)
        listed = [self.frames.name(k) for k in range(count)]
        bare = [each == f"frame {k}" for k, each in enumerate(listed)]
        self.names = [f"image {k}" if bare[k] else each for k, each in enumerate(listed)]
        self.paths = [None if bare[k] else each for k, each in enumerate(listed)]
        self.why: dict[int, str] = {}
        self.same: list[tuple[int, int]] = []
        self._grey: dict[int, Raster] = {}
        self.channels = 0
        seen: dict[int, int] = {}
        self.marks: list[int | str] = []
        spaced: Grid | None = None
        for number in range(count):
            try:
                channels = self._read(number)
            except InputError as error:
                self.why[number] = str(error)
                self.marks.append(str(error))
                continue
            if self.channels not in (0, channels):
                said, others = (f"{each} channel{'s' * (each > 1)}" for each in (channels, self.channels))
                raise InputError("unlike-frames", argument=self.names[number], value=said, expected=others)
            self.channels = channels
            grid = self.frames.grids.get(number) or Grid((1, 1))
            spaced = spaced or grid
            if grid.unit != spaced.unit or not np.allclose(grid.spacing, spaced.spacing, rtol=1e-6, atol=0):
                said, others = map(_spacing, (grid, spaced))
                raise InputError("unlike-frames", argument=self.names[number], value=said, expected=others)
            image = self._grey[number]
            mark = crc32(np.ascontiguousarray(image.mask).data, crc32(image.data.tobytes()))
            self.marks.append(mark)
            before = seen.setdefault(mark, number)
            if before != number and np.array_equal(self._grey[before].data, self._grey[number].data):
                self.same.append((before, number))

    def _read(self, number: int) -> int:
        """Keep an image's greys, and return how many channels it has."""
        array = self.frames[number]
        try:
            image = UserImage(array).as_image(self.names[number])
        except InputError as error:
            if error.code != "constant-image":
                raise
            # A tile of nothing has its place all the same, if a stage tells it.
            image = _constant(array)
        if image.grid.ndim != 2:
            raise InputError("not-2d", argument=self.names[number], value=image.grid.shape)
        self._grey[number] = image
        return 1 if array.ndim == 2 else 3

    def __len__(self) -> int:
        return len(self.names)

    @property
    def usable(self) -> list[int]:
        """Numbers of the images that can be used."""
        return sorted(self._grey)

    @property
    def shapes(self) -> list[tuple[int, ...]]:
        """Rows and columns of each; of those that cannot be used, of a single pixel."""
        return [self._grey[k].grid.shape if k in self._grey else (1, 1) for k in range(len(self))]

    def raster(self, number: int) -> Raster:
        """Return an image, grey."""
        return self._grey[number]

    def grey(self, number: int) -> tuple[Pixels, Mask]:
        """Return an image's grey pixels, and which of them count."""
        return self._grey[number].data, self._grey[number].mask

    def pixels(self, number: int) -> Pixels:
        """Return an image's grey pixels, NaN where one is missing."""
        image = self._grey[number]
        return image.data if image.complete else np.where(image.mask, image.data, np.float32(np.nan))

    def planes(self, number: int) -> tuple[Pixels, Mask]:
        """Return an image's channels, (channels, rows, columns), and which pixels count."""
        array, mask = self.frames[number], self._grey[number].mask
        values = np.asarray(array, np.float32)
        planes = values[None] if values.ndim == 2 else np.moveaxis(values[..., :3], -1, 0)
        return np.ascontiguousarray(np.where(mask, planes, np.float32(0))), mask


def _spacing(grid: Grid) -> str:
    return "no spacing" if grid.plain else f"the spacing {grid.spacing} {grid.unit}".strip()


def _constant(array: NDArray[Any]) -> Raster:
    """Return an image of which all pixels are the same."""
    counts = has_data(array)
    counts = np.asarray(counts.all(-1)) if array.ndim == 3 else counts
    values = np.asarray(array, float)
    level = float(values[counts].mean())
    data = np.where(counts, np.float32(level), np.float32(0))
    return Raster(data, counts, Grid(counts.shape))


def shown_names(names: list[str], most: int = 5) -> str:
    """Return names in words, no more than so many."""
    return ", ".join(names[:most]) + (f" and {len(names) - most} more" if len(names) > most else "")
