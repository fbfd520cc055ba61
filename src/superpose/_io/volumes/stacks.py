"""Stacks of planes in one TIFF, or one plane, where OME or ImageJ say how far apart its pixels lie."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from html import unescape
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np
from numpy.typing import NDArray

from superpose._exchange import Assumed, Placed, flattened, millimetres
from superpose._io.images import tiff
from superpose._io.images.ifds import MOST_PAGES
from superpose._io.reading import DAMAGED, NotYet
from superpose._io.volumes.base import Part
from superpose.grid import Grid, unit_spelled

NAME = "TIFF stack"

_LONGEST_HEADER = 2**24


@dataclass(frozen=True)
class Said:
    """What a TIFF says of its planes: how many a volume has, 0 where nobody says that it is one."""

    planes: int = 0
    # Along (plane, row, column), NaN where nothing is said.
    sizes: Sequence[float] = ()
    # As the file spells it.
    unit: str = ""
    # The page of each plane, None where it is the one of its number.
    pages: Sequence[int] | None = None


# What OME calls the pixels' types; others are no part of it, though a TIFF holds them.
_OF_OME = {"float32": "float", "float64": "double", "bool": "bit"}
_TEXT = (
    '<?xml version="1.0" encoding="UTF-8"?><OME xmlns="http://www.openmicroscopy.org/Schemas/OME/2016-06">'
    '<Image ID="Image:0"><Pixels ID="Pixels:0" DimensionOrder="XYCZT" Type="{dtype}" SizeX="{columns}" SizeY="{rows}" '
    'SizeC="1" SizeZ="1" SizeT="1" PhysicalSizeX="{x!r}" PhysicalSizeXUnit="{unit}" PhysicalSizeY="{y!r}" '
    'PhysicalSizeYUnit="{unit}"><Channel ID="Channel:0:0" SamplesPerPixel="1"/><TiffData IFD="0" PlaneCount="1"/>'
    "</Pixels></Image></OME>"
)


def holds(grid: Grid, shape: tuple[int, ...]) -> bool:
    """Return whether `dump` writes where an image's pixels lie: no more of that than a spacing in a known unit."""
    plain = grid.ndim == len(shape) == 2 and not any(grid.origin) and not grid.direction
    return plain and unit_spelled(grid.unit) is not None


def dump(stream: BinaryIO, array: NDArray[Any], grid: Grid) -> None:
    """Write an image of one plane as OME has it."""
    tiff.dump(stream, [array], array.nbytes, described(array.dtype, grid))


def described(dtype: np.dtype[Any], grid: Grid) -> str:
    """Return what OME says of an image of one plane that it `holds`."""
    rows, columns = grid.shape
    y, x = grid.spacing
    name = dtype.name
    unit = (unit_spelled(grid.unit) or "").encode("ascii", "xmlcharrefreplace").decode("ascii")
    return _TEXT.format(dtype=_OF_OME.get(name, name), rows=rows, columns=columns, x=x, y=y, unit=unit)


def is_stack(path: Path) -> bool:
    """Return whether a TIFF says that its pages are the planes of one volume, of one channel and at one time.

    Of one plane, whether it says how far apart its pixels lie.
    """
    try:
        said = _said(path)
        return said.planes > 1 or (said.planes == 1 and any(0 < each < np.inf for each in said.sizes[1:]))
    except DAMAGED:  # the reader of images says what is wrong
        return False


def load(path: Path, _argument: str) -> list[Part]:
    """Return its one volume."""
    said = _said(path)
    with path.open("rb") as stream:
        pages = tiff.load(stream)
        if len(pages) != said.planes:
            raise ValueError(f"it says that it has {said.planes} planes, and has {len(pages)}")
        if said.pages is not None and sorted(said.pages) != list(range(said.planes)):
            raise NotYet(f"an OME-TIFF that does not say of each of its {said.planes} planes which page of it that is")
        return [Part((said.planes, pages[0].rows, pages[0].columns), lambda: _decoded(path, said))]


def _decoded(path: Path, said: Said) -> Placed:
    with path.open("rb") as stream:
        pages = tiff.load(stream)
        planes = [page.decode() for page in (pages if said.pages is None else [pages[k] for k in said.pages])]
    shapes = {plane.shape for plane in planes}
    if len(shapes) > 1 or len(planes[0].shape) != 2:
        raise ValueError(f"its planes have the shapes {sorted(shapes)}, and are no volume")
    array = np.stack(planes)
    sizes = said.sizes
    if said.planes == 1:
        # There is no distance between planes.
        sizes = [next(each for each in sizes[1:] if 0 < each < np.inf), *sizes[1:]]
    spacing, unit, assumed = _spacing(sizes, said.unit)
    return flattened(Placed(array, Grid(array.shape, (), spacing), assumed, unit))


