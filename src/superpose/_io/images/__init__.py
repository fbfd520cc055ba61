"""Image files: one module a format, recognised by content when read and by extension when written."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from itertools import chain
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from superpose._io.atomic import Outputs, Sink, check_target, write_atomically
from superpose._io.images import bmp, fits, gif, jpeg, jpeg2000, npy, others, png, tiff, webp
from superpose._io.images.base import MAX_PIXELS, Format, Page, pixels_of
from superpose._io.reading import DAMAGED, NotYet, check_number_of_pixels, chosen, reason_of, several, told
from superpose._io.sources import Source, opened_source, seekable, shown_source
from superpose._names import lookup
from superpose.errors import InputError

__all__ = [
    "FORMATS_WRITTEN",
    "check_output",
    "is_picture",
    "load_pages",
    "pixels_of_picture",
    "read_image",
    "read_pages",
    "write_image",
    "write_pages",
]

# What may come out of a pipe for each pixel that is allowed, four 16-bit numbers, and beside them, in bytes.
_LARGEST_PIXEL, _HEADERS = 8, 2**28
# In the order in which errors list them.
FORMATS: tuple[Format, ...] = (png, jpeg, tiff, bmp, webp, jpeg2000, npy, gif, fits)
BY_EXTENSION: dict[str, Format] = {extension: kind for kind in FORMATS for extension in kind.EXTENSIONS}
# As the output's format is said where no extension says it.
FORMATS_WRITTEN = tuple(each[1:] for each in BY_EXTENSION)


def read_image(
    path: Source, argument: str, page: int | None = None, option: str = "page=", max_pixels: int | None = None
) -> NDArray[Any]:
    """Return an image in its own dtype: (rows, columns), or (rows, columns, 3 or 4) for colour.

    Parameters
    ----------
    path : str, Path or open stream
        A file of one of `FORMATS`, whatever its extension.
    argument : str
        What errors call it.
    page : int, optional
        Which one, counted from 0, of a file that holds several.
    option : str
        What errors call `page`.
    max_pixels : int, optional
        The most that is read. Default: a thousand million.

    Raises
    ------
    InputError
        If there is no such file or page, it is no image or a damaged one, has more pixels than are allowed, or holds
        several images and none was chosen.
    """
    with _opened(path, argument, max_pixels) as (kind, pages):
        if page is None and len(pages) > 1 and not _first_stands(kind, pages):
            raise several(argument, shown_source(path), len(pages), option)
        return _decoded([chosen(pages, page or 0, option)], path, argument, max_pixels)[0]


def read_pages(
    path: Source, argument: str, page: int | None, option: str, max_pixels: int | None = None
) -> list[NDArray[Any]]:
    """Return all images of a file, or the one that was chosen; otherwise as `read_image`."""
    with _opened(path, argument, max_pixels) as (kind, pages):
        page = 0 if page is None and _first_stands(kind, pages) else page
        wanted = pages if page is None else [chosen(pages, page, option)]
        return _decoded(wanted, path, argument, max_pixels)


def _first_stands(kind: Format, pages: list[Page]) -> bool:
    """Return whether the first of a file's images is meant where none is chosen."""
    return kind.ANIMATED or pages[0].stands


def _decoded(pages: list[Page], path: Source, argument: str, max_pixels: int | None) -> list[NDArray[Any]]:
    """Return the pixels of all pages, after checking by their headers that they are not too many."""
    limit, pixels = MAX_PIXELS if max_pixels is None else max_pixels, sum(page.pixels for page in pages)
    # One page without pixels is damaged, whatever the others have.
    pixels = pixels if all(page.pixels > 0 for page in pages) else 0
    check_number_of_pixels(pixels, limit, argument, shown_source(path))
    decoded = [page.decode() for page in pages]
    if shapes := [each.shape for each in decoded if each.ndim not in (2, 3) or not each.size]:
        raise ValueError(f"it holds pixels of shape {shapes[0]}, which are no picture")
    return decoded


@contextmanager
def _opened(path: Source, argument: str, max_pixels: int | None) -> Iterator[tuple[Format, list[Page]]]:
    """Open an image file, and turn what goes wrong while it is read into our errors."""
    name, limit = shown_source(path), MAX_PIXELS if max_pixels is None else max_pixels
    with told(argument, name), opened_source(path) as given:
        start = given.read(others.LONGEST)
        kind = _kind(start)
        with seekable(start, given, _LARGEST_PIXEL * limit + _HEADERS) as stream:
            yield kind, kind.load(stream)


