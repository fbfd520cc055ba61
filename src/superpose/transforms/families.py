"""The linear families (homographies too: linear on homogeneous points): their matrices and parameters.

An optimiser's vector is scaled so that one unit moves the image's corner by about one pixel, and is taken
about a centre, so that the axes of the search space are as independent and as alike as they can be.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from superpose._names import lookup
from superpose.transforms.geometry import about, nearest_turn, pieces, projective, turn

Floats = NDArray[np.float64]


def _translation_from(_vector: Floats, _radius: float) -> Floats:
    return np.eye(2)


def _translation_to(_linear: Floats, _radius: float) -> Floats:
    return np.empty(0)


def _rigid_from(vector: Floats, radius: float) -> Floats:
    return turn(vector[0] / radius)


def _rigid_to(linear: Floats, radius: float) -> Floats:
    return np.array([nearest_turn(linear)[0] * radius])


def _similarity_from(vector: Floats, radius: float) -> Floats:
    return float(np.exp(vector[1] / radius)) * turn(vector[0] / radius)


def _similarity_to(linear: Floats, radius: float) -> Floats:
    angle, scale = nearest_turn(linear)
    # A mirrored matrix's nearest similarity has scale 0, whose logarithm would be infinite.
    return np.array([angle * radius, np.log(max(scale, np.finfo(float).tiny)) * radius])


def _affine_from(vector: Floats, radius: float) -> Floats:
    return np.eye(2) + vector[:4].reshape(2, 2) / radius


def _affine_to(linear: Floats, radius: float) -> Floats:
    return (linear - np.eye(2)).ravel() * radius


@dataclass(frozen=True)
class Family:
    """A family of linear transforms of the plane.

    `linear_size` numbers of the optimiser's vector describe the linear part at the centre, the last two of them the
    perspective where the family has one; the two numbers after them are the shift.
    """

    name: str
    linear_size: int
    linear_from: Callable[[Floats, float], Floats]
    linear_to: Callable[[Floats, float], Floats]
    perspective: bool = False

    @property
    def size(self) -> int:
        """How many parameters the family has."""
        return self.linear_size + 2

    def matrix(self, vector: Floats, centre: Floats, radius: float) -> Floats:
        """Return the homogeneous matrix of an optimiser's vector.

        Parameters
        ----------
        vector : ndarray, shape (size,)
            Linear part, then shift of the centre; one unit moves a point `radius` away from the centre by one
            pixel.
        centre : ndarray, shape (2,)
            The point about which the linear part acts.
        radius : float
            Distance from the centre to the image's corner, in pixels.
        """
        linear, shift = self.linear_from(vector, radius), vector[self.linear_size :]
        if self.perspective:
            return projective(linear, vector[self.linear_size - 2 : self.linear_size] / radius**2, shift, centre)
        return about(linear, shift, centre)

    def vector(self, matrix: Floats, centre: Floats, radius: float) -> Floats:
        """Return the optimiser's vector of a matrix, projected onto the family (inverse of `matrix`)."""
        linear, perspective, shift = pieces(matrix, centre)
        bent = perspective * radius**2 if self.perspective else np.empty(0)
        return np.concatenate([self.linear_to(linear, radius), bent, shift])

    def units(self, pixel: float) -> Floats:
        """Return what one unit of each number of the vector is worth where a pixel is `pixel` units of length wide.

        The linear part has no unit of length, the shift is a length, and the perspective one over a length.
        """
        units = np.ones(self.size)
        units[self.linear_size :] = pixel
        if self.perspective:
            units[self.linear_size - 2 : self.linear_size] = 1 / pixel
        return units

    def project(self, matrix: Floats, centre: Floats) -> Floats:
        """Return the member of the family nearest to `matrix`, moving `centre` the same."""
        return self.matrix(self.vector(matrix, centre, 1.0), centre, 1.0)


FAMILIES: dict[str, Family] = {
    family.name: family
    for family in (
        Family("translation", 0, _translation_from, _translation_to),
        Family("rigid", 1, _rigid_from, _rigid_to),
        Family("similarity", 2, _similarity_from, _similarity_to),
        Family("affine", 4, _affine_from, _affine_to),
        Family("homography", 6, _affine_from, _affine_to, perspective=True),
    )
}


def family_named(name: object, argument: str = "transform") -> Family:
    """Return the family called `name`.

    Raises
    ------
    InputError
        If there is none, with the nearest names.
    """
    return lookup(argument, name, FAMILIES)
