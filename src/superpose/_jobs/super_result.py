"""What one finer image of a burst is returned as."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from superpose._jobs.stack_result import StackFrame, row_of
from superpose._jobs.tables import as_csv
from superpose._names import public
from superpose.grid import AXES, Grid
from superpose.transforms.matrix import MatrixTransform

if TYPE_CHECKING:
    from matplotlib.figure import Figure


@public
@dataclass(frozen=True, eq=False)
class SuperResolved:
    """One finer image of the frames of a burst.

    Attributes
    ----------
    image : ndarray
        In the frames' dtype and intensities, in colour if they are; where no frame has data NaN, or 0 in whole numbers.
    coverage : ndarray of int
        By how many frames each of its pixels is seen, without parts of frames that do not fit the others.
    grid : Grid
        Where its pixels lie.
    transforms : tuple of MatrixTransform or None
        By frame: from points of the reference (fixed) to points of the frame (moving); None where it was not placed.
    table : tuple of StackFrame
        By frame: its motion, how exact that is, and why it was left out if it was.
    counted : tuple of float
        By frame: the part of it that counts, 0 to 1. It is low where things move by themselves.
    noise : float
        The frames' noise, one standard deviation, as a usual one has it.
    scale : float
        How many of its pixels a frame's pixel is wide.
    blur : float
        What the lens is taken to add to the pixel's own square: a Gaussian's standard deviation, in a frame's pixels.
    reference : str
        Whose place is kept: "first", or the number of the first frame that could be placed.
    warnings : tuple of str
        What a careful reader should know, in words.
    """

    image: NDArray[Any]
    coverage: NDArray[np.int32]
    grid: Grid
    transforms: tuple[MatrixTransform | None, ...]
    table: tuple[StackFrame, ...]
    counted: tuple[float, ...]
    noise: float
    scale: float
    blur: float
    reference: str = "first"
    warnings: tuple[str, ...] = ()

    def to_csv(self, path: str | Path | None = None) -> str:
        """Return the table as CSV, and write it to a file if a path is given.

        Parameters
        ----------
        path : str or Path, optional
            Where it is written, whole or not at all.
        """
        rows = [row_of(each, 1, counted) for each, counted in zip(self.table, self.counted, strict=True)]
        head = ["frame", "name", "used", *AXES[-2:], "angle", "sigma", "confidence", "counted", "why not"]
        return as_csv(head, rows, path)

    def plot(self) -> Figure:
        """Return a matplotlib figure: the finer image, and by how many frames each of its pixels is seen."""
        from superpose._report.bursts import plot_burst

        return plot_burst(self)

    def __repr__(self) -> str:
        rows, columns = self.image.shape[:2]
        used = sum(each.used for each in self.table)
        return (
            f"<SuperResolved: {rows} x {columns} {self.image.dtype}, {self.scale:g} times finer, "
            f"of {used} of {len(self.table)} frames>"
        )
