"""What a file of a stack's result holds, checked field by field."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import dataclass
from math import nan, prod
from typing import Any

from superpose._io.transforms.fields import Fields, checked_text
from superpose._io.transforms.plain import grid_from_fields, regular_from_fields
from superpose.grid import Grid
from superpose.transforms.matrix import MatrixTransform

FORMAT = "superpose stack"
VERSION = 1
ELSEWHERE = {"superpose registration": "it holds the alignment of two images, which superpose.load reads"}
# No canvas has more pixels than that, or than so many times a frame: see `CanvasSettings`.
_LARGEST, _TIMES = 2**28, 4.0


@dataclass(frozen=True)
class StackFields:
    """The fields of a file: of all frames, and each frame's own by name beside its transform."""

    fields: dict[str, Any]
    frames: list[dict[str, Any]]
    transforms: tuple[MatrixTransform | None, ...]


def fields_of(data: Any, canvases: Collection[str]) -> StackFields:
    """Return what a document holds.

    Raises
    ------
    ValueError
        If it is no stack's: it names the field that cannot be.
    """
    of = Fields.of_document(data, FORMAT, VERSION, ELSEWHERE)
    grid = grid_from_fields(of.fields("grid"))
    if of.string("canvas") not in canvases:
        raise ValueError(f"canvas is {of.string('canvas')!r}, and must be one of {', '.join(canvases)}")
    frame_grid = grid_from_fields(of.fields("frame_grid"), grid.ndim)
    fields = {
        "grid": grid,
        "frame_grid": frame_grid,
        "canvas": of.string("canvas"),
        "reference": of.string("reference"),
        "warnings": tuple(checked_text(each, "warnings") for each in of.list("warnings")),
        "versions": {name: checked_text(each, f"versions.{name}") for name, each in of.fields("versions").items()},
    }
    _check_canvas(of, grid, frame_grid)
    rows = list(_rows(of, grid))
    if not rows:
        raise ValueError("frames is [], and must have one or more")
    return StackFields(fields, [row for row, _ in rows], tuple(transform for _, transform in rows))


def _check_canvas(of: Fields, grid: Grid, frame: Grid) -> None:
    """Check that a canvas of that name may have such pixels.

    Raises
    ------
    ValueError
        If not.
    """
    canvas, contradicts = of.string("canvas"), "grid and frame_grid contradict each other"
    if canvas == "fixed" and grid != frame:
        raise ValueError(f"canvas is 'fixed', and {contradicts}")
    if grid.spacing != frame.spacing or grid.direction != frame.direction or grid.unit != frame.unit:
        raise ValueError(contradicts)
    if prod(grid.shape) > max(_LARGEST, _TIMES * prod(frame.shape)):
        raise ValueError(f"grid.shape is {list(grid.shape)}, and {contradicts}")


def _rows(of: Fields, grid: Grid) -> Iterator[tuple[dict[str, Any], MatrixTransform | None]]:
    for number, row in enumerate(of.each("frames")):
        if row.count("frame") != number:
            raise ValueError(f"{row.at('frame')} is {row.count('frame')}, and must be {number}")
        transform = regular_from_fields(row, grid.ndim) if row.has("matrix") else None
        used = row.flag("used")
        if used != (transform is not None):
            raise ValueError(f"{row.at('used')} and {row.at('matrix')} contradict each other")
        motion = row.numbers("motion") if used else tuple(nan for _ in row.list("motion"))
        if len(motion) != grid.ndim:
            raise ValueError(f"{row.at('motion')} has {len(motion)} numbers, and must have {grid.ndim}")
        named = {name: row.string(name) for name in ("name", "why_not")}
        known = {"sigma": row.measure("sigma", 0), "confidence": row.measure("confidence", 0, 1)}
        yield {"frame": number, "used": used, "motion": motion} | named | known, transform
