"""Linear transforms of the plane as frozen values."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from superpose.errors import InputError
from superpose.transforms.base import as_point, as_points, real_numbers
from superpose.transforms.families import (
    FAMILIES,
    about,
    family_named,
    nearest_turn,
    shift_about,
    turn,
)

Floats = NDArray[np.float64]

# Beyond this ratio of the largest to the least stretch an inverse has no correct digit left.
MOST_ILL_CONDITIONED = 1e14


@dataclass(frozen=True, eq=False, repr=False)
class Linear:
    """A linear map of fixed points to moving points (pull), in (row, column) order.

    Make one with `translation`, `rigid`, `similarity`, `affine` or `from_matrix`.

    Parameters
    ----------
    matrix : array_like, shape (3, 3)
        Homogeneous matrix in axis order (row, column), free of any centre.
    family : {"translation", "rigid", "similarity", "affine"}
        The family the matrix belongs to.
    centre : tuple of float, optional
        The point about which `parameters` are stated; it changes no mapped point. Default (0, 0).

    Raises
    ------
    InputError
        If the matrix is not 3 x 3, finite and affine, or does not belong to the family.
    """

    matrix: Floats
    family: str = "affine"
    centre: tuple[float, float] = (0.0, 0.0)

    # `array @ transform` would try the array's elements one by one: it's refused instead.
    __array_ufunc__ = None

    def __post_init__(self) -> None:
        matrix = checked_matrix(self.matrix, "matrix")
        family = family_named(self.family, "family")
        centre = as_point(self.centre, "centre")
        scale = max(1.0, float(np.abs(matrix).max()))
        if not np.allclose(family.project(matrix, centre), matrix, rtol=0, atol=1e-9 * scale):
            nearest = smallest_family(matrix)
            raise InputError(
                "wrong-family", argument="matrix", value=matrix.tolist(), family=family.name, nearest=nearest
            )
        # A view of immutable bytes: nobody can make it writeable again.
        frozen = np.frombuffer(matrix.tobytes()).reshape(3, 3)
        object.__setattr__(self, "matrix", frozen)
        object.__setattr__(self, "family", family.name)
        object.__setattr__(self, "centre", (float(centre[0]), float(centre[1])))

    def __call__(self, points: ArrayLike) -> Floats:
        """Map fixed points to moving points.

        Parameters
        ----------
        points : array_like, shape (..., 2)
            Fixed points in (row, column) order.

        Returns
        -------
        ndarray of float64, shape (..., 2)
            Moving points in (row, column) order.
        """
        points = as_points(points, "points")
        return points @ self.matrix[:2, :2].T + self.matrix[:2, 2]

    def inverse(self) -> Linear:
        """Return the transform from moving points to fixed points, stated about the moved centre.

        Raises
        ------
        InputError
            If the matrix is singular.
        """
        if not np.linalg.cond(self.matrix[:2, :2]) < MOST_ILL_CONDITIONED:
            raise InputError("singular", argument="matrix", value=self.matrix.tolist())
        inverted: Floats = np.linalg.inv(self.matrix).astype(float)
        inverted[2] = (0, 0, 1)
        moved = self(self.centre)
        return Linear(inverted, self.family, (moved[0], moved[1]))

    def __matmul__(self, other: Linear) -> Linear:
        """Return the composition: ``(a @ b)(x) == a(b(x))``, `b` first."""
        if not isinstance(other, Linear):
            return NotImplemented
        wider = max(self.family, other.family, key=list(FAMILIES).index)
        return Linear(self.matrix @ other.matrix, wider, other.centre)

    def about(self, centre: ArrayLike) -> Linear:
        """Return the same map with its `parameters` stated about another centre, (row, column)."""
        row, column = as_point(centre, "centre")
        return Linear(self.matrix, self.family, (row, column))

    @property
    def angle(self) -> float:
        """Rotation in radians; positive turns moving counter-clockwise against fixed, as displayed."""
        return nearest_turn(self.matrix[:2, :2])[0]

    @property
    def scale(self) -> float:
        """How much larger moving shows the scene than fixed (1 for translations and rigid motions)."""
        return (
            1.0 if self.family in ("translation", "rigid") else float(np.sqrt(abs(np.linalg.det(self.matrix[:2, :2]))))
        )

    @property
    def shift(self) -> Floats:
        """How far the centre moves, in pixels, (row, column)."""
        return shift_about(self.matrix, np.array(self.centre))

    @property
    def parameters(self) -> dict[str, Any]:
        """The numbers that make the transform, by name.

        ``shift`` (pixels, (row, column)) and ``centre`` always; ``angle`` (radians) for rigid and similarity,
        ``scale`` for similarity, ``linear`` (2 x 2) for affine.
        """
        found: dict[str, Any] = {}
        if self.family in ("rigid", "similarity"):
            found["angle"] = self.angle
        if self.family == "similarity":
            found["scale"] = self.scale
        if self.family == "affine":
            found["linear"] = self.matrix[:2, :2].tolist()
        row, column = self.shift
        return found | {"shift": (float(row), float(column)), "centre": self.centre}

    def distance(self, other: Linear, points: ArrayLike) -> float:
        """Return how far two transforms take any of `points` apart at the most, in pixels."""
        return float(np.linalg.norm(self(points) - other(points), axis=-1).max())

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Linear):
            return NotImplemented
        return self.family == other.family and bool(np.array_equal(self.matrix, other.matrix))

    def __hash__(self) -> int:
        return hash((self.family, self.matrix.tobytes()))

    def __repr__(self) -> str:
        numbers = ", ".join(f"{name}={_short(value)}" for name, value in self.parameters.items())
        return f"<{self.family}: maps fixed points to moving points (pull), (row, column); {numbers}>"

    def __reduce__(self) -> tuple[Any, ...]:
        return Linear, (np.array(self.matrix), self.family, self.centre)

    def as_skimage(self) -> Any:
        """Return a `skimage.transform` object in (x, y) order, for ``skimage.transform.warp(moving, tf)``.

        Returns
        -------
        skimage.transform.EuclideanTransform, SimilarityTransform or AffineTransform
            The same map: output (x, y) to input (x, y).
        """
        from superpose.transforms.convert import to_skimage

        return to_skimage(self)

    def as_opencv(self) -> Floats:
        """Return the (x, y) 2 x 3 matrix for ``cv2.warpAffine(..., flags=cv2.WARP_INVERSE_MAP)``."""
        from superpose.transforms.convert import to_opencv

        return to_opencv(self)


def _short(value: Any) -> str:
    if isinstance(value, float):
        return f"{value:.6g}"
    return "(" + ", ".join(_short(item) for item in value) + ")"


def checked_matrix(matrix: ArrayLike, argument: str) -> Floats:
    """Return `matrix` as a new (3, 3) float64 array.

    Raises
    ------
    InputError
        If it is not a finite, affine 3 x 3 matrix.
    """
    values = real_numbers(matrix)
    if values is None:
        raise InputError("bad-matrix", argument=argument, value=repr(matrix))
    values += 0.0  # -0.0 becomes 0.0, so that equal transforms have equal bytes
    if values.shape != (3, 3):
        raise InputError("bad-matrix", argument=argument, value=f"an array of shape {values.shape}")
    if not np.isfinite(values).all() or not np.allclose(values[2], (0, 0, 1), rtol=0, atol=1e-12):
        raise InputError("bad-matrix", argument=argument, value=values.tolist())
    return values


def smallest_family(matrix: Floats) -> str:
    """Return the name of the smallest family that holds `matrix`."""
    tolerance = 1e-9 * max(1.0, float(np.abs(matrix).max()))
    origin = np.zeros(2)
    for family in FAMILIES.values():
        if np.allclose(family.project(matrix, origin), matrix, rtol=0, atol=tolerance):
            return family.name
    return "affine"


def translation(shift: ArrayLike) -> Linear:
    """Return the translation by `shift` pixels, (row, column).

    Parameters
    ----------
    shift : array_like, shape (2,)
        How far the moving point lies from the fixed one, (row, column).

    Returns
    -------
    Linear
        Of the family "translation".

    Examples
    --------
    >>> import superpose
    >>> superpose.translation((5, -2))([[0, 0]])
    array([[ 5., -2.]])
    """
    return Linear(about(np.eye(2), as_point(shift, "shift"), np.zeros(2)), "translation")


def rigid(angle: float, shift: ArrayLike = (0, 0), centre: ArrayLike = (0, 0)) -> Linear:
    """Return the rotation by `angle` about `centre`, followed by `shift`.

    Parameters
    ----------
    angle : float
        Radians; positive turns moving counter-clockwise against fixed, as displayed.
    shift, centre : array_like, shape (2,), optional
        Pixels, (row, column).
    """
    return _turned("rigid", angle, 1.0, shift, centre)


def similarity(angle: float, scale: float, shift: ArrayLike = (0, 0), centre: ArrayLike = (0, 0)) -> Linear:
    """Return the rotation by `angle` and magnification by `scale` about `centre`, followed by `shift`.

    Parameters
    ----------
    angle : float
        Radians; positive turns moving counter-clockwise against fixed, as displayed.
    scale : float
        Positive; 2 means that moving shows the scene twice as large as fixed.
    shift, centre : array_like, shape (2,), optional
        Pixels, (row, column).
    """
    return _turned("similarity", angle, scale, shift, centre)


def _turned(family: str, angle: float, scale: float, shift: ArrayLike, centre: ArrayLike) -> Linear:
    turned, larger = real_numbers(angle), real_numbers(scale)
    if turned is None or turned.ndim or not np.isfinite(turned):
        raise InputError("out-of-range", argument="angle", value=repr(angle), low="-pi", high="pi")
    if larger is None or larger.ndim or not np.isfinite(larger) or larger <= 0:
        raise InputError("out-of-range", argument="scale", value=repr(scale), low="just above 0", high="infinity")
    at = as_point(centre, "centre")
    linear = float(larger) * turn(float(turned))
    return Linear(about(linear, as_point(shift, "shift"), at), family, (at[0], at[1]))


def affine(linear: ArrayLike, shift: ArrayLike = (0, 0), centre: ArrayLike = (0, 0)) -> Linear:
    """Return ``x -> linear @ (x - centre) + centre + shift``.

    Parameters
    ----------
    linear : array_like, shape (2, 2)
        In (row, column) order.
    shift, centre : array_like, shape (2,), optional
        Pixels, (row, column).
    """
    part = real_numbers(linear)
    if part is None or part.shape != (2, 2) or not np.isfinite(part).all():
        raise InputError("bad-linear", argument="linear", value=repr(linear))
    at = as_point(centre, "centre")
    return Linear(about(part, as_point(shift, "shift"), at), "affine", (at[0], at[1]))


def from_matrix(matrix: ArrayLike, family: str | None = None, centre: ArrayLike = (0, 0)) -> Linear:
    """Return the transform of a 3 x 3 matrix in (row, column) order.

    Parameters
    ----------
    matrix : array_like, shape (3, 3)
        Maps fixed (row, column, 1) to moving (row, column, 1).
    family : str, optional
        Default: the smallest family that holds it.
    centre : array_like, shape (2,), optional
        The point about which the parameters are stated.
    """
    values = checked_matrix(matrix, "matrix")
    row, column = as_point(centre, "centre")
    return Linear(values, family or smallest_family(values), (row, column))
