"""Linear transforms of the plane as frozen values."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from superpose.errors import InputError
from superpose.transforms.base import as_point, as_points, real_numbers
from superpose.transforms.family import Family, families, family_named
from superpose.transforms.geometry import about, nearest_turn, pieces, turn

Floats = NDArray[np.float64]

# Beyond this ratio of the largest to the least stretch an inverse has no correct digit left.
MOST_ILL_CONDITIONED = 1e14
# A last row this near to (0, 0, 1) is one, with what rounding left.
FLAT = 1e-12


@dataclass(frozen=True, eq=False, repr=False)
class Linear:
    """A linear map of fixed points to moving points (pull), in (row, column) order.

    Make one with `translation`, `rigid`, `similarity`, `affine`, `homography` or `from_matrix`.

    A homography is linear on homogeneous points: what the matrix makes of (row, column, 1) is divided by its last
    number w. Its horizon is the line w = 0. What lies on the side of the `centre` is seen; points on the horizon or
    behind it are nowhere in moving, and are mapped to NaN.

    Parameters
    ----------
    matrix : array_like, shape (3, 3)
        Homogeneous matrix in axis order (row, column), free of any centre. It is kept with matrix[2, 2] == 1; only
        where point (0, 0) is not seen, with the largest magnitude 1, so that w > 0 is what is seen.
    family : {"translation", "rigid", "similarity", "affine", "homography"}
        The family the matrix belongs to.
    centre : tuple of float, optional
        The point about which `parameters` are stated; it changes no mapped point, but has to be one that is seen.
        Default (0, 0).

    Raises
    ------
    InputError
        If the matrix is not 3 x 3 and finite, does not belong to the family, or the centre is on its horizon.
    """

    matrix: Floats
    family: str = "affine"
    centre: tuple[float, float] = (0.0, 0.0)

    # `array @ transform` would try the array's elements one by one: it's refused instead.
    __array_ufunc__ = None

    def __post_init__(self) -> None:
        family = family_named(self.family, argument="family")
        centre = as_point(self.centre, "centre")
        matrix = normalised(checked_matrix(self.matrix, "matrix"), centre, "matrix")
        if not family.perspective:
            if not is_flat(matrix) or not _holds(family, matrix, centre):
                nearest = smallest_family(matrix)
                raise InputError(
                    "wrong-family", argument="matrix", value=matrix.tolist(), family=family.name, nearest=nearest
                )
            matrix[2] = (0, 0, 1)
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
            Moving points in (row, column) order; NaN where a homography's fixed point is not before its horizon.
        """
        points = as_points(points, "points")
        mapped: Floats = points @ self.matrix[:2, :2].T + self.matrix[:2, 2]
        if self.family != "homography":
            return mapped
        w = (points @ self.matrix[2, :2] + self.matrix[2, 2])[..., None]
        seen = np.full(mapped.shape, np.nan)
        np.divide(mapped, w, out=seen, where=w > 0)
        return seen

    def inverse(self) -> Linear:
        """Return the transform from moving points to fixed points, stated about the moved centre.

        Raises
        ------
        InputError
            If the matrix is singular.
        """
        if not np.linalg.cond(self._pieces[0]) < MOST_ILL_CONDITIONED:
            raise InputError("singular", argument="matrix", value=self.matrix.tolist())
        inverted: Floats = np.linalg.inv(self.matrix).astype(float)
        if self.family != "homography":
            inverted[2] = (0, 0, 1)
        moved = self(self.centre)
        return Linear(inverted, self.family, (moved[0], moved[1]))

    def __matmul__(self, other: Linear) -> Linear:
        """Return the composition: ``(a @ b)(x) == a(b(x))``, `b` first, stated about the centre of `b`.

        Raises
        ------
        InputError
            If `a` is a homography that does not see where `b` takes its centre: state `b` about another point.
        """
        if not isinstance(other, Linear):
            return NotImplemented
        wider = max(self.family, other.family, key=list(families()).index)
        matrix = self.matrix @ other.matrix
        check_seen(matrix, other.centre)
        return Linear(matrix, wider, other.centre)

    def about(self, centre: ArrayLike) -> Linear:
        """Return the same map with its `parameters` stated about another centre, (row, column).

        Raises
        ------
        InputError
            If it is no point, or one that a homography does not see.
        """
        row, column = as_point(centre, "centre")
        check_seen(self.matrix, (row, column))
        return Linear(self.matrix, self.family, (row, column))

    @property
    def _pieces(self) -> tuple[Floats, Floats, Floats]:
        """Linear part, perspective and shift about the centre."""
        return pieces(self.matrix, np.array(self.centre))

    @property
    def angle(self) -> float:
        """Rotation in radians; positive turns moving counter-clockwise against fixed, as displayed.

        A homography's angle and scale differ from point to point: these are the centre's.
        """
        return nearest_turn(self._pieces[0])[0]

    @property
    def scale(self) -> float:
        """How much larger moving shows the scene than fixed (1 for translations and rigid motions)."""
        if self.family in ("translation", "rigid"):
            return 1.0
        return float(np.sqrt(abs(np.linalg.det(self._pieces[0]))))

    @property
    def shift(self) -> Floats:
        """How far the centre moves, in pixels, (row, column)."""
        return self._pieces[2]

    @property
    def parameters(self) -> dict[str, Any]:
        """The numbers that make the transform, by name.

        ``shift`` (pixels, (row, column)) and ``centre`` always; ``angle`` (radians) for rigid and similarity,
        ``scale`` for similarity, ``linear`` (2 x 2) for affine. For homography ``matrix``, the nine numbers about the
        centre, free of the shift: ((a, b, 0), (c, d, 0), (g, h, 1)) takes centre + (y, x) to centre + shift +
        (a y + b x, c y + d x) / (1 + g y + h x).
        """
        found: dict[str, Any] = {}
        if self.family in ("rigid", "similarity"):
            found["angle"] = self.angle
        if self.family == "similarity":
            found["scale"] = self.scale
        if self.family == "affine":
            found["linear"] = self.matrix[:2, :2].tolist()
        if self.family == "homography":
            linear, perspective, _ = self._pieces
            found["matrix"] = [[*linear[0].tolist(), 0.0], [*linear[1].tolist(), 0.0], [*perspective.tolist(), 1.0]]
        row, column = self.shift
        return found | {"shift": (float(row), float(column)), "centre": self.centre}

    def distance(self, other: Linear, points: ArrayLike) -> float:
        """Return how far two transforms take any of `points` apart at the most, in pixels.

        It is infinite if only one of them sees a point, and a point that neither sees counts nothing.
        """
        ours, theirs = self(points), other(points)
        seen = ~np.isnan(ours) | ~np.isnan(theirs)
        apart = np.linalg.norm(np.where(seen, ours - theirs, 0.0), axis=-1)
        return float(np.where(np.isnan(apart), np.inf, apart).max())

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
        skimage.transform.EuclideanTransform, SimilarityTransform, AffineTransform or ProjectiveTransform
            The same map: output (x, y) to input (x, y).
        """
        from superpose.transforms.convert import to_skimage

        return to_skimage(self)

    def as_opencv(self) -> Floats:
        """Return the (x, y) 2 x 3 matrix for ``cv2.warpAffine(..., flags=cv2.WARP_INVERSE_MAP)``.

        A homography's is 3 x 3, for ``cv2.warpPerspective`` with the same flag.
        """
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
        If it is not a finite 3 x 3 matrix, or its last row is all zeros.
    """
    values = real_numbers(matrix)
    if values is None:
        raise InputError("bad-matrix", argument=argument, value=repr(matrix))
    values += 0.0  # -0.0 becomes 0.0, so that equal transforms have equal bytes
    if values.shape != (3, 3):
        raise InputError("bad-matrix", argument=argument, value=f"an array of shape {values.shape}")
    if not np.isfinite(values).all() or not values[2].any():
        raise InputError("bad-matrix", argument=argument, value=values.tolist())
    return values


