"""Poses of frames that are turned or stretched, too: `register` between neighbours, then against the others' mean."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import Any

import numpy as np
from numpy.typing import NDArray

from superpose._arithmetic.matrices import inverse, matmul
from superpose._jobs.network import Link
from superpose._jobs.running import Runner
from superpose._register import register
from superpose._sampling.mapping import PixelMap, warp_through
from superpose._sampling.prepared import Prepared, prepare
from superpose._sampling.warp import source
from superpose._spatial import Image
from superpose.errors import InputError
from superpose.grid import Grid
from superpose.image import Pixels, Raster
from superpose.result import Registration
from superpose.transforms.matrix import MatrixTransform

Floats = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class Placed:
    """Where one frame lies against the mean of the others, or why that is not known."""

    pose: Floats | None
    error: float
    confidence: float
    why: str = ""


def linked(
    frame: Callable[[int], Pixels],
    grid: Grid,
    numbers: Sequence[int],
    strides: Sequence[int],
    worked_at: int | None,
    run: Runner,
    **settings: Any,
) -> list[Link]:
    """Return what `register` is sure of between frames, all on one grid, so many places from each other."""
    task = _Linking(frame, grid, tuple(numbers), tuple(strides), worked_at, {"threads": run.task_threads, **settings})
    return [link for found in run.map("links", task, range(len(numbers))) for link in found]


@dataclass(frozen=True, eq=False)
class _Linking:
    """Links of one frame to those before it."""

    frame: Callable[[int], Pixels]
    grid: Grid
    numbers: tuple[int, ...]
    strides: tuple[int, ...]
    worked_at: int | None
    settings: dict[str, Any]
    kept: dict[int, Prepared] = field(default_factory=dict)

    def __call__(self, at: int) -> list[Link]:
        call = partial(register, on_unreliable="ignore", work_at=self.worked_at, **self.settings)
        out = []
        for stride in self.strides:
            if stride <= at:
                found = _tried(call, self._prepared(at - stride), self._prepared(at))
                if isinstance(found, Registration) and found.reliable and found.covariance is not None:
                    out.append(_as_link(self.numbers[at - stride], self.numbers[at], found))
        for passed in [each for each in list(self.kept) if each <= at - max(self.strides)]:
            self.kept.pop(passed, None)
        return out

    def _prepared(self, at: int) -> Prepared:
        found = self.kept.get(at)
        if found is None:
            found = self.kept[at] = prepare(Image(self.frame(self.numbers[at]), self.grid.spacing))
        return found

    def __getstate__(self) -> dict[str, Any]:
        return self.__dict__ | {"kept": {}}


def _as_link(first: int, second: int, found: Registration) -> Link:
    assert found.covariance is not None
    ndim = found.transform.ndim
    shift = found.covariance[-ndim:, -ndim:]
    turned = max(found.uncertainty**2 - float(np.trace(shift)), 0.0) ** 0.5
    return Link(first, second, found.transform.matrix, shift, turned)


def _tried(call: Callable[..., Registration], *images: Any, **more: Any) -> Registration | str:
    try:
        return call(*images, **more)
    except InputError as error:
        return str(error)


def against_mean(
    frame: Callable[[int], Pixels], poses: dict[int, Floats], grid: Grid, run: Runner, **settings: Any
) -> dict[int, Placed]:
    """Return where each frame of `poses`, all on one grid, lies against the mean of the others."""
    numbers = list(poses)
    blocks = [tuple(numbers[k : k + _TOGETHER]) for k in range(0, len(numbers), _TOGETHER)]
    total, seen = np.zeros(grid.shape), np.zeros(grid.shape)
    for one, other in run.map(
        "sums", _Sum(frame, poses, grid, run.task_threads), blocks, octets=16 * math.prod(grid.shape)
    ):
        total += one
        seen += other
    placing = _Placing(frame, poses, grid, total, seen, {"threads": run.task_threads, **settings})
    return dict(zip(numbers, run.map("places", placing, numbers), strict=True))


# So many frames are added up at a time, wherever that is done.
_TOGETHER = 8


@dataclass(frozen=True, eq=False)
class _Sum:
    """The sum of some frames whose poses are undone, and how many of them show each pixel."""

    frame: Callable[[int], Pixels]
    poses: dict[int, Floats]
    grid: Grid
    threads: int

    def __call__(self, numbers: Sequence[int]) -> tuple[Floats, Floats]:
        return _summed(self.frame, {each: self.poses[each] for each in numbers}, self.grid, self.threads)


@dataclass(frozen=True, eq=False)
class _Placing:
    """Where one frame lies against the mean of the others."""

    frame: Callable[[int], Pixels]
    poses: dict[int, Floats]
    grid: Grid
    total: Floats
    seen: Floats
    settings: dict[str, Any]

    def __call__(self, number: int) -> Placed:
        warped, valid = _undone(self.frame, number, self.poses[number], self.grid, self.settings["threads"])
        mean = Image(_mean(self.total - np.where(valid, warped, 0), self.seen - valid), self.grid.spacing)
        moving = Image(self.frame(number), self.grid.spacing)
        call = partial(register, on_unreliable="ignore", **self.settings)
        return _placed(_tried(call, mean, moving, initial=MatrixTransform(self.poses[number])))


def located(mean: Raster, volume: Raster, **settings: Any) -> Placed:
    """Return where `register` finds a volume beside a mean, wherever that is."""
    images = (Image(each.data, each.grid.spacing, mask=None if each.complete else each.mask) for each in (mean, volume))
    return _placed(_tried(register, *images, on_unreliable="ignore", **settings))


def vouched(
    frame: Callable[[int], Pixels], others: dict[int, Floats], number: int, pose: Floats, within: float, threads: int
) -> bool:
    """Whether `register` finds a frame reliably where it is said to lie beside the mean of others at their poses."""
    moving = frame(number)
    mean = mean_at(frame, others, Grid(moving.shape), threads)
    call = partial(register, transform="translation", on_unreliable="ignore", threads=threads)
    found = _tried(call, mean, moving, initial=MatrixTransform(pose))
    if isinstance(found, str) or not found.reliable:
        return False
    return float(np.abs(found.transform.matrix - pose).max()) <= within


def mean_at(frame: Callable[[int], Pixels], poses: dict[int, Floats], grid: Grid, threads: int) -> Floats:
    """Return the mean of frames whose poses are undone, NaN where none shows anything."""
    return _mean(*_summed(frame, poses, grid, threads))


def of_pair(frame: Callable[[int], Pixels], first: int, second: int, threads: int) -> Registration | None:
    """Return what `register` says of two frames that are merely shifted."""
    call = partial(register, transform="translation", on_unreliable="ignore", threads=threads)
    found = _tried(call, frame(first), frame(second))
    return found if isinstance(found, Registration) else None


def _summed(
    frame: Callable[[int], Pixels], poses: dict[int, Floats], grid: Grid, threads: int
) -> tuple[Floats, Floats]:
    """Return the sum of frames whose poses are undone, and how many of them show each pixel."""
    total, seen = np.zeros(grid.shape), np.zeros(grid.shape)
    for number, pose in poses.items():
        warped, valid = _undone(frame, number, pose, grid, threads)
        total += np.where(valid, warped, 0)
        seen += valid
    return total, seen


def _mean(total: Floats, seen: Floats) -> Floats:
    return np.where(seen > 0, total / np.maximum(seen, 1), np.nan)


def _undone(
    frame: Callable[[int], Pixels], number: int, pose: Floats, grid: Grid, threads: int
) -> tuple[Pixels, NDArray[np.bool_]]:
    """Return a frame with its pose undone, and where that shows anything."""
    image = frame(number)
    pixels = PixelMap(MatrixTransform(pose), grid, grid)
    return warp_through(source(image, np.isfinite(image), 3, threads), pixels, threads)


def _placed(found: Registration | str) -> Placed:
    if isinstance(found, str):
        return Placed(None, np.nan, np.nan, found)
    why = "" if found.reliable else (found.warnings or ("it cannot be trusted",))[0]
    return Placed(found.transform.matrix, found.uncertainty, found.confidence, why)


def centred(poses: Floats, members: Callable[[Floats], Floats]) -> Floats:
    """Return poses about their own average, which becomes a member of the family."""
    average = members(poses.mean(0))
    back = inverse(average)
    return np.array([matmul(each, back) for each in poses])
