"""Headers that promise more than a file holds, or than a computer does, cost nothing but a sentence."""

from __future__ import annotations

import resource
import struct
import zlib
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import tifffile
from PIL import Image

from superpose._io.images import read_image, read_pages, write_image, write_pages
from superpose.errors import InputError
from tests.cli.conftest import Run

CUT_OFF = "cannot hold the [0-9]+ that its header promises"


def png(rows: int, columns: int, depth: int, colour: int, data: bytes = bytes(10)) -> bytes:
    parts = (
        (b"IHDR", struct.pack(">IIBBBBB", columns, rows, depth, colour, 0, 0, 0)),
        (b"IDAT", zlib.compress(data, 9)),
    )
    return b"\x89PNG\r\n\x1a\n" + b"".join(
        struct.pack(">I", len(body)) + name + body + struct.pack(">I", zlib.crc32(name + body))
        for name, body in (*parts, (b"IEND", b""))
    )


def tiff(
    rows: int,
    columns: int,
    bits: int = 8,
    samples: int = 1,
    compression: int = 1,
    data: bytes = bytes(64),
    **changed: int,
) -> bytes:
    tags = {256: columns, 257: rows, 258: bits, 259: compression, 262: 1 if samples == 1 else 2, 273: 0, 277: samples,
            278: rows, 279: len(data)}  # fmt: skip
    tags |= {int(tag[1:]): value for tag, value in changed.items()}
    tags[273] = 8 + 2 + 12 * len(tags) + 4
    entries = b"".join(struct.pack("<HHII", tag, 4, 1, value) for tag, value in sorted(tags.items()))
    return b"II*\0" + struct.pack("<IH", 8, len(tags)) + entries + bytes(4) + data


def jpeg(rows: int, columns: int, folder: Path) -> bytes:
    Image.new("L", (16, 16)).save(folder / "small.jpg")
    octets = bytearray((folder / "small.jpg").read_bytes())
    at = octets.find(b"\xff\xc0") + 5
    octets[at : at + 4] = struct.pack(">HH", rows, columns)
    return bytes(octets)


@cache
def packed_zeros() -> bytes:
    """Half a gigabyte of them, never all of it in memory: what is held here could not be measured there."""
    packer = zlib.compressobj(9)
    return b"".join(packer.compress(bytes(2**20)) for _ in range(2**9)) + packer.flush()


BOMBS: dict[str, tuple[Any, str]] = {
    "png, too many": (png(60000, 60000, 8, 0), "says that it has 3600000000 pixels, more than the 1000000000"),
    "png, 16 bits of colour": (png(20000, 20000, 16, 2), CUT_OFF),
    "png, 16 bits of grey": (png(20000, 20000, 16, 0), CUT_OFF),
    "png, 1 bit": (png(30000, 30000, 1, 0), CUT_OFF),
    "png of a palette": (png(30000, 30000, 8, 3), CUT_OFF),
    "tiff, too many": (tiff(60000, 60000), "says that it has 3600000000 pixels"),
    "tiff, plain": (tiff(20000, 20000), CUT_OFF),
    "tiff, deflate": (tiff(20000, 20000, compression=8, data=zlib.compress(bytes(100))), CUT_OFF),
    "tiff, lzw": (tiff(20000, 20000, compression=5), CUT_OFF),
    "tiff, packbits": (tiff(20000, 20000, compression=32773), CUT_OFF),
    # Packed when they are asked for: whoever runs any test would wait for it.
    "tiff, a strip that inflates": (
        lambda _: tiff(8, 8, compression=8, data=packed_zeros()), "holds more than the 64 that its",
    ),
    "tiff, a strip that inflates, of a larger picture": (
        lambda _: tiff(600, 600, compression=8, data=packed_zeros()), "inflates to more than the 360000 bytes",
    ),
    "tiff, no columns": (tiff(64, 0), "its header says that it has no pixels"),
    "tiff, no samples": (tiff(64, 64, samples=0), "0 samples of 8 bits a pixel"),
    "tiff, no bits": (tiff(64, 64, bits=0), "1 samples of 0 bits a pixel"),
    "tiff, tiles of no size": (tiff(64, 64, data=bytes(4096), t322=0, t323=0, t324=150, t325=4096), "no complete"),
    "jpeg, too many": (lambda folder: jpeg(65500, 65500, folder), "says that it has 4290250000 pixels"),
    "jpeg": (lambda folder: jpeg(20000, 20000, folder), CUT_OFF),
}  # fmt: skip


