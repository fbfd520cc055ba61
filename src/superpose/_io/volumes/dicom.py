"""DICOM: a folder of a series' slices, or one slice, through SimpleITK: an extra."""

from __future__ import annotations

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


@dataclass(frozen=True)
class Slice:
    """One file: its pixels' size, and the place and axes of its plane, in (x, y, z)."""

    path: str
    size: tuple[int, ...]
    spacing: tuple[float, ...]
    origin: np.ndarray
    direction: np.ndarray


def recognises(start: bytes) -> bool:
    """Whether a file that begins with these bytes is a DICOM file; folders are recognised by `series_in`."""
    return start[128:132] == b"DICM"


def load(path: Path, argument: str) -> list[Part]:
    """Return the one slice of a file, or the series in a folder, sorted by their identifiers; none if there is none."""
    if path.is_dir() and not any(map(_is_slice, path.iterdir())):
        return []  # other folders need no package to be refused
    sitk = medical_package("SimpleITK", "SimpleITK", argument)
    with _quiet(sitk):
        if not path.is_dir():
            return [_part([str(path)], sitk, argument, path)]
        reader = sitk.ImageSeriesReader
        series = sorted(reader.GetGDCMSeriesIDs(str(path)))
        return [_part(list(reader.GetGDCMSeriesFileNames(str(path), each)), sitk, argument, path) for each in series]


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
    first = _slice(files[0], sitk)
    return Part((len(files), first.size[1], first.size[0]), partial(_decoded, files, sitk, argument, path))


def _slice(file: str, sitk: Any) -> Slice:
    reader = sitk.ImageFileReader()
    reader.SetFileName(file)
    reader.SetImageIO("GDCMImageIO")
    reader.ReadImageInformation()
    if (frames := reader.GetSize()[2:]) not in ((), (1,)):
        raise ValueError(f"{Path(file).name} has {frames[0]} frames, which are not read yet")
    if reader.GetNumberOfComponents() != 1:
        raise ValueError(f"{Path(file).name} has {reader.GetNumberOfComponents()} numbers a pixel")
    direction = np.reshape(reader.GetDirection(), (3, 3))
    return Slice(file, reader.GetSize()[:2], reader.GetSpacing(), np.array(reader.GetOrigin()), direction)


def _decoded(files: list[str], sitk: Any, argument: str, path: Path) -> Placed:
    with _quiet(sitk):
        slices = [_slice(file, sitk) for file in files]
        first = slices[0]
        if reason := _differs(slices):
            raise _bad(argument, path, reason)
        normal = first.direction[:, 2]
        slices.sort(key=lambda each: float(each.origin @ normal))
        step = _step(slices, normal, argument, path)
        pixels = [_pixels(each.path, sitk) for each in slices]
    # The slices' own dtypes may differ, as their slopes do.
    array = np.stack(pixels)
    distance = float(np.sqrt((step**2).sum()))
    axes = np.column_stack([first.direction[:, :2], step / distance])
    pose = (*first.spacing[:2], distance), slices[0].origin, axes
    return flattened(Placed(array, grid_of_parts(array.shape, *pose)))


def _pixels(file: str, sitk: Any) -> Any:
    array = sitk.GetArrayFromImage(sitk.ReadImage(file, imageIO="GDCMImageIO"))
    return array.reshape(array.shape[-2:])


def _differs(slices: list[Slice]) -> str | None:
    """Return in what the slices of a series are not alike."""
    first = slices[0]
    for each in slices[1:]:
        name = Path(each.path).name
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
    names = [Path(each.path).name for each in slices]
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
