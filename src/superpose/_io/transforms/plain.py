"""A registration as plain data, and back: what JSON files hold and ``--json`` prints."""

from __future__ import annotations

from dataclasses import asdict, fields
from math import prod
from typing import Any

import numpy as np

from superpose._arithmetic.matrices import determinant
from superpose._describe import describe_explained
from superpose._io.transforms.fields import Fields, Floats, checked_number, checked_text
from superpose._io.transforms.masks import mask_as_dict, mask_from_dict
from superpose.image import Grid
from superpose.result import Basin, Explained, FreeDirection, Level, Registration, TileShifts
from superpose.transforms.base import axes_in_words
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
        "transform": transform_as_dict(matrix_transform(registration.transform)),
        "metric": registration.metric,
        "value": number_as_json(registration.value),
        "reliable": registration.reliable,
        "confidence": number_as_json(registration.confidence),
        "uncertainty": number_as_json(registration.uncertainty),
        "covariance": None if registration.covariance is None else registration.covariance.tolist(),
        "free_directions": [asdict(each) for each in registration.free_directions],
        "misfit": number_as_json(registration.misfit),
        "tile_shifts": _tile_shifts_as_dict(registration.tile_shifts),
        "margin": number_as_json(registration.margin),
        "evidence": dict(registration.evidence),
        "overlap": registration.overlap,
        "optimizer": registration.optimizer,
        "initial": transform_as_dict(registration.initial),
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
        "fixed_grid": grid_as_dict(registration.fixed_grid),
        "moving_grid": grid_as_dict(registration.moving_grid),
        "versions": dict(registration.versions),
    }


def number_as_json(value: float) -> float | str | None:
    """Return a number as JSON can hold it: None is NaN, and infinity is spelled out."""
    return value if np.isfinite(value) else None if np.isnan(value) else "infinite"


def transform_as_dict(transform: MatrixTransform) -> dict[str, Any]:
    return {
        "maps": f"fixed points to moving points, {axes_in_words(transform.ndim)}",
        "family": transform.family,
        "matrix": transform.matrix.tolist(),
        "centre": list(transform.centre),
        "parameters": transform.parameters,
    }


def _basin_as_dict(basin: Basin) -> dict[str, Any]:
    return {
        "transform": transform_as_dict(basin.transform),
        "score": basin.score,
        "overlap": basin.overlap,
        "refined_at_shape": list(basin.refined_at_shape),
        "share": number_as_json(basin.share),
    }


def _tile_shifts_as_dict(shifts: TileShifts | None) -> dict[str, Any] | None:
    return None if shifts is None else {each.name: getattr(shifts, each.name).tolist() for each in fields(shifts)}


def grid_as_dict(grid: Grid) -> dict[str, Any]:
    """Return a grid as plain data."""
    plain = {"shape": list(grid.shape), "origin": list(grid.origin), "spacing": list(grid.spacing)}
    turned = {"direction": [list(row) for row in grid.direction]} if grid.direction else {}
    return plain | turned | ({"unit": grid.unit} if grid.unit else {})


def from_dict(data: Any) -> Registration:
    """Return the registration of which `as_dict` returned `data`, without pixels.

    Raises
    ------
    ValueError
        If it is not: it names the field that cannot be.
    """
    of = Fields(data)
    fixed_grid = grid_from_fields(of.fields("fixed_grid"))
    basins = tuple(_basin(each, fixed_grid.ndim) for each in of.each("basins"))
    return Registration(
        transform=transform_from_fields(of.fields("transform"), fixed_grid.ndim),
        value=of.measure("value"),
        metric=of.string("metric"),
        optimizer=of.string("optimizer"),
        levels=tuple(_level(each) for each in of.each("levels")),
        overlap=of.number("overlap", 0, 1),
        initial=transform_from_fields(of.fields("initial"), fixed_grid.ndim),
        fixed_grid=fixed_grid,
        moving_grid=grid_from_fields(of.fields("moving_grid"), fixed_grid.ndim),
        warnings=tuple(checked_text(each, of.at("warnings")) for each in of.list("warnings")),
        versions={name: checked_text(each, f"versions.{name}") for name, each in of.fields("versions").items()},
        # Files written before there was a global search have neither of these two.
        ending=of.string("ending") if of.has("ending") else "",
        basins=basins,
        # Files written before alignments were verified have none of these.
        reliable=of.has("reliable") and of.flag("reliable"),
        confidence=of.measure("confidence", 0, 1),
        uncertainty=of.measure("uncertainty", 0),
        covariance=_covariance(of) if of.has("covariance") else None,
        free_directions=tuple(_free_direction(each, fixed_grid.ndim) for each in of.each("free_directions")),
        # Nor those written before tiles were asked where they lie these two.
        misfit=of.measure("misfit", 0),
        tile_shifts=_tile_shifts(of.fields("tile_shifts"), fixed_grid.ndim) if of.has("tile_shifts") else None,
        margin=of.measure("margin"),
        evidence=_evidence(of.fields("evidence")) if of.has("evidence") else {},
        # Nor had those written before motions were told apart this one.
        explained=tuple(_explained(each, basins, fixed_grid) for each in of.each("explained")),
    )


