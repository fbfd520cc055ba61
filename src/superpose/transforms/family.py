"""The families of transforms (homographies too: linear on homogeneous points), each one value in one registry."""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from superpose._arithmetic.elementary import exp, log, side_of
from superpose._names import canonical, unknown
from superpose.errors import InputError, shown
from superpose.transforms.base import count_in_words
from superpose.transforms.geometry import about, group_size, nearest_rotation, pieces, projective, rotation

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Family:
    """A family of transforms of points with `ndim` coordinates.

    It has two sets of `size` parameters. An optimiser that works by derivatives steps along `generators`. One that
    knows nothing of them is given a `vector`, taken about a centre and scaled so that one unit moves the image's corner
    by about one pixel: its axes are then as independent and as alike as they can be.

    Parameters
    ----------
    name : str
        As users write it.
    ndim : int
        Number of coordinates of a point.
    generators : ndarray, shape (size, ndim + 1, ndim + 1)
        Of the one-parameter groups of homogeneous matrices that make the family: linear part, shift, perspective.
    description : str
        What it does, in words.
    least_landmarks : int
        Number of pairs of points that determine a member.
    turns, scales, shears, perspective : bool
        Whether its members may rotate, magnify, be any invertible linear map (mirrored ones too), and show a plane in
        perspective. Each of them includes those before it.
    """

    name: str
    ndim: int
    generators: Floats = field(compare=False, repr=False)
    description: str = field(compare=False)
    least_landmarks: int = field(compare=False)
    turns: bool = field(default=False, compare=False)
    scales: bool = field(default=False, compare=False)
    shears: bool = field(default=False, compare=False)
    perspective: bool = field(default=False, compare=False)

    def __post_init__(self) -> None:
        self.generators.setflags(write=False)

    @property
    def size(self) -> int:
        """How many parameters the family has."""
        return len(self.generators)

    @property
    def rotation_size(self) -> int:
        """How many numbers at the front of a vector are a rotation vector, of radians times `radius`."""
        return self.ndim * (self.ndim - 1) // 2 if self.turns and not self.shears else 0

    @property
    def linear_size(self) -> int:
        """How many numbers of a vector come before the shift: the linear part, then the perspective."""
        return self.size - self.ndim

    @cached_property
    def basis(self) -> Floats:
        """The generators as columns, shape (`group_size`, size): their numbers row by row."""
        basis = self._as_columns(self.generators)
        basis.setflags(write=False)
        return basis

    def basis_on(self, spacing: tuple[float, ...]) -> Floats:
        """Return the basis as it acts on pixels of a spacing: a turn in space is none in pixels that are no squares."""
        if min(spacing) == max(spacing):
            return self.basis
        scale = np.array([*spacing, side_of(math.prod(spacing), self.ndim)])
        generators = self.generators * (scale / scale[:, None])
        return self._as_columns(generators)

    def _as_columns(self, generators: Floats) -> Floats:
        return np.ascontiguousarray(generators.reshape(self.size, -1)[:, : group_size(self.ndim)].T)

    @property
    def searched_as(self) -> Family:
        """The family whose turns and scales the exhaustive search tries in its place."""
        return family_named("similarity" if self.scales else "rigid" if self.turns else "translation", self.ndim)

    @property
    def raced_as(self) -> Family:
        """The family in which what the search found is refined before the best is chosen: one without perspective.

        Little of an image, or a coarse level of it, does not determine a perspective.
        """
        return family_named("affine", self.ndim) if self.perspective else self

    @property
    def widest(self) -> Family:
        """The widest family with the same kind of matrix: affine, or with a perspective."""
        return self if self.perspective else family_named("affine", self.ndim)

    def matrix(self, vector: Floats, centre: Floats, radius: float) -> Floats:
        """Return the homogeneous matrix of an optimiser's vector.

        Parameters
        ----------
        vector : ndarray, shape (size,)
            Linear part at the centre (a rotation vector, the logarithm of the scale, or what a matrix has more than the
            identity, by rows), then perspective, then shift of the centre. One unit moves a point `radius` away from
            the centre by one pixel.
        centre : ndarray, shape (ndim,)
            The point about which the linear part acts.
        radius : float
            Distance from the centre to the image's corner, in pixels.
        """
        linear, shift = self._linear(vector, radius), vector[self.linear_size :]
        if self.perspective:
            return projective(linear, vector[self._bend] / (radius * radius), shift, centre)
        return about(linear, shift, centre)

    def vector(self, matrix: Floats, centre: Floats, radius: float) -> Floats:
        """Return the optimiser's vector of a matrix, projected onto the family (inverse of `matrix`)."""
        linear, perspective, shift = pieces(matrix, centre)
        numbers = [(linear - np.eye(self.ndim)).ravel() * radius] if self.shears else []
        if self.turns and not self.shears:
            turned, scale = nearest_rotation(linear)
            numbers.append(turned * radius)
            if self.scales:
                # A mirrored matrix's nearest similarity may have scale 0, whose logarithm would be infinite.
                numbers.append(np.array([log(max(scale, float(np.finfo(float).tiny))) * radius]))
        if self.perspective:
            numbers.append(perspective * (radius * radius))
        return np.concatenate([*numbers, shift])

    def units(self, pixel: float) -> Floats:
        """Return what one unit of each number of the vector is worth where a pixel is `pixel` units of length wide.

        The linear part has no unit of length, the shift is a length, and the perspective one over a length.
        """
        units = np.ones(self.size)
        units[self.linear_size :] = pixel
        units[self._bend] = 1 / pixel
        return units

    def project(self, matrix: Floats, centre: Floats) -> Floats:
        """Return the member of the family nearest to `matrix`, moving `centre` the same."""
        return self.matrix(self.vector(matrix, centre, 1.0), centre, 1.0)

    def _linear(self, vector: Floats, radius: float) -> Floats:
        if self.shears:
            return np.eye(self.ndim) + vector[: self.ndim**2].reshape(self.ndim, self.ndim) / radius
        if not self.turns:
            return np.eye(self.ndim)
        turned = rotation(vector[: self.rotation_size] / radius)
        return exp(float(vector[self.rotation_size] / radius)) * turned if self.scales else turned

    @property
    def _bend(self) -> slice:
        """Where in a vector the perspective is: nowhere if there is none."""
        return slice(self.linear_size - self.ndim * self.perspective, self.linear_size)


