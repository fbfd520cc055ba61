"""The formulas of poses, each once, for any number of axes.

A pose is a homogeneous matrix, shape (ndim + 1, ndim + 1), that takes fixed points to moving points in axis order. Its
type says which points these are. Which points a homography sees is no concern of this file but of
`superpose.transforms.matrix`: here every point is divided by its last number, whatever the sign of that is.
"""

from __future__ import annotations

import math
from typing import NewType, TypeVar, cast

import numpy as np
from numpy.typing import ArrayLike, NDArray

from superpose._arithmetic import matrices
from superpose._arithmetic.elementary import atan2, cos, cube_root, side_of, sin
from superpose._arithmetic.matrices import determinant, dot, matmul
from superpose.image import Grid

Floats = NDArray[np.float64]

# A homogeneous matrix from fixed to moving physical coordinates.
PhysicalMap = NewType("PhysicalMap", NDArray[np.float64])
# A homogeneous matrix from fixed to moving pixels, each image's pixels being those of one level.
IndexMap = NewType("IndexMap", NDArray[np.float64])

# What comes out is in the frame of what went in.
Map = TypeVar("Map", bound=NDArray[np.float64])
# Poses that are compared are in the same frame, and say which.
Framed = TypeVar("Framed", PhysicalMap, IndexMap)


# --- matrices -----------------------------------------------------------------------------------------------


def about(linear: Floats, shift: Floats, centre: Floats) -> Floats:
    """Return the homogeneous matrix of ``x -> linear @ (x - centre) + centre + shift``."""
    if len(centre) == 2:  # made a thousand times by a search
        ((a, b), (c, d)), (y, x), (down, right) = (np.asarray(each).tolist() for each in (linear, centre, shift))
        return np.array([[a, b, y + down - (a * y + b * x)], [c, d, x + right - (c * y + d * x)], [0.0, 0.0, 1.0]])
    matrix = np.eye(len(centre) + 1)
    matrix[:-1, :-1] = linear
    matrix[:-1, -1] = centre + shift - matmul(linear, centre)
    return matrix


def shifted_on(pose: PhysicalMap, shift: tuple[float, ...], grid: Grid) -> PhysicalMap:
    """Return a pose that takes each point of a grid where the pose takes the one `shift` of its pixels further on."""
    by_shift = about(np.eye(len(shift)), np.array(shift, float), np.zeros(len(shift)))
    return PhysicalMap(matmul(pose, grid.index_to_physical, by_shift, grid.physical_to_index))


def projective(linear: Floats, perspective: Floats, shift: Floats, centre: Floats) -> Floats:
    """Return the matrix of ``centre + d -> centre + shift + linear @ d / (1 + perspective @ d)``."""
    moved = centre + shift
    matrix = np.empty((len(centre) + 1, len(centre) + 1))
    matrix[:-1, :-1] = linear + np.multiply.outer(moved, perspective)
    matrix[:-1, -1] = moved - matmul(matrix[:-1, :-1], centre)
    matrix[-1, :-1] = perspective
    matrix[-1, -1] = 1 - dot(perspective, centre)
    return matrix


def pieces(matrix: Floats, centre: Floats) -> tuple[Floats, Floats, Floats]:
    """Return the linear part, perspective and shift about a centre (inverse of `projective`).

    The linear part is the map's derivative at the centre: the matrix's own where it is affine.
    """
    w = dot(matrix[-1, :-1], centre) + matrix[-1, -1]
    moved = (matmul(matrix[:-1, :-1], centre) + matrix[:-1, -1]) / w
    perspective = matrix[-1, :-1] / w
    return matrix[:-1, :-1] / w - np.multiply.outer(moved, perspective), perspective, moved - centre


def is_affine(matrix: Floats) -> bool:
    """Return whether the last row is exactly (0, ..., 0, 1)."""
    return bool(matrix[-1, -1] == 1 and not matrix[-1, :-1].any())


def normalised(matrix: Map) -> Map:
    """Return the same map with 1 as the last number of its last row."""
    return cast(Map, matrix / matrix[-1, -1])


