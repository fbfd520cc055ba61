"""How each frame of a stack moved: numbers along the series, for figures and pages."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from superpose._jobs.stack_result import StackFrame, StackResult
from superpose.grid import AXES, unit_of
from superpose.transforms.matrix import MatrixTransform

Floats = NDArray[np.float64]

# A band is as wide as so many expected errors either way.
BAND = 2.0


@dataclass(frozen=True, eq=False)
class Track:
    """One number of each frame that was placed.

    Attributes
    ----------
    name : str
        What it is: an axis, or a turn.
    values, errors : ndarray, shape (frames,)
        It, and its expected error, one sigma; 0 where that is not known.
    """

    name: str
    values: Floats
    errors: Floats


@dataclass(frozen=True, eq=False)
class Panel:
    """Tracks that have one unit."""

    title: str
    unit: str
    tracks: tuple[Track, ...]


def placed(result: StackResult) -> list[tuple[StackFrame, MatrixTransform]]:
    """Return the frames that were placed, and how."""
    rows = zip(result.table, result.transforms, strict=True)
    return [(frame, transform) for frame, transform in rows if transform is not None]


def panels_of(result: StackResult) -> list[Panel]:
    """Return how frames moved, and, where the family turns, how they turned."""
    used = placed(result)
    unit = unit_of(result.frame_grid)
    sigma = np.nan_to_num(np.array([frame.sigma for frame, _ in used], float))
    motion = np.array([frame.motion for frame, _ in used], float).reshape(-1, result.grid.ndim)
    axes = AXES[-result.grid.ndim :]
    shifts = tuple(Track(name, motion[:, k], sigma) for k, name in enumerate(axes))
    found = [Panel("motion", {"px": "pixels"}.get(unit, unit), shifts)]
    if any(transform.kind.turns for _, transform in used):
        # What lets a corner move by so much turns by no more.
        errors = np.degrees(sigma / max(result.frame_grid.radius, 1e-9))
        found.append(Panel("turn", "degrees", tuple(_turns([each for _, each in used], axes, errors))))
    return found


def _turns(transforms: list[MatrixTransform], axes: Sequence[str], errors: Floats) -> Iterator[Track]:
    angles = np.degrees(np.array([np.atleast_1d(each.angle) for each in transforms], float))
    if angles.shape[1] == 1:
        yield Track("counter-clockwise", angles[:, 0], errors)
        return
    for k, axis in enumerate(axes):
        yield Track(f"about the {axis} axis", angles[:, k], errors)
