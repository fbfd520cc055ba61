"""The figure of a mosaic: where images lie, and what holds them together."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from matplotlib.figure import Figure

from superpose._report.style import Drawing, headline, styled

if TYPE_CHECKING:
    from superpose._jobs.mosaic_result import MosaicResult


@styled
def plot_mosaic(result: MosaicResult) -> Figure:
    """Return outlines of all images, with a line for each link: those that hold it together, and those refused."""
    figure = Drawing(figsize=(7.0, 6.0))
    axes = figure.subplots()
    middles: dict[int, tuple[float, float]] = {}
    for row, outline in zip(result.table, result.outlines, strict=True):
        if outline is None:
            continue
        closed = np.vstack([outline, outline[:1]])
        style = "-" if row.placed_by == "overlaps" else ":"
        axes.plot(closed[:, 1], closed[:, 0], style, color="0.55", linewidth=0.8)
        middles[row.image] = tuple(outline.mean(0).tolist())
        axes.text(middles[row.image][1], middles[row.image][0], str(row.image), ha="center", va="center", fontsize=6)
    labels = set()
    for link in sorted(result.links, key=lambda each: each.used):
        if link.first not in middles or link.second not in middles:
            continue
        (a, b), (c, d) = middles[link.first], middles[link.second]
        label = "holds them together" if link.used else "refused"
        color = "C0" if link.used else "C3"
        axes.plot([b, d], [a, c], color=color, linewidth=1.0, alpha=0.8, label=label if label not in labels else None)
        labels.add(label)
    axes.invert_yaxis()
    axes.set_aspect("equal")
    axes.set_xlabel("column")
    axes.set_ylabel("row")
    if labels:
        axes.legend()
    placed = sum(each is not None for each in result.transforms)
    headline(figure, f"{placed} of {len(result.table)} images, {sum(each.used for each in result.links)} links")
    return figure
