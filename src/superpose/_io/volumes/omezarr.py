"""OME-Zarr (0.1 to 0.5, in stores of Zarr 2 and 3) through zarr, an extra: read when it is asked for."""

from __future__ import annotations

import secrets
import shutil
import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from itertools import chain
from math import prod
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from superpose._exchange import Later, Placed, extra_package, millimetres
from superpose._io.reading import NotYet, told
from superpose._io.sources import shown_source
from superpose._io.volumes.base import Part
from superpose.errors import InputError
from superpose.grid import Grid, unit_spelled

NAME = "OME-Zarr"
Box = tuple[slice, ...]

# What axes are where nothing but their names says it.
_KINDS = {"t": "time", "c": "channel", "z": "space", "y": "space", "x": "space"}
# As OME calls units.
_LONG = {"m": "meter", "cm": "centimeter", "mm": "millimeter", "µm": "micrometer", "nm": "nanometer", "in": "inch"}
_NESTED = {"name": "v2", "separator": "/"}
# Levels are made until no side is longer, so many pixels of a side at a time, by the number of axes.
_SMALL, _BAND = 1024, {2: 1024, 3: 128}
# A chunk is decoded as a whole: how many elements it may have where the image has fewer.
_LARGEST_CHUNK = 2**27
# How often a draft is removed that others still write to.
_ATTEMPTS = 20


@dataclass(frozen=True)
class Axis:
    """One axis of an array: its name, what it runs along, its unit, and how many elements it has."""

    name: str
    kind: str
    unit: str
    size: int


def is_store(path: Path) -> bool:
    """Return whether a folder is a store of Zarr's, or part of one."""
    return any((path / name).is_file() for name in (".zgroup", ".zattrs", ".zarray", "zarr.json"))


def plain_array(path: Path, argument: str) -> Any:
    """Return an array of Zarr's of which OME says nothing, none of it read; None if the folder is a group of them."""
    zarr = extra_package("zarr", "zarr", "an array of Zarr", "microscopy")
    with told(argument, shown_source(path)):
        found = zarr.open(str(path.absolute()), mode="r")
    return found if isinstance(found, zarr.Array) else None


def load(
    path: Path, argument: str, channel: int | None = None, level: int | None = None, option: str = "page="
) -> list[Part]:
    """Return the image or volume of each time, of one channel and level (default: the only one; the finest).

    Errors call the options as they call that of the time, `option`.

    Raises
    ------
    InputError
        If there are several channels and none was chosen, or the one, or the level, is not there.
    """
    zarr = extra_package("zarr", "zarr", "an OME-Zarr", "microscopy")
    group, said = _described(zarr, path, argument)
    levels = said["datasets"]
    if not levels:
        raise ValueError("OME names no level of it")
    number = _checked(_option(option, "level"), 0 if level is None else level, len(levels), "levels")
    at = str(levels[number]["path"])
    array = group[at]
    if not isinstance(array, zarr.Array) or array.dtype.kind not in "buif":
        raise ValueError(f"its level {number} is no array of numbers")
    if prod(array.chunks) > max(_LARGEST_CHUNK, 4 * prod(array.shape)):
        raise ValueError(f"its chunks are of {array.chunks} elements, far larger than the image")
    axes = _axes(said, array.shape)
    grid, unit, kept = _placed(axes, [said, levels[number]])
    index: list[Any] = [slice(None) if k in kept else 0 for k in range(len(axes))]
    # Of the image's axes, as the array has them.
    order = tuple(sorted(kept).index(k) for k in kept)
    times = 1
    for k, axis in enumerate(axes):
        if axis.kind == "channel":
            if channel is None and axis.size > 1:
                raise not_chosen(argument, shown_source(path), axis.name, axis.size, _option(option, "channel"))
            index[k] = _checked(
                _option(option, "channel"), channel or 0, axis.size, f"elements along its axis {axis.name}"
            )
        elif axis.kind == "time":
            times = axis.size
    if channel and not any(axis.kind == "channel" for axis in axes):
        _checked(_option(option, "channel"), channel, 1, "channel")

    def of_time(time: int) -> Placed:
        chosen = tuple(time if axis.kind == "time" else index[k] for k, axis in enumerate(axes))
        stored = _StoredLevel(path.absolute(), at, chosen, order, argument, grid.shape, array.dtype)
        return Placed(Later(grid.shape, array.dtype, stored.read, stored), grid, (), unit)

    return [Part(grid.shape, partial(of_time, time)) for time in range(times)]


