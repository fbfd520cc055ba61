"""The images that an average is made of: checked, in an order that is that of their contents alone."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from hashlib import sha256
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from superpose._checks import asked
from superpose._jobs.frames import frames_of
from superpose._opened import opened
from superpose._sampling.prepared import Prepared
from superpose._spatial import Image, user_image, with_channels
from superpose.errors import InputError, blaming, shown
from superpose.grid import Grid
from superpose.image import Mask, Pixels, is_prepared

Floats = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class Member:
    """One image, or several that are the same to the bit.

    Attributes
    ----------
    numbers : tuple of int
        Its places among those given.
    prepared : Prepared
        As `register` takes it.
    values : ndarray, float32, shape of the image (and colours)
        Its intensities, less `offset`.
    mask : ndarray of bool
        Where it has data that counts: of weights, half or more.
    offset : float
        What its intensities are less by.
    grid : Grid
        Where its pixels lie: of images without a place in space, about their own middles.
    """

    numbers: tuple[int, ...]
    prepared: Prepared
    values: Pixels
    mask: Mask
    offset: float
    grid: Grid

    @property
    def weight(self) -> int:
        """How many images it stands for."""
        return len(self.numbers)

    @property
    def coloured(self) -> bool:
        """Whether it is in colour."""
        return self.values.ndim > self.grid.ndim

    @property
    def to_own(self) -> Floats:
        """The matrix from points of `grid` to those that `register` tells of the image."""
        return moved_by(np.array(self.prepared.image.grid.origin) - self.grid.origin)


def moved_by(shift: Floats) -> Floats:
    """Return the homogeneous matrix of a shift."""
    matrix = np.eye(len(shift) + 1)
    matrix[:-1, -1] = shift
    return matrix


class Named:
    """Images as a user passes them: read by their numbers, and called by names."""

    def __init__(self, given: Any, max_pixels: int | None) -> None:
        self.max_pixels = max_pixels
        if isinstance(given, (str, Path)):
            try:
                given = frames_of(given, max_pixels)
            except InputError as error:
                raise blaming(error, "images") from error
        elif isinstance(given, np.ndarray):
            if given.ndim not in (3, 4):
                raise InputError("not-images", argument="images", value=f"an array of shape {given.shape}")
        elif isinstance(given, (Image, Mapping, bytes)) or is_prepared(given) or not _has_several(given):
            raise InputError("not-images", argument="images", value=shown(given))
        else:
            given = asked("images", list, given)
        self.given = given

    def __len__(self) -> int:
        return len(self.given)

    def name(self, number: int) -> str:
        """Return what a table calls an image."""
        each = self.given[number]
        return str(each) if isinstance(each, (str, Path)) else f"image {number}"

    def prepared(self, number: int, kept: bool) -> Prepared:
        """Return an image as `register` takes it.

        Raises
        ------
        InputError
            If it cannot be read, or aligned.
        """
        name, each = self.name(number), self.given[number]
        if is_prepared(each):
            return Prepared.of(each.source, name, kept=kept)
        user = user_image(with_channels(opened(each, name, self.max_pixels), "auto", name), None, name)
        return Prepared.of(user.frozen(name) if kept else user, name, kept=kept)


def _has_several(given: Any) -> bool:
    return isinstance(given, Iterable) or (hasattr(given, "__len__") and hasattr(given, "__getitem__"))


def members_of(named: Named, kept_bytes: int) -> tuple[list[Member], dict[int, str]]:
    """Return the images that can be averaged, in the order of their contents, and why others cannot.

    Raises
    ------
    InputError
        If some are volumes, in colour or placed in space, and others not.
    """
    why: dict[int, str] = {}
    found: dict[bytes, Member] = {}
    for number in range(len(named)):
        try:
            prepared = named.prepared(number, True)
        except InputError as error:
            why[number] = str(error)
            continue
        if prepared.image.data.nbytes * len(named) > kept_bytes:
            prepared = replace(prepared, kept=False)
        values, offset = _values(prepared)
        mark = _mark(prepared, values, offset)
        known = found.get(mark)
        if known is not None:
            found[mark] = replace(known, numbers=(*known.numbers, number))
            continue
        grid = prepared.image.grid
        found[mark] = Member((number,), prepared, values, prepared.image.trusted, offset, grid)
    ordered = [found[mark] for mark in sorted(found)]
    _check_alike(named, ordered)
    units = sorted({each.grid.unit for each in ordered if each.grid.unit})
    return [_placed(each, units[0] if units else "") for each in ordered], why


def _values(prepared: Prepared) -> tuple[Pixels, float]:
    """Return an image's intensities, or its three colours', and what they are less by."""
    image, array = prepared.image, prepared.array
    if np.ndim(array) == image.grid.ndim:
        return image.data, image.offset
    colours = np.asarray(array)[..., :3]
    return np.where(image.mask[..., None], colours - np.float64(image.offset), 0).astype(np.float32), image.offset


def _mark(prepared: Prepared, values: Pixels, offset: float) -> bytes:
    """Return what two images share only if they are the same."""
    grid = prepared.image.grid
    place = repr((values.shape, grid.origin, grid.spacing, grid.direction, grid.unit, offset))
    said = sha256(place.encode())
    said.update(np.ascontiguousarray(values).tobytes())
    said.update(np.packbits(prepared.image.mask).tobytes())
    if prepared.image.weights is not None:
        said.update(np.ascontiguousarray(prepared.image.counts).tobytes())
    return said.digest()


def _check_alike(named: Named, members: Sequence[Member]) -> None:
    if not members:
        return
    first = min(members, key=lambda each: each.numbers)
    for each in sorted(members, key=lambda each: each.numbers):
        for how in (_axes, _colours, _place):
            if how(each) != how(first):
                one, other = (f"{named.name(those.numbers[0])} has {how(those)}" for those in (first, each))
                raise InputError("unlike-images", argument="images", value=one, expected=other)


def _axes(member: Member) -> str:
    return f"{member.grid.ndim} axes"


def _colours(member: Member) -> str:
    return "colours" if member.coloured else "no colours"


def _place(member: Member) -> str:
    return "no spacing" if member.grid.plain else "a spacing"


def _placed(member: Member, unit: str) -> Member:
    grid = member.grid
    if grid.plain:
        return replace(member, grid=Grid(grid.shape, tuple((1 - n) / 2 for n in grid.shape)))
    told = grid.in_unit(unit) if grid.unit else replace(grid, unit=unit)
    source = replace(member.prepared.source, grid=told)
    prepared = replace(member.prepared, source=source, image=replace(member.prepared.image, grid=told))
    return replace(member, prepared=prepared, grid=told)
