"""Lay MOVING over FIXED: find the transform, and write MOVING resampled on FIXED's pixels.

Both may be PNG, JPEG, TIFF, BMP, WebP, JPEG 2000, GIF or NumPy's .npy, of any size; colour is aligned by its
luminance. Or they are volumes: NIfTI, NRRD, MetaImage, folders of DICOM slices; the output is then one of them,
too. It has FIXED's size and keeps MOVING's channels, dtype and range. Where MOVING has no data it is 0, and NaN in
a file of floats.

An alignment that cannot be trusted is not written, only what shows it (--report, --plot), and the exit code is 3.
--accept-unreliable writes it all the same.

example:
  superpose align fixed.png moving.png -o aligned.png --save-transform pose.json --report aligned.html
"""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Any

import numpy as np

import superpose
from superpose._io.atomic import Outputs, check_target
from superpose._io.files import FORMATS_WRITTEN, check_file, place_of, read_source, sky_for, write_file
from superpose._io.transforms.files import read_measured
from superpose._io.transforms.json import as_text, dump
from superpose._opened import mask_of
from superpose._progress.watch import Stage, Watch
from superpose.cli import _options
from superpose.cli._output import (
    check_figure,
    check_format,
    check_outputs,
    findings,
    finish,
    image,
    matplotlib_at,
    sink,
    source,
    write_figure,
)
from superpose.errors import InputError, UnreliableError, shown


def _size(text: str) -> float | str:
    """Return a number as a float, and any other text as it is: `register` reads it."""
    try:
        return float(text)
    except ValueError:
        return text


def _searched(options: argparse.Namespace) -> dict[str, Any]:
    """Return how far the search goes, if that was said."""
    if options.max_scale is None:
        return _options.given(options, "search")
    if not options.max_scale >= 1:
        raise InputError("below-least", argument="--max-scale", value=shown(options.max_scale), least="1")
    return {"search": superpose.SearchRange(scale=options.max_scale)}