def inverse(matrix: Map) -> Map:
    """Return the map from moving to fixed, normalised; it is exactly affine where `matrix` is."""
    inverted = normalised(cast(Map, matrices.inverse(matrix)))
    if is_affine(matrix):
        inverted[-1, :-1] = 0.0
    return inverted


def to_index(pose: PhysicalMap, fixed: Grid, moving: Grid) -> IndexMap:
    """Return a pose between physical coordinates as one between the pixels of two grids."""
    if fixed.direction or moving.direction:
        return IndexMap(matmul(moving.physical_to_index, pose, fixed.index_to_physical))
    out = pose * [*fixed.spacing, 1.0]
    out[:, -1] += matmul(pose[:, :-1], np.array(fixed.origin))
    out[:-1] = ((out[:-1].T - np.multiply.outer(out[-1], moving.origin)) / moving.spacing).T
    return IndexMap(out)


def to_physical(pose: IndexMap, fixed: Grid, moving: Grid) -> PhysicalMap:
    """Return a pose between the pixels of two grids as one between physical coordinates."""
    if fixed.direction or moving.direction:
        return PhysicalMap(matmul(moving.index_to_physical, pose, fixed.physical_to_index))
    out = pose / [*fixed.spacing, 1.0]
    out[:, -1] -= matmul(out[:, :-1], np.array(fixed.origin))
    out[:-1] = (out[:-1].T * moving.spacing + np.multiply.outer(out[-1], moving.origin)).T
    return PhysicalMap(out)


# --- rotations and scale ------------------------------------------------------------------------------------


def turn(angle: float) -> Floats:
    """Return the 2 x 2 rotation by `angle` radians; positive is counter-clockwise as displayed."""
    c, s = cos(float(angle)), sin(float(angle))
    return np.array([[c, -s], [s, c]])


def nearest_turn(linear: Floats) -> tuple[float, float]:
    """Return the angle (radians) and scale of the similarity nearest to a 2 x 2 matrix (least squares)."""
    (a, b), (c, d) = linear.tolist()
    real, imaginary = a + d, c - b
    return atan2(imaginary, real), math.hypot(real, imaginary) / 2


def heading(linear: Floats) -> tuple[float, float, float]:
    """Return the angle's cosine and sine, and the scale, of the similarity nearest to a 2 x 2 matrix: no angle."""
    (a, b), (c, d) = linear.tolist()
    size = math.hypot(a + d, c - b)
    return ((a + d) / size, (c - b) / size, size / 2) if size else (1.0, 0.0, 0.0)


def rotation(vector: Floats) -> Floats:
    """Return the rotation matrix of a rotation vector.

    Parameters
    ----------
    vector : ndarray, shape (1,) or (3,)
        In radians. In 2D the angle, as of `turn`. In 3D the axis in axis order, as long as the angle: about the first
        axis, positive turns the other two as `turn` does.
    """
    if len(vector) == 1:
        return turn(vector[0])
    from scipy.spatial.transform import Rotation

    return np.asarray(Rotation.from_rotvec(vector).as_matrix(), float)


def nearest_rotation(linear: Floats) -> tuple[Floats, float]:
    """Return the rotation vector and scale of the similarity nearest to a square matrix (least squares).

    Returns
    -------
    vector : ndarray, shape (1,) or (3,)
        As `rotation` takes it, no longer than pi.
    scale : float
        Not negative; 0 if the nearest similarity is a point.
    """
    if len(linear) == 2:
        angle, scale = nearest_turn(linear)
        return np.array([angle]), scale
    from scipy.spatial.transform import Rotation

    left, strengths, right = np.linalg.svd(linear)
    signs = np.ones(len(linear))
    # A rotation never mirrors: of a mirrored matrix the weakest axis is given up.
    signs[-1] = np.copysign(1.0, np.linalg.det(left) * np.linalg.det(right))
    turned = Rotation.from_matrix((left * signs) @ right)
    return np.asarray(turned.as_rotvec(), float), float(strengths @ signs) / len(linear)


