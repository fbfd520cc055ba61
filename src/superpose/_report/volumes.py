"""Pictures of two volumes: three planes through the middle of fixed, before and after."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from numpy.typing import NDArray

from superpose._report.cubes import upright_axes
from superpose._report.mixtures import as_bytes, overlay
from superpose._report.pictures import Floats, correlation
from superpose._report.planes import screen_of_volumes, start_of
from superpose._report.settings import DEFAULTS, PictureSettings
from superpose._report.style import Drawing, headline, picture, styled
from superpose.errors import InputError
from superpose.grid import AXES
from superpose.result import Registration

# What lies down a plane across each axis, and what to the right; all but the first have the first axis upwards.
DOWN, ACROSS = (1, 0, 0), (2, 2, 1)
# Of the lines in which a plane cuts the others, as the page has them.
COLOURS = ("#e69f00", "#56b4e9", "#f0e442")


@dataclass(frozen=True)
class Cut:
    """One plane: which of the user's it is, and how large what is shown of it is.

    Attributes
    ----------
    name : str
        Of the user's axis that it lies across.
    number, count : int
        Which one, counted from 1, of how many.
    sides : tuple of float
        How far it reaches down and to the right, in units.
    voxel : tuple of float
        How large a voxel that is shown is down and to the right, in units.
    at : tuple of float
        Where the planes across the other two cut it, in units from its upper left corner.
    """

    name: str
    number: int
    count: int
    sides: tuple[float, float]
    voxel: tuple[float, float]
    at: tuple[float, float]


@dataclass(frozen=True, eq=False)
class Cuts:
    """Three planes of two volumes, intensities from 0 to 1, NaN where there is no data.

    `start` says what is before, and `same` whether intensities mean the same.
    """

    cuts: tuple[Cut, ...]
    fixed: list[Floats]
    before: list[Floats]
    after: list[Floats]
    start: str
    same: bool


def cuts_of(registration: Registration, longest: int, same_intensities: float) -> Cuts | None:
    """Return the planes through fixed's middle, of no more voxels along a side; None where there are no images."""
    images = registration._images()
    if images is None:
        return None
    screen = screen_of_volumes(images[0].image, images[1].image, longest)
    screen = screen.alike(registration.transform, same_intensities)
    name, start = start_of(registration)
    volumes = screen.fixed_picture, screen.under(start), screen.under(registration.transform)
    fixed, before, after = ([_plane(each, axis) for axis in range(3)] for each in volumes)
    same = abs(correlation(volumes[0], volumes[2])) >= same_intensities
    return Cuts(_cuts(registration, screen.grid.shape, screen.grid.spacing), fixed, before, after, name, same)


def _cuts(registration: Registration, shape: tuple[int, ...], spacing: tuple[float, ...]) -> tuple[Cut, ...]:
    own = registration.fixed_grid
    along, against = upright_axes(own)
    cuts = []
    for axis, index in enumerate(along):
        part = (shape[axis] // 2 + 0.5) / shape[axis]
        number = int((1 - part if against[axis] else part) * own.shape[index])
        down, across = DOWN[axis], ACROSS[axis]
        sides = [shape[k] * spacing[k] for k in range(3)]
        places = [(shape[k] // 2 + 0.5) * spacing[k] for k in range(3)]
        at = places[down] if axis == 0 else sides[down] - places[down]
        voxel = spacing[down], spacing[across]
        cuts.append(
            Cut(AXES[index], number + 1, own.shape[index], (sides[down], sides[across]), voxel, (at, places[across]))
        )
    return tuple(cuts)


def _plane(volume: Floats, axis: int) -> Floats:
    """Return a volume's middle plane across an axis; the first axis points upwards in it."""
    plane: Floats = volume.take(volume.shape[axis] // 2, axis)
    return plane if axis == 0 else plane[::-1]


def evenly(plane: NDArray[np.float64], cut: Cut) -> NDArray[np.float64]:
    """Return a plane with pixels as high as they are wide: the longer ones are repeated."""
    for axis, side in enumerate(cut.voxel):
        count = max(1, round(plane.shape[axis] * side / min(cut.voxel)))
        plane = plane.take(np.arange(count) * plane.shape[axis] // count, axis)
    return plane


@styled
def plot_volumes(registration: Registration, settings: PictureSettings = DEFAULTS[3].pictures) -> Figure:
    """Return three planes through fixed's middle, one across each axis: fixed magenta, moving green, before and after.

    Raises
    ------
    InputError
        If the registration holds no images.
    """
    seen = cuts_of(registration, settings.figure_volume_side, settings.same_intensities)
    if seen is None:
        raise InputError("no-images", argument="registration", value="one without images, as files hold none")
    widths = [cut.sides[1] for cut in seen.cuts]
    highest = max(cut.sides[0] for cut in seen.cuts)
    wide = 10.0
    tall = (wide - 1.6) * highest / sum(widths)
    figure = Drawing(figsize=(wide, 2 * min(max(tall, 1.5), 5.0) + 1.9))
    # Panels as wide as what they show: one scale for all.
    panels = figure.subplots(2, 3, gridspec_kw={"width_ratios": widths})
    rows = (
        (f"before: {seen.start}", seen.before),
        (f"after: {'grey' if seen.same else 'edges coincide'} where they agree", seen.after),
    )
    for row, (name, moving) in enumerate(rows):
        for axis, cut in enumerate(seen.cuts):
            axes = panels[row, axis]
            view = overlay(seen.fixed[axis], moving[axis])
            title = f"{cut.name} {cut.number} of {cut.count}" if row == 0 else ""
            picture(axes, as_bytes(view), title, extent=(0.0, cut.sides[1], cut.sides[0], 0.0), aspect="equal")
            _lines(axes, axis, cut)
            axes.set_xlabel(registration.unit if row else "", fontsize=8)
            if axis == 0:
                axes.set_ylabel(f"{name}\n{registration.unit}", fontsize=9)
    overlap = f"{registration.metric} {registration.value:.6g}, overlap {100 * registration.overlap:.0f} %"
    headline(figure, registration.describe(), overlap, *([registration.trust] if registration.trust else []))
    lines = "fixed magenta, moving green; lines: where the plane framed in that colour lies"
    figure.supxlabel(lines, fontsize=9)
    return figure


def _lines(axes: Axes, axis: int, cut: Cut) -> None:
    """Draw where the other two planes cut this one, but near the middle, each in its colour, and its own as frame."""
    (down, across), (high, wide) = cut.at, cut.sides
    gap = 0.06 * max(cut.sides)
    style: dict[str, Any] = {"linewidth": 1.0, "alpha": 0.9}
    for ends in ((0, across - gap), (across + gap, wide)):
        axes.plot(ends, (down, down), color=COLOURS[DOWN[axis]], **style)
    for ends in ((0, down - gap), (down + gap, high)):
        axes.plot((across, across), ends, color=COLOURS[ACROSS[axis]], **style)
    for spine in axes.spines.values():
        spine.set(visible=True, color=COLOURS[axis], linewidth=2.0)
