"""What aligning many frames returns."""

from __future__ import annotations

import warnings
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from superpose._checks import checked_flag, checked_path, checked_text
from superpose._io.atomic import write_text
from superpose._jobs.canvas import CANVASES, canvas_grid, same_view
from superpose._jobs.combine import COMBINED, Combined, mean, sigma_clip
from superpose._jobs.frames import first_readable, frames_of
from superpose._jobs.settings import StackSettings
from superpose._jobs.tables import as_csv, in_cell, reasons_in_words
from superpose._names import lookup, public
from superpose._sampling.mapping import PixelMap
from superpose._sampling.resample import on_grid, resample
from superpose.errors import AssumptionWarning, InputError, UnreliableWarning, text
from superpose.grid import AXES, Grid
from superpose.transforms.matrix import MatrixTransform

if TYPE_CHECKING:
    from matplotlib.figure import Figure

    from superpose._report.page import Report

Floats = NDArray[np.float64]


@public
@dataclass(frozen=True)
class StackFrame:
    """What became of one frame.

    Attributes
    ----------
    frame : int
        Its number, from 0.
    name : str
        Its file, or that number in words.
    used : bool
        Whether it was placed.
    why_not : str
        Why not, in words; empty where it was.
    motion : tuple of float
        How far the point at the middle of the place that is kept lies from there in the frame, (row, column) or (plane,
        row, column), in pixels or the unit of the frames' spacing; NaN where it was not placed.
    sigma : float
        The expected error, one sigma along either axis, in that unit; of turns and more, at the corners.
    confidence : float
        Of shifts: one less the chance that none of all wrong places would score as high, were these like noise
        (where no frame moves, no more than what `register` gives two of them); else that of `register`, of most volumes
        what it gave the one that was asked of it. NaN where that is not known.
    angle : tuple of float
        By how many degrees it is turned: of volumes about each axis, as a rotation vector. Empty where it was not
        placed, or frames are merely shifted.
    """

    frame: int
    name: str
    used: bool
    why_not: str = ""
    motion: tuple[float, ...] = (np.nan, np.nan)
    sigma: float = np.nan
    confidence: float = np.nan
    angle: tuple[float, ...] = ()


def row_of(frame: StackFrame, turns: int, *more: float) -> list[object]:
    """Return a frame as a table of CSV has it, with so many angles, and more numbers before the reason."""
    turned = frame.angle or (np.nan,) * turns
    numbers = map(in_cell, (*frame.motion, *turned, frame.sigma, frame.confidence, *more))
    return [frame.frame, frame.name, "yes" if frame.used else "no", *numbers, frame.why_not]


def angle_of(transform: MatrixTransform | None) -> tuple[float, ...]:
    """Return by how many degrees a transform turns, about each axis of volumes; empty of those that only shift."""
    if transform is None or not transform.kind.turns:
        return ()
    return tuple(map(float, np.degrees(np.atleast_1d(transform.angle)).round(6) + 0.0))


