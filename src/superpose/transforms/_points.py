"""Users' points: in either order, checked to lie in the image that they are said to be of."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

from superpose.errors import InputError
from superpose.image import Grid
from superpose.transforms.base import Transform, as_points

Floats = NDArray[np.float64]


def map_points(points: ArrayLike, order: str, grid: Grid, space: str, transform: Transform) -> Floats:
    """Return points of the image on `grid`, which errors call `space`, under a transform, in the order given.

    Raises
    ------
    InputError
        If none lies inside that image, or the order is not known.
    """
    if order not in ("rc", "xy"):
        raise InputError("unknown-name", argument="order", value=repr(order), nearest="", known="'rc', 'xy'")
    given = as_points(points, "points", grid.ndim)
    given = given[..., ::-1] if order == "xy" else given
    if given.size and not grid.contains(given).any():
        count = given.size // given.shape[-1]
        other = {"axes": "(x, y)", "order": "xy"} if order == "rc" else {"axes": "(row, column)", "order": "rc"}
        raise InputError("points-outside", argument="points", value=count, space=space, extent=grid.extent, **other)
    mapped = transform(given)
    return mapped[..., ::-1] if order == "xy" else mapped
