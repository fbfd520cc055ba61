"""What averaging images returns."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from superpose._jobs.tables import as_csv, in_cell
from superpose._names import public
from superpose._spatial import Image
from superpose.errors import InputError
from superpose.grid import AXES, Grid, unit_of
from superpose.transforms.matrix import MatrixTransform

if TYPE_CHECKING:
    from matplotlib.figure import Figure


@public
@dataclass(frozen=True)
class AverageMember:
    """What became of one image.

    Attributes
    ----------
    number : int
        Its place among those given, from 0.
    name : str
        Its file, or that number in words.
    used : bool
        Whether it was placed.
    why_not : str
        Why not, in words; empty where it was.
    motion : tuple of float
        How far the point in the middle of the average lies from there in the image, along each axis, in pixels or units
        of the spacing; of images without a spacing the middles of both are taken for the same place. NaN where it was
        not placed.
    turn : float
        By how many degrees it is turned.
    scale : float
        How many times larger it shows things.
    sigma : float
        The expected error at the average's corners, one sigma, in pixels or units of the spacing.
    misfit : float
        How far off parts of it lie from where its transform says, as `Registration.misfit`: images of different things
        differ, too.
    confidence : float
        That `register` has in where it lies on the mean of the others. It is low where many parts of it lie elsewhere.
    gain, offset : float
        Its intensities are `offset` + `gain` times those of the average.
    """

    number: int
    name: str
    used: bool
    why_not: str = ""
    motion: tuple[float, ...] = ()
    turn: float = np.nan
    scale: float = np.nan
    sigma: float = np.nan
    misfit: float = np.nan
    confidence: float = np.nan
    gain: float = np.nan
    offset: float = np.nan


@public
@dataclass(frozen=True, eq=False)
class AverageResult:
    """Images laid on their own average.

    Attributes
    ----------
    image : ndarray, float32, or None
        The average, in the images' intensities; NaN where none has data. None where no two images belong together.
    grid : Grid
        Where its pixels lie.
    transforms : tuple of MatrixTransform or None
        By image: from points of the average (fixed) to points of the image (moving); None where it was not placed.
    table : tuple of AverageMember
        By image: where it lies, how exact that is, and why it was left out if it was.
    coverage : ndarray of int, or None
        Of how many images each pixel is made.
    metric : str
        By which images were compared with the average.
    rounds : int
        How often all of them were.
    moved : float
        How far the last time moved any corner, in pixels or units of the spacing.
    warnings : tuple of str
        What a careful reader should know, in words.
    """

    image: NDArray[np.float32] | None
    grid: Grid
    transforms: tuple[MatrixTransform | None, ...]
    table: tuple[AverageMember, ...]
    coverage: NDArray[np.int32] | None = None
    metric: str = ""
    rounds: int = 0
    moved: float = np.nan
    warnings: tuple[str, ...] = ()

    @property
    def template(self) -> Image:
        """The average with where its pixels lie, as `superpose.write` and `register` take it.

        Raises
        ------
        InputError
            If there is none.
        """
        if self.image is None:
            raise InputError("no-average", argument="image", value=None)
        where = self.grid
        made = Image(self.image, where.spacing, where.origin, where.direction, unit=where.unit)
        object.__setattr__(made, "_grid", replace(made.grid, anatomical=where.anatomical))
        return made

    @property
    def unit(self) -> str:
        """What motions and errors are told in."""
        return unit_of(self.grid)

    def to_csv(self, path: str | Path | None = None) -> str:
        """Return the table as CSV, and write it to a file if a path is given.

        Parameters
        ----------
        path : str or Path, optional
            Where it is written, whole or not at all.
        """
        axes = AXES[-self.grid.ndim :]
        numbers = ("turn", "scale", "sigma", "misfit", "confidence", "gain", "offset")
        rows = []
        for each in self.table:
            motion = each.motion if each.used else (np.nan,) * self.grid.ndim
            told = map(in_cell, (*motion, *(getattr(each, name) for name in numbers)))
            rows.append([each.number, each.name, "yes" if each.used else "no", *told, each.why_not])
        return as_csv(["image", "name", "used", *axes, *numbers, "why not"], rows, path)

    def plot(self) -> Figure:
        """Return a matplotlib figure: the average, of volumes three planes of it, and how far its images lie from it.

        Raises
        ------
        InputError
            If there is no average.
        """
        from superpose._report.averages import plot_average

        return plot_average(self)

    def __repr__(self) -> str:
        used = sum(each.used for each in self.table)
        still = f", still to {self.moved:.2g} {self.unit}" if np.isfinite(self.moved) else ""
        return f"<AverageResult: {used} of {len(self.table)} images, {self.rounds} rounds{still}>"
