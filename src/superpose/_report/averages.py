"""The figure of an average: what it shows, and how far the images it is made of lie from it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from matplotlib.figure import Figure

from superpose._report.pictures import stretch
from superpose._report.style import Drawing, headline, picture, styled
from superpose.errors import InputError
from superpose.grid import AXES

if TYPE_CHECKING:
    from superpose._jobs.average_result import AverageResult


@styled
def plot_average(result: AverageResult) -> Figure:
    """Return the average, of a volume the three planes through its middle, and each image's motion and turn.

    Raises
    ------
    InputError
        If there is no average.
    """
    if result.image is None:
        raise InputError("no-average", argument="image", value=None)
    image, spacing = stretch(result.image.astype(float)), result.grid.spacing
    views = [(image, spacing, "average")]
    if result.grid.ndim == 3:
        middles = [n // 2 for n in image.shape]
        views = [
            (image.take(k, axis), spacing[:axis] + spacing[axis + 1 :], f"{AXES[axis]} {k}")
            for axis, k in enumerate(middles)
        ]
    figure = Drawing(figsize=(3.2 * len(views) + 3.6, 3.8))
    axes = figure.subplots(1, len(views) + 1)
    for each, (view, (high, wide), title) in zip(axes, views, strict=False):
        # The first axis of a volume points up in most of them, and away from the reader in none.
        upright = view[::-1] if result.grid.anatomical else view
        picture(each, upright, title, cmap="gray", vmin=0, vmax=1, aspect=high / wide)
    used = [each for each in result.table if each.used]
    away = [float(np.sqrt(np.square(each.motion).sum())) for each in used]
    axes[-1].plot(away, [each.turn for each in used], marker="o", linestyle="none")
    for far, each in zip(away, used, strict=True):
        axes[-1].annotate(str(each.number), (far, each.turn), xytext=(4, 4), textcoords="offset points", fontsize=8)
    axes[-1].margins(0.12)
    axes[-1].set(
        xlabel=f"shift from the average, {result.unit}", ylabel="turn, degrees", xlim=(0, None), ylim=(0, None)
    )
    headline(figure, f"{len(used)} of {len(result.table)} images")
    return figure
