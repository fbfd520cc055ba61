"""Registrations as JSON: every number with `repr`, so that what is read back is the same bits."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np

from superpose._io.atomic import write_atomically
from superpose._report.data import as_dict
from superpose.errors import InputError
from superpose.image import Grid
from superpose.result import Level, Registration
from superpose.transforms.linear import Linear

FORMAT = "superpose registration"
VERSION = 1


def dump(registration: Registration, path: str | Path) -> None:
    """Write a registration to a JSON file, whole or not at all."""
    text = json.dumps({"format": FORMAT, "version": VERSION} | as_dict(registration), indent=1, allow_nan=False)
    write_atomically(path, lambda draft: draft.write_text(text + "\n", encoding="utf-8") and None, "path")


def load(path: str | Path) -> Registration:
    """Return a registration written by `Registration.save`. It holds no pixels.

    Parameters
    ----------
    path : str or Path
        A JSON file.

    Raises
    ------
    InputError
        If there is no such file or it holds no registration.
    """
    name = repr(str(path))
    try:
        text = Path(path).read_text(encoding="utf-8")
    except FileNotFoundError as error:
        raise InputError("no-such-file", argument="path", value=name) from error
    except IsADirectoryError as error:
        raise InputError("is-a-folder", argument="path", value=name) from error
    except UnicodeDecodeError as error:
        raise InputError("not-a-transform-file", argument="path", value=name, reason="it is no text") from error
    except OSError as error:
        raise InputError("unreadable-file", argument="path", value=name, reason=error.strerror) from error
    try:
        data = json.loads(text)
        if not isinstance(data, dict) or data.get("format") != FORMAT:
            raise ValueError(f"it is not marked as a {FORMAT}")
        if data.get("version") != VERSION:
            raise ValueError(f"its version is {data.get('version')!r}, and this superpose reads {VERSION}")
        return _registration(data)
    except KeyError as error:
        raise InputError("not-a-transform-file", argument="path", value=name, reason=f"{error} is missing") from error
    except (ValueError, TypeError, AttributeError) as error:
        raise InputError("not-a-transform-file", argument="path", value=name, reason=str(error)) from error


def _registration(data: dict[str, Any]) -> Registration:
    return Registration(
        transform=_linear(data["transform"]),
        value=float(data["value"]),
        metric=str(data["metric"]),
        optimizer=str(data["optimizer"]),
        levels=tuple(_level(level) for level in data["levels"]),
        overlap=float(data["overlap"]),
        initial=_linear(data["initial"]),
        fixed_grid=_grid(data["fixed_grid"]),
        moving_grid=_grid(data["moving_grid"]),
        warnings=tuple(map(str, data["warnings"])),
        versions={str(name): str(version) for name, version in data["versions"].items()},
    )


def _linear(data: dict[str, Any]) -> Linear:
    return Linear(np.array(data["matrix"], float), data["family"], tuple(data["centre"]))


def _grid(data: dict[str, Any]) -> Grid:
    return Grid(tuple(data["shape"]), tuple(data["origin"]), tuple(data["spacing"]))


def _level(data: dict[str, Any]) -> Level:
    parameters = {
        name: tuple(value) if name in ("shift", "centre") else value for name, value in data["parameters"].items()
    }
    return Level(tuple(data["shape"]), parameters, float(data["value"]), int(data["evaluations"]), float(data["seconds"]))
