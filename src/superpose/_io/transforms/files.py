"""Transforms and registrations in files of any format that is known, recognised by content."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

from superpose._io.atomic import Outputs, Sink, check_target, write_text
from superpose._io.sources import Source, shown_source
from superpose._io.transforms import itk, json
from superpose._names import lookup
from superpose.errors import InputError
from superpose.result import Registration
from superpose.transforms.convert import in_millimetres
from superpose.transforms.matrix import MatrixTransform, matrix_transform

EXTENSIONS = (".json", *itk.EXTENSIONS)


def read_any(source: Source, argument: str) -> MatrixTransform | Registration:
    """Return what a file, or a stream that is open, holds.

    Raises
    ------
    InputError
        If there is no such file, or it holds neither a transform nor a registration.
    """
    return _loaded(json.octets_of(source, argument), source, argument, shown_source(source))


def _loaded(octets: bytes, source: Source, argument: str, name: str) -> MatrixTransform | Registration:
    if not itk.recognises(octets):
        return json.loads(octets, argument, name)
    path = Path(source) if isinstance(source, (str, Path)) else None
    with json.refusing(argument, name):
        return itk.loads(octets.decode("utf-8"), path, argument)


def read_transform(source: Source, argument: str) -> MatrixTransform:
    """Return a file's transform, or its registration's.

    Raises
    ------
    InputError
        If it holds none that a matrix makes.
    """
    return read_measured(source, argument)[0]


def read_measured(source: Source, argument: str) -> tuple[MatrixTransform, str]:
    """Return a file's transform, or its registration's, and the unit its points are measured in: "" if it is not said.

    Raises
    ------
    InputError
        If it holds none that a matrix makes.
    """
    octets, name = json.octets_of(source, argument), shown_source(source)
    found = _loaded(octets, source, argument, name)
    if isinstance(found, Registration):
        return matrix_transform(found.transform, argument), found.unit
    return found, "mm" if itk.recognises(octets) else ""


def write_transform(
    path: Sink,
    transform: Any,
    argument: str,
    form: str | None = None,
    outputs: Outputs | None = None,
    unit: str = "",
) -> None:
    """Write a transform, or a registration, whole or not at all.

    Parameters
    ----------
    path : str, Path or open stream
        Its extension says the format.
    transform : MatrixTransform or Registration
        A registration's whole is in a JSON, and its transform in the others.
    argument : str
        What errors call `path`.
    form : str, optional
        The format, by its extension without the dot, in place of the path's own.
    outputs : Outputs, optional
        Those that it is one of, and takes its place with.
    unit : str
        What a bare transform's points are measured in: ITK's files are in millimetres. A registration knows.

    Raises
    ------
    InputError
        If no matrix makes the transform, the extension is not known, the format cannot hold it, or the file cannot be
        written; an earlier file of that name is then left whole.
    """
    check_target(path, argument)
    if form is not None:
        named = lookup("format", form.removeprefix("."), {each[1:]: each for each in EXTENSIONS})
    else:
        named = Path(path).suffix.lower() if isinstance(path, (str, Path)) else ""
    if named not in EXTENSIONS:
        known = ", ".join(EXTENSIONS)
        raise InputError("unknown-extension", argument=argument, value=shown_source(path), known=known)
    if named == ".json":
        text = json.as_text(transform) if isinstance(transform, Registration) else json.text_of_transform(transform)
    else:
        if isinstance(transform, Registration):
            transform, unit = transform.transform, transform.fixed_grid.unit
        found = matrix_transform(transform)
        if found.kind.perspective:
            name, what = shown_source(path), "a homography"
            raise InputError("format-cannot-hold", argument=argument, value=name, what=what, better="json")
        text = itk.dumps(replace(found, matrix=in_millimetres(found.matrix, unit)))
    write_text(path, text, argument, outputs)
