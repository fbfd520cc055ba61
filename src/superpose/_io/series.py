"""Series: files that hold one image or volume after the other, of which one at a time is read."""

from __future__ import annotations

import warnings
import weakref
from collections.abc import Callable, Sequence
from contextlib import ExitStack
from functools import cached_property, partial
from pathlib import Path
from threading import Lock
from typing import Any, overload

import numpy as np

from superpose._checks import checked_max_pixels, checked_path
from superpose._exchange import Placed
from superpose._io.images import load_pages
from superpose._io.images.base import MAX_PIXELS, Page
from superpose._io.reading import check_number_of_pixels, told
from superpose._io.sources import shown_source
from superpose._io.volumes import decoded, load_series, zarr_choice
from superpose._names import public
from superpose._spatial import Image, image_of
from superpose.errors import AssumptionWarning, InputError, text
from superpose.grid import Grid

Decode = Callable[[], Placed]


@public
def read_series(
    path: str | Path, *, channel: int | None = None, level: int | None = None, max_pixels: int | None = None
) -> Series:
    """Return the images or volumes of a file one after the other, none of them read yet.

    Parameters
    ----------
    path : str or Path
        A NIfTI of four axes, a TIFF of several pages, a FITS, an OME-Zarr (its times), or any other file or folder that
        `read` takes: what holds one image is a series of one. The pages of a TIFF are images even where they are the
        planes of one volume.
    channel, level : int, optional
        Of an OME-Zarr, as of `read`.
    max_pixels : int, optional
        The most that is read of one image. Default: a thousand million.

    Raises
    ------
    InputError
        If there is no such file, or it is damaged.
    MissingPackageError
        If a package that reads it is not installed.

    Warns
    -----
    AssumptionWarning
        If a TIFF is cut off: its pages are those before that.

    Examples
    --------
    >>> import numpy as np, superpose, tempfile
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     superpose.write(f"{folder}/a.npy", np.zeros((48, 64)))
    ...     series = superpose.read_series(f"{folder}/a.npy")
    ...     print(series, [image.shape for image in series])
    <Series: 'a.npy', 1 image> [(48, 64)]
    """
    series = series_at(path, max_pixels, channel, level)
    if said := series.cut_off("path"):
        warnings.warn(said, AssumptionWarning, stacklevel=2)
    return series


def series_at(
    path: str | Path, max_pixels: int | None = None, channel: int | None = None, level: int | None = None
) -> Series:
    """Return a series as `read_series` does, whose file may be cut off without a word: see `Series.cut_off`."""
    limit = checked_max_pixels(max_pixels)
    place = checked_path("path", path)
    return Series(place, limit, zarr_choice(place, channel, level))


@public
class Series(Sequence[Image]):
    """Images of one file, each of which is read when it is asked for; nothing of them is kept.

    `read_series` makes one. ``series[k]`` is the k-th as an `Image`, ``series[::2]`` a series of every other one, and
    ``for image in series`` takes them in their order, which reads a compressed file once. A series may be pickled; the
    file is opened again then.
    """

    def __init__(
        self,
        path: Path,
        max_pixels: int | None = None,
        of_zarr: dict[str, int] | None = None,
        chosen: range | None = None,
    ) -> None:
        self._path, self._max_pixels, self._of_zarr, self._chosen = path, max_pixels, of_zarr or {}, chosen
        self._lock, self._said = Lock(), False
        self._cut: tuple[int, str] | None = None
        if chosen is None:
            self._chosen = range(len(self._decoders))

    @property
    def name(self) -> str:
        """Of the file."""
        return self._path.name

    @property
    def path(self) -> Path:
        """Of the file."""
        return self._path

    @property
    def pages(self) -> range:
        """Which of the file's images these are, counted from 0."""
        assert self._chosen is not None
        return self._chosen

    def cut_off(self, argument: str) -> str:
        """Return what to say of a file that is cut off, whose last pages are missing; empty of one that is whole."""
        if self._cut is None:
            return ""
        pages, reason = self._cut
        return text("cut-off-file", argument=argument, value=shown_source(self._path), pages=pages, reason=reason)

    @cached_property
    def shape(self) -> tuple[int, ...]:
        """Of the first image's array; it is read."""
        return self._first[0]

    @cached_property
    def dtype(self) -> np.dtype[Any]:
        """Of the first image's array; it is read."""
        return self._first[1]

    @cached_property
    def _first(self) -> tuple[tuple[int, ...], np.dtype[Any]]:
        first = self[0]
        return first.shape, first.array.dtype

    def __len__(self) -> int:
        return len(self.pages)

    @overload
    def __getitem__(self, number: int) -> Image: ...
    @overload
    def __getitem__(self, number: slice) -> Series: ...
    def __getitem__(self, number: int | slice) -> Image | Series:
        """Return one image, read now; or a series of some of them."""
        if isinstance(number, slice):
            return Series(self._path, self._max_pixels, self._of_zarr, self.pages[number])
        position = self.pages[number]
        name = shown_source(self._path)
        with self._lock, told("path", name):
            placed = self._decoders[position]()
            # What holds for all of them is said once.
            assumed, self._said = () if self._said else placed.assumed, True
        return image_of(Placed(placed.array, placed.grid, assumed, placed.unit), "path", name)

    @cached_property
    def _decoders(self) -> list[Decode]:
        """What reads each image of the file, from a file that is open until this is no longer used."""
        name, kept = shown_source(self._path), ExitStack()
        weakref.finalize(self, kept.close)
        with told("path", name):
            volumes = load_series(self._path, "path", kept, **self._of_zarr)
            if volumes is not None:
                return [partial(decoded, each, "path", name, self._max_pixels) for each in volumes]
            if self._path.is_dir():
                raise InputError("is-a-folder", argument="path", value=name)
            stream = kept.enter_context(self._path.open("rb"))
            pages, cut = load_pages(stream)
            self._cut = (len(pages), cut) if cut else None
            return [partial(_decoded, each, name, self._max_pixels) for each in pages]

    def __reduce__(self) -> tuple[Any, ...]:
        # Whoever unpickles it may work in another folder.
        return Series, (self._path.absolute(), self._max_pixels, self._of_zarr, self._chosen)

    def __repr__(self) -> str:
        return f"<Series: {self.name!r}, {len(self)} image{'s' * (len(self) != 1)}>"


def _decoded(page: Page, name: str, max_pixels: int | None) -> Placed:
    check_number_of_pixels(page.pixels, MAX_PIXELS if max_pixels is None else max_pixels, "path", name)
    pixels = page.decode()
    return Placed(pixels, Grid(pixels.shape[:2]))
