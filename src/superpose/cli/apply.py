"""Resample IMAGE by an alignment that was saved: another channel, a label image, a whole stack.

T.json was written by superpose align --save-transform (or Registration.save), and IMAGE lies on the moving
image's pixels. The output lies on the fixed image's pixels, in IMAGE's dtype and range; of a TIFF that holds
several images each is resampled. Label images need --labels: the nearest pixel is taken, no label is changed.

example:
  superpose apply pose.json labels.png -o labels-aligned.png --labels
"""

from __future__ import annotations

import argparse
import json
from dataclasses import replace

from superpose._io.atomic import Outputs
from superpose._io.images import check_output, read_image, read_pages, write_pages
from superpose._io.transforms.json import load
from superpose.cli import _options
from superpose.cli._output import check_outputs, finish
from superpose.image import Grid


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Say what ``superpose apply`` takes."""
    parser.add_argument("transform", metavar="T.json", help="an alignment that was saved")
    parser.add_argument("image", metavar="IMAGE", help="an image on the moving image's pixels")
    parser.add_argument("-o", "--output", metavar="OUT", required=True, help="IMAGE on the fixed image's pixels")
    parser.add_argument("--like", metavar="FIXED", help="an image whose size the output has instead")
    kind = parser.add_mutually_exclusive_group()
    kind.add_argument(
        "--order",
        type=int,
        choices=(0, 1, 3),
        default=3,
        help="interpolation: nearest, linear, cubic (default)",
    )
    kind.add_argument("--labels", action="store_true", help="IMAGE holds labels, not intensities")
    _options.page(parser, "--page", "IMAGE")
    _options.page(parser, "--like-page", "FIXED")
    _options.max_pixels(parser)
    _options.threads(parser)
    _options.printing(parser)


def run(options: argparse.Namespace) -> int:
    """Do it."""
    inputs = {"T.json": options.transform, "IMAGE": options.image, "--like": options.like}
    check_outputs({"--output": options.output}, inputs)
    registration = load(options.transform, "transform")
    pages = read_pages(options.image, "image", options.page, "--page", options.max_pixels)
    if options.like is not None:
        shape = read_image(options.like, "--like", options.like_page, "--like-page", options.max_pixels).shape[:2]
        registration = replace(registration, fixed_grid=Grid(shape))
    first = pages[0]
    check_output(
        options.output, "--output", first.dtype, (*registration.fixed_grid.shape, *first.shape[2:]), len(pages)
    )
    if options.labels:
        warped = [registration.warp_labels(page) for page in pages]
    else:
        warped = [registration.warp(page, options.order, threads=options.threads) for page in pages]
    said = None if options.quiet else registration.describe()
    if options.json:
        picture = {"images": len(warped), "shape": warped[0].shape, "dtype": str(first.dtype)}
        said = json.dumps({"description": registration.describe()} | picture, indent=1)
    with Outputs() as outputs:
        write_pages(options.output, warped, "--output", outputs)
        finish(outputs, said)
    return 0
