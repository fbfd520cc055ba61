"""Results of mosaics as JSON: every number with `repr`, so that what is read back is the same bits."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from superpose._checks import checked_path
from superpose._io.sources import Source, shown_source
from superpose._io.transforms.json import octets_of, parsed, refusing
from superpose._io.transforms.mosaics import FORMAT, VERSION, fields_of
from superpose._io.transforms.plain import grid_as_dict, number_as_json
from superpose._jobs.layouts import outline_of
from superpose._jobs.mosaic_result import MosaicImage, MosaicLink, MosaicResult
from superpose._names import public
from superpose.transforms.view import ViewTransform


def as_document(result: MosaicResult) -> dict[str, Any]:
    """Return what a file holds, as plain data: everything but the pixels."""
    images = zip(result.table, result.transforms, result.shapes, result.gains, strict=True)
    return {
        "format": FORMAT,
        "version": VERSION,
        "description": repr(result).strip("<>"),
        "maps": "points of the mosaic to points of an image, (row, column)",
        "transform": result.transform,
        "projection": result.projection,
        "focal": result.focal,
        "grid": grid_as_dict(result.grid),
        "images": [_told(row) | _where(at) | {"shape": list(shape), "gain": gain} for row, at, shape, gain in images],
        "links": [_told(each) for each in result.links],
        "parts": [list(each) for each in result.parts],
        "warnings": list(result.warnings),
        "versions": dict(result.versions),
    }


def as_text(result: MosaicResult) -> str:
    """Return what `MosaicResult.save` writes and ``superpose mosaic --json`` prints."""
    return json.dumps(as_document(result), indent=1, allow_nan=False) + "\n"


@public
def load_mosaic(path: str | Path) -> MosaicResult:
    """Return a result written by `MosaicResult.save`. It holds no pixels.

    Parameters
    ----------
    path : str or Path
        A JSON file.

    Returns
    -------
    MosaicResult
        Its `image` and `coverage` are None.

    Raises
    ------
    InputError
        If there is no such file, or it holds no result of a mosaic.
    """
    return read_mosaic(checked_path("path", path), "path")


def read_mosaic(source: Source, argument: str) -> MosaicResult:
    """Return a result as `load_mosaic` does, of an open stream, too; errors call it `argument`."""
    octets, name = octets_of(source, argument), shown_source(source)
    with refusing(argument, name, "not-a-mosaic-file"):
        found = fields_of(parsed(octets))
    shapes = found.fields["shapes"]
    return MosaicResult(
        transforms=found.transforms,
        table=tuple(MosaicImage(**each) for each in found.images),
        links=tuple(MosaicLink(**each) for each in found.links),
        outlines=tuple(
            None if at is None else outline_of(shape, at) for shape, at in zip(shapes, found.transforms, strict=True)
        ),
        **found.fields,
    )


def _told(row: MosaicImage | MosaicLink) -> dict[str, Any]:
    """Return a row of a table, its numbers as JSON has them."""
    out = {}
    for name, value in vars(row).items():
        if isinstance(value, tuple):
            value = [number_as_json(each) for each in value]
        out[name] = number_as_json(value) if isinstance(value, float) else value
    return out


def _where(transform: Any) -> dict[str, Any]:
    known: dict[str, Any] = dict.fromkeys(("matrix", "family", "rotation", "centre"))
    if transform is None:
        return known
    known["centre"] = list(transform.centre)
    if isinstance(transform, ViewTransform):
        return known | {"rotation": transform.rotation.tolist()}
    return known | {"matrix": transform.matrix.tolist(), "family": transform.family}
