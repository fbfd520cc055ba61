"""The frames of a job: anything with a length and numbers, read one at a time."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any, Protocol
from zlib import crc32

import numpy as np
from numpy.typing import NDArray

from superpose._checks import asked, is_whole
from superpose._opened import opened
from superpose._sampling.warp import filled_from_nearest
from superpose._spatial import Image
from superpose.errors import InputError, shown
from superpose.image import Pixels, UserImage, is_colour


class Frames(Protocol):
    """Frames by their numbers; one is read anew each time that it is asked for."""

    spacings: dict[int, tuple[float, ...]]

    def __len__(self) -> int:
        """How many there are."""

    def __getitem__(self, number: int, /) -> NDArray[Any]:
        """Return a frame's pixels.

        Raises
        ------
        InputError
            If it cannot be read.
        """

    def name(self, number: int) -> str:
        """Return what a table calls a frame."""


class _Arrays:
    """Frames that are in memory, or files that each hold one."""

    def __init__(self, given: Any, max_pixels: int | None) -> None:
        self.given, self.max_pixels = given, max_pixels
        self.spacings: dict[int, tuple[float, ...]] = {}

    def __getstate__(self) -> dict[str, Any]:
        """Return what a worker gets, whose working folder is another one."""
        if not isinstance(self.given, (list, tuple)):
            return self.__dict__
        given = [Path(each).absolute() if isinstance(each, (str, Path)) else each for each in self.given]
        return self.__dict__ | {"given": given}

    def __len__(self) -> int:
        return len(self.given)

    def __getitem__(self, number: int) -> NDArray[Any]:
        found = opened(self.given[number], self.name(number), self.max_pixels)
        if isinstance(found, Image):
            if found.spaced:
                self.spacings[number] = found.spacing
            found = _masked(found)
        return found if isinstance(found, np.ma.MaskedArray) else np.asarray(found)

    def name(self, number: int) -> str:
        each = self.given[number]
        return str(each) if isinstance(each, (str, Path)) else f"frame {number}"


def _masked(image: Image) -> Any:
    """Return an image's pixels, those that its mask leaves out masked."""
    if image.mask is None:
        return image.array
    out = ~np.asarray(image.mask, bool)
    out = out.reshape(out.shape + (1,) * (np.ndim(image.array) - out.ndim))
    return np.ma.masked_array(image.array, np.broadcast_to(out, np.shape(image.array)))


class _Pages:
    """The pages of one file, kept as they are read."""

    def __init__(self, path: Path, max_pixels: int | None) -> None:
        from superpose._io.images import read_pages

        self.path, self.pages = path, read_pages(path, "frames", None, "page=", max_pixels)
        self.spacings: dict[int, tuple[float, ...]] = {}

    def __len__(self) -> int:
        return len(self.pages)

    def __getitem__(self, number: int) -> NDArray[Any]:
        return self.pages[number]

    def name(self, number: int) -> str:
        return f"{self.path} page {number}"


def frames_of(given: Any, max_pixels: int | None) -> Frames:
    """Return frames as a user passes them: an array, a file of several pages, or images, paths or both in turn.

    Raises
    ------
    InputError
        If they are none.
    """
    if isinstance(given, (_Arrays, _Pages)):
        return given
    if isinstance(given, (str, Path)):
        return _Pages(Path(given), max_pixels)
    if isinstance(given, np.ndarray):
        if given.ndim < 3 or is_colour(given.shape) or given.ndim > 4:
            raise InputError("not-frames", argument="frames", value=f"an array of shape {given.shape}")
        return _Arrays(given, max_pixels)
    lazy = hasattr(given, "__len__") and hasattr(given, "__getitem__") and not isinstance(given, (Mapping, bytes))
    if isinstance(given, (Image, Mapping, bytes)) or not (lazy or isinstance(given, Iterable)):
        raise InputError("not-frames", argument="frames", value=shown(given))
    several = given if lazy else list(given)
    if asked("frames", len, several) == 1 and isinstance(several[0], (str, Path)):
        return _Pages(Path(several[0]), max_pixels)
    return _Arrays(several, max_pixels)


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
