"""Stacks of planes in one TIFF, where OME or ImageJ say that they are one volume, and how far apart its pixels lie."""

from __future__ import annotations

import re
from html import unescape
from pathlib import Path
from typing import Any

import numpy as np

from superpose._exchange import Placed, flattened
from superpose._io.images import tiff
from superpose._io.reading import DAMAGED
from superpose._io.volumes.base import Part
from superpose.grid import Grid

NAME = "TIFF stack"

# How many of the unit that is said, µm, the units are that are written.
_MICROMETRES = {
    "µm": 1.0,
    "μm": 1.0,
    "um": 1.0,
    "micron": 1.0,
    "microns": 1.0,
    "nm": 1e-3,
    "mm": 1e3,
    "cm": 1e4,
    "m": 1e6,
}
_LONGEST_HEADER = 2**20


def is_stack(path: Path) -> bool:
    """Return whether a TIFF says that its pages are the planes of one volume, of one channel and at one time."""
    try:
        planes, _ = _said(path)
    except DAMAGED:  # the reader of images says what is wrong
        return False
    return planes > 1


def load(path: Path, _argument: str) -> list[Part]:
    """Return its one volume."""
    planes, spacing = _said(path)
    with path.open("rb") as stream:
        pages = tiff.load(stream)
        if len(pages) != planes:
            raise ValueError(f"it says that it has {planes} planes, and has {len(pages)}")
        return [Part((planes, pages[0].rows, pages[0].columns), lambda: _decoded(path, spacing))]


def _decoded(path: Path, spacing: tuple[float, ...] | None) -> Placed:
    with path.open("rb") as stream:
        planes = [page.decode() for page in tiff.load(stream)]
    shapes = {plane.shape for plane in planes}
    if len(shapes) > 1 or len(planes[0].shape) != 2:
        raise ValueError(f"its planes have the shapes {sorted(shapes)}, and are no volume")
    array = np.stack(planes)
    return flattened(Placed(array, Grid(array.shape, (), spacing or ()), unit="µm" if spacing else ""))


def _said(path: Path) -> tuple[int, tuple[float, ...] | None]:
    """Return how many planes a volume has, 0 where nobody says that it is one, and its spacing in µm if it is said."""
    import tifffile

    with path.open("rb") as stream:
        page: Any = tifffile.TiffFile(stream, name="image").pages[0]
        text = str(page.description)[:_LONGEST_HEADER]
        if text.startswith("ImageJ="):
            return _of_imagej(text, page.tags)
        return _of_ome(text)


def _of_ome(text: str) -> tuple[int, tuple[float, ...] | None]:
    # No parser of XML: what may expand without end is not expanded.
    found = re.findall(r"<(?:\w+:)?Pixels\s([^>]*)>", text)
    if len(found) != 1:
        return 0, None
    said = {name: unescape(value) for name, value in re.findall(r'(\w+)\s*=\s*"([^"]*)"', found[0])}
    if said.get("SizeC") != "1" or said.get("SizeT") != "1":
        return 0, None
    sizes = [
        float(said.get(f"PhysicalSize{axis}", "nan"))
        * _MICROMETRES.get(said.get(f"PhysicalSize{axis}Unit", "µm"), np.nan)
        for axis in "ZYX"
    ]
    return int(said["SizeZ"]), _spacing(sizes)


def _of_imagej(text: str, tags: Any) -> tuple[int, tuple[float, ...] | None]:
    said = dict(line.split("=", 1) for line in text.splitlines() if "=" in line)
    if int(said.get("channels", 1)) != 1 or int(said.get("frames", 1)) != 1:
        return 0, None
    unit = said.get("unit", "").replace("\\u00B5", "µ").strip()
    in_plane = []
    for name in ("YResolution", "XResolution"):
        pixels, units = tags[name].value if name in tags else (0, 0)
        in_plane.append(units / pixels if pixels else np.nan)
    sizes = [float(said.get("spacing", "nan")), *in_plane]
    return int(said.get("slices", 0)), _spacing([each * _MICROMETRES.get(unit, np.nan) for each in sizes])


def _spacing(sizes: list[float]) -> tuple[float, ...] | None:
    """Return the distances along (plane, row, column), unless one is not known."""
    return tuple(sizes) if all(0 < each < np.inf for each in sizes) else None
