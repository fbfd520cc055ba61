"""``python -m benchmarks.plots DIR``: figures of what results.json, limit.json and scaling.json in DIR hold."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from superpose._report.style import Drawing, styled

Rows = list[dict[str, Any]]

# Rotations are counted by bins of so many degrees of their size.
BIN = 30
OURS = "superpose"
# Beyond the style's seven colours lines are told apart by their dashes.
DASHES = ("-", "--", ":")
MARKS = ("o", "s", "^", "D", "v", "P", "X")
COLOURS = ("#0072B2", "#D55E00", "#009E73", "#CC79A7", "#E69F00", "#56B4E9", "#000000")


def look(number: int) -> dict[str, Any]:
    """Return how line `number` of a figure is drawn: no two are alike even without colour."""
    return {
        "color": COLOURS[number % 7],
        "marker": MARKS[number % 7],
        "linestyle": DASHES[number // 7 % 3],
        "markersize": 5,
        "linewidth": 2.6 if number == 0 else 1.4,
        "zorder": 2 if number == 0 else 3,
    }


def methods_of(runs: Rows) -> list[str]:
    """Return the methods, superpose first."""
    names = list(dict.fromkeys(run["method"] for run in runs))
    return sorted(names, key=lambda name: name != OURS)


def success(runs: Rows) -> tuple[float, float, float]:
    """Return the part found and its 68 % interval (Wilson)."""
    n = len(runs)
    p = sum(run["found"] for run in runs) / n
    middle, half = (p + 0.5 / n) / (1 + 1 / n), np.sqrt(p * (1 - p) / n + 0.25 / n**2) / (1 + 1 / n)
    return p, float(max(0, middle - half)), float(min(1, middle + half))


def _percent(axes: Axes) -> None:
    axes.set_ylim(-4, 104)
    axes.set_ylabel("found, %")


def _beside(axes: Axes) -> None:
    axes.legend(loc="center left", bbox_to_anchor=(1.01, 0.5), fontsize=9)


@styled
def rotation(runs: Rows, set_name: str) -> Figure:
    """Return success against the size of the turn, a line a method."""
    figure = Drawing(figsize=(9.5, 4.6))
    axes = figure.subplots()
    for number, method in enumerate(methods_of(runs)):
        bins: dict[int, Rows] = {}
        for run in runs:
            if run["method"] == method:
                bins.setdefault(min(int(abs(run["angle"]) // BIN), 180 // BIN - 1), []).append(run)
        at = sorted(bins)
        found = [100 * success(bins[k])[0] for k in at]
        # A little beside each other, so that those that find everything can all be seen.
        places = [BIN * (k + 0.5 + 0.06 * ((number + 5) % 11 - 5)) for k in at]
        axes.plot(places, found, label=method, clip_on=False, **look(number))
    axes.set_xticks(range(0, 181, BIN))
    axes.set_xlabel(f"turn between the images, degrees (bins of {BIN})")
    axes.set_title(f"Success against rotation: {set_name}")
    _percent(axes)
    _beside(axes)
    return figure


@styled
def overlap(runs: Rows) -> Figure:
    """Return success against overlap, with its interval."""
    figure = Drawing(figsize=(7, 4.4))
    axes = figure.subplots()
    at, points = [], []
    for name in sorted({run["set"] for run in runs}, key=lambda name: int(name.split("-")[1])):
        chosen = [run for run in runs if run["set"] == name]
        at.append(100 * float(np.mean([run["overlap"] for run in chosen])))
        points.append([100 * value for value in success(chosen)])
    found, low, high = np.array(points).T
    axes.fill_between(at, low, high, color=COLOURS[0], alpha=0.2, linewidth=0, label="68 % interval")
    axes.plot(at, found, label=OURS, clip_on=False, **look(0))
    axes.set_xlabel("overlap, % of either image")
    axes.set_title(f"Success against overlap, turned by any angle ({len(runs) // len(at)} pairs a point)")
    _percent(axes)
    axes.legend(loc="lower right")
    return figure


@styled
def histograms(runs: Rows, set_name: str) -> Figure:
    """Return each method's errors on a common logarithmic axis; what is beyond 1 px was not found."""
    methods = methods_of(runs)
    figure = Drawing(figsize=(8.5, 0.62 * len(methods) + 1.3))
    panels = figure.subplots(len(methods), 1, sharex=True, squeeze=False)[:, 0]
    edges = np.logspace(-3.5, 2.5, 49)
    for number, (axes, method) in enumerate(zip(panels, methods, strict=True)):
        mine = [run for run in runs if run["method"] == method]
        errors = np.array([run["error"] for run in mine])
        errors = np.clip(np.where(np.isfinite(errors), errors, np.inf), edges[0], edges[-1])
        axes.hist(errors, edges, color=COLOURS[0] if number == 0 else "0.55")
        axes.axvline(1.0, color=COLOURS[1], linewidth=1.2)
        axes.set_yticks([])
        axes.grid(False)
        axes.spines["left"].set_visible(False)
        axes.set_ylabel(f"{method}\n{100 * success(mine)[0]:.0f} %", rotation=0, ha="right", va="center", fontsize=9)
    panels[0].set_title(f"Errors by method: {set_name}")
    panels[-1].set_xscale("log")
    panels[-1].set_xlabel("mean error over the central half, px (found: left of the line; last bar: no answer, too)")
    return figure


