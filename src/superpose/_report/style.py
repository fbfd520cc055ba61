"""How superpose's figures look, whatever the user's own style is."""

from __future__ import annotations

import io
import textwrap
from collections.abc import Callable
from functools import wraps
from pathlib import Path
from typing import Any, ParamSpec

import matplotlib.style
from matplotlib.axes import Axes
from matplotlib.figure import Figure

Arguments = ParamSpec("Arguments")


class Drawing(Figure):
    """A figure that a notebook shows by itself, whether or not the notebook has used pyplot."""

    def _repr_png_(self) -> bytes:
        file = io.BytesIO()
        self.savefig(file, format="png")
        return file.getvalue()


def styled(draw: Callable[Arguments, Figure]) -> Callable[Arguments, Figure]:
    """Draw in superpose's style, whatever the user's own is, and leave that as it was."""
    style = Path(__file__).with_name("superpose.mplstyle")

    @wraps(draw)
    def drawn(*args: Arguments.args, **kwargs: Arguments.kwargs) -> Figure:
        with matplotlib.style.context(style, after_reset=True):
            return draw(*args, **kwargs)

    return drawn


def picture(axes: Axes, image: Any, title: str, **how: Any) -> Any:
    """Show an image without grid and frame."""
    axes.set_title(title)
    axes.grid(False)
    for spine in axes.spines.values():
        spine.set_visible(False)
    axes.tick_params(length=0, labelsize=8, labelcolor="0.45")
    hatch(axes)
    return axes.imshow(image, **how)


def hatch(axes: Axes) -> None:
    """Hatch what no data covers."""
    axes.patch.set(facecolor="0.9", edgecolor="0.72", hatch="////", linewidth=0)


def headline(figure: Figure, *lines: str) -> None:
    """Write lines above a figure, each as long as the figure is wide at most."""
    size = 11.0
    letters = int(figure.get_figwidth() * 72 / (0.56 * size))  # an em is a little less than two letters
    figure.suptitle("\n".join(textwrap.fill(line, letters) for line in lines), fontsize=size)


def layout(count: int, most: int) -> tuple[int, int]:
    """Return rows and columns for so many panels: no more columns than `most`, and rows as full as each other."""
    rows = -(-count // most)
    return rows, -(-count // rows)


def panels(figure: Figure, count: int, most: int, *, shared: bool = False) -> list[Axes]:
    """Return so many panels in rows, those of a last row that is shorter in its middle: no cell is empty."""
    rows, columns = layout(count, most)
    cells, axes = figure.add_gridspec(rows, 2 * columns), list[Axes]()
    for k in range(count):
        row, column = divmod(k, columns)
        left = 2 * column + (rows * columns - count if row == rows - 1 else 0)
        first = axes[0] if shared and axes else None
        axes.append(figure.add_subplot(cells[row, left : left + 2], sharex=first, sharey=first))
        if shared:
            axes[-1].label_outer()
    return axes


def size_of(shape: tuple[int, ...], rows: int, columns: int, width: float = 4.6) -> tuple[float, float]:
    """Return a figure's size in inches for panels of an image's proportions."""
    height = width * min(max(shape[0] / shape[1], 0.3), 3.0)
    return columns * width, rows * (height + 0.35) + 0.4
