"""JPEG 2000, read with Pillow, and written by it without loss."""

from __future__ import annotations

import struct
from collections.abc import Sequence
from functools import partial
from typing import Any, BinaryIO

import numpy as np
from PIL import Image, Jpeg2KImagePlugin

from superpose._io.images.base import Page, Pixels, beyond_a_page, check_promise, pixels_of
from superpose._io.reading import NotYet

NAME, EXTENSIONS, ANIMATED = "JPEG 2000", (".jp2", ".j2k"), False
_SIZE = b"\xff\x4f\xff\x51"


def recognises(start: bytes) -> bool:
    """Whether a file that begins with these bytes is a JPEG 2000: of boxes, or the bare code stream."""
    return start.startswith((b"\0\0\0\x0cjP  \r\n\x87\n", _SIZE))


def load(stream: BinaryIO) -> list[Page]:
    """Return one picture: uint8, or uint16 for grey of more than 8 bits."""
    stream.seek(0)
    start = stream.read(2**16)
    at = start.index(_SIZE) + len(_SIZE)
    right, bottom, left, top, *_, count = struct.unpack_from(">8IH", start, at + 4)
    depths = {start[at + 38 + 3 * k] for k in range(count)}
    return [Page(bottom - top, right - left, partial(_load, stream, (bottom - top) * (right - left), count, depths))]


def _load(stream: BinaryIO, pixels: int, count: int, depths: set[int]) -> Pixels:
    check_promise(stream, pixels, 2000)
    # The highest bit says that samples have a sign, the others how many bits less one they have.
    (depth,) = (1 + (depths & {*range(16)}).pop(),) if len(depths) == 1 and depths <= {*range(16)} else (0,)
    if not depth or (count > 2 and depth != 8):
        raise NotYet("a JPEG 2000 file whose colours have more or less than 8 bits, or whose samples have a sign")
    stream.seek(0)
    pixels_read = pixels_of(Jpeg2KImagePlugin.Jpeg2KImageFile(stream))
    # Pillow's images hold samples in the upper bits.
    return pixels_read >> ((16 if depth > 8 else 8) - depth) if count == 1 else pixels_read


def lacks(dtype: np.dtype[Any], _shape: tuple[int, ...], pages: int) -> tuple[str, str] | None:
    """Return what is not written as JPEG 2000 of so many such images, and a better format's extension."""
    return beyond_a_page(dtype, pages, "uint8")


def dump(stream: BinaryIO, pages: Sequence[Pixels]) -> None:
    """Write one uint8 image without loss."""
    Image.fromarray(np.ascontiguousarray(pages[0])).save(stream, format="JPEG2000", irreversible=False)
