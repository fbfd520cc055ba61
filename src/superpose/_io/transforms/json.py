"""Registrations as JSON: every number with `repr`, so that what is read back is the same bits."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from superpose._checks import checked_path
from superpose._io.atomic import Outputs, Sink, write_text
from superpose._io.sources import Source, opened_source, shown_source
from superpose._io.transforms.plain import as_dict, from_dict, transform_as_dict, transform_from_dict
from superpose._names import public
from superpose.errors import InputError
from superpose.result import Registration
from superpose.transforms.base import Transform
from superpose.transforms.matrix import MatrixTransform, matrix_transform

# Far more than masks of the largest images take; what is not a registration may have no end.
_LONGEST = 2**29
_NO_TRANSFORM = "not-a-transform-file"


def as_document(registration: Registration) -> dict[str, Any]:
    """Return what a file holds, as plain data."""
    # Who reads version 1 would leave a direction out in silence.
    turned = registration.fixed_grid.direction or registration.moving_grid.direction
    return _header(version=2 if turned else 1) | as_dict(registration)


def _header(kind: str = "registration", version: int = 1) -> dict[str, Any]:
    """Return what marks a file as one of superpose's."""
    return {"format": f"superpose {kind}", "version": version}


def as_text(registration: Registration) -> str:
    """Return what `dump` writes and ``--json`` prints."""
    return json.dumps(as_document(registration), indent=1, allow_nan=False) + "\n"


def text_of_transform(transform: Transform) -> str:
    """Return what a file of a transform alone holds.

    Raises
    ------
    InputError
        If no matrix makes it.
    """
    document = _header("transform") | {"transform": transform_as_dict(matrix_transform(transform))}
    return json.dumps(document, indent=1, allow_nan=False) + "\n"


def dump(registration: Registration, path: Sink, argument: str = "path", outputs: Outputs | None = None) -> None:
    """Write a registration to a JSON file, whole or not at all; errors call the file `argument`.

    Raises
    ------
    InputError
        If the file cannot be written, or the registration's transform is no matrix.
    """
    write_text(path, as_text(registration), argument, outputs)


@public
def load(path: str | Path, argument: str = "path") -> Registration:
    """Return a registration written by `Registration.save`. It holds no pixels.

    Parameters
    ----------
    path : str or Path
        A JSON file.
    argument : str, optional
        What errors call it.

    Raises
    ------
    InputError
        If there is no such file or it holds no registration.
    """
    return read(checked_path(argument, path), argument)


def read(source: Source, argument: str) -> Registration:
    """Return a registration as `load` does, of an open stream, too."""
    found = loads(octets_of(source, argument), argument, shown_source(source))
    if not isinstance(found, Registration):
        raise _no_transform(argument, shown_source(source), "it holds a transform alone, without the images' grids")
    return found


def octets_of(source: Source, argument: str) -> bytes:
    """Return what a file holds.

    Raises
    ------
    InputError
        If there is no such file, or it cannot be read.
    """
    name = shown_source(source)
    try:
        with opened_source(source) as stream:
            return stream.read(_LONGEST + 1)
    except FileNotFoundError as error:
        raise InputError("no-such-file", argument=argument, value=name) from error
    except IsADirectoryError as error:
        raise InputError("is-a-folder", argument=argument, value=name) from error
    except OSError as error:
        raise InputError(
            "unreadable-file", argument=argument, value=name, reason=error.strerror or str(error)
        ) from error


def loads(octets: bytes, argument: str, name: str) -> Registration | MatrixTransform:
    """Return the registration or the transform that a file's bytes are.

    Raises
    ------
    InputError
        If they are neither.
    """
    with refusing(argument, name):
        data = parsed(octets)
        kind = data.get("format") if isinstance(data, dict) else None
        if kind == "superpose stack":
            raise ValueError("it holds many frames' places: superpose.load_stack reads it, and 'superpose stack apply'")
        if kind == "superpose mosaic":
            raise ValueError(
                "it holds many images' places: superpose.load_mosaic reads it, and 'superpose mosaic apply'"
            )
        if kind not in ("superpose registration", "superpose transform"):
            raise ValueError("it is not marked as a superpose registration")
        known = (1, 2) if kind == "superpose registration" else (1,)
        if data.get("version") not in known:
            told = " and ".join(map(str, known))
            raise ValueError(f"its version is {data.get('version')!r}, and this superpose reads {told}")
        return from_dict(data) if kind == "superpose registration" else transform_from_dict(data)


def parsed(octets: bytes) -> Any:
    """Return what a JSON file's bytes hold.

    Raises
    ------
    ValueError
        If they are none, or too many.
    """
    if len(octets) > _LONGEST:
        raise ValueError(f"it is longer than {_LONGEST} bytes")
    return json.loads(octets.decode("utf-8"), parse_constant=_no_constant)


@contextmanager
def refusing(argument: str, name: str, code: str = _NO_TRANSFORM) -> Iterator[None]:
    """Turn what is wrong with a file's content into our error of that code."""
    try:
        yield
    except UnicodeDecodeError as error:
        raise InputError(code, argument=argument, value=name, reason="it is no text") from error
    except (ValueError, RecursionError) as error:
        if isinstance(error, InputError) and error.code not in ("bad-matrix", "bad-grid"):
            raise
        raise InputError(code, argument=argument, value=name, reason=str(error)) from error


def _no_constant(name: str) -> Any:
    raise ValueError(f"{name} is no number that JSON knows")


def _no_transform(argument: str, name: str, reason: str) -> InputError:
    return InputError(_NO_TRANSFORM, argument=argument, value=name, reason=reason)
