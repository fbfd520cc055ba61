"""Resample IMAGE by an alignment that was saved: another channel, a label image, a whole stack.

T.json was written by superpose align --save-transform (or Registration.save); a file of ITK's (.tfm) serves as
well, with --like. IMAGE lies on the moving image's pixels; a volume lies where its own header says. The output lies
on the fixed image's pixels, in IMAGE's dtype and range; of a TIFF that holds several images each is resampled.
Label images need --labels: the nearest pixel is taken, no label is changed.

IMAGE, an OME-Zarr or a TIFF, may be larger than memory where OUT is a new folder that ends in .zarr (an OME-Zarr with
smaller levels), or a .tif: no more of it is read at a time than a part of OUT needs, and --max-pixels is no limit.
A .tif says how far apart its pixels lie, but not where the first one is, nor how they are turned.

example:
  superpose apply pose.json labels.png -o labels-aligned.png --labels
"""

from __future__ import annotations

import argparse
import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from superpose._io.atomic import Outputs
from superpose._io.files import FORMATS_WRITTEN, check_file, place_of, sky_for, write_file
from superpose._io.images import check_output, read_pages, write_pages
from superpose._io.in_parts import EXTENSIONS as IN_PARTS
from superpose._io.in_parts import write_store_in_parts, write_tiff_in_parts
from superpose._io.sources import shown_source
from superpose._io.stored import file_in_parts, stored_file
from superpose._io.transforms.files import read_any
from superpose._io.volumes import is_volume, read_volume, zarr_choice
from superpose._progress.watch import Stage, Watch
from superpose._sampling.later import WarpedLater
from superpose._sampling.mapping import PixelMap
from superpose._sampling.stored import stored_on
from superpose._spatial import Image
from superpose.cli import _options
from superpose.cli._output import STANDARD, check_format, check_outputs, finish, image, sink, source
from superpose.errors import InputError
from superpose.image import Grid
from superpose.result import Registration
from superpose.transforms.matrix import MatrixTransform

