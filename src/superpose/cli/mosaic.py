"""Lay IMAGES side by side: tiles of a microscope's stage, crops, photographs of one plane, panoramas.

Pairs that may overlap are compared, and all of that is solved together. An image that no overlap ties to the
others stays where the stage put it, if that is told, or is left out by name. OUT is one image, its brightness
levelled and its seams blended. Another channel of the same images goes along with superpose mosaic apply.

example:
  superpose mosaic tile1.png tile2.png tile3.png --positions stage.csv -o mosaic.tif
"""

from __future__ import annotations

import argparse
import contextlib

import numpy as np

import superpose
from superpose._io.atomic import Outputs, check_target, write_text
from superpose._io.images import FORMATS_WRITTEN, check_output, write_pages
from superpose._jobs.mosaic_files import as_text
from superpose._progress.watch import Stage, Watch
from superpose.cli import _options
from superpose.cli._output import check_figure, check_format, check_outputs, finish, sink, write_plot
from superpose.cli._series import check_outside, check_there, restart, state_beside, tell_left_out
from superpose.cli._words import finding
from superpose.errors import UnreliableError

# Of warnings: why there is no image.
WHY_NONE = ("[focal-off]", "[wide-canvas]", "[wide-panorama]", "[far-image]")


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Say what ``superpose mosaic`` takes."""
    file = _options.file
    parser.add_argument("images", metavar="IMAGES", nargs="+", help="two images or more, in any order")
    parser.add_argument("-o", "--output", metavar="OUT", type=file, required=True, help="the mosaic, float32")
    _options.form(parser, FORMATS_WRITTEN)
    parser.add_argument(
        "--positions",
        metavar="S.csv",
        help="where a stage says that each image's first pixel lies, in pixels: a table with the columns "
        "name,row,column, a TileConfiguration.txt, or an OME-TIFF; ome: as the images themselves say",
    )
    parser.add_argument(
        "--position-sigma",
        metavar="PX",
        type=float,
        help="how far off that may be along either axis, one standard deviation (default: 2 %% of the longest side)",
    )
    parser.add_argument(
        "--transform",
        metavar="NAME",
        help="translation, rigid, similarity, affine, homography "
        "(default: translation with --positions, else homography)",
    )
    parser.add_argument(
        "--projection",
        metavar="NAME",
        help="plane (default); cylinder or sphere for panoramas: photographs from one viewpoint",
    )
    parser.add_argument("--focal", metavar="PX", type=float, help="a panorama's focal length in pixels, if it is known")
    parser.add_argument("--blend", metavar="NAME", help="multi-band (default), mean")
    _options.max_pixels(parser)
    parser.add_argument("--table", metavar="T.csv", type=file, help="where each image lies, and by what")
    parser.add_argument("--links", metavar="L.csv", type=file, help="each pair that was compared, used or not, and why")
    parser.add_argument(
        "--save-transforms", metavar="T.json", type=file, help="where all images lie, for superpose mosaic apply"
    )
    parser.add_argument("--plot", metavar="P.png", type=file, help="a figure: outlines and links")
    parser.add_argument("--report", metavar="R.html", type=file, help="a web page about it all")
    _options.threads(parser)
    restart(parser)
    parser.add_argument(
        "--memory-limit",
        metavar="SIZE",
        help="the most memory to take, such as 8GB; what needs more is refused at once (default: what there is)",
    )
    _options.printing(parser)


def run(options: argparse.Namespace) -> int:
    """Do it."""
    with _options.watch(options) as watch, contextlib.ExitStack() as kept:
        return _run(options, watch, kept)


def _run(options: argparse.Namespace, watch: Watch, kept: contextlib.ExitStack) -> int:
    inputs = {f"IMAGES ({k})": path for k, path in enumerate(options.images)} | {"--positions": options.positions}
    texts = {"--table": options.table, "--links": options.links, "--save-transforms": options.save_transforms}
    others = {"--output": options.output, "--plot": options.plot, "--report": options.report}
    check_outputs(others | texts, inputs, options.json)
    check_outside(others | texts, options.images, "IMAGES")
    check_format(options.output, "--output", options.format)
    for option, path in texts.items():
        if path is not None:
            check_target(path, option)
    if options.plot is not None:
        check_figure(options.plot, "--plot")
    if options.report is not None:
        from superpose._report.page import check_report

        check_report(sink(options.report), "--report")
    check_there(options.images, "IMAGES")
    check_output(sink(options.output), "--output", np.dtype(np.float32), (1, 1), 1, options.format)
    names = (
        "positions",
        "position_sigma",
        "transform",
        "projection",
        "focal",
        "blend",
        "max_pixels",
        "threads",
        "memory_limit",
    )
    # Until what is made of it is in place, too.
    state = state_beside(options)
    result = superpose.mosaic(
        options.images,
        progress=watch,
        state=None if state is None else kept.enter_context(state),
        **_options.given(options, *names),
    )
    why = [each for each in result.warnings if each.endswith(WHY_NONE)] if result.image is None else []
    if why:
        raise UnreliableError("no-canvas", argument="IMAGES", value=len(result.table), reason=finding(why[0]))
    if result.image is None or not any(each.links or each.placed_by == "stage" for each in result.table):
        reason = next((each.why_not for each in result.table if each.why_not), "they lie too far apart")
        raise UnreliableError("no-frame-placed", argument="IMAGES", value=len(result.table), reason=reason)
    if options.quiet:
        tell_left_out(result.warnings)
    with Outputs() as outputs:
        write_pages(sink(options.output), [result.image], "--output", outputs, options.format)
        written = result.to_csv(), result.links_to_csv(), as_text(result)
        for (option, path), made in zip(texts.items(), written, strict=True):
            if path is not None:
                write_text(sink(path), made, option, outputs)
        write_plot(result, options.plot, watch, outputs)
        if options.report is not None:
            from superpose._report.mosaic_page import write_mosaic_report

            watch.begin(Stage.REPORT)
            write_mosaic_report(result, sink(options.report), argument="--report", outputs=outputs)
        said = None if options.quiet else _in_words(result)
        if options.json:
            said = as_text(result).rstrip()
        watch.close()
        finish(outputs, said)
    return 0


def _in_words(result: superpose.MosaicResult) -> str:
    placed = [each for each in result.table if each.placed_by]
    used = [each for each in result.links if each.used]
    shape = " x ".join(map(str, result.grid.shape))
    lines = [f"{len(placed)} of {len(result.table)} images, {len(used)} of {len(result.links)} pairs overlap, {shape}"]
    if used:
        off = float(np.sqrt(np.mean([each.off * each.off for each in used])))
        lines.append(f"  pairs are off by {off:.2g} px from what all together say")
    if result.focal is not None:
        lines.append(f"  focal length {result.focal:.5g} px")
    return "\n".join(lines + [finding(warning) for warning in result.warnings])
