"""Where images of a mosaic lie on its canvas: on a plane, or around a viewpoint."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from superpose._jobs.mosaic_settings import BlendSettings
from superpose._sampling.mapping import PixelMap
from superpose.grid import Grid
from superpose.transforms.family import Family
from superpose.transforms.geometry import apply, inverse
from superpose.transforms.matrix import MatrixTransform
from superpose.transforms.view import ViewTransform

Floats = NDArray[np.float64]
Box = tuple[slice, slice]
Shapes = Sequence[tuple[int, ...]]
Mapped = MatrixTransform | ViewTransform


@dataclass(frozen=True, eq=False)
class Piece:
    """Where an image, or a part of it, lies on the canvas.

    Attributes
    ----------
    number : int
        The image's.
    box : tuple of slice
        Of the canvas.
    pixels : PixelMap
        From pixels of the box to pixels of the image.
    """

    number: int
    box: Box
    pixels: PixelMap


@dataclass(frozen=True, eq=False)
class Layout:
    """Where images lie.

    Attributes
    ----------
    transforms : dict of int to MatrixTransform or ViewTransform
        From points of the mosaic to points of each image that was placed.
    outlines : dict of int to ndarray, shape (n, 2)
        Around each image, from its first pixel on; NaN where it goes on beyond a horizon.
    grid : Grid or None
        That holds all of them; None where it would be out of all proportion.
    pieces : list of Piece
        On that grid.
    """

    transforms: dict[int, MatrixTransform] | dict[int, ViewTransform]
    outlines: dict[int, Floats]
    grid: Grid | None
    pieces: list[Piece]


def flat(poses: dict[int, Floats], shapes: Shapes, family: Family, settings: BlendSettings) -> Layout:
    """Return where images lie on a plane, by their poses."""
    transforms = {number: _transform(shapes[number], pose, family) for number, pose in poses.items()}
    outlines = {number: outline_of(shapes[number], each) for number, each in transforms.items()}
    grid = _around(list(outlines.values()), _area(poses, shapes), settings)
    return Layout(transforms, outlines, grid, [] if grid is None else pieces_on(grid, transforms, outlines, shapes))


def unrolled(
    rotations: dict[int, Floats], focal: float, projection: str, shapes: Shapes, settings: BlendSettings
) -> Layout:
    """Return where images lie around a viewpoint, unrolled, by where they look."""
    transforms = {
        number: ViewTransform(projection, each, focal, tuple((n - 1) / 2 for n in shapes[number][:2]))  # type: ignore[arg-type]
        for number, each in rotations.items()
    }
    outlines = {number: outline_of(shapes[number], view) for number, view in transforms.items()}
    boxes = {number: _reach(each, shapes[number], outlines[number]) for number, each in transforms.items()}
    grid = _around([np.stack(each) for each in boxes.values()], _area(transforms, shapes), settings)
    if grid is None:
        return Layout(transforms, outlines, None, [])
    turn = 2 * math.pi * focal
    if grid.shape[1] > turn:
        # All around: a last column that is the first one again is left out.
        first = -math.floor(turn / 2)
        grid = Grid((grid.shape[0], math.floor(turn)), (grid.origin[0], float(first)))
    return Layout(transforms, outlines, grid, pieces_on(grid, transforms, outlines, shapes))


def outline_of(shape: tuple[int, ...], transform: Mapped) -> Floats:
    """Return where an image's border lies in the mosaic, from its first pixel on."""
    return _border(shape, transform) if isinstance(transform, ViewTransform) else _corners(shape, transform.matrix)


def pieces_on(
    grid: Grid, transforms: Mapping[int, Mapped], outlines: Mapping[int, Floats], shapes: Shapes
) -> list[Piece]:
    """Return what images show of a canvas."""
    pieces = []
    for number, transform in sorted(transforms.items()):
        if isinstance(transform, ViewTransform):
            low, high = _reach(transform, shapes[number], outlines[number])
            # What leaves at one side comes back at the other.
            turn = 2 * math.pi * transform.focal
            turns = [np.array([0.0, away]) for away in (-turn, 0.0, turn)]
        else:
            low, high, turns = outlines[number].min(0), outlines[number].max(0), [np.zeros(2)]
        for by in turns:
            pieces += _pieces(number, low + by, high + by, transform, shapes[number], grid)
    return pieces


