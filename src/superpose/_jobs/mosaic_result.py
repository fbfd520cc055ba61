"""What laying many images side by side returns."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from superpose._checks import checked_path, checked_text
from superpose._io.atomic import write_text
from superpose._jobs.tables import as_csv, in_cell
from superpose._names import public
from superpose.grid import Grid
from superpose.transforms.matrix import MatrixTransform
from superpose.transforms.view import ViewTransform

if TYPE_CHECKING:
    from matplotlib.figure import Figure

    from superpose._report.page import Report


@public
@dataclass(frozen=True)
class MosaicImage:
    """What became of one image.

    Attributes
    ----------
    image : int
        Its number, from 0.
    name : str
        Its file, or that number in words.
    placed_by : str
        "overlaps"; "stage" where no overlap ties it to another image; empty where it was left out.
    why_not : str
        Why no overlap ties it, in words; empty where one does.
    place : tuple of float
        Where its first pixel lies in the mosaic, (row, column); NaN where it was left out.
    links : int
        How many overlaps tie it to others.
    stage_off : float
        How far from there the stage said it lies, in pixels; NaN where that said nothing.
    """

    image: int
    name: str
    placed_by: str
    why_not: str = ""
    place: tuple[float, float] = (np.nan, np.nan)
    links: int = 0
    stage_off: float = np.nan


@public
@dataclass(frozen=True)
class MosaicLink:
    """What was found of one pair of images that may overlap.

    Attributes
    ----------
    first, second : int
        The images' numbers.
    used : bool
        Whether it holds the mosaic together.
    why_not : str
        Why not, in words; empty where it does.
    overlap : float
        The part of the smaller image that the other covers, 0 to 1.
    confidence : float
        That of `register`; NaN where there was nothing to compare.
    sigma : float
        The expected error where both overlap, one sigma along either axis, in pixels.
    off : float
        How far that pair alone would lay one image elsewhere on the other than all together do, root mean square over
        the overlap, in pixels; NaN where one was left out, or nothing was found of them.
    confirmed : bool
        Whether other overlaps bear it out. One that is all that ties two parts together could be wrong unnoticed.
    """

    first: int
    second: int
    used: bool
    why_not: str = ""
    overlap: float = np.nan
    confidence: float = np.nan
    sigma: float = np.nan
    off: float = np.nan
    confirmed: bool = False


@public
@dataclass(frozen=True, eq=False)
class MosaicResult:
    """Many images laid side by side.

    Attributes
    ----------
    transforms : tuple of MatrixTransform, ViewTransform or None
        By image: from points of the mosaic (fixed) to points of the image (moving); None where it was left out. Those
        of a panorama are of ViewTransform.
    table : tuple of MosaicImage
        By image: where it lies, by what, and why it was left out if it was.
    links : tuple of MosaicLink
        Each pair that was compared, used or not.
    parts : tuple of tuple of int
        Images that overlaps tie together, the largest part first; each image that none ties is a part of its own.
    grid : Grid
        Where the mosaic's pixels lie.
    transform : str
        The family that was sought.
    outlines : tuple of ndarray, shape (n, 2), or None
        By image: where its outer pixels lie in the mosaic, around it from the first one on: the corners, or, of a
        panorama, points of its sides as well.
    image : ndarray, float32, or None
        The mosaic; NaN where no image shows anything.
    coverage : ndarray of int, or None
        How many images show each pixel.
    gains : tuple of float
        By what each image's intensities were multiplied to fit the others'; of poses they change nothing.
    warnings : tuple of str
        What a careful reader should know, in words.
    projection : str
        What the mosaic lies on.
    focal : float or None
        A panorama's focal length in pixels; None on a plane.
    shapes : tuple of tuple of int
        By image: its rows and columns.
    versions : dict
        Of superpose, NumPy and SciPy.
    """

    transforms: tuple[MatrixTransform | ViewTransform | None, ...]
    table: tuple[MosaicImage, ...]
    links: tuple[MosaicLink, ...]
    parts: tuple[tuple[int, ...], ...]
    grid: Grid
    transform: str
    outlines: tuple[NDArray[np.float64] | None, ...] = ()
    image: NDArray[np.float32] | None = None
    coverage: NDArray[np.int32] | None = None
    gains: tuple[float, ...] = ()
    warnings: tuple[str, ...] = ()
    projection: str = "plane"
    focal: float | None = None
    shapes: tuple[tuple[int, ...], ...] = ()
    versions: dict[str, str] = field(default_factory=dict)

    @property
    def rotations(self) -> tuple[NDArray[np.float64] | None, ...]:
        """By image of a panorama: from its directions, (down, right, ahead), to the image's; None on a plane."""
        return tuple(each.rotation if isinstance(each, ViewTransform) else None for each in self.transforms)

    def apply(self, images: Any, *, blend: str = "multi-band", threads: int | None = None) -> NDArray[np.float32]:
        """Return a mosaic of other images, laid as those that were aligned: another channel, or what was made of them.

        Parameters
        ----------
        images : array_like, path, or iterable of images and paths
            As many as were aligned, in their order, of their rows and columns. As for `mosaic`.
        blend : {"multi-band", "mean"}
            As for `mosaic`, but that intensities stay what they are.
        threads : int, optional
            As for `register`.

        Returns
        -------
        ndarray, float32
            Of the pixels of `grid`; NaN where no image shows anything.

        Raises
        ------
        InputError
            If there are more or fewer images, one has another shape, or there is no mosaic to lay them on.

        Warns
        -----
        UnreliableWarning
            If some images cannot be read: they are named, and left out.
        """
        from superpose._jobs.laying import laid

        return laid(self, images, blend, threads)

    def to_csv(self, path: str | Path | None = None) -> str:
        """Return the table of images as CSV, and write it to a file if a path is given.

        Parameters
        ----------
        path : str or Path, optional
            Where it is written, whole or not at all.
        """
        head = ["image", "name", "placed by", "row", "column", "links", "stage off", "why not"]
        rows = [
            [
                *(each.image, each.name, each.placed_by, *map(in_cell, each.place)),
                *(each.links, in_cell(each.stage_off), each.why_not),
            ]
            for each in self.table
        ]
        return as_csv(head, rows, path)

    def links_to_csv(self, path: str | Path | None = None) -> str:
        """Return the table of pairs as CSV, and write it to a file if a path is given.

        Parameters
        ----------
        path : str or Path, optional
            Where it is written, whole or not at all.
        """
        head = ["first", "second", "used", "confirmed", "overlap", "confidence", "sigma", "off", "why not"]
        rows = [
            [each.first, each.second, *("yes" if flag else "no" for flag in (each.used, each.confirmed))]
            + [in_cell(value) for value in (each.overlap, each.confidence, each.sigma, each.off)]
            + [each.why_not]
            for each in self.links
        ]
        return as_csv(head, rows, path)

    def save(self, path: str | Path) -> None:
        """Write the result to a JSON file, without pixels: `load_mosaic` reads it, and ``superpose mosaic apply``.

        Parameters
        ----------
        path : str or Path
            Where it is written, whole or not at all.

        Raises
        ------
        InputError
            If it cannot be written.
        """
        from superpose._jobs.mosaic_files import as_text

        write_text(checked_path("path", path), as_text(self), "path")

    def plot(self) -> Figure:
        """Return a matplotlib figure: the images' outlines, and which overlaps hold them together."""
        from superpose._report.mosaics import plot_mosaic

        return plot_mosaic(self)

    def report(self, path: str | Path | None = None, *, title: str | None = None) -> Report:
        """Return an HTML page that shows the mosaic, and write it: one file that needs nothing else, no network.

        It shows the mosaic and its coverage, which pairs hold it together, what was left out, and why.

        Parameters
        ----------
        path : str or Path, optional
            Ending in .html or .htm, written whole or not at all. Default: no file; a notebook shows the page inline.
        title : str, optional
            What to call the mosaic.

        Raises
        ------
        InputError
            If the file cannot be written, or its extension is another.
        """
        from superpose._report.mosaic_page import report_of_mosaic

        title = None if title is None else checked_text("title", title)
        return report_of_mosaic(self, None if path is None else checked_path("path", path), title)

    def __repr__(self) -> str:
        placed = sum(each is not None for each in self.transforms)
        by_stage = sum(each.placed_by == "stage" for each in self.table)
        alone = f", {by_stage} by the stage only" if by_stage else ""
        used = sum(each.used for each in self.links)
        shape = " x ".join(map(str, self.grid.shape))
        return (
            f"<MosaicResult: {placed} of {len(self.table)} images{alone}, {used} of {len(self.links)} links, {shape}>"
        )