def _families(ndim: int) -> list[Family]:
    """Return all families of a dimension, the narrowest first, each within the next."""

    def generator(*entries: tuple[int, int, float]) -> Floats:
        matrix = np.zeros((ndim + 1, ndim + 1))
        for row, column, value in entries:
            matrix[row, column] = value
        return matrix

    def family(name: str, generators: list[Floats], least_landmarks: int, *powers: str) -> Family:
        flags = dict.fromkeys(powers, True)
        return Family(name, ndim, np.array(generators), descriptions[name], least_landmarks, **flags)

    descriptions = {
        "translation": "shifts",
        "rigid": "shifts and turns: keeps shapes and sizes",
        "similarity": "shifts, turns and magnifies: keeps shapes",
        "affine": "shears and mirrors, too: keeps parallel lines parallel",
        "homography": "shows a plane in perspective: keeps straight lines straight",
    }
    axes, planes = range(ndim), [(0, 1)] if ndim == 2 else [(1, 2), (2, 0), (0, 1)]
    shifts = [generator((i, ndim, 1.0)) for i in axes]
    turns = [generator((i, j, -1.0), (j, i, 1.0)) for i, j in planes]
    scale = generator(*[(i, i, 1.0) for i in axes])
    linear = [generator((i, j, 1.0)) for i in axes for j in axes]
    bends = [generator((ndim, j, 1.0)) for j in axes]
    flat = [
        family("translation", shifts, 1),
        family("rigid", [*turns, *shifts], ndim, "turns"),
        family("similarity", [*turns, scale, *shifts], ndim, "turns", "scales"),
        family("affine", [*linear, *shifts], ndim + 1, "turns", "scales", "shears"),
    ]
    if ndim > 2:
        return flat
    powers = "turns", "scales", "shears", "perspective"
    return [*flat, family("homography", [*linear, *shifts, *bends], ndim + 2, *powers)]


FAMILIES: dict[tuple[str, int], Family] = {(family.name, ndim): family for ndim in (2, 3) for family in _families(ndim)}


# What they are called elsewhere.
ALIASES = {
    "shift": "translation",
    "translate": "translation",
    "euclidean": "rigid",
    "rigid-body": "rigid",
    "rotation": "rigid",
    "similitude": "similarity",
    "perspective": "homography",
    "projective": "homography",
}


def families(ndim: int = 2) -> dict[str, Family]:
    """Return the families of a dimension by name, the narrowest first."""
    return {name: family for (name, of), family in FAMILIES.items() if of == ndim}


def family_named(name: object, ndim: int = 2, argument: str = "transform") -> Family:
    """Return the family called `name` of transforms of points with `ndim` coordinates.

    Raises
    ------
    InputError
        If there is none, with the nearest names, or only for other dimensions.
    """
    spelled = canonical(name) if isinstance(name, str) else ""
    spelled = ALIASES.get(spelled, spelled)
    if (spelled, ndim) in FAMILIES:
        return FAMILIES[spelled, ndim]
    if dimensions := [count_in_words(of) for each, of in FAMILIES if each == spelled]:
        known, only = ", ".join(families(ndim)), " or ".join(dimensions)
        raise InputError("wrong-dimension", argument=argument, value=shown(name), ndim=ndim, only=only, known=known)
    raise unknown(argument, name, families(ndim), ALIASES)
