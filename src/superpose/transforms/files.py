"""Transforms from files and into them, by path: the formats themselves lie in a layer above."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from superpose._checks import checked_path
from superpose._names import public
from superpose.transforms.matrix import MatrixTransform


@public
def read(path: str | Path) -> MatrixTransform:
    """Return the transform in a file, which maps fixed points to moving points.

    Parameters
    ----------
    path : str or Path
        ITK's (``.tfm``, ``.txt``) of any linear kind and chains of them, a registration's JSON or a transform's; it is
        recognised by its content.

    Raises
    ------
    InputError
        If there is no such file, or it holds no transform that a matrix makes.
    MissingPackageError
        If it is of a kind that only SimpleITK reads, which is not installed: ``pip install "superpose[medical]"``.
    """
    from superpose._io.transforms.files import read_transform

    return read_transform(checked_path("path", path), "path")


@public
def write(path: str | Path, transform: Any) -> None:
    """Write a transform, whole or not at all.

    Parameters
    ----------
    path : str or Path
        Its extension says the format: ``.tfm`` or ``.txt`` is ITK's, ``.json`` superpose's own.
    transform : MatrixTransform or Registration
        A registration's whole is in a JSON, and its transform in the others.

    Raises
    ------
    InputError
        If no matrix makes the transform, the extension is not known, the format cannot hold it, or the file cannot be
        written; an earlier file of that name is then left whole.
    """
    from superpose._io.transforms.files import write_transform

    write_transform(checked_path("path", path), transform, "path")
