"""A registration as plain data, and back: what JSON files hold and ``--json`` prints."""

from __future__ import annotations

from dataclasses import asdict, fields
from typing import Any

import numpy as np

from superpose._describe import describe_explained
from superpose._io.transforms.masks import mask_as_dict, mask_from_dict
from superpose.image import Grid
from superpose.result import Basin, Explained, FreeDirection, Level, Registration, TileShifts
from superpose.transforms.matrix import MatrixTransform, checked_matrix, matrix_transform


def as_dict(registration: Registration) -> dict[str, Any]:
    """Return everything but the pixels, as dicts, lists, strings and numbers.

    Raises
    ------
    InputError
        If its transform is no matrix.
    """
    return {
        "description": registration.describe(),
        "transform": _transform_as_dict(matrix_transform(registration.transform)),
        "metric": registration.metric,
        "value": _number(registration.value),
        "reliable": registration.reliable,
        "confidence": _number(registration.confidence),
        "uncertainty": _number(registration.uncertainty),
        "covariance": None if registration.covariance is None else registration.covariance.tolist(),
        "free_directions": [asdict(each) for each in registration.free_directions],
        "misfit": _number(registration.misfit),
        "tile_shifts": _tile_shifts_as_dict(registration.tile_shifts),
        "margin": _number(registration.margin),
        "evidence": dict(registration.evidence),
        "overlap": registration.overlap,
        "optimizer": registration.optimizer,
        "initial": _transform_as_dict(registration.initial),
        "levels": [asdict(level) for level in registration.levels],
        "warnings": list(registration.warnings),
        "ending": registration.ending,
        "basins": [_basin_as_dict(basin) for basin in registration.basins],
        "explained": [
            {
                "description": describe_explained(each, registration.fixed_grid),
                "basin": _basin_as_dict(each.basin),
                "mask": mask_as_dict(each.mask),
                "on_sensor": each.on_sensor,
            }
            for each in registration.explained
        ],
        "fixed_grid": _grid_as_dict(registration.fixed_grid),
        "moving_grid": _grid_as_dict(registration.moving_grid),
        "versions": dict(registration.versions),
    }


def _number(value: float) -> float | str | None:
    """Return a number as JSON can hold it: None is NaN, and infinity is spelled out."""
    return value if np.isfinite(value) else None if np.isnan(value) else "infinite"


def _read(value: Any) -> float:
    return np.nan if value is None else np.inf if value == "infinite" else float(value)


def _transform_as_dict(transform: MatrixTransform) -> dict[str, Any]:
    return {
        "maps": "fixed points to moving points, (row, column)",
        "family": transform.family,
        "matrix": transform.matrix.tolist(),
        "centre": list(transform.centre),
        "parameters": transform.parameters,
    }


def _basin_as_dict(basin: Basin) -> dict[str, Any]:
    return {
        "transform": _transform_as_dict(basin.transform),
        "score": basin.score,
        "overlap": basin.overlap,
        "refined_at_shape": list(basin.refined_at_shape),
        "share": _number(basin.share),
    }


def _tile_shifts_as_dict(shifts: TileShifts | None) -> dict[str, Any] | None:
    return None if shifts is None else {each.name: getattr(shifts, each.name).tolist() for each in fields(shifts)}


def _grid_as_dict(grid: Grid) -> dict[str, Any]:
    return {"shape": list(grid.shape), "origin": list(grid.origin), "spacing": list(grid.spacing)}


def from_dict(data: dict[str, Any]) -> Registration:
    """Return the registration of which `as_dict` returned `data`, without pixels.

    Raises
    ------
    KeyError, TypeError, ValueError, AttributeError
        If it is not.
    """
    fixed_grid = _grid(data["fixed_grid"])
    basins = tuple(_basin(each, fixed_grid.ndim) for each in data.get("basins", []))
    return Registration(
        transform=_transform(data["transform"], fixed_grid.ndim),
        value=_read(data["value"]),
        metric=str(data["metric"]),
        optimizer=str(data["optimizer"]),
        levels=tuple(_level(level) for level in data["levels"]),
        overlap=float(data["overlap"]),
        initial=_transform(data["initial"], fixed_grid.ndim),
        fixed_grid=fixed_grid,
        moving_grid=_grid(data["moving_grid"]),
        warnings=tuple(map(str, data["warnings"])),
        versions={str(name): str(version) for name, version in data["versions"].items()},
        # Files written before there was a global search have neither of these two.
        ending=str(data.get("ending", "")),
        basins=basins,
        # Files written before alignments were verified have none of these.
        reliable=bool(data.get("reliable", False)),
        confidence=_read(data.get("confidence")),
        uncertainty=_read(data.get("uncertainty")),
        covariance=None if data.get("covariance") is None else np.array(data["covariance"], float),
        free_directions=tuple(
            FreeDirection(
                str(each["words"]),
                tuple(map(float, each["parameters"])),
                tuple((float(row), float(column)) for row, column in each["corners"]),
            )
            for each in data.get("free_directions", [])
        ),
        # Nor those written before tiles were asked where they lie these two.
        misfit=_read(data.get("misfit")),
        tile_shifts=_tile_shifts(data.get("tile_shifts")),
        margin=_read(data.get("margin")),
        evidence={str(name): float(value) for name, value in data.get("evidence", {}).items()},
        # Nor had those written before motions were told apart this one.
        explained=tuple(_explained(each, basins, fixed_grid) for each in data.get("explained", [])),
    )


def _tile_shifts(data: dict[str, Any] | None) -> TileShifts | None:
    if data is None:
        return None
    centres, shifts = (np.array(data[name], float).reshape(-1, 2) for name in ("centres", "shifts"))
    return TileShifts(centres, shifts, np.array(data["errors"], float), np.array(data["clear"], bool))


def _basin(data: dict[str, Any], ndim: int) -> Basin:
    return Basin(
        _transform(data["transform"], ndim),
        float(data["score"]),
        float(data["overlap"]),
        tuple(int(n) for n in data.get("refined_at_shape", ())),
        _read(data.get("share")),
    )


def _explained(data: dict[str, Any], basins: tuple[Basin, ...], fixed_grid: Grid) -> Explained:
    basin = _basin(data["basin"], fixed_grid.ndim)
    # It is one of the registration's, where that has it.
    basin = next((each for each in basins if each == basin), basin)
    return Explained(basin, mask_from_dict(data["mask"], fixed_grid.shape), bool(data["on_sensor"]))


def _transform(data: dict[str, Any], ndim: int) -> MatrixTransform:
    matrix = checked_matrix(np.array(data["matrix"], float), "matrix", ndim)
    return MatrixTransform(matrix, data["family"], tuple(data["centre"]))


def _grid(data: dict[str, Any]) -> Grid:
    return Grid(tuple(data["shape"]), tuple(data["origin"]), tuple(data["spacing"]))


def _level(data: dict[str, Any]) -> Level:
    parameters = {
        name: tuple(value) if name in ("shift", "centre") else value for name, value in data["parameters"].items()
    }
    return Level(
        tuple(data["shape"]),
        parameters,
        float(data["value"]),
        int(data["evaluations"]),
        float(data["seconds"]),
    )
