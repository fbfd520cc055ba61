"""What the page's viewer shows: fixed, and moving under each transform that can be chosen."""

from __future__ import annotations

from typing import Any

import numpy as np

from superpose._report.mixtures import full_colour_at, grey, matched_difference
from superpose._report.motions import layers_of, mosaic_of
from superpose._report.pictures import Floats, Screen, as_uri, correlation, png_of, screen_of
from superpose._report.places import elsewhere
from superpose._report.settings import PictureSettings
from superpose.result import Registration
from superpose.transforms.matrix import MatrixTransform


def viewer_of(registration: Registration, settings: PictureSettings) -> dict[str, Any] | None:
    """Return the pictures; None where there are none."""
    screen, small = (screen_of(registration, side) for side in (settings.page_side, settings.other_side))
    if screen is None or small is None:
        return None
    screen, small = (each.alike(registration.transform, settings.same_intensities) for each in (screen, small))
    grid = registration.fixed_grid
    places, pixel = grid.to_index(screen.grid.to_physical((0, 0))), min(grid.spacing)
    fixed, after = screen.fixed_picture, screen.under(registration.transform)
    before = screen.under(MatrixTransform(np.eye(3)))
    poses = [_pose("the answer", after), _pose("as it came", before)]
    poses += [_pose(f"basin {k}", small.under(each.transform)) for k, each in elsewhere(registration)]
    if registration.explained:
        poses.append(_pose("every motion where it holds", mosaic_of(registration, screen, after)))
    same = abs(correlation(grey(fixed), grey(after))) >= settings.same_intensities
    full = full_colour_at(fixed, matched_difference(fixed, after), settings.noises, settings.least_contrast)
    return {
        "rows": screen.grid.shape[0],
        "columns": screen.grid.shape[1],
        "spacing": [each / pixel for each in screen.grid.spacing],
        "origin": [first * s / pixel for first, s in zip(places, grid.spacing, strict=True)],
        "fixed": as_uri(png_of(fixed)),
        "poses": poses,
        "layers": layers_of(registration, small, settings),
        "same": bool(same),
        "full_colour": int(np.clip(np.ceil(100 * full), 1, 100)),
        "size": _size_note(registration, screen),
    }


def _pose(name: str, picture: Floats) -> dict[str, str]:
    return {"name": name, "picture": as_uri(png_of(picture))}


def _size_note(registration: Registration, screen: Screen) -> str:
    full, shown, moving = registration.fixed_grid.shape, screen.grid.shape, registration.moving_grid.shape
    how = "on squares" if len(set(registration.fixed_grid.spacing)) > 1 else "smaller"
    smaller = (
        ""
        if shown == full
        else f" They are shown {how}, fixed as {by(shown)} pixels; all numbers are those of the full images."
    )
    matched = " Moving has the intensities of fixed that its own go with." if screen.matched else ""
    return (
        f"Fixed has {by(full)} pixels, moving {by(moving)}.{smaller} The darkest and brightest half percent are "
        f"clipped; hatched is where there is no data, or a mask leaves it out.{matched}"
    )


def by(shape: tuple[int, ...]) -> str:
    """Return a shape in words."""
    return " × ".join(map(str, shape))
