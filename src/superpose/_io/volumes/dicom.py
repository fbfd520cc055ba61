"""DICOM: a folder of a series' slices, one slice, or a file of many frames, through SimpleITK: an extra."""

from __future__ import annotations

import re
import struct
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np

from superpose._exchange import Placed, flattened, grid_of_parts, medical_package
from superpose._io.volumes.base import Part
from superpose.errors import InputError

NAME = "DICOM"

# What part of a slice's distance its place may be off: headers keep few digits.
_UNEVEN = 0.02
# How far the axes of a series' slices may differ.
_TURNED = 1e-3


# How much of a file is looked through for where its frames lie.
_LONGEST_HEADER = 2**26
_PIXELS = b"\xe0\x7f\x10\x00O"


@dataclass(frozen=True)
class Slice:
    """One file, or frame: its pixels' size, and the place and axes of its plane, in (x, y, z)."""

    path: str
    frame: int
    name: str
    size: tuple[int, ...]
    spacing: tuple[float, ...]
    origin: np.ndarray
    direction: np.ndarray


def recognises(start: bytes) -> bool:
    """Whether a file that begins with these bytes is a DICOM file; folders are recognised by `series_in`."""
    return start[128:132] == b"DICM"


def load(path: Path, argument: str) -> list[Part]:
    """Return the one slice of a file, or the series in a folder, sorted by their identifiers; none if there is none."""
    if path.is_dir() and not holds_slices(path):
        return []  # other folders need no package to be refused
    sitk = medical_package("SimpleITK", "SimpleITK", argument)
    with _quiet(sitk):
        if not path.is_dir():
            return [_part([str(path)], sitk, argument, path)]
        reader = sitk.ImageSeriesReader
        series = sorted(reader.GetGDCMSeriesIDs(str(path)))
        return [_part(list(reader.GetGDCMSeriesFileNames(str(path), each)), sitk, argument, path) for each in series]


def holds_slices(folder: Path) -> bool:
    """Return whether a folder holds any."""
    return any(map(_is_slice, folder.iterdir()))


def _is_slice(path: Path) -> bool:
    if not path.is_file():
        return False
    with path.open("rb") as stream:
        return recognises(stream.read(132))


@contextmanager
def _quiet(sitk: Any) -> Iterator[None]:
    """Keep ITK from writing to the terminal what is no matter here."""
    before = sitk.ProcessObject.GetGlobalWarningDisplay()
    sitk.ProcessObject.SetGlobalWarningDisplay(False)
    try:
        yield
    finally:
        sitk.ProcessObject.SetGlobalWarningDisplay(before)


def _part(files: list[str], sitk: Any, argument: str, path: Path) -> Part:
    size = _header(files[0], sitk).GetSize()
    planes = len(files) if len(files) > 1 else (*size, 1)[2]
    return Part((planes, size[1], size[0]), partial(_decoded, files, sitk, argument, path))


def _header(file: str, sitk: Any) -> Any:
    reader = sitk.ImageFileReader()
    reader.SetFileName(file)
    reader.SetImageIO("GDCMImageIO")
    reader.ReadImageInformation()
    if reader.GetNumberOfComponents() != 1:
        raise ValueError(f"{Path(file).name} has {reader.GetNumberOfComponents()} numbers a pixel")
    return reader


def _slices(file: str, sitk: Any) -> list[Slice]:
    """Return the slice of a file, or the frames."""
    reader, name = _header(file, sitk), Path(file).name
    size, direction = reader.GetSize(), np.reshape(reader.GetDirection(), (3, 3))
    if (count := (*size, 1)[2]) == 1:
        return [Slice(file, 0, name, size[:2], reader.GetSpacing(), np.array(reader.GetOrigin()), direction)]
    # Of frames that are in no regular order the library says no place: it is taken from what each of them says.
    with Path(file).open("rb") as stream:
        header = stream.read(_LONGEST_HEADER).partition(_PIXELS)[0]
    places, axes, gaps = (_values(header, tag, n) for tag, n in ((0x00200032, 3), (0x00200037, 6), (0x00280030, 2)))
    if len(places) != count or len({*axes}) != 1 or len({*gaps}) != 1:
        raise ValueError(f"{name} has {count} frames, of which it does not say that each is a plane of one volume")
    along, down = np.array(axes[0][:3]), np.array(axes[0][3:])
    turned = np.column_stack([along, down, np.cross(along, down)])
    pose = size[:2], (*reversed(gaps[0]), 1.0)
    return [Slice(file, k, f"frame {k} of {name}", *pose, np.array(place), turned) for k, place in enumerate(places)]


