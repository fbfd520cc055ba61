"""Coordinates of the lines and marks of the page's drawings, for the template's SVG."""

from __future__ import annotations

from dataclasses import replace
from io import BytesIO
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image as Pillow

from superpose._landscape.around import Around
from superpose._landscape.parameters import parameter_named
from superpose._report.pictures import as_uri
from superpose._report.settings import ChartSettings
from superpose._report.steps import Step, pixels_in_words

Floats = NDArray[np.float64]


def convergence_chart(start: float, steps: list[Step], settings: ChartSettings, unit: str = "px") -> dict[str, Any]:
    """Return the distance to the answer level by level, on a logarithmic axis, as points of a drawing."""
    away = [start, *(step.away for step in steps)]
    known = [value for value in away if np.isfinite(value)]
    most = max([1.0, *known])
    top = float(np.ceil(np.log10(most) + 0.1))
    low = float(np.log10(settings.least))

    def height(value: float) -> float:
        level = np.clip(np.log10(max(value, settings.least)), low, top)
        return round(float(settings.height * (top - level) / (top - low)), 1)

    across = np.linspace(0, settings.width, len(away)) if len(away) > 1 else np.zeros(1)
    points = [
        {"x": round(float(x), 1), "y": height(value), "label": pixels_in_words(value), "name": name}
        for x, value, name in zip(across, away, ["start", *(step.name for step in steps)], strict=True)
        if np.isfinite(value)
    ]
    ticks = [{"y": height(10.0**k), "label": f"{10.0**k:g}"} for k in range(int(low), int(top) + 1)]
    ticks[0]["label"] = f"≤ {settings.least:g}"
    distances = ", ".join(f"{point['name']} {point['label']}" for point in points)
    return {
        "width": settings.width,
        "height": settings.height,
        "points": points,
        "line": " ".join(f"{point['x']},{point['y']}" for point in points),
        "ticks": ticks,
        "alt": f"Distance of fixed's corners from the final answer, in {unit}: {distances}",
    }


def landscape_chart(maps: list[Around], others: list[int], settings: ChartSettings) -> dict[str, Any]:
    """Return maps of a metric around an answer, coarsest first, as pictures and points of drawings.

    Of the basins `others` are marked: where the answer lies is marked as that.
    """
    maps = [replace(each, basins=tuple(mark for mark in each.basins if mark.number in others)) for each in maps]
    first = maps[0].landscape
    return {
        "metric": first.metric,
        "best": first.best,
        "down": first.parameters[0],
        "across": first.parameters[1],
        "side": settings.map_side,
        "maps": [_map(each, settings) for each in maps],
        "beside": any(mark.beside for each in maps for mark in each.basins),
        "basins": any(each.basins for each in maps),
        "why": "",
    }


def _map(each: Around, settings: ChartSettings) -> dict[str, Any]:
    landscape = each.landscape
    values = landscape.values
    known = values[np.isfinite(values)]
    low, high = (float(known.min()), float(known.max())) if known.size else (np.nan, np.nan)
    down, across = landscape.samples
    side = settings.map_side
    basins = [
        _place(mark.at, down, across, side) | {"number": mark.number, "beside": mark.beside} for mark in each.basins
    ]
    name = " × ".join(map(str, landscape.shapes[0]))
    ndim = len(landscape.shapes[0])
    units = [parameter_named(name, ndim).sign(landscape.unit) for name in landscape.parameters]
    spread = f"{landscape.metric} {_span(low, high)}" if known.size else "nothing overlaps here"
    inside = f", basins {', '.join(str(mark.number) for mark in each.basins)} marked" if each.basins else ""
    return {
        "name": name,
        "picture": as_uri(_colour_map(landscape.costs, np.array(settings.colours, float))),
        "answer": _place(each.answer, down, across, side),
        "basins": basins,
        "spread": spread,
        "down": _span(down[0], down[-1], units[0]),
        "across": _span(across[0], across[-1], units[1]),
        "alt": f"Map of the level of {name} pixels, {spread}; the answer in its middle{inside}",
    }


def _span(low: float, high: float, unit: str = "") -> str:
    return f"{low:.3g} to {high:.3g} {unit}".strip().replace("-", "−")


def _place(at: tuple[float, float], down: Floats, across: Floats, side: float) -> dict[str, float]:
    """Return where two parameters lie on a map whose rows go down."""
    row, column = (
        side * (float(np.interp(value, samples, np.arange(len(samples)))) + 0.5) / len(samples)
        for value, samples in zip(at, (down, across), strict=True)
    )
    return {"x": round(column, 1), "y": round(row, 1)}


def _colour_map(costs: Floats, colours: Floats) -> bytes:
    """Return a map as a PNG, a pixel a sample: the lower the cost, the brighter; transparent where unknown."""
    known = np.isfinite(costs)
    part = np.zeros(costs.shape)
    if known.any():
        low, high = costs[known].min(), costs[known].max()
        part[known] = (high - costs[known]) / (high - low) if high > low else 0.5
    steps = np.linspace(0, 1, len(colours))
    colour = np.stack([np.interp(part, steps, channel) for channel in colours.T] + [255.0 * known], -1)
    buffer = BytesIO()
    Pillow.fromarray(np.rint(colour).astype(np.uint8)).save(buffer, "PNG", optimize=True)
    return buffer.getvalue()
