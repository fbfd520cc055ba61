"""Make one finer image of the FRAMES of a burst: more detail than any of them shows.

Frames are placed on the first one, turns and parts of pixels included, and the image that they are views of is
solved for. A frame that cannot be placed is named and left out, and so is what moves in a frame. OUT keeps the
frames' bit depth.

example:
  superpose super-resolve frame1.png frame2.png frame3.png -o finer.png
"""

from __future__ import annotations

import argparse
import json
from typing import Any

import numpy as np

import superpose
from superpose._io.atomic import Outputs, check_target, write_text
from superpose._io.images import FORMATS_WRITTEN, check_output, write_image
from superpose._jobs.tables import in_json
from superpose._progress.watch import Stage, Watch
from superpose.cli import _options
from superpose.cli._output import check_figure, check_format, check_outputs, finish, sink, write_plot
from superpose.cli._series import check_outside, frames_at, tell_left_out
from superpose.cli._words import finding


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Say what ``superpose super-resolve`` takes."""
    file = _options.file
    parser.add_argument("frames", metavar="FRAMES", nargs="+", help="images, a folder of them, or one file of several")
    parser.add_argument("-o", "--output", metavar="OUT", type=file, required=True, help="the finer image")
    _options.form(parser, FORMATS_WRITTEN)
    parser.add_argument("--scale", metavar="S", type=float, help="how many times finer, up to 4 (default: 2)")
    parser.add_argument("--transform", metavar="NAME", help="rigid, translation, similarity, affine (default: rigid)")
    parser.add_argument(
        "--blur",
        metavar="PX",
        type=float,
        help="what the lens adds to the pixel's own square: one standard deviation in pixels (default: 0.35)",
    )
    parser.add_argument("--channel", metavar="N", type=int, help="which channel decides, from 0; all of them go along")
    parser.add_argument("--exclude", metavar="N", type=int, nargs="+", help="frames that are left out, counted from 0")
    _options.max_pixels(parser)
    parser.add_argument("--table", metavar="T.csv", type=file, help="each frame's motion, and why it was left out")
    parser.add_argument("--coverage", metavar="FILE", type=file, help="by how many frames each pixel is seen")
    parser.add_argument("--plot", metavar="P.png", type=file, help="a figure: the image, its coverage, the motions")
    _options.threads(parser)
    _options.printing(parser)


def run(options: argparse.Namespace) -> int:
    """Do it."""
    with _options.watch(options) as watch:
        return _run(options, watch)


def _run(options: argparse.Namespace, watch: Watch) -> int:
    inputs = {f"FRAMES ({k})": path for k, path in enumerate(options.frames)}
    asked = {f"--{name}": getattr(options, name) for name in ("output", "table", "coverage", "plot")}
    check_outputs(asked, inputs, options.json)
    check_format(options.output, "--output", options.format)
    if options.table is not None:
        check_target(options.table, "--table")
    if options.plot is not None:
        check_figure(options.plot, "--plot")
    watch.begin(Stage.READ)
    check_outside(asked, options.frames, "FRAMES")
    frames = frames_at(options.frames, "FRAMES", options.max_pixels)
    # Nothing is computed that cannot be written.
    first = frames[0]
    check_output(sink(options.output), "--output", first.dtype, first.shape, form=options.format)
    if options.coverage is not None:
        check_output(sink(options.coverage), "--coverage", np.dtype(np.uint16), first.shape[:2])
    names = "scale", "transform", "blur", "channel", "exclude", "threads"
    result = superpose.super_resolve(frames, progress=watch, **_options.given(options, *names))
    if options.quiet:
        tell_left_out(result.warnings)
    with Outputs() as outputs:
        write_image(sink(options.output), result.image, "--output", outputs, options.format)
        if options.coverage is not None:
            write_image(sink(options.coverage), result.coverage.astype(np.uint16), "--coverage", outputs)
        if options.table is not None:
            write_text(sink(options.table), result.to_csv(), "--table", outputs)
        write_plot(result, options.plot, watch, outputs)
        said = None if options.quiet else _in_words(result)
        if options.json:
            said = json.dumps(_document(result), indent=1, allow_nan=False)
        watch.close()
        finish(outputs, said)
    return 0


def _document(result: superpose.SuperResolved) -> dict[str, Any]:
    frames = [
        {
            "frame": each.frame,
            "name": each.name,
            "used": each.used,
            "why_not": each.why_not,
            "motion": [in_json(value) for value in each.motion],
            "sigma": in_json(each.sigma),
            "confidence": in_json(each.confidence),
            "counted": in_json(counted),
            "matrix": None if transform is None else transform.matrix.tolist(),
        }
        for each, counted, transform in zip(result.table, result.counted, result.transforms, strict=True)
    ]
    return {
        "shape": list(result.image.shape),
        "scale": result.scale,
        "blur": result.blur,
        "noise": in_json(result.noise),
        "reference": result.reference,
        "origin": list(result.grid.origin),
        "spacing": list(result.grid.spacing),
        "frames": frames,
        "warnings": list(result.warnings),
    }


def _in_words(result: superpose.SuperResolved) -> str:
    used = sum(each.used for each in result.table)
    shape = " x ".join(map(str, result.image.shape[:2]))
    lines = [
        f"{used} of {len(result.table)} frames, {result.scale:g} times finer: {shape}",
        f"  noise {result.noise:.3g} in a frame; the lens is taken to blur by {result.blur:g} px",
    ]
    return "\n".join(lines + [finding(warning) for warning in result.warnings])
