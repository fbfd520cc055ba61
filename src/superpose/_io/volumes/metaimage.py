"""MetaImage, read and written without another package: .mha, and .mhd with the pixels in one file beside it."""

from __future__ import annotations

import re
import zlib
from functools import partial
from math import prod
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np
from numpy.typing import NDArray

from superpose._exchange import Placed, affine_of_grid, flattened, grid_of_parts, unplaced
from superpose._io.volumes.base import Part, beside, field_of, numbers, octets_of, read_numbers
from superpose.grid import Grid

NAME, EXTENSIONS = "MetaImage", (".mha",)

_TYPES = {
    "MET_CHAR": "i1",
    "MET_UCHAR": "u1",
    "MET_SHORT": "i2",
    "MET_USHORT": "u2",
    "MET_INT": "i4",
    "MET_UINT": "u4",
    "MET_LONG": "i4",
    "MET_ULONG": "u4",
    "MET_LONG_LONG": "i8",
    "MET_ULONG_LONG": "u8",
    "MET_FLOAT": "f4",
    "MET_DOUBLE": "f8",
}
# Fields as others call them.
_NAMES = {
    "Position": "Offset",
    "Origin": "Offset",
    "Rotation": "TransformMatrix",
    "Orientation": "TransformMatrix",
    "ElementByteOrderMSB": "BinaryDataByteOrderMSB",
}
_LONGEST_HEADER = 2**16


def recognises(start: bytes) -> bool:
    """Whether a file that begins with these bytes is a MetaImage."""
    return re.match(rb"(ObjectType|NDims|Comment|ObjectSubType)\s*=", start) is not None and b"NDims" in start


def load(path: Path, _argument: str) -> list[Part]:
    """Return its one volume, or image."""
    with path.open("rb") as stream:
        fields, at = _header(stream)
    ndim, sizes = int(field_of(fields, "NDims")), [int(each) for each in field_of(fields, "DimSize").split()]
    if len(sizes) != ndim or ndim not in (2, 3) or min(sizes) < 1:
        raise ValueError(f"it has {ndim} axes of sizes {sizes}")
    if (channels := int(fields.get("ElementNumberOfChannels", 1))) != 1:
        raise ValueError(f"it has {channels} numbers a pixel")
    kind = field_of(fields, "ElementType")
    if kind not in _TYPES or not _is_true(fields, "BinaryData", True):
        raise ValueError(f"its numbers are {kind}" if kind not in _TYPES else "its numbers are written as text")
    order = ">" if _is_true(fields, "BinaryDataByteOrderMSB", False) else "<"
    file = field_of(fields, "ElementDataFile")
    skipped = int(fields.get("HeaderSize", 0))
    if file.upper() != "LOCAL":
        path, at = beside(path, file), skipped
    at = skipped if skipped < 0 else at
    pose = _pose(fields, ndim)
    dtype, shape = np.dtype(order + _TYPES[kind]), tuple(reversed(sizes))
    deflated = _is_true(fields, "CompressedData", False)
    if at < 0:  # the pixels are the last of the file
        if deflated:
            raise ValueError("its header does not say where its compressed pixels begin")
        at = path.stat().st_size - prod(shape) * dtype.itemsize
        if at < 0:
            raise ValueError(f"it is cut off: it lacks {-at} bytes")
    return [Part(shape, partial(_decoded, path, at, dtype, shape, deflated, pose))]


def _decoded(path: Path, at: int, dtype: np.dtype[Any], shape: tuple[int, ...], deflated: bool, pose: Any) -> Placed:
    with path.open("rb") as stream:
        stream.seek(at)
        array = read_numbers(stream, dtype, shape, deflated)
    return flattened(Placed(array, grid_of_parts(shape, *pose)))


def _header(stream: BinaryIO) -> tuple[dict[str, str], int]:
    """Return the fields by name, and where the pixels begin: behind the line that says in which file they are."""
    fields: dict[str, str] = {}
    while stream.tell() < _LONGEST_HEADER and (line := stream.readline(4096)):
        name, found, value = (each.strip() for each in line.decode("utf-8", "replace").partition("="))
        if found:
            fields[_NAMES.get(name, name)] = value
        if name == "ElementDataFile":
            return fields, stream.tell()
    raise ValueError("its header does not say where its pixels are")


def _is_true(fields: dict[str, str], name: str, default: bool) -> bool:
    return fields.get(name, str(default)).lower() in ("true", "1", "t")


def _pose(fields: dict[str, str], ndim: int) -> tuple[list[float], list[float], NDArray[np.float64]]:
    """Return spacing, origin and direction in (x, y, z): each row of the file's matrix is an axis's direction."""
    spacing = _numbers(fields.get("ElementSpacing", fields.get("ElementSize", "1 " * ndim)), "spacing", ndim)
    origin = _numbers(fields.get("Offset", "0 " * ndim), "offset", ndim)
    rows = _numbers(fields.get("TransformMatrix", " ".join(numbers(np.eye(ndim)))), "matrix", ndim * ndim)
    return spacing, origin, np.reshape(rows, (ndim, ndim)).T


def _numbers(text: str, name: str, count: int) -> list[float]:
    values = [float(each) for each in text.split()]
    if len(values) != count:
        raise unplaced(f"its {name} has {len(values)} numbers, and not {count}")
    return values


def dump(stream: BinaryIO, array: NDArray[Any], grid: Grid, scale: float, _extension: str) -> None:
    """Write pixels on a grid, compressed."""
    octets, dtype = octets_of(array)
    ndim = grid.ndim
    direction = np.array(grid.direction)[::-1, ::-1].T if grid.direction else np.eye(ndim)
    data = zlib.compress(octets, 4)
    lines = {
        "ObjectType": "Image",
        "NDims": str(ndim),
        "BinaryData": "True",
        "BinaryDataByteOrderMSB": "False",
        "CompressedData": "True",
        "CompressedDataSize": str(len(data)),
        "TransformMatrix": " ".join(numbers(direction)),
        "Offset": " ".join(numbers(affine_of_grid(grid, scale)[:ndim, -1])),
        "CenterOfRotation": " ".join(["0"] * ndim),
        "ElementSpacing": " ".join(numbers(np.array(grid.spacing[::-1]) * scale)),
        "DimSize": " ".join(map(str, reversed(grid.shape))),
        "ElementType": next(name for name, code in _TYPES.items() if code == dtype.str[1:]),
        "ElementDataFile": "LOCAL",
    }
    stream.write("".join(f"{name} = {value}\n" for name, value in lines.items()).encode("ascii"))
    stream.write(data)
