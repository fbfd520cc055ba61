"""WebP, read with Pillow, and written by it without loss."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from typing import Any, BinaryIO

import numpy as np
from PIL import Image, WebPImagePlugin

from superpose._io.images.base import Page, Pixels, beyond_a_page, check_promise, orientation_of, oriented, pixels_of

NAME, EXTENSIONS, ANIMATED = "WebP", (".webp",), True


def recognises(start: bytes) -> bool:
    """Whether a file that begins with these bytes is a WebP."""
    return start.startswith(b"RIFF") and start[8:12] == b"WEBP"


def load(stream: BinaryIO) -> list[Page]:
    """Return the first picture: uint8, RGB or RGBA, the way its Exif orientation says to display it."""
    rows, columns = _size(stream)
    return [Page(rows, columns, partial(_load, stream, rows * columns))]


def _size(stream: BinaryIO) -> tuple[int, int]:
    """Return rows and columns. Pillow's decoder makes room for them before it says how many there are."""
    stream.seek(12)
    start = stream.read(18)
    if start[:4] == b"VP8X":
        columns, rows = (1 + int.from_bytes(start[at : at + 3], "little") for at in (12, 15))
        return rows, columns
    if start[:4] == b"VP8L":
        bits = int.from_bytes(start[9:13], "little")
        return 1 + (bits >> 14 & 0x3FFF), 1 + (bits & 0x3FFF)
    if start[:4] == b"VP8 ":
        columns, rows = (int.from_bytes(start[at : at + 2], "little") & 0x3FFF for at in (14, 16))
        return rows, columns
    raise ValueError(f"its first part is {start[:4]!r}")


def _load(stream: BinaryIO, pixels: int) -> Pixels:
    check_promise(stream, pixels, 10_000)
    stream.seek(0)
    image = WebPImagePlugin.WebPImageFile(stream)
    return oriented(pixels_of(image), orientation_of(image))


def lacks(dtype: np.dtype[Any], shape: tuple[int, ...], pages: int) -> tuple[str, str] | None:
    """Return what a WebP cannot hold of so many such images, and a better format's extension."""
    beyond = beyond_a_page(dtype, pages, "uint8")
    if beyond is not None:
        return beyond
    if len(shape) == 2:
        return "grey", "png"
    return ("a side of more than 16383 pixels", "png") if max(shape) > 16383 else None


def dump(stream: BinaryIO, pages: Sequence[Pixels]) -> None:
    """Write one uint8 image in colour, what is transparent too as it is."""
    Image.fromarray(np.ascontiguousarray(pages[0])).save(stream, format="WEBP", lossless=True, exact=True)