@styled
def noise(document: dict[str, Any]) -> Figure:
    """Return the error against the signal-to-noise ratio, the Cramer-Rao bound drawn in."""
    rows: Rows = document["rows"]
    families = list(dict.fromkeys(row["family"] for row in rows))
    figure = Drawing(figsize=(5.2 * len(families), 4.6))
    panels = figure.subplots(1, len(families), sharey=True, squeeze=False)[0]
    for axes, family in zip(panels, families, strict=True):
        for number, scene in enumerate(dict.fromkeys(row["scene"] for row in rows)):
            mine = [row for row in rows if (row["scene"], row["family"]) == (scene, family)]
            at = [row["decibels"] for row in mine]
            shown = {"color": COLOURS[number], "marker": MARKS[number]}
            axes.plot(at, [row["rms"] for row in mine], label=scene, linestyle="none", markersize=7, **shown)
            axes.plot(at, [row["bound"] for row in mine], color=COLOURS[number], linewidth=1.2)
        axes.plot([], [], color="0.3", linewidth=1.2, label="Cramér-Rao bound")
        axes.set_yscale("log")
        axes.set_xlabel("signal-to-noise ratio, dB")
        axes.set_title(family)
    panels[0].set_ylabel("root-mean-square error of the shift, px")
    panels[-1].legend()
    side, draws = document["side"], document["draws"]
    figure.suptitle(f"Error beside the bound with both images noisy ({side} x {side}, {draws} draws a mark)")
    return figure


@styled
def scaling(document: dict[str, Any]) -> Figure:
    """Return time and peak memory against the side, with what growth by the number of pixels looks like."""
    rows: Rows = document["rows"]
    figure = Drawing(figsize=(10.5, 4.4))
    left, right = figure.subplots(1, 2)
    for number, threads in enumerate(dict.fromkeys(row["threads"] for row in rows)):
        mine = [row for row in rows if row["threads"] == threads]
        sides = [row["side"] for row in mine]
        label = f"{threads} thread{'s' * (threads > 1)}"
        left.plot(sides, [row["seconds"] for row in mine], label=label, **look(number))
        right.plot(sides, [row["peak_inputs"] for row in mine], label=label, **look(number))
    sides = sorted({row["side"] for row in rows})
    anchor = next(row for row in rows if row["side"] == sides[-1])
    even = [anchor["seconds"] * (side / sides[-1]) ** 2 for side in sides]
    left.plot(sides, even, color="0.5", linestyle=":", linewidth=1.4, label="in proportion to pixels")
    right.axhline(6, color="0.5", linestyle=":", linewidth=1.4, label="six times")
    left.set_yscale("log")
    left.set_ylabel("seconds")
    left.set_title("Time by size")
    right.set_ylim(bottom=0)
    right.set_ylabel("peak memory / two float32 inputs")
    right.set_title("Memory by size")
    for axes in (left, right):
        axes.set_xscale("log", base=2)
        axes.set_xticks(sides, [str(side) for side in sides])
        axes.minorticks_off()
        axes.set_xlabel("side, px")
        axes.legend()
    return figure


def figures(folder: Path) -> dict[str, Figure]:
    """Return every figure whose numbers are there, by name."""
    found: dict[str, Figure] = {}
    documents = {
        path.stem: json.loads(path.read_text())
        for path in (folder / f"{name}.json" for name in ("results", "limit", "scaling"))
        if path.exists()
    }
    if "results" in documents:
        by_set: dict[str, Rows] = {}
        for run in documents["results"]["runs"]:
            by_set.setdefault(run["set"], []).append(run)
        about = documents["results"]["about"]
        for name in ("one-wide", "several"):
            if name in by_set:
                found[f"rotation-{name}"] = rotation(by_set[name], about[name])
        for name in ("one-wide", "one-narrow", "several"):
            if name in by_set:
                found[f"errors-{name}"] = histograms(by_set[name], about[name])
        steps = [run for name, runs in by_set.items() if name.startswith("overlap-") for run in runs]
        if steps:
            found["overlap"] = overlap(steps)
    if "limit" in documents:
        found["noise"] = noise(documents["limit"])
    if "scaling" in documents:
        found["scaling"] = scaling(documents["scaling"])
    return found


def main(arguments: list[str]) -> int:
    """Write the figures beside the numbers."""
    if len(arguments) != 1:
        print(__doc__, file=sys.stderr)
        return 2
    folder = Path(arguments[0])
    drawn = figures(folder)
    for name, figure in drawn.items():
        figure.savefig(folder / f"{name}.png")
        print(folder / f"{name}.png")
    return 0 if drawn else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
