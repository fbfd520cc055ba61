"""Say what is in FILE: an image's or a volume's size, where its pixels lie, and the range of its values.

FILE is a picture, a FITS, a NIfTI, an NRRD, a MetaImage, or a folder of DICOM slices or of OME-Zarr. Points of scans
are in millimetres, ITK's (left, posterior, superior) in axis order.

example:
  superpose info fixed.png
"""

from __future__ import annotations

import argparse
import json
import warnings
from typing import Any

import numpy as np

from superpose._io.files import read_source
from superpose._spatial import Image
from superpose.cli import _options
from superpose.cli._output import say, source
from superpose.cli._words import finding
from superpose.errors import AssumptionWarning


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Say what ``superpose info`` takes."""
    parser.add_argument(
        "image",
        metavar="FILE",
        type=_options.file,
        help="an image, a volume, or a folder of DICOM slices or of OME-Zarr",
    )
    _options.page(parser, "--page", "FILE")
    _options.of_zarr(parser, "--", "FILE")
    _options.max_pixels(parser)
    parser.add_argument("--json", action="store_true", help="print one JSON document and nothing else")


def run(options: argparse.Namespace) -> int:
    """Do it."""
    with warnings.catch_warnings(record=True) as assumed:
        warnings.simplefilter("always", AssumptionWarning)
        of_zarr = {"channel": options.channel, "level": options.level}
        found = read_source(source(options.image), "image", options.page, "--page", options.max_pixels, **of_zarr)
    image = found if isinstance(found, Image) else Image(found)
    notes = [str(each.message) for each in assumed]
    say(json.dumps(_document(image, notes), indent=1) if options.json else _in_words(image, notes))
    return 0


def _range(image: Image) -> tuple[float | int, float | int] | None:
    """Return the least and the largest value; None if all are missing."""
    values = np.asarray(image.array)
    if values.dtype.kind == "f":
        values = values[np.isfinite(values)]
    return (values.min().item(), values.max().item()) if values.size else None


def _document(image: Image, notes: list[str]) -> dict[str, Any]:
    grid, ends = image.grid, _range(image)
    return {
        "shape": list(image.shape),
        "dtype": str(image.array.dtype),
        "spacing": list(grid.spacing),
        "origin": list(grid.origin),
        "direction": [list(row) for row in grid.direction or np.eye(grid.ndim).tolist()],
        "unit": image.unit,
        "range": None if ends is None else list(ends),
        "warnings": notes,
    }


def _in_words(image: Image, notes: list[str]) -> str:
    lines, ends = [image.in_words], _range(image)
    if image.spaced:
        names = ("superior", "posterior", "left")[-image.grid.ndim :]
        order = f" ({', '.join(names)})" if image.unit == "mm" and image.grid.ndim == 3 else ""
        lines.append(f"its pixels' centres lie at{order} {image.grid.extent} {image.unit}".rstrip())
    if image.grid.direction:
        axes = "; ".join(" ".join(f"{each:.4g}" for each in column) for column in np.transpose(image.grid.direction))
        lines.append(f"its axes run along {axes}")
    lines.append("no value is a number" if ends is None else f"its values are from {ends[0]:.6g} to {ends[1]:.6g}")
    return "\n".join(lines + [finding(each) for each in notes])
