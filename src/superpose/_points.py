"""Points of one image, as users give them, in the other."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

from superpose._names import lookup
from superpose.errors import InputError
from superpose.grid import Grid, unit_of
from superpose.transforms.base import Transform, as_points

Floats = NDArray[np.float64]


def mapped_points(
    points: ArrayLike, order: str, units: str, grids: tuple[Grid, Grid], space: str, transform: Transform
) -> Floats:
    """Return where a transform takes points of the image `space`, which lies on the first of two grids.

    Raises
    ------
    InputError
        If no point lies inside the image, or the order of coordinates, or what they are measured in, is not known.
    """
    order = lookup("order", order, {"rc": "rc", "xy": "xy"})
    in_pixels = lookup("units", units, {"physical": False, "pixel": True})
    grid, onto = grids
    given = as_points(points, "points", grid.ndim)
    given = given[..., ::-1] if order == "xy" else given
    physical = grid.to_physical(given) if in_pixels else given
    if given.size and not grid.contains(physical).any():
        raise _outside(given, order, in_pixels, grid, space)
    mapped = onto.to_index(transform(physical)) if in_pixels else transform(physical)
    return mapped[..., ::-1] if order == "xy" else mapped


def _outside(points: Floats, order: str, in_pixels: bool, grid: Grid, space: str) -> InputError:
    """Return the error that says which of the other readings of points are meant, perhaps."""
    axes, named = ("(x, y)", "xy") if order == "rc" else ("(row, column)", "rc")
    units, extent = "", Grid(grid.shape).extent if in_pixels else grid.extent
    if not grid.plain:
        extent += " pixels" if in_pixels else f" {unit_of(grid)}"
        units = f", or units='{'physical' if in_pixels else 'pixel'}'"
    fields = {"value": points.size // points.shape[-1], "space": space, "extent": extent, "units": units}
    return InputError("points-outside", argument="points", axes=axes, order=named, **fields)
