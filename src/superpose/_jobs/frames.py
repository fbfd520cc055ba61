"""The frames of a job: what a user passes as such, and what of it can be compared."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from contextlib import suppress
from copy import copy
from dataclasses import replace
from pathlib import Path
from typing import Any
from zlib import crc32

import numpy as np
from numpy.typing import NDArray

from superpose._checks import asked, checked_max_pixels, checked_path, is_whole
from superpose._io.folders import images_in
from superpose._io.series import Series, series_at
from superpose._io.sources import shown_source
from superpose._io.times import time_of
from superpose._io.volumes import is_folder_of_one
from superpose._jobs.sources import Frames, Indexed, Listed, Paged, kept_of, numpy_or_zarr
from superpose._sampling.warp import filled_from_nearest
from superpose._spatial import Image
from superpose.errors import InputError, blaming, shown, text
from superpose.grid import Grid
from superpose.image import Pixels, Raster, UserImage, is_colour


def frames_of(given: Any, max_pixels: int | None) -> Frames:
    """Return frames as a user passes them, none of them read yet.

    An array of any kind, a folder, a file of several images, a `Series`, or images, paths or both in turn.

    Raises
    ------
    InputError
        If they are none, or `max_pixels` is no whole number of 1 or more.
    """
    max_pixels = checked_max_pixels(max_pixels)
    if isinstance(given, Frames):
        return given
    if isinstance(given, (str, Path)):
        return _of_path(checked_path("frames", given), max_pixels)
    if isinstance(given, Series):
        return Paged(given, max_pixels)
    if isinstance(given, (Image, Mapping, bytes)) or not (hasattr(given, "__getitem__") or isinstance(given, Iterable)):
        raise InputError("not-frames", argument="frames", value=shown(given))
    if hasattr(given, "__getitem__") and not isinstance(given, (list, tuple)):
        shape = asked("frames", getattr, given, "shape", None)
        if isinstance(shape, tuple) and (len(shape) not in (3, 4) or is_colour(shape)):
            seen = ", one image in colour" if is_colour(shape) else ""
            raise InputError("not-frames", argument="frames", value=f"an array of shape {shape}{seen}")
        if hasattr(given, "__len__") or isinstance(shape, tuple):
            return Indexed(given, max_pixels)
    several: Sequence[Any] = given if isinstance(given, (list, tuple)) else kept_of(given)
    if len(several) == 1 and isinstance(several[0], (str, Path)):
        return _of_path(checked_path("frames", several[0]), max_pixels)
    return Listed(several, max_pixels)


def first_readable(frames: Frames, numbers: Sequence[int]) -> NDArray[Any]:
    """Return the first of some frames that can be read.

    Raises
    ------
    InputError
        If none can: what is wrong with the first one.
    """
    for number in numbers:
        with suppress(InputError):
            return frames[number]
    return frames[numbers[0]]


def _of_path(path: Path, max_pixels: int | None) -> Frames:
    """Return the frames of a file, or of a folder."""
    if path.is_dir() and not is_folder_of_one(path):
        images, others = images_in(path, "frames")
        if not images:
            raise InputError("folder-without-frames", argument="frames", value=shown_source(path))
        notes = [text("no-frames-beside", argument="frames", value=len(others), which=_names(others))] if others else []
        found = _of_path(images[0], max_pixels) if len(images) == 1 else Listed(images, max_pixels)
        found.notes += tuple(notes)
        return found
    array = numpy_or_zarr(path, "frames")
    if array is not None:
        return Indexed(array, max_pixels, f"{path} frame")
    try:
        return Paged(series_at(path, max_pixels), max_pixels)
    except InputError as error:
        raise blaming(error, "frames") from error


def _names(paths: Sequence[Path]) -> str:
    return ", ".join(each.name for each in paths[:5]) + (", ..." if len(paths) > 5 else "")


def checked_channel(channel: Any) -> int | None:
    """Return the number of a channel, which may be counted from the end, or None.

    Raises
    ------
    InputError
        If it is none.
    """
    if channel is not None and not is_whole(channel):
        raise InputError("no-such-channel", argument="channel", value=shown(channel), image="a frame", channels="some")
    return None if channel is None else int(channel)


def one_channel(pixels: NDArray[Any], channel: int, name: str, axes: int | None = None) -> NDArray[Any]:
    """Return one channel of a frame of so many axes in space (default: two), whose last axis they lie along.

    Raises
    ------
    InputError
        If it has no such channel.
    """
    several = pixels.ndim > (axes or 2)
    count = pixels.shape[-1] if several else 1
    if not -count <= channel < count:
        said = "one channel" if count == 1 else f"{count} channels"
        raise InputError("no-such-channel", argument="channel", value=channel, image=name, channels=said)
    return pixels[..., channel] if several else pixels


# Where more of a frame than this part is missing in pieces of so many pixels a side, what is filled in looks like a
# scene that stays.
_PIECES, _SIDE = 0.15, 5


def _in_pieces(mask: NDArray[np.bool_]) -> float:
    """Return the part of a frame that lies in the midst of missing pixels."""
    missing = ~mask
    for axis in range(mask.ndim):
        windows = np.lib.stride_tricks.sliding_window_view(missing, min(_SIDE, missing.shape[axis]), axis)
        missing = np.asarray(windows.all(-1))
    return float(missing.mean())


# Squares and products of intensities are floats of 32 bits where these differ by no less and no more.
_FAINT, _BRIGHT = 2.0**-24, 2.0**24


# Where those of the first frame do, so many others are asked as well.
_ASKED = 8


def _span_of(image: Raster) -> float:
    """Return how far the intensities of an image differ."""
    values = image.data[image.mask]
    return float(values.max()) - float(values.min())


def _scale_of(span: float) -> float:
    """Return a power of two that takes intensities to where their squares can be told; 1 for all usual ones."""
    return 1.0 if _FAINT <= span <= _BRIGHT else math.ldexp(1.0, -math.frexp(span)[1])


def _equal(one: Raster, other: Raster) -> bool:
    return np.array_equal(one.data, other.data, equal_nan=True) and np.array_equal(one.mask, other.mask)


class Kept:
    """Frames that are kept by who reads them, as they are and with missing pixels filled: no copy holds any."""

    def __init__(self) -> None:
        self.rasters: dict[int, Raster] = {}
        self.filled: dict[int, Pixels] = {}
        self._whole = np.ones(0, bool)

    def lean(self, image: Raster) -> Raster:
        """Return an image whose mask is that of all complete ones, if it is complete."""
        if not image.complete:
            return image
        if self._whole.shape != image.mask.shape:
            self._whole = np.ones(image.mask.shape, bool)
        return replace(image, mask=self._whole)

    def __reduce__(self) -> tuple[Any, ...]:
        return Kept, ()


class Checked:
    """Frames as the job works on them: grey, of one shape, and why some are not.

    Attributes
    ----------
    why : dict of int to str
        Why frames cannot be compared.
    shape : tuple of int, or None
        That of most of the others.
    grid, own : Grid
        Where their pixels lie for the user, and where in units of a pixel along the axes: squares or cubes, if they are
        such, lie at their indices.
    same : list of (int, int)
        Frames that have the very pixels of an earlier one.
    marks : list of int or str
        By frame: a check sum of its pixels, or why it has none.
    dtypes : dict of str to int
        Of what dtypes frames are, and which one is the first of each.
    kept : Kept
        Frames, if all of them are few.
    """

    # Raises InputError if frames have several grids.
    def __init__(self, frames: Frames, exclude: frozenset[int], kept_bytes: int, channel: int | None = None) -> None:
        self.frames, self.exclude, self.kept_bytes, self.channel = frames, exclude, kept_bytes, channel
        self.why: dict[int, str] = dict.fromkeys(sorted(exclude), "it was excluded")
        self.shape: tuple[int, ...] | None = None
        self.same: list[tuple[int, int]] = []
        self.pieces: dict[int, float] = {}
        self.dtypes: dict[str, int] = {}
        self.kept = Kept()
        self._scale: float | None = None
        self.window: tuple[slice, ...] | None = None
        self._spots: NDArray[np.bool_] | None = None
        shapes: dict[tuple[int, ...], list[int]] = {}
        sums: dict[int, int] = {}
        marks: dict[int, int] = {}
        for number in range(len(frames)):
            if number in exclude:
                continue
            try:
                image = self.raster(number)
            except InputError as error:
                self.why[number] = str(error)
                continue
            shapes.setdefault(image.data.shape, []).append(number)
            if not image.complete:
                self.pieces[number] = _in_pieces(image.mask)
            mark = crc32(np.ascontiguousarray(image.mask).data, crc32(np.ascontiguousarray(image.data).data))
            if mark in sums and _equal(image, self.raster(sums[mark])):
                self.same.append((sums[mark], number))
            sums.setdefault(mark, number)
            marks[number] = mark
        self.marks: list[int | str] = [marks.get(k, self.why.get(k, "")) for k in range(len(frames))]
        if shapes:
            most = max(shapes, key=lambda each: (len(shapes[each]), -shapes[each][0]))
            self.shape = most
            for shape, numbers in shapes.items():
                if shape != most:
                    self.why |= dict.fromkeys(numbers, f"its shape is {shape}, and that of most others {most}")

        self.grid = self._told_grid()
        side = self.grid.pixel_side
        self.own = Grid(self.grid.shape, spacing=tuple(each / side for each in self.grid.spacing))

    @property
    def notes(self) -> list[str]:
        """What is odd about the frames, in words."""
        said = list(self.frames.notes)
        if len(self.usable) == 1:
            said.append(text("one-frame", argument="frames", value=len(self.frames)))
        if self.same:
            pairs = ", ".join(f"{a} and {b}" for a, b in self.same[:5])
            said.append(text("same-frames", argument="frames", value=len(self.same), which=pairs))
        if len(self.dtypes) > 1:
            which = ", ".join(f"{dtype} (frame {number})" for dtype, number in self.dtypes.items())
            said.append(text("several-dtypes", argument="frames", value=which))
        early = self._earlier()
        if early:
            which = ", ".join(f"{number} ({self.frames.name(number)})" for number in early[:5])
            said.append(text("times-out-of-order", argument="frames", value=len(early), which=which))
        return said

    def _earlier(self) -> list[int]:
        """Return the frames that were taken before the one before them, by what their files say."""
        out, latest = [], ""
        for number in range(len(self.frames)):
            file = self.frames.file(number)
            taken = time_of(file) if file is not None and self.frames.file_each else ""
            if taken and taken < latest:
                out.append(number)
            latest = taken or latest
        return out

    def _told_grid(self) -> Grid:
        """Return where all frames lie."""
        told = {k: each for k, each in self.frames.grids.items() if k not in self.why and not each.plain}
        if self.shape is None or not told:
            return Grid(self.shape or ())
        first = told[min(told)]
        for number, each in told.items():
            if not each.coincides(first):
                name, apart = self.frames.name(number), not np.allclose(each.spacing, first.spacing, rtol=1e-6, atol=0)
                said = [f"the spacing {grid.spacing}" if apart else f"{grid.extent}" for grid in (each, first)]
                raise InputError("unlike-frames", argument=name, value=said[0], expected=said[1])
        return first

    @property
    def flat_shape(self) -> tuple[int, int]:
        """The shape of frames that are no volumes."""
        rows, columns = self.grid.shape
        return rows, columns

    @property
    def usable(self) -> list[int]:
        """Numbers of the frames that can be compared."""
        return [number for number in range(len(self.frames)) if number not in self.why]

    def inside(self, window: tuple[slice, ...]) -> Checked:
        """Return what a window shows of the same frames, which are kept only there from now on."""
        self.kept, found = Kept(), copy(self)
        found.window, found.kept = window, Kept()
        found.shape = tuple(each.stop - each.start for each in window)
        found.grid = Grid(found.shape, spacing=self.grid.spacing)
        found.own = Grid(found.shape, spacing=self.own.spacing)
        return found

    def leave_out(self, spots: NDArray[np.bool_] | None) -> None:
        """Take pixels of all frames for missing, or none any more."""
        self._spots = spots
        self.kept = Kept()

    def grey(self, number: int) -> Pixels:
        """Return a frame, its missing pixels filled from beside them; see `raster`."""
        if number in self.kept.filled:
            return self.kept.filled[number]
        image = self.raster(number)
        if image.complete:
            return image.data
        pixels = filled_from_nearest(image.data, image.mask)
        if number in self.kept.rasters:
            self.kept.filled[number] = pixels
        return pixels

    def holed(self, number: int) -> Pixels:
        """Return a frame, its missing pixels NaN; see `raster`."""
        image = self.raster(number)
        return image.data if image.complete else np.where(image.mask, image.data, np.float32(np.nan))

    @property
    def has_holes(self) -> bool:
        """Whether frames miss more in one piece than what lies beside it tells."""
        return any(self.pieces.get(number, 0.0) > _PIECES for number in self.usable)

    def raster(self, number: int) -> Raster:
        """Return a frame at its indices, and which of its pixels count.

        Raises
        ------
        InputError
            If it cannot be compared.
        """
        if number in self.kept.rasters:
            return self.kept.rasters[number]
        name, pixels, grid = self.frames.name(number), self.frames[number], self.frames.grids.get(number)
        self.dtypes.setdefault(str(pixels.dtype), number)
        image = self._seen(pixels, name, grid)
        if self.window is not None:
            data, mask = image.data[self.window], image.mask[self.window]
            image = Raster(np.ascontiguousarray(data), np.ascontiguousarray(mask), Grid(self.grid.shape))
        if self._scale is None:
            self._scale = self._told_scale(image)
        if self._scale != 1:
            image = replace(image, data=image.data * np.float32(self._scale))
        mask = image.mask if self._spots is None else image.mask & ~self._spots
        image = replace(image, mask=mask, grid=Grid(image.grid.shape))
        # Beside one that has gaps its mask is kept, and once more with these filled.
        size = image.data.nbytes if image.complete else 2 * image.data.nbytes + image.mask.nbytes
        if size * len(self.frames) <= self.kept_bytes:
            self.kept.rasters[number] = image = self.kept.lean(image)
        return image

    def _seen(self, pixels: NDArray[Any], name: str, grid: Grid | None) -> Raster:
        """Return what is compared of a frame's pixels."""
        if self.channel is not None:
            pixels = one_channel(pixels, self.channel, name, None if grid is None else grid.ndim)
        return UserImage(pixels, grid=grid).as_image(name)

    def _told_scale(self, first: Raster) -> float:
        """Return what all intensities are multiplied by: as the first frame says, or most if that is an odd one."""
        span = _span_of(first)
        if _scale_of(span) == 1 and span:
            return 1.0
        count, spans = len(self.frames), []
        for number in range(0, count, max(1, count // _ASKED)):
            if number not in self.exclude:
                with suppress(InputError):
                    pixels = self.frames[number]
                    spans.append(_span_of(self._seen(pixels, self.frames.name(number), self.frames.grids.get(number))))
        told = sorted(each for each in spans if each > 0)
        return _scale_of(told[len(told) // 2]) if told else 1.0
