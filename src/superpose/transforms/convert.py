"""Matrices in other libraries' words: (x, y) order, and their own classes."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from superpose._arithmetic.matrices import matmul
from superpose._checks import scikit_image
from superpose._exchange import RAS_TO_LPS, embedded, medical_package, millimetres, reversed_axes
from superpose._spatial import Image
from superpose.errors import InputError, shown
from superpose.grid import Grid
from superpose.transforms.family import Family

Floats = NDArray[np.float64]


def to_opencv(matrix: Floats, family: Family) -> Floats:
    """Return the matrix from fixed (x, y) to moving (x, y): without its last row, unless of a homography."""
    flipped = reversed_axes(matrix)
    return flipped if family.perspective else flipped[:-1].copy()


def to_skimage(matrix: Floats, family: Family) -> Any:
    """Return the `skimage.transform` object of the same family, from fixed (x, y) to moving (x, y)."""
    kind = getattr(scikit_image("transform", "as_skimage()"), skimage_name(family))
    return kind(matrix=reversed_axes(matrix))


def skimage_name(family: Family) -> str:
    """Return what `skimage.transform` calls a transform of a family."""
    if family.perspective:
        return "ProjectiveTransform"
    if family.shears:
        return "AffineTransform"
    return "SimilarityTransform" if family.scales else "EuclideanTransform"


def _check_affine(family: Family, library: str) -> None:
    """Refuse a homography, which a library has none of.

    Raises
    ------
    InputError
        If it is one.
    """
    if family.perspective:
        raise InputError("no-homographies", argument="transform", value="a homography", library=library)


def in_millimetres(matrix: Floats, unit: str) -> Floats:
    """Return a matrix between points in a unit as one between points in millimetres: ITK and NIfTI know no other unit.

    Lengths without a named unit stay as they are.

    Raises
    ------
    InputError
        If it is not known how many millimetres a unit is.
    """
    scaled = matrix.copy()
    scaled[:-1, -1] *= 1.0 if unit in ("", "px", "units") else millimetres(unit)
    return scaled


def to_itk(matrix: Floats, family: Family) -> Any:
    """Return SimpleITK's transform from fixed (x, y, z) to moving (x, y, z)."""
    _check_affine(family, "SimpleITK")
    sitk = medical_package("SimpleITK", "SimpleITK", "as_itk()")
    flipped, ndim = reversed_axes(matrix), len(matrix) - 1
    made = sitk.AffineTransform(ndim)
    made.SetMatrix(flipped[:-1, :-1].ravel().tolist())
    made.SetTranslation(flipped[:-1, -1].tolist())
    return made


def to_nifti(matrix: Floats, family: Family) -> Floats:
    """Return the 4 x 4 matrix from fixed to moving points of NIfTI's world; a 2D transform leaves z as it is."""
    _check_affine(family, "NIfTI")
    world: Floats = matmul(RAS_TO_LPS, embedded(reversed_axes(matrix)), RAS_TO_LPS)
    return world


def between_pixels(matrix: Floats, fixed: Grid, moving: Grid) -> Floats:
    """Return a matrix between physical points, in fixed's unit, as one between pixels."""
    return matmul(moving.in_unit(fixed.unit).physical_to_index, matrix, fixed.index_to_physical)


def to_ndimage(matrix: Floats, family: Family, fixed: Grid, moving: Grid) -> tuple[Floats, Floats]:
    """Return matrix and offset from fixed pixels to moving pixels."""
    _check_affine(family, "scipy.ndimage.affine_transform")
    if not len(matrix) - 1 == fixed.ndim == moving.ndim:
        raise InputError(
            "other-dimension", argument="transform", value=len(matrix) - 1, fixed=fixed.ndim, moving=moving.ndim
        )
    to_pixels = between_pixels(matrix, fixed, moving)
    return to_pixels[:-1, :-1].copy(), to_pixels[:-1, -1].copy()


def grid_of(image: Any, argument: str) -> Grid:
    """Return a grid, or an image's.

    Raises
    ------
    InputError
        If it is neither.
    """
    if isinstance(image, Image):
        return image.grid
    if not isinstance(image, Grid):
        raise InputError("no-grid", argument=argument, value=shown(image))
    return image
