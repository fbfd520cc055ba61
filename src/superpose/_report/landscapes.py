"""Figures of landscapes: a curve a level, or a map a level."""

from __future__ import annotations

import matplotlib
import numpy as np
from matplotlib.figure import Figure

from superpose._landscape.view import Landscape
from superpose._report.style import Drawing, styled

_BETTER = {"lowest": "lower is better", "highest": "higher is better"}
_UNITS = {
    "row shift": "row shift (pixels)",
    "column shift": "column shift (pixels)",
    "angle": "angle (degrees)",
}


@styled
def plot_landscape(landscape: Landscape) -> Figure:
    """Return a curve for each level of a landscape, or for two parameters a map for each."""
    names = [_UNITS.get(name, name) for name in landscape.parameters]
    label = f"{landscape.metric} ({_BETTER[landscape.best]})"
    many = len(landscape.shapes) > 1
    if len(names) == 2:
        return _surfaces(landscape, names, label)
    figure = Drawing(figsize=(7.5, 4.2))
    axes = figure.subplots()
    colours = matplotlib.colormaps["viridis"](np.linspace(0, 0.9, len(landscape.shapes)))
    for level, shape in enumerate(landscape.shapes):
        name = f"level {level}: {' × '.join(map(str, shape))}"
        colour = colours[level] if many else "C0"
        axes.plot(landscape.samples[0], landscape.by_level[level], color=colour, label=name)
    (best,) = landscape.minimum()
    axes.axvline(best, color="C1", linestyle="--", label=f"{landscape.best} at {best:g}")
    axes.set(xlabel=names[0], ylabel=label)
    figure.legend(loc="outside right upper", fontsize=9)
    return figure


def _surfaces(landscape: Landscape, names: list[str], label: str) -> Figure:
    count = len(landscape.shapes)
    columns = min(count, 4)
    rows = -(-count // columns)
    figure = Drawing(figsize=(4.6 * columns + 0.8, 4.2 * rows))
    panels = figure.subplots(rows, columns, squeeze=False).ravel()
    down, across = landscape.samples
    for level, axes in enumerate(panels):
        if level >= count:
            axes.set_axis_off()
            continue
        values = np.ma.masked_invalid(landscape.by_level[level])
        cmap = "viridis_r" if landscape.best == "lowest" else "viridis"
        image = axes.pcolormesh(across, down, values, cmap=cmap, shading="nearest", rasterized=True)
        row, column = landscape.minimum(level)
        axes.plot(
            column,
            row,
            "o",
            clip_on=False,
            color="none",
            markeredgecolor="C1",
            markersize=11,
            markeredgewidth=2,
        )
        axes.set_title(" × ".join(map(str, landscape.shapes[level])))
        axes.set(xlabel=names[1], ylabel=names[0])
        axes.set_facecolor("0.85")
        axes.grid(False)
        figure.colorbar(image, ax=axes, label=label, shrink=0.9)
    return figure
