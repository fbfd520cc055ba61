"""Other images on a mosaic that was made: a second channel goes where the first one lies."""

from __future__ import annotations

import warnings
from typing import TYPE_CHECKING, Any

import numpy as np

from superpose._jobs.blending import BLENDS, blended, check_memory
from superpose._jobs.layouts import pieces_on
from superpose._jobs.mosaic_images import MosaicImages
from superpose._jobs.mosaic_settings import BlendSettings
from superpose._jobs.tables import reasons_in_words
from superpose._memory import Room
from superpose._names import lookup
from superpose._threads import thread_count
from superpose.errors import InputError, UnreliableWarning, text
from superpose.image import Pixels

if TYPE_CHECKING:
    from superpose._jobs.mosaic_result import MosaicResult


def laid(result: MosaicResult, images: Any, blend: Any, threads: int | None) -> Pixels:
    """Return a mosaic of other images; see `MosaicResult.apply`."""
    made, count = lookup("blend", blend, {name: name for name in BLENDS}), thread_count(threads)
    given = MosaicImages(images, None)
    if len(given) != len(result.shapes):
        raise InputError("other-mosaic", argument="images", value=f"{len(given)} images", expected=len(result.shapes))
    for number in given.usable:
        shape, was = given.shapes[number][:2], result.shapes[number]
        if result.transforms[number] is not None and tuple(shape) != was:
            raise InputError(
                "unlike-frames", argument=given.names[number], value=f"shape {shape}", expected=f"shape {was}"
            )
    lost = [(given.names[k], given.why[k]) for k, each in enumerate(result.transforms) if each and k in given.why]
    if lost:
        which = reasons_in_words(lost)
        said = text("frames-unreadable", argument="images", value=len(lost), total=len(given), which=which)
        warnings.warn(said, UnreliableWarning, stacklevel=3)
    transforms = {k: each for k, each in enumerate(result.transforms) if each is not None and k in given.usable}
    outlines = {k: each for k, each in enumerate(result.outlines) if each is not None}
    if not transforms or result.grid.shape == (1, 1):
        raise InputError("nothing-laid", argument="images", value=f"{len(given)} images")
    settings = BlendSettings()
    pieces = pieces_on(result.grid, transforms, outlines, result.shapes)
    if not any(all(side.start < side.stop for side in each.box) for each in pieces):
        raise InputError("nothing-laid", argument="images", value=f"{len(given)} images")
    check_memory(Room.of(), result.shapes, result.grid.shape, given.channels, settings)
    return blended(given, pieces, result.grid.shape, np.ones(len(given)), count, made, settings)[0]