def is_flat(matrix: Floats) -> bool:
    """Return whether the last row is (0, 0, 1) but for rounding."""
    return bool((np.abs(matrix[2] - (0, 0, 1)) <= FLAT).all())


def _w(matrix: Floats, point: ArrayLike) -> float:
    """Return w at a point over the most it could be there: its sign is the side of the horizon, 0 on it."""
    at = np.append(np.asarray(point, float), 1.0)
    most = float(np.abs(matrix[2]) @ np.abs(at))
    return float(matrix[2] @ at) / most if most else 0.0


def check_seen(matrix: Floats, centre: ArrayLike) -> None:
    """Refuse a centre on the horizon of `matrix` or behind it.

    Raises
    ------
    InputError
        If w is not positive there.
    """
    if not _w(matrix, centre) > FLAT:
        raise _unseen(matrix, centre, "transform")


def _unseen(matrix: Floats, centre: ArrayLike, argument: str) -> InputError:
    point = tuple(map(float, np.asarray(centre)))
    return InputError("behind-horizon", argument=argument, value=matrix.tolist(), centre=point)


def normalised(matrix: Floats, centre: Floats, argument: str) -> Floats:
    """Return the same map with w positive at the centre, and matrix[2, 2] == 1 where (0, 0) is seen too.

    Raises
    ------
    InputError
        If the centre is on the horizon.
    """
    if np.array_equal(matrix[2], (0, 0, 1)):
        return matrix
    side = _w(matrix, centre)
    if not abs(side) > FLAT:
        raise _unseen(matrix, centre, argument)
    matrix = np.copysign(1.0, side) * matrix
    sees_origin = matrix[2, 2] > 1e-9 * np.abs(matrix[2]).max()
    scaled: Floats = matrix / (matrix[2, 2] if sees_origin else np.abs(matrix).max())
    return scaled + 0.0  # no -0.0