@public
@dataclass(frozen=True, eq=False)
class StackResult:
    """Many frames laid on each other.

    Attributes
    ----------
    transforms : tuple of MatrixTransform or None
        By frame: from points of the place that is kept (fixed) to points of the frame (moving); None where it was not
        placed.
    table : tuple of StackFrame
        By frame: its motion, how exact that is, and why it was left out if it was.
    grid : Grid
        Where the pixels of what is made of the frames lie; those of `image`.
    reference : str
        Whose place is kept.
    image : ndarray, float32, or None
        What `combine` made of the frames; NaN where none has data.
    coverage : ndarray of int, or None
        Of how many frames each pixel of that is made.
    warnings : tuple of str
        What a careful reader should know, in words.
    canvas : {"fixed", "union", "intersection"}
        Which pixels `grid` has.
    frame_grid : Grid
        Where the pixels of the frames themselves lie, which are those of the canvas "fixed".
    versions : dict
        Of superpose, NumPy and SciPy.
    """

    transforms: tuple[MatrixTransform | None, ...]
    table: tuple[StackFrame, ...]
    grid: Grid
    reference: str
    image: NDArray[np.float32] | None = None
    coverage: NDArray[np.int32] | None = None
    warnings: tuple[str, ...] = ()
    canvas: str = "fixed"
    frame_grid: Grid = field(default_factory=lambda: Grid(()))
    versions: dict[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        if not self.frame_grid.ndim:
            object.__setattr__(self, "frame_grid", self.grid)

    def apply(
        self,
        frames: Any,
        *,
        canvas: str | None = None,
        order: int = 3,
        fill: float = np.nan,
        clip: bool = True,
        threads: int | None = None,
    ) -> list[NDArray[Any] | None]:
        """Return frames as they lie on each other: those that were aligned, or others taken along with them.

        Parameters
        ----------
        frames : array_like, path, or iterable of images and paths
            As many as were aligned, in their order, with their pixels, or others over the same view: those that were
            aligned may have been binned. They may have channels, along their last axis.
        canvas : {"fixed", "union", "intersection"}, optional
            As for `stack`. Default: the result's own.
        order, fill, clip, threads
            As for `Registration.warp`.

        Returns
        -------
        list of ndarray or None
            In each frame's own dtype; None for those that were not placed or cannot be read.

        Raises
        ------
        InputError
            If there are more or fewer frames, their sides are in another proportion, the canvas cannot be, or no frame
            can be read.

        Warns
        -----
        UnreliableWarning
            If some frames cannot be read: they are named, and left out.
        AssumptionWarning
            If frames have another shape: they were taken for the same view in other pixels.
        """
        return list(self._aligned(frames, canvas, order, fill, clip, threads))

    def apply_each(
        self,
        frames: Any,
        *,
        canvas: str | None = None,
        order: int = 3,
        fill: float = np.nan,
        clip: bool = True,
        threads: int | None = None,
    ) -> Iterator[NDArray[Any] | None]:
        """Yield frames as they lie on each other, each made when it is asked for: `apply` for more than memory holds.

        Parameters
        ----------
        frames, canvas, order, fill, clip, threads
            As for `apply`.

        Yields
        ------
        ndarray or None
            In each frame's own dtype; None for those that were not placed.

        Raises
        ------
        InputError
            As `apply`, when the first one is asked for.
        """
        return self._aligned(frames, canvas, order, fill, clip, threads)

    def combine(
        self,
        frames: Any,
        how: str = "mean",
        *,
        canvas: str | None = None,
        order: int = 3,
        clip: bool = True,
        threads: int | None = None,
    ) -> Combined:
        """Return one image of frames laid on each other.

        Parameters
        ----------
        frames : array_like, path, or iterable of images and paths
            As for `apply`.
        how : {"mean", "median", "sigma-clip"}
            As for `stack`.
        canvas, order, clip, threads
            As for `apply`.

        Returns
        -------
        Combined
            With `.image` (float32) and `.coverage`.

        Raises
        ------
        InputError
            As `apply`, or if no frame was placed, or some have other channels.
        """
        made, given = lookup("how", how, COMBINED), frames_of(frames, None)
        used = [number for number, each in enumerate(self.transforms) if each is not None]
        if not used:
            raise InputError("no-frames", argument="frames", value=len(self.transforms), reason="none was placed")
        first = first_readable(given, used) if made is sigma_clip and len(given) == len(self.transforms) else None
        floats = (
            np.asarray(each)
            for each in self._aligned(given, canvas, order, np.nan, clip, threads, True)
            if each is not None
        )
        if first is not None:
            step = 0.0 if first.dtype.kind == "f" else 1.0
            return sigma_clip(floats, self.grid.ndim, step, len(used))
        return made(floats, self.grid.ndim) if made is mean else made(floats, self.grid.ndim, count=len(used))

    def _aligned(
        self,
        frames: Any,
        canvas: str | None,
        order: int,
        fill: float,
        clip: bool,
        threads: int | None,
        floats: bool = False,
    ) -> Iterator[NDArray[Any] | None]:
        given, clip = frames_of(frames, None), checked_flag("clip", clip)
        if len(given) != len(self.transforms):
            raise InputError("other-count", argument="frames", value=len(given), expected=len(self.transforms))
        named = self.canvas if canvas is None else lookup("canvas", canvas, {name: name for name in CANVASES})
        channels: tuple[int, ...] | None = None
        source: Grid | None = None
        lost: dict[int, InputError] = {}
        for number, transform in enumerate(self.transforms):
            if transform is None:
                yield None
                continue
            try:
                pixels = given[number]
            except InputError as error:
                lost[number] = error
                yield None
                continue
            if source is None:
                source, target = self._grids(np.shape(pixels), named)
            image = on_grid(pixels, source, given.name(number), "stack")
            own = image.shape[source.ndim :]
            channels = own if channels is None else channels
            if floats and own != channels:
                said, others = (f"{each[0]} channels" if each else "one channel" for each in (own, channels))
                raise InputError("unlike-frames", argument=given.name(number), value=said, expected=others)
            if floats and image.dtype.kind != "f":
                # What lies outside is missing, which integers cannot say.
                missing = np.ma.getmaskarray(image) if isinstance(image, np.ma.MaskedArray) else None
                image = np.asarray(image, np.float32 if image.dtype.itemsize < 4 else float)
                image = image if missing is None else np.where(missing, np.nan, image)
            yield resample(image, PixelMap(transform, target, source), order, fill, threads, clip)
        if lost:
            if source is None:
                raise next(iter(lost.values()))
            which = reasons_in_words([(number, str(error)) for number, error in lost.items()])
            said = text("frames-unreadable", argument="frames", value=len(lost), total=len(given), which=which)
            warnings.warn(said, UnreliableWarning, stacklevel=4)

    def _grids(self, shape: tuple[int, ...], canvas: str) -> tuple[Grid, Grid]:
        """Return where pixels of frames of a shape lie, and those of a canvas for them."""
        source, ndim = self.frame_grid, self.frame_grid.ndim
        other = same_view(source, shape[:ndim]) if shape[:ndim] != source.shape else None
        if other is not None:
            said = text("taken-for-same-view", argument="frames", value=other.shape, expected=source.shape)
            warnings.warn(said, AssumptionWarning, stacklevel=5)
            source = other
        if canvas == self.canvas and other is None:
            return source, self.grid
        return source, canvas_grid(canvas, self.transforms, source, StackSettings().canvas)

    def to_csv(self, path: str | Path | None = None) -> str:
        """Return the table as CSV, and write it to a file if a path is given.

        Parameters
        ----------
        path : str or Path, optional
            Where it is written, whole or not at all.
        """
        axes = AXES[-self.grid.ndim :]
        turns = max((len(each.angle) for each in self.table), default=0)
        angles = ["angle"] if turns == 1 else [f"angle about {axis}" for axis in axes[:turns]]
        rows = [row_of(each, turns) for each in self.table]
        head = ["frame", "name", "used", *axes, *angles, "sigma", "confidence", "why not"]
        return as_csv(head, rows, path)

    def save(self, path: str | Path) -> None:
        """Write the result to a JSON file, without pixels: `load_stack` reads it, and ``superpose stack apply``.

        Parameters
        ----------
        path : str or Path
            Where it is written, whole or not at all.

        Raises
        ------
        InputError
            If it cannot be written.
        """
        from superpose._jobs.stack_files import as_text

        write_text(checked_path("path", path), as_text(self), "path")

    def plot(self) -> Figure:
        """Return a matplotlib figure: each frame's motion, with what it may be off by, and which were left out."""
        from superpose._report.stacks import plot_stack

        return plot_stack(self)

    def report(self, path: str | Path | None = None, frames: Any = None, *, title: str | None = None) -> Report:
        """Return an HTML page that shows the stack, and write it: one file that needs nothing else, no network.

        It shows how each frame moved, with what that may be off by; which frames were left out, and why; what was made
        of all frames, and of how many each pixel; and, of the frames that are passed, some before and after.

        Parameters
        ----------
        path : str or Path, optional
            Ending in .html or .htm, written whole or not at all. Default: no file; a notebook shows the page inline.
        frames : array_like, path, or iterable of images and paths, optional
            Those that were aligned, as for `apply`: the result holds no pixels but its image. About eight are read, or
            all of them for their mean if the result has no image.
        title : str, optional
            What to call the series.

        Raises
        ------
        InputError
            If the file cannot be written, its extension is another, or the frames are not those.
        """
        from superpose._report.stack_page import report_of_stack

        title = None if title is None else checked_text("title", title)
        return report_of_stack(self, None if path is None else checked_path("path", path), frames, title)

    def __repr__(self) -> str:
        used = sum(each.used for each in self.table)
        sigma = [each.sigma for each in self.table if np.isfinite(each.sigma)]
        exact = f", to {np.median(sigma):.2g} px" if sigma else ""
        return f"<StackResult: {used} of {len(self.table)} frames on {self.reference}{exact}>"
