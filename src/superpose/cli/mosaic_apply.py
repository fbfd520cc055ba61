"""Lay OTHER images side by side as those lie that superpose mosaic aligned: another channel, or what was made of them.

RESULT is what superpose mosaic --save-transforms wrote. There is one of OTHER for each image that was aligned, in
their order, of the same rows and columns. Images that could not be placed are left out. Intensities stay what they are.

example:
  superpose mosaic apply places.json other1.png other2.png other3.png -o other.tif
"""

from __future__ import annotations

import argparse
import json

import numpy as np

from superpose._io.atomic import Outputs
from superpose._io.images import FORMATS_WRITTEN, check_output, write_pages
from superpose._jobs.mosaic_files import read_mosaic
from superpose._progress.watch import Stage, Watch
from superpose.cli import _options
from superpose.cli._output import check_format, check_outputs, finish, sink, source
from superpose.cli._series import check_outside, frames_at, tell_unreadable
from superpose.errors import UnreliableError


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Say what ``superpose mosaic apply`` takes."""
    file = _options.file
    parser.add_argument("result", metavar="RESULT.json", type=file, help="a mosaic that was saved; - is standard input")
    parser.add_argument(
        "images", metavar="OTHER", nargs="+", help="images in their order, or one TIFF whose pages are the images"
    )
    parser.add_argument(
        "-o", "--output", metavar="OUT", type=file, required=True, help="the mosaic, float32; - is standard output"
    )
    _options.form(parser, FORMATS_WRITTEN)
    parser.add_argument("--blend", metavar="NAME", help="multi-band (default), mean")
    _options.max_pixels(parser)
    _options.threads(parser)
    _options.printing(parser)


def run(options: argparse.Namespace) -> int:
    """Do it."""
    with _options.watch(options) as watch:
        return _run(options, watch)


def _run(options: argparse.Namespace, watch: Watch) -> int:
    inputs = {"RESULT.json": options.result} | {f"OTHER ({k})": path for k, path in enumerate(options.images)}
    check_outputs({"--output": options.output}, inputs, options.json)
    check_format(options.output, "--output", options.format)
    watch.begin(Stage.READ)
    result = read_mosaic(source(options.result), "RESULT.json")
    used = [each.image for each in result.table if each.placed_by]
    if not used:
        raise UnreliableError(
            "no-frame-placed", argument="images", value=len(result.table), reason=result.table[0].why_not
        )
    check_outside({"--output": options.output}, options.images, "OTHER")
    images = frames_at(options.images, "OTHER", options.max_pixels)
    check_output(sink(options.output), "--output", np.dtype(np.float32), (1, 1), 1, options.format)
    watch.begin(Stage.WARP)
    made = result.apply(images, **_options.given(options, "blend", "threads"))
    with Outputs() as outputs:
        write_pages(sink(options.output), [made], "--output", outputs, options.format)
        lost = [number for number in used if number not in images.dtypes]
        tell_unreadable(images, lost)
        used = [number for number in used if number in images.dtypes]
        said = None if options.quiet else f"{len(used)} of {len(images)} images"
        if options.json:
            said = json.dumps({"used": used, "shape": made.shape, "dtype": str(made.dtype)}, indent=1)
        watch.close()
        finish(outputs, said)
    return 0
