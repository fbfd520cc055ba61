"""What a TIFF says of itself before a pixel is decoded: how many pages it links, and what their strips hold."""

from __future__ import annotations

import struct
import zlib
from dataclasses import dataclass
from typing import Any, BinaryIO

# How many times as many bytes as it has a strip may decode to, by the number of its compression; others have no bound.
_EXPANDS = {1: 1, 5: 1500, 7: 1100, 8: 1032, 32773: 64, 32946: 1032}
_DEFLATE = (8, 32946)
# What headers may be wrong by, and what may be decoded to look whether it is more than was promised.
_SLACK, _UNSEEN = 4096, 2**28
MOST_PAGES = 100_000
# Tags of a page's width, length and kind (new and old), and of pages within it; whole numbers by their type's number.
_HEADING, _WITHIN = (256, 257, 254, 255), 330
_WHOLE = {1: "B", 3: "H", 4: "I", 16: "Q"}


@dataclass(frozen=True)
class Heading:
    """What a page says of itself: its size, whether it is another page again, smaller, and whether more lie within."""

    rows: int
    columns: int
    reduced: bool
    within: bool


class CutOff(ValueError):
    """The file ends before the chain of its pages does: `found` are those that it links before that."""

    def __init__(self, said: str, found: list[Heading]) -> None:
        super().__init__(said)
        self.found = found


def check_chain(stream: BinaryIO) -> list[Heading]:
    """Return what the pages say that the file's chain links, each inside the file.

    Raises
    ------
    CutOff
        If it is cut off.
    ValueError
        If it goes round.
    """
    size = stream.seek(0, 2)
    stream.seek(0)
    start = stream.read(16)
    order = "<" if start.startswith(b"II") else ">"
    big = start[2:4] in (b"+\0", b"\0+")
    counts, links = ("Q", "Q") if big else ("H", "I")
    entries = struct.Struct(f"{order}HH{links}{8 if big else 4}s")
    (at,) = struct.unpack_from(order + links, start, 8 if big else 4)
    seen: set[int] = set()
    found: list[Heading] = []
    while at:
        if at in seen:
            raise ValueError("its pages go round in a circle")
        if len(seen) == MOST_PAGES:
            raise ValueError(f"it links more than {MOST_PAGES} pages")
        seen.add(at)
        first = at + struct.calcsize(order + counts)
        try:
            (count,) = struct.unpack(order + counts, _read(stream, struct.calcsize(order + counts), at, size))
            octets = _read(stream, count * entries.size + struct.calcsize(links), first, size)
        except ValueError as error:
            raise CutOff(str(error), found) from error
        found.append(_heading(octets[: count * entries.size], entries, order))
        (at,) = struct.unpack(order + links, octets[count * entries.size :])
    return found


def _heading(octets: bytes, entries: struct.Struct, order: str) -> Heading:
    """Return what the entries of a page say of it."""
    said: dict[int, int] = {}
    for tag, kind, _, value in entries.iter_unpack(octets):
        if tag in _HEADING and kind in _WHOLE:
            said.setdefault(tag, struct.unpack_from(order + _WHOLE[kind], value)[0])
        elif tag == _WITHIN:
            said[tag] = 1
    columns, rows, new, old = (said.get(tag, 0) for tag in _HEADING)
    return Heading(rows, columns, bool(new & 1) or old == 2, _WITHIN in said)


def _read(stream: BinaryIO, count: int, at: int, size: int) -> bytes:
    if at + count > size:
        raise ValueError(f"it is cut off: it goes on at byte {at}, and has {size}")
    stream.seek(at)
    return stream.read(count)


def check_strips(stream: BinaryIO, page: Any) -> None:
    """Check that a page's strips or tiles can hold what its header promises, and hold no more.

    Raises
    ------
    ValueError
        If not.
    """
    counts = [int(count) for count in page.databytecounts]
    present = [count for count in counts if count]
    bits = page.bitspersample if isinstance(page.bitspersample, int) else max(page.bitspersample)
    if not 1 <= bits <= 64 or page.samplesperpixel < 1:
        raise ValueError(f"its header says that it has {page.samplesperpixel} samples of {bits} bits a pixel")
    whole = page.imagelength * -(-page.imagewidth * page.samplesperpixel * bits // 8)
    # A strip of no bytes is one that its writer left out because it is empty.
    promised = whole * len(present) // max(len(counts), 1)
    compression = int(page.compression)
    expands = _EXPANDS.get(compression)
    if expands is not None and promised > expands * (sum(present) + _SLACK * (expands > 1)):
        raise ValueError(f"it is cut off: {sum(present)} bytes cannot hold the {promised} that its header promises")
    if page.is_tiled:
        one = page.tilelength * page.tilewidth * page.samplesperpixel * -(-bits // 8)
    else:
        one = min(whole, page.rowsperstrip * -(-page.imagewidth * page.samplesperpixel * bits // 8))
    if compression != 1 and max(present, default=0) > 2 * one + 16 * _SLACK:
        raise ValueError(f"a strip of {max(present)} bytes holds more than the {one} that its header promises")
    if compression in _DEFLATE:
        for offset, count in zip(page.dataoffsets, counts, strict=False):
            if count * _EXPANDS[compression] > _UNSEEN:
                _check_inflated(stream, int(offset), count, one)


def _check_inflated(stream: BinaryIO, offset: int, count: int, promised: int) -> None:
    """Inflate a strip piece by piece, keeping nothing, to see that it ends where it should."""
    stream.seek(offset)
    reader, rest, made = zlib.decompressobj(), stream.read(count), 0
    while rest and not reader.eof:
        piece = reader.decompress(rest, 2**20)
        rest, made = reader.unconsumed_tail, made + len(piece)
        if made > promised + _SLACK:
            raise ValueError(f"a strip inflates to more than the {promised} bytes that its header promises")
        if not piece and not rest:
            return
