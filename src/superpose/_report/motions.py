"""The motions of a registration for its page: in words, and as layers that show what of moving each explains."""

from __future__ import annotations

from io import BytesIO
from typing import Any

import numpy as np
from PIL import Image as Pillow

from superpose._describe import describe, describe_explained
from superpose._report.pictures import Floats, Screen, as_uri, png_of
from superpose._report.places import pose_of
from superpose._report.settings import PictureSettings
from superpose.image import Mask
from superpose.result import Registration


def motions_of(registration: Registration) -> list[dict[str, Any]]:
    """Return what each of several motions explains; none where only one was seen."""
    grid, motions = registration.fixed_grid, []
    for number, each in enumerate(registration.explained, 1):
        # A registration made by hand may explain things by a pose that it does not list.
        basin = next((k for k, other in enumerate(registration.basins, 1) if other is each.basin), 0)
        sentence, pose = describe_explained(each, grid), describe(each.basin.transform, grid)
        motions.append(
            {
                "number": number,
                "sentence": f"{sentence[:1].upper()}{sentence[1:]}.",
                "words": f"{pose[:1].upper()}{pose[1:]}.",
                "on_sensor": each.on_sensor,
                "pose": pose_of(registration, basin) if basin else None,
            }
        )
    return motions


def layers_of(registration: Registration, screen: Screen, settings: PictureSettings) -> list[dict[str, str]]:
    """Return each motion's layer: moving under it where it holds; and that place as a tint, with its colour."""
    layers = []
    for number, each in enumerate(registration.explained):
        colour, mask = settings.tints[number % len(settings.tints)], shrunk(each.mask, screen.grid.shape)
        layers.append(
            {
                "name": f"motion {number + 1}",
                "colour": "#{:02x}{:02x}{:02x}".format(*colour),
                "tint": as_uri(tint_of(mask, colour)),
                "picture": as_uri(png_of(_where(mask, screen.under(each.basin.transform), np.array(np.nan)))),
            }
        )
    return layers


def mosaic_of(registration: Registration, screen: Screen, answer: Floats) -> Floats:
    """Return moving under the answer, but where another motion holds under that one."""
    for each in registration.explained[1:]:
        mask = shrunk(each.mask, screen.grid.shape)
        answer = _where(mask, screen.under(each.basin.transform), answer)
    return answer


def _where(mask: Mask, inside: Floats, outside: Floats) -> Floats:
    return np.where(mask if inside.ndim == 2 else mask[..., None], inside, outside)


def tint_of(mask: Mask, colour: tuple[int, int, int]) -> bytes:
    """Return a PNG of one colour where a mask is True, and transparent elsewhere."""
    picture = Pillow.fromarray(mask.astype(np.uint8), "P")
    picture.putpalette((0, 0, 0, *colour))
    buffer = BytesIO()
    picture.save(buffer, "PNG", transparency=0, bits=1, optimize=True)
    return buffer.getvalue()


def shrunk(mask: Mask, shape: tuple[int, ...]) -> Mask:
    """Return a mask at a smaller shape: True where any of its pixels is, so that single ones are still seen."""
    for axis, (large, small) in enumerate(zip(mask.shape, shape, strict=True)):
        if small > large:  # pixels that are no squares are shown as several
            mask = mask.take(np.arange(small) * large // small, axis)
            continue
        mask = np.logical_or.reduceat(mask, -(-np.arange(small) * large // small), axis)
    return mask
