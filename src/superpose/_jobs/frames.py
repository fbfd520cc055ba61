"""The frames of a job: what a user passes as such, and what of it can be compared."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any
from zlib import crc32

import numpy as np
from numpy.typing import NDArray

from superpose._checks import asked, checked_path, is_whole
from superpose._io.folders import images_in
from superpose._io.series import Series, read_series
from superpose._io.sources import shown_source
from superpose._io.volumes import is_folder_of_one
from superpose._jobs.sources import Frames, Indexed, Listed, Paged, kept_of, numpy_or_zarr
from superpose._sampling.warp import filled_from_nearest
from superpose._spatial import Image
from superpose.errors import InputError, shown, text
from superpose.image import Pixels, UserImage, is_colour


def frames_of(given: Any, max_pixels: int | None) -> Frames:
    """Return frames as a user passes them, none of them read yet.

    An array of any kind, a folder, a file of several images, a `Series`, or images, paths or both in turn.

    Raises
    ------
    InputError
        If they are none.
    """
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
            raise InputError("not-frames", argument="frames", value=f"an array of shape {shape}")
        if hasattr(given, "__len__") or isinstance(shape, tuple):
            return Indexed(given, max_pixels)
    several: Sequence[Any] = given if isinstance(given, (list, tuple)) else kept_of(given)
    if len(several) == 1 and isinstance(several[0], (str, Path)):
        return _of_path(checked_path("frames", several[0]), max_pixels)
    return Listed(several, max_pixels)


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
        return Paged(read_series(path, max_pixels=max_pixels), max_pixels)
    except InputError as error:
        raise InputError(error.code, **error.fields | {"argument": "frames"}) from error


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


def one_channel(pixels: NDArray[Any], channel: int, name: str) -> NDArray[Any]:
    """Return one channel of a frame, whose last axis they lie along.

    Raises
    ------
    InputError
        If it has no such channel.
    """
    count = pixels.shape[-1] if pixels.ndim > 2 else 1
    if not -count <= channel < count:
        said = "one channel" if count == 1 else f"{count} channels"
        raise InputError("no-such-channel", argument="channel", value=channel, image=name, channels=said)
    return pixels[..., channel] if pixels.ndim > 2 else pixels


class Checked:
    """Frames as the job works on them: grey, of one shape, and why some are not.

    Attributes
    ----------
    why : dict of int to str
        Why frames cannot be compared.
    shape : (int, int) or None
        That of most of the others.
    same : list of (int, int)
        Frames that have the very pixels of an earlier one.
    marks : list of int or str
        By frame: a check sum of its pixels, or why it has none.
    """

    # Raises InputError if frames have several spacings.
    def __init__(self, frames: Frames, exclude: frozenset[int], kept_bytes: int, channel: int | None = None) -> None:
        self.frames, self.exclude, self.kept_bytes, self.channel = frames, exclude, kept_bytes, channel
        self.why: dict[int, str] = dict.fromkeys(sorted(exclude), "it was excluded")
        self.shape: tuple[int, int] | None = None
        self.same: list[tuple[int, int]] = []
        self._kept: dict[int, Pixels] = {}
        self._spots: NDArray[np.bool_] | None = None
        shapes: dict[tuple[int, ...], list[int]] = {}
        sums: dict[int, int] = {}
        marks: dict[int, int] = {}
        for number in range(len(frames)):
            if number in exclude:
                continue
            try:
                image = self.grey(number)
            except InputError as error:
                self.why[number] = str(error)
                continue
            shapes.setdefault(image.shape, []).append(number)
            mark = crc32(np.ascontiguousarray(image).tobytes())
            if mark in sums and np.array_equal(image, self.grey(sums[mark])):
                self.same.append((sums[mark], number))
            sums.setdefault(mark, number)
            marks[number] = mark
        self.marks: list[int | str] = [marks.get(k, self.why.get(k, "")) for k in range(len(frames))]
        self._check_spacings()
        if shapes:
            most = max(shapes, key=lambda each: (len(shapes[each]), -shapes[each][0]))
            self.shape = most[0], most[1]
            for shape, numbers in shapes.items():
                if shape != most:
                    self.why |= dict.fromkeys(numbers, f"its shape is {shape}, and that of most others {most}")

    def __getstate__(self) -> dict[str, Any]:
        """Return what a worker gets, who reads the frames itself."""
        return self.__dict__ | {"_kept": {}}

    def _check_spacings(self) -> None:
        told = {number: each for number, each in self.frames.spacings.items() if number not in self.why}
        for number, each in told.items():
            first = min(told)
            if not np.allclose(each, told[first], rtol=1e-6, atol=0):
                name = self.frames.name(number)
                raise InputError("unlike-frames", argument=name, value=f"the spacing {each}", expected=told[first])

    @property
    def usable(self) -> list[int]:
        """Numbers of the frames that can be compared."""
        return [number for number in range(len(self.frames)) if number not in self.why]

    def leave_out(self, spots: NDArray[np.bool_] | None) -> None:
        """Take pixels of all frames for missing, or none any more."""
        self._spots = spots
        self._kept.clear()

    def grey(self, number: int) -> Pixels:
        """Return a frame, its missing pixels filled from beside them.

        Raises
        ------
        InputError
            If it cannot be compared.
        """
        if number in self._kept:
            return self._kept[number]
        name = self.frames.name(number)
        pixels = self.frames[number]
        image = UserImage(pixels if self.channel is None else one_channel(pixels, self.channel, name)).as_image(name)
        if image.grid.ndim != 2:
            raise InputError("not-2d", argument=name, value=image.grid.shape)
        mask = image.mask if self._spots is None else image.mask & ~self._spots
        complete = image.complete and self._spots is None
        pixels = image.data if complete else filled_from_nearest(image.data, mask)
        if pixels.nbytes * len(self.frames) <= self.kept_bytes:
            self._kept[number] = pixels
        return pixels
