"""Where the parts of a scene lie under a transform that does not fit all over: coordinates of arrows for the page."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from superpose._report.settings import ChartSettings
from superpose.result import Registration


def misfit_of(registration: Registration, settings: ChartSettings) -> dict[str, Any] | None:
    """Return a map of fixed's tiles, with an arrow from where the transform says to where each lies.

    There is none where the transform fits, but for parts that may have moved by themselves.
    """
    seen = registration.tile_shifts
    if seen is None or not registration.misfit > 0:
        return None
    grid = registration.fixed_grid
    pixel = min(grid.spacing)
    rows, columns = (n * s / pixel for n, s in zip(grid.shape, grid.spacing, strict=True))
    # Along fixed's own axes, in its smaller pixels' sides.
    centres = grid.to_index(seen.centres) * grid.spacing / pixel
    shifts = (grid.to_index(seen.centres + seen.shifts) - grid.to_index(seen.centres)) * grid.spacing / pixel
    scale = settings.misfit_width / columns
    longest = float(seen.distances.max())
    # Arrows as long as they are, unless they were too short to be seen.
    drawn = max(1.0, settings.least_arrow / (scale * max(longest / pixel, 1e-9)))
    arrows, fitting = [], []
    for (row, column), (down, right), clear in zip(centres, shifts, seen.clear, strict=True):
        x, y = scale * (column + 0.5), scale * (row + 0.5)
        if clear:
            ahead = scale * drawn * np.array([right, down])
            arrows.append({"x": _short(x), "y": _short(y), "to_x": _short(x + ahead[0]), "to_y": _short(y + ahead[1])})
        else:
            fitting.append({"x": _short(x), "y": _short(y)})
    digits = max(0, math.ceil(1 - math.log10(pixel)))
    most = f"{longest:.{digits}f} {registration.unit}"
    off = f"{len(arrows)} of {len(seen.centres)} tiles lie clearly elsewhere, by up to {most}"
    return {
        "width": settings.misfit_width,
        "height": _short(scale * rows),
        "arrows": arrows,
        "fitting": fitting,
        "enlarged": f"{drawn:.0f} times as long as they are" if drawn >= 1.5 else "as long as they are",
        "size": f"{registration.misfit:.2g} {registration.unit}",
        "alt": off,
    }


def _short(value: float) -> float:
    return round(float(value), 1)
