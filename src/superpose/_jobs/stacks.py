"""Lay many frames on each other: time series, serial sections, bursts."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Collection, Iterator, Sequence
from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from superpose._checks import checked_flag, checked_path, is_row, is_whole
from superpose._jobs.canvas import CANVASES, canvas_grid
from superpose._jobs.combine import COMBINED
from superpose._jobs.frames import Checked, checked_channel, frames_of
from superpose._jobs.journal import Journal
from superpose._jobs.placing import Found, by_register
from superpose._jobs.running import Runner
from superpose._jobs.schedulers import workers_of
from superpose._jobs.settings import StackSettings
from superpose._jobs.shifted import by_trusted_shifts
from superpose._jobs.stack_result import StackFrame, StackResult, angle_of
from superpose._jobs.tables import reasons_in_words
from superpose._jobs.volumes import by_volumes
from superpose._names import lookup, public
from superpose._progress.watch import Progress, Stage, watched
from superpose._spatial import with_channels
from superpose._threads import thread_count
from superpose._version import versions
from superpose.errors import InputError, UnreliableWarning, shown, text
from superpose.grid import Grid
from superpose.transforms.family import families, family_named
from superpose.transforms.geometry import IndexMap, PhysicalMap, to_index, to_physical
from superpose.transforms.matrix import MatrixTransform

Floats = NDArray[np.float64]

# Those that poses can be averaged in.
FAMILIES = tuple(name for name, family in families().items() if not family.perspective)


@public(transform=FAMILIES)
def stack(
    frames: Any,
    *,
    transform: str = "translation",
    reference: str | int = "global",
    canvas: str = "fixed",
    channel: int | None = None,
    exclude: Collection[int] = (),
    transforms: Sequence[MatrixTransform | None] | None = None,
    combine: str | None = None,
    progress: Progress = False,
    max_pixels: int | None = None,
    threads: int | None = None,
    state: str | Path | Journal | None = None,
    restart: bool = False,
    scheduler: Any = None,
) -> StackResult:
    """Lay the frames of a series on each other: drift, shaking hands, serial sections.

    Parameters
    ----------
    frames : array_like, path, or iterable of images and paths
        Of one shape and on one grid, two or more: an array of shape (frames, rows, columns), (frames, rows, columns, 3
        or 4) or of volumes (frames, planes, rows, columns), of NumPy, zarr, dask or h5py; a folder of images, which are
        taken by the numbers in their names; a file of several, such as a TIFF or what `read_series` reads; or images as
        `register` takes them, in their order. One is read at a time, several times; what comes out of an iterator is
        kept in a temporary file, which goes with the process.
    transform : {"translation", "rigid", "similarity", "affine"}
        How frames have moved.
    reference : {"global", "first", "previous"} or int
        Whose place is kept: that of all frames on average ("mean" is the same), or one frame's. All frames decide
        together where each one lies, whichever that is; only with "previous" each is laid on the one before it, and
        the first one's place is kept: errors add up along the series then.
    canvas : {"fixed", "union", "intersection"}
        Which pixels the frames are laid on: those of a frame that lies at the place that is kept, those of the box
        around all frames, or those of the largest box that all frames fill.
    channel : int, optional
        Which channel frames are aligned by, counted from 0 along their last axis: all of them go along. Default: their
        luminance, if they are in colour.
    exclude : collection of int
        Numbers of frames that are left out.
    transforms : sequence of MatrixTransform or None, optional
        By frame, as in the result: nothing is searched then. They stay as they are unless `reference` is one frame.
    combine : {None, "mean", "median", "sigma-clip"}
        What `.image` is made by, if at all. "sigma-clip" is the mean without what differs from most frames by more
        than three deviations: cosmic rays, trails of satellites.
    progress : bool or callable
        As for `register`.
    max_pixels, threads : int, optional
        As for `register`.
    state : path, optional
        A file for what is done so far. A job that was killed goes on there when it is called again, and ends with the
        same bits. Once the job has ended well the file is removed.
    restart : bool
        Begin anew, whatever the file of `state` holds.
    scheduler : str, distributed.Client or concurrent.futures.Executor, optional
        Who does the work instead of this process: the address of a dask scheduler ("tcp://host:8786"), a client of
        one, or any executor. Workers open the frames themselves, by the same paths. The result is the same.

    Returns
    -------
    StackResult
        Frozen, with `.transforms`, `.table`, `.image`, `.coverage`, `.apply()`, `.combine()`, `.plot()`, `.report()`
        and `.save()`.

    Raises
    ------
    InputError
        If an argument cannot be used, no frame shows anything, or the frame of `reference` is excluded; if `state` was
        left by another job, or one that runs; if the scheduler or its workers cannot work.

    Warns
    -----
    UnreliableWarning
        If frames could not be placed; `.table` says which and why, the others are aligned all the same. If that of
        `reference` could not be, `.reference` of the result is "global"; with none placed, `.image` is None.

    Notes
    -----
    Where the canvas cannot be, as frames cover too much together or no pixel is in all of them, `.canvas` of the result
    is "fixed", and `.warnings` say so.

    Each frame is compared with those 1, 4, 16 and 64 places before it. All these links are solved together by truncated
    least squares, which drops what contradicts the others, so that errors do not add up along the series. Where nothing
    could contradict a link, because frames are few, in a chain or mostly not alike, `register` has to be sure of it,
    too. Then every frame is compared with the mean of all, filtered to what stands out from its noise; pixels count by
    their noise, whose variance over intensity is told from the series itself, and less where their brightness changes
    by more than that from frame to frame. That is as exact as noise allows, for photon counts too.

    Volumes are linked on coarse levels, from where they are likely to lie, and each is refined against the mean of the
    others. `register` has to be sure of one that fits as most do, and of each one that does not. Lengths are in the
    unit of the frames' spacing, where they have one.

    Examples
    --------
    >>> import numpy as np, skimage.data, superpose
    >>> image = skimage.data.camera()[::4, ::4]
    >>> found = superpose.stack([np.roll(image, k, axis=1) for k in (0, 2, 5)], reference="first")
    >>> [each.shift.round(1).tolist() for each in found.transforms]
    [[0.0, 0.0], [0.0, 2.0], [0.0, 5.0]]
    """
    settings = StackSettings()
    family = family_named(transform)
    if family.perspective:
        raise InputError(
            "unknown-name", argument="transform", value=shown(transform), nearest="", known=", ".join(FAMILIES)
        )
    made = None if combine is None else lookup("combine", combine, COMBINED)
    named_canvas = lookup("canvas", canvas, {name: name for name in CANVASES})
    count = thread_count(threads)
    restart = checked_flag("restart", restart)
    with ExitStack() as kept_open:
        if state is not None and not isinstance(state, Journal):
            state = kept_open.enter_context(Journal(checked_path("state", state), restart))
        workers = kept_open.enter_context(workers_of(scheduler, None if state is None else state.path))
        watch = kept_open.enter_context(watched(progress))
        run = Runner(count, state, workers)
        watch.begin(Stage.READ)
        given = frames_of(frames, max_pixels)
        if isinstance(frames, np.ndarray) and frames.ndim == 4:
            with_channels(frames[0], "auto", "frames")
        total = len(given)
        kept, chained = _reference(reference, total)
        checked = Checked(given, excluded_frames(exclude, total), settings.kept_bytes, checked_channel(channel))
        usable = checked.usable
        if isinstance(kept, int) and kept in checked.exclude:
            raise InputError("excluded-reference", argument="reference", value=shown(reference))
        if not usable:
            raise InputError("no-frames", argument="frames", value=total, reason=_reasons(checked.why))
        assert checked.shape is not None
        if transforms is None:
            if checked.grid.ndim == 2 and min(checked.shape) < settings.least_side:
                raise InputError("one-pixel", argument="frames", value=checked.shape, least=settings.least_side)
            run.begin(_job(family.name, reference, checked, settings), given, checked.kept)
        if transforms is not None:
            found = _given(transforms, total, checked)
            if isinstance(kept, int):
                found.kept_at(kept)
        elif len(usable) == 1:
            found = Found({usable[0]: np.eye(checked.grid.ndim + 1)})
        else:
            root = kept if isinstance(kept, int) else usable[0] if chained else None
            watch.begin(Stage.SEARCH)
            family = family_named(transform, checked.grid.ndim)
            flat = by_register if family.turns or checked.has_holes else by_trusted_shifts
            search = flat if checked.grid.ndim == 2 else by_volumes
            found = search(checked, family, root, chained, settings, run, lambda: watch.begin(Stage.REFINE))
        named = "global" if kept is None and not chained else str(reference)
        if isinstance(kept, int) and kept not in found.poses:
            named = "global"
            found.said.append(text("reference-left-out", argument="reference", value=shown(reference)))
        grid = checked.grid
        transforms_found = _transforms(found, total, family.name, grid)
        table = _table(given.name, checked.why | found.why, found, transforms_found, grid)
        lost = _left_out(checked, table)
        said = (*found.said, *([lost] if lost else []), *checked.notes)
        laid_on = grid
        try:
            laid_on = canvas_grid(named_canvas, transforms_found, grid, settings.canvas)
        except InputError as error:
            named_canvas, said = "fixed", (*said, str(error))
        result = StackResult(transforms_found, table, laid_on, named, None, None, said, named_canvas, grid, versions())
        if made is not None and found.poses:
            watch.begin(Stage.WARP)
            whole = result.combine(given, str(combine), threads=threads)
            result = replace(result, image=whole.image, coverage=whole.coverage)
    if lost:
        warnings.warn(lost, UnreliableWarning, stacklevel=3)
    return result


def _job(transform: str, reference: str | int, checked: Checked, settings: StackSettings) -> dict[str, Any]:
    """Return what the poses of frames depend on."""
    return {
        "transform": transform,
        "reference": reference if isinstance(reference, str) else int(reference),
        "exclude": sorted(checked.exclude),
        "frames": checked.marks,
        "grid": repr((checked.grid.shape, checked.grid.spacing, checked.grid.origin, checked.grid.direction)),
        "settings": repr(settings),
    }


def _reference(reference: Any, total: int) -> tuple[int | None, bool]:
    """Return the number of the frame whose place is kept, None where it is not one's, and whether they form a chain."""
    if is_whole(reference):
        if not -total <= reference < total:
            raise InputError("no-such-frame", argument="reference", value=shown(reference), total=total)
        return int(reference) % total, False
    known = {"global": (None, False), "first": (0, False), "previous": (None, True)}
    return lookup("reference", reference, known, {"mean": "global"})


