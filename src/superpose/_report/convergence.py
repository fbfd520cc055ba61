"""The figure of how a registration came to its answer, level by level."""

from __future__ import annotations

import numpy as np
from matplotlib.figure import Figure
from matplotlib.ticker import FuncFormatter

from superpose._report.settings import DEFAULTS, ChartSettings
from superpose._report.steps import pixels_in_words, start_away, steps_of
from superpose._report.style import Drawing, styled
from superpose.result import Registration


@styled
def plot_convergence(registration: Registration, settings: ChartSettings = DEFAULTS[2].charts) -> Figure:
    """Return a figure of each level: how far from the answer it ended, the metric, and the work done."""
    steps = steps_of(registration)
    places = np.arange(1, len(steps) + 1)
    figure = Drawing(figsize=(max(6.5, 1.05 * len(steps) + 3), 7.6))
    far, metric, work = figure.subplots(3, 1, sharex=True, height_ratios=(3, 2, 2))
    away = [start_away(registration), *(step.away for step in steps)]
    far.plot(range(len(away)), away, "o-", clip_on=False, zorder=3)
    for place, distance in enumerate(away):
        far.annotate(
            pixels_in_words(distance, min(registration.fixed_grid.spacing)),
            (place, distance),
            (0, 8),
            textcoords="offset points",
            ha="center",
            fontsize=9,
        )
    # Below the least distance the axis is linear, so that it has room for the answer itself, at 0.
    far.set_yscale("symlog", linthresh=settings.least)
    far.yaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:g}"))
    far.set_ylim(0, max(1.0, 4 * max(filter(np.isfinite, away), default=1.0)))
    far.set(
        title="How far fixed's corners still are from the final answer",
        ylabel="pixels" if registration.unit == "px" else registration.unit,
    )
    metric.plot(places, [step.value for step in steps], "o-", color="C2")
    metric.margins(y=0.2)
    metric.ticklabel_format(axis="y", useOffset=False)
    metric.set(title=f"{registration.metric}, on each level's own pixels", ylabel=registration.metric)
    bars = work.bar(places, [step.seconds for step in steps], width=0.6, color="C5")
    work.bar_label(bars, [f"{step.evaluations}" for step in steps], padding=2, fontsize=9)
    work.margins(y=0.25)
    work.grid(False, axis="x")
    work.set(title="Seconds, and evaluations of the metric above the bars", ylabel="seconds")
    work.set_xticks([0, *places], ["start", *(step.name for step in steps)])
    work.set_xlabel("level (rows × columns)")
    if len(steps) > 7:
        work.tick_params(axis="x", rotation=35)
    return figure
