"""Where to start, as users say it: a transform, an earlier result, a matrix, or a file of one."""

from __future__ import annotations

from pathlib import Path

from numpy.typing import ArrayLike

from superpose._checks import checked_path
from superpose.result import Registration
from superpose.transforms.matrix import MatrixTransform, matrix_transform

Initial = MatrixTransform | Registration | ArrayLike | str | Path | None


def opened_initial(initial: Initial) -> MatrixTransform | ArrayLike | None:
    """Return the transform, or what may be the matrix of one.

    Raises
    ------
    InputError
        If a file cannot be read, or an earlier result's transform is no matrix.
    """
    if isinstance(initial, (str, Path)):
        from superpose._io.transforms.files import read_transform

        return read_transform(checked_path("initial", initial), "initial")
    return matrix_transform(initial.transform, "initial") if isinstance(initial, Registration) else initial
