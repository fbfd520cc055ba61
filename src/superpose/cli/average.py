"""Average IMAGES, or volumes, of which none is the reference: a template.

Each image is laid on the mean of all others, and all of them again, until none moves. The average lies where the
images lie on average; their order makes no difference. An image that does not belong to the others is named and
left out.

example:
  superpose average head1.png head2.png head3.png -o template.tif
"""

from __future__ import annotations

import argparse
import json
from pathlib import Path
from typing import Any

import numpy as np

import superpose
from superpose._io.atomic import Outputs, check_target, write_text
from superpose._io.files import FORMATS_WRITTEN, check_file, place_of, write_file
from superpose._io.images import read_pages
from superpose._jobs.combine import COMBINED
from superpose._jobs.tables import in_json
from superpose._opened import opened
from superpose._progress.watch import Stage, Watch
from superpose.cli import _options
from superpose.cli._output import check_figure, check_format, check_outputs, finish, sink, write_plot
from superpose.cli._series import check_there, tell_left_out
from superpose.cli._words import finding
from superpose.errors import InputError, UnreliableError


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Say what ``superpose average`` takes."""
    file = _options.file
    parser.add_argument("images", metavar="IMAGES", nargs="+", help="images or volumes, or one TIFF of several pages")
    parser.add_argument("-o", "--output", metavar="OUT", type=file, required=True, help="the average, in 32-bit floats")
    _options.form(parser, FORMATS_WRITTEN)
    parser.add_argument("--transform", metavar="NAME", help="rigid, translation, similarity, affine (default: rigid)")
    _options.metric(parser, "auto")
    parser.add_argument("--combine", metavar="NAME", help=f"{', '.join(COMBINED)} (default: mean)")
    parser.add_argument(
        "--max-rounds", metavar="N", type=int, help="how often each is laid on the others (default: 20)"
    )
    parser.add_argument(
        "--tolerance",
        metavar="T",
        type=float,
        help="stable is what moves no further in a round, in pixels or units of the spacing (default: 0.01)",
    )
    _options.max_pixels(parser)
    parser.add_argument("--table", metavar="T.csv", type=file, help="where each image lies, and why it was left out")
    parser.add_argument("--plot", metavar="P.png", type=file, help="a figure: the average, and how far images lie away")
    _options.threads(parser)
    _options.printing(parser)


def run(options: argparse.Namespace) -> int:
    """Do it."""
    with _options.watch(options) as watch:
        return _run(options, watch)


def _run(options: argparse.Namespace, watch: Watch) -> int:
    inputs = {f"IMAGES ({k})": path for k, path in enumerate(options.images)}
    check_outputs({"--output": options.output, "--table": options.table, "--plot": options.plot}, inputs, options.json)
    check_format(options.output, "--output", options.format)
    if options.table is not None:
        check_target(options.table, "--table")
    if options.plot is not None:
        check_figure(options.plot, "--plot")
    watch.begin(Stage.READ)
    check_there(options.images, "IMAGES")
    images: Any = options.images
    if len(images) == 1:
        images = read_pages(images[0], "IMAGES", None, "page=", options.max_pixels)
    else:
        _check_writable(options)
    result = superpose.average(
        images,
        progress=watch,
        **_options.given(options, "transform", "metric", "combine", "max_rounds", "tolerance", "max_pixels", "threads"),
    )
    if result.image is None:
        reason = next((each.why_not for each in result.table if each.why_not), "")
        raise UnreliableError("no-image-placed", argument="IMAGES", value=len(result.table), reason=reason)
    if options.quiet:
        tell_left_out(result.warnings)
    with Outputs() as outputs:
        where = result.grid, result.grid.unit
        write_file(sink(options.output), result.image, *where, "--output", outputs, options.format)
        if options.table is not None:
            write_text(sink(options.table), result.to_csv(), "--table", outputs)
        write_plot(result, options.plot, watch, outputs)
        said = None if options.quiet else _in_words(result)
        if options.json:
            said = json.dumps(_document(result), indent=1, allow_nan=False)
        watch.close()
        finish(outputs, said)
    return 0


def _check_writable(options: argparse.Namespace) -> None:
    """Check, before anything is computed, that the output's format holds what the first image that is read is like."""
    for path in options.images:
        try:
            first = opened(Path(path), "IMAGES", options.max_pixels)
        except InputError:
            continue
        grid, dtype = place_of(first), np.dtype(np.float32)
        check_file(sink(options.output), "--output", dtype, np.shape(first), grid, options.format)
        return


def _document(result: superpose.AverageResult) -> dict[str, Any]:
    numbers = ("turn", "scale", "sigma", "misfit", "confidence", "gain", "offset")
    images = [
        {
            "image": each.number,
            "name": each.name,
            "used": each.used,
            "why_not": each.why_not,
            "motion": [in_json(value) for value in each.motion],
            **{name: in_json(getattr(each, name)) for name in numbers},
            "matrix": None if transform is None else transform.matrix.tolist(),
        }
        for each, transform in zip(result.table, result.transforms, strict=True)
    ]
    grid = result.grid
    return {
        "shape": list(grid.shape),
        "origin": list(grid.origin),
        "spacing": list(grid.spacing),
        "direction": [list(row) for row in grid.direction],
        "unit": result.unit,
        "metric": result.metric,
        "rounds": result.rounds,
        "moved": in_json(result.moved),
        "images": images,
        "warnings": list(result.warnings),
    }


def _in_words(result: superpose.AverageResult) -> str:
    used = [each for each in result.table if each.used]
    rounds = f"{result.rounds} round{'s' if result.rounds != 1 else ''}"
    lines = [f"{len(used)} of {len(result.table)} images, by {result.metric}, in {rounds}"]
    away = [float(np.sqrt(np.square(each.motion).sum())) for each in used]
    turned = max(each.turn for each in used)
    lines.append(
        f"  they lie up to {max(away):.2f} {result.unit} from the average, turned by up to {turned:.2f} degrees"
    )
    return "\n".join(lines + [finding(warning) for warning in result.warnings])
