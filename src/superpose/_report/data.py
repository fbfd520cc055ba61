"""A registration as plain data: what JSON files hold and ``--json`` prints."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

from superpose.image import Grid
from superpose.result import Registration
from superpose.transforms.linear import Linear


def as_dict(registration: Registration) -> dict[str, Any]:
    """Return everything but the pixels, as dicts, lists, strings and numbers."""
    return {
        "description": registration.describe(),
        "transform": _linear(registration.transform),
        "metric": registration.metric,
        "value": registration.value,
        "overlap": registration.overlap,
        "optimizer": registration.optimizer,
        "initial": _linear(registration.initial),
        "levels": [asdict(level) for level in registration.levels],
        "warnings": list(registration.warnings),
        "fixed_grid": _grid(registration.fixed_grid),
        "moving_grid": _grid(registration.moving_grid),
        "versions": dict(registration.versions),
    }


def _linear(transform: Linear) -> dict[str, Any]:
    return {
        "maps": "fixed points to moving points, (row, column)",
        "family": transform.family,
        "matrix": transform.matrix.tolist(),
        "centre": list(transform.centre),
        "parameters": transform.parameters,
    }


def _grid(grid: Grid) -> dict[str, Any]:
    return {"shape": list(grid.shape), "origin": list(grid.origin), "spacing": list(grid.spacing)}
