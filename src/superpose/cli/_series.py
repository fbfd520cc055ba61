"""What verbs share that lay the frames of a series on each other."""

from __future__ import annotations

import argparse
import os
from pathlib import Path

from superpose._jobs.canvas import CANVASES
from superpose._jobs.combine import COMBINED
from superpose._jobs.frames import Frames, frames_of
from superpose.cli._output import STANDARD
from superpose.errors import InputError

# What is made of the frames, by its name on the command line.
NONE = "none"


def combine(parser: argparse.ArgumentParser) -> None:
    """Add the choice of what is made of the frames."""
    helped = f"{', '.join(COMBINED)} (default: mean); none: the frames, as the pages of a TIFF"
    parser.add_argument("--combine", metavar="NAME", default="mean", help=helped)


def canvas(parser: argparse.ArgumentParser, default: str) -> None:
    """Add the choice of the pixels that frames are laid on."""
    helped = f"{', '.join(CANVASES)} (default: {default}): a frame's pixels, those of all, or those that all show"
    parser.add_argument("--canvas", metavar="NAME", help=helped)


def check_outside(outputs: dict[str, str | None], paths: list[str], argument: str) -> None:
    """Check that no output goes into a folder of which all images are frames: it would be one of them the next time.

    Raises
    ------
    InputError
        If one does.
    """
    if len(paths) != 1 or not Path(paths[0]).is_dir():
        return
    folder = Path(os.path.realpath(paths[0]))
    for name, path in outputs.items():
        if path is not None and path != STANDARD and Path(os.path.realpath(path)).parent == folder:
            raise InputError("output-among-frames", argument=name, value=repr(path), folder=argument)


def frames_at(paths: list[str], argument: str, max_pixels: int | None) -> Frames:
    """Return the frames that files hold.

    Raises
    ------
    InputError
        If there is no such file.
    """
    for path in paths:
        if path != "-" and not Path(path).exists():
            raise InputError("no-such-file", argument=argument, value=path)
    return frames_of(paths, max_pixels)
