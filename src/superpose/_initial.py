"""Where to start, as users say it: a transform, an earlier result, a matrix, or a file of one."""

from __future__ import annotations

from pathlib import Path

from numpy.typing import ArrayLike

from superpose._checks import checked_path
from superpose.result import Registration
from superpose.transforms.matrix import MatrixTransform, matrix_transform

Initial = MatrixTransform | Registration | tuple[MatrixTransform, str] | ArrayLike | str | Path | None


def opened_initial(initial: Initial) -> tuple[MatrixTransform | ArrayLike | None, str]:
    """Return the transform, or what may be the matrix of one, and the unit its points are measured in.

    That is "px" of images that say no place, and "" where nobody said it. What `read_measured` returned is returned as
    it is.

    Raises
    ------
    InputError
        If a file cannot be read, or an earlier result's transform is no matrix.
    """
    if isinstance(initial, (str, Path)):
        from superpose._io.transforms.files import read_measured

        return read_measured(checked_path("initial", initial), "initial")
    if isinstance(initial, Registration):
        return matrix_transform(initial.transform, "initial"), initial.unit
    if isinstance(initial, tuple) and len(initial) == 2 and isinstance(initial[0], MatrixTransform):
        return initial
    return initial, ""
