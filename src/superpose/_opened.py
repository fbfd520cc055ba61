"""Images as users have them: arrays, pictures of Pillow's, and paths of files."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from superpose._checks import checked_count, checked_max_pixels, checked_path
from superpose.errors import InputError

# Pillow's pictures are array-like.
ImageLike = ArrayLike | Path


def opened(image: Any, argument: str, max_pixels: int | None = None, page: int | None = None) -> Any:
    """Return what a file holds, the pixels of a picture of Pillow's, and anything else as it is.

    Of a file that says where its pixels lie it is a `superpose.Image`, else its pixels.

    Parameters
    ----------
    image : object
        What a user passed as an image.
    argument : str
        What errors call it.
    max_pixels : int, optional
        The most that are read of a file. Default: a thousand million.
    page : int, optional
        Which image of a file, counted from 0.

    Raises
    ------
    InputError
        If the file or the picture cannot be read, or a page is asked for of what is no file.
    """
    limit = checked_max_pixels(max_pixels)
    number = None if page is None else checked_count("page", page, 0)
    if isinstance(image, (str, Path)):
        from superpose._io.files import read_file

        option = "superpose.prepare(path, page=)" if number is None else "page="
        return read_file(checked_path(argument, image), argument, number, option, limit)
    if number is not None:
        raise InputError("page-of-no-file", argument="page", value=number, image=argument)
    pillow = sys.modules.get("PIL.Image")  # who passes a picture has loaded it
    if pillow is not None and isinstance(image, pillow.Image):
        from superpose._io.images import pixels_of_picture

        return pixels_of_picture(image, argument)
    return image


def opened_mask(mask: Any, argument: str, max_pixels: int | None = None) -> Any:
    """Return a mask like that: of a picture see `mask_of`; one with a place keeps it."""
    pixels = opened(mask, argument, max_pixels)
    # Files of volumes say where the mask lies.
    as_it_is = pixels is mask or not isinstance(pixels, np.ndarray)
    return pixels if as_it_is else mask_of(pixels)


def mask_of(pixels: NDArray[Any]) -> NDArray[Any]:
    """Return where a picture is not 0 in any of its colours; floats as they are, for they are weights."""
    colour = pixels.ndim == 3 and pixels.shape[-1] in (3, 4)
    if colour:
        return np.asarray((pixels[..., :3] != 0).any(-1))
    return pixels if pixels.dtype.kind == "f" else np.asarray(pixels != 0)
