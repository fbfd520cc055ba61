"""NRRD, read and written without another package: raw or gzip, in one file or with the pixels in one beside it."""

from __future__ import annotations

import re
import zlib
from functools import partial
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np
from numpy.typing import NDArray

from superpose._exchange import (
    Assumed,
    Placed,
    affine_of_grid,
    flattened,
    grid_of_affine,
    millimetres,
    unplaced,
)
from superpose._io.volumes.base import Part, beside, field_of, numbers, octets_of, read_numbers
from superpose.grid import Grid, unit_spelled

NAME, EXTENSIONS = "NRRD", (".nrrd",)

_TYPES = {
    "i1": ("int8", "signed char", "int8_t"),
    "u1": ("uint8", "uchar", "unsigned char", "uint8_t"),
    "i2": ("int16", "short", "short int", "signed short", "signed short int", "int16_t"),
    "u2": ("uint16", "ushort", "unsigned short", "unsigned short int", "uint16_t"),
    "i4": ("int32", "int", "signed int", "int32_t"),
    "u4": ("uint32", "uint", "unsigned int", "uint32_t"),
    "i8": ("int64", "longlong", "long long", "long long int", "signed long long", "signed long long int", "int64_t"),
    "u8": ("uint64", "ulonglong", "unsigned long long", "unsigned long long int", "uint64_t"),
    "f4": ("float",),
    "f8": ("double",),
}
_TYPE = {name: code for code, names in _TYPES.items() for name in names}
# What takes points of a space to (left, posterior, superior).
_SPACES = {
    "left-posterior-superior": (1.0, 1.0, 1.0),
    "lps": (1.0, 1.0, 1.0),
    "right-anterior-superior": (-1.0, -1.0, 1.0),
    "ras": (-1.0, -1.0, 1.0),
    "left-anterior-superior": (1.0, -1.0, 1.0),
    "las": (1.0, -1.0, 1.0),
}
_LONGEST_HEADER = 2**20


def recognises(start: bytes) -> bool:
    """Whether a file that begins with these bytes is an NRRD."""
    return re.match(rb"NRRD000\d\r?\n", start) is not None


def load(path: Path, _argument: str) -> list[Part]:
    """Return its one volume, or image."""
    with path.open("rb") as stream:
        fields, at = _header(stream)
    sizes = [int(each) for each in field_of(fields, "sizes").split()]
    if int(field_of(fields, "dimension")) != len(sizes):
        raise ValueError(f"its dimension is {fields['dimension']}, and it has {len(sizes)} sizes")
    if min(sizes) < 1:
        raise ValueError(f"its sizes are {sizes}")
    kind = field_of(fields, "type").lower()
    if kind not in _TYPE:
        raise ValueError(f"its numbers are {kind}")
    encoding = field_of(fields, "encoding").lower()
    if encoding not in ("raw", "gzip", "gz"):
        raise ValueError(f"its encoding is {encoding}, neither raw nor gzip")
    order = ">" if fields.get("endian", "little").lower() == "big" else "<"
    dtype = np.dtype(order + _TYPE[kind])
    file = fields.get("data file", fields.get("datafile"))
    if file is not None:
        path, at = beside(path, file), 0
    affine, assumed = _affine(fields, sizes)
    shape = tuple(reversed(sizes))
    placed = partial(_decoded, path, at, dtype, shape, encoding != "raw", fields, affine)
    return [Part(shape, lambda: flattened(Placed(*placed(), assumed)))]


def _decoded(
    path: Path,
    at: int,
    dtype: np.dtype[Any],
    shape: tuple[int, ...],
    deflated: bool,
    fields: dict[str, str],
    affine: Any,
) -> tuple[NDArray[Any], Grid]:
    lines, skip = int(fields.get("line skip", 0)), int(fields.get("byte skip", 0))
    if skip < (0 if deflated else -1):
        raise ValueError(f"its byte skip is {skip}")
    with path.open("rb") as stream:
        if skip == -1:
            at = max(stream.seek(0, 2) - int(np.prod(shape)) * dtype.itemsize, 0)
        stream.seek(at)
        for _ in range(min(lines, 10_000)):
            stream.readline(_LONGEST_HEADER)
        # Lines are those of the file, bytes those that come out of it.
        array = read_numbers(stream, dtype, shape, deflated, max(skip, 0))
    return array, grid_of_affine(affine, array.shape[: len(affine) - 1])


