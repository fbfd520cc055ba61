"""Files of volumes: one module a format, recognised by content when read and by extension when written."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from superpose._checks import checked_count
from superpose._exchange import BadGeometry, Placed
from superpose._io.atomic import Outputs, Sink, check_target, write_atomically
from superpose._io.images import tiff
from superpose._io.images.base import MAX_PIXELS
from superpose._io.reading import check_number_of_pixels, chosen, several, told
from superpose._io.sources import shown_source
from superpose._io.volumes import dicom, metaimage, nifti, nrrd, omezarr, stacks
from superpose._io.volumes.base import Format, Part
from superpose._spatial import Image, image_of
from superpose.errors import InputError
from superpose.grid import Grid

# In the order in which errors list them.
FORMATS: tuple[Format, ...] = (nifti, nrrd, metaimage)
BY_EXTENSION: dict[str, Format] = {extension: kind for kind in FORMATS for extension in kind.EXTENSIONS}
# How much of a file is needed to know.
_LONGEST = 1024


def zarr_choice(path: Path, channel: int | None, level: int | None, prefix: str = "") -> dict[str, int]:
    """Return what was chosen of an OME-Zarr, by name; errors call it so, with a prefix.

    Raises
    ------
    InputError
        If something was, and the path is that of another file.
    """
    given = {"channel": channel, "level": level}
    wanted = {name: checked_count(f"{prefix}{name}", each, 0) for name, each in given.items() if each is not None}
    for name, each in wanted.items():
        if not (path.is_dir() and omezarr.is_store(path)):
            called = f"{prefix}{name}" if prefix else f"{name}="
            raise InputError("nothing-to-choose", argument=called, value=each, file=shown_source(path))
    return wanted


def is_volume(path: Path, page: int | None = None) -> bool:
    """Return whether a path is a file of a volume's format, or a folder; one page of a stack is a picture."""
    kind = _kind(path)
    return kind is not None and (kind is not stacks or page is None)


def is_folder_of_one(path: Path) -> bool:
    """Return whether a folder is one image or volume, or a series of them: an OME-Zarr, or slices of DICOM."""
    return omezarr.is_store(path) or dicom.holds_slices(path)


def _kind(path: Path) -> Any:
    """Return what reads a file or a folder; None where it is no volume's."""
    if path.is_dir():
        return omezarr if omezarr.is_store(path) else dicom
    try:
        with path.open("rb") as stream:
            start = stream.read(_LONGEST)
    except OSError:  # the reader of images says what is wrong
        return None
    kinds: tuple[Any, ...] = (*FORMATS, dicom)
    if tiff.recognises(start):
        return stacks if stacks.is_stack(path) else None
    return next((kind for kind in kinds if kind.recognises(start)), None)


def read_volume(
    path: Path,
    argument: str,
    number: int | None = None,
    option: str = "page=",
    max_pixels: int | None = None,
    **of_zarr: int,
) -> Image:
    """Return a volume, or one of those that a file or a folder holds; of one plane an image.

    Parameters
    ----------
    path : Path
        A file of one of `FORMATS`, whatever its extension, or a folder of DICOM slices.
    argument : str
        What errors call it.
    number : int, optional
        Which one, counted from 0, of a series of volumes or of a folder's DICOM series.
    option : str
        What errors call `number`.
    max_pixels : int, optional
        The most that is read. Default: a thousand million.
    **of_zarr : int, optional
        Of an OME-Zarr its `channel` and its `level`.

    Raises
    ------
    InputError
        If it is damaged, has more voxels than are allowed, has no place in space that can be used, or holds several
        volumes and none was chosen.
    MissingPackageError
        If what reads its format is not installed.
    """
    name = shown_source(path)
    with told(argument, name):
        kind = _kind(path)
        of_kind: dict[str, Any] = {**of_zarr, "option": option} if kind is omezarr else of_zarr
        parts: list[Part] = kind.load(path, argument, **of_kind)
        if not parts:
            raise InputError("is-a-folder", argument=argument, value=name)
        if number is None and len(parts) > 1 and kind is omezarr:
            raise omezarr.not_chosen(argument, name, "t", len(parts), option)
        if number is None and len(parts) > 1:
            code = "several-volumes" if kind is nifti else "several-pages"
            raise several(argument, name, len(parts), option, code)
        placed = decoded(chosen(parts, number or 0, option), argument, name, max_pixels)
    return image_of(placed, argument, name, 4)


