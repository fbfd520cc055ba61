"""TIFF, read and written with tifffile; compressions it has no decoder for, with Pillow."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Iterator
from functools import partial
from typing import TYPE_CHECKING, Any, BinaryIO

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from superpose._io.images.base import (
    Page,
    Pixels,
    channels,
    needs_codecs,
    oriented,
    pixels_of,
    with_colour,
)
from superpose._io.images.ifds import CutOff, Heading, check_chain, check_strips
from superpose._io.reading import DAMAGED, NotYet

if TYPE_CHECKING:
    from PIL import TiffImagePlugin

# The side of what is written in tiles.
_TILE = 256

NAME, EXTENSIONS, ANIMATED = "TIFF", (".tif", ".tiff"), False


def recognises(start: bytes) -> bool:
    """Whether a file that begins with these bytes is a TIFF."""
    return start.startswith((b"II*\0", b"MM\0*", b"II+\0", b"MM\0+"))  # the last two: BigTIFF


def load(stream: BinaryIO) -> list[Page]:
    """Return the pages, each in its own dtype, the way its orientation says to display it."""
    return _pages(stream, check_chain(stream))


def load_whole(stream: BinaryIO) -> tuple[list[Page], str]:
    """Return the pages as `load` does, of a file that is cut off those before that, and what is wrong with it."""
    try:
        return load(stream), ""
    except CutOff as error:
        if not error.found:
            raise
        return _pages(stream, error.found), str(error)


def _pages(stream: BinaryIO, linked: list[Heading]) -> list[Page]:
    import tifffile

    stream.seek(0)
    pages: Any = tifffile.TiffFile(stream, name="image").pages
    if not len(pages):
        raise ValueError("it holds no image")
    if len(pages) < len(linked):
        raise ValueError(f"it links {len(linked)} pages, and only {len(pages)} of them can be read")
    # Thumbnails and the lower levels of a pyramid are the same picture again.
    full = [index for index, each in enumerate(linked) if not each.reduced]
    if not full and any(each.within for each in linked):
        raise NotYet("a TIFF of thumbnails of what is stored within, as cameras' raw files are")
    return [
        Page(linked[index].rows, linked[index].columns, partial(_load, stream, pages, index))
        for index in full or range(len(linked))
    ]


def _load(stream: BinaryIO, pages: Any, index: int) -> Pixels:
    from tifffile import COMPRESSION, PHOTOMETRIC

    page = pages[index]
    colours = page.photometric
    if colours in (PHOTOMETRIC.CIELAB, PHOTOMETRIC.ICCLAB, PHOTOMETRIC.ITULAB):
        raise NotYet(f"a TIFF of {PHOTOMETRIC(colours).name} colours")
    if page.dtype is not None and page.dtype.kind == "c":
        raise NotYet("a TIFF of complex numbers")
    check_strips(stream, page)
    if colours == PHOTOMETRIC.YCBCR and page.compression not in (COMPRESSION.OJPEG, COMPRESSION.JPEG):
        return pixels_of(_opened(stream, index))
    try:
        pixels = page.asarray()
    except (KeyError, ValueError, ImportError) as error:
        # Newer Pythons have decoders in their own library, for which it looks first.
        if "imagecodecs" not in str(error) and not isinstance(error, ImportError):
            raise
        return _in_colour(_by_pillow(stream, index, page), page)
    return _in_colour(_as_displayed(pixels, page), page)


def tiled(stream: BinaryIO, number: int | None) -> tuple[int, tuple[int, ...], np.dtype[Any]] | None:
    """Return which page is the picture, its shape and dtype, if its tiles or strips are as they are displayed.

    None where they are not, and where there is not one picture and none was chosen.
    """
    import tifffile

    full = [index for index, each in enumerate(check_chain(stream)) if not each.reduced]
    if (number is None and len(full) != 1) or (number is not None and number >= len(full)):
        return None
    stream.seek(0)
    index = full[number or 0]
    page: Any = tifffile.TiffFile(stream, name="image").pages[index]
    plain = page.photometric in (tifffile.PHOTOMETRIC.MINISBLACK, tifffile.PHOTOMETRIC.RGB)
    upright = "Orientation" not in page.tags or page.tags["Orientation"].value == 1
    decoded = page.dtype is not None and page.dtype.kind in "buif"
    few = page.axes == "YX" or (page.axes == "YXS" and page.shape[-1] in (3, 4))
    if not (plain and upright and decoded and few) or page.imagedepth != 1:
        return None
    try:
        # What has no decoder is known by one tile.
        load_part(stream, index, (slice(0, 1), slice(0, 1)))
    except (KeyError, ValueError, ImportError):
        return None
    return index, page.shape, page.dtype.newbyteorder("=")


def load_part(stream: BinaryIO, index: int, box: tuple[slice, slice]) -> Pixels:
    """Return some rows and columns of a page that is one of `tiled`: those tiles or strips are decoded."""
    import tifffile

    stream.seek(0)
    page: Any = tifffile.TiffFile(stream, name="image").pages[index]
    rows, columns = box
    out = np.zeros(
        (rows.stop - rows.start, columns.stop - columns.start, *page.shape[2:]), page.dtype.newbyteorder("=")
    )
    high, wide = (page.tilelength, page.tilewidth) if page.is_tiled else (page.rowsperstrip, page.imagewidth)
    high = min(high, page.imagelength)
    across = -(-page.imagewidth // wide)
    if page.is_contiguous:
        return _contiguous(stream, page, rows, columns)
    for down in range(rows.start // high, -(-rows.stop // high)):
        for right in range(columns.start // wide, -(-columns.stop // wide)):
            number = down * across + right
            if not page.databytecounts[number]:  # a tile that was left out holds nothing
                continue
            octets = _stored(stream, page.dataoffsets[number], page.databytecounts[number])
            decoded, _, size = page.decode(octets, number, jpegtables=page.jpegtables)
            tile = decoded[0, : size[1], : size[2]].reshape(size[1], size[2], *page.shape[2:])
            top, left = down * high, right * wide
            r = slice(max(rows.start, top), min(rows.stop, top + size[1]))
            c = slice(max(columns.start, left), min(columns.stop, left + size[2]))
            out[r.start - rows.start : r.stop - rows.start, c.start - columns.start : c.stop - columns.start] = tile[
                r.start - top : r.stop - top, c.start - left : c.stop - left
            ]
    return out


def _stored(stream: BinaryIO, at: int, count: int) -> bytes:
    """Return so many bytes of a file, all of them."""
    stream.seek(at)
    octets = stream.read(count)
    if len(octets) < count:
        raise ValueError(f"it is cut off: {count} bytes at {at} are promised, and {len(octets)} are there")
    return octets


def _contiguous(stream: BinaryIO, page: Any, rows: slice, columns: slice) -> Pixels:
    """Return some rows and columns of a page whose numbers follow each other in the file."""
    each = page.imagewidth * int(np.prod(page.shape[2:], dtype=int))
    dtype = page.dtype.newbyteorder(page.parent.byteorder)
    start = page.dataoffsets[0] + rows.start * each * dtype.itemsize
    numbers = np.frombuffer(_stored(stream, start, (rows.stop - rows.start) * each * dtype.itemsize), dtype)
    whole = numbers.reshape(rows.stop - rows.start, *page.shape[1:])
    return whole[:, columns].astype(dtype.newbyteorder("="))


def _in_colour(pixels: Pixels, page: Any) -> Pixels:
    """Return the colours of palettes and of inks."""
    from tifffile import PHOTOMETRIC

    if page.photometric == PHOTOMETRIC.PALETTE and page.colormap is not None and pixels.ndim == 2:
        table = page.colormap
        # Eight bits are written in the upper half of 16, or in both.
        table = table if (table % 257).any() and (table % 256).any() else (table >> 8).astype(np.uint8)
        return np.ascontiguousarray(np.moveaxis(table[:, pixels], 0, -1))
    if page.photometric == PHOTOMETRIC.SEPARATED:
        if pixels.dtype != np.uint8 or pixels.ndim != 3 or pixels.shape[2] != 4:
            raise NotYet(f"a TIFF of {channels(pixels.shape)} inks of {pixels.dtype}, not four of uint8")
        rows, columns, _ = pixels.shape
        return np.array(Image.frombytes("CMYK", (columns, rows), np.ascontiguousarray(pixels).tobytes()).convert("RGB"))
    return pixels


def _as_displayed(pixels: Pixels, page: Any) -> Pixels:
    from tifffile import EXTRASAMPLE, PHOTOMETRIC

    if page.axes == "SYX":
        pixels = np.moveaxis(pixels, 0, -1)
    pixels = pixels.astype(pixels.dtype.newbyteorder("="), copy=False)
    if page.photometric == PHOTOMETRIC.MINISWHITE and pixels.dtype.kind in "bu":
        pixels = ~pixels
    if pixels.ndim == 3 and pixels.shape[2] == 2 and EXTRASAMPLE.UNSPECIFIED not in page.extrasamples:
        pixels = with_colour(pixels)
    orientation = page.tags.get("Orientation")
    return oriented(pixels, orientation.value if orientation else 1)


def _by_pillow(stream: BinaryIO, index: int, page: Any) -> Pixels:
    """Decode by libtiff, oriented as displayed; what Pillow would quietly make 8-bit is refused."""
    needs = f"compression {page.compression.name} at {page.dtype}"
    try:
        image = _opened(stream, index)
    except DAMAGED as error:
        raise needs_codecs(needs) from error
    if image.mode.startswith("RGB") and page.dtype == np.uint16:
        # Its images hold one octet of each sample: the high one, or the low one if told the other byte order.
        low, high = "BL" if sys.byteorder == "little" else "LB"
        return _octets(stream, index, high).astype(np.uint16) << 8 | _octets(stream, index, low)
    image.load()
    pixels = np.array(image)
    if pixels.dtype.newbyteorder("=") != page.dtype or pixels.size != np.prod(page.shape):
        raise needs_codecs(needs)
    return pixels.astype(pixels.dtype.newbyteorder("="), copy=False)


def _opened(stream: BinaryIO, index: int) -> TiffImagePlugin.TiffImageFile:
    from PIL import TiffImagePlugin

    stream.seek(0)
    image = TiffImagePlugin.TiffImageFile(stream)
    image.seek(index)
    return image


def _octets(stream: BinaryIO, index: int, order: str) -> NDArray[np.uint8]:
    image = _opened(stream, index)
    tiles = []
    for tile in image.tile:
        mode, *rest = tuple(tile.args or ("unknown",))
        if tile.codec_name != "libtiff" or not mode.endswith(";16N"):
            raise needs_codecs(f"layout {mode}")
        tiles.append(tile._replace(args=(mode[:-1] + order, *rest)))
    image.tile = tiles
    image.load()
    return np.asarray(image)


def lacks(dtype: np.dtype[Any], shape: tuple[int, ...], _pages: int) -> tuple[str, str] | None:
    """Return what a TIFF cannot hold of such images, and a better format's extension."""
    if dtype.kind == "b" and len(shape) == 3:
        return "colour of one bit", "tif"
    return None


