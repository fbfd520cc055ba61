"""What verbs share that lay the frames of a series on each other."""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from superpose._io.atomic import Outputs, check_target
from superpose._io.images import check_output, write_pages
from superpose._io.volumes import check_store, write_store, write_store_series
from superpose._jobs.canvas import CANVASES
from superpose._jobs.combine import COMBINED
from superpose._jobs.frames import frames_of
from superpose._jobs.journal import Journal
from superpose._jobs.sources import Frames
from superpose._jobs.tables import reasons_in_words
from superpose.cli._output import STANDARD, sink
from superpose.cli._words import finding
from superpose.errors import InputError, text
from superpose.grid import Grid
from superpose.image import is_colour

# What is made of the frames, by its name on the command line.
NONE = "none"


def combine(parser: argparse.ArgumentParser) -> None:
    """Add the choice of what is made of the frames."""
    helped = f"{', '.join(COMBINED)} (default: mean); none: the frames: pages of a TIFF, times of an OME-Zarr"
    parser.add_argument("--combine", metavar="NAME", default="mean", help=helped)


def canvas(parser: argparse.ArgumentParser, default: str) -> None:
    """Add the choice of the pixels that frames are laid on."""
    helped = f"{', '.join(CANVASES)} (default: {default}): a frame's pixels, those of all, or those that all show"
    parser.add_argument("--canvas", metavar="NAME", help=helped)


def restart(parser: argparse.ArgumentParser) -> None:
    """Add the choice of what becomes of a job that was stopped."""
    helped = "begin anew: a job that was stopped goes on otherwise where OUT.state says that it was"
    parser.add_argument("--restart", action="store_true", help=helped)


def state_beside(options: argparse.Namespace) -> Journal | None:
    """Return the state of the job, beside its output; none where that goes to a stream.

    Raises
    ------
    InputError
        If another output is to go there, which would be lost with the state.
    """
    target = check_target(sink(options.output), "--output")
    # Beside a name as long as names may be there is no room for another one.
    if target.through or not isinstance(target.path, Path) or len(os.fsencode(target.path.name)) > 240:
        return None
    state = target.path.with_name(f"{target.path.name}.state")
    for name, path in vars(options).items():
        if isinstance(path, str) and os.path.realpath(path) == os.path.realpath(state):
            raise InputError("same-output", argument=f"--{name.replace('_', '-')}", value=repr(path), other="OUT.state")
    return Journal(state, options.restart)


def check_outside(outputs: dict[str, str | None], paths: list[str], argument: str) -> None:
    """Check that no output goes into a folder of which all images are frames: it would be one of them the next time.

    Raises
    ------
    InputError
        If one does.
    """
    if len(paths) != 1 or not Path(paths[0]).is_dir():
        return
    folder = Path(os.path.realpath(paths[0]))
    for name, path in outputs.items():
        if path is not None and path != STANDARD and Path(os.path.realpath(path)).parent == folder:
            raise InputError("output-among-frames", argument=name, value=repr(path), folder=argument)


def frames_at(paths: list[str], argument: str, max_pixels: int | None) -> Frames:
    """Return the frames that files hold.

    Raises
    ------
    InputError
        If there is no such file.
    """
    check_there([path for path in paths if path != STANDARD], argument)
    return frames_of(paths, max_pixels)


def check_there(paths: list[str], argument: str) -> None:
    """Check that there are such files.

    Raises
    ------
    InputError
        If one is not there.
    """
    for path in paths:
        if not Path(path).exists():
            raise InputError("no-such-file", argument=argument, value=path)


def tell_left_out(warnings: Sequence[str]) -> None:
    """Say on standard error what was left out, which is said to whoever wants to hear nothing else as well."""
    for warning in warnings:
        if warning.endswith(("[frames-left-out]", "[images-left-out]", "[focal-off]")):
            print(f"superpose: {finding(warning)}", file=sys.stderr)


def tell_unreadable(frames: Frames, numbers: Sequence[int]) -> None:
    """Say on standard error which of these frames cannot be read, and why."""
    reasons: list[tuple[object, str]] = []
    for number in numbers:
        try:
            frames[number]
        except InputError as error:
            reasons.append((number, str(error)))
    if reasons:
        which = reasons_in_words(reasons)
        said = text("frames-unreadable", argument="frames", value=len(reasons), total=len(frames), which=which)
        print(f"superpose: {finding(said)}", file=sys.stderr)


def check_frames(path: str, form: str | None, dtype: np.dtype[Any], shape: tuple[int, ...], pages: int) -> None:
    """Check that so many images of a shape can be written: to a file, or to a new OME-Zarr where the name says so.

    Raises
    ------
    InputError
        If not.
    """
    if _is_store(path, form):
        grid = Grid(shape[:2] if is_colour(shape) else shape)
        check_store(Path(path), dtype, len(shape), grid, "--output")
    else:
        check_output(sink(path), "--output", dtype, shape, pages, form)


def dtype_of_all(frames: Frames, used: Sequence[int]) -> np.dtype[Any]:
    """Return what holds the pixels of these frames, which are read if they were not yet; leave out what cannot be."""
    for number in used:
        if number not in frames.dtypes:
            with suppress(InputError):
                frames[number]
    found = [frames.dtypes[number].newbyteorder("=") for number in used if number in frames.dtypes]
    return np.result_type(*found) if found else np.dtype(np.float32)


def write_frames(
    path: str,
    form: str | None,
    images: Iterator[NDArray[Any]],
    count: int,
    grid: Grid,
    outputs: Outputs,
    dtype: Callable[[], np.dtype[Any]],
) -> None:
    """Write so many images, each of which may be made only then; what must have one dtype is asked for that.

    An OME-Zarr takes its place when it is whole, and a file does so with the other outputs.

    Raises
    ------
    InputError
        If they cannot be written.
    """
    if not _is_store(path, form):
        write_pages(sink(path), images, "--output", outputs, form, count)
    elif count == 1:
        write_store(Path(path), next(images), grid, grid.unit, "--output")
    else:
        write_store_series(Path(path), _alike(images, grid.shape, dtype()), count, grid, "--output")


def _alike(images: Iterable[NDArray[Any]], shape: tuple[int, ...], dtype: np.dtype[Any]) -> Iterator[NDArray[Any]]:
    """Yield images as those of one dtype that holds all of them, whatever the first one's is.

    Raises
    ------
    InputError
        If one has another shape, or numbers that it does not hold.
    """
    for number, image in enumerate(images):
        held = np.result_type(dtype, image.dtype) == dtype
        if image.shape != shape or not held:
            said = [f"pixels of {each[0]} in {each[1]}" for each in ((image.dtype, image.shape), (dtype, shape))]
            raise InputError("unlike-frames", argument=f"image {number} of --output", value=said[0], expected=said[1])
        yield image.astype(dtype, copy=False)


def _is_store(path: str, form: str | None) -> bool:
    return form is None and path != STANDARD and path.lower().endswith(".zarr")