def _holds(family: Family, matrix: Floats, centre: Floats) -> bool:
    """Return whether a matrix whose last row is (0, 0, 1) belongs to a family."""
    tolerance = 1e-9 * max(1.0, float(np.abs(matrix).max()))
    return np.allclose(family.project(matrix, centre), matrix, rtol=0, atol=tolerance)


def smallest_family(matrix: Floats) -> str:
    """Return the name of the smallest family that holds a normalised `matrix`."""
    if not is_flat(matrix):
        return "homography"
    origin = np.zeros(2)
    held = (family.name for family in families().values() if not family.perspective and _holds(family, matrix, origin))
    return next(held, "affine")


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


def homography(matrix: ArrayLike, shift: ArrayLike = (0, 0), centre: ArrayLike = (0, 0)) -> Linear:
    """Return the projective map of a 3 x 3 matrix about `centre`, followed by `shift`: a plane seen in perspective.

    Parameters
    ----------
    matrix : array_like, shape (3, 3)
        Takes fixed (row, column, 1) to moving (row, column, 1) but for a factor, both taken from the centre. Its
        scale means nothing.
    shift, centre : array_like, shape (2,), optional
        Pixels, (row, column). What lies on the centre's side of the horizon is seen.

    Examples
    --------
    >>> import superpose
    >>> tilted = superpose.homography([[1, 0, 0], [0, 1, 0], [0.001, 0, 1]], centre=(100, 100))
    >>> tilted([[100, 100], [200, 200], [0, 0]]).round(1)
    array([[100. , 100. ],
           [190.9, 190.9],
           [-11.1, -11.1]])
    """
    at, by = as_point(centre, "centre"), as_point(shift, "shift")
    to_centre, back = about(np.eye(2), -at, np.zeros(2)), about(np.eye(2), at + by, np.zeros(2))
    return Linear(back @ checked_matrix(matrix, "matrix") @ to_centre, "homography", (at[0], at[1]))


def from_matrix(matrix: ArrayLike, family: str | None = None, centre: ArrayLike = (0, 0)) -> Linear:
    """Return the transform of a 3 x 3 matrix in (row, column) order.

    Parameters
    ----------
    matrix : array_like, shape (3, 3)
        Maps fixed (row, column, 1) to moving (row, column, 1), but for a factor if it is projective.
    family : str, optional
        Default: the smallest family that holds it.
    centre : array_like, shape (2,), optional
        The point about which the parameters are stated. What lies on its side of a homography's horizon is seen.
    """
    row, column = as_point(centre, "centre")
    values = normalised(checked_matrix(matrix, "matrix"), np.array([row, column]), "matrix")
    return Linear(values, family or smallest_family(values), (row, column))