def volume_ratio(matrix: Floats) -> float:
    """Return how many times larger moving shows a piece of the scene: its area in 2D, its volume in 3D.

    The matrix is normalised. A homography's ratio differs from place to place: this is its matrix's.
    """
    return abs(determinant(matrix[:-1, :-1]))


def scale_of(matrix: Floats) -> float:
    """Return how many times longer moving shows the scene, the geometric mean over its axes."""
    return mean_stretch(matrix[:-1, :-1])


def mean_stretch(linear: Floats) -> float:
    """Return how many times longer a linear map makes things: the geometric mean over the axes of its SVD."""
    return side_of(abs(determinant(linear)), len(linear))


def mirrored(matrix: Floats) -> bool:
    """Return whether moving shows the scene as a mirror does."""
    return determinant(matrix[:-1, :-1]) < 0


def squared_side(volume: float, ndim: int) -> float:
    """Return the square of the side of a square, or cube, of some volume."""
    return volume if ndim == 2 else cube_root(volume) * cube_root(volume)


# --- points -------------------------------------------------------------------------------------------------


def apply(matrix: Floats, points: ArrayLike) -> Floats:
    """Return where a map takes points, shape (..., ndim); infinite or NaN for those on its horizon."""
    at = np.asarray(points, float)
    mapped = np.einsum("...j,ij->...i", at, matrix[:, :-1]) + matrix[:, -1]
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.asarray(mapped[..., :-1] / mapped[..., -1:], float)


def group_size(ndim: int) -> int:
    """Return how many numbers a step of all maps has: those of the affine ones, in a plane a perspective's as well."""
    return ndim * (ndim + 1) + (ndim if ndim == 2 else 0)


def velocities(generators: Floats, points: Floats) -> Floats:
    """Return how fast ``exp(t * generator)`` moves points at t = 0.

    Parameters
    ----------
    generators : ndarray, shape (m, ndim + 1, ndim + 1)
        Of one-parameter groups of homogeneous matrices.
    points : ndarray, shape (n, ndim)
        Where.

    Returns
    -------
    ndarray, shape (n, ndim, m)
        In the unit of the points.
    """
    rates: Floats = np.einsum("mij,nj->nim", generators, np.column_stack([points, np.ones(len(points))]))
    return np.ascontiguousarray(rates[:, :-1] - points[:, :, None] * rates[:, -1:])


def max_corner_distance(a: Framed, b: Framed, fixed: Grid) -> float:
    """Return how far apart two poses take any corner of the fixed image, in pixels of it.

    Parameters
    ----------
    a, b : PhysicalMap or IndexMap
        The scale is that of `a`.
    fixed : Grid
        Of the fixed image; for poses in pixels, ``Grid(shape)``.

    Returns
    -------
    float
        Infinite if one of them takes a corner to its horizon.
    """
    gap = float(np.sqrt((_corner_gaps(a, b, fixed) ** 2).sum(1)).max())
    size = side_of(_pixel_volume(a, fixed), fixed.ndim)
    return gap / max(size, 1e-9) if np.isfinite(gap) else np.inf


def rms_corner_distance(a: Framed, b: Framed, fixed: Grid) -> float:
    """Return how far apart two poses take the corners of the fixed image, root mean square, in pixels of it.

    Parameters
    ----------
    a, b, fixed
        As of `max_corner_distance`.
    """
    gaps = _corner_gaps(a, b, fixed)
    return float(np.sqrt((gaps**2).sum(1).mean() / squared_side(_pixel_volume(a, fixed), fixed.ndim)))


def _corner_gaps(a: Floats, b: Floats, fixed: Grid) -> Floats:
    with np.errstate(invalid="ignore"):
        return apply(a, fixed.corners) - apply(b, fixed.corners)


def _pixel_volume(pose: Floats, fixed: Grid) -> float:
    """Return the volume that a pose gives a pixel of fixed, in moving's coordinates."""
    return volume_ratio(pose) * float(np.prod(fixed.spacing))
