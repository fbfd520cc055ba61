"""Draw how a metric changes as one or two parameters of the pose do: the view an optimiser has.

MOVING is laid on FIXED, centre on centre, and then moved through the values of --over. On a curve with
several valleys a search that only walks downhill may end in the wrong one; --levels and --smooth show which
of them the coarser levels of a pyramid, or a blur, leave. Both may be volumes.

example:
  superpose landscape fixed.png moving.png -o curve.png --metric mse --levels 3
  superpose landscape fixed.png moving.png -o map.png --parameter angle --over -9 9 9 --parameter scale --over 0.8 1.2 9
"""

from __future__ import annotations

import argparse
import json
import math
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

import superpose
from superpose._io.atomic import Outputs
from superpose._io.transforms.json import read
from superpose._landscape.sample import MOST_SAMPLES
from superpose.cli import _options
from superpose.cli._output import (
    FIGURES,
    check_figure,
    check_format,
    check_outputs,
    finish,
    image,
    matplotlib_at,
    source,
    write_figure,
)
from superpose.errors import InputError


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Say what ``superpose landscape`` takes."""
    file = _options.file
    parser.add_argument("fixed", metavar="FIXED", type=file, help="the image that stays; - is standard input")
    parser.add_argument("moving", metavar="MOVING", type=file, help="the image that is moved over it")
    parser.add_argument(
        "-o", "--output", metavar="OUT.png", type=file, required=True, help="the figure; - is standard output"
    )
    _options.form(parser, FIGURES)
    parser.add_argument(
        "--parameter",
        metavar="NAME",
        action="append",
        help="column shift (default), row shift, angle or scale; of volumes also plane shift, and plane angle, row "
        "angle or column angle in place of angle; given twice, the figure is a map",
    )
    parser.add_argument(
        "--over",
        metavar=("LOW", "HIGH", "COUNT"),
        nargs=3,
        action="append",
        help="the values to try, in pixels (or the volumes' unit), degrees or ratios; once for each --parameter",
    )
    _options.metric(parser, "ncc")
    parser.add_argument("--bins", type=int, metavar="N", help="of the histogram, for mi, nmi, correlation-ratio")
    parser.add_argument("--levels", type=int, metavar="N", help="draw this many levels of the pyramid (default: 1)")
    parser.add_argument("--smooth", type=float, metavar="SIGMA", help="blur both images first, by so many pixels")
    parser.add_argument("--initial", metavar="T.json", type=file, help="an alignment whose other parameters are kept")
    _options.page(parser, "--fixed-page", "FIXED")
    _options.page(parser, "--moving-page", "MOVING")
    for name in ("fixed", "moving"):
        _options.of_zarr(parser, f"--{name}-", name.upper())
    _options.max_pixels(parser)
    _options.threads(parser)
    _options.printing(parser)


def run(options: argparse.Namespace) -> int:
    """Do it."""
    inputs = {"FIXED": options.fixed, "MOVING": options.moving, "--initial": options.initial}
    check_outputs({"--output": options.output}, inputs, options.json)
    check_format(options.output, "--output", options.format)
    check_figure(options.output, "--output", options.format)
    ranges = [_values(*each) for each in options.over or []]
    fixed, moving = image(options, "fixed", "fixed"), image(options, "moving", "moving")
    chosen = _options.given(options, "metric", "bins", "levels", "smooth", "threads")
    if options.initial is not None:
        chosen["initial"] = read(source(options.initial), "initial")
    if options.parameter:
        chosen["parameter"] = options.parameter[0] if len(options.parameter) == 1 else options.parameter
    if ranges:
        chosen["over"] = ranges[0] if len(ranges) == 1 else ranges
    landscape = superpose.landscape(fixed, moving, **chosen)
    with Outputs() as outputs:
        with matplotlib_at(Path(options.output).parent, "--output"):
            write_figure(landscape.plot(), options.output, "--output", outputs, options.format)
        said = None if options.quiet else _in_words(landscape)
        if options.json:
            said = json.dumps(_document(landscape), allow_nan=False)
        finish(outputs, said)
    return 0


def _values(low: str, high: str, count: str) -> NDArray[np.float64]:
    """Return the values that --over names.

    Raises
    ------
    InputError
        If it does not name at least two, or far too many.
    """
    try:
        ends, number = (float(low), float(high)), int(count)
    except ValueError:
        ends, number = (math.nan, math.nan), 0
    if number < 2 or not all(map(math.isfinite, ends)):
        raise InputError("bad-range", argument="--over", value=repr(f"{low} {high} {count}"))
    if number > MOST_SAMPLES:
        raise InputError("too-many-samples", argument="--over", value=number, most=MOST_SAMPLES)
    return np.linspace(*ends, number)


def _in_words(landscape: superpose.Landscape) -> str:
    at = ", ".join(f"{name} {value:g}" for name, value in zip(landscape.parameters, landscape.minimum(), strict=True))
    ends = len(landscape.local_minima())
    return f"{landscape.metric} is {landscape.best} at {at}; local minima of the cost: {ends}"


def _document(landscape: superpose.Landscape) -> dict[str, Any]:
    return {
        "metric": landscape.metric,
        "best": landscape.best,
        "parameters": list(landscape.parameters),
        "samples": [values.tolist() for values in landscape.samples],
        "shapes": [list(shape) for shape in landscape.shapes],
        "smooth": landscape.smooth,
        "unit": landscape.unit,
        "by_level": _without_nan(landscape.by_level.tolist()),
        "at": list(landscape.minimum()),
        "local_minima": landscape.local_minima().tolist(),
    }


def _without_nan(values: Any) -> Any:
    """Return nested lists with None for NaN, which JSON does not know."""
    if isinstance(values, list):
        return [_without_nan(value) for value in values]
    return None if math.isnan(values) else values