def excluded_frames(exclude: Any, total: int) -> frozenset[int]:
    """Return the numbers of frames that are left out.

    Raises
    ------
    InputError
        If there is no frame of such a number.
    """
    several = is_row(exclude) or isinstance(exclude, range) or (isinstance(exclude, (set, frozenset)) and exclude)
    if not is_whole(exclude) and not several:
        raise InputError("no-such-frame", argument="exclude", value=shown(exclude), total=total)
    numbers = [exclude] if is_whole(exclude) else list(exclude)
    for each in numbers:
        if not is_whole(each) or not -total <= each < total:
            raise InputError("no-such-frame", argument="exclude", value=shown(each), total=total)
    return frozenset(int(each) % total for each in numbers)


def _given(transforms: Any, total: int, checked: Checked) -> Found:
    if not is_row(transforms) and not isinstance(transforms, Iterator):
        raise InputError("no-transform", argument="transforms", value=shown(transforms))
    transforms = list(transforms)
    if len(transforms) != total:
        raise InputError("other-count", argument="transforms", value=len(transforms), expected=total)
    out = Found({})
    for number, each in enumerate(transforms):
        if each is not None and (not isinstance(each, MatrixTransform) or each.ndim != checked.grid.ndim):
            raise InputError("no-transform", argument="transforms", value=shown(each))
        if each is None:
            out.why[number] = "its transform is None"
        elif number not in checked.why:
            out.poses[number] = to_index(PhysicalMap(each.matrix), checked.grid, checked.grid)
            out.families[number] = each.family
    return out