@pytest.mark.parametrize("name", BOMBS)
def test_what_a_header_only_promises_is_not_allocated(tmp_path: Path, name: str) -> None:
    content, says = BOMBS[name]
    (tmp_path / "bomb").write_bytes(content(tmp_path) if callable(content) else content)
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    with pytest.raises(InputError, match=rf"fixed is '.*bomb', .*{says}"):
        read_image(tmp_path / "bomb", "fixed")
    # Kilobytes; what a message and a module cost is no more than this.
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 50_000


def test_a_strip_that_inflates_to_what_it_promises_is_read(tmp_path: Path) -> None:
    image = np.random.default_rng(0).integers(0, 4, (1500, 1500), np.uint8)
    (tmp_path / "a.tif").write_bytes(tiff(1500, 1500, compression=8, data=zlib.compress(image.tobytes())))
    np.testing.assert_array_equal(read_image(tmp_path / "a.tif", "fixed"), image)


def test_the_limit_is_the_caller_s(tmp_path: Path) -> None:
    image = np.zeros((30, 40), np.uint8)
    write_image(tmp_path / "a.png", image, "output")
    assert read_image(tmp_path / "a.png", "fixed", max_pixels=1200).shape == (30, 40)
    with pytest.raises(
        InputError, match=r"1200 pixels, more than the 1199 that are read \(max_pixels\); pass a larger max_pixels= "
    ):
        read_image(tmp_path / "a.png", "fixed", max_pixels=1199)
    write_pages(tmp_path / "a.tif", [image] * 3, "output")
    assert read_image(tmp_path / "a.tif", "fixed", 2, max_pixels=1200).shape == (30, 40)
    with pytest.raises(InputError, match="3600 pixels, more than the 3599"):
        read_pages(tmp_path / "a.tif", "image", None, "--page", max_pixels=3599)


@pytest.mark.parametrize("verb", ["align fixed.png moving.png", "landscape fixed.png moving.png", "plate fixed.png"])
def test_on_the_command_line(folder: Path, run: Run, verb: str) -> None:
    ended = run(*verb.split(), "-o", "out.png", "--max-pixels", 20479)
    assert ended.code == 2 and "20480 pixels, more than the 20479 that are read" in ended.err


@pytest.mark.parametrize("big", [False, True])
@pytest.mark.parametrize("order", ["<", ">"])
def test_a_file_cut_off_in_a_later_page_is_no_shorter_file(tmp_path: Path, big: bool, order: str) -> None:
    path, page = tmp_path / "a.tif", np.ones((20, 30), np.uint8)
    with tifffile.TiffWriter(path, bigtiff=big, byteorder=order) as file:
        for _ in range(4):
            file.write(page, contiguous=False, metadata=None)
    with tifffile.TiffFile(path) as file:
        starts = [page.offset for page in file.pages]
    whole = path.read_bytes()
    assert len(read_pages(path, "image", None, "--page")) == 4
    for at in (starts[2] + 1, starts[2] + 30, starts[3]):
        path.write_bytes(whole[:at])
        for page_asked in (None, 0):
            with pytest.raises(InputError, match="it is cut off: it goes on at byte"):
                read_image(path, "image", page_asked)


def test_pages_that_go_round(tmp_path: Path) -> None:
    octets = bytearray(tiff(8, 8))
    octets[8 + 2 + 12 * 9 : 8 + 2 + 12 * 9 + 4] = struct.pack("<I", 8)
    (tmp_path / "a.tif").write_bytes(octets)
    with pytest.raises(InputError, match="its pages go round in a circle"):
        read_image(tmp_path / "a.tif", "fixed")
