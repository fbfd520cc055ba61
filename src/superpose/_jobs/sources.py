"""Where frames come from, each read when it is asked for: folders, files of pages, arrays of any kind, iterators."""

from __future__ import annotations

import math
import weakref
from abc import ABC, abstractmethod
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from threading import Lock
from typing import Any

import numpy as np
from numpy.typing import NDArray

from superpose._checks import asked
from superpose._io.images import npy
from superpose._io.reading import told
from superpose._io.scratch import no_room, scratch_file
from superpose._io.series import Series
from superpose._io.sources import shown_source
from superpose._io.volumes.omezarr import is_store, plain_array
from superpose._opened import opened
from superpose._spatial import Image
from superpose.errors import InputError, SuperposeError, blaming, shown
from superpose.grid import Grid
from superpose.image import is_colour, masked_of


class Frames(ABC):
    """Frames by their numbers; one is read anew each time that it is asked for.

    May be pickled: what is files is opened again by path then, and no pixels travel.

    Attributes
    ----------
    grids : dict of int to Grid
        Where the pixels of frames lie that were read, if that is known.
    dtypes : dict of int to dtype
        Of frames that were read.
    notes : tuple of str
        What to say of where they come from, in words.
    file_each : bool
        Whether each frame that is in a file has one of its own.
    """

    file_each = False

    def __init__(self, max_pixels: int | None = None, notes: Sequence[str] = ()) -> None:
        self.max_pixels, self.notes = max_pixels, tuple(notes)
        self.grids: dict[int, Grid] = {}
        self.dtypes: dict[int, np.dtype[Any]] = {}

    @abstractmethod
    def __len__(self) -> int:
        """How many there are."""

    @abstractmethod
    def name(self, number: int) -> str:
        """Return what a table calls a frame."""

    @abstractmethod
    def _given(self, number: int) -> Any:
        """Return a frame as it was passed, or as a file holds it."""

    def file(self, number: int) -> Path | None:  # noqa: ARG002
        """Return the file that a frame is read from; None if it is none."""
        return None

    def page(self, number: int) -> int:  # noqa: ARG002
        """Return which image of its file a frame is, counted from 0."""
        return 0

    def image(self, number: int) -> Any:
        """Return a frame as `register` takes it: with where its pixels lie, where that is known.

        Raises
        ------
        InputError
            If it cannot be read.
        """
        name = self.name(number)
        try:
            given = self._given(number)
        except SuperposeError:
            raise
        except Exception as error:  # whatever an object of the user's raises
            raise InputError("callable-raised", argument=name, value=shown(error)) from error
        return opened(given, name, self.max_pixels)

    def __getitem__(self, number: int) -> NDArray[Any]:
        """Return a frame's pixels, masked where they do not count.

        Raises
        ------
        InputError
            If it cannot be read.
        """
        found = self.image(number)
        if isinstance(found, Image):
            self.grids[number] = found.grid
            found = _masked(found)
        pixels: NDArray[Any] = found
        if not isinstance(found, np.ma.MaskedArray):
            pixels = asked(self.name(number), np.asarray, found)
        self.dtypes[number] = pixels.dtype
        return pixels


def _masked(image: Image) -> Any:
    """Return an image's pixels, those that its mask leaves out masked: of weights, what counts less than half."""
    if image.mask is None:
        return image.array
    kept = np.asarray(image.mask)
    out = ~kept if kept.dtype == bool else 2 * kept < kept.max()
    out = out.reshape(out.shape + (1,) * (np.ndim(image.array) - out.ndim))
    return np.ma.masked_array(image.array, np.broadcast_to(out, np.shape(image.array)))


class Listed(Frames):
    """Images, paths, or both in turn."""

    file_each = True

    def __init__(self, given: Sequence[Any], max_pixels: int | None = None, notes: Sequence[str] = ()) -> None:
        super().__init__(max_pixels, notes)
        self.given = given

    def __len__(self) -> int:
        return len(self.given)

    def name(self, number: int) -> str:
        each = self.given[number]
        return str(each) if isinstance(each, (str, Path)) else f"frame {number}"

    def file(self, number: int) -> Path | None:
        each = self.given[number]
        return Path(each) if isinstance(each, (str, Path)) else None

    def _given(self, number: int) -> Any:
        return self.given[number]

    def __getstate__(self) -> dict[str, Any]:
        # Whoever unpickles it may work in another folder.
        given = self.given
        if isinstance(given, (list, tuple)):
            given = [Path(each).absolute() if isinstance(each, (str, Path)) else each for each in given]
        return self.__dict__ | {"given": given}


class Indexed(Frames):
    """What has a length and returns a frame by its number: arrays of NumPy, zarr, dask, h5py; memory maps."""

    def __init__(self, given: Any, max_pixels: int | None = None, called: str = "frame") -> None:
        super().__init__(max_pixels)
        self.given, self.called = given, called

    def __len__(self) -> int:
        shape = getattr(self.given, "shape", ())  # zarr's arrays have nothing else that says it
        return int(shape[0]) if isinstance(shape, tuple) and shape else asked("frames", len, self.given)

    def name(self, number: int) -> str:
        return f"{self.called} {number}"

    def _given(self, number: int) -> Any:
        return self.given[number]


