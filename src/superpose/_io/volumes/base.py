"""What a format of volumes is to the rest of superpose, and what the formats share."""

from __future__ import annotations

import zlib
from collections.abc import Callable
from dataclasses import dataclass
from math import prod
from pathlib import Path
from typing import Any, BinaryIO, Protocol

import numpy as np
from numpy.typing import NDArray

from superpose._exchange import Placed, held
from superpose._io.images.base import check_promise
from superpose.grid import Grid

# How many times its size deflated data may grow to.
DEFLATED = 1032
_PIECE = 2**20


@dataclass(frozen=True)
class Part:
    """One volume of a file: its shape, as the header says it, and what decodes it."""

    shape: tuple[int, ...]
    decode: Callable[[], Placed]

    @property
    def pixels(self) -> int:
        """How many there are."""
        return prod(self.shape)


class Format(Protocol):
    """One module of this folder."""

    @property
    def NAME(self) -> str:
        """What messages call it."""

    @property
    def EXTENSIONS(self) -> tuple[str, ...]:
        """Of the files that are written in it."""

    def recognises(self, start: bytes) -> bool:
        """Whether a file that begins with these bytes is of this format."""

    def load(self, path: Path, argument: str) -> list[Part]:
        """Return the file's volumes, none of them decoded yet; raise any error."""

    def dump(self, stream: BinaryIO, array: NDArray[Any], grid: Grid, scale: float, extension: str, /) -> None:
        """Write pixels on a grid, each of whose units is so many millimetres."""


def read_numbers(
    stream: BinaryIO, dtype: np.dtype[Any], shape: tuple[int, ...], deflated: bool, skipped: int = 0
) -> NDArray[Any]:
    """Return an array of numbers that begins here, behind so many bytes, in the machine's own byte order.

    Bytes of deflated data are skipped when they are inflated.

    Raises
    ------
    ValueError
        If there are too few, or compressed ones are damaged.
    """
    at, octets = stream.tell() + (0 if deflated else skipped), prod(shape) * dtype.itemsize
    check_promise(stream, octets + skipped, DEFLATED if deflated else 1)
    size = max(stream.seek(0, 2) - at, 0)
    stream.seek(at)
    if not deflated and size < octets:
        raise ValueError(f"it is cut off: it has {size} of {octets} bytes")
    array = np.empty(shape, dtype)
    room = memoryview(array.reshape(-1).view(np.uint8).data)
    if deflated:
        _inflate(stream, room, skipped)
    else:
        stream.readinto(room)  # type: ignore[attr-defined]
    return array.astype(dtype.newbyteorder("="), copy=False)


def _inflate(stream: BinaryIO, room: memoryview, skipped: int) -> None:
    """Fill room with what zlib's or gzip's data become behind so many bytes, and read on to their checksum."""
    decoder, filled = zlib.decompressobj(47), -skipped
    while not decoder.eof:
        piece = decoder.unconsumed_tail or stream.read(_PIECE)
        if not piece:
            raise ValueError(f"it is cut off: {max(filled, 0)} of {len(room)} bytes come out of it")
        wanted = min(-filled, _PIECE) if filled < 0 else max(len(room) - filled, 1)
        out = decoder.decompress(piece, wanted)
        if filled >= 0:
            if len(out) > len(room) - filled:
                raise ValueError(f"more than the {len(room)} bytes that its header promises come out of it")
            room[filled : filled + len(out)] = out
        filled += len(out)
    if filled < len(room):
        raise ValueError(f"it is cut off: {max(filled, 0)} of {len(room)} bytes come out of it")


def octets_of(array: NDArray[Any]) -> tuple[memoryview, np.dtype[Any]]:
    """Return pixels as files of volumes hold them, little-endian, and their dtype."""
    values = held(array)
    values = np.ascontiguousarray(values.astype(values.dtype.newbyteorder("<"), copy=False))
    return memoryview(values.reshape(-1).view(np.uint8).data), values.dtype


def field_of(fields: dict[str, str], name: str) -> str:
    """Return what a header says under a name.

    Raises
    ------
    ValueError
        If it says nothing.
    """
    if name not in fields:
        raise ValueError(f"its header does not say its {name}")
    return fields[name]


def numbers(values: Any) -> list[str]:
    """Return numbers as text that reads back to the same bits."""
    return [repr(float(each) + 0.0) for each in np.ravel(values)]


def beside(path: Path, name: str) -> Path:
    """Return the file that a header names, which has to lie in the header's own folder.

    Raises
    ------
    ValueError
        If it names a place elsewhere.
    """
    if not name or name in (".", "..") or Path(name).name != name or "\\" in name or "\0" in name:
        raise ValueError(f"its pixels are in {name!r}, which is no file beside it")
    return path.parent / name
