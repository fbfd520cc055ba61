"""Transforms that a homogeneous matrix makes, as frozen values."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from superpose._arithmetic.matrices import determinant, inverse, matmul, norm
from superpose._checks import asked, called
from superpose._names import public
from superpose._spatial import Image
from superpose.errors import InputError, shown
from superpose.grid import Grid
from superpose.transforms.base import Transform, as_offset, as_point, as_points, axes_in_words, in_range, real_numbers
from superpose.transforms.convert import grid_of, in_millimetres, to_itk, to_ndimage, to_nifti, to_opencv, to_skimage
from superpose.transforms.family import Family, families, family_named
from superpose.transforms.geometry import mean_stretch, nearest_rotation, pieces
from superpose.transforms.homogeneous import check_seen, flat_row, is_flat, oriented

Floats = NDArray[np.float64]


@public
@dataclass(frozen=True, eq=False, repr=False)
class MatrixTransform:
    """A map of fixed points to moving points (pull) by a homogeneous matrix, of images or of volumes.

    Make one with `translation`, `rigid`, `similarity`, `affine`, `homography` or `from_matrix`. Coordinates are in axis
    order: (row, column), or (plane, row, column).

    A homography (of images only) is linear on homogeneous points: what the matrix makes of (row, column, 1) is divided
    by its last number w. Its horizon is the line w = 0. What lies on the side of the `centre` is seen; points on the
    horizon or behind it are nowhere in moving, and are mapped to NaN.

    Parameters
    ----------
    matrix : array_like, shape (ndim + 1, ndim + 1)
        Homogeneous matrix in axis order, free of any centre, for 2 or 3 axes. It is kept with 1 as its last number;
        only where a homography does not see point (0, 0), with the largest magnitude 1, so that w > 0 is what is seen.
    family : {"translation", "rigid", "similarity", "affine", "homography"}
        The family the matrix belongs to.
    centre : tuple of float, optional
        The point about which `parameters` are stated; it changes no mapped point, but has to be one that is seen.
        Default: the origin.

    Raises
    ------
    InputError
        If the matrix is not of that shape and finite, does not belong to the family, or the centre is on its horizon.
    """

    matrix: Floats
    family: str = "affine"
    centre: tuple[float, ...] = ()

    # `array @ transform` would try the array's elements one by one: it's refused instead.
    __array_ufunc__ = None

    def __post_init__(self) -> None:
        matrix = checked_matrix(self.matrix, "matrix")
        family = family_named(self.family, len(matrix) - 1, "family")
        centre = as_offset(self.centre, "centre", family.ndim)
        matrix = oriented(matrix, centre, "matrix")
        if not family.perspective:
            if not is_flat(matrix) or not _holds(family, matrix, centre):
                nearest = smallest_family(matrix)
                raise InputError(
                    "wrong-family", argument="matrix", value=matrix.tolist(), family=family.name, nearest=nearest
                )
            matrix[-1] = flat_row(family.ndim)
        # A view of immutable bytes: nobody can make it writeable again.
        frozen = np.frombuffer(matrix.tobytes()).reshape(matrix.shape)
        object.__setattr__(self, "matrix", frozen)
        object.__setattr__(self, "family", family.name)
        object.__setattr__(self, "centre", tuple(map(float, centre)))

    @property
    def ndim(self) -> int:
        """Number of coordinates of a point."""
        return len(self.matrix) - 1

    @property
    def kind(self) -> Family:
        """The family as a value, which says what its members may do."""
        return family_named(self.family, self.ndim)

    def __call__(self, points: ArrayLike) -> Floats:
        """Map fixed points to moving points.

        Parameters
        ----------
        points : array_like, shape (..., ndim)
            Fixed points in axis order.

        Returns
        -------
        ndarray of float64, shape (..., ndim)
            Moving points in axis order; NaN where a homography's fixed point is not before its horizon.
        """
        points = as_points(points, "points", self.ndim)
        mapped: Floats = np.einsum("...j,ij->...i", points, self.matrix[:-1, :-1]) + self.matrix[:-1, -1]
        if not self.kind.perspective:
            return mapped
        w = self._weights(points)[..., None]
        seen = np.full(mapped.shape, np.nan)
        np.divide(mapped, w, out=seen, where=w > 0)
        return seen

    def jacobian(self, points: ArrayLike) -> Floats:
        """Return how moving coordinates change with fixed ones.

        Parameters
        ----------
        points : array_like, shape (..., ndim)
            Fixed points in axis order.

        Returns
        -------
        ndarray of float64, shape (..., ndim, ndim)
            The derivative of each moving coordinate (rows) by each fixed one (columns): the matrix's linear part, but
            for a homography, whose derivative differs from point to point and is NaN where it does not see one.
        """
        points = as_points(points, "points", self.ndim)
        if not self.kind.perspective:
            return np.tile(self.matrix[:-1, :-1], (*points.shape[:-1], 1, 1))
        w = self._weights(points)
        slopes: Floats = self.matrix[:-1, :-1] - self(points)[..., None] * self.matrix[-1, :-1]
        return slopes / np.where(w > 0, w, np.nan)[..., None, None]

    def inverse(self) -> MatrixTransform:
        """Return the transform from moving points to fixed points, stated about the point that the centre is mapped to.

        Raises
        ------
        InputError
            If the matrix is singular.
        """
        # Beyond this ratio of the largest to the least stretch an inverse has no correct digit left.
        linear = self._pieces[0]
        # How far it is from singular, but for a factor of its size.
        if not determinant(linear) or not norm(linear.ravel()) * norm(inverse(linear).ravel()) < 1e14:
            raise InputError("singular", argument="matrix", value=self.matrix.tolist())
        inverted: Floats = inverse(self.matrix)
        if not self.kind.perspective:
            inverted[-1] = flat_row(self.ndim)
        return MatrixTransform(inverted, self.family, tuple(self(self.centre)))

    def __matmul__(self, other: MatrixTransform) -> MatrixTransform:
        """Return the composition: ``(a @ b)(x) == a(b(x))``, `b` first, stated about the centre of `b`.

        Raises
        ------
        InputError
            If the two are not of the same number of axes, or if `a` is a homography that does not see where `b` takes
            its centre: state `b` about another point.
        """
        if not isinstance(other, MatrixTransform):
            return NotImplemented
        wider = max(self.kind, other.kind, key=lambda kind: kind.size)
        matrix = matmul(self.matrix, checked_matrix(other.matrix, "the transform on the right", self.ndim))
        check_seen(matrix, other.centre)
        return MatrixTransform(matrix, wider.name, other.centre)

    def about(self, centre: ArrayLike) -> MatrixTransform:
        """Return the same map with its `parameters` stated about another centre.

        Raises
        ------
        InputError
            If it is no point, or one that a homography does not see.
        """
        at = as_point(centre, "centre", self.ndim)
        check_seen(self.matrix, at)
        return MatrixTransform(self.matrix, self.family, tuple(at))

    def _weights(self, points: Floats) -> Floats:
        """Return what a homography divides points by: positive for those that it sees."""
        return np.asarray(np.einsum("...j,j->...", points, self.matrix[-1, :-1]) + self.matrix[-1, -1])

    @property
    def _pieces(self) -> tuple[Floats, Floats, Floats]:
        """Linear part, perspective and shift about the centre."""
        return pieces(self.matrix, np.array(self.centre))

    @property
    def angle(self) -> float | Floats:
        """Rotation in radians: a float in 2D, a rotation vector (ndarray of 3 float64) in 3D.

        In 2D positive turns moving counter-clockwise against fixed, as displayed. The vector points along the axis, in
        axis order, and is as long as the angle, at most pi; one along the first axis turns the displayed planes as a
        positive angle does. A homography's angle and scale differ from point to point: these are the centre's.
        """
        vector = nearest_rotation(self._pieces[0])[0]
        return float(vector[0]) if self.ndim == 2 else vector

    @property
    def scale(self) -> float:
        """How much larger moving shows the scene than fixed (1 for translations and rigid motions)."""
        return mean_stretch(self._pieces[0]) if self.kind.scales else 1.0

    @property
    def shift(self) -> Floats:
        """How far the centre moves, in pixels, shape (ndim,)."""
        return self._pieces[2]

    @property
    def parameters(self) -> dict[str, Any]:
        """The numbers that make the transform, by name.

        ``shift`` (pixels, in axis order) and ``centre`` always; ``angle`` (radians; a rotation vector in 3D) for rigid
        and similarity, ``scale`` for similarity, ``linear`` (ndim x ndim) for affine. For homography ``matrix``, the
        nine numbers about the centre, free of the shift: ((a, b, 0), (c, d, 0), (g, h, 1)) takes centre + (y, x) to
        centre + shift + (a y + b x, c y + d x) / (1 + g y + h x).
        """
        numbers: dict[str, Any] = {}
        if self.kind.perspective:
            linear, perspective, _ = self._pieces
            numbers["matrix"] = [*([*row, 0.0] for row in linear.tolist()), [*perspective.tolist(), 1.0]]
        elif self.kind.shears:
            numbers["linear"] = self.matrix[:-1, :-1].tolist()
        elif self.kind.turns:
            vector = tuple(nearest_rotation(self._pieces[0])[0].tolist())
            numbers["angle"] = vector[0] if self.ndim == 2 else vector
            if self.kind.scales:
                numbers["scale"] = self.scale
        return numbers | {"shift": tuple(self.shift.tolist()), "centre": self.centre}

    def distance(self, other: Transform, points: ArrayLike) -> float:
        """Return how far two transforms take any of `points` apart at the most, in pixels.

        It is infinite if only one of them sees a point, and a point that neither sees counts nothing.
        """
        ours = self(points)
        returned = called("other", other, points)
        theirs = asked("other", lambda: np.asarray(returned, float))
        if theirs.shape != ours.shape:
            expected = f"points as it was given, of shape {ours.shape}"
            raise InputError("bad-callable", argument="other", value=f"shape {theirs.shape}", expected=expected)
        seen = ~np.isnan(ours) | ~np.isnan(theirs)
        apart = np.linalg.norm(np.where(seen, ours - theirs, 0.0), axis=-1)
        return float(np.where(np.isnan(apart), np.inf, apart).max())

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, MatrixTransform):
            return NotImplemented
        return self.family == other.family and bool(np.array_equal(self.matrix, other.matrix))

    def __hash__(self) -> int:
        return hash((self.family, self.matrix.tobytes()))

    def __repr__(self) -> str:
        numbers = ", ".join(f"{name}={_short(value)}" for name, value in self.parameters.items())
        return f"<{self.family}: maps fixed points to moving points (pull), {axes_in_words(self.ndim)}; {numbers}>"

    def __reduce__(self) -> tuple[Any, ...]:
        return MatrixTransform, (np.array(self.matrix), self.family, self.centre)

    def as_skimage(self) -> Any:
        """Return a `skimage.transform` object in (x, y) or (x, y, z) order, for ``skimage.transform.warp(moving, tf)``.

        Returns
        -------
        skimage.transform.EuclideanTransform, SimilarityTransform, AffineTransform or ProjectiveTransform
            The same map: output (x, y) to input (x, y).

        Raises
        ------
        MissingPackageError
            If scikit-image is not installed: ``pip install "superpose[demo]"``.
        """
        return to_skimage(self.matrix, self.kind)

    def as_opencv(self) -> Floats:
        """Return the (x, y) 2 x 3 matrix for ``cv2.warpAffine(..., flags=cv2.WARP_INVERSE_MAP)``.

        A homography's is 3 x 3, for ``cv2.warpPerspective`` with the same flag. In 3D it is 3 x 4, in (x, y, z) order,
        for ``cv2.transform``.
        """
        return to_opencv(self.matrix, self.kind)

    def as_itk(self, unit: str = "") -> Any:
        """Return a `SimpleITK.AffineTransform` for ``SimpleITK.Resample(moving, fixed, transform)``.

        It maps fixed points to moving points in ITK's (x, y, z) order, as images that `superpose.read` returned lie, or
        those of `Image.to_itk`.

        Parameters
        ----------
        unit : str
            What the transform's points are measured in, such as `Registration.unit`, if that is not millimetres.

        Raises
        ------
        InputError
            If it is a homography, or it is not known how many millimetres the unit is.
        MissingPackageError
            If SimpleITK is not installed: ``pip install "superpose[medical]"``.
        """
        return to_itk(in_millimetres(self.matrix, unit), self.kind)

    def as_nifti(self, unit: str = "") -> Floats:
        """Return the 4 x 4 matrix from fixed to moving points of NIfTI's world: x to the right, y to the front, z up.

        nibabel and nilearn show moving where fixed lies with ``inv(matrix) @ moving.affine`` as moving's affine.

        Parameters
        ----------
        unit : str
            As for `as_itk`.

        Raises
        ------
        InputError
            As `as_itk`.
        """
        return to_nifti(in_millimetres(self.matrix, unit), self.kind)

    def as_ndimage(self, fixed: Grid | Image, moving: Grid | Image) -> tuple[Floats, Floats]:
        """Return matrix and offset from fixed pixels to moving pixels.

        They are for ``scipy.ndimage.affine_transform(moving, matrix, offset, output_shape=fixed.shape)``.

        Parameters
        ----------
        fixed, moving : Grid or Image
            Where the pixels of both lie. `moving`'s unit is taken to fixed's, as `register` takes it.

        Raises
        ------
        InputError
            If it is a homography, or the grids are of another number of axes.
        """
        return to_ndimage(self.matrix, self.kind, grid_of(fixed, "fixed"), grid_of(moving, "moving"))


def _short(value: Any) -> str:
    if isinstance(value, float):
        return f"{value:.6g}"
    return "(" + ", ".join(_short(item) for item in value) + ")"


def matrix_transform(transform: Transform, argument: str = "transform") -> MatrixTransform:
    """Return a transform that a matrix makes.

    Raises
    ------
    InputError
        If no matrix makes it.
    """
    if not isinstance(transform, MatrixTransform):
        raise InputError("no-matrix", argument=argument, value=shown(transform))
    return transform


def checked_matrix(matrix: ArrayLike, argument: str, ndim: int | None = None) -> Floats:
    """Return `matrix` as a new float64 array, (ndim + 1, ndim + 1), of 2 or 3 axes unless `ndim` says of how many.

    Raises
    ------
    InputError
        If it has another shape or is not finite, or its last row is all zeros.
    """
    sizes = "3 x 3 matrix (4 x 4 in 3D)" if ndim is None else f"{ndim + 1} x {ndim + 1} matrix"
    values = real_numbers(matrix)
    if values is None:
        raise InputError("bad-matrix", argument=argument, value=shown(matrix), sizes=sizes)
    values += 0.0  # -0.0 becomes 0.0, so that equal transforms have equal bytes
    if values.shape not in [(n + 1, n + 1) for n in ((2, 3) if ndim is None else (ndim,))]:
        raise InputError("bad-matrix", argument=argument, value=f"an array of shape {values.shape}", sizes=sizes)
    if not in_range(values) or not values[-1].any():
        raise InputError("bad-matrix", argument=argument, value=values.tolist(), sizes=sizes)
    return values


def _holds(family: Family, matrix: Floats, centre: Floats) -> bool:
    """Return whether a matrix whose last row is (0, ..., 0, 1) belongs to a family."""
    tolerance = 1e-9 * max(1.0, float(np.abs(matrix).max()))
    return bool((np.abs(family.project(matrix, centre) - matrix) <= tolerance).all())


def smallest_family(matrix: Floats) -> str:
    """Return the name of the smallest family that holds an `oriented` matrix.

    Raises
    ------
    InputError
        If it is a homography of volumes.
    """
    ndim = len(matrix) - 1
    if not is_flat(matrix):
        return family_named("homography", ndim, "family").name
    origin = np.zeros(ndim)
    held = (each.name for each in families(ndim).values() if not each.perspective and _holds(each, matrix, origin))
    return next(held, "affine")
