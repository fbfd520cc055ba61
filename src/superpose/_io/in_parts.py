"""Images that are written a part at a time: into an OME-Zarr with its smaller levels, or a TIFF of tiles."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any, BinaryIO, Protocol

import numpy as np
from numpy.typing import NDArray

from superpose._io.atomic import Outputs, Sink, write_atomically
from superpose._io.images import tiff
from superpose._io.volumes import check_store, omezarr, stacks, unwritable_said
from superpose._io.volumes.omezarr import Box
from superpose.grid import Grid

EXTENSIONS = (".zarr", *tiff.EXTENSIONS)


class Parts(Protocol):
    """An image of any size that is asked for in parts."""

    @property
    def shape(self) -> tuple[int, ...]:
        """Of the whole, its channels last."""

    @property
    def dtype(self) -> np.dtype[Any]:
        """Of its numbers."""

    def pieces(self) -> Iterator[Box]:
        """Yield the boxes that it is best asked for in, row by row."""

    def part(self, box: Box) -> NDArray[Any]:
        """Return a part."""


def write_store_in_parts(path: Path, image: Parts, grid: Grid, unit: str, argument: str, labels: bool = False) -> None:
    """Write an image as a new folder of OME-Zarr with levels down to about a thousand pixels, whole or not at all.

    Of `labels` and booleans smaller levels take the nearest pixel, of other images the average of those that count.

    Raises
    ------
    InputError
        If it cannot hold the image, or cannot be written: a folder that is there is not replaced.
    """
    check_store(path, image.dtype, len(image.shape), grid, argument)
    with unwritable_said(path, argument):
        parts = ((box, image.part(box)) for box in image.pieces())
        omezarr.dump_parts(path, image.dtype, grid, unit, parts, labels)


def write_tiff_in_parts(path: Sink, image: Parts, grid: Grid, argument: str, outputs: Outputs | None = None) -> None:
    """Write an image as a TIFF of tiles, a BigTIFF where it needs to be, whole or not at all.

    It says how far apart the grid's pixels lie, where a TIFF can say that.

    Raises
    ------
    InputError
        If it cannot be written; an earlier file of that name is then left whole.
    """
    spaced = not grid.plain and stacks.holds(grid, image.shape)

    def write(stream: BinaryIO) -> None:
        said = stacks.described(image.dtype, grid) if spaced else None
        tiff.dump_bands(stream, image.shape, image.dtype, _bands(image), said)

    write_atomically(path, write, argument, outputs)


def _bands(image: Parts) -> Iterator[NDArray[Any]]:
    """Yield the rows of an image from the top, those of a row of pieces at a time."""
    band: NDArray[Any] | None = None
    for box in image.pieces():
        rows, columns = box
        if band is None:
            band = np.empty((rows.stop - rows.start, *image.shape[1:]), image.dtype)
        band[:, columns] = image.part(box)
        if columns.stop == image.shape[1]:
            yield band
            band = None
