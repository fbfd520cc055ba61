"""FITS, read and written with astropy, an extra; the first row is the lowest one on the sky, as astropy has them."""

from __future__ import annotations

import gzip
import re
import zlib
from collections.abc import Sequence
from functools import partial
from io import BytesIO
from math import prod
from pathlib import Path
from typing import Any, BinaryIO, cast

import numpy as np

from superpose._exchange import extra_package
from superpose._io.images.base import Page, Pixels, check_promise
from superpose._io.reading import chosen

NAME, EXTENSIONS, ANIMATED = "FITS", (".fits", ".fit", ".fts"), False

# How many times its size a file may decode to: gzip, or runs of one value in tiles.
_DEFLATED, _TILES = 1032, 10_000
_MOST_PLANES = 10**6
# What says where the first two axes lie on the sky: names as the standard, SIP and IRAF have them.
_SKY = re.compile(
    r"(WCSAXES|WCSNAME|RADESYS|EQUINOX|LONPOLE|LATPOLE|(CTYPE|CRVAL|CRPIX|CDELT|CUNIT|CROTA)[12]|(CD|PC)[12]_[12]"
    r"|P[VS][12]_\d+)[A-Z]?|(AP?|BP?)_(ORDER|DMAX|\d_\d)|EPOCH|WAT[012]_\d+"
)


def recognises(start: bytes) -> bool:
    """Whether a file that begins with these bytes is a FITS, compressed as a whole or not."""
    if start.startswith(b"\x1f\x8b"):
        try:
            start = zlib.decompressobj(31).decompress(start, 16)
        except zlib.error:
            return False
    return start.startswith(b"SIMPLE  =")


def load(stream: BinaryIO) -> list[Page]:
    """Return the images of all its parts, of a cube each plane; the first stands for the file unless it is such one."""
    return [Page(*shape, partial(_decoded, hdu, plane), stands=plane is None) for hdu, shape, plane in _images(stream)]


def _images(stream: BinaryIO) -> list[tuple[Any, tuple[int, int], tuple[int, ...] | None]]:
    """Return the part of each image, the image's shape, and which plane of the part it is."""
    fits = extra_package("astropy.io.fits", "astropy", "a FITS file", "astro")
    stream.seek(0)
    packed = stream.read(2) == b"\x1f\x8b"
    stream.seek(0)
    opened = cast("BinaryIO", gzip.GzipFile(fileobj=stream)) if packed else stream
    found = []
    for hdu in fits.open(opened, memmap=False):
        if not hdu.is_image or len(hdu.shape) < 2:
            continue
        octets = prod(hdu.shape) * abs(int(hdu.header["BITPIX"])) // 8
        check_promise(stream, octets, _DEFLATED if packed else _TILES if isinstance(hdu, fits.CompImageHDU) else 1)
        *planes, rows, columns = hdu.shape
        # Axes of one element are radio astronomy's: frequency, polarisation.
        several = prod(planes) > 1
        if prod(planes) > _MOST_PLANES:
            raise ValueError(f"its header promises {prod(planes)} planes")
        for plane in np.ndindex(*planes):
            found.append((hdu, (rows, columns), plane if several else None))
    if not found:
        raise ValueError("it holds no image")
    return found


def _decoded(hdu: Any, plane: tuple[int, ...] | None) -> Pixels:
    # Astropy takes these out of the header with the first pixels.
    blank, zero = hdu.header.get("BLANK"), hdu.header.get("BZERO", 0)
    pixels = np.asarray(hdu.data if plane is None else hdu.section[plane])
    pixels = pixels.reshape(pixels.shape[-2:])
    # Of integers with an offset alone astropy keeps the number that stands for missing.
    if blank is not None and pixels.dtype.kind in "iu" and (missing := pixels == int(blank) + int(zero)).any():
        pixels = np.where(missing, np.nan, pixels)
    return np.ascontiguousarray(pixels.astype(pixels.dtype.newbyteorder("="), copy=False))


def lacks(dtype: np.dtype[Any], shape: tuple[int, ...], _pages: int) -> tuple[str, str] | None:
    """Return what a FITS cannot hold of such images, and a better format's extension."""
    extra_package("astropy.io.fits", "astropy", "a FITS file", "astro")
    if len(shape) == 3:
        return "colour", "tif"
    return (f"{dtype} pixels", "png" if dtype.kind == "b" else "tif") if dtype.name in ("bool", "float16") else None


def dump(stream: BinaryIO, pages: Sequence[Pixels]) -> None:
    """Write images as the parts of one file."""
    dump_on_sky(stream, pages, None)


def dump_on_sky(stream: BinaryIO, pages: Sequence[Pixels], sky: Any) -> None:
    """Write images with what `sky_of` says of where their pixels lie."""
    fits = extra_package("astropy.io.fits", "astropy", "a FITS file", "astro")
    parts = [fits.PrimaryHDU(pages[0], sky), *(fits.ImageHDU(page, sky) for page in pages[1:])]
    made = BytesIO()  # of other streams astropy asks for their names and modes
    fits.HDUList(parts).writeto(made)
    stream.write(made.getbuffer())


def sky_of(path: Path, number: int | None, option: str = "page=") -> Any:
    """Return the part of a FITS image's header that says where its pixels lie on the sky; None of another file."""
    with path.open("rb") as stream:
        start = stream.read(1024)
        if not recognises(start):
            return None
        fits = extra_package("astropy.io.fits", "astropy", "a FITS file", "astro")
        hdu, _, _ = chosen(_images(stream), number or 0, option)
        cards = [card for card in hdu.header.cards if _SKY.fullmatch(card.keyword)]
        return fits.Header([card if not card.keyword.startswith("WCSAXES") else (card.keyword, 2) for card in cards])
