"""Registrations as JSON: every number with `repr`, so that what is read back is the same bits."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any, BinaryIO

from superpose._checks import checked_path
from superpose._io.atomic import Outputs, Sink, write_atomically
from superpose._io.sources import Source, opened_source, shown_source
from superpose._io.transforms.plain import as_dict, from_dict
from superpose._names import public
from superpose.errors import InputError
from superpose.result import Registration

# Far more than masks of the largest images take; what is not a registration may have no end.
_LONGEST = 2**29


def as_document(registration: Registration) -> dict[str, Any]:
    """Return what a file holds, as plain data."""
    return _header() | as_dict(registration)


def _header() -> dict[str, Any]:
    """Return what marks a file as one that `load` reads."""
    return {"format": "superpose registration", "version": 1}


def as_text(registration: Registration) -> str:
    """Return what `dump` writes and ``--json`` prints."""
    return json.dumps(as_document(registration), indent=1, allow_nan=False) + "\n"


def dump(registration: Registration, path: Sink, argument: str = "path", outputs: Outputs | None = None) -> None:
    """Write a registration to a JSON file, whole or not at all; errors call the file `argument`.

    Raises
    ------
    InputError
        If the file cannot be written, or the registration's transform is no matrix.
    """
    octets = as_text(registration).encode()

    def write(stream: BinaryIO) -> None:
        stream.write(octets)

    write_atomically(path, write, argument, outputs)


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
    name = shown_source(source)
    try:
        with opened_source(source) as stream:
            octets = stream.read(_LONGEST + 1)
        text = octets.decode("utf-8")
    except FileNotFoundError as error:
        raise InputError("no-such-file", argument=argument, value=name) from error
    except IsADirectoryError as error:
        raise InputError("is-a-folder", argument=argument, value=name) from error
    except UnicodeDecodeError as error:
        raise _no_transform(argument, name, "it is no text") from error
    except OSError as error:
        raise InputError(
            "unreadable-file", argument=argument, value=name, reason=error.strerror or str(error)
        ) from error
    try:
        if len(octets) > _LONGEST:
            raise ValueError(f"it is longer than {_LONGEST} bytes")
        data, expected = json.loads(text, parse_constant=_no_constant), _header()
        if not isinstance(data, dict) or data.get("format") != expected["format"]:
            raise ValueError(f"it is not marked as a {expected['format']}")
        if data.get("version") != expected["version"]:
            raise ValueError(f"its version is {data.get('version')!r}, and this superpose reads {expected['version']}")
        return from_dict(data)
    except (ValueError, RecursionError) as error:
        raise _no_transform(argument, name, str(error)) from error


def _no_constant(name: str) -> Any:
    raise ValueError(f"{name} is no number that JSON knows")


def _no_transform(argument: str, name: str, reason: str) -> InputError:
    return InputError("not-a-transform-file", argument=argument, value=name, reason=reason)