def not_chosen(argument: str, name: str, axis: str, size: int, option: str) -> InputError:
    """Return what says that an axis has several elements and none was chosen."""
    return InputError(
        "axis-not-chosen", argument=argument, value=name, axis=axis, size=size, option=option, last=size - 1
    )


def _option(option: str, name: str) -> str:
    """Return how another option than the time's is called: --fixed-page has --fixed-channel beside it."""
    return f"superpose.read(path, {name}=)" if "(" in option else option.replace("page", name)


def _checked(argument: str, number: int, count: int, what: str) -> int:
    if not 0 <= number < count:
        raise InputError("no-such-choice", argument=argument, value=number, count=count, what=what, last=count - 1)
    return number


def _described(zarr: Any, path: Path, argument: str) -> tuple[Any, dict[str, Any]]:
    """Return a group of Zarr's, and what OME says of the image in it."""
    try:
        group = zarr.open_group(str(path), mode="r")
    except (FileNotFoundError, zarr.errors.ContainsArrayError) as error:
        raise ValueError("it is no group of Zarr's: name the folder that holds the whole image") from error
    said = dict(group.attrs)
    said = said.get("ome", said)
    if "multiscales" in said:
        found: dict[str, Any] = said["multiscales"][0]
        return group, found
    if "plate" in said or "well" in said:
        raise NotYet("a plate of many images in OME-Zarr: name the folder of one of them, such as .../A/1/0")
    # What Bio-Formats makes holds its images in folders with numbers.
    images = sorted(name for name in group.group_keys() if name.isdecimal())
    if len(images) == 1:
        return _described(zarr, path / images[0], argument)
    if images:
        raise NotYet(f"an OME-Zarr of several images: name the folder of one of them, {' or '.join(images)}, in it")
    raise ValueError("it is a store of Zarr's in which OME describes no image")


def _axes(said: dict[str, Any], shape: tuple[int, ...]) -> list[Axis]:
    given = said.get("axes", list("tczyx"[-len(shape) :]))
    axes = [{"name": each} if isinstance(each, str) else dict(each) for each in given]
    if len(axes) != len(shape):
        raise ValueError(f"it has {len(shape)} axes and names {len(axes)}")
    return [
        Axis(str(a["name"]), str(a.get("type", _KINDS.get(str(a["name"]), ""))), str(a.get("unit") or ""), int(size))
        for a, size in zip(axes, shape, strict=True)
    ]


def _placed(axes: list[Axis], said: list[dict[str, Any]]) -> tuple[Grid, str, list[int]]:
    """Return where the pixels lie, in which unit, and which axes are (planes, rows, columns) of the image."""
    space = [k for k, axis in enumerate(axes) if axis.kind == "space"]
    if all(axes[k].name in ("z", "y", "x") for k in space):
        space.sort(key=lambda k: "zyx".index(axes[k].name))
    for axis in axes:
        if axis.kind not in ("space", "time", "channel") and axis.size > 1:
            raise NotYet(f"an OME-Zarr with an axis {axis.name} of {axis.size} elements that is neither space nor time")
    # Planes of which there is one make no volume.
    kept = [k for k in space if axes[k].size > 1] if len(space) == 3 and axes[space[0]].size == 1 else space
    if len(kept) not in (2, 3):
        raise ValueError(f"its axes in space are {', '.join(axes[k].name for k in space) or 'none'}")
    scale, shift = np.ones(len(axes)), np.zeros(len(axes))
    for part in reversed(said):  # what holds for one level comes before what holds for all
        for change in part.get("coordinateTransformations", []):
            kind = change.get("type")
            if kind == "identity":
                continue
            values = np.array(change[kind], float) if kind in ("scale", "translation") else np.zeros(0)
            if values.shape != scale.shape:
                raise ValueError(f"its transformation {kind!r} is not one of {len(axes)} numbers")
            scale, shift = (scale * values, shift * values) if kind == "scale" else (scale, shift + values)
    unit, factors = _in_one_unit([axes[k].unit for k in kept])
    spacing, origin = scale[kept] * factors, shift[kept] * factors
    return Grid(tuple(axes[k].size for k in kept), tuple(origin), tuple(spacing)), unit, kept


