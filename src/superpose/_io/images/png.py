"""PNG, read and written with Pillow; 16 bits a channel by its zlib decoder, for its images hold only 8."""

from __future__ import annotations

import struct
import zlib
from collections.abc import Iterator, Sequence
from enum import IntEnum
from functools import partial
from typing import Any, BinaryIO

import numpy as np
from PIL import ExifTags, Image, PngImagePlugin

from superpose._io.images.base import (
    Page,
    Pixels,
    channels,
    check_promise,
    orientation_of,
    oriented,
    pixels_of,
    with_colour,
)
from superpose._io.reading import DAMAGED

# The number of the colour type whose pixels are numbers of a palette's colours.
_PALETTE = 3
# How many times its size deflate may decode to.
_EXPANDS = 1032
NAME, EXTENSIONS, ANIMATED = "PNG", (".png",), False
_SIGNATURE = b"\x89PNG\r\n\x1a\n"
# What is decoded at once, in bytes, and of how much of the file: what is left of that is copied each time.
_BAND, _FED = 2**22, 2**16
# Where a file's chunks of one name lie, and how long they are.
Places = list[tuple[int, int]]
# The windows of a picture whose pixels come one after another: all of it, or by Adam M. Costello's seven passes.
_WHOLE = ((slice(None), slice(None)),)
_STEPS = ((0, 0, 8, 8), (0, 4, 8, 8), (4, 0, 8, 4), (0, 2, 4, 4), (2, 0, 4, 2), (0, 1, 2, 2), (1, 0, 2, 1))
_PASSES = tuple((slice(top, None, down), slice(left, None, right)) for top, left, down, right in _STEPS)


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
        return oriented(_load16(stream, parts), _orientation(parts, stream))
    image = PngImagePlugin.PngImageFile(stream)
    return oriented(pixels_of(image), orientation_of(image))


def _orientation(parts: dict[bytes, Places], stream: BinaryIO) -> int:
    exif = Image.Exif()
    try:
        exif.load(b"".join(_bodies(stream, parts.get(b"eXIf", []))))
        orientation = exif.get(ExifTags.Base.Orientation, 1)
    except DAMAGED:
        return 1
    return orientation if isinstance(orientation, int) else 1


def _load16(stream: BinaryIO, parts: dict[bytes, Places]) -> Pixels:
    (header,) = _bodies(stream, parts[b"IHDR"])
    columns, rows, _, number, _, _, interlaced = struct.unpack(">IIBBBBB", header)
    samples = ColourType(number).channels
    pixels = np.empty((rows, columns, samples), np.uint16)
    inflated = _Inflated(_bodies(stream, parts[b"IDAT"]))
    for window in _PASSES if interlaced else _WHOLE:
        part = pixels[window]
        if not part.size:
            continue
        count = max(1, _BAND // part[0].nbytes)
        for first in range(0, part.shape[0], count):
            band = part[first : first + count]
            band[...] = _unfiltered(inflated, band.shape, part[first - 1] if first else None)
    if samples == 2:
        return with_colour(pixels)
    return pixels if samples > 1 else pixels[..., 0]


class _Inflated:
    """What compressed pieces decode to, from the first byte to the last."""

    def __init__(self, pieces: Iterator[bytes]) -> None:
        self._pieces = (piece[at : at + _FED] for piece in pieces for at in range(0, len(piece), _FED))
        self._reader, self._rest = zlib.decompressobj(), b""

    def read(self, count: int) -> bytes:
        """Return the next bytes.

        Raises
        ------
        ValueError
            If there are not so many.
        """
        made = []
        while count:
            if not self._rest:
                self._rest = next(self._pieces, b"")
            piece = self._reader.decompress(self._rest, count)
            if not piece and not self._rest:
                raise ValueError("it is cut off: its pixels are fewer than its header promises")
            self._rest = self._reader.unconsumed_tail
            made.append(piece)
            count -= len(piece)
        return b"".join(made)


def _unfiltered(inflated: _Inflated, shape: tuple[int, ...], above: Pixels | None) -> Pixels:
    """Return some rows of 16-bit samples, given the row above them, decoded by Pillow as 8-bit ones."""
    rows, columns, samples = shape
    octets = inflated.read(rows * (1 + 2 * columns * samples))
    if above is not None:  # as a row without a filter
        octets = b"\0" + above.astype(">u2").tobytes() + octets
        rows += 1
    # One or two 16-bit samples look to the decoder like two or four 8-bit ones; of three or four it keeps one octet of
    # each sample: the high one, or the low one when told the other byte order.
    mode = ColourType.of(2 * samples if samples < 3 else samples).name
    raws = (mode,) if samples < 3 else (f"{mode};16B", f"{mode};16L")
    packed = zlib.compress(octets, 0)
    parts = [np.asarray(Image.frombytes(mode, (columns, rows), packed, "zip", raw, 0)) for raw in raws]
    if samples < 3:
        pixels = parts[0].reshape(rows, columns, samples, 2).view(">u2")[..., 0]
    else:
        pixels = parts[0].astype(np.uint16) << 8 | parts[1]
    return pixels[above is not None :]


def _chunks(stream: BinaryIO) -> dict[bytes, Places]:
    """Return where the file's chunks lie, by name."""
    places: dict[bytes, Places] = {}
    stream.seek(len(_SIGNATURE))
    name = b""
    while name != b"IEND":
        length, name = struct.unpack(">I4s", stream.read(8))
        places.setdefault(name, []).append((stream.tell(), length))
        stream.seek(length + 4, 1)
    return places


def _bodies(stream: BinaryIO, places: Places) -> Iterator[bytes]:
    """Return what chunks hold, one by one.

    Raises
    ------
    ValueError
        If one is damaged.
    """
    for at, length in places:
        stream.seek(at - 4)
        name, body = stream.read(4), stream.read(length)
        (checksum,) = struct.unpack(">I", stream.read(4))
        if zlib.crc32(name + body) != checksum:
            raise ValueError(f"the checksum of its chunk {name.decode('latin-1')} is wrong")
        yield body


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
    packer, packed, above = zlib.compressobj(6), [], np.zeros((1, 0), np.uint8)
    band = max(1, _BAND // (pixels.nbytes // rows))
    for first in range(0, rows, band):
        octets = pixels[first : first + band].astype(">u2").view(np.uint8).reshape(-1, pixels.nbytes // rows)
        before = np.concatenate([above if first else np.zeros_like(octets[:1]), octets[:-1]])
        filtered = np.empty((len(octets), octets.shape[1] + 1), np.uint8)
        filtered[:, 0] = 2  # "Up": each row less the row above it
        np.subtract(octets, before, out=filtered[:, 1:])
        packed.append(packer.compress(filtered.tobytes()))
        above = octets[-1:]
    header = struct.pack(">IIBBBBB", columns, rows, 16, ColourType.of(channels(pixels.shape)), 0, 0, 0)
    body = ((b"IHDR", header), (b"IDAT", b"".join(packed) + packer.flush()), (b"IEND", b""))
    return _SIGNATURE + b"".join(_chunk(name, data) for name, data in body)


def _chunk(name: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))
