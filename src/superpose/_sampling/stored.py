"""Images of any size wherever they are stored, of which a part is read when it is asked for."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import product
from typing import Any

import numpy as np
from numpy.typing import NDArray

from superpose._checks import is_whole
from superpose._memory import MODELS, Room
from superpose._opened import opened
from superpose._sampling.mapping import Box
from superpose._sampling.resample import check_on_grid, check_place
from superpose._spatial import Image
from superpose.errors import InputError, shown
from superpose.grid import Grid
from superpose.image import as_array, check_not_prepared, is_colour

# Of what is read a part at a time, by the number of axes.
_SIDES = {2: 2048, 3: 128}


def pieces_of(shape: tuple[int, ...], sides: tuple[int, ...]) -> Iterator[Box]:
    """Yield the boxes of a size into which an image is cut, row by row."""
    cuts = [[slice(k, min(k + each, n)) for k in range(0, n, each)] for n, each in zip(shape, sides, strict=True)]
    yield from product(*cuts)


@dataclass(frozen=True, eq=False)
class Stored:
    """What has a shape, a dtype and parts that can be read: an array of NumPy's, zarr's, dask's or h5py's, a file.

    Attributes
    ----------
    array : object
        That.
    argument : str
        What errors call it.
    channel_axis : int, optional
        Which of its axes holds channels: here that is the last one. Default: the last one, if there are any.
    """

    array: Any
    argument: str = "image"
    channel_axis: int | None = None

    @property
    def shape(self) -> tuple[int, ...]:
        """Of the whole."""
        shape = [int(n) for n in self.array.shape]
        if self.channel_axis is not None:
            shape.append(shape.pop(self.channel_axis))
        return tuple(shape)

    @property
    def ndim(self) -> int:
        """How many axes it has."""
        return len(self.shape)

    @property
    def dtype(self) -> np.dtype[Any]:
        """Of its numbers, as this machine has them."""
        dtype: np.dtype[Any] = np.dtype(self.array.dtype).newbyteorder("=")
        return dtype

    @property
    def octets(self) -> int:
        """How many the whole takes."""
        return math.prod(self.shape) * self.dtype.itemsize

    def pieces(self) -> Iterator[Box]:
        """Yield boxes, without the axis of colours, that are an image: of dask's its chunks, where they are alike."""
        shape = self.shape[:2] if is_colour(self.shape) else self.shape
        dask = self.array.chunks[: len(shape)] if hasattr(self.array, "__dask_graph__") else ()
        alike = bool(dask) and all(len(set(each[:-1])) <= 1 and each[-1] <= each[0] for each in dask)
        return pieces_of(shape, tuple(each[0] for each in dask) if alike else (_SIDES[len(shape)],) * len(shape))

    def part(self, box: Box) -> NDArray[Any]:
        """Return a part, cut along the axes before the channels; what was masked is.

        Raises
        ------
        InputError
            If it cannot be read.
        """
        index, axis = list(box), self.channel_axis
        if axis is not None:
            index.insert(axis % self.ndim, slice(None))
        try:
            found = self.array[tuple(index)]
            # Within a task of dask's own there is no other pool to wait for.
            found = found.compute(scheduler="synchronous") if hasattr(found, "__dask_graph__") else found
            pixels: NDArray[Any] = found if isinstance(found, np.ma.MaskedArray) else np.asarray(found)
        except InputError:
            raise
        except Exception as error:  # whatever reads it raises
            raise InputError("callable-raised", argument=self.argument, value=shown(error)) from error
        pixels = pixels if axis is None else np.moveaxis(pixels, axis, -1)
        return pixels.astype(self.dtype, copy=False)


def stored_on(image: Any, grid: Grid, argument: str, of: str = "moving", channel_axis: int | None = None) -> Stored:
    """Return a user's image, which lies on a grid, as one of which parts are read; see `on_grid`.

    Raises
    ------
    InputError
        If it does not.
    """
    check_not_prepared(image, argument)
    if not can_be_read_in_parts(image):
        image = opened(image, argument)
    if isinstance(image, Image):
        check_place(image, grid, argument, of)
        image = image.stored
    array = image if can_be_read_in_parts(image) else as_array(image, argument, "not-an-image")
    if channel_axis is not None and not (is_whole(channel_axis) and -array.ndim <= channel_axis < array.ndim):
        raise InputError("bad-channel-axis", argument="channel_axis", value=shown(channel_axis), shape=array.shape)
    stored = Stored(array, argument, channel_axis)
    check_on_grid(stored.shape, grid, argument, of, channel_axis is not None)
    return stored


def can_be_read_in_parts(image: Any) -> bool:
    """Return whether an object has what `Stored` asks of one."""
    try:
        np.dtype(image.dtype)
        [int(n) for n in image.shape]  # NaN, where dask does not know how large its chunks will be
        return isinstance(image.shape, tuple) and hasattr(image, "__getitem__") and not isinstance(image, np.generic)
    except Exception:  # noqa: BLE001 (whatever an object of the user's raises)
        return False


def check_room_to_read(room: Room, channel_axis: Any, *images: Any) -> None:
    """Check that images fit of which no pixel was read yet: memory maps, and arrays of other libraries.

    Raises
    ------
    InputError
        If they do not.
    """
    shapes = [each.shape for each in images if can_be_read_in_parts(each) and type(each) is not np.ndarray]
    if is_whole(channel_axis):
        shapes = [tuple(n for k, n in enumerate(each) if k != channel_axis % len(each)) for each in shapes if each]
    elif channel_axis is not None:
        shapes = [shape[:-1] if is_colour(shape) else shape for shape in shapes]
    if shapes and len(shapes[0]) in MODELS:
        room.check_held(len(shapes[0]), sum(math.prod(shape) for shape in shapes))


def is_of_dask(image: Any) -> bool:
    """Return whether an object is an array of dask's."""
    return can_be_read_in_parts(image) and hasattr(image, "__dask_graph__")