def _in_one_unit(units: list[str]) -> tuple[str, NDArray[np.float64]]:
    """Return the last axis's unit, and how many of it each axis's are."""
    last = units[-1]
    if len(set(units)) == 1 or any(unit_spelled(each) is None for each in units):
        if len({*units, ""}) > 2:
            raise ValueError(f"its axes are in {', '.join(units)}, of which it is not known how long each is")
        return unit_spelled(last) or last, np.ones(len(units))
    return unit_spelled(last) or "", np.array([millimetres(each) / millimetres(last) for each in units])


@dataclass(frozen=True, eq=False)
class _StoredLevel:
    """Of a level's array the axes in space, in their order: `chosen` says what is taken along all axes.

    Whoever unpickles it opens the store again.
    """

    path: Path
    at: str
    chosen: tuple[Any, ...]
    order: tuple[int, ...]
    argument: str
    shape: tuple[int, ...]
    dtype: np.dtype[Any]
    array: Any = None

    def __getstate__(self) -> dict[str, Any]:
        return self.__dict__ | {"array": None}

    def read(self) -> NDArray[Any]:
        """Return all of it."""
        return self[tuple(slice(0, n) for n in self.shape)]

    def __getitem__(self, box: tuple[slice, ...]) -> NDArray[Any]:
        index, along = list(self.chosen), [k for k, each in enumerate(self.chosen) if isinstance(each, slice)]
        for part, axis in zip(box, self.order, strict=True):
            index[along[axis]] = part
        with told(self.argument, shown_source(self.path)):
            if self.array is None:
                zarr = extra_package("zarr", "zarr", "an OME-Zarr", "microscopy")
                object.__setattr__(self, "array", _described(zarr, self.path, self.argument)[0][self.at])
            pixels = np.asarray(self.array[tuple(index)]).transpose(self.order)
            return np.ascontiguousarray(pixels.astype(pixels.dtype.newbyteorder("="), copy=False))


def lacks(axes: int, grid: Grid) -> tuple[str, str] | None:
    """Return what an OME-Zarr cannot hold of an image of so many axes, and a better format's extension."""
    if axes > grid.ndim:
        return "colour", "tif"
    return ("axes that are turned", "nrrd") if grid.direction else None


def dump(path: Path, array: NDArray[Any], grid: Grid, unit: str) -> None:
    """Write an image as the one level of a new folder (0.4, Zarr 2), which is made beside its place and moved there.

    Raises
    ------
    OSError
        If it cannot be written, or there is something of that name.
    """
    _dumped(path, array.dtype, grid, unit, [array])


def dump_series(path: Path, images: Iterator[NDArray[Any]], count: int, grid: Grid, unit: str) -> None:
    """Write so many images, one at a time, as the times of one; otherwise as `dump`."""
    first = next(images)
    _dumped(path, first.dtype, grid, unit, chain([first], images), count)


