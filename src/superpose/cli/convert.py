"""Write the transform in T.in as T.out, in the format that T.out's extension says.

Known are superpose's own (.json) and ITK's (.tfm, .txt), which SimpleITK, ANTs, 3D Slicer and elastix read; T.in is
recognised by its content. Every one maps fixed points to moving points. An alignment that becomes a .tfm loses
the images' grids; one that stays a .json keeps all there is.

example:
  superpose convert pose.json pose.tfm
"""

from __future__ import annotations

import argparse
import json

from superpose._describe import describe
from superpose._io.atomic import Outputs
from superpose._io.transforms.files import EXTENSIONS, read_any, write_transform
from superpose.cli import _options
from superpose.cli._output import check_format, check_outputs, finish, sink, source
from superpose.result import Registration
from superpose.transforms.matrix import matrix_transform


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Say what ``superpose convert`` takes."""
    file = _options.file
    parser.add_argument("transform", metavar="T.in", type=file, help="a transform; - is standard input")
    parser.add_argument("output", metavar="T.out", type=file, help="the same in another file; - is standard output")
    _options.form(parser, tuple(each[1:] for each in EXTENSIONS))
    parser.add_argument("--inverse", action="store_true", help="the transform from moving points to fixed points")
    _options.printing(parser)


def run(options: argparse.Namespace) -> int:
    """Do it."""
    check_outputs({"T.out": options.output}, {"T.in": options.transform}, options.json)
    check_format(options.output, "T.out", options.format)
    found = read_any(source(options.transform), "T.in")
    unit = found.fixed_grid.unit if isinstance(found, Registration) else ""
    transform = matrix_transform(found.transform, "T.in") if isinstance(found, Registration) else found
    if options.inverse:
        found = transform = transform.inverse()
    document = {"description": describe(transform), "family": transform.family, "matrix": transform.matrix.tolist()}
    said = json.dumps(document, indent=1) if options.json else None if options.quiet else document["description"]
    with Outputs() as outputs:
        write_transform(sink(options.output), found, "T.out", options.format, outputs, unit)
        finish(outputs, said)
    return 0
