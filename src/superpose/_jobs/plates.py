"""Restore a colour picture from a glass plate: three exposures through blue, green and red filters."""

from __future__ import annotations

import warnings
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from superpose._checks import checked_flag
from superpose._jobs.exposure_pairs import align, find_exposure
from superpose._jobs.exposures import Window, common_window, grey_plate, split
from superpose._jobs.local_shifts import LocalShifts, local_shifts, pixels_of
from superpose._jobs.overviews import LargeImage
from superpose._jobs.plate_settings import PlateSettings
from superpose._jobs.rims import without_rims
from superpose._names import lookup, public
from superpose._opened import ImageLike, opened
from superpose._progress.watch import Progress, Stage, watched
from superpose._sampling.resample import resample
from superpose._threads import thread_count
from superpose.errors import InputError, UnreliableWarning, meant_for, shown, text
from superpose.metrics.base import Metric
from superpose.metrics.custom import Cost
from superpose.result import Registration

if TYPE_CHECKING:
    from matplotlib.figure import Figure


@public
@dataclass(frozen=True, eq=False)
class Plate:
    """A glass plate made into a colour picture.

    Attributes
    ----------
    image : ndarray, shape (rows, columns, 3)
        Red, green, blue, in the plate's dtype; the intensities are the exposures' own.
    registrations : dict of str to Registration
        By channel: how each of the other two exposures (moving) lies on the reference (fixed). Their points
        are pixels of whole exposures, borders included.
    exposures : dict of str to ndarray
        By channel: the plate's three exposures as they were cut.
    reference : str
        The channel that was left where it is.
    crop : tuple of slice
        Which rows and columns of the reference exposure the image shows.
    warnings : tuple of str
        What a careful reader should know, in words.
    local_shifts : dict of str to LocalShifts
        By channel: what its alignment leaves over by place, and the picture has corrected; a channel of which nothing
        is left, or of which tiles do not agree, is not in it.
    channels : tuple of str
        The picture's channels, in order. Each is called by the first letter of its name, too.
    """

    channels: ClassVar[tuple[str, ...]] = ("red", "green", "blue")

    image: NDArray[Any]
    registrations: dict[str, Registration]
    exposures: dict[str, NDArray[Any]]
    reference: str
    crop: Window
    warnings: tuple[str, ...] = ()
    local_shifts: dict[str, LocalShifts] = field(default_factory=dict)

    def plot(self) -> Figure:
        """Return a matplotlib figure: the exposures laid on each other as cut, and the picture."""
        from superpose._report.plots import plot_plate

        return plot_plate(self)

    def __repr__(self) -> str:
        rows, columns, _ = self.image.shape
        scores = "; ".join(f"{name} {each.metric} {each.value:.4f}" for name, each in self.registrations.items())
        return f"<Plate: {rows} x {columns} {self.image.dtype} on {self.reference}; {scores}>"


