"""Where to start, as users say it: a transform, an earlier result, a matrix, or a file of one."""

from __future__ import annotations

from pathlib import Path

from numpy.typing import ArrayLike

from superpose.result import Registration
from superpose.transforms.matrix import MatrixTransform

Initial = MatrixTransform | Registration | ArrayLike | str | Path | None


def opened_initial(initial: Initial) -> MatrixTransform | ArrayLike | None:
    """Return the transform, or what may be the matrix of one.

    Raises
    ------
    InputError
        If a file cannot be read.
    """
    if isinstance(initial, (str, Path)):
        from superpose._io.transforms.json import load

        return load(initial, "initial").transform
    return initial.transform if isinstance(initial, Registration) else initial
