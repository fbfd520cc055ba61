"""BMP, read with Pillow and written by it."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from typing import Any, BinaryIO

import numpy as np
from PIL import BmpImagePlugin, Image

from superpose._io.images.base import Page, Pixels, beyond_a_page, check_promise, pixels_of

NAME, EXTENSIONS, ANIMATED = "BMP", (".bmp",), False


def recognises(start: bytes) -> bool:
    """Whether a file that begins with these bytes is a BMP: of a header of a length that there is."""
    return start.startswith(b"BM") and start[14:16] in (
        b"\x0c\0",
        b"\x28\0",
        b"\x34\0",
        b"\x38\0",
        b"\x40\0",
        b"\x6c\0",
        b"\x7c\0",
    )


def load(stream: BinaryIO) -> list[Page]:
    """Return one picture: bool for one bit, else uint8."""
    stream.seek(0)
    columns, rows = BmpImagePlugin.BmpImageFile(stream).size
    return [Page(rows, columns, partial(_load, stream, rows * columns))]


def _load(stream: BinaryIO, pixels: int) -> Pixels:
    check_promise(stream, pixels, 130)  # of runs: two bytes for 255 pixels
    stream.seek(0)
    return pixels_of(BmpImagePlugin.BmpImageFile(stream))


def lacks(dtype: np.dtype[Any], shape: tuple[int, ...], pages: int) -> tuple[str, str] | None:
    """Return what a BMP cannot hold of so many such images, and a better format's extension."""
    beyond = beyond_a_page(dtype, pages, "bool", "uint8")
    if beyond is not None:
        return beyond
    if len(shape) == 3 and (shape[2] == 4 or dtype.kind == "b"):
        return "transparency" if shape[2] == 4 else "colour of one bit", "png" if shape[2] == 4 else "tif"
    return None


def dump(stream: BinaryIO, pages: Sequence[Pixels]) -> None:
    """Write one bool or uint8 image."""
    Image.fromarray(np.ascontiguousarray(pages[0])).save(stream, format="BMP")
