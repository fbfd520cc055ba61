"""NumPy's own files, read and written with NumPy: any dtype of real numbers, as it is."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from math import prod
from typing import Any, BinaryIO

import numpy as np
from numpy.lib import format as npy_format

from superpose._io.images.base import Page, Pixels
from superpose._io.reading import NotYet

NAME, EXTENSIONS, ANIMATED = "NumPy", (".npy",), False


def recognises(start: bytes) -> bool:
    """Whether a file that begins with these bytes is one of NumPy's."""
    return start.startswith(b"\x93NUMPY")


def load(stream: BinaryIO) -> list[Page]:
    """Return one picture in its own dtype."""
    size = stream.seek(0, 2)
    stream.seek(0)
    version = npy_format.read_magic(stream)
    read_header = {(1, 0): npy_format.read_array_header_1_0, (2, 0): npy_format.read_array_header_2_0}[version]
    shape, fortran, dtype = read_header(stream)
    at = stream.tell()
    if dtype.kind not in "buif" or dtype.itemsize > 8:
        raise NotYet(f"a .npy file of dtype {dtype}")
    if not (len(shape) == 2 or (len(shape) == 3 and shape[2] in (3, 4))):
        raise NotYet(f"a .npy file of shape {shape}, where a picture's is (rows, columns) or (rows, columns, 3 or 4)")
    if size - at < prod(shape) * dtype.itemsize:
        raise ValueError(f"it is cut off: it has {size - at} of {prod(shape) * dtype.itemsize} bytes")
    return [Page(shape[0], shape[1], partial(_load, stream, at, shape, fortran, dtype))]


def _load(stream: BinaryIO, at: int, shape: tuple[int, ...], fortran: bool, dtype: np.dtype[Any]) -> Pixels:
    stream.seek(at)
    flat = np.frombuffer(stream.read(prod(shape) * dtype.itemsize), dtype)
    return np.array(flat.reshape(shape, order="F" if fortran else "C"), dtype.newbyteorder("="), order="C")


def lacks(_dtype: np.dtype[Any], _shape: tuple[int, ...], pages: int) -> tuple[str, str] | None:
    """Return what such a file cannot hold of so many images, and a better format's extension."""
    return (f"{pages} pages", "tif") if pages > 1 else None


def dump(stream: BinaryIO, pages: Sequence[Pixels]) -> None:
    """Write one image of any dtype."""
    npy_format.write_array(stream, np.ascontiguousarray(pages[0]), allow_pickle=False)
