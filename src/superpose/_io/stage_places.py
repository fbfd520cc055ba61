"""Where a microscope's stage says that images lie: what OME tells of the planes of a TIFF."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from html import unescape
from pathlib import Path
from typing import Any

from superpose._exchange import millimetres
from superpose._io.images import tiff
from superpose._io.reading import DAMAGED
from superpose.grid import unit_spelled

_LONGEST_HEADER = 2**26
_SIDES = (("Y", "row"), ("X", "column"))


@dataclass(frozen=True)
class OmeImage:
    """One image that OME tells of.

    Attributes
    ----------
    name : str
        Its own, or its number in words.
    pages : tuple of (str, range)
        In which file its planes are, and on which pages; the name is empty where that is the one that tells of it.
    place : tuple of float
        Of its first pixel, (row, column), in pixels.
    assumed : str
        The unit that was taken for granted; empty where it is told.
    """

    name: str
    pages: tuple[tuple[str, range], ...]
    place: tuple[float, float]
    assumed: str

    @property
    def file(self) -> str:
        """The name of the file that its first plane is in; empty where that is not told."""
        return self.pages[0][0] if self.pages else ""

    def is_at(self, file: str, page: int) -> bool:
        """Return whether a page of a file is one of its planes."""
        return any(name in ("", file) and page in span for name, span in self.pages)


def is_tiff(path: Path) -> bool:
    """Return whether a file is there and is a TIFF."""
    try:
        with path.open("rb") as stream:
            return tiff.recognises(stream.read(4))
    except (OSError, ValueError):  # the latter of names that no file has
        return False


def ome_images(path: Path) -> list[OmeImage]:
    """Return all images that a TIFF tells of.

    Raises
    ------
    ValueError
        If it is none of OME's, or does not say of each image where it lies, in a unit of length.
    """
    text = _header(path)
    if "<OME" not in text and ":OME" not in text:
        raise ValueError("it is a TIFF without a description by OME")
    # No parser of XML: what may expand without end is not expanded.
    found = re.findall(r"<(?:\w+:)?Image\b([^>]*[^>/])>(.*?)</(?:\w+:)?Image>", text, re.DOTALL)
    images = [_image(number, _said(head), body) for number, (head, body) in enumerate(found)]
    sizes = sorted({each for _, each in images})
    if len(sizes) > 1:
        told = " and ".join(f"{each} mm" for each in sizes[:2])
        raise ValueError(f"the pixels of its images are unlike, (row, column): {told}")
    found_in = {name for each, _ in images for name, _ in each.pages}
    if len(found_in) == 1:
        # All are in one file, which is the one that tells of them, whatever it is called now.
        return [replace(each, pages=tuple(("", span) for _, span in each.pages)) for each, _ in images]
    return [each for each, _ in images]


def _header(path: Path) -> str:
    import tifffile

    try:
        with path.open("rb") as stream:
            pages: Any = tifffile.TiffFile(stream, name="image").pages
            return str(pages[0].description)[:_LONGEST_HEADER]
    except OSError:
        raise
    except DAMAGED as error:
        raise ValueError(str(error)) from error


def _said(attributes: str) -> dict[str, str]:
    return {name: unescape(value) for name, value in re.findall(r'(\w+)\s*=\s*"([^"]*)"', attributes)}


def _first(tag: str, body: str, having: str = "") -> dict[str, str]:
    """Return the attributes of the first element of a name that has one of these; none where there is none."""
    every = (_said(each) for each in re.findall(rf"<(?:\w+:)?{tag}\b([^>]*)>", body))
    return next((each for each in every if not having or having in each), {})


def _image(number: int, head: Mapping[str, str], body: str) -> tuple[OmeImage, tuple[float, float]]:
    """Return what is told of an image, and how large its pixels are: (row, column), in millimetres."""
    name = head.get("Name") or head.get("ID") or f"image {number}"
    pixels = _first("Pixels", body)
    place, sizes, assumed = list[float](), list[float](), ""
    for axis, side in _SIDES:
        plane = _first("Plane", body, f"Position{axis}")
        spot = _number(plane.get(f"Position{axis}"), f"{name} has no Position{axis}")
        unit = plane.get(f"Position{axis}Unit", "")
        if unit.strip().lower() in ("pixel", "pixels"):
            place, sizes = [*place, spot], [*sizes, 0.0]
            continue
        missing = f"{name} has no PhysicalSize{axis}, which says how large its pixels are along {side}s"
        size = _number(pixels.get(f"PhysicalSize{axis}"), missing)
        own = pixels.get(f"PhysicalSize{axis}Unit", "µm")
        assumed = assumed if unit else own
        for each in (own, unit or own):
            if unit_spelled(each) is None:
                raise ValueError(f"{name} says where it lies in {each!r}, which is no unit of length")
        if not size > 0:
            raise ValueError(missing)
        long = size * millimetres(own)
        place, sizes = [*place, spot * millimetres(unit or own) / long], [*sizes, float(f"{long:.6g}")]
    image = OmeImage(name, _pages(pixels, body), (place[0], place[1]), assumed)
    return image, (sizes[0], sizes[1])


def _pages(pixels: Mapping[str, str], body: str) -> tuple[tuple[str, range], ...]:
    planes = math.prod(int(pixels.get(f"Size{axis}", 1)) for axis in "CZT")
    out = []
    for data, within in re.findall(r"<(?:\w+:)?TiffData\b([^>]*)>\s*(?:<(?:\w+:)?UUID\b([^>]*)>)?", body):
        said = _said(data)
        first = int(said.get("IFD", 0))
        # One that names no page speaks of all.
        count = int(said.get("PlaneCount", 1 if "IFD" in said else planes))
        out.append((_said(within).get("FileName", ""), range(first, first + count)))
    return tuple(out)


def _number(text: str | None, why_not: str) -> float:
    try:
        found = float(text or "")
    except ValueError:
        raise ValueError(why_not) from None
    if not abs(found) < 1e12:
        raise ValueError(why_not)
    return found
