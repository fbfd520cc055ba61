"""What a registration returns: frozen values that name spaces, never directions."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from superpose._checks import checked_flag, checked_path, checked_text
from superpose._describe import describe, describe_trust
from superpose._names import public
from superpose._opened import ImageLike
from superpose._points import mapped_points
from superpose._records import Basin, Explained, FreeDirection, Level, TileShifts, checked_basin
from superpose._sampling.kept import image_to_keep, prepared_again
from superpose._sampling.later import WarpedLater
from superpose._sampling.lazily import as_dask
from superpose._sampling.mapping import PixelMap
from superpose._sampling.prepared import Prepared
from superpose._sampling.resample import covered, on_grid, resample, resample_labels
from superpose._sampling.stored import Stored, stored_on
from superpose._spatial import Image
from superpose.errors import InputError
from superpose.grid import Grid, unit_of
from superpose.image import Mask, UserImage
from superpose.transforms.convert import grid_of
from superpose.transforms.matrix import MatrixTransform

if TYPE_CHECKING:
    from matplotlib.figure import Figure

    from superpose._report.page import Report
    from superpose.metrics.base import Metric
    from superpose.metrics.custom import Cost

__all__ = ["Basin", "Explained", "FreeDirection", "Level", "Registration", "TileShifts"]

Floats = NDArray[np.float64]


@public
@dataclass(frozen=True, eq=False)
class Registration:
    """The alignment of a moving image to a fixed one.

    Attributes
    ----------
    transform : MatrixTransform
        Maps fixed points to moving points (pull). Any other `Transform` may take its place (`dataclasses.replace`) for
        pictures and points; what needs a matrix, such as `save`, raises an `InputError` then.
    value : float
        The metric at the end, over the overlap; of the engine's joint histograms, as minimised.
    metric, optimizer : str
        Their names.
    levels : tuple of Level
        One record a level of the pyramid, coarsest first.
    overlap : float
        Part of the smaller image that the other covers, 0 to 1.
    initial : MatrixTransform
        The transform it started from.
    fixed_grid, moving_grid : Grid
        Where the two images' pixels lie.
    warnings : tuple of str
        What a careful reader should know, in words.
    versions : dict
        Of superpose, NumPy and SciPy.
    ending : str
        How the refinement ended, as a sentence.
    basins : tuple of Basin
        What the global search took for possible, best first; a SciPy optimiser has none.
    reliable : bool
        Whether the alignment can be trusted: right for all the images say, exact to `tolerance`, so well all over.
    confidence : float
        How likely it is right, 0 to 1; NaN where not verified (`at`).
    uncertainty : float
        Expected error at fixed's corners (root mean square over the four), one sigma, in pixels of fixed or in `unit`,
        if the alignment is right; infinite where the images do not determine the transform.
    covariance : ndarray, shape (n, n), or None
        Of the family's numbers about fixed's centre, in this order: the angle (radians; rigid, similarity), the
        logarithm of the scale (similarity), or the 2 x 2 linear part by rows (affine, homography); the perspective,
        by row and column (homography, 1 / px); the shift by row and column (px).
    free_directions : tuple of FreeDirection
        In which the images do not determine the transform: `uncertainty` is infinite, `covariance` that of anywhere.
    misfit : float
        How far off parts of the scene lie, but for a fifth of them or one object's, in pixels of fixed or in `unit`;
        NaN where it was not measured.
    tile_shifts : TileShifts or None
        Where fixed's tiles lie instead.
    margin : float
        How far the best rival scores below this alignment, from 0 (as good) to 1 (there is none).
    evidence : dict
        What `confidence` is made of, measured against this very pair: the larger the better.
    explained : tuple of Explained
        Where more than one motion was seen, what each explains, the answer's own first.
    """

    transform: MatrixTransform
    value: float
    metric: str
    optimizer: str
    levels: tuple[Level, ...]
    overlap: float
    initial: MatrixTransform
    fixed_grid: Grid
    moving_grid: Grid
    warnings: tuple[str, ...] = ()
    versions: dict[str, str] = field(default_factory=dict)
    ending: str = ""
    basins: tuple[Basin, ...] = ()
    reliable: bool = False
    confidence: float = np.nan
    uncertainty: float = np.nan
    covariance: Floats | None = None
    free_directions: tuple[FreeDirection, ...] = ()
    misfit: float = np.nan
    tile_shifts: TileShifts | None = None
    margin: float = np.nan
    evidence: dict[str, float] = field(default_factory=dict)
    explained: tuple[Explained, ...] = ()
    _moving: Prepared | UserImage | None = field(default=None, repr=False)
    _fixed: Prepared | UserImage | None = field(default=None, repr=False)

    def warp(
        self,
        image: ImageLike | None = None,
        order: int = 3,
        fill: float = np.nan,
        *,
        clip: bool = True,
        threads: int | None = None,
        channel_axis: int | None = None,
        target: Grid | Image | None = None,
        lazy: bool = False,
    ) -> NDArray[Any]:
        """Resample the moving image, or any other on its grid, onto the fixed grid.

        Parameters
        ----------
        image : array_like, shape of moving (and channels), or path, optional
            On the moving image's grid; default: the moving image itself. NaN is missing: there is data where the pixels
            that count have half of linear interpolation's weight, or where the nearest one counts with `order` 0.
        order : {0, 1, 3}
            Nearest, linear, or cubic B-spline interpolation.
        fill : float
            What pixels without data become. In integer images NaN stands for 0: see `valid` for where data is.
        clip : bool
            Whether channels keep to their own range, which a cubic spline leaves at edges: 12 bits of 16 stay 12.
        threads : int, optional
            Default: as `register`.
        channel_axis : int, optional
            Which axis of the image holds channels, or the volumes of a series: each is resampled. Default: the last
            one, where there is one more than moving has.
        target : Grid or Image, optional
            Other pixels in fixed's space that it is brought onto. Default: fixed's own.
        lazy : bool
            Return an array of dask's, whose chunks, of at most 64 MiB, are resampled when they are asked for. Each
            reads only what it draws on of the image, which may be one of dask's, zarr's or h5py's, a memory map, or
            the path of an OME-Zarr, a TIFF or a ``.npy``. With `clip` the image is read once before, for its range.

        Returns
        -------
        ndarray, shape of fixed (and channels, on `channel_axis`, else last), dtype of the image
            Integers are rounded and saturate, they never wrap. What looks like labels is warned of. Of dask's with
            `lazy`: the same bits.

        Raises
        ------
        InputError
            If the image is not on the moving image's grid, or the dtype cannot hold `fill`.
        MissingPackageError
            With `lazy`, if dask is not installed: ``pip install "superpose[large]"``.
        """
        pixels, clips = self._pixels_on(target), checked_flag("clip", clip)
        if checked_flag("lazy", lazy):
            stored = self._stored(image, "image", channel_axis)
            out = as_dask(WarpedLater.of(stored, pixels, order, fill, clips))
            return out if channel_axis is None else np.moveaxis(out, -1, channel_axis)
        out = resample(self._on_moving_grid(image, "image", channel_axis), pixels, order, fill, threads, clips)
        return out if channel_axis is None else np.moveaxis(out, -1, channel_axis)

    def warp_labels(
        self,
        labels: ImageLike,
        fill: int = 0,
        *,
        channel_axis: int | None = None,
        target: Grid | Image | None = None,
    ) -> NDArray[Any]:
        """Resample a label image on the moving grid onto the fixed grid; no label passes through a float.

        Parameters
        ----------
        labels : array_like of integers or booleans, shape of moving, or path
            Any integer dtype, to uint64.
        fill : int
            The label where there is no data.
        channel_axis, target
            As for `warp`.

        Returns
        -------
        ndarray, shape of fixed (and channels), dtype of the labels

        Raises
        ------
        InputError
            If the labels are not whole numbers, or not on the moving image's grid.
        """
        out = resample_labels(self._on_moving_grid(labels, "labels", channel_axis), self._pixels_on(target), fill)
        return out if channel_axis is None else np.moveaxis(out, -1, channel_axis)

    @property
    def valid(self) -> Mask:
        """Where the warped image has data: bool, the fixed image's shape."""
        return covered(self._pixels, None if self._moving is None else self._moving.array)

    @property
    def _pixels(self) -> PixelMap:
        """Where fixed's pixels lie in moving."""
        return PixelMap(self.transform, self.fixed_grid, self.moving_grid)

    def _pixels_on(self, target: Grid | Image | None) -> PixelMap:
        """Return where a target's pixels, or fixed's, lie in moving."""
        return (
            self._pixels
            if target is None
            else replace(self._pixels, output=grid_of(target, "target").in_unit(self.fixed_grid.unit))
        )

    def _on_moving_grid(
        self, image: ImageLike | None, argument: str = "image", channel_axis: int | None = None
    ) -> NDArray[Any]:
        if image is None:
            if self._moving is None:
                raise InputError("no-moving-image", argument=argument, value=None)
            # Its colours are last, wherever they were.
            image, channel_axis = self._moving.array, None
        return on_grid(image, self.moving_grid, argument, channel_axis=channel_axis)

    def _stored(self, image: ImageLike | None, argument: str, channel_axis: int | None) -> Stored:
        """Return the moving image, or another on its grid, as one of which parts are read."""
        if image is None:
            return stored_on(self._on_moving_grid(None, argument), self.moving_grid, argument)
        if isinstance(image, (str, Path)):
            from superpose._io.stored import stored_file

            image = stored_file(checked_path(argument, image), argument)
        return stored_on(image, self.moving_grid, argument, channel_axis=channel_axis)

    def _images(self) -> tuple[Prepared, Prepared] | None:
        """Return fixed and moving, with their masks, ready to be looked at; None where there are none."""
        if self._fixed is None or self._moving is None:
            return None
        return prepared_again(self._fixed, "fixed"), prepared_again(self._moving, "moving")

    def to_fixed(self, points: ArrayLike, order: str = "rc", units: str = "physical") -> Floats:
        """Return where points of the moving image lie in the fixed image.

        Parameters
        ----------
        points : array_like, shape (..., ndim)
            Moving points.
        order : {"rc", "xy"}
            Whether points, in and out, are (row, column) or (x, y); of volumes (plane, row, column) or (x, y, z).
        units : {"physical", "pixel"}
            Whether points, in and out, are physical coordinates, as the images' grids say them, or pixels of their
            image; of images without a spacing these are the same.

        Raises
        ------
        InputError
            If no point lies inside the moving image, or the order or the units are not known.
        """
        grids = self.moving_grid, self.fixed_grid
        return mapped_points(points, order, units, grids, "moving", self.transform.inverse())

    def to_moving(self, points: ArrayLike, order: str = "rc", units: str = "physical") -> Floats:
        """Return where points of the fixed image lie in the moving image.

        Parameters
        ----------
        points, order, units
            As for `to_fixed`, of the fixed image.

        Raises
        ------
        InputError
            As `to_fixed`.
        """
        return mapped_points(points, order, units, (self.fixed_grid, self.moving_grid), "fixed", self.transform)

    def describe(self) -> str:
        """Return the alignment as one sentence."""
        return describe(self.transform, self.fixed_grid, self.unit)

    @property
    def trust(self) -> str:
        """Whether the alignment can be trusted, in words; empty where it was not verified."""
        return describe_trust(self.reliable, self.confidence, self.uncertainty, self.unit)

    @property
    def unit(self) -> str:
        """What shifts and errors are told in: "px", or the spacing's unit ("units" if that has no name)."""
        return unit_of(self.fixed_grid, self.moving_grid)

    def __repr__(self) -> str:
        numbers = f"{self.metric} {self.value:.6g}, overlap {100 * self.overlap:.0f} %"
        numbers += f"; {self.trust}" if self.trust else ""
        return f"<Registration: {self.describe()}; {numbers}>"

    def _repr_html_(self) -> str:
        from superpose._report.html import compact

        return compact(self)

    def plot(self) -> Figure:
        """Return a matplotlib figure: overlays before and after, and more; of volumes, three planes before and after.

        Raises
        ------
        InputError
            If the registration was loaded from a file and holds no images: see `with_images`.
        """
        from superpose._report.plots import plot_registration

        return plot_registration(self)

    def plot_landscape(
        self,
        parameters: Sequence[str] = ("row shift", "column shift"),
        over: Sequence[ArrayLike] | None = None,
        *,
        metric: str | Metric | Cost | None = None,
        levels: int = 4,
        longest: int | None = None,
        threads: int | None = None,
    ) -> Figure:
        """Return a matplotlib figure of the metric around the answer: a map for each level, the coarsest first.

        A cross marks the answer, numbered rings those of `basins` that fall onto a map. A dotted ring lies beside
        the map's plane: that basin differs from the answer in the other parameters too.

        Parameters
        ----------
        parameters : two of {"row shift", "column shift", "angle", "scale"}
            What is varied; all else stays as the answer has it. Shifts are those of fixed's centre, in pixels, the
            angle is in degrees. Of volumes as for `superpose.landscape`.
        over : two array_like, optional
            The values to try of each parameter, the same on all levels. Default: 21 about the answer's (of volumes 15),
            that move fixed's centre (or its corners) by up to 12 pixels of the level.
        metric : str, Metric or callable, optional
            As for `register`; default: the registration's own.
        levels : int, optional
            How many maps at most.
        longest : int, optional
            Levels whose longest side has more pixels are left out, for each map takes hundreds of evaluations of the
            metric. Default: 256, of volumes 64.
        threads : int, optional
            Default: as `register`.

        Raises
        ------
        InputError
            If the registration holds no images, or an argument cannot be used.

        Notes
        -----
        A map shows the metric of `superpose.metrics` over the overlap. In the middle of the finest map that is `value`,
        but for "mi", "nmi" and "correlation-ratio" by the engine: their `value` is what was minimised.
        """
        from superpose._report.landscapes import plot_around_answer

        return plot_around_answer(
            self, parameters, over, metric=metric, levels=levels, longest=longest, threads=threads
        )

    def plot_convergence(self) -> Figure:
        """Return a matplotlib figure of the way to the answer.

        For each level: how far it left fixed's corners from the final answer, the metric's value there, how often
        the metric was evaluated, and the seconds.
        """
        from superpose._report.convergence import plot_convergence

        return plot_convergence(self)

    def report(self, path: str | Path | None = None, *, title: str | None = None) -> Report:
        """Return an HTML page that shows the registration, and write it: one file that needs nothing else, no network.

        It shows the two images before and after in seven ways (blend, swipe, flicker, checkerboard, red-cyan,
        difference, side by side), also where else they might fit; how far the answer can be trusted; the transform in
        words and numbers, to be copied for several libraries; the landscape; the levels; and what was run. Images of
        more than 900 pixels along a side (inline 600) are shown smaller; of a registration that was loaded from a file
        (see `with_images`) there are numbers only.

        Parameters
        ----------
        path : str or Path, optional
            Ending in .html or .htm, written whole or not at all. Default: no file; a notebook shows the page inline.
        title : str, optional
            What to call the pair, such as "moving.png on fixed.png".

        Raises
        ------
        InputError
            If the file cannot be written, or its extension is another.
        """
        from superpose._report.page import report_of

        title = None if title is None else checked_text("title", title)
        return report_of(self, None if path is None else checked_path("path", path), title)

    def at(self, basin: Basin) -> Registration:
        """Return the registration with another of its basins for an answer, to be warped, plotted or saved.

        Parameters
        ----------
        basin : Basin
            One of `basins`, or of an `Explained`.

        Returns
        -------
        Registration
            With the basin's transform and overlap. It was not refined to the end or verified: `value`, `confidence`
            and `uncertainty` are NaN and `reliable` is False. `explained` stays, the basin's own first.
        """
        basin = checked_basin(basin)
        return replace(
            self,
            transform=basin.transform,
            overlap=basin.overlap,
            value=np.nan,
            reliable=False,
            confidence=np.nan,
            uncertainty=np.nan,
            covariance=None,
            free_directions=(),
            misfit=np.nan,
            tile_shifts=None,
            margin=np.nan,
            evidence={},
            warnings=(),
            ending="",
            explained=tuple(sorted(self.explained, key=lambda each: each.basin != basin)),
        )

    def save(self, path: str | Path) -> None:
        """Write the registration, without any pixels, to a JSON file that `superpose.load` reads.

        Raises
        ------
        InputError
            If the file cannot be written; an earlier file of that name is left whole.
        """
        from superpose._io.transforms.json import dump

        dump(self, checked_path("path", path))

    def with_images(self, fixed: ImageLike | Prepared | None, moving: ImageLike | Prepared | None) -> Registration:
        """Return the same registration holding other images (a loaded one holds none); a `Prepared` has its mask."""
        kept = image_to_keep(fixed, self.fixed_grid, "fixed")
        return replace(self, _fixed=kept, _moving=image_to_keep(moving, self.moving_grid, "moving"))
