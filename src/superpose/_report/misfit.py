"""Where the parts of a scene lie under a transform that does not fit all over: coordinates of arrows for the page."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from superpose._describe import digits_of
from superpose._report.settings import ChartSettings
from superpose.grid import Grid
from superpose.result import Registration

Floats = NDArray[np.float64]
# What a volume is looked at along, and what goes down and to the right then: the first axis points upwards.
ALONG = {"planes": (1, 2, 1.0), "rows": (0, 2, -1.0), "columns": (0, 1, -1.0)}


def misfit_of(registration: Registration, settings: ChartSettings) -> dict[str, Any] | None:
    """Return a map of fixed's tiles, with an arrow from where the transform says to where each lies; three of a volume.

    There is none where the transform fits, but for parts that may have moved by themselves.
    """
    seen = registration.tile_shifts
    if seen is None or not registration.misfit > 0:
        return None
    grid, unit = registration.fixed_grid, registration.unit
    longest = float(seen.distances.max())
    if grid.ndim == 2:
        sides = np.array(grid.spacing)
        # Along fixed's own axes, from their pixels' outer edge.
        centres = (grid.to_index(seen.centres) + 0.5) * sides
        shifts = (grid.to_index(seen.centres + seen.shifts) - grid.to_index(seen.centres)) * sides
        drawn = [_drawn("", centres, shifts, seen.clear, np.array(grid.shape) * sides, longest, settings)]
    else:
        drawn = _of_volume(grid, seen.centres, seen.shifts, seen.clear, longest, settings)
    most = f"{longest:.{digits_of(min(grid.spacing))}f} {unit}"
    off = f"{int(seen.clear.sum())} of {len(seen.centres)} tiles lie clearly elsewhere, by up to {most}"
    return {
        "views": drawn,
        "width": settings.misfit_width,
        "enlarged": drawn[0]["enlarged"],
        "size": f"{registration.misfit:.2g} {unit}",
        "alt": off,
    }


def _of_volume(
    grid: Grid, centres: Floats, shifts: Floats, clear: NDArray[np.bool_], longest: float, settings: ChartSettings
) -> list[dict[str, Any]]:
    """Return the map seen along each axis, the first one pointing upwards."""
    half = np.array(grid.spacing) / 2
    low, high = grid.corners.min(0) - half, grid.corners.max(0) + half
    views = []
    for name, (down, right, sense) in ALONG.items():
        from_top = centres[:, down] - low[down] if sense > 0 else high[down] - centres[:, down]
        at = np.stack([from_top, centres[:, right] - low[right]], 1)
        ahead = np.stack([sense * shifts[:, down], shifts[:, right]], 1)
        size = (high - low)[[down, right]]
        views.append(_drawn(f"seen along {name}", at, ahead, clear, size, longest, settings))
    return views


def _drawn(
    name: str,
    centres: Floats,
    shifts: Floats,
    clear: NDArray[np.bool_],
    size: Floats,
    longest: float,
    settings: ChartSettings,
) -> dict[str, Any]:
    """Return a map of tiles' centres and shifts, (down, right) from the upper left corner of a map of some size."""
    scale = settings.misfit_width / float(size[1])
    # Arrows as long as they are, unless they were too short to be seen.
    enlarged = max(1.0, settings.least_arrow / (scale * max(longest, 1e-9)))
    arrows, fitting = [], []
    for (down, right), (y, x), is_clear in zip(scale * centres, scale * enlarged * shifts, clear, strict=True):
        if is_clear:
            ends = {"to_x": _short(right + x), "to_y": _short(down + y)}
            arrows.append({"x": _short(right), "y": _short(down)} | ends)
        else:
            fitting.append({"x": _short(right), "y": _short(down)})
    return {
        "name": name,
        "height": _short(scale * float(size[0])),
        "arrows": arrows,
        "fitting": fitting,
        "enlarged": f"{enlarged:.0f} times as long as they are" if enlarged >= 1.5 else "as long as they are",
    }


def _short(value: float) -> float:
    return round(float(value), 1)