def _covariance(of: Fields) -> Floats:
    covariance = of.rows("covariance")
    if (np.diagonal(covariance) < 0).any():
        raise ValueError("covariance has a variance below 0")
    return covariance


def _free_direction(of: Fields, ndim: int) -> FreeDirection:
    corners: Any = tuple(tuple(row) for row in of.rows("corners", ndim).tolist())
    return FreeDirection(of.string("words"), of.numbers("parameters"), corners)


def _evidence(of: Fields) -> dict[str, float]:
    return {name: of.number(name) for name, _ in of.items()}


def _tile_shifts(of: Fields, ndim: int) -> TileShifts:
    centres, shifts = of.rows("centres", ndim), of.rows("shifts", ndim)
    errors, clear = np.array(of.numbers("errors", 0), float), np.array(of.list("clear"))
    if not len(centres) == len(shifts) == len(errors) == len(clear):
        raise ValueError("tile_shifts has lists of different lengths")
    if len(clear) and clear.dtype != bool:
        raise ValueError("tile_shifts.clear is not all true or false")
    return TileShifts(centres, shifts, errors, clear.astype(bool))


def _basin(of: Fields, ndim: int) -> Basin:
    return Basin(
        transform_from_fields(of.fields("transform"), ndim),
        of.number("score"),
        of.number("overlap", 0, 1),
        of.counts("refined_at_shape", 1) if of.has("refined_at_shape") else (),
        of.measure("share", 0, 1),
    )


def _explained(of: Fields, basins: tuple[Basin, ...], fixed_grid: Grid) -> Explained:
    basin = _basin(of.fields("basin"), fixed_grid.ndim)
    # It is one of the registration's, where that has it.
    basin = next((each for each in basins if each == basin), basin)
    mask = of.fields("mask")
    shown = mask_from_dict({"shape": list(mask.counts("shape", 1)), "bits": mask.string("bits")}, fixed_grid.shape)
    return Explained(basin, shown, of.flag("on_sensor"))


def transform_from_dict(data: Any) -> MatrixTransform:
    """Return the transform of a file that holds nothing else.

    Raises
    ------
    ValueError
        If it holds none.
    """
    of = Fields(data).fields("transform")
    return transform_from_fields(of, len(of.list("matrix")) - 1)


def transform_from_fields(of: Fields, ndim: int) -> MatrixTransform:
    """Return the transform that an object's matrix, family and centre are.

    Raises
    ------
    ValueError
        If they are none of that dimension.
    """
    matrix = checked_matrix(of.rows("matrix"), of.at("matrix"), ndim)
    return MatrixTransform(matrix, of.string("family"), of.numbers("centre"))


def regular_from_fields(of: Fields, ndim: int) -> MatrixTransform:
    """Return the same, if there is a way back.

    Raises
    ------
    ValueError
        If they are none of that dimension, or the matrix is singular.
    """
    transform = transform_from_fields(of, ndim)
    if not abs(determinant(transform.matrix)) > 0:
        raise ValueError(f"{of.at('matrix')} is singular")
    return transform


def grid_from_fields(of: Fields, ndim: int | None = None) -> Grid:
    """Return the grid of which `grid_as_dict` returned the fields.

    Raises
    ------
    ValueError
        If it is none, or not of `ndim` axes.
    """
    shape, origin, spacing = of.counts("shape", 1), of.numbers("origin"), of.numbers("spacing")
    if len(shape) not in ((2, 3) if ndim is None else (ndim,)):
        raise ValueError(f"{of.at('shape')} is {list(shape)}, and must be of {ndim or '2 or 3'} axes")
    if not len(origin) == len(spacing) == len(shape):
        raise ValueError(f"{of.at('shape')}, origin and spacing have different lengths")
    if min(spacing) <= 0:
        raise ValueError(f"{of.at('spacing')} is {list(spacing)}, and must be above 0")
    # No computer holds so many pixels; what would allocate them is not reached.
    if prod(shape) > 2**40:
        raise ValueError(f"{of.at('shape')} is {list(shape)}, more pixels than there can be")
    direction = of.rows("direction", len(shape)).tolist() if of.has("direction") else ()
    return Grid(shape, origin, spacing, direction, of.string("unit") if of.has("unit") else "")


def _level(of: Fields) -> Level:
    parameters = {
        name: _parameter(value, f"{of.at('parameters')}.{name}") for name, value in of.fields("parameters").items()
    }
    for name in {"shift", "centre"} & set(parameters):
        parameters[name] = of.fields("parameters").numbers(name)
    return Level(
        of.counts("shape", 1), parameters, of.number("value"), of.count("evaluations"), of.number("seconds", 0)
    )


def _parameter(value: Any, place: str) -> Any:
    """Return a number, or a list of them, or a matrix."""
    if not isinstance(value, list):
        return checked_number(value, place)
    return [_parameter(each, f"{place}[{k}]") for k, each in enumerate(value)]