def _kind(start: bytes) -> Format:
    """Return the format of a file that begins with these bytes.

    Raises
    ------
    ValueError
        If it is none that is read.
    """
    kind = next((kind for kind in FORMATS if kind.recognises(start)), None)
    if kind is None:
        if named := others.name_of(start):
            raise NotYet(named)
        raise ValueError(others.reason_of(start))
    return kind


def is_picture(path: Path) -> bool:
    """Return whether a file is of one of `FORMATS` by its content."""
    try:
        with path.open("rb") as stream:
            start = stream.read(others.LONGEST)
    except OSError:
        return False
    return any(kind.recognises(start) for kind in FORMATS)


def load_pages(stream: BinaryIO) -> tuple[list[Page], str]:
    """Return all images of a file, to be decoded while it is open; raise any error.

    Of a TIFF that is cut off those before that, and what is wrong with it.
    """
    kind = _kind(stream.read(others.LONGEST))
    return tiff.load_whole(stream) if kind is tiff else (kind.load(stream), "")


def pixels_of_picture(picture: Image.Image, argument: str) -> NDArray[Any]:
    """Return the pixels of a picture of Pillow's as those of a file are: palettes and inks in colour.

    Raises
    ------
    InputError
        If it cannot be decoded, or its pixels are neither grey nor colour.
    """
    try:
        return pixels_of(picture)
    except DAMAGED as error:
        shown = f"of mode {picture.mode}"
        raise InputError("unreadable-picture", argument=argument, value=shown, reason=reason_of(error)) from error


def write_image(
    path: Sink, array: NDArray[Any], argument: str, outputs: Outputs | None = None, form: str | None = None
) -> None:
    """Write an image in its own dtype and range, whole or not at all.

    Parameters
    ----------
    path : str, Path or open stream
        Its extension says the format.
    array : ndarray
        (rows, columns), or (rows, columns, 3 or 4) for colour.
    argument : str
        What errors call `path`.
    outputs : Outputs, optional
        Those that it is one of, and takes its place with.
    form : str, optional
        The format, by one of its extensions without the dot, in place of the path's own.

    Raises
    ------
    InputError
        If the extension is not known, the format cannot hold the image, or the file cannot be written; an
        earlier file of that name is then left whole.
    """
    write_pages(path, [array], argument, outputs, form)


def write_pages(
    path: Sink,
    arrays: Iterable[NDArray[Any]],
    argument: str,
    outputs: Outputs | None = None,
    form: str | None = None,
    count: int | None = None,
) -> None:
    """Write one image or several as the pages of one file; otherwise as `write_image`.

    Where it is said how many there are, they may be made while they are written, and those of a TIFF are not kept.
    """
    known = list(arrays) if count is None else None
    number = len(known) if known is not None else int(count or 0)
    pages = iter(arrays if known is None else known)
    first = next(pages)
    kind = check_output(path, argument, first.dtype, first.shape, number, form)
    # What is not there yet may have wider numbers.
    room = sum(page.nbytes for page in known) if known is not None else 2 * number * first.nbytes
    every = chain([first], pages)

    def write(stream: BinaryIO) -> None:
        if kind is tiff:
            tiff.dump(stream, every, room)
        else:
            kind.dump(stream, list(every))

    write_atomically(path, write, argument, outputs)


def check_output(
    path: Sink, argument: str, dtype: np.dtype[Any], shape: tuple[int, ...], pages: int = 1, form: str | None = None
) -> Format:
    """Return the format to write `path` in, after checking that it can be written and can hold such images.

    It is called before the work starts, so that a missing folder is not found only when the work is done.

    Raises
    ------
    InputError
        If not.
    """
    check_target(path, argument)
    kind = _format_of(path, argument, form)
    if lacking := kind.lacks(dtype, shape, pages):
        what, better = lacking
        code = "format-cannot-hold" if form is None else "named-format-cannot-hold"
        raise InputError(code, argument=argument, value=form or shown_source(path), what=what, better=better)
    return kind


def _format_of(path: Sink, argument: str, form: str | None) -> Format:
    if form is not None:
        return lookup("format", form.removeprefix("."), {each[1:]: kind for each, kind in BY_EXTENSION.items()})
    extension = Path(path).suffix.lower() if isinstance(path, (str, Path)) else ""
    if extension not in BY_EXTENSION:
        known = ", ".join(BY_EXTENSION)
        raise InputError("unknown-extension", argument=argument, value=shown_source(path), known=known)
    return BY_EXTENSION[extension]
