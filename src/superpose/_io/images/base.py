"""What an image format is to the rest of superpose, and what the formats share."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, BinaryIO, Protocol

import numpy as np
from numpy.typing import NDArray
from PIL import ExifTags, Image

from superpose._io.reading import DAMAGED, NeedsCodecs, NotYet

Pixels = NDArray[Any]

# The largest image that is read unless the caller allows more: a header of a few bytes can promise any size.
MAX_PIXELS = 10**9


@dataclass(frozen=True)
class Page:
    """One image of a file: its size, as the header says it, what decodes it, and whether it stands for the file."""

    rows: int
    columns: int
    decode: Callable[[], Pixels]
    stands: bool = False

    @property
    def pixels(self) -> int:
        """How many there are."""
        return self.rows * self.columns


def needs_codecs(what: str) -> NeedsCodecs:
    """Return that error."""
    return NeedsCodecs(what)


def check_promise(stream: BinaryIO, octets: int, expands: int) -> None:
    """Check that a file can hold what its header promises, given how many times its size it may decode to.

    Raises
    ------
    ValueError
        If not: nothing of that size is allocated.
    """
    size = stream.seek(0, 2)
    if octets > expands * (size + 4096):
        raise ValueError(f"it is cut off: {size} bytes cannot hold the {octets} that its header promises")


class Format(Protocol):
    """One module of this folder."""

    @property
    def NAME(self) -> str:
        """What messages call it."""

    @property
    def EXTENSIONS(self) -> tuple[str, ...]:
        """Of the files that are written in it."""

    @property
    def ANIMATED(self) -> bool:
        """Whether the first of a file's images stands for it, unless another one is asked for."""

    def recognises(self, start: bytes) -> bool:
        """Whether a file that begins with these bytes is of this format."""

    def load(self, stream: BinaryIO) -> list[Page]:
        """Return the file's images, thumbnails left out, none of them decoded yet; raise one of `DAMAGED`."""

    def lacks(self, dtype: np.dtype[Any], shape: tuple[int, ...], pages: int, /) -> tuple[str, str] | None:
        """Return what the format cannot hold of so many such images, and a better one's extension."""

    def dump(self, stream: BinaryIO, pages: Sequence[Pixels], /) -> None:
        """Write images for which `lacks` returned None."""


def channels(shape: tuple[int, ...]) -> int:
    """Return the number of channels of an image of this shape."""
    return shape[2] if len(shape) == 3 else 1


def beyond_a_page(dtype: np.dtype[Any], pages: int, *held: str) -> tuple[str, str] | None:
    """Return what is more than one page of the dtypes that a format holds, and a better format's extension; or None."""
    if pages > 1:
        return f"{pages} pages", "tif"
    if dtype.name in held:
        return None
    return f"{dtype} pixels", "png" if dtype.name in ("bool", "uint16") else "tif"


def oriented(pixels: Pixels, orientation: int) -> Pixels:
    """Return pixels as displayed, given the Exif orientation (1 to 8) under which they are stored."""
    if orientation >= 5:
        pixels = np.swapaxes(pixels, 0, 1)
    if orientation in (3, 4, 7, 8):
        pixels = pixels[::-1]
    if orientation in (2, 3, 6, 7):
        pixels = pixels[:, ::-1]
    return np.ascontiguousarray(pixels)


def orientation_of(image: Image.Image) -> int:
    """Return a picture's Exif orientation, 1 to 8."""
    try:
        orientation = image.getexif().get(ExifTags.Base.Orientation, 1)
    except DAMAGED:  # the picture is whole even where its metadata are damaged
        return 1
    return orientation if isinstance(orientation, int) else 1


def pixels_of(image: Image.Image) -> Pixels:
    """Return what Pillow decoded: grey, or RGB, or RGBA where there is transparency; nothing of a grey is lost."""
    image.load()
    if image.mode in ("P", "PA") or "transparency" in image.info:
        image = image.convert("RGBA" if image.mode == "PA" or "transparency" in image.info else "RGB")
    elif image.mode in ("CMYK", "YCbCr", "RGBX"):
        image = image.convert("RGB")
    pixels = np.array(image)
    if image.mode not in ("1", "L", "LA", "RGB", "RGBA", "F", "I") and not image.mode.startswith("I;16"):
        raise NotYet(f"a picture of {image.mode} pixels")
    pixels = pixels.astype(pixels.dtype.newbyteorder("="), copy=False)
    return with_colour(pixels) if image.mode == "LA" else pixels


def with_colour(pixels: Pixels) -> Pixels:
    """Return grey and alpha, (rows, columns, 2), as colour and alpha: what the rest of superpose knows."""
    return np.ascontiguousarray(pixels[..., [0, 0, 0, 1]])
