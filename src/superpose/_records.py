"""What a registration records of how it came about: the levels it went through, and the basins it found."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from superpose.errors import InputError, shown
from superpose.image import Mask
from superpose.transforms.matrix import MatrixTransform

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Level:
    """One level of the pyramid, as it was left.

    Parameters
    ----------
    shape : tuple of int
        Rows and columns of the level.
    parameters : dict
        Of the transform found, in full-resolution pixels and radians (see `Linear.parameters`).
    value : float
        The metric there.
    evaluations : int
        How often the metric was evaluated.
    seconds : float
        Wall time.
    """

    shape: tuple[int, ...]
    parameters: dict[str, Any]
    value: float
    evaluations: int
    seconds: float


@dataclass(frozen=True)
class FreeDirection:
    """A direction in which the images do not determine the transform.

    Parameters
    ----------
    words : str
        What is not determined, such as "shifts along rows are not determined".
    parameters : tuple of float
        The direction in the numbers that `Registration.covariance` is of; empty where that is not known.
    corners : tuple of (float, float)
        How it moves fixed's corners, by row and column, in pixels: 1 px, root mean square.
    """

    words: str
    parameters: tuple[float, ...]
    corners: tuple[tuple[float, float], ...]


@dataclass(frozen=True)
class Basin:
    """One of the poses that the global search found and refined.

    Parameters
    ----------
    transform : MatrixTransform
        Maps fixed points to moving points: where the basin was left, which is short of the answer; of one of several
        motions (see `Explained`) the motion itself.
    score : float
        The contrast-blind orientation score there, 0 to 1 (comparable between the basins of one pair only).
    overlap : float
        Part of the smaller image that the other covers.
    refined_at_shape : tuple of int
        Rows and columns of the level of fixed up to which it was refined. Empty where it was found afterwards, as a
        rival of the answer.
    share : float
        The part of the images' structure that it explains, 0 to 1; NaN where that was not measured.
    """

    transform: MatrixTransform
    score: float
    overlap: float
    refined_at_shape: tuple[int, ...] = ()
    # Where it is not known it is NaN, which would make a basin unequal to its own copy.
    share: float = field(default=np.nan, compare=False)


def checked_basin(basin: Any) -> Basin:
    """Return a basin.

    Raises
    ------
    InputError
        If it is none.
    """
    if not isinstance(basin, Basin):
        raise InputError("not-a-basin", argument="basin", value=shown(basin))
    return basin


@dataclass(frozen=True, eq=False)
class Explained:
    """What one of several motions explains of the two images' structure.

    Parameters
    ----------
    basin : Basin
        The motion: one of the registration's `basins`, to be passed to its `at`.
    mask : ndarray of bool, shape of fixed
        Where it holds.
    on_sensor : bool
        Whether that belongs to the sensor, not to the scene: a caption, a data bar, dust, dead or hot pixels.
    """

    basin: Basin
    mask: Mask
    on_sensor: bool = False

    @property
    def share(self) -> float:
        """The part of the images' structure that it explains, 0 to 1."""
        return self.basin.share


@dataclass(frozen=True, eq=False)
class TileShifts:
    """Where the tiles of an image lie against where the transform says: those that can be placed by themselves.

    Parameters
    ----------
    centres : ndarray, shape (n, 2)
        Of the tiles, (row, column), in fixed's physical coordinates: pixels, where it has no spacing.
    shifts : ndarray, shape (n, 2)
        From where the transform says to where each tile is found, in the same units.
    errors : ndarray, shape (n,)
        Of the shifts, one sigma, in the direction in which a tile determines its own least.
    clear : ndarray of bool, shape (n,)
        Whether a tile lies clearly elsewhere than the transform says.
    """

    centres: Floats
    shifts: Floats
    errors: Floats
    clear: Mask

    @property
    def distances(self) -> Floats:
        """How far off each tile lies at the least: its shift less one error; 0 if that is not clear."""
        sizes = np.sqrt(np.square(self.shifts).sum(1))
        return np.where(self.clear, np.maximum(sizes - self.errors, 0.0), 0.0)
