"""The figure of a stack: how each frame moved, and how exactly that is known."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from matplotlib.figure import Figure

from superpose._report.style import Drawing, headline, styled

if TYPE_CHECKING:
    from superpose._jobs.stack_result import StackResult

# A band is as wide as so many expected errors either way.
BAND = 2.0


@styled
def plot_stack(result: StackResult) -> Figure:
    """Return each frame's motion with a band of two expected errors either way; frames left out are marked."""
    figure = Drawing(figsize=(8.0, 4.0))
    axes = figure.subplots()
    used = [each for each in result.table if each.used]
    numbers = np.array([each.frame for each in used])
    sigma = np.nan_to_num(np.array([each.sigma for each in used]))
    for axis, name in enumerate(("row", "column")):
        motion = np.array([each.motion[axis] for each in used])
        (line,) = axes.plot(numbers, motion, marker=".", markersize=4, linewidth=1, label=name)
        axes.fill_between(
            numbers, motion - BAND * sigma, motion + BAND * sigma, color=line.get_color(), alpha=0.25, linewidth=0
        )
    lost = [each.frame for each in result.table if not each.used]
    for k, number in enumerate(lost):
        axes.axvline(number, color="0.6", linewidth=1, linestyle=":", label="left out" if k == 0 else None)
    axes.set_xlabel("frame")
    axes.set_ylabel("motion, pixels")
    axes.legend()
    headline(figure, f"{len(used)} of {len(result.table)} frames, on {result.reference}")
    return figure
