"""ITK's text files of transforms: affine maps and chains of them by ourselves, every other kind through SimpleITK."""

from __future__ import annotations

from dataclasses import dataclass
from functools import reduce
from operator import matmul
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from superpose._exchange import medical_package, reversed_axes
from superpose.transforms.constructors import from_itk, from_matrix
from superpose.transforms.matrix import MatrixTransform

EXTENSIONS = (".tfm", ".txt")

Floats = NDArray[np.float64]
_FIRST = "#Insight Transform File"
_AFFINE = ("AffineTransform", "MatrixOffsetTransformBase")
_KNOWN = (*_AFFINE, "TranslationTransform", "IdentityTransform")


def recognises(start: bytes) -> bool:
    """Whether a file that begins with these bytes is one."""
    return start.startswith(_FIRST.encode())


@dataclass(frozen=True)
class _Entry:
    """One transform of a file, as it is written there."""

    kind: str
    ndim: int
    numbers: dict[str, list[float]]

    def matrix(self) -> MatrixTransform:
        """Return what it does to points."""
        ndim = self.ndim
        parameters, centre = self.numbers.get("Parameters", []), self.numbers.get("FixedParameters") or [0.0] * ndim
        matrix = np.eye(ndim + 1)
        if self.kind in _AFFINE:
            if len(parameters) != ndim * (ndim + 1) or len(centre) != ndim:
                raise ValueError(f"its {self.kind} has {len(parameters)} parameters and {len(centre)} fixed ones")
            matrix = matrix_about(parameters, centre)
        elif self.kind == "TranslationTransform":
            if len(parameters) != ndim:
                raise ValueError(f"its translation has {len(parameters)} parameters")
            matrix[:-1, -1] = parameters
        return from_matrix(reversed_axes(matrix))


def matrix_about(parameters: list[float], centre: list[float]) -> Floats:
    """Return the homogeneous matrix of ITK's: rows of the linear part and the shift of a centre."""
    ndim = len(centre)
    matrix = np.eye(ndim + 1)
    linear = np.reshape(parameters[:-ndim], (ndim, ndim))
    matrix[:-1, :-1] = linear
    matrix[:-1, -1] = np.array(parameters[-ndim:]) + centre - (linear * centre).sum(1)
    return matrix


def loads(text: str, path: Path | None, argument: str) -> MatrixTransform:
    """Return the transform; a file by its path is read by SimpleITK where we do not know its kind.

    Raises
    ------
    ValueError
        If it is none.
    """
    entries = _entries(text)
    is_chain = bool(entries) and entries[0].kind == "CompositeTransform"
    chain = entries[is_chain:]
    if not chain:
        raise ValueError("it holds no transform")
    if len(chain) > 1 and not is_chain:
        raise ValueError(f"it holds {len(chain)} transforms that are no chain")
    if len({each.ndim for each in chain}) == 1 and {each.kind for each in chain} <= set(_KNOWN):
        # The last one is done first.
        return from_matrix(reduce(matmul, [each.matrix() for each in chain]).matrix)
    if path is None:
        raise ValueError(f"its transforms are {', '.join(each.kind for each in chain)}: name the file")
    return from_itk(medical_package("SimpleITK", "SimpleITK", argument).ReadTransform(str(path)))


def _entries(text: str) -> list[_Entry]:
    found: list[_Entry] = []
    for line in text.splitlines():
        name, _, value = (each.strip() for each in line.partition(":"))
        if name == "Transform":
            kind, *_, last = value.split("_")
            if last not in ("2", "3"):
                raise ValueError(f"its transform is {value}, of neither 2 nor 3 axes")
            found.append(_Entry(kind, int(last), {}))
        elif name in ("Parameters", "FixedParameters") and found:
            found[-1].numbers[name] = [float(each) for each in value.split()]
    return found


def dumps(transform: MatrixTransform) -> str:
    """Return the file's text, with every digit."""
    ndim, matrix = transform.ndim, reversed_axes(transform.matrix)
    parameters = [*matrix[:-1, :-1].ravel().tolist(), *matrix[:-1, -1].tolist()]
    return (
        f"{_FIRST} V1.0\n#Transform 0\nTransform: AffineTransform_double_{ndim}_{ndim}\n"
        f"Parameters: {' '.join(map(repr, parameters))}\nFixedParameters: {' '.join(['0'] * ndim)}\n"
    )
