"""Frames of one shape in a file without a name, of which a part of the pixels of all of them is read at once."""

from __future__ import annotations

import weakref
from collections.abc import Iterable, Iterator
from typing import Any, cast

import numpy as np
from numpy.typing import NDArray

from superpose._io.scratch import no_room, scratch_file

Band = NDArray[np.float32]


class Banded:
    """Frames as they came, written one after the other.

    Parameters
    ----------
    frames : iterable of ndarray
        Of one shape, one or more.
    elements : int
        No more numbers are in memory at once, but one pixel of all frames is.
    count : int
        How many frames will come, where that is known: whether there is room for them is told before the first.

    Raises
    ------
    InputError
        If there is no room for them.
    """

    def __init__(self, frames: Iterable[NDArray[Any]], elements: int, count: int = 0) -> None:
        self.count, self.shape = 0, ()
        for frame in frames:
            values = np.ascontiguousarray(frame, np.float32)
            if not self.count:
                self.shape = values.shape
                self._file = scratch_file(count * values.nbytes, 4 * elements)
                weakref.finalize(self, self._file.close)
            try:
                self._file.write(values.reshape(-1).view(np.uint8).data)
            except OSError as error:
                raise no_room(error) from error
            self.count += 1
        self.pixels = int(np.prod(self.shape))
        self._each = max(1, elements // max(1, self.count))

    def bands(self, every: int = 1) -> Iterator[tuple[slice, Band]]:
        """Yield which pixels, and their numbers in all frames: an array of shape (pixels, frames).

        Of `every` so many pixels one, with which the bands begin as well.
        """
        step = every * max(1, self._each // every)
        for first in range(0, self.pixels, step):
            last = min(first + step, self.pixels)
            rows = np.empty((self.count, last - first), np.float32)
            for number, row in enumerate(rows):
                self._file.seek(4 * (number * self.pixels + first))
                cast("Any", self._file).readinto(row.view(np.uint8).data)
            yield slice(first, last, every), np.ascontiguousarray(rows[:, ::every].T)
