"""The figure of a finer image of a burst."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from matplotlib.figure import Figure

from superpose._report.pictures import stretch
from superpose._report.style import Drawing, headline, picture, styled

if TYPE_CHECKING:
    from superpose._jobs.super_result import SuperResolved


@styled
def plot_burst(result: SuperResolved) -> Figure:
    """Return the finer image, by how many frames each of its pixels is seen, and how frames lie on it."""
    image = result.image.astype(float)
    grey = image.mean(-1) if image.ndim == 3 else image
    figure = Drawing(figsize=(10.0, 3.8))
    axes = figure.subplots(1, 3)
    picture(axes[0], stretch(grey), f"{result.scale:g} times finer", cmap="gray", vmin=0, vmax=1)
    used = [each for each in result.table if each.used]
    picture(axes[1], result.coverage, "frames that see a pixel", cmap="viridis", vmin=0, vmax=len(used))
    motion = np.array([each.motion for each in used])
    axes[2].plot(motion[:, 1], motion[:, 0], marker="o", linestyle="none")
    for each in used:
        at = (each.motion[1], each.motion[0])
        axes[2].annotate(str(each.frame), at, xytext=(4, 4), textcoords="offset points", fontsize=8)
    axes[2].invert_yaxis()
    axes[2].margins(0.12)
    axes[2].set(xlabel="motion along columns, px", ylabel="motion along rows, px", aspect="equal")
    headline(figure, f"{len(used)} of {len(result.table)} frames")
    return figure