def load_series(path: Path, argument: str, kept: ExitStack, **of_zarr: int) -> list[Part] | None:
    """Return the volumes of a file or a folder, whose file is open as long as `kept` is; None if it is none of volumes.

    A stack of planes is none: its pages are images.
    """
    kind = _kind(path)
    if kind is None or kind is stacks:
        return None
    parts: list[Part] = (
        nifti.load_series(path, argument, kept) if kind is nifti else kind.load(path, argument, **of_zarr)
    )
    return parts or None


def decoded(part: Part, argument: str, name: str, max_pixels: int | None) -> Placed:
    """Return one volume, or image, after checking that it does not have too many voxels.

    Raises
    ------
    InputError
        If it has, or its place in space cannot be used.
    """
    check_number_of_pixels(part.pixels, MAX_PIXELS if max_pixels is None else max_pixels, argument, name)
    try:
        return part.decode()
    except BadGeometry as error:
        raise InputError("bad-geometry", argument=argument, value=name, reason=str(error)) from error


def write_volume(
    path: Sink,
    extension: str,
    array: NDArray[Any],
    grid: Grid,
    scale: float,
    argument: str,
    outputs: Outputs | None = None,
) -> None:
    """Write pixels on a grid, each of whose units is so many millimetres, whole or not at all.

    Raises
    ------
    InputError
        If the file cannot be written; an earlier file of that name is then left whole.
    """
    kind = BY_EXTENSION[extension]
    write_atomically(path, lambda stream: kind.dump(stream, array, grid, scale, extension), argument, outputs)


def write_store(path: Path, array: NDArray[Any], grid: Grid, unit: str, argument: str) -> None:
    """Write an image as a new folder of OME-Zarr, whole or not at all.

    Raises
    ------
    InputError
        If it cannot hold the image, or cannot be written: a folder that is there is not replaced.
    """
    check_store(path, array.dtype, array.ndim, grid, argument)
    with unwritable_said(path, argument):
        omezarr.dump(path, array, grid, unit)


def write_store_series(path: Path, images: Iterator[NDArray[Any]], count: int, grid: Grid, argument: str) -> None:
    """Write so many images, made while they are written, as the times of a new OME-Zarr, checked by `check_store`.

    Raises
    ------
    InputError
        If it cannot be written.
    """
    with unwritable_said(path, argument):
        omezarr.dump_series(path, images, count, grid, grid.unit)


def check_store(path: Path, dtype: np.dtype[Any], axes: int, grid: Grid, argument: str) -> None:
    """Check that a new OME-Zarr can hold images of so many axes.

    Raises
    ------
    InputError
        If not, or if there is a folder of that name.
    """
    if path.is_dir() and omezarr.is_store(path):
        raise InputError("store-exists", argument=argument, value=shown_source(path))
    check_target(path, argument)
    if lacking := omezarr.lacks(axes, grid):
        what, better = lacking
        raise InputError("format-cannot-hold", argument=argument, value=shown_source(path), what=what, better=better)
    if dtype.itemsize > 8:
        raise InputError("pixels-too-wide", argument=argument, value=shown_source(path), dtype=dtype)


@contextmanager
def unwritable_said(path: Path, argument: str) -> Iterator[None]:
    """Say what keeps a folder from being written as an error of ours."""
    try:
        yield
    except OSError as error:
        name, reason = shown_source(path), error.strerror or str(error)
        raise InputError("unwritable", argument=argument, value=name, reason=reason) from error
