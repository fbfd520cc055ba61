"""JPEG, read and written with Pillow."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from typing import Any, BinaryIO

import numpy as np
from PIL import Image, JpegImagePlugin

from superpose._io.images.base import (
    Page,
    Pixels,
    beyond_a_page,
    channels,
    check_promise,
    orientation_of,
    oriented,
    pixels_of,
)

NAME, EXTENSIONS, ANIMATED = "JPEG", (".jpg", ".jpeg"), False


def recognises(start: bytes) -> bool:
    """Whether a file that begins with these bytes is a JPEG."""
    return start.startswith(b"\xff\xd8\xff")


def load(stream: BinaryIO) -> list[Page]:
    """Return one picture: uint8, grey or RGB, the way its Exif orientation says to display it."""
    stream.seek(0)
    columns, rows = JpegImagePlugin.JpegImageFile(stream).size
    return [Page(rows, columns, partial(_load, stream, rows * columns))]


def _load(stream: BinaryIO, pixels: int) -> Pixels:
    # A block of 64 takes a bit at least.
    check_promise(stream, pixels, 600)
    stream.seek(0)
    image: Image.Image = JpegImagePlugin.JpegImageFile(stream)
    return oriented(pixels_of(image), orientation_of(image))


def lacks(dtype: np.dtype[Any], shape: tuple[int, ...], pages: int) -> tuple[str, str] | None:
    """Return what a JPEG cannot hold of so many such images, and a better format's extension."""
    beyond = beyond_a_page(dtype, pages, "uint8")
    if beyond is not None:
        return beyond
    if channels(shape) == 4:
        return "transparency", "png"
    if max(shape) > 65535:
        return "a side of more than 65535 pixels", "png"
    return None


def dump(stream: BinaryIO, pages: Sequence[Pixels]) -> None:
    """Write one uint8 image, its colours at full resolution."""
    Image.fromarray(np.ascontiguousarray(pages[0])).save(stream, format="JPEG", quality=95, subsampling=0)
