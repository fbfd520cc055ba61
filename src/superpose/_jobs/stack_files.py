"""Results of stacks as JSON: every number with `repr`, so that what is read back is the same bits."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from superpose._checks import checked_path
from superpose._io.sources import Source, shown_source
from superpose._io.transforms.json import octets_of, parsed, refusing
from superpose._io.transforms.plain import grid_as_dict
from superpose._io.transforms.stacks import FORMAT, VERSION, fields_of
from superpose._jobs.canvas import CANVASES
from superpose._jobs.stack_result import StackFrame, StackResult, angle_of
from superpose._jobs.tables import in_json
from superpose._names import public
from superpose.transforms.base import axes_in_words
from superpose.transforms.matrix import MatrixTransform


def as_document(result: StackResult) -> dict[str, Any]:
    """Return what a file holds, as plain data: everything but the pixels."""
    return {
        "format": FORMAT,
        "version": VERSION,
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
        found = fields_of(parsed(octets), CANVASES)
    rows = zip(found.frames, found.transforms, strict=True)
    table = tuple(StackFrame(**each, angle=angle_of(transform)) for each, transform in rows)
    return StackResult(transforms=found.transforms, table=table, **found.fields)


def _row(frame: StackFrame, transform: MatrixTransform | None) -> dict[str, Any]:
    return {
        "frame": frame.frame,
        "name": frame.name,
        "used": frame.used,
        "why_not": frame.why_not,
        "motion": [in_json(each) for each in frame.motion],
        "sigma": in_json(frame.sigma),
        "confidence": in_json(frame.confidence),
        "family": None if transform is None else transform.family,
        "matrix": None if transform is None else transform.matrix.tolist(),
        "centre": None if transform is None else list(transform.centre),
    }
