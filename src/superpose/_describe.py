"""A transform in words."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from superpose._records import Explained
from superpose.grid import Grid, unit_of
from superpose.transforms.base import Transform
from superpose.transforms.geometry import about, nearest_rotation, nearest_turn, pieces
from superpose.transforms.matrix import MatrixTransform


def describe(transform: Transform, grid: Grid | None = None, unit: str | None = None) -> str:
    """Return what a transform does to moving's view, as one sentence.

    The numbers are those of fixed's centre where its `grid` is given, and a homography's perspective is told in pixels
    at its corners; else the numbers are those of the transform's own centre. Lengths are in the grid's unit, or in what
    is called `unit`.

    Raises
    ------
    InputError
        If it is a homography that does not see fixed's centre.
    """
    if not isinstance(transform, MatrixTransform):
        return f"moving lies on fixed by {transform!r}"
    if grid is not None:
        transform = transform.about(grid.centre)
    unit = unit or ("" if grid is None else unit_of(grid))
    if transform.ndim == 3:
        return _describe_in_space(transform, 1.0 if grid is None else min(grid.spacing), unit)
    parts = []
    degrees = np.degrees(transform.angle)
    linear, _, _ = pieces(transform.matrix, np.array(transform.centre))
    if np.linalg.det(linear) < 0:
        parts.append("is mirrored left to right")
        degrees = np.degrees(nearest_turn(np.diag([1.0, -1.0]) @ linear)[0])
    if transform.kind.turns and abs(degrees) >= 0.005:
        side = "counter-clockwise" if degrees > 0 else "clockwise"
        undone = "with that undone, " if np.linalg.det(linear) < 0 else ""
        parts.append(f"{undone}is turned {abs(degrees):.2f} degrees {side} as displayed")
    parts += _sizes(transform, transform.scale, linear)
    parts += _perspective(transform, grid, unit)
    moves = _moves(transform.shift, grid, unit)
    if moves:
        parts.append(f"lies {', '.join(moves)} {'from' if moves[0].startswith('(') else 'of'} fixed")
    return _sentence(parts)


def _moves(shift: NDArray[np.float64], grid: Grid | None, unit: str) -> list[str]:
    """Return a shift in words, to a tenth of a pixel; where the grid is turned in space, by its axes there."""
    pixel = 1.0 if grid is None else min(grid.spacing)
    digits, unit = digits_of(pixel), unit or "px"
    if np.abs(shift).max() < 0.05 * pixel:
        return []
    if grid is not None and grid.direction:
        return [f"({', '.join(f'{each:.{digits}f}' for each in shift)}) {unit}"]
    return [
        f"{abs(amount):.{digits}f} {unit} {positive if amount > 0 else negative}"
        for amount, positive, negative in zip(shift, ("down", "right"), ("up", "left"), strict=True)
        if abs(amount) >= 0.05 * pixel
    ]


def digits_of(pixel: float) -> int:
    """Return how many digits tell lengths to a tenth of a pixel."""
    return max(0, math.ceil(1 - math.log10(pixel)))


def _describe_in_space(transform: MatrixTransform, voxel: float, unit: str) -> str:
    """Return what a transform of volumes does, as one sentence."""
    linear, _, _ = pieces(transform.matrix, np.array(transform.centre))
    parts = []
    undone = ""
    if np.linalg.det(linear) < 0:
        # Undone along the axis that leaves the smallest turn.
        unmirrored = [np.where(np.arange(3) == k, -1.0, 1.0)[:, None] * linear for k in range(3)]
        turns = [float(np.square(nearest_rotation(each)[0]).sum()) for each in unmirrored]
        k = turns.index(min(turns))
        linear, undone = unmirrored[k], "with that undone, "
        parts.append(f"is mirrored along its {('first', 'second', 'third')[k]} axis")
    vector, scale = nearest_rotation(linear)
    angle = float(np.degrees(np.sqrt((vector * vector).sum())))
    if transform.kind.turns and angle >= 0.005:
        axis = ", ".join(f"{each:.2f}" for each in np.degrees(vector) / angle)
        parts.append(f"{undone}is turned {angle:.2f} degrees about the axis ({axis})")
    parts += _sizes(transform, scale, linear)
    digits, unit = max(2, digits_of(voxel) + 1), f"{unit} " if unit else ""
    if np.abs(transform.shift).max() >= 0.5 * 0.1**digits:
        parts.append(f"lies ({', '.join(f'{each:.{digits}f}' for each in transform.shift)}) {unit}from fixed")
    return _sentence(parts)


def _sizes(transform: MatrixTransform, scale: float, linear: NDArray[np.float64]) -> list[str]:
    """Return how much larger, and in one direction longer, a transform shows the scene, in words."""
    parts = []
    if transform.kind.scales and abs(scale - 1) >= 5e-5:
        parts.append(f"shows the scene {scale:.4f} times as large")
    if transform.kind.shears:
        stretch = np.linalg.svd(linear, compute_uv=False)
        if stretch[0] / stretch[-1] >= 1.0005:
            parts.append(f"is stretched by {stretch[0] / stretch[-1]:.4f} along one direction")
    return parts


def _sentence(parts: list[str]) -> str:
    if not parts:
        return "moving lies exactly on fixed"
    return "moving " + " and ".join([", ".join(parts[:-1]), parts[-1]] if len(parts) > 1 else parts)


def describe_motion(transform: MatrixTransform, grid: Grid) -> str:
    """Return how the scene moved on the sensor from fixed to moving, in words: by fixed's centre and the turn there."""
    about_centre = transform.about(grid.centre)
    words = _moves(about_centre(grid.centre) - grid.centre, grid, unit_of(grid))
    degrees = np.degrees(about_centre.angle)
    if transform.kind.turns and abs(degrees) >= 0.05:
        words.append(f"turned by {abs(degrees):.1f} degrees {'counter-clockwise' if degrees > 0 else 'clockwise'}")
    return f"moved by {', '.join(words)}" if words else "does not move"