def _transforms(found: Found, total: int, family: str, grid: Grid) -> tuple[MatrixTransform | None, ...]:
    out: list[MatrixTransform | None] = [None] * total
    for number, pose in found.poses.items():
        out[number] = MatrixTransform(to_physical(IndexMap(pose), grid, grid), found.families.get(number, family))
    return tuple(out)


def _table(
    name: Callable[[int], str],
    why: dict[int, str],
    found: Found,
    transforms: Sequence[MatrixTransform | None],
    grid: Grid,
) -> tuple[StackFrame, ...]:
    middle, rows = grid.centre, []
    for number, transform in enumerate(transforms):
        if transform is None:
            reason = why.get(number, "nothing ties it to the others")
            rows.append(StackFrame(number, name(number), False, reason, (np.nan,) * grid.ndim))
            continue
        motion = tuple(map(float, (transform(middle[None])[0] - middle).round(6) + 0.0))
        sigma, confidence = found.errors.get(number, np.nan), found.confidences.get(number, np.nan)
        sigma *= grid.pixel_side
        rows.append(StackFrame(number, name(number), True, "", motion, sigma, confidence, angle_of(transform)))
    return tuple(rows)


def _left_out(checked: Checked, table: Sequence[StackFrame]) -> str:
    """Return what says which frames were not placed, and why; empty where all were that were to be."""
    lost = [each for each in table if not each.used and each.frame not in checked.exclude]
    if not lost:
        return ""
    which = reasons_in_words([(each.frame, each.why_not) for each in lost])
    return text("frames-left-out", argument="frames", value=len(lost), total=len(table), which=which)


def _reasons(why: dict[int, str]) -> str:
    number = min(why, default=None)
    return "there is none" if number is None else f"frame {number}: {why[number]}"
