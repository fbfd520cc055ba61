"""Make a colour picture of PLATE: three exposures of a glass plate, stacked top to bottom.

Two of the exposures are aligned on the third; the plate's dark and light borders take no part. The output
keeps PLATE's bit depth, and is cropped to what all three exposures cover, without rims where one is damaged.

example:
  superpose plate plate.png -o colour.png
"""

from __future__ import annotations

import argparse
import json
from pathlib import Path
from typing import Any

import superpose
from superpose._io.atomic import Outputs, check_target
from superpose._io.images import FORMATS_WRITTEN, check_output, read_image, write_image
from superpose._io.transforms.json import as_document, dump
from superpose._progress.watch import Stage, Watch
from superpose.cli import _options
from superpose.cli._output import (
    STANDARD,
    check_figure,
    check_format,
    check_outputs,
    finish,
    sink,
    source,
    write_plot,
)
from superpose.cli._words import finding
from superpose.errors import InputError


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Say what ``superpose plate`` takes."""
    file = _options.file
    parser.add_argument(
        "plate", metavar="PLATE", type=file, help="the whole scan, grey, 8 or 16 bit; - is standard input"
    )
    parser.add_argument(
        "-o", "--output", metavar="OUT", type=file, required=True, help="the colour picture; - is standard output"
    )
    _options.form(parser, FORMATS_WRITTEN)
    parser.add_argument(
        "--order",
        metavar="LETTERS",
        help="the filters from the top exposure to the bottom one (default: bgr)",
    )
    parser.add_argument(
        "--reference",
        metavar="COLOUR",
        help="the exposure the others are laid on: green (default), red, blue",
    )
    _options.metric(parser, "orientation")
    _options.family(parser, "similarity")
    parser.add_argument(
        "--no-local",
        action="store_true",
        help="do not correct what the transform leaves over by place in exposures of more than 1024 pixels a side",
    )
    parser.add_argument("--no-crop", action="store_true", help="keep the whole reference exposure")
    _options.no_clip(parser)
    _options.page(parser, "--page", "PLATE")
    _options.max_pixels(parser)
    parser.add_argument(
        "--save-transform",
        metavar="T.json",
        type=file,
        help="written as T.red.json, T.blue.json: one a channel that was moved",
    )
    parser.add_argument("--plot", metavar="P.png", type=file, help="a figure: as cut, aligned")
    parser.add_argument(
        "--report",
        metavar="R.html",
        type=file,
        help="written as R.red.html, R.blue.html: a web page a channel that was moved, with all there is to see",
    )
    _options.threads(parser)
    _options.printing(parser)


def run(options: argparse.Namespace) -> int:
    """Do it."""
    with _options.watch(options) as watch:
        return _run(options, watch)


def _run(options: argparse.Namespace, watch: Watch) -> int:
    saved, reports = (_by_channel(options, name) for name in ("--save-transform", "--report"))
    written = {"--output": options.output, "--plot": options.plot} | saved | reports
    check_outputs(written, {"PLATE": options.plate}, options.json)
    check_format(options.output, "--output", options.format)
    for path in saved.values():
        check_target(path, "--save-transform")
    for path in reports.values():
        from superpose._report.page import check_report

        check_report(path, "--report")
    if options.plot is not None:
        check_figure(options.plot, "--plot")
    watch.begin(Stage.READ)
    scan = read_image(source(options.plate), "plate", options.page, "--page", options.max_pixels)
    shape = (scan.shape[0] // 3, scan.shape[1], 3)
    check_output(sink(options.output), "--output", scan.dtype, shape, form=options.format)
    plate = superpose.colorize(
        scan,
        local=not options.no_local,
        crop=not options.no_crop,
        clip=not options.no_clip,
        progress=watch,
        **_options.given(options, "order", "reference", "metric", "transform", "threads"),
    )
    with Outputs() as outputs:
        write_image(sink(options.output), plate.image, "--output", outputs, options.format)
        for name, each in plate.registrations.items():
            if saved:
                dump(each, saved[f"--save-transform ({name})"], "--save-transform", outputs)
            if reports:
                _report(each, f"{name} on {plate.reference}", reports[f"--report ({name})"], options, outputs)
        write_plot(plate, options.plot, watch, outputs)
        said = None if options.quiet else _in_words(plate, saved | reports)
        if options.json:
            said = json.dumps(_document(plate), indent=1, allow_nan=False)
        watch.close()
        finish(outputs, said)
    return 0


def _by_channel(options: argparse.Namespace, option: str) -> dict[str, str]:
    """Return where each channel's file of an option goes, by what errors call it."""
    given = getattr(options, option[2:].replace("-", "_"))
    if given is None:
        return {}
    if given == STANDARD:
        reason = "one file a channel is written"
        raise InputError("no-standard-stream", argument=option, value="'-'", reason=reason)
    path = Path(given)
    reference = str(options.reference or "green").lower()
    return {
        f"{option} ({name})": str(path.with_name(f"{path.stem}.{name}{path.suffix}"))
        for name in superpose.Plate.channels
        if name != reference
    }


def _report(
    registration: superpose.Registration, name: str, path: str, options: argparse.Namespace, outputs: Outputs
) -> None:
    """Draft a channel's page."""
    from superpose._report.page import write_report

    title = f"{Path(options.plate).name}: {name}"
    write_report(registration, path, title=title, command=options.command, argument="--report", outputs=outputs)


def _document(plate: superpose.Plate) -> dict[str, Any]:
    rows, columns = plate.crop
    return {
        "reference": plate.reference,
        "shape": list(plate.image.shape),
        "crop": {"rows": [rows.start, rows.stop], "columns": [columns.start, columns.stop]},
        "registrations": {name: as_document(each) for name, each in plate.registrations.items()},
        "local_shifts": {
            name: {"tiles": each.tiles, "before": each.before, "after": each.after}
            for name, each in plate.local_shifts.items()
        },
        "warnings": list(plate.warnings),
    }


def _in_words(plate: superpose.Plate, written: dict[str, str]) -> str:
    lines = []
    for name, each in plate.registrations.items():
        lines.append(f"{name} on {plate.reference}: {each.describe()} ({each.metric} {each.value:.6g})")
        lines += [f"  {each.trust}"] if each.trust else []
        shifts = plate.local_shifts.get(name)
        lines += [] if shifts is None else [f"  {shifts.describe()}"]
        lines += [f"  {path}" for option, path in written.items() if option.endswith(f"({name})")]
    return "\n".join(lines + [finding(warning) for warning in plate.warnings])
