"""How superpose's figures look, whatever the user's own style is."""

from __future__ import annotations

import io
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
    return axes.imshow(image, **how)


def size_of(shape: tuple[int, ...], rows: int, columns: int, width: float = 4.6) -> tuple[float, float]:
    """Return a figure's size in inches for panels of an image's proportions."""
    height = width * min(max(shape[0] / shape[1], 0.3), 3.0)
    return columns * width, rows * (height + 0.35) + 0.4
