"""Figures of results. They belong to no window and touch no global state: show or save what is returned."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
from matplotlib.figure import Figure

from superpose._checks import is_row
from superpose._names import public
from superpose._report.pictures import (
    Rgb,
    as_rgb,
    checkerboard,
    extent_of,
    matched_difference,
    overlay,
    pair_of,
    shrink,
    stretch,
)
from superpose._report.settings import DEFAULTS, PictureSettings
from superpose._report.style import Drawing, picture, size_of, styled
from superpose.errors import InputError, shown
from superpose.image import Image
from superpose.result import Registration

if TYPE_CHECKING:
    from superpose._jobs.plates import Plate


@styled
def plot_registration(registration: Registration, settings: PictureSettings = DEFAULTS[2].pictures) -> Figure:
    """Return before and after, the difference, and a checkerboard.

    Raises
    ------
    InputError
        If the registration holds no images.
    """
    pair = pair_of(registration, settings.figure_side)
    if pair is None:
        raise InputError("no-images", argument="registration", value="one without images, as files hold none")
    figure = Drawing(figsize=size_of(pair.fixed.shape, 2, 2))
    axes = figure.subplots(2, 2, sharex=True, sharey=True).ravel()
    picture(axes[0], overlay(pair.fixed, pair.before), "before: fixed magenta, moving green", extent=pair.extent)
    picture(axes[1], overlay(pair.fixed, pair.after), "after: grey where they agree", extent=pair.extent)
    difference = matched_difference(pair.fixed, pair.after)
    known = np.abs(difference[np.isfinite(difference)])
    most = max(float(np.percentile(known, 99.5)) if known.size else 0.0, 0.05)
    picture(
        axes[2],
        np.ma.masked_invalid(difference),
        "difference, intensities matched",
        cmap="PuOr",
        vmin=-most,
        vmax=most,
        extent=pair.extent,
    )
    axes[2].set_facecolor("0.85")
    picture(axes[3], checkerboard(pair.fixed, pair.after), "checkerboard of fixed and moving", extent=pair.extent)
    figure.suptitle(f"{registration.describe()}\n{registration.metric} {registration.value:.6g}", fontsize=11)
    return figure


@styled
@public
def plot_pyramid(levels: Sequence[Image]) -> Figure:
    """Return a figure of an image's pyramid, every level as large as the first, so that its pixels show.

    Parameters
    ----------
    levels : sequence of Image
        What `superpose.pyramid` returned.

    Returns
    -------
    matplotlib.figure.Figure
    """
    if not is_row(levels) or not len(levels) or not all(isinstance(each, Image) for each in levels):
        raise InputError("bad-levels", argument="levels", value=shown(levels))
    longest = DEFAULTS[levels[0].grid.ndim].pictures.figure_side
    columns = min(len(levels), 4)
    rows = -(-len(levels) // columns)
    figure = Drawing(figsize=size_of(levels[0].grid.shape, rows, columns, 3.0))
    panels = figure.subplots(rows, columns, squeeze=False, sharex=True, sharey=True).ravel()
    for k, axes in enumerate(panels):
        if k >= len(levels):
            axes.set_axis_off()
            continue
        level = shrink(levels[k], longest)
        values = stretch(np.where(level.mask, level.data.astype(float), np.nan))
        title = f"level {k}: {' × '.join(map(str, levels[k].grid.shape))}"
        picture(axes, np.ma.masked_invalid(values), title, extent=extent_of(level), vmin=0, vmax=1)
        axes.set_facecolor("0.85")
    return figure


@styled
def plot_plate(plate: Plate, settings: PictureSettings = DEFAULTS[2].pictures) -> Figure:
    """Return the exposures laid on each other as they were cut, and the restored picture."""
    raw = np.stack([plate.exposures[name] for name in plate.channels], -1)[plate.crop]
    figure = Drawing(figsize=size_of(raw.shape, 1, 2))
    axes = figure.subplots(1, 2)
    picture(axes[0], _colour(raw, settings.figure_side), "the exposures as cut")
    picture(axes[1], _colour(plate.image, settings.figure_side), f"aligned on {plate.reference}")
    return figure


def _colour(image: Any, longest: int) -> Rgb:
    step = max(1, -(-max(image.shape[:2]) // longest))
    return as_rgb(np.stack([stretch(image[::step, ::step, k].astype(float)) for k in range(3)], -1))