def describe_explained(explained: Explained, grid: Grid) -> str:
    """Return what one of several motions explains, in words."""
    share = "less than 1 %" if explained.share < 0.005 else f"{100 * explained.share:.0f} %"
    share = "some" if np.isnan(explained.share) else share
    if explained.on_sensor:
        return f"{share} of the structure stays where it is on the sensor"
    return f"{share} of the structure {describe_motion(explained.basin.transform, grid)}"


def describe_trust(reliable: bool, confidence: float, uncertainty: float, unit: str = "px") -> str:
    """Return whether an alignment can be trusted, in words; nothing where it was not verified."""
    if np.isnan(confidence):
        return ""
    verdict = "reliable" if reliable else "not reliable"
    if not reliable and confidence < 0.5:
        # How exact a right alignment would be says nothing of one that is wrong.
        return f"{verdict}: confidence {confidence:.3f}"
    return f"{verdict}: confidence {confidence:.3f}, expected error {uncertainty:.2g} {unit} at the corners"


def _perspective(transform: MatrixTransform, grid: Grid | None, unit: str) -> list[str]:
    """Return what a homography does that the affine map which meets it at its centre does not, in words."""
    if not transform.kind.perspective:
        return []
    seen = "is seen in perspective"
    if grid is None:
        return [seen]
    centre = np.array(transform.centre)
    linear, _, shift = pieces(transform.matrix, centre)
    affine = MatrixTransform(about(linear, shift, centre), "affine")
    away = transform.distance(affine, grid.corners)
    if not np.isfinite(away):
        return [f"{seen}, some of fixed's corners behind its horizon"]
    words = f"{seen}, its corners moved by up to {away:.1f} {unit} against an affine map"
    return [words] if away >= 0.05 * min(grid.spacing) else []