def _header(stream: BinaryIO) -> tuple[dict[str, str], int]:
    """Return the fields by name, and where the pixels begin."""
    fields: dict[str, str] = {}
    start = stream.read(_LONGEST_HEADER)
    end = re.search(rb"\r?\n\r?\n|\r?\n\Z", start)
    if end is None:
        raise ValueError("its header has no end")
    for line in start[: end.start()].decode("utf-8", "replace").splitlines()[1:]:
        name, found, value = line.partition(":")
        if found and not line.startswith("#") and not value.startswith("="):
            fields[name.strip().lower()] = value.strip()
    return fields, end.end()


def _affine(fields: dict[str, str], sizes: list[int]) -> tuple[NDArray[np.float64], Assumed]:
    """Return the matrix from (x, y, z) indices to ITK's points, in millimetres, and what was assumed."""
    ndim = len(sizes)
    directions = re.findall(r"none|\([^()]*\)", fields.get("space directions", ""), re.I)
    if any(each.lower() == "none" for each in directions):
        raise ValueError(f"it has several numbers a voxel: the axes' directions are {fields['space directions']}")
    if ndim not in (2, 3):
        raise ValueError(f"it has {ndim} axes")
    matrix = np.eye(ndim + 1)
    if not directions:
        spacings = [float(each) for each in fields.get("spacings", "1 " * ndim).split()]
        if len(spacings) != ndim:
            raise unplaced(f"it has {ndim} axes and {len(spacings)} spacings")
        matrix[:-1, :-1] = np.diag([1.0 if np.isnan(each) else each for each in spacings])
        return matrix, (("no-space", {}),) if "spacings" in fields and ndim == 3 else ()
    rows = [_vector(each) for each in directions]
    origin = _vector(fields.get("space origin", "(" + ",".join(["0"] * ndim) + ")"))
    if len(rows) != ndim or {len(row) for row in [*rows, origin]} != {ndim}:
        raise unplaced(f"its {ndim} axes have the directions {fields['space directions']}")
    matrix[:-1, :-1], matrix[:-1, -1] = np.transpose(rows), origin
    space = fields.get("space", "").lower()
    if space in _SPACES and ndim == 3:
        matrix[:-1] *= np.reshape(_SPACES[space], (3, 1))
    assumed: Assumed = (("no-space", {}),) if space not in _SPACES and ndim == 3 else ()
    units = re.findall(r'"([^"]*)"', fields.get("space units", ""))
    # One for each of the space's axes, which may differ.
    for axis, unit in enumerate(units[:ndim]):
        matrix[axis] *= millimetres(unit_spelled(unit) or "mm")
    if unknown := sorted({unit for unit in units if unit and unit_spelled(unit) is None}):
        assumed += (("unit-assumed", {"unit": ", ".join(map(repr, unknown)), "taken": "millimetres"}),)
    return matrix, assumed


def _vector(text: str) -> list[float]:
    return [float(each) for each in text.strip("()").split(",")]


def dump(stream: BinaryIO, array: NDArray[Any], grid: Grid, scale: float, _extension: str) -> None:
    """Write pixels on a grid, compressed."""
    octets, dtype = octets_of(array)
    affine = affine_of_grid(grid, scale)[: grid.ndim, [*range(grid.ndim), -1]]
    vectors = ["(" + ",".join(numbers(each)) + ")" for each in affine.T]
    lines = [
        "NRRD0004",
        f"type: {next(name for name, code in _TYPE.items() if code == dtype.str[1:])}",
        f"dimension: {grid.ndim}",
        "space: left-posterior-superior" if grid.ndim == 3 else "space dimension: 2",
        f"sizes: {' '.join(map(str, reversed(grid.shape)))}",
        f"space directions: {' '.join(vectors[:-1])}",
        f"kinds: {' '.join(['domain'] * grid.ndim)}",
        "endian: little",
        "encoding: gzip",
        "space units: " + " ".join(['"mm"'] * grid.ndim),
        f"space origin: {vectors[-1]}",
    ]
    stream.write("\n".join([*lines, "", ""]).encode("ascii"))
    compressor = zlib.compressobj(4, wbits=31)
    for at in range(0, len(octets), 2**24):
        stream.write(compressor.compress(octets[at : at + 2**24]))
    stream.write(compressor.flush())