def _area(numbers: Sequence[int] | dict[int, ViewTransform] | dict[int, Floats], shapes: Shapes) -> float:
    return float(sum(math.prod(shapes[number][:2]) for number in numbers))


def _around(outlines: Sequence[Floats], area: float, settings: BlendSettings) -> Grid | None:
    low, high = np.full(2, np.inf), np.full(2, -np.inf)
    for each in outlines:
        low, high = np.minimum(low, each.min(0)), np.maximum(high, each.max(0))
    # A place as exact as a thousandth of a pixel makes no row of its own.
    first, last = np.floor(low + 1e-3), np.ceil(high - 1e-3)
    shape = last - first + 1
    if not np.isfinite(shape).all() or float(shape.prod()) > settings.most * area:
        return None
    return Grid(tuple(int(n) for n in shape), tuple(map(float, first)))


def _pieces(
    number: int,
    low: Floats,
    high: Floats,
    transform: Mapped,
    shape: tuple[int, ...],
    grid: Grid,
) -> list[Piece]:
    """Return the piece of the canvas between two of its points, if there is one."""
    last = np.array(grid.shape) - 1
    start, stop = np.floor(low - grid.origin), np.ceil(high - grid.origin)
    if (start > last).any() or (stop < 0).any():
        return []
    start, stop = np.clip(start, 0, last).astype(int), np.clip(stop, 0, last).astype(int) + 1
    own = Grid(tuple(map(int, stop - start)), tuple(map(float, start + np.array(grid.origin))))
    box = slice(int(start[0]), int(stop[0])), slice(int(start[1]), int(stop[1]))
    return [Piece(number, box, PixelMap(transform, own, Grid(shape[:2])))]


def _corners(shape: tuple[int, ...], pose: Floats) -> Floats:
    """Return where the corner pixels of an image lie in the mosaic: NaN where that is beyond a horizon."""
    rows, columns = (n - 1 for n in shape[:2])
    corners = np.array([(0, 0), (0, columns), (rows, columns), (rows, 0)], float)
    back = inverse(pose)
    under = corners[:, 0] * back[2, 0] + corners[:, 1] * back[2, 1] + back[2, 2]
    seen = bool((under > 0).all() or (under < 0).all())
    return apply(back, corners) if seen else np.full((4, 2), np.nan)


def _transform(shape: tuple[int, ...], pose: Floats, family: Family) -> MatrixTransform:
    middle = (np.array(shape[:2]) - 1) / 2
    centre = tuple(map(float, apply(inverse(pose), middle[None])[0])) if family.perspective else (0.0, 0.0)
    return MatrixTransform(pose, family.name, centre)


def _border(shape: tuple[int, ...], view: ViewTransform) -> Floats:
    """Return where the border of an image lies in the panorama, no side of it taken apart at a turn's end."""
    rows, columns = (n - 1 for n in shape[:2])
    part = np.linspace(0, 1, 32, endpoint=False)
    still = np.zeros_like(part)
    sides = [(still, part), (part, still + 1), (still + 1, 1 - part), (1 - part, still)]
    edge = np.concatenate([np.stack([rows * r, columns * c], -1) for r, c in sides])
    found, middle = view.inverse()(np.vstack([edge, view.centre])), 0.0
    middle = float(found[-1, 1])
    turn = 2 * math.pi * view.focal
    found[:, 1] -= turn * np.rint((found[:, 1] - middle) / turn)
    return found[:-1]


def _reach(view: ViewTransform, shape: tuple[int, ...], outline: Floats) -> tuple[Floats, Floats]:
    """Return the first and the last point of the box around an image."""
    low, high = outline.min(0), outline.max(0)
    for sign in (1.0, -1.0):
        # Straight down, or up.
        at = sign * view.rotation[:, 0]
        if at[2] <= 0:
            continue
        place = view.focal * at[:2] / at[2] + np.array(view.centre)
        if ((place >= 0) & (place <= np.array(shape[:2]) - 1)).all():
            end = math.inf if view.projection == "cylinder" else view.focal * math.pi / 2
            low[0], high[0] = min(low[0], sign * end), max(high[0], sign * end)
            low[1], high[1] = -math.pi * view.focal, math.pi * view.focal
    return low, high