def dump_parts(
    path: Path, dtype: np.dtype[Any], grid: Grid, unit: str, parts: Iterable[tuple[Box, NDArray[Any]]], labels: bool
) -> None:
    """Write an image that comes in parts, with levels of half the size each; otherwise as `dump`.

    Of `labels` and booleans each level takes every other pixel, of other images the average of those that count.
    """
    with _new_group(path) as group:
        made = _array(group, "0", grid.shape, dtype)
        for box, pixels in parts:
            made[box] = pixels
        levels, band = [grid], _BAND[grid.ndim]
        # Of booleans there is no average.
        nearest = labels or dtype.kind == "b"
        while max(levels[-1].shape) > _SMALL:
            finer, level = levels[-1], _halved(levels[-1], nearest)
            coarse = _array(group, str(len(levels)), level.shape, dtype)
            for corner in np.ndindex(*(-(-n // band) for n in level.shape)):
                box = tuple(slice(k * band, min((k + 1) * band, n)) for k, n in zip(corner, level.shape, strict=True))
                of = tuple(slice(2 * b.start, min(2 * b.stop, n)) for b, n in zip(box, finer.shape, strict=True))
                coarse[box] = _half(np.asarray(made[of]), nearest)
            made = coarse
            levels.append(level)
        group.attrs["multiscales"] = [_described_as(levels, unit, False)]


def _halved(grid: Grid, nearest: bool) -> Grid:
    """Return where every other pixel lies, or the middle of each two."""
    spacing = tuple(2 * each for each in grid.spacing)
    first = grid.origin if nearest else tuple(a + b / 2 for a, b in zip(grid.origin, grid.spacing, strict=True))
    return Grid(tuple((n + 1) // 2 for n in grid.shape), first, spacing)


def _half(pixels: NDArray[Any], nearest: bool) -> NDArray[Any]:
    """Return every other pixel, or the average of what counts of each two along all axes."""
    if nearest:
        return pixels[(slice(None, None, 2),) * pixels.ndim]
    even = np.pad(pixels, [(0, n % 2) for n in pixels.shape], mode="edge")
    total: Any = np.zeros(tuple(n // 2 for n in even.shape))
    count = np.zeros(total.shape)
    for corner in np.ndindex(*(2,) * pixels.ndim):
        part = even[tuple(slice(k, None, 2) for k in corner)].astype(float)
        known = ~np.isnan(part)
        total += np.where(known, part, 0)
        count += known
    mean = np.divide(total, count, out=np.full(total.shape, np.nan), where=count > 0)
    return np.asarray(np.rint(mean) if pixels.dtype.kind in "ui" else mean, pixels.dtype)


def _dumped(
    path: Path, dtype: np.dtype[Any], grid: Grid, unit: str, images: Iterable[NDArray[Any]], times: int | None = None
) -> None:
    with _new_group(path) as group:
        made = _array(group, "0", grid.shape, dtype, times)
        for number, image in enumerate(images):
            made[number if times is not None else ...] = image
        # Some may not have come.
        if times is not None and number + 1 < times:
            made.resize((number + 1, *grid.shape))
        group.attrs["multiscales"] = [_described_as([grid], unit, times is not None)]


@contextmanager
def _new_group(path: Path) -> Iterator[Any]:
    """Make a group of Zarr's beside its place, and move it there when it is done."""
    zarr = extra_package("zarr", "zarr", "an OME-Zarr", "microscopy")
    draft = path.parent / f".superpose-{secrets.token_hex(8)}.draft.zarr"
    try:
        yield zarr.open_group(str(draft), mode="w-", zarr_format=2)
        draft.rename(path)  # where there is a folder already that fails
    finally:
        # Where the program is interrupted, threads of Zarr's may still write the chunks that they began.
        for _ in range(_ATTEMPTS):
            shutil.rmtree(draft, ignore_errors=True)
            if not draft.exists():
                break
            time.sleep(0.05)


def _array(group: Any, name: str, shape: tuple[int, ...], dtype: np.dtype[Any], times: int | None = None) -> Any:
    chunks = tuple(min(size, 256 if len(shape) == 2 else 64) for size in shape)
    lead = () if times is None else (times,)
    return group.create_array(
        name, shape=lead + shape, dtype=dtype, chunks=(1,) * len(lead) + chunks, chunk_key_encoding=_NESTED
    )


def _described_as(levels: list[Grid], unit: str, series: bool) -> dict[str, Any]:
    """Return what OME says of an image, of which there are several sizes, and perhaps several times."""
    called = {"unit": _LONG[unit_spelled(unit) or ""]} if unit_spelled(unit) else {"unit": unit} if unit else {}
    axes = [{"name": name, "type": "space"} | called for name in "zyx"[-levels[0].ndim :]]
    datasets = []
    for number, grid in enumerate(levels):
        changes = [
            {"type": "scale", "scale": [1.0] * series + list(grid.spacing)},
            {"type": "translation", "translation": [0.0] * series + list(grid.origin)},
        ]
        datasets.append({"path": str(number), "coordinateTransformations": changes})
    return {"version": "0.4", "axes": [{"name": "t", "type": "time"}] * series + axes, "datasets": datasets}
