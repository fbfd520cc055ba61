"""Figures of landscapes: a curve a level, or a map a level."""

from __future__ import annotations

from enum import Enum
from typing import Any

import matplotlib
import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patheffects import withStroke

from superpose._landscape.around import around
from superpose._landscape.parameters import parameter_named
from superpose._landscape.view import Landscape
from superpose._report.style import Drawing, hatch, headline, layout, panels, styled
from superpose.result import Registration


class Kind(Enum):
    """What is marked on a map, in the words of the legend."""

    ANSWER = "the answer"
    INSIDE = "a basin that the search found"
    BESIDE = "one beside this plane: turned or scaled otherwise"

    @property
    def style(self) -> dict[str, Any]:
        """How it is drawn by ``Axes.scatter``: a cross, a ring, or a dotted ring."""
        common = {"label": self.value, "lw": 2, "path_effects": _black_edge()}
        if self is Kind.ANSWER:
            return common | {"marker": "+", "s": 190, "color": "white"}
        dashes = "solid" if self is Kind.INSIDE else (0, (2.0, 1.2))
        return common | {"s": 150, "facecolor": "none", "edgecolor": "white", "linestyle": dashes}


def _black_edge() -> list[Any]:
    """Return what makes white show on every colour of the maps, and on the legend's white."""
    return [withStroke(linewidth=3.5, foreground="black")]


def _better(landscape: Landscape) -> str:
    return f"{'lower' if landscape.best == 'lowest' else 'higher'} is better"


def labels_of(landscape: Landscape) -> list[str]:
    """Return the parameters of a landscape with their units."""
    ndim = len(landscape.shapes[0])
    return [parameter_named(name, ndim).label(landscape.unit) for name in landscape.parameters]


@styled
def plot_landscape(landscape: Landscape) -> Figure:
    """Return a curve for each level of a landscape, or for two parameters a map for each."""
    names = labels_of(landscape)
    label = f"{landscape.metric} ({_better(landscape)})"
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
    _name_blur(figure, landscape)
    figure.legend(loc="outside right upper", fontsize=9)
    return figure


def _name_blur(figure: Figure, landscape: Landscape) -> None:
    """Say how much both images were blurred, if they were: a smooth landscape is not the images' own."""
    if landscape.smooth:
        headline(figure, f"both images blurred by a Gaussian of {landscape.smooth:g} px")


def _surfaces(landscape: Landscape, names: list[str], label: str) -> Figure:
    count, most = len(landscape.shapes), 4
    rows, columns = layout(count, most)
    figure = Drawing(figsize=(4.6 * columns + 0.8, 4.2 * rows))
    _name_blur(figure, landscape)
    for level, axes in enumerate(panels(figure, count, most)):
        image = _map(axes, landscape, level, names)
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
        figure.colorbar(image, ax=axes, label=label, shrink=0.9)
    return figure


def _map(axes: Axes, landscape: Landscape, level: int, names: list[str]) -> Any:
    """Draw one level of a landscape of two parameters; the better, the brighter."""
    down, across = landscape.samples
    values = np.ma.masked_invalid(landscape.by_level[level])
    cmap = "viridis_r" if landscape.best == "lowest" else "viridis"
    axes.set_title(" × ".join(map(str, landscape.shapes[level])))
    axes.set(xlabel=names[1], ylabel=names[0])
    hatch(axes)
    axes.grid(False)
    return axes.pcolormesh(across, down, values, cmap=cmap, shading="nearest", rasterized=True)


@styled
def plot_around_answer(registration: Registration, *choices: Any, **more: Any) -> Figure:
    """Return a map for each level around an answer, the coarsest first, the answer and the basins marked.

    See `Registration.plot_landscape`, whose arguments these are.
    """
    maps = around(registration, *choices, **more)
    most = 2 if len(maps) == 4 else 3
    rows, columns = layout(len(maps), most)
    figure = Drawing(figsize=(max(4.6 * columns, 7.0), 4.0 * rows + 1.1))
    drawn = panels(figure, len(maps), most)
    for each, axes in zip(maps, drawn, strict=True):
        landscape = each.landscape
        image = _map(axes, landscape, 0, labels_of(landscape))
        down, across = landscape.samples
        axes.set(xlim=(across[0], across[-1]), ylim=(down[-1], down[0]))
        for mark in each.basins:
            row, column = mark.at
            axes.scatter(column, row, **(Kind.BESIDE if mark.beside else Kind.INSIDE).style)
            label = axes.annotate(str(mark.number), (column, row), (8, 6), textcoords="offset points", color="white")
            label.set_path_effects(_black_edge())
        row, column = each.answer
        axes.scatter(column, row, **Kind.ANSWER.style)
        figure.colorbar(image, ax=axes, shrink=0.9)
    first = maps[0].landscape
    headline(figure, f"{first.metric} ({_better(first)}) around the answer, level by level")
    named = {name: handle for axes in drawn for handle, name in zip(*axes.get_legend_handles_labels(), strict=True)}
    kinds = [kind.value for kind in Kind if kind.value in named]
    figure.legend([named[kind] for kind in kinds], kinds, loc="outside lower left", ncols=2, scatterpoints=1)
    return figure
