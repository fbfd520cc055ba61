"""Pictures of two volumes: three planes through the middle of fixed, before and after."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
from matplotlib.figure import Figure
from numpy.typing import NDArray

from superpose._report.style import Drawing, headline, picture, styled
from superpose.errors import InputError
from superpose.result import Registration
from superpose.transforms.geometry import about
from superpose.transforms.matrix import MatrixTransform

# What each plane is seen along, in axis order.
PLANES = ("one plane", "one row of each plane", "one column of each plane")


@styled
def plot_volumes(registration: Registration) -> Figure:
    """Return three planes through fixed's middle, one along each axis: fixed magenta, moving green, before and after.

    Raises
    ------
    InputError
        If the registration holds no images.
    """
    images = registration._images()
    if images is None:
        raise InputError("no-images", argument="registration", value="one without images, as files hold none")
    fixed = images[0].image
    before = _centred(registration).warp(order=1)
    after = registration.warp(order=1)
    here = np.where(fixed.mask, fixed.data + np.float32(fixed.offset), np.nan)
    spacing, shape = np.array(registration.fixed_grid.spacing), np.array(fixed.grid.shape)
    sides = shape * spacing
    figure = Drawing(figsize=(10.0, 7.4))
    # Panels as wide as what they show.
    panels = figure.subplots(2, 3, gridspec_kw={"width_ratios": [sides[2], sides[2], sides[1]]})
    for row, (name, moving) in enumerate((("before", before), ("after", after))):
        for axis in range(3):
            across = [k for k in range(3) if k != axis]
            view = _overlay(_plane(here, axis), _plane(moving, axis), here, after)
            wide, high = float(sides[across[1]]), float(sides[across[0]])
            # The first axis of a scan points upwards.
            extent = (0.0, wide, high, 0.0) if axis == 0 else (0.0, wide, 0.0, high)
            view = view if axis == 0 else view[::-1]
            title = f"{name}: {PLANES[axis]}" if row == 0 else name
            picture(panels[row, axis], view, title, extent=extent, aspect="equal")
    overlap = f"{registration.metric} {registration.value:.6g}, overlap {100 * registration.overlap:.0f} %"
    headline(figure, registration.describe(), overlap, *([registration.trust] if registration.trust else []))
    return figure


def _centred(registration: Registration) -> Registration:
    """Return the registration as if it had only laid middle on middle."""
    fixed, moving = registration.fixed_grid, registration.moving_grid
    matrix = about(np.eye(3), moving.centre - fixed.centre, fixed.centre)
    return replace(registration, transform=MatrixTransform(matrix, "affine", tuple(fixed.centre)))


def _plane(volume: NDArray[Any], axis: int) -> NDArray[Any]:
    return np.asarray(volume.take(volume.shape[axis] // 2, axis), float)


def _overlay(
    fixed: NDArray[Any], moving: NDArray[Any], all_fixed: NDArray[Any], all_moving: NDArray[Any]
) -> NDArray[np.uint8]:
    """Return fixed in magenta and moving in green, each stretched over its own volume's range; missing ones dark."""
    one, other = (_stretched(*each) for each in ((fixed, all_fixed), (moving, all_moving)))
    return (255 * np.stack([one, other, one], -1)).round().astype(np.uint8)


def _stretched(plane: NDArray[Any], volume: NDArray[Any]) -> NDArray[Any]:
    low, high = np.nanquantile(volume[::2, ::2, ::2], (0.01, 0.995))
    return np.asarray(np.nan_to_num(np.clip((plane - low) / max(high - low, 1e-30), 0, 1)))
