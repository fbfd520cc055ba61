"""Figures of results. They belong to no window and touch no global state: show or save what is returned."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from superpose._checks import is_row
from superpose._names import public
from superpose._report.mixtures import (
    Rgb,
    as_bytes,
    checkerboard,
    edges,
    full_colour_at,
    grey,
    matched_difference,
    overlay,
)
from superpose._report.pictures import Pair, correlation, extent_of, pair_of, shrink, stretch
from superpose._report.settings import DEFAULTS, PictureSettings
from superpose._report.style import Drawing, headline, layout, panels, picture, size_of, styled
from superpose._report.volumes import plot_volumes
from superpose.errors import InputError, shown
from superpose.image import Raster
from superpose.result import Registration

if TYPE_CHECKING:
    from superpose._jobs.plates import Plate


# What a colour bar and its numbers take, in inches.
BAR = 0.7


@styled
def plot_registration(registration: Registration, settings: PictureSettings = DEFAULTS[2].pictures) -> Figure:
    """Return before and after, the difference (between modalities the edges), and a checkerboard.

    Raises
    ------
    InputError
        If the registration holds no images.
    """
    if registration.fixed_grid.ndim == 3:
        return plot_volumes(registration)
    pair = pair_of(registration, settings.figure_side, settings.same_intensities)
    if pair is None:
        raise InputError("no-images", argument="registration", value="one without images, as files hold none")
    same = abs(correlation(grey(pair.fixed), grey(pair.after))) >= settings.same_intensities
    width, height = size_of(pair.fixed.shape, 2, 2)
    figure = Drawing(figsize=(width + BAR * same, height))
    axes = figure.subplots(2, 2, sharex=True, sharey=True).ravel()
    views = {
        "before: fixed magenta, moving green": overlay(pair.fixed, pair.before),
        f"after: {'grey' if same else 'edges coincide'} where they agree": overlay(pair.fixed, pair.after),
        "edges: white where they agree": overlay(edges(pair.fixed), edges(pair.after)),
        "checkerboard of fixed and moving": checkerboard(pair.fixed, pair.after),
    }
    for panel, (title, view) in zip(axes, views.items(), strict=True):
        if same and panel is axes[2]:
            _difference(figure, panel, pair, settings)
        else:
            picture(panel, as_bytes(view), title, extent=pair.extent)
    if any(np.isnan(view).any() for view in views.values()):
        figure.supxlabel("hatched: no data", fontsize=9)
    overlap = f"{registration.metric} {registration.value:.6g}, overlap {100 * registration.overlap:.0f} %"
    headline(figure, registration.describe(), overlap, *([registration.trust] if registration.trust else []))
    return figure


def _difference(figure: Figure, axes: Axes, pair: Pair, settings: PictureSettings) -> None:
    difference = matched_difference(pair.fixed, pair.after)
    most = pair.span * full_colour_at(pair.fixed, difference, settings.noises, settings.least_contrast)
    shown = picture(
        axes,
        np.ma.masked_invalid(pair.span * difference),
        "moving − fixed, intensities matched",
        cmap="PuOr",
        vmin=-most,
        vmax=most,
        extent=pair.extent,
    )
    # As high as the panel, whose proportions are the image's own.
    beside = axes.inset_axes((1.02, 0, 0.035, 1))
    figure.colorbar(shown, cax=beside, extend="both", extendfrac=0.04, extendrect=True).ax.tick_params(labelsize=8)


@styled
@public
def plot_pyramid(levels: Sequence[Raster]) -> Figure:
    """Return a figure of an image's pyramid, every level as large as the first, so that its pixels show.

    Parameters
    ----------
    levels : sequence of Raster
        What `superpose.pyramid` returned.

    Returns
    -------
    matplotlib.figure.Figure
    """
    if not is_row(levels) or not len(levels) or not all(isinstance(each, Raster) for each in levels):
        raise InputError("bad-levels", argument="levels", value=shown(levels))
    longest = DEFAULTS[levels[0].grid.ndim].pictures.figure_side
    most = 4
    figure = Drawing(figsize=size_of(levels[0].grid.shape, *layout(len(levels), most), 3.0))
    for k, axes in enumerate(panels(figure, len(levels), most, shared=True)):
        level = shrink(levels[k], longest)
        values = stretch(np.where(level.mask, level.data.astype(float), np.nan))
        title = f"level {k}: {' × '.join(map(str, levels[k].grid.shape))}"
        picture(axes, np.ma.masked_invalid(values), title, extent=extent_of(level), vmin=0, vmax=1)
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
    return as_bytes(np.stack([stretch(image[::step, ::step, k].astype(float)) for k in range(3)], -1))
