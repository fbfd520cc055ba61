"""What a verdict's reader should know, in plain words."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from superpose._verify.verdict import Verdict
from superpose.errors import text
from superpose.image import Grid, Image
from superpose.transforms.geometry import PhysicalMap, nearest_turn

Floats = NDArray[np.float64]

# A rival that the pose leads over by less than this, in standard deviations, scores almost the same, if it scores
# this much of the pose's own at all.
EVEN, LIKE = 3.0, 0.7
# A lead over the start below this, in standard deviations, is none.
NONE = 2.0
# So many values, or fewer, are few grey levels.
FEW_LEVELS = 8
# Of so many pixels, spread over the image, the values are counted before all are.
SAMPLED = 4096


def collect_warnings(verdict: Verdict, pose: PhysicalMap, grid: Grid) -> list[str]:
    """Return warnings about a pose (fixed to moving, physical; `grid` is fixed's)."""
    said = []
    if not verdict.reliable:
        said.append(
            text("unreliable", argument="the alignment", other=verdict.mistakable, value=f"{verdict.confidence:.3f}")
        )
    rival = next((each for each in verdict.rivals if each.lead < EVEN and each.relative >= LIKE), None)
    # Where the images do not match, others match as little, and that says nothing about them.
    if rival is not None and verdict.matched:
        way, code = difference(pose, rival.pose, grid)
        said.append(text(code, argument="the second-best alignment", value=way))
    if verdict.lead_over_start is not None and verdict.lead_over_start < NONE:
        said.append(text("no-better", argument="the alignment", value=f"{max(verdict.lead_over_start, 0):.1f}"))
    if not np.isfinite(verdict.uncertainty):
        said.append(text("undetermined", argument="the overlap", value="too little structure"))
    return said


def difference(pose: PhysicalMap, other: PhysicalMap, grid: Grid) -> tuple[str, str]:
    """Return in what another pose differs, in words, and the code of the warning that suits it."""
    between = np.linalg.inv(pose) @ other
    between = between / between[2, 2]
    degrees = np.degrees(nearest_turn(between[:2, :2])[0])
    if abs(degrees) >= 5:
        return f"turned by {abs(degrees):.0f} degrees", "symmetric"
    moved = between @ np.append(grid.centre, 1)
    row, column = (moved[:2] / moved[2] - grid.centre) / grid.spacing
    down, right = ("down" if row >= 0 else "up"), ("right" if column >= 0 else "left")
    return f"shifted by {abs(row):.0f} px {down} and {abs(column):.0f} px {right}", "periodic"


def few_levels(image: Image, argument: str) -> list[str]:
    """Return a warning if an image has very few different values."""
    data = image.data[image.mask]
    step = max(1, len(data) // SAMPLED)
    if len(np.unique(data[::step])) > FEW_LEVELS:
        return []
    count = len(np.unique(data))
    return [text("few-levels", argument=argument, value=count)] if count <= FEW_LEVELS else []