def _values(header: bytes, tag: int, count: int) -> list[tuple[float, ...]]:
    """Return the numbers of all elements of a tag that have so many, in the order of their frames."""
    start = struct.pack("<HH", tag >> 16, tag & 0xFFFF) + b"DS"
    values = []
    for found in re.finditer(re.escape(start) + b"(..)", header, re.DOTALL):
        (length,) = struct.unpack("<H", found[1])
        numbers = header[found.end() : found.end() + length].split(b"\\")
        if len(numbers) == count and all(re.fullmatch(rb" *[-+0-9.eE]+ *", each) for each in numbers):
            values.append(tuple(float(each) for each in numbers))
    return values


def _decoded(files: list[str], sitk: Any, argument: str, path: Path) -> Placed:
    with _quiet(sitk):
        slices = [each for file in files for each in _slices(file, sitk)]
        first = slices[0]
        if reason := _differs(slices):
            raise _bad(argument, path, reason)
        normal = first.direction[:, 2]
        slices.sort(key=lambda each: float(each.origin @ normal))
        step = _step(slices, normal, argument, path)
        frames = {file: _pixels(file, sitk) for file in files}
    # The slices' own dtypes may differ, as their slopes do.
    array = np.stack([frames[each.path][each.frame] for each in slices])
    distance = float(np.sqrt((step**2).sum()))
    axes = np.column_stack([first.direction[:, :2], step / distance])
    pose = (*first.spacing[:2], distance), slices[0].origin, axes
    return flattened(Placed(array, grid_of_parts(array.shape, *pose)))


def _pixels(file: str, sitk: Any) -> Any:
    array = sitk.GetArrayFromImage(sitk.ReadImage(file, imageIO="GDCMImageIO"))
    return array.reshape(-1, *array.shape[-2:])


def _differs(slices: list[Slice]) -> str | None:
    """Return in what the slices of a series are not alike."""
    first = slices[0]
    for each in slices[1:]:
        name = each.name
        if each.size != first.size:
            return f"{name} has {each.size[1]} x {each.size[0]} pixels, and others {first.size[1]} x {first.size[0]}"
        if not np.allclose(each.spacing[:2], first.spacing[:2], rtol=1e-4):
            return f"{name} has a spacing of its own"
        if np.abs(each.direction - first.direction).max() > _TURNED:
            return f"{name} is turned against the others"
    return None


def _step(slices: list[Slice], normal: np.ndarray, argument: str, path: Path) -> np.ndarray:
    """Return the way from one slice to the next."""
    if len(slices) == 1:
        return normal * slices[0].spacing[2]
    along = np.array([each.origin @ normal for each in slices])
    gaps = np.diff(along)
    usual = float(np.median(gaps))
    names = [each.name for each in slices]
    if not usual > 0 or gaps.min() < _UNEVEN * usual:
        k = int(gaps.argmin())
        raise _bad(argument, path, f"{names[k]} and {names[k + 1]} lie in the same place")
    if (far := np.abs(gaps - usual) > _UNEVEN * usual).any():
        k, ratio = int(far.argmax()), float(gaps[far.argmax()] / usual)
        missing = round(ratio) - 1
        what = f"{gaps[k]:.6g} mm lie between {names[k]} and {names[k + 1]}, and {usual:.6g} mm between others"
        if missing >= 1 and abs(ratio - round(ratio)) < 0.1:
            what += f", so {missing} seem{'s' if missing == 1 else ''} to be missing"
        raise _bad(argument, path, what)
    step: np.ndarray = (slices[-1].origin - slices[0].origin) / (len(slices) - 1)
    return step


def _bad(argument: str, path: Path, reason: str) -> InputError:
    return InputError("bad-slices", argument=argument, value=repr(str(path)), reason=reason)
