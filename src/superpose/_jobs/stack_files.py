"""Results of stacks as JSON: every number with `repr`, so that what is read back is the same bits."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np

from superpose._checks import checked_path
from superpose._io.sources import Source, shown_source
from superpose._io.transforms.fields import Fields, checked_text
from superpose._io.transforms.json import header, octets_of, parsed, refusing
from superpose._io.transforms.plain import grid_as_dict, grid_from_fields, transform_from_fields
from superpose._jobs.canvas import CANVASES
from superpose._jobs.stack_result import StackFrame, StackResult
from superpose._names import public
from superpose.grid import Grid
from superpose.transforms.base import axes_in_words
from superpose.transforms.matrix import MatrixTransform

_VERSION = 1


def as_document(result: StackResult) -> dict[str, Any]:
    """Return what a file holds, as plain data: everything but the pixels."""
    return header("stack", _VERSION) | {
        "description": repr(result).strip("<>"),
        "maps": f"points of the place that is kept to points of a frame, {axes_in_words(result.grid.ndim)}",
        "reference": result.reference,
        "canvas": result.canvas,
        "grid": grid_as_dict(result.grid),
        "frame_grid": grid_as_dict(result.frame_grid),
        "frames": [_row(*each) for each in zip(result.table, result.transforms, strict=True)],
        "warnings": list(result.warnings),
        "versions": dict(result.versions),
    }


def as_text(result: StackResult) -> str:
    """Return what `StackResult.save` writes and ``superpose stack --json`` prints."""
    return json.dumps(as_document(result), indent=1, allow_nan=False) + "\n"


@public
def load_stack(path: str | Path) -> StackResult:
    """Return a result written by `StackResult.save`. It holds no pixels.

    Parameters
    ----------
    path : str or Path
        A JSON file.

    Returns
    -------
    StackResult
        Its `image` and `coverage` are None.

    Raises
    ------
    InputError
        If there is no such file, or it holds no result of a stack.
    """
    return read_stack(checked_path("path", path), "path")


def read_stack(source: Source, argument: str) -> StackResult:
    """Return a result as `load_stack` does, of an open stream, too; errors call it `argument`."""
    octets, name = octets_of(source, argument), shown_source(source)
    with refusing(argument, name, "not-a-stack-file"):
        return _from_dict(parsed(octets))


def _row(frame: StackFrame, transform: MatrixTransform | None) -> dict[str, Any]:
    return {
        "frame": frame.frame,
        "name": frame.name,
        "used": frame.used,
        "why_not": frame.why_not,
        "motion": [_number(each) for each in frame.motion],
        "sigma": _number(frame.sigma),
        "confidence": _number(frame.confidence),
        "family": None if transform is None else transform.family,
        "matrix": None if transform is None else transform.matrix.tolist(),
        "centre": None if transform is None else list(transform.centre),
    }


def _number(value: float) -> float | None:
    return float(value) if np.isfinite(value) else None


def _from_dict(data: Any) -> StackResult:
    kind = data.get("format") if isinstance(data, dict) else None
    if kind == "superpose registration":
        raise ValueError("it holds the alignment of two images, which superpose.load reads")
    if kind != "superpose stack":
        raise ValueError("it is not marked as one")
    of = Fields(data)
    if of.count("version") != _VERSION:
        raise ValueError(f"its version is {of.count('version')}, and this superpose reads {_VERSION}")
    grid = grid_from_fields(of.fields("grid"))
    frame_grid = grid_from_fields(of.fields("frame_grid"), grid.ndim)
    if of.string("canvas") not in CANVASES:
        raise ValueError(f"canvas is {of.string('canvas')!r}, and must be one of {', '.join(CANVASES)}")
    rows = list(_rows(of, grid))
    return StackResult(
        transforms=tuple(transform for _, transform in rows),
        table=tuple(frame for frame, _ in rows),
        grid=grid,
        reference=of.string("reference"),
        warnings=tuple(checked_text(each, "warnings") for each in of.list("warnings")),
        canvas=of.string("canvas"),
        frame_grid=frame_grid,
        versions={name: checked_text(each, f"versions.{name}") for name, each in of.fields("versions").items()},
    )


def _rows(of: Fields, grid: Grid) -> Iterator[tuple[StackFrame, MatrixTransform | None]]:
    for number, row in enumerate(of.each("frames")):
        if row.count("frame") != number:
            raise ValueError(f"{row.at('frame')} is {row.count('frame')}, and must be {number}")
        transform = transform_from_fields(row, grid.ndim) if row.has("matrix") else None
        used = row.flag("used")
        if used != (transform is not None):
            raise ValueError(f"{row.at('used')} and {row.at('matrix')} contradict each other")
        motion = tuple(np.nan if each is None else each for each in row.list("motion"))
        if used:
            motion = row.numbers("motion")
        if len(motion) != grid.ndim:
            raise ValueError(f"{row.at('motion')} has {len(motion)} numbers, and must have {grid.ndim}")
        numbers = row.measure("sigma", 0), row.measure("confidence", 0, 1)
        yield StackFrame(number, row.string("name"), used, row.string("why_not"), motion, *numbers), transform
