"""What a file of a stack's result holds, checked field by field."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import dataclass
from math import nan
from typing import Any

from superpose._io.transforms.fields import Fields, checked_text
from superpose._io.transforms.plain import grid_from_fields, transform_from_fields
from superpose.grid import Grid
from superpose.transforms.matrix import MatrixTransform

FORMAT = "superpose stack"
VERSION = 1


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
    kind = data.get("format") if isinstance(data, dict) else None
    if kind == "superpose registration":
        raise ValueError("it holds the alignment of two images, which superpose.load reads")
    if kind != FORMAT:
        raise ValueError("it is not marked as one")
    of = Fields(data)
    if of.count("version") != VERSION:
        raise ValueError(f"its version is {of.count('version')}, and this superpose reads {VERSION}")
    grid = grid_from_fields(of.fields("grid"))
    if of.string("canvas") not in canvases:
        raise ValueError(f"canvas is {of.string('canvas')!r}, and must be one of {', '.join(canvases)}")
    fields = {
        "grid": grid,
        "frame_grid": grid_from_fields(of.fields("frame_grid"), grid.ndim),
        "canvas": of.string("canvas"),
        "reference": of.string("reference"),
        "warnings": tuple(checked_text(each, "warnings") for each in of.list("warnings")),
        "versions": {name: checked_text(each, f"versions.{name}") for name, each in of.fields("versions").items()},
    }
    rows = list(_rows(of, grid))
    return StackFields(fields, [row for row, _ in rows], tuple(transform for _, transform in rows))


def _rows(of: Fields, grid: Grid) -> Iterator[tuple[dict[str, Any], MatrixTransform | None]]:
    for number, row in enumerate(of.each("frames")):
        if row.count("frame") != number:
            raise ValueError(f"{row.at('frame')} is {row.count('frame')}, and must be {number}")
        transform = transform_from_fields(row, grid.ndim) if row.has("matrix") else None
        used = row.flag("used")
        if used != (transform is not None):
            raise ValueError(f"{row.at('used')} and {row.at('matrix')} contradict each other")
        motion = row.numbers("motion") if used else tuple(nan for _ in row.list("motion"))
        if len(motion) != grid.ndim:
            raise ValueError(f"{row.at('motion')} has {len(motion)} numbers, and must have {grid.ndim}")
        named = {name: row.string(name) for name in ("name", "why_not")}
        known = {"sigma": row.measure("sigma", 0), "confidence": row.measure("confidence", 0, 1)}
        yield {"frame": number, "used": used, "motion": motion} | named | known, transform
