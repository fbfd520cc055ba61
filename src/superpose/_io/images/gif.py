"""GIF, read with Pillow: the first picture, unless another one is asked for. It is not written (256 colours)."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from typing import Any, BinaryIO

import numpy as np
from PIL import GifImagePlugin

from superpose._io.images.base import Page, Pixels, check_promise, pixels_of

NAME, EXTENSIONS, ANIMATED = "GIF", (), True


def recognises(start: bytes) -> bool:
    """Whether a file that begins with these bytes is a GIF."""
    return start.startswith((b"GIF87a", b"GIF89a"))


def load(stream: BinaryIO) -> list[Page]:
    """Return the pictures of an animation, each as it is displayed: uint8, colour unless its palette is grey."""
    stream.seek(0)
    image = GifImagePlugin.GifImageFile(stream)
    columns, rows = image.size
    check_promise(stream, rows * columns, 4000)
    return [Page(rows, columns, partial(_load, stream, number)) for number in range(image.n_frames)]


def _load(stream: BinaryIO, number: int) -> Pixels:
    stream.seek(0)
    image = GifImagePlugin.GifImageFile(stream)
    image.seek(number)
    return pixels_of(image)


def lacks(_dtype: np.dtype[Any], _shape: tuple[int, ...], _pages: int) -> tuple[str, str] | None:
    """Return that a GIF is not written, and a better format's extension."""
    return "more than 256 colours", "png"


def dump(_stream: BinaryIO, _pages: Sequence[Pixels]) -> None:
    """Write nothing: `lacks` never returns None."""
    raise ValueError("GIF is not written")