# Files that are larger, in bytes, are read a part at a time where the output can be written so.
_LARGE = 2**28


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Say what ``superpose apply`` takes."""
    file = _options.file
    parser.add_argument(
        "transform", metavar="T.json", type=file, help="an alignment that was saved; - is standard input"
    )
    parser.add_argument("image", metavar="IMAGE", type=file, help="an image on the moving image's pixels")
    parser.add_argument(
        "-o",
        "--output",
        metavar="OUT",
        type=file,
        required=True,
        help="IMAGE on the fixed image's pixels; - is standard output",
    )
    _options.form(parser, FORMATS_WRITTEN)
    parser.add_argument("--like", metavar="FIXED", type=file, help="an image whose size the output has instead")
    kind = parser.add_mutually_exclusive_group()
    kind.add_argument(
        "--order",
        type=int,
        choices=(0, 1, 3),
        default=3,
        help="interpolation: nearest, linear, cubic (default)",
    )
    kind.add_argument("--labels", action="store_true", help="IMAGE holds labels, not intensities")
    _options.no_clip(parser)
    _options.page(parser, "--page", "IMAGE")
    _options.page(parser, "--like-page", "FIXED")
    _options.of_zarr(parser, "--", "IMAGE")
    _options.of_zarr(parser, "--like-", "FIXED")
    _options.max_pixels(parser)
    _options.threads(parser)
    _options.printing(parser)


def run(options: argparse.Namespace) -> int:
    """Do it."""
    with _options.watch(options) as watch:
        return _run(options, watch)


def _run(options: argparse.Namespace, watch: Watch) -> int:
    inputs = {"T.json": options.transform, "IMAGE": options.image, "--like": options.like}
    check_outputs({"--output": options.output}, inputs, options.json)
    check_format(options.output, "--output", options.format)
    watch.begin(Stage.READ)
    saved = read_any(source(options.transform), "transform")
    if (stored := _stored(options)) is not None:
        return _run_in_parts(options, watch, saved, stored)
    pages, registration, unit = _images(options, saved)
    fixed = registration.fixed_grid
    first = pages[0]
    shape = (*fixed.shape, *first.shape[fixed.ndim :])
    if unit is not None:
        check_file(sink(options.output), "--output", first.dtype, shape, fixed, options.format)
    else:
        kind = check_output(sink(options.output), "--output", first.dtype, shape, len(pages), options.format)
        if options.labels and kind.NAME == "JPEG":
            value, what = shown_source(options.output), "labels without loss"
            raise InputError("format-cannot-hold", argument="--output", value=value, what=what, better="png")
    watch.begin(Stage.WARP)
    if options.labels:
        warped = [registration.warp_labels(page) for page in pages]
    else:
        chosen = {"clip": not options.no_clip, "threads": options.threads}
        warped = [registration.warp(page, options.order, **chosen) for page in pages]
    said = _in_words(options, registration, len(warped), warped[0].shape, first.dtype)
    sky = None
    if options.like is not None and len(warped) == 1:
        sky = sky_for(sink(options.output), source(options.like), options.like_page, "--like-page", options.format)
    with Outputs() as outputs:
        if unit is None and sky is None:
            write_pages(sink(options.output), warped, "--output", outputs, options.format)
        else:
            # Files written before grids had a unit say none: what was aligned was in IMAGE's.
            where = fixed, fixed.unit or unit or ""
            write_file(sink(options.output), warped[0], *where, "--output", outputs, options.format, sky)
        watch.close()
        finish(outputs, said)
    return 0


def _in_words(
    options: argparse.Namespace, registration: Registration, images: int, shape: tuple[int, ...], dtype: np.dtype[Any]
) -> str | None:
    """Return what is said of images that were resampled."""
    if options.json:
        picture = {"images": images, "shape": shape, "dtype": str(dtype)}
        return json.dumps({"description": registration.describe()} | picture, indent=1)
    return None if options.quiet else registration.describe()


def _stored(options: argparse.Namespace) -> Any:
    """Return IMAGE as one of which parts are read, where the output is written in parts; else None."""
    suffix = Path(options.output).suffix.lower()
    if options.format is not None or options.output == STANDARD or suffix not in IN_PARTS or options.image == STANDARD:
        return None
    path = Path(options.image)
    zarr_choice(path, options.channel, options.level, "--")
    if suffix != ".zarr" and not path.is_dir():
        # A TIFF may hold several images, each of which is resampled, and be read from anything.
        large = path.is_file() and path.stat().st_size > _LARGE
        return file_in_parts(path, "image", options.page) if large else None
    found = stored_file(path, "image", options.page, options.channel, options.level)
    return found if suffix == ".zarr" or not isinstance(found, np.ndarray) else None


def _run_in_parts(options: argparse.Namespace, watch: Watch, found: Registration | MatrixTransform, image: Any) -> int:
    """Resample IMAGE a part at a time, each of which is written before the next is read."""
    placed = image if isinstance(image, Image) else None
    ndim = found.transform.ndim if isinstance(found, Registration) else found.ndim
    moving = Grid(tuple(image.shape[:ndim])) if placed is None else placed.grid
    registration = _registration(_asked(options, found), found, moving, placed is not None)
    stored = stored_on(image, registration.moving_grid, "image")
    pixels = PixelMap(registration.transform, registration.fixed_grid, registration.moving_grid)
    order, clip = (0, False) if options.labels else (options.order, not options.no_clip)
    if options.labels and stored.dtype.kind not in "bui":
        raise InputError("labels-not-integer", argument="image", value=stored.dtype)
    watch.begin(Stage.WARP)
    warped = WarpedLater.of(stored, pixels, order, np.nan, clip, options.threads)
    path, grid = Path(options.output), registration.fixed_grid
    said = _in_words(options, registration, 1, warped.shape, warped.dtype)
    with Outputs() as outputs:
        if path.suffix.lower() == ".zarr":
            write_store_in_parts(path, warped, grid, grid.unit, "--output", options.labels)
        else:
            check_file(path, "--output", warped.dtype, warped.shape, Grid(grid.shape))
            # As of pictures that are read whole, nothing is said of where pixels lie if IMAGE does not say it.
            write_tiff_in_parts(path, warped, Grid(grid.shape) if placed is None else grid, "--output", outputs)
        watch.close()
        finish(outputs, said)
    return 0


def _images(
    options: argparse.Namespace, found: Registration | MatrixTransform
) -> tuple[list[NDArray[Any]], Registration, str | None]:
    """Return the images to be resampled, the alignment on their grids, and IMAGE's unit; it is None for pictures."""
    fixed = _asked(options, found)
    given, placed = source(options.image), None
    of_zarr = zarr_choice(Path(options.image), options.channel, options.level, "--")
    ndim = found.transform.ndim if isinstance(found, Registration) else found.ndim
    # A stack of planes is so many pictures for an alignment of pictures.
    if isinstance(given, str) and is_volume(Path(given), 0 if ndim == 2 else None):
        placed = read_volume(Path(given), "image", options.page, "--page", options.max_pixels, **of_zarr)
        pages = [np.asarray(placed.array)]
    else:
        pages = read_pages(given, "image", options.page, "--page", options.max_pixels)
    moving = Grid(pages[0].shape[:2]) if placed is None else placed.grid
    registration = _registration(fixed, found, moving, placed is not None)
    return pages, registration, None if placed is None else placed.unit


def _asked(options: argparse.Namespace, found: Registration | MatrixTransform) -> Grid | None:
    """Return the grid of --like; None where the alignment has one.

    Raises
    ------
    InputError
        If the output's grid is not known.
    """
    if options.like is not None:
        return place_of(image(options, "like", "--like"))
    if not isinstance(found, Registration):
        raise InputError("no-output-grid", argument="transform", value=repr(options.transform))
    return None


def _registration(
    fixed: Grid | None, found: Registration | MatrixTransform, moving: Grid, placed: bool
) -> Registration:
    """Return what was saved as an alignment of two grids: the output's, and IMAGE's, if that is `placed`."""
    if not isinstance(found, Registration):
        # A file of ITK's is in millimetres.
        return _alone(found, (fixed or moving).in_unit("mm"), moving.in_unit("mm"))
    fixed = found.fixed_grid if fixed is None else fixed.in_unit(found.fixed_grid.unit)
    registration = replace(found, fixed_grid=fixed)
    # What says where it lies need not have moving's own pixels; an alignment of bare pixels knows no places.
    if placed and not found.moving_grid.plain:
        registration = replace(registration, moving_grid=moving.in_unit(found.moving_grid.unit))
    return registration


def _alone(transform: MatrixTransform, fixed: Grid, moving: Grid) -> Registration:
    """Return a transform, of which nothing else is known, as an alignment of two grids."""
    return Registration(
        transform=transform,
        value=float("nan"),
        metric="",
        optimizer="",
        levels=(),
        overlap=0.0,
        initial=transform,
        fixed_grid=fixed,
        moving_grid=moving,
    )
