"""Lay OTHER frames on each other as those lie that superpose stack aligned: another channel, or another resolution.

RESULT is what superpose stack --save-transforms wrote. There is one of OTHER for each frame that was aligned, in their
order; where they have more or fewer pixels they are taken for the same view. Frames that could not be placed are left
out. OUT is one image of all frames, or with --combine none the frames themselves.

example:
  superpose stack apply drift.json red1.png red2.png red3.png -o red.tif
"""

from __future__ import annotations

import argparse
import json
from functools import partial
from itertools import chain
from typing import Any

import numpy as np

from superpose._io.atomic import Outputs
from superpose._io.images import FORMATS_WRITTEN
from superpose._jobs.combine import COMBINED
from superpose._jobs.frames import first_readable
from superpose._jobs.stack_files import read_stack
from superpose._names import lookup
from superpose._progress.watch import Stage, Watch
from superpose.cli import _options
from superpose.cli._output import check_format, check_outputs, finish, source
from superpose.cli._series import (
    NONE,
    canvas,
    check_frames,
    check_outside,
    combine,
    dtype_of_all,
    frames_at,
    tell_unreadable,
    write_frames,
)
from superpose.errors import InputError, UnreliableError
from superpose.grid import Grid


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Say what ``superpose stack apply`` takes."""
    file = _options.file
    parser.add_argument("result", metavar="RESULT.json", type=file, help="a stack that was saved; - is standard input")
    parser.add_argument(
        "frames", metavar="OTHER", nargs="+", help="images in their order, or one TIFF whose pages are the frames"
    )
    parser.add_argument(
        "-o", "--output", metavar="OUT", type=file, required=True, help="what is made of them; - is standard output"
    )
    _options.form(parser, FORMATS_WRITTEN)
    combine(parser)
    canvas(parser, "RESULT's")
    parser.add_argument(
        "--order", type=int, choices=(0, 1, 3), default=3, help="interpolation: nearest, linear, cubic (default)"
    )
    _options.no_clip(parser)
    _options.max_pixels(parser)
    _options.threads(parser)
    _options.printing(parser)


def run(options: argparse.Namespace) -> int:
    """Do it."""
    with _options.watch(options) as watch:
        return _run(options, watch)


def _run(options: argparse.Namespace, watch: Watch) -> int:
    inputs = {"RESULT.json": options.result} | {f"OTHER ({k})": path for k, path in enumerate(options.frames)}
    check_outputs({"--output": options.output}, inputs, options.json)
    check_format(options.output, "--output", options.format)
    how = lookup("combine", options.combine, {name: name for name in (*COMBINED, NONE)})
    watch.begin(Stage.READ)
    result = read_stack(source(options.result), "RESULT.json")
    used = [each.frame for each in result.table if each.used]
    if not used:
        reason = result.table[0].why_not if result.table else "there is none"
        raise UnreliableError("no-frame-placed", argument="frames", value=len(result.table), reason=reason)
    check_outside({"--output": options.output}, options.frames, "OTHER")
    frames = frames_at(options.frames, "OTHER", options.max_pixels)
    if len(frames) != len(result.table):
        raise InputError("other-count", argument="OTHER", value=len(frames), expected=len(result.table))
    first = first_readable(frames, used)
    dtype = first.dtype if how == NONE else np.dtype(np.float32)
    shape = (*result.grid.shape, *first.shape[result.grid.ndim :])
    check_frames(options.output, options.format, dtype, shape, len(used) if how == NONE else 1)
    watch.begin(Stage.WARP)
    chosen: dict[str, Any] = {"canvas": options.canvas, "order": options.order, "clip": not options.no_clip}
    chosen["threads"] = options.threads
    laid = result.apply_each(frames, **chosen) if how == NONE else [result.combine(frames, how, **chosen).image]
    images, count = (each for each in laid if each is not None), len(used) if how == NONE else 1
    first = next(images)
    # Of frames of another resolution the pixels alone are kept.
    grid = result.grid if first.shape == result.grid.shape else Grid(first.shape)
    with Outputs() as outputs:
        common = partial(dtype_of_all, frames, used)
        write_frames(options.output, options.format, chain([first], images), count, grid, outputs, common)
        # Those that could be read.
        lost = [number for number in used if number not in frames.dtypes]
        used = [number for number in used if number in frames.dtypes]
        tell_unreadable(frames, lost)
        said = None if options.quiet else f"{len(used)} of {len(frames)} frames on {result.reference}"
        if options.json:
            size = {"images": len(used) if how == NONE else 1, "shape": first.shape, "dtype": str(first.dtype)}
            said = json.dumps({"used": used, "reference": result.reference} | size, indent=1)
        watch.close()
        finish(outputs, said)
    return 0