class Paged(Frames):
    """The images or volumes of one file, or of a folder that is one."""

    def __init__(self, series: Series, max_pixels: int | None = None) -> None:
        super().__init__(max_pixels)
        self.series = series
        if said := series.cut_off("frames"):
            self.notes = (said,)

    def __len__(self) -> int:
        return len(self.series)

    def name(self, number: int) -> str:
        return f"{self.series.path} page {self.series.pages[number]}"

    def file(self, number: int) -> Path | None:  # noqa: ARG002
        return self.series.path

    def page(self, number: int) -> int:
        return self.series.pages[number]

    def _given(self, number: int) -> Any:
        try:
            return self.series[number]
        except InputError as error:
            raise blaming(error, self.name(number)) from error


class NumpyFile(Sequence[Any]):
    """The frames of a file of NumPy's, which is open only while one of them is copied."""

    def __init__(self, path: Path) -> None:
        self.path = path.absolute()
        whole = self._mapped()
        self.shape, self.dtype = whole.shape, whole.dtype

    def _mapped(self) -> NDArray[Any]:
        mapped: NDArray[Any] = np.load(self.path, mmap_mode="r", allow_pickle=False)
        return mapped

    def __len__(self) -> int:
        return int(self.shape[0])

    def __getitem__(self, number: Any) -> Any:
        return np.array(self._mapped()[number])


def numpy_or_zarr(path: Path, argument: str) -> Any:
    """Return the frames of a file of NumPy's that is no picture, or of a plain array of Zarr's; else None."""
    if path.is_dir():
        return plain_array(path, argument) if is_store(path) else None
    if not path.is_file():
        return None
    with told(argument, shown_source(path)):
        with path.open("rb") as stream:
            if not npy.recognises(stream.read(8)):
                return None
        found = NumpyFile(path)
    return None if len(found.shape) < 3 or is_colour(found.shape) else found


def kept_of(given: Iterable[Any]) -> Sequence[Any]:
    """Return what comes out of an iterator, to be read several times: paths as they are, images in a file.

    Raises
    ------
    InputError
        If there is no room for it.
    """
    kept = Spool(given)
    return kept if kept.holds_images else list(kept)


# Where in a file an array begins, and what it is.
_Part = tuple[int, np.dtype[Any], tuple[int, ...]]


@dataclass(frozen=True)
class _Spooled:
    """Where an image is in a file: its numbers, which of them are masked, which count, and where its pixels lie."""

    numbers: Any
    missing: Any
    mask: Any
    grid: Grid | None


def _each(given: Iterable[Any]) -> Iterator[Any]:
    """Return what comes out of an iterator of the user's, which may raise anything."""
    number = 0
    try:
        for each in given:
            yield each
            number += 1
    except SuperposeError:
        raise
    except Exception as error:
        raise InputError("callable-raised", argument=f"frame {number}", value=shown(error)) from error


class Spool(Sequence[Any]):
    """What came out of an iterator, its images in a file without a name."""

    def __init__(self, given: Iterable[Any]) -> None:
        self._file, self._lock, self._kept = scratch_file(), Lock(), list[Any]()
        weakref.finalize(self, self._file.close)
        for each in _each(given):
            # A picture of Pillow's and a reader's buffer hold the next frame as soon as that is asked for.
            found = each if isinstance(each, (str, Path)) else opened(each, f"frame {len(self._kept)}")
            numbers = found.array if isinstance(found, Image) else found
            if isinstance(numbers, np.ndarray) and numbers.size and numbers.dtype.kind in "buif":
                try:
                    found = self._written(found, numbers)
                except OSError as error:
                    raise no_room(error) from error
            self._kept.append(found)

    @property
    def holds_images(self) -> bool:
        """Whether some of it is in that file."""
        return any(isinstance(each, _Spooled) for each in self._kept)

    def _written(self, found: Any, numbers: NDArray[Any]) -> _Spooled:
        image = found if isinstance(found, Image) else None
        missing = masked_of(numbers) if isinstance(numbers, np.ma.MaskedArray) else None
        mask = None if image is None or image.mask is None else np.asarray(image.mask)
        first, second, third = (
            None if each is None else self._put(np.asarray(each)) for each in (numbers, missing, mask)
        )
        return _Spooled(first, second, third, None if image is None else image.grid)

    def _put(self, array: NDArray[Any]) -> _Part:
        at = self._file.seek(0, 2)
        self._file.write(np.ascontiguousarray(array).reshape(-1).view(np.uint8).data)
        return at, array.dtype, array.shape

    def _got(self, part: _Part) -> NDArray[Any]:
        at, dtype, shape = part
        octets = bytearray(dtype.itemsize * math.prod(shape))
        with self._lock:
            self._file.seek(at)
            self._file.readinto(octets)  # type: ignore[attr-defined]
        return np.frombuffer(octets, dtype).reshape(shape)

    def __len__(self) -> int:
        return len(self._kept)

    def __getitem__(self, number: Any) -> Any:
        found = self._kept[number]
        if not isinstance(found, _Spooled):
            return found
        numbers = self._got(found.numbers)
        if found.missing is not None:
            numbers = np.ma.masked_array(numbers, self._got(found.missing))
        if found.grid is None:
            return numbers
        grid, mask = found.grid, None if found.mask is None else self._got(found.mask)
        image = Image(numbers, grid.spacing, grid.origin, grid.direction, mask, grid.unit)
        object.__setattr__(image, "_grid", grid)  # which may be a body's
        return image

    def __reduce__(self) -> tuple[Any, ...]:
        raise InputError("frames-of-iterator", argument="frames", value=f"{len(self)} images out of an iterator")
