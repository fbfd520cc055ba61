"""The figure of a stack: how each frame moved, and how exactly that is known."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from numpy.typing import NDArray

from superpose._report.style import Drawing, headline, styled
from superpose._report.tracks import BAND, Panel, panels_of, placed

if TYPE_CHECKING:
    from superpose._jobs.stack_result import StackResult


@styled
def plot_stack(result: StackResult) -> Figure:
    """Return how each frame moved, and turned, with bands of two expected errors; frames left out are marked."""
    found = panels_of(result)
    figure = Drawing(figsize=(8.0, 1.2 + 2.8 * len(found)))
    numbers = np.array([frame.frame for frame, _ in placed(result)], np.int64)
    lost = [each.frame for each in result.table if not each.used]
    panels = np.ravel(figure.subplots(len(found), 1, sharex=True, squeeze=False))
    for axes, panel in zip(panels, found, strict=True):
        _draw(axes, panel, numbers, lost)
    panels[-1].set_xlabel("frame")
    said = f"{len(numbers)} of {len(result.table)} frames, on {result.reference}"
    errors = [each.sigma for each in result.table if np.isfinite(each.sigma)]
    if errors:
        said += f"; bands: two expected errors either way ({BAND * float(np.median(errors)):.2g} {found[0].unit})"
    headline(figure, said)
    return figure


def _draw(axes: Axes, panel: Panel, numbers: NDArray[np.int64], lost: list[int]) -> None:
    for track in panel.tracks:
        (line,) = axes.plot(numbers, track.values, marker=".", markersize=4, linewidth=1, label=track.name)
        band = track.values - BAND * track.errors, track.values + BAND * track.errors
        axes.fill_between(numbers, *band, color=line.get_color(), alpha=0.25, linewidth=0)
    for k, number in enumerate(lost):
        axes.axvline(number, color="0.6", linewidth=1, linestyle=":", label="left out" if k == 0 else None)
    axes.set_ylabel(f"{panel.title}, {panel.unit}")
    axes.legend()
