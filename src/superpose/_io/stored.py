"""Files of images of which a part is read when it is asked for: OME-Zarr and arrays of Zarr's, TIFFs, ``.npy``."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from superpose._io.images import npy, tiff
from superpose._io.reading import told
from superpose._io.sources import shown_source
from superpose._io.volumes import is_volume, read_volume
from superpose._io.volumes.omezarr import is_store, plain_array
from superpose._opened import opened

Box = tuple[slice, ...]


def stored_file(
    path: Path, argument: str, page: int | None = None, channel: int | None = None, level: int | None = None
) -> Any:
    """Return an image of a file as an `Image` or an array of which parts can be read; other formats are read whole.

    Parameters
    ----------
    path : Path
        Of a file or a folder.
    argument : str
        What errors call it.
    page, channel, level : int, optional
        As for `superpose.read`.

    Raises
    ------
    InputError
        If it cannot be read, or holds several images and none was chosen.
    """
    if path.is_dir() and is_store(path):
        plain = plain_array(path, argument) if channel is None and level is None and page is None else None
        if plain is not None:
            return plain
        chosen = {name: each for name, each in (("channel", channel), ("level", level)) if each is not None}
        return read_volume(path, argument, page, "page=", None, **chosen)
    found = None if path.is_dir() else file_in_parts(path, argument, page)
    return opened(path, argument, page=page) if found is None else found


def file_in_parts(path: Path, argument: str, page: int | None = None) -> Any:
    """Return what reads the one image of a file, or the one chosen, in parts; None where nothing does.

    Raises
    ------
    InputError
        If the file cannot be read.
    """
    with told(argument, shown_source(path)):
        return _in_parts(path, page)


def _in_parts(path: Path, page: int | None) -> Any:
    with path.open("rb") as stream:
        start = stream.read(16)
        if tiff.recognises(start) and not is_volume(path, page):
            stream.seek(0)
            found = tiff.tiled(stream, page)
            return None if found is None else TiledFile(path.absolute(), *found)
    if npy.recognises(start):
        whole = np.load(path, mmap_mode="r", allow_pickle=False)
        return NumpyPicture(path.absolute(), whole.shape, whole.dtype) if whole.dtype.kind in "buif" else None
    return None


@dataclass(frozen=True)
class NumpyPicture:
    """The image of a file of NumPy's, which is open only while a part of it is copied."""

    path: Path
    shape: tuple[int, ...]
    dtype: np.dtype[Any]

    @property
    def ndim(self) -> int:
        """How many axes it has."""
        return len(self.shape)

    def __getitem__(self, box: Any) -> NDArray[Any]:
        return np.array(np.load(self.path, mmap_mode="r", allow_pickle=False)[box])


@dataclass(frozen=True)
class TiledFile:
    """A page of a TIFF, of which tiles or strips are decoded when they are asked for."""

    path: Path
    page: int
    shape: tuple[int, ...]
    dtype: np.dtype[Any]

    @property
    def ndim(self) -> int:
        """How many axes it has."""
        return len(self.shape)

    def __getitem__(self, box: Any) -> NDArray[Any]:
        rest = box if isinstance(box, tuple) else (box,)
        rows, columns = (slice(*each.indices(n)) for each, n in zip((*rest, slice(None))[:2], self.shape, strict=False))
        with told("image", shown_source(self.path)), self.path.open("rb") as stream:
            return tiff.load_part(stream, self.page, (rows, columns))[(slice(None),) * 2 + rest[2:]]