def dump(stream: BinaryIO, pages: Iterable[Pixels], room: int = 0, description: str | None = None) -> None:
    """Write images of any dtype as pages of one file, one after the other, which take about so many bytes."""
    import tifffile

    with tifffile.TiffWriter(stream, bigtiff=room > 2**32 - 2**25) as file:
        for page in pages:
            alpha = ["unassalpha"] if page.ndim == 3 and page.shape[2] == 4 else None
            file.write(
                page,
                photometric="rgb" if page.ndim == 3 else "minisblack",
                extrasamples=alpha,
                description=description,
                metadata=None,
                software="superpose",
            )


def dump_bands(
    stream: BinaryIO,
    shape: tuple[int, ...],
    dtype: np.dtype[Any],
    bands: Iterable[Pixels],
    description: str | None = None,
) -> None:
    """Write an image, of which some rows come at a time from the top, in tiles."""
    import tifffile

    def tiles() -> Iterator[Pixels]:
        kept = np.empty((0, *shape[1:]), dtype)
        done = 0
        for band in bands:
            kept = np.concatenate([kept, band])
            done += len(band)
            while len(kept) >= _TILE or (done == shape[0] and len(kept)):
                for left in range(0, shape[1], _TILE):
                    tile = kept[:_TILE, left : left + _TILE]
                    whole = np.zeros((_TILE, _TILE, *shape[2:]), dtype)
                    whole[: tile.shape[0], : tile.shape[1]] = tile
                    yield whole
                kept = kept[_TILE:]

    room = int(np.prod(shape)) * dtype.itemsize
    with tifffile.TiffWriter(stream, bigtiff=room > 2**32 - 2**25) as file:
        file.write(
            tiles(),
            shape=shape,
            dtype=dtype,
            tile=(_TILE, _TILE),
            photometric="rgb" if len(shape) == 3 else "minisblack",
            extrasamples=["unassalpha"] if len(shape) == 3 and shape[2] == 4 else None,
            description=description,
            metadata=None,
            software="superpose",
        )