def _said(path: Path) -> Said:
    """Return what OME or ImageJ say of a TIFF's planes."""
    import tifffile

    with path.open("rb") as stream:
        pages: Any = tifffile.TiffFile(stream, name="image").pages
        page = pages[0]
        text = str(page.description)[:_LONGEST_HEADER]
        said = _of_imagej(text, page.tags) if text.startswith("ImageJ=") else _of_ome(text)
        # What says that it is one plane, and is in colour or several, is a picture.
        one = len(page.shape) == 2 and (len(pages) == 1 or sum(not each.is_reduced for each in pages) == 1)
        return said if said.planes > 1 or one else Said()


def _of_ome(text: str) -> Said:
    # No parser of XML: what may expand without end is not expanded.
    found = re.findall(r"<(?:\w+:)?Pixels\s([^>]*)>", text)
    if len(found) != 1:
        return Said()
    said = {name: unescape(value) for name, value in re.findall(r'(\w+)\s*=\s*"([^"]*)"', found[0])}
    if said.get("SizeC") != "1" or said.get("SizeT") != "1":
        return Said()
    sizes = [float(said.get(f"PhysicalSize{axis}", "nan")) for axis in "ZYX"]
    units = [said.get(f"PhysicalSize{axis}Unit", "µm") for axis in "ZYX"]
    known = [unit_spelled(unit) for unit in units]
    if len(set(units)) == 1 or None in known:
        unknown = [unit for unit, spelled in zip(units, known, strict=True) if spelled is None]
        unit = (unknown or units)[0]
    else:
        sizes, unit = [a * millimetres(b) * 1e3 for a, b in zip(sizes, units, strict=True)], "µm"
    planes = int(said["SizeZ"])
    return Said(planes, sizes, unit, _pages_of_ome(text, planes))


def _pages_of_ome(text: str, planes: int) -> list[int] | None:
    """Return the page of each plane, -1 where none is said; None where nothing is said of any."""
    found = re.findall(r"<(?:\w+:)?TiffData\b([^>]*)>", text)
    pages, named = [-1] * min(planes, MOST_PAGES), 0
    for each in found:
        said = {name: int(value) for name, value in re.findall(r'(\w+)\s*=\s*"\s*(\d+)\s*"', each)}
        first, page = said.get("FirstZ", 0), said.get("IFD", 0)
        # One that names no page speaks of all.
        count = said.get("PlaneCount", said.get("NumPlanes", 1 if "IFD" in said else planes))
        span = range(max(min(count, planes - first), 0))
        named += len(span)
        if named > len(pages):  # some twice
            return []
        for k in span:
            pages[first + k] = page + k
    return pages if found else None


def _of_imagej(text: str, tags: Any) -> Said:
    said = dict(line.split("=", 1) for line in text.splitlines() if "=" in line)
    if int(said.get("channels", 1)) != 1 or int(said.get("frames", 1)) != 1:
        return Said()
    unit = said.get("unit", "").replace("\\u00B5", "µ").strip()
    in_plane = []
    for name in ("YResolution", "XResolution"):
        pixels, units = tags[name].value if name in tags else (0, 0)
        in_plane.append(units / pixels if pixels else np.nan)
    # Without a unit the resolution is that of paper.
    sizes = [float(said.get("spacing", "nan")), *in_plane] if unit not in ("", "pixel") else []
    return Said(int(said.get("slices", said.get("images", 1))), sizes, unit)


def _spacing(sizes: Sequence[float], unit: str) -> tuple[tuple[float, ...], str, Assumed]:
    """Return the distances along (plane, row, column), in µm, their unit, and what was assumed."""
    known = [each if 0 < each < np.inf else None for each in sizes]
    if not any(known):
        return (), "", ()
    spelled = unit_spelled(unit)
    if spelled is None:
        return (), "", (("unit-assumed", {"unit": repr(unit), "taken": "pixels, which have no spacing then"}),)
    scale, (plane, row, column) = millimetres(spelled) * 1e3, known
    filled = plane or column or row, row or column or plane, column or row or plane
    spacing = tuple(each * scale for each in filled if each)
    missing = [k for k, each in enumerate(known) if each is None]
    if not missing:
        return spacing, "µm", ()
    names = " and ".join(("planes", "rows", "columns")[k] for k in missing)
    return spacing, "µm", (("spacing-assumed", {"missing": names, "taken": f"{spacing[missing[0]]:g} µm"}),)