def _mask(path: str | None, option: str, max_pixels: int | None) -> Any:
    """Return the mask that an image is, or None where none was given."""
    if path is None:
        return None
    found = read_source(source(path), option, max_pixels=max_pixels)
    # A volume says where it lies, which need not be on the voxels of what it is the mask of.
    placed = isinstance(found, superpose.Image) and found.grid.ndim == 3
    return found if placed else mask_of(np.asarray(found))


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Say what ``superpose align`` takes."""
    file = _options.file
    parser.add_argument("fixed", metavar="FIXED", type=file, help="the image that stays; - is standard input")
    parser.add_argument("moving", metavar="MOVING", type=file, help="the image that is laid on it")
    parser.add_argument(
        "-o", "--output", metavar="OUT", type=file, required=True, help="MOVING on FIXED's pixels; - is standard output"
    )
    _options.form(parser, FORMATS_WRITTEN)
    _options.family(parser, "rigid")
    _options.metric(parser, "auto: the images decide", "auto")
    search = parser.add_mutually_exclusive_group()
    search.add_argument(
        "--search",
        choices=("global", "local"),
        help="everywhere (default), or near --initial only (default with it)",
    )
    search.add_argument(
        "--max-scale",
        type=float,
        metavar="RATIO",
        help="search everywhere, and for magnifications up to this, either way (default: 2)",
    )
    parser.add_argument(
        "--optimizer",
        metavar="NAME",
        help="auto (default): the engine; or a method of scipy.optimize, which does not search everywhere: powell, "
        "nelder-mead, basinhopping, ...",
    )
    parser.add_argument(
        "--tolerance",
        type=float,
        metavar="PX",
        help="the largest expected error at FIXED's corners of an alignment that can be trusted, in the unit of the "
        "files' spacing where they have one (default: 1 px, or 0.5 %% of the diagonal where that is more)",
    )
    parser.add_argument("--allow-flip", action="store_true", help="try MOVING mirrored as well")
    parser.add_argument(
        "--work-at",
        type=_size,
        metavar="SIZE",
        help="longest side to work on in pixels (1024), or how large pixels are at least (4px): to work small",
    )
    parser.add_argument(
        "--fixed-pattern",
        choices=("auto", "keep"),
        help="leave out what stays on the sensor while the scene moved, such as a caption (default), or keep it",
    )
    parser.add_argument(
        "--ignore-position",
        action="store_true",
        help="begin centre on centre, wherever the headers of files say that FIXED and MOVING lie",
    )
    parser.add_argument("--initial", metavar="T.json", type=file, help="where to start: an alignment that was saved")
    parser.add_argument(
        "--levels", type=int, metavar="N", help="descend N levels of the pyramid by a SciPy optimizer, without a search"
    )
    parser.add_argument("--bins", type=int, metavar="N", help="of the histogram, for mi, nmi, correlation-ratio")
    parser.add_argument("--seed", type=int, metavar="N", help="of the stochastic optimizers (default: 0)")
    parser.add_argument(
        "--order",
        type=int,
        choices=(0, 1, 3),
        default=3,
        help="interpolation: nearest, linear, cubic (default)",
    )
    _options.no_clip(parser)
    for name in ("fixed", "moving"):
        helped = f"an image of {name.upper()}'s size, or a volume anywhere: where it is 0, pixels do not count"
        parser.add_argument(f"--{name}-mask", metavar="MASK", type=file, help=helped)
    _options.page(parser, "--fixed-page", "FIXED")
    _options.page(parser, "--moving-page", "MOVING")
    for name in ("fixed", "moving"):
        _options.of_zarr(parser, f"--{name}-", name.upper())
    _options.max_pixels(parser)
    parser.add_argument(
        "--save-transform", metavar="T.json", type=file, help="for superpose apply, superpose.load() and --initial"
    )
    parser.add_argument(
        "--accept-unreliable",
        action="store_true",
        help="write the alignment, and exit with 0, even if it cannot be trusted",
    )
    parser.add_argument("--plot", metavar="P.png", type=file, help="a figure: before, after, difference")
    parser.add_argument("--report", metavar="R.html", type=file, help="a web page, in one file: all there is to see")
    _options.threads(parser)
    parser.add_argument(
        "--memory-limit",
        metavar="SIZE",
        help="the most memory to take, such as 8GB; what needs more is refused at once (default: what there is)",
    )
    _options.printing(parser)


def run(options: argparse.Namespace) -> int:
    """Do it."""
    with _options.watch(options) as watch:
        return _run(options, watch)


def _run(options: argparse.Namespace, watch: Watch) -> int:
    check_outputs(
        {
            "--output": options.output,
            "--save-transform": options.save_transform,
            "--plot": options.plot,
            "--report": options.report,
        },
        {"FIXED": options.fixed, "MOVING": options.moving, "--initial": options.initial}
        | {"--fixed-mask": options.fixed_mask, "--moving-mask": options.moving_mask},
        options.json,
    )
    check_format(options.output, "--output", options.format)
    if options.save_transform is not None:
        if Path(options.save_transform).suffix.lower() in (".tfm", ".txt", ".mat"):
            raise InputError("kept-as-json", argument="--save-transform", value=shown(options.save_transform))
        check_target(sink(options.save_transform), "--save-transform")
    if options.plot is not None:
        check_figure(options.plot, "--plot")
    if options.report is not None:
        from superpose._report.page import check_report

        check_report(sink(options.report), "--report")
    watch.begin(Stage.READ)
    fixed, moving = image(options, "fixed", "fixed"), image(options, "moving", "moving")
    grid, of_moving = place_of(fixed), place_of(moving)
    shape = (*grid.shape, *moving.shape[of_moving.ndim :])
    check_file(sink(options.output), "--output", np.asarray(moving).dtype, shape, grid, options.format)
    registration = superpose.register(
        fixed,
        moving,
        fixed_mask=_mask(options.fixed_mask, "--fixed-mask", options.max_pixels),
        moving_mask=_mask(options.moving_mask, "--moving-mask", options.max_pixels),
        progress=watch,
        allow_flip=options.allow_flip,
        on_unreliable="ignore",
        initial=None if options.initial is None else read_measured(source(options.initial), "initial"),
        **_searched(options),
        **_options.given(
            options,
            "transform",
            "metric",
            "optimizer",
            "levels",
            "bins",
            "seed",
            "threads",
            "work_at",
            "tolerance",
            "fixed_pattern",
            "memory_limit",
        ),
        use_position=not options.ignore_position,
    )
    said = as_text(registration).rstrip() if options.json else "\n".join(findings(registration))
    trusted = registration.reliable or options.accept_unreliable
    with Outputs() as outputs:
        if trusted:
            _write(registration, options, outputs, watch)
        _show(registration, options, outputs, watch)
        watch.close()
        finish(outputs, said if options.json or not options.quiet else None)
    if not trusted:
        raise UnreliableError("not-written", argument="--output", value=repr(options.output))
    return 0


def _write(registration: superpose.Registration, options: argparse.Namespace, outputs: Outputs, watch: Watch) -> None:
    """Draft what is of use if the alignment can be trusted."""
    watch.begin(Stage.WARP)
    warped = registration.warp(order=options.order, clip=not options.no_clip, threads=options.threads)
    where = registration.fixed_grid, registration.fixed_grid.unit
    sky = sky_for(sink(options.output), source(options.fixed), options.fixed_page, "--fixed-page", options.format)
    write_file(sink(options.output), warped, *where, "--output", outputs, options.format, sky)
    if options.save_transform is not None:
        dump(registration, sink(options.save_transform), "--save-transform", outputs)


def _show(registration: superpose.Registration, options: argparse.Namespace, outputs: Outputs, watch: Watch) -> None:
    """Draft what tells by eye whether it can."""
    if options.plot is not None or options.report is not None:
        watch.begin(Stage.REPORT)
    if options.plot is not None:
        with matplotlib_at(Path(options.plot).parent, "--plot"):
            write_figure(registration.plot(), options.plot, "--plot", outputs)
    if options.report is not None:
        from superpose._report.page import write_report

        title = f"{Path(options.moving).name} on {Path(options.fixed).name}"
        write_report(
            registration,
            sink(options.report),
            title=title,
            command=options.command,
            argument="--report",
            outputs=outputs,
        )
