"""Where an image's pixels lie."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from itertools import product
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from superpose._arithmetic.elementary import side_of
from superpose._arithmetic.matrices import norm
from superpose._checks import as_number, is_row, is_whole
from superpose._names import public
from superpose.errors import InputError, shown

Floats = NDArray[np.float64]
Mask = NDArray[np.bool_]

# How far products of a direction's columns may be from those of an orthonormal matrix.
_SKEW = 1e-3
# What part of a pixel grids may be apart and still be the same: files keep few digits.
_SAME = 0.01
# How many millimetres the units are that lengths are told in.
MILLIMETRES = {"m": 1e3, "cm": 10.0, "mm": 1.0, "µm": 1e-3, "nm": 1e-6, "in": 25.4}
# As users, files and other programs spell them: case does not count, nor does an s at the end.
_SPELLED = {
    "um": "µm",
    "μm": "µm",
    "micron": "µm",
    "inch": "in",
    "inche": "in",
    **{
        f"{long}{metre}": unit
        for long, unit in (("", "m"), ("centi", "cm"), ("milli", "mm"), ("micro", "µm"), ("nano", "nm"))
        for metre in ("meter", "metre")
    },
}


# What axes are called; an image has the last two, a volume all.
AXES = ("plane", "row", "column")


def unit_spelled(text: str) -> str | None:
    """Return the unit of length that is called by some name; None if it is not known."""
    name = text.strip().lower()
    name = name if name in MILLIMETRES else name.removesuffix("s")
    return name if name in MILLIMETRES else _SPELLED.get(name)


@public
@dataclass(frozen=True)
class Grid:
    """Where an image's pixels lie.

    Parameters
    ----------
    shape : tuple of int
        Number of pixels along each axis, in (row, column) order; of a volume (plane, row, column).
    origin : tuple of float, optional
        Physical coordinates of the centre of the first pixel, (0, 0); default zeros.
    spacing : tuple of float, optional
        Physical distance between neighbouring pixel centres along each axis; default ones, so that physical
        coordinates are pixel indices.
    direction : tuple of tuple of float, optional
        Orthonormal matrix, (ndim, ndim), whose columns are the physical directions in which the index grows along each
        axis; default: empty, which stands for the identity.
    unit : str, optional
        What origin and spacing are measured in, such as "mm"; it is said, and two grids may differ in it and be equal.
    anatomical : bool, optional
        Whether a header says that physical points are a body's, ITK's (left, posterior, superior) in axis order. It is
        said and changes no number; two grids may differ in it and be equal.
    """

    shape: tuple[int, ...]
    origin: tuple[float, ...] = ()
    spacing: tuple[float, ...] = ()
    direction: tuple[tuple[float, ...], ...] = ()
    unit: str = field(default="", compare=False, repr=False)
    anatomical: bool = field(default=False, compare=False, repr=False)

    def __post_init__(self) -> None:
        if not is_row(self.shape) or not all(is_whole(n) and n >= 0 for n in self.shape):
            expected = "a tuple of whole numbers, 0 or more"
            raise InputError("bad-grid", argument="shape", value=shown(self.shape), expected=expected)
        object.__setattr__(self, "shape", tuple(int(n) for n in self.shape))
        for name, default, above in (("origin", 0.0, -np.inf), ("spacing", 1.0, 0.0)):
            value = getattr(self, name)
            numbers = tuple(map(as_number, value)) if is_row(value) else (np.nan,)
            numbers = numbers or (default,) * self.ndim
            if len(numbers) != self.ndim or not all(above < number < np.inf for number in numbers):
                expected = f"{self.ndim} finite numbers" + (" above 0" if above == 0 else "")
                of_shape = f"{shown(value)}, and the array's shape {self.shape}"
                raise InputError("bad-grid", argument=name, value=of_shape, expected=expected)
            object.__setattr__(self, name, numbers)
        object.__setattr__(self, "direction", self._checked_direction())

    def _checked_direction(self) -> tuple[tuple[float, ...], ...]:
        given: Any = self.direction
        rows = tuple(tuple(map(as_number, row)) if is_row(row) else () for row in given) if is_row(given) else ((),)
        if not rows:
            return ()
        square = len(rows) == self.ndim and all(len(row) == self.ndim for row in rows)
        unit = np.eye(self.ndim)
        if not square or not np.abs(_gram(rows) - unit).max() < _SKEW:
            expected = f"an orthonormal {self.ndim} x {self.ndim} matrix, whose columns are the axes' directions"
            raise InputError("bad-grid", argument="direction", value=shown(given), expected=expected)
        # Files keep few digits; the inverse is taken for the transpose.
        exact = np.array(rows)
        for _ in range(3):
            if np.abs(_gram(exact.tolist()) - unit).max() > 1e-15:
                exact = _turned(exact, ((3 * unit - _gram(exact.T.tolist())) / 2).tolist())
        return () if (exact == unit).all() else tuple(map(tuple, exact.tolist()))

    @property
    def ndim(self) -> int:
        """Number of axes."""
        return len(self.shape)

    def to_physical(self, index: ArrayLike) -> Floats:
        """Return the physical coordinates of points given in pixels, shape (..., ndim)."""
        along = np.asarray(index, float) * self.spacing
        return (_turned(along, self.direction) if self.direction else along) + self.origin

    def to_index(self, physical: ArrayLike) -> Floats:
        """Return the pixel coordinates of points given in physical units, shape (..., ndim)."""
        along = np.asarray(physical, float) - self.origin
        return (_turned(along, tuple(zip(*self.direction, strict=True))) if self.direction else along) / self.spacing

    @property
    def plain(self) -> bool:
        """Whether pixels lie at their indices: nothing is known of where they lie in space."""
        return not self.unit and self == Grid(self.shape)

    def coincides(self, other: Grid) -> bool:
        """Return whether each pixel lies on the same one of another grid, as far as files tell."""
        if self.shape != other.shape:
            return False
        here, there = (each.to_index(self.corners) for each in (self, other.in_unit(self.unit)))
        return bool(np.abs(there - here).max() < _SAME)

    def in_unit(self, unit: str) -> Grid:
        """Return the grid measured in another unit; itself where it is not known how many of one the other is."""
        here, there = unit_spelled(self.unit), unit_spelled(unit)
        if unit == self.unit or here is None or there is None:
            return self
        ratio = MILLIMETRES[here] / MILLIMETRES[there]
        origin, spacing = (tuple(ratio * each for each in lengths) for lengths in (self.origin, self.spacing))
        return replace(self, origin=origin, spacing=spacing, unit=unit)

    def shared_with(self, other: Grid) -> float:
        """Return the part of the smaller one that two grids have in common, each as the box along the axes around it.

        It is 0 only where no place can lie on both.
        """
        boxes = [(ends.min(0), ends.max(0)) for ends in (each.to_physical(_ends(each)) for each in (self, other))]
        (first, end), (start, last) = boxes
        sides: Floats = np.maximum(np.minimum(end, last) - np.maximum(first, start), 0.0)
        return float(np.prod(sides) / min(np.prod(high - low) for low, high in boxes))

    @property
    def pixel_side(self) -> float:
        """The side of a square, or cube, as large as a pixel."""
        return side_of(math.prod(self.spacing), self.ndim)

    @property
    def side(self) -> float:
        """The side of a square, or cube, as large as the image."""
        return side_of(math.prod(n * s for n, s in zip(self.shape, self.spacing, strict=True)), self.ndim)

    @cached_property
    def index_to_physical(self) -> Floats:
        """Homogeneous matrix, (ndim + 1, ndim + 1), from pixel to physical coordinates."""
        matrix = np.diag([*self.spacing, 1.0])
        if self.direction:
            matrix[:-1, :-1] = np.array(self.direction) * self.spacing
        matrix[:-1, -1] = self.origin
        matrix.flags.writeable = False
        return matrix

    @cached_property
    def physical_to_index(self) -> Floats:
        """Homogeneous matrix, (ndim + 1, ndim + 1), from physical to pixel coordinates."""
        matrix = np.diag([*(1 / each for each in self.spacing), 1.0])
        if self.direction:
            matrix[:-1, :-1] = (np.array(self.direction) / self.spacing).T
        matrix[:-1, -1] = (
            self.to_index(np.zeros(self.ndim)) if self.direction else -np.array(self.origin) / self.spacing
        )
        matrix.flags.writeable = False
        return matrix

    @property
    def centre(self) -> Floats:
        """Physical coordinates of the middle of the image."""
        return self.to_physical((np.array(self.shape) - 1) / 2)

    @property
    def radius(self) -> float:
        """Physical distance from the centre to a corner pixel."""
        return norm((np.array(self.shape) - 1) / 2 * self.spacing)

    @cached_property
    def corners(self) -> Floats:
        """Physical coordinates of the corner pixels' centres, shape (2 ** ndim, ndim)."""
        ends = np.stack(np.meshgrid(*[(0, n - 1) for n in self.shape], indexing="ij"), -1)
        corners = self.to_physical(ends.reshape(-1, self.ndim))
        corners.flags.writeable = False
        return corners

    def contains(self, physical: ArrayLike) -> Mask:
        """Return for each point, shape (..., ndim), whether it lies on a pixel of the image (to its outer edge)."""
        index = self.to_index(physical)
        inside: Mask = np.all((index >= -0.5) & (index <= np.array(self.shape) - 0.5), axis=-1)
        return inside

    @property
    def extent(self) -> str:
        """The range of coordinates along each axis, in words."""
        low, high = self.corners.min(0), self.corners.max(0)
        return ", ".join(f"{a:g}..{b:g}" for a, b in zip(low, high, strict=True))


def _ends(grid: Grid) -> list[tuple[float, ...]]:
    """Return the outer corners of a grid's pixels, in pixels."""
    return list(product(*((-0.5, n - 0.5) for n in grid.shape)))


def _gram(rows: Sequence[Sequence[float]]) -> Floats:
    """Return the products of rows with each other."""
    return np.array([[sum(a * b for a, b in zip(one, other, strict=True)) for other in rows] for one in rows])


def _turned(points: Floats, rows: Sequence[Sequence[float]]) -> Floats:
    """Return points, (..., ndim), multiplied by a matrix of few rows: by sums that are the same on any machine."""
    out = np.empty_like(points)
    for k, row in enumerate(rows):
        total = points[..., 0] * row[0]
        for j in range(1, len(row)):
            total = total + points[..., j] * row[j]
        out[..., k] = total
    return out


def unit_of(*grids: Grid) -> str:
    """Return what lengths are told in: pixels, or the unit of the spacing where any image has a grid of its own."""
    units = {grid.unit for grid in grids if not grid.plain}
    return (units.pop() if len(units) == 1 else "") or "units" if units else "px"
