"""Lay the channels of IMAGE on each other: colours that a lens magnifies differently, cameras side by side.

The others are laid on one of them, and where they lie may be saved: a picture of beads tells it once, and
--use takes it for every picture after that. OUT keeps the channels' bit depth.

example:
  superpose align-channels red1.png red2.png -o laid.tif --save-map map.json
"""

from __future__ import annotations

import argparse
from typing import Any

import numpy as np

import superpose
from superpose._io.atomic import Outputs, check_target, write_text
from superpose._io.images import FORMATS_WRITTEN, check_output, write_image, write_pages
from superpose._jobs.stack_files import as_text
from superpose._progress.watch import Stage, Watch
from superpose.cli import _options
from superpose.cli._output import check_format, check_outputs, finish, sink
from superpose.cli._series import frames_at
from superpose.cli._words import finding


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Say what ``superpose align-channels`` takes."""
    file = _options.file
    parser.add_argument(
        "image", metavar="IMAGE", nargs="+", help="a picture in colour, a file of several pages, or one file a channel"
    )
    parser.add_argument("-o", "--output", metavar="OUT", type=file, required=True, help="the channels on each other")
    _options.form(parser, FORMATS_WRITTEN)
    parser.add_argument(
        "--reference", metavar="N", type=int, help="the channel that the others are laid on, from 0 (default: 0)"
    )
    _options.metric(parser, "auto")
    parser.add_argument("--transform", metavar="NAME", help="affine, translation, rigid, similarity (default: affine)")
    parser.add_argument("--save-map", metavar="M.json", type=file, help="where channels lie, for --use")
    parser.add_argument("--use", metavar="M.json", type=file, help="a map that was saved: nothing is searched")
    _options.max_pixels(parser)
    _options.threads(parser)
    _options.printing(parser)


def run(options: argparse.Namespace) -> int:
    """Do it."""
    with _options.watch(options) as watch:
        return _run(options, watch)


def _run(options: argparse.Namespace, watch: Watch) -> int:
    inputs = {f"IMAGE ({k})": path for k, path in enumerate(options.image)} | {"--use": options.use}
    check_outputs({"--output": options.output, "--save-map": options.save_map}, inputs, options.json)
    check_format(options.output, "--output", options.format)
    if options.save_map is not None:
        check_target(options.save_map, "--save-map")
    watch.begin(Stage.READ)
    frames = frames_at(options.image, "IMAGE", options.max_pixels)
    first: Any = frames[0]
    pages = 1 if len(frames) == 1 else len(frames)
    check_output(sink(options.output), "--output", first.dtype, first.shape, pages, options.format)
    names = "reference", "metric", "transform", "use", "threads"
    result = superpose.align_channels(frames, progress=watch, **_options.given(options, *names))
    with Outputs() as outputs:
        if pages == 1:
            write_image(sink(options.output), result.image, "--output", outputs, options.format)
        else:
            write_pages(sink(options.output), list(result.image), "--output", outputs, options.format)
        if options.save_map is not None:
            write_text(sink(options.save_map), as_text(result.channel_map), "--save-map", outputs)
        said = None if options.quiet else _in_words(result)
        if options.json:
            said = as_text(result.channel_map).rstrip()
        watch.close()
        finish(outputs, said)
    return 0


def _in_words(result: superpose.AlignedChannels) -> str:
    rows = result.channel_map.table
    used = [each for each in rows if each.used]
    lines = [f"{len(used)} of {len(rows)} channels on channel {result.channel_map.reference}"]
    for each in used:
        far = float(np.sqrt(np.square(each.motion).sum()))
        exact = f", expected error {each.sigma:.2g} px" if np.isfinite(each.sigma) else ""
        lines.append(f"  {each.name}: {far:.2f} px away{exact}")
    return "\n".join(lines + [finding(warning) for warning in result.warnings])
