"""One inner world: physical points are ITK's (left, posterior, superior) read backwards, as NumPy's axes are."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from importlib import import_module
from typing import Any

import numpy as np
from numpy.typing import NDArray

from superpose.errors import InputError, MissingPackageError, shown
from superpose.grid import MILLIMETRES, Grid, unit_spelled

Floats = NDArray[np.float64]
# Codes of messages, and their fields.
Assumed = tuple[tuple[str, dict[str, object]], ...]
# From NIfTI's (right, anterior, superior) to ITK's points, and back.
RAS_TO_LPS = np.diag([-1.0, -1.0, 1.0, 1.0])
# How far a matrix of a file's may be from one that turns and scales.
_SKEW = 1e-3


class BadGeometry(ValueError):
    """Says why pixels have no place in space."""


def unplaced(reason: str) -> BadGeometry:
    """Return that error."""
    return BadGeometry(reason)


@dataclass(frozen=True)
class Later:
    """Pixels that are read when they are asked for.

    `source` returns a part of them for a tuple of slices, if it is there.
    """

    shape: tuple[int, ...]
    dtype: np.dtype[Any]
    read: Callable[[], NDArray[Any]]
    source: Any = None


@dataclass(frozen=True)
class Placed:
    """Pixels, where they lie, and what was assumed of that: codes of messages and their fields."""

    array: NDArray[Any] | Later
    grid: Grid
    assumed: Assumed = ()
    unit: str = "mm"


def medical_package(name: str, shown_as: str, argument: str) -> Any:
    """Return a package that only the extra "medical" installs; see `extra_package`."""
    return extra_package(name, shown_as, argument, "medical")


def extra_package(name: str, shown_as: str, argument: str, extra: str) -> Any:
    """Return a package, or a module of it, that only an extra of superpose's installs.

    Raises
    ------
    MissingPackageError
        If it is not there for `argument`, which needs it.
    """
    try:
        return import_module(name)
    except ModuleNotFoundError as error:
        raise MissingPackageError("missing-package", argument=argument, value=shown_as, extra=extra) from error


def reversed_axes(matrix: Floats) -> Floats:
    """Return a homogeneous matrix with the axes of its points in reverse: (row, column) <-> (x, y)."""
    order = [*reversed(range(len(matrix) - 1)), -1]
    return matrix[np.ix_(order, order)]


def millimetres(unit: str, argument: str = "unit") -> float:
    """Return how many millimetres a unit is; without one it is taken for a millimetre.

    Raises
    ------
    InputError
        If that is not known.
    """
    known = unit_spelled(unit or "mm")
    if known is None:
        raise InputError("unknown-unit", argument=argument, value=shown(unit), expected=", ".join(MILLIMETRES))
    return MILLIMETRES[known]


def grid_of_affine(affine: Floats, shape: tuple[int, ...]) -> Grid:
    """Return the grid of an array, (planes, rows, columns), given the matrix from (x, y, z) indices to ITK's points.

    Raises
    ------
    BadGeometry
        If the matrix is no turn of axes at right angles.
    """
    linear = np.asarray(affine, float)[:-1, :-1]
    spacing = np.sqrt((linear**2).sum(0))
    direction = np.divide(linear, spacing, out=np.zeros_like(linear), where=spacing > 0)
    return grid_of_parts(shape, spacing, np.asarray(affine, float)[:-1, -1], direction)


def grid_of_parts(shape: tuple[int, ...], spacing: Any, origin: Any, direction: Any) -> Grid:
    """Return the grid of an array, (planes, rows, columns), given what ITK says of it in (x, y, z) order.

    Raises
    ------
    BadGeometry
        If it says nothing that can be.
    """
    ndim = len(shape)
    distances, start = np.array(spacing, float)[::-1], np.array(origin, float)[::-1]
    axes = np.array(direction, float).reshape(ndim, ndim)[::-1, ::-1]
    if not all(np.isfinite(each).all() for each in (distances, start, axes)):
        raise unplaced("its numbers are not all finite")
    if not (distances > 0).all():
        raise unplaced(f"its spacing is {_short(distances[::-1])}, and must be above 0 along each axis")
    if np.abs(axes.T @ axes - np.eye(ndim)).max() > _SKEW:
        raise unplaced("its axes are not at right angles: it is sheared, or its direction is singular")
    # Who knows no place writes zeros and the identity.
    says = ndim == 3 and bool(start.any() or (axes != np.eye(ndim)).any())
    return Grid(shape, tuple(start.tolist()), tuple(distances.tolist()), axes.tolist(), anatomical=says)


def affine_of_grid(grid: Grid, scale: float = 1.0) -> Floats:
    """Return the matrix from (x, y, z) indices to ITK's points, each `scale` of the grid's; of a 2D grid at z = 0."""
    matrix = reversed_axes(np.array(grid.index_to_physical))
    matrix[:-1] *= scale
    return embedded(matrix)


def embedded(matrix: Floats) -> Floats:
    """Return the homogeneous matrix in 3D that does to x and y what one in 2D does, and nothing to z."""
    if len(matrix) == 4:
        return matrix
    whole = np.eye(4)
    whole[np.ix_([0, 1, 3], [0, 1, 3])] = matrix
    return whole


def flattened(placed: Placed) -> Placed:
    """Return a volume of one plane as a 2D image; any other as it is."""
    shape = placed.array.shape
    if isinstance(placed.array, Later) or len(shape) != 3 or shape.count(1) != 1:
        return placed
    axis, grid = shape.index(1), placed.grid
    kept = [k for k in range(3) if k != axis]
    direction = np.array(grid.direction) if grid.direction else np.eye(3)
    # Only an axial plane keeps its place in two dimensions.
    axial = axis == 0 and abs(direction[0, 0]) == 1
    spacing = tuple(grid.spacing[k] for k in kept)
    size = tuple(shape[k] for k in kept)
    flat = Grid(size, grid.origin[1:], spacing, direction[1:, 1:].tolist()) if axial else Grid(size, (), spacing)
    said: Assumed = () if axial and grid.origin[0] == 0 else (("one-plane", {}),)
    return Placed(placed.array.reshape(size), flat, (*placed.assumed, *said), placed.unit)


def placed_of_itk(image: Any, argument: str = "image") -> Placed:
    """Return what a SimpleITK image holds, a copy.

    Raises
    ------
    InputError
        If it is none, or has several numbers a pixel that are no colours.
    """
    sitk = medical_package("SimpleITK", "SimpleITK", "from_itk()")
    if not isinstance(image, sitk.Image):
        raise InputError("not-of-library", argument=argument, value=shown(type(image)), kind="a SimpleITK.Image")
    array, ndim = sitk.GetArrayFromImage(image), image.GetDimension()
    colour = ndim == 2 and image.GetNumberOfComponentsPerPixel() in (3, 4)
    if image.GetNumberOfComponentsPerPixel() > 1 and not colour:
        value = f"of {image.GetNumberOfComponentsPerPixel()} numbers a pixel"
        raise InputError("several-numbers", argument=argument, value=value)
    pose = image.GetSpacing(), image.GetOrigin(), image.GetDirection()
    try:
        return flattened(Placed(array, grid_of_parts(array.shape[:ndim], *pose)))
    except BadGeometry as error:
        raise InputError("bad-geometry", argument=argument, value="a SimpleITK image", reason=str(error)) from error


def itk_of(array: NDArray[Any], grid: Grid, scale: float) -> Any:
    """Return a SimpleITK image of pixels on a grid, each of whose units is so many millimetres."""
    sitk = medical_package("SimpleITK", "SimpleITK", "to_itk()")
    image = sitk.GetImageFromArray(held(array), isVector=array.ndim > grid.ndim)
    image.SetSpacing([each * scale for each in reversed(grid.spacing)])
    image.SetOrigin([each * scale for each in reversed(grid.origin)])
    if grid.direction:
        image.SetDirection(np.array(grid.direction)[::-1, ::-1].ravel().tolist())
    return image


def placed_of_nibabel(image: Any, argument: str = "image", number: int | None = None) -> Placed:
    """Return what a nibabel image holds, or one volume of its series.

    Raises
    ------
    InputError
        If it is none, or a series of which none was chosen, or its voxels are no numbers.
    BadGeometry
        If its pose cannot be used.
    """
    if not hasattr(image, "dataobj") or not hasattr(image, "affine"):
        raise InputError("not-of-library", argument=argument, value=shown(type(image)), kind="an image of nibabel's")
    shape = tuple(image.shape) + (1,) * (3 - len(image.shape))
    if len(shape) > 4 and set(shape[4:]) != {1}:
        raise InputError("wrong-rank", argument=argument, value=shape)
    if len(shape) > 3 and shape[3] > 1 and number is None:
        raise InputError("series", argument=argument, value=shown(shape), last=shape[3] - 1)
    # The axes beyond the third have one element, or one of theirs is chosen: nothing else of a file is read.
    rest = ((number or 0), *[0] * (len(shape) - 4)) if len(shape) > 3 else ()
    voxels = np.asanyarray(image.dataobj[(slice(None),) * min(3, len(image.shape)) + rest])
    if voxels.dtype.kind not in "buif":
        raise InputError("not-an-image", argument=argument, value=f"an array of {voxels.dtype}")
    array = np.ascontiguousarray(voxels.reshape(shape[:3]).T)
    array = array.astype(array.dtype.newbyteorder("="), copy=False)
    affine, assumed = _pose_of(image)
    return flattened(Placed(array, grid_of_affine(RAS_TO_LPS @ affine, array.shape), assumed))


def _pose_of(image: Any) -> tuple[Floats, Assumed]:
    """Return the matrix from indices to millimetres (right, anterior, superior), and what was assumed."""
    affine = np.array(image.affine, float)
    header = image.header
    if not hasattr(header, "get_sform"):
        return affine, ()
    sform, qform = header.get_sform(coded=True), header.get_qform(coded=True)
    scale = millimetres(unit_spelled(header.get_xyzt_units()[0]) or "mm")
    affine[:3] *= scale
    if sform[1] and qform[1]:
        ends = np.array([[*np.unravel_index(k, (2, 2, 2)), 1] for k in range(8)], float)
        ends[:, :3] *= np.array((*image.shape, 1, 1)[:3]) - 1
        apart = np.sqrt((((sform[0] - qform[0]) @ ends.T)[:3] ** 2).sum(0)).max()
        # Both hold few digits.
        if apart > 1e-3 * max(header.get_zooms()[:3]):
            return affine, (("qform-differs", {"distance": f"{apart * scale:.3g}"}),)
    if not sform[1] and not qform[1]:
        return affine, (("no-orientation", {}),)
    return affine, ()


def held(array: NDArray[Any]) -> NDArray[Any]:
    """Return pixels in the dtype that files of volumes hold them in: all but booleans and half floats in their own."""
    kept = np.dtype({"bool": "u1", "float16": "f4"}.get(array.dtype.name, array.dtype.name))
    return array.astype(kept, copy=False)


def nibabel_of(array: NDArray[Any], grid: Grid, scale: float) -> Any:
    """Return a nibabel image of pixels on a grid, each of whose units is so many millimetres."""
    nibabel = medical_package("nibabel", "nibabel", "to_nibabel()")
    voxels = held(array)
    affine = RAS_TO_LPS @ affine_of_grid(grid, scale)
    image = nibabel.Nifti1Image(
        voxels.reshape((*(1,) * (3 - voxels.ndim), *voxels.shape)).T, affine, dtype=voxels.dtype
    )
    image.set_sform(affine, 1)
    image.set_qform(affine, 1)
    image.header.set_xyzt_units("mm")
    return image


def _short(values: Floats) -> str:
    return "(" + ", ".join(f"{each:g}" for each in values) + ")"
