"""Where points of a panorama lie in one of its images, all taken from one viewpoint."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from superpose._arithmetic.elementary import angles_of, sines_of
from superpose._arithmetic.matrices import determinant
from superpose._names import lookup, public
from superpose.errors import InputError, shown
from superpose.transforms.base import as_point, as_points, real_numbers

Floats = NDArray[np.float64]
PROJECTIONS = ("cylinder", "sphere")


@public
@dataclass(frozen=True, eq=False)
class ViewTransform:
    """A map from points of a panorama (fixed) to points of one of its images (moving).

    A point of the panorama is a direction: its column, divided by the focal length, is the angle to the right; its row
    is the angle downwards likewise (sphere), or that angle's tangent (cylinder). (0, 0) lies straight ahead.

    Parameters
    ----------
    projection : {"cylinder", "sphere"}
        What the panorama is unrolled from.
    rotation : array_like, shape (3, 3)
        From directions of the panorama to those of the image, (down, right, ahead).
    focal : float
        The focal length, in pixels, of the image; and how many pixels of the panorama an angle of one radian has.
    centre : tuple of float
        Where the image looks straight ahead, (row, column).

    Raises
    ------
    InputError
        If the projection is not known, the matrix is no rotation, or the focal length not positive.
    """

    projection: str
    rotation: Floats
    focal: float
    centre: tuple[float, float]

    __array_ufunc__ = None

    def __post_init__(self) -> None:
        name = lookup("projection", self.projection, {each: each for each in PROJECTIONS})
        rotation = real_numbers(self.rotation)
        if rotation is None or rotation.shape != (3, 3) or not _is_rotation(rotation):
            raise InputError("no-rotation", argument="rotation", value=shown(self.rotation))
        focal = real_numbers(self.focal)
        if focal is None or focal.shape or not 0 < focal < 1e9:
            raise InputError("bad-focal", argument="focal", value=shown(self.focal))
        centre = as_point(self.centre, "centre")
        object.__setattr__(self, "projection", name)
        object.__setattr__(self, "rotation", np.frombuffer(rotation.tobytes()).reshape(3, 3))
        object.__setattr__(self, "focal", float(focal))
        object.__setattr__(self, "centre", (float(centre[0]), float(centre[1])))

    @property
    def ndim(self) -> int:
        """Number of coordinates of a point."""
        return 2

    def __call__(self, points: ArrayLike) -> Floats:
        """Map points of the panorama to points of the image, shape (..., 2); NaN for those behind it."""
        return self._seen(self._turned(self._directions(as_points(points, "points"))))

    def inverse(self) -> ImageToPanorama:
        """Return the transform from points of the image to points of the panorama."""
        return ImageToPanorama(self)

    def jacobian(self, points: ArrayLike) -> Floats:
        """Return the derivative of the image's coordinates by the panorama's, shape (..., 2, 2)."""
        at = as_points(points, "points") / self.focal
        (s, c), one = sines_of(at[..., 1]), np.ones(at.shape[:-1])
        if self.projection == "sphere":
            up, level = sines_of(at[..., 0])
            there = np.stack([up, level * s, level * c], -1)
            rates = [[level, -up * s, -up * c], [0 * one, level * c, -level * s]]
        else:
            there = np.stack([at[..., 0], s, c], -1)
            rates = [[one, 0 * one, 0 * one], [0 * one, c, -s]]
        ahead = self._turned(there)
        turned = self._turned(np.stack([np.stack(each, -1) for each in rates], -2))
        depth = np.where(ahead[..., 2] > 0, ahead[..., 2], np.nan)[..., None, None]
        slopes = (turned[..., :2] - turned[..., 2:] * ahead[..., None, :2] / depth) / depth
        return np.asarray(slopes.swapaxes(-1, -2))

    def _directions(self, points: Floats) -> Floats:
        rows, columns = points[..., 0] / self.focal, points[..., 1] / self.focal
        s, c = sines_of(columns)
        if self.projection == "cylinder":
            return np.stack([rows, s, c], -1)
        up, level = sines_of(rows)
        return np.stack([up, level * s, level * c], -1)

    def _turned(self, directions: Floats) -> Floats:
        return np.asarray(np.einsum("...j,ij->...i", directions, self.rotation))

    def _seen(self, directions: Floats) -> Floats:
        depth = np.where(directions[..., 2:] > 0, directions[..., 2:], np.nan)
        return np.asarray(self.focal * (directions[..., :2] / depth) + np.array(self.centre))

    def __repr__(self) -> str:
        return f"<view on a {self.projection}: focal length {self.focal:.6g} px, centre {self.centre}>"

    def __reduce__(self) -> tuple[object, ...]:
        return ViewTransform, (self.projection, np.array(self.rotation), self.focal, self.centre)


@dataclass(frozen=True, eq=False)
class ImageToPanorama:
    """A map from points of an image (fixed) to points of its panorama (moving)."""

    view: ViewTransform

    @property
    def ndim(self) -> int:
        """Number of coordinates of a point."""
        return 2

    def __call__(self, points: ArrayLike) -> Floats:
        """Map points of the image to points of the panorama, shape (..., 2), up to half a turn to either side."""
        view, at = self.view, as_points(points, "points")
        ahead = np.concatenate([(at - np.array(view.centre)) / view.focal, np.ones((*at.shape[:-1], 1))], -1)
        down, right, on = np.moveaxis(np.einsum("...j,ji->...i", ahead, view.rotation), -1, 0)
        level = np.sqrt(right * right + on * on)
        columns = view.focal * angles_of(right, on)
        if view.projection == "sphere":
            rows = view.focal * angles_of(down, level)
        else:
            rows = view.focal * (down / np.where(level > 0, level, np.nan))
        return np.stack([rows, columns], -1)

    def inverse(self) -> ViewTransform:
        """Return the transform from points of the panorama to points of the image."""
        return self.view

    def jacobian(self, points: ArrayLike) -> Floats:
        """Return the derivative of the panorama's coordinates by the image's, shape (..., 2, 2)."""
        slopes = self.view.jacobian(self(points))
        a, b, c, d = slopes[..., 0, 0], slopes[..., 0, 1], slopes[..., 1, 0], slopes[..., 1, 1]
        adjugate = np.stack([np.stack([d, -b], -1), np.stack([-c, a], -1)], -2)
        return np.asarray(adjugate / (a * d - b * c)[..., None, None])


def _is_rotation(matrix: Floats) -> bool:
    if not (np.abs(matrix) < 2).all():
        return False
    product = np.einsum("ij,kj->ik", matrix, matrix)
    return float(np.abs(product - np.eye(3)).max()) < 1e-6 and determinant(matrix) > 0
