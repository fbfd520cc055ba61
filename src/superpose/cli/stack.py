"""Lay the FRAMES of a series on each other: drift, shaking hands, serial sections.

Each frame is compared with several before it, and all of that is solved together: errors do not add up along
the series. A frame that cannot be placed is named and left out. OUT is one image of all frames, or with
--combine none the frames themselves as they lie on each other. Other frames of the same moments, another channel or
the same ones unbinned, go along with superpose stack apply.

example:
  superpose stack frame1.png frame2.png frame3.png -o mean.tif
"""

from __future__ import annotations

import argparse
import contextlib
import re
from functools import partial

import numpy as np

import superpose
from superpose._io.atomic import Outputs, check_target, write_text
from superpose._io.files import check_file, write_file
from superpose._io.images import FORMATS_WRITTEN
from superpose._jobs.combine import COMBINED
from superpose._jobs.frames import first_readable
from superpose._jobs.stack_files import as_text
from superpose._names import lookup
from superpose._progress.watch import Stage, Watch
from superpose.cli import _options
from superpose.cli._output import check_figure, check_format, check_outputs, finish, sink, write_plot
from superpose.cli._series import (
    NONE,
    canvas,
    check_frames,
    check_outside,
    combine,
    dtype_of_all,
    frames_at,
    restart,
    state_beside,
    tell_left_out,
    write_frames,
)
from superpose.cli._timing import Timing
from superpose.cli._words import finding
from superpose.errors import UnreliableError
from superpose.grid import AXES, Grid, unit_of


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Say what ``superpose stack`` takes."""
    file = _options.file
    parser.add_argument(
        "frames", metavar="FRAMES", nargs="+", help="images in their order, a folder of them, or one file of several"
    )
    parser.add_argument(
        "-o", "--output", metavar="OUT", type=file, required=True, help="what is made of them; - is standard output"
    )
    _options.form(parser, FORMATS_WRITTEN)
    combine(parser)
    parser.add_argument(
        "--transform", metavar="NAME", help="translation, rigid, similarity, affine (default: translation)"
    )
    parser.add_argument(
        "--reference", metavar="NAME", help="whose place is kept: global (default), first, previous, or a number from 0"
    )
    canvas(parser, "fixed")
    parser.add_argument("--channel", metavar="N", type=int, help="which channel decides, from 0; all of them go along")
    parser.add_argument("--exclude", metavar="N", type=int, nargs="+", help="frames that are left out, counted from 0")
    _options.max_pixels(parser)
    parser.add_argument("--table", metavar="T.csv", type=file, help="each frame's motion, and why it was left out")
    parser.add_argument(
        "--save-transforms", metavar="T.json", type=file, help="where all frames lie, for superpose stack apply"
    )
    parser.add_argument(
        "--timing", metavar="T.json", type=file, help="when it ran, how long, and what it took of memory"
    )
    parser.add_argument("--plot", metavar="P.png", type=file, help="a figure: motion against frame")
    parser.add_argument("--report", metavar="R.html", type=file, help="a page that shows all of it in a browser")
    _options.threads(parser)
    parser.add_argument(
        "--scheduler", metavar="ADDRESS", help="of a dask scheduler, whose workers do the work: tcp://host:8786"
    )
    restart(parser)
    _options.printing(parser)


def run(options: argparse.Namespace) -> int:
    """Do it."""
    with _options.watch(options) as watch, contextlib.ExitStack() as kept:
        return _run(options, watch, kept)


def _run(options: argparse.Namespace, watch: Watch, kept: contextlib.ExitStack) -> int:
    timing = Timing()
    inputs = {f"FRAMES ({k})": path for k, path in enumerate(options.frames)}
    names = ("output", "table", "plot", "save_transforms", "timing", "report")
    outputs_asked = {"--" + name.replace("_", "-"): getattr(options, name) for name in names}
    check_outputs(outputs_asked, inputs, options.json)
    check_format(options.output, "--output", options.format)
    how = lookup("combine", options.combine, {name: name for name in (*COMBINED, NONE)})
    for name in ("--table", "--save-transforms", "--timing"):
        if outputs_asked[name] is not None:
            check_target(outputs_asked[name], name)
    if options.plot is not None:
        check_figure(options.plot, "--plot")
    if options.report is not None:
        from superpose._report.page import check_report

        check_report(sink(options.report), "--report")
    watch.begin(Stage.READ)
    check_outside(outputs_asked, options.frames, "FRAMES")
    frames = frames_at(options.frames, "FRAMES", options.max_pixels)
    first = first_readable(frames, range(len(frames)))
    dtype = first.dtype if how == NONE else np.dtype(np.float32)
    pages = len(frames) if how == NONE else 1
    of_volumes = next(iter(frames.grids.values()), Grid(first.shape[:2])).ndim == 3
    if of_volumes and how != NONE:
        grid = Grid(first.shape, spacing=(1.0,) * 3)
        check_file(sink(options.output), "--output", dtype, first.shape, grid, options.format)
    else:
        check_frames(options.output, options.format, dtype, first.shape, pages)
    # Until what is made of it is in place, too.
    state = state_beside(options)
    result = superpose.stack(
        frames,
        state=None if state is None else kept.enter_context(state),
        reference=_reference(options.reference),
        combine=None if how == NONE else how,
        progress=watch,
        **_options.given(options, "transform", "canvas", "channel", "exclude", "threads", "scheduler"),
    )
    if not any(result.transforms):
        raise UnreliableError("no-frame-placed", argument="FRAMES", value=len(result.table), reason=_why_not(result))
    if options.quiet:
        tell_left_out(result.warnings)
    with Outputs() as outputs:
        laid = result.apply_each(frames, threads=options.threads) if result.image is None else [result.image]
        used = [each.frame for each in result.table if each.used]
        pages = len(used) if result.image is None else 1
        images = (each for each in laid if each is not None)
        if of_volumes and result.image is not None:
            where = result.grid, result.grid.unit, "--output", outputs, options.format
            write_file(sink(options.output), result.image, *where)
        else:
            common = partial(dtype_of_all, frames, used)
            write_frames(options.output, options.format, images, pages, result.grid, outputs, common)
        if options.table is not None:
            write_text(sink(options.table), result.to_csv(), "--table", outputs)
        if options.save_transforms is not None:
            write_text(sink(options.save_transforms), as_text(result), "--save-transforms", outputs)
        write_plot(result, options.plot, watch, outputs)
        if options.report is not None:
            from superpose._report.stack_page import write_stack_report

            watch.begin(Stage.REPORT)
            title = f"{len(frames)} frames, {result.table[0].name} to {result.table[-1].name}"
            how_said = {"title": title, "command": options.command, "argument": "--report"}
            write_stack_report(result, sink(options.report), frames, outputs=outputs, **how_said)
        if options.timing is not None:
            write_text(sink(options.timing), timing.as_text(frames=len(frames)), "--timing", outputs)
        said = None if options.quiet else _in_words(result)
        if options.json:
            said = as_text(result).rstrip()
        watch.close()
        finish(outputs, said)
    return 0


def _why_not(result: superpose.StackResult) -> str:
    return next((each.why_not for each in result.table if each.why_not != "it was excluded"), "all were excluded")


def _reference(given: str | None) -> str | int:
    if given is None:
        return "global"
    return int(given) if re.fullmatch("-?[0-9]+", given) else given


def _in_words(result: superpose.StackResult) -> str:
    used = [each for each in result.table if each.used]
    lines = [f"{len(used)} of {len(result.table)} frames on {result.reference}"]
    if used:
        motion = np.array([each.motion for each in used])
        unit = unit_of(result.frame_grid)
        along = "" if unit == "px" else f" {unit} along"
        over = [
            f"{each:.2f}{along} {axis}s"
            for each, axis in zip(np.ptp(motion, axis=0), AXES[-result.grid.ndim :], strict=True)
        ]
        sigma = [each.sigma for each in used if np.isfinite(each.sigma)]
        exact = f", expected error {np.median(sigma):.2g} {unit}" if sigma else ""
        lines.append(f"  they move over {', '.join(over[:-1])} and {over[-1]}{exact}")
    return "\n".join(lines + [finding(warning) for warning in result.warnings])
