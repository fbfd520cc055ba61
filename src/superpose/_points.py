"""Points of one image, as users give them, in the other."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

from superpose._names import lookup
from superpose.errors import InputError
from superpose.image import Grid
from superpose.transforms.base import Transform, as_points

Floats = NDArray[np.float64]


def mapped_points(points: ArrayLike, order: str, grid: Grid, space: str, transform: Transform) -> Floats:
    """Return where a transform takes points of the image `space`, which lies on `grid`.

    Raises
    ------
    InputError
        If no point lies inside the image, or the order of coordinates is not known.
    """
    order = lookup("order", order, {"rc": "rc", "xy": "xy"})
    given = as_points(points, "points", grid.ndim)
    given = given[..., ::-1] if order == "xy" else given
    if given.size and not grid.contains(given).any():
        count = given.size // given.shape[-1]
        other = {"axes": "(x, y)", "order": "xy"} if order == "rc" else {"axes": "(row, column)", "order": "rc"}
        raise InputError("points-outside", argument="points", value=count, space=space, extent=grid.extent, **other)
    mapped = transform(given)
    return mapped[..., ::-1] if order == "xy" else mapped