@public
def colorize(
    plate: ImageLike,
    *,
    reference: str = "green",
    order: str = "bgr",
    metric: str | Metric | Cost = "orientation",
    transform: str = "similarity",
    local: bool = True,
    crop: bool = True,
    clip: bool = True,
    progress: Progress = False,
    page: int | None = None,
    max_pixels: int | None = None,
    threads: int | None = None,
) -> Plate:
    """Make a colour picture of a glass plate's scan: three exposures stacked top to bottom.

    Parameters
    ----------
    plate : array_like, shape (rows, columns), or path
        The whole scan, of any real dtype (a grey scan stored as RGB is fine). NaN pixels are missing.
    reference : {"green", "blue", "red"}
        The exposure that the other two are laid on.
    order : str
        The filters' letters from the top exposure to the bottom one.
    metric : str, Metric or callable
        As for `register`.
    transform : str
        As for `register`. Lenses magnify each colour a little differently, by half a percent and more, which
        a rigid motion leaves as coloured fringes near the corners.
    local : bool
        Whether to correct, too, what a transform of whole exposures leaves over by place: lenses bend, and so does what
        is scanned. Of exposures of more than 1024 pixels a side, where tiles agree about it and it makes them fit;
        `.local_shifts` says what was corrected.
    crop : bool
        Whether to keep only what all three exposures cover inside their borders, without rims where one of them is
        damaged; else the whole reference exposure.
    clip : bool
        As for `Registration.warp`.
    progress : bool or callable
        As for `register`.
    page : int, optional
        Which image of a file that holds several, counted from 0.
    max_pixels, threads : int, optional
        As for `register`.

    Returns
    -------
    Plate
        Frozen, with `.image`, `.registrations`, `.crop`, `.warnings`.

    Raises
    ------
    InputError
        If an argument cannot be used; the message names it and says what to do.

    Warns
    -----
    UnreliableWarning
        If an exposure cannot be trusted to lie where it was laid; the picture is made all the same.

    Notes
    -----
    The plate's dark and light borders take no part. `register` does the rest, and says of each exposure whether it can
    be trusted to lie where it was laid. Of large exposures tiles of full size are then placed by themselves, and what
    they are off by together, a polynomial of the place of at most cubic terms, goes into the one interpolation.

    Examples
    --------
    >>> import numpy as np, skimage.data, superpose
    >>> plate = np.vstack([np.roll(skimage.data.astronaut()[::2, ::2, k], 3 * k, axis=1) for k in (2, 1, 0)])
    >>> found = superpose.colorize(plate)
    >>> found.registrations["blue"].transform.shift.round(1) + 0.0
    array([0., 3.])
    """
    settings = PlateSettings()
    crop, clip, local = checked_flag("crop", crop), checked_flag("clip", clip), checked_flag("local", local)
    fixed = lookup("reference", reference, {name: name for name in Plate.channels})
    names = _channels(order)
    registrations = {}
    with watched(progress) as watch:
        if isinstance(plate, (str, Path)):
            watch.begin(Stage.READ)
        scan = grey_plate(opened(plate, "plate", max_pixels, page), settings.min_rows)
        exposures = zip(names, split(scan), strict=True)
        cut = {name: find_exposure(pixels, name, settings.borders) for name, pixels in exposures}
        whole, windows = {n: each.pixels for n, each in cut.items()}, {n: each.window for n, each in cut.items()}
        aligned = partial(
            align, search=settings.search, transform=transform, metric=metric, progress=watch, threads=threads
        )
        for name in names:
            if name != fixed:
                with watch.at(name):
                    # What is made of an exposure for that is several times as large.
                    registrations[name] = aligned(cut[fixed], cut.pop(name))
        cut.clear()
        maps = {name: pixels_of(each, None) for name, each in registrations.items()}
        shown = common_window(windows[fixed], [(each, windows[name]) for name, each in maps.items()])
        shifts: dict[str, LocalShifts] = {}
        if local and max(map(max, (each.shape[:2] for each in whole.values()))) > settings.local.seen_whole:
            watch.begin(Stage.REFINE)
            large = {name: LargeImage.of(each, name) for name, each in whole.items()}
            for name, each in registrations.items():
                count = thread_count(threads)
                found = local_shifts(large[fixed], large[name], each, shown, count, settings.local)
                if found is not None:
                    shifts[name], maps[name] = found, pixels_of(each, found)
        watch.begin(Stage.WARP)
        warped = {name: resample(whole[name], each, 3, np.nan, threads, clip) for name, each in maps.items()}
    picture = np.stack([whole[fixed] if name == fixed else warped[name] for name in Plate.channels], -1)
    if crop:
        if shifts:
            shown = common_window(windows[fixed], [(each, windows[name]) for name, each in maps.items()])
        shown = without_rims(picture, shown, settings.rims)
    else:
        shown = (slice(0, picture.shape[0]), slice(0, picture.shape[1]))
    said = _warnings(registrations, scan.shape)
    for name, each in registrations.items():
        if not each.reliable:
            warnings.warn(_of_plate(name, each.warnings[0]), UnreliableWarning, stacklevel=3)
    return Plate(picture[shown].copy(), registrations, whole, fixed, shown, said, shifts)


def _channels(order: Any) -> list[str]:
    letters = {name[0]: name for name in Plate.channels}
    if not isinstance(order, str) or sorted(order.lower()) != sorted(letters):
        raise InputError("bad-order", argument="order", value=shown(order))
    return [letters[letter] for letter in order.lower()]


def _warnings(registrations: dict[str, Registration], shape: tuple[int, ...]) -> tuple[str, ...]:
    said = [_of_plate(name, warning) for name, each in registrations.items() for warning in each.warnings]
    if shape[1] > shape[0]:
        said.append(text("plate-on-its-side", argument="plate", value=shape))
    return tuple(said)


def _of_plate(name: str, warning: str) -> str:
    """Return a warning about one channel's alignment, with no remedy that `colorize` has no argument for."""
    return f"{name}: {meant_for(warning, ('metric', 'transform'))}"
