"""PNG, read and written with Pillow; 16 bits a channel by its zlib decoder, for its images hold only 8."""

from __future__ import annotations

import struct
import zlib
from collections.abc import Sequence
from enum import IntEnum
from functools import partial
from typing import Any, BinaryIO

import numpy as np
from PIL import ExifTags, Image, PngImagePlugin

from superpose._io.images.base import (
    DAMAGED,
    Page,
    Pixels,
    channels,
    check_promise,
    orientation_of,
    oriented,
    pixels_of,
    with_colour,
)

# The number of the colour type whose pixels are numbers of a palette's colours.
_PALETTE = 3
# How many times its size deflate may decode to.
_EXPANDS = 1032
NAME, EXTENSIONS, ANIMATED = "PNG", (".png",), False
_SIGNATURE = b"\x89PNG\r\n\x1a\n"


class ColourType(IntEnum):
    """The specification's numbers for what a pixel holds, by the name of Pillow's mode: a letter for each channel."""

    L = 0
    RGB = 2
    LA = 4
    RGBA = 6

    @property
    def channels(self) -> int:
        """Number of channels."""
        return len(self.name)

    @classmethod
    def of(cls, count: int) -> ColourType:
        """Return the type of so many channels."""
        return next(each for each in cls if each.channels == count)


def recognises(start: bytes) -> bool:
    """Whether a file that begins with these bytes is a PNG."""
    return start.startswith(_SIGNATURE)


def load(stream: BinaryIO) -> list[Page]:
    """Return one picture: bool for 1-bit grey, uint16 for 16 bits a channel, else uint8."""
    stream.seek(0)
    columns, rows, depth, number = struct.unpack_from(">IIBB", stream.read(26), 16)
    samples = 1 if number == _PALETTE else ColourType(number).channels
    return [Page(rows, columns, partial(_load, stream, rows * -(-columns * depth * samples // 8), depth))]


def _load(stream: BinaryIO, octets: int, depth: int) -> Pixels:
    check_promise(stream, octets, _EXPANDS)
    stream.seek(0)
    if depth == 16:
        parts = _chunks(stream)
        return oriented(_load16(parts), _orientation(parts))
    image = PngImagePlugin.PngImageFile(stream)
    return oriented(pixels_of(image), orientation_of(image))


def _orientation(parts: dict[bytes, bytes]) -> int:
    exif = Image.Exif()
    try:
        exif.load(parts.get(b"eXIf", b""))
        orientation = exif.get(ExifTags.Base.Orientation, 1)
    except DAMAGED:
        return 1
    return orientation if isinstance(orientation, int) else 1


def _load16(parts: dict[bytes, bytes]) -> Pixels:
    columns, rows, _, number, _, _, interlaced = struct.unpack(">IIBBBBB", parts[b"IHDR"])
    colour, size, data = ColourType(number), (columns, rows), parts[b"IDAT"]
    samples = colour.channels
    if samples < 3:
        # One or two 16-bit samples look to the decoder like two or four 8-bit ones.
        mode = ColourType.of(2 * samples).name
        octets = np.asarray(Image.frombytes(mode, size, data, "zip", mode, interlaced))
        pixels = octets.reshape(rows, columns, samples, 2).view(">u2")[..., 0].astype(np.uint16)
        return with_colour(pixels) if samples == 2 else pixels[..., 0]
    # The decoder keeps one octet of each sample: the high one, or the low one when told the other byte order.
    mode = colour.name
    high, low = (
        np.asarray(Image.frombytes(mode, size, data, "zip", f"{mode};16{order}", interlaced)) for order in "BL"
    )
    colour_pixels: Pixels = high.astype(np.uint16) << 8 | low
    return colour_pixels


def _chunks(stream: BinaryIO) -> dict[bytes, bytes]:
    """Return the file's chunks by name, pieces of one name joined."""
    pieces: dict[bytes, list[bytes]] = {}
    stream.seek(len(_SIGNATURE))
    name = b""
    while name != b"IEND":
        length, name = struct.unpack(">I4s", stream.read(8))
        body = stream.read(length)
        (checksum,) = struct.unpack(">I", stream.read(4))
        if zlib.crc32(name + body) != checksum:
            raise ValueError(f"the checksum of its chunk {name.decode('latin-1')} is wrong")
        pieces.setdefault(name, []).append(body)
    return {name: b"".join(bodies) for name, bodies in pieces.items()}


def lacks(dtype: np.dtype[Any], shape: tuple[int, ...], pages: int) -> tuple[str, str] | None:
    """Return what a PNG cannot hold of so many such images, and a better format's extension."""
    if pages > 1:
        return f"{pages} pages", "tif"
    if dtype.name not in ("bool", "uint8", "uint16"):
        return f"{dtype} pixels", "tif"
    if dtype.kind == "b" and len(shape) == 3:
        return "colour of one bit", "tif"
    return None


def dump(stream: BinaryIO, pages: Sequence[Pixels]) -> None:
    """Write one bool, uint8 or uint16 image."""
    pixels = np.ascontiguousarray(pages[0])
    if pixels.dtype == np.uint16:
        stream.write(_encoded16(pixels))
    else:
        Image.fromarray(pixels).save(stream, format="PNG")


def _encoded16(pixels: Pixels) -> bytes:
    rows, columns = pixels.shape[:2]
    octets = pixels.astype(">u2").view(np.uint8).reshape(rows, -1)
    filtered = np.empty((rows, octets.shape[1] + 1), np.uint8)
    filtered[:, 0] = 2  # "Up": each row less the row above it
    filtered[0, 1:] = octets[0]
    filtered[1:, 1:] = octets[1:] - octets[:-1]
    header = struct.pack(">IIBBBBB", columns, rows, 16, ColourType.of(channels(pixels.shape)), 0, 0, 0)
    body = ((b"IHDR", header), (b"IDAT", zlib.compress(filtered.tobytes(), 6)), (b"IEND", b""))
    return _SIGNATURE + b"".join(_chunk(name, data) for name, data in body)


def _chunk(name: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))
