"""Options that several verbs share, and how they become arguments of the library."""

from __future__ import annotations

import argparse
import re
from collections.abc import Iterable
from typing import Any

from superpose._progress.watch import Watch, shown
from superpose.metrics import METRICS
from superpose.transforms.family import families

# What the system calls standard input and output beside -.
_STANDARD = re.compile(r"/dev/(stdin|stdout)|(/dev|/proc/self)/fd/[01]")


def file(path: str) -> str:
    """Return a path as it was given; - for any name of standard input or output."""
    return "-" if _STANDARD.fullmatch(path) else path


def form(parser: argparse.ArgumentParser, known: Iterable[str]) -> None:
    """Add the choice of the output's format."""
    helped = f"{', '.join(known)}: the output's format; default: what its extension says (standard output, -, has none)"
    parser.add_argument("--format", metavar="NAME", help=helped)


def no_clip(parser: argparse.ArgumentParser) -> None:
    """Add that what a cubic spline makes of edges is kept."""
    parser.add_argument(
        "--no-clip",
        action="store_true",
        help="let cubic interpolation leave the range of the image's own values, as it does at edges",
    )


def page(parser: argparse.ArgumentParser, name: str, image: str) -> None:
    """Add the choice of one image of a file that holds several."""
    parser.add_argument(
        name, type=int, metavar="N", help=f"which image of {image}, counted from 0, if its file holds several"
    )


def of_zarr(parser: argparse.ArgumentParser, prefix: str, image: str) -> None:
    """Add the choice of a channel and a level of an OME-Zarr."""
    parser.add_argument(
        f"{prefix}channel",
        type=int,
        metavar="N",
        help=f"which channel of {image}, counted from 0, if it is an OME-Zarr",
    )
    parser.add_argument(
        f"{prefix}level",
        type=int,
        metavar="N",
        help=f"which level of {image} if it is an OME-Zarr; default: 0, the finest",
    )


def max_pixels(parser: argparse.ArgumentParser) -> None:
    """Add the size of images from which on they are not read."""
    parser.add_argument(
        "--max-pixels",
        type=int,
        metavar="N",
        help="the largest image that is read (default: 1000000000): a damaged header may promise any size",
    )


def metric(parser: argparse.ArgumentParser, default: str, *others: str) -> None:
    """Add the choice of a metric, or of `others`."""
    parser.add_argument("--metric", metavar="NAME", help=f"{', '.join((*others, *METRICS))} (default: {default})")


def family(parser: argparse.ArgumentParser, default: str) -> None:
    """Add the choice of a transform family."""
    parser.add_argument("--transform", metavar="NAME", help=f"{', '.join(families())} (default: {default})")


def threads(parser: argparse.ArgumentParser) -> None:
    """Add the number of threads."""
    parser.add_argument(
        "--threads",
        type=int,
        metavar="N",
        help="default: SUPERPOSE_THREADS, else the CPUs this process may use; the result is the same",
    )


def printing(parser: argparse.ArgumentParser) -> None:
    """Add the choice of what is printed."""
    parser.add_argument("--json", action="store_true", help="print one JSON document and nothing else")
    parser.add_argument("--quiet", action="store_true", help="say nothing but errors")


def given(options: argparse.Namespace, *names: str) -> dict[str, Any]:
    """Return the options that were given, by name; for the others the library's defaults hold."""
    return {name: getattr(options, name) for name in names if getattr(options, name) is not None}


def watch(options: argparse.Namespace) -> Watch:
    """Return what shows how far the work is: on a terminal, never in a file."""
    return Watch() if options.quiet else shown()
