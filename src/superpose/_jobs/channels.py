"""Lay an image's channels on each other, and keep where they lie: microscopes, multispectral cameras."""

from __future__ import annotations

import warnings
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from superpose._checks import checked_path, is_whole
from superpose._jobs.channel_settings import ChannelSettings
from superpose._jobs.frames import frames_of
from superpose._jobs.spots import SpotFit, fit_to_spots
from superpose._jobs.stack_files import load_stack
from superpose._jobs.stack_result import StackFrame, StackResult, angle_of
from superpose._jobs.stacks import FAMILIES
from superpose._jobs.tables import reasons_in_words
from superpose._names import public
from superpose._progress.watch import Progress, Stage, watched
from superpose._register import WORDS, register
from superpose._sampling.resample import has_data
from superpose._version import versions
from superpose.errors import InputError, SuperposeError, UnreliableWarning, blaming, shown, text
from superpose.grid import Grid
from superpose.metrics.base import Metric
from superpose.metrics.custom import Cost
from superpose.result import Registration
from superpose.transforms.matrix import MatrixTransform


@public
@dataclass(frozen=True, eq=False)
class AlignedChannels:
    """An image whose channels lie on each other.

    Attributes
    ----------
    image : ndarray
        With its channels on the axis that they were on, in their dtype; where a channel has no data, or could not be
        placed, NaN, or 0 in whole numbers.
    channel_map : StackResult
        Where each channel lies, as a stack whose frames are the channels: `.save()` keeps it for `use=`.
    registrations : dict of int to Registration
        By channel: how `register` lays it on the reference. Empty where a map was used.
    channel_axis : int
        Along which axis of the image the channels lie.
    warnings : tuple of str
        What a careful reader should know, in words.
    """

    image: NDArray[Any]
    channel_map: StackResult
    registrations: dict[int, Registration]
    channel_axis: int
    warnings: tuple[str, ...] = ()

    @property
    def transforms(self) -> tuple[MatrixTransform | None, ...]:
        """By channel: from points of the reference (fixed) to points of the channel (moving); None if not placed."""
        return self.channel_map.transforms

    def save(self, path: str | Path) -> None:
        """Write the channel map to a JSON file, without pixels: for `use=`, and ``superpose align-channels --use``.

        Parameters
        ----------
        path : str or Path
            Where it is written, whole or not at all.

        Raises
        ------
        InputError
            If it cannot be written.
        """
        self.channel_map.save(path)

    def __repr__(self) -> str:
        used = sum(each is not None for each in self.transforms)
        return f"<AlignedChannels: {used} of {len(self.transforms)} channels on channel {self.channel_map.reference}>"


@public(transform=FAMILIES, metric=WORDS["metric"])
def align_channels(
    image: Any,
    *,
    reference: int = 0,
    transform: str = "affine",
    metric: str | Metric | Cost = "auto",
    use: str | Path | StackResult | None = None,
    channel_axis: int | None = None,
    progress: Progress = False,
    max_pixels: int | None = None,
    threads: int | None = None,
) -> AlignedChannels:
    """Lay an image's channels on each other: colours that a lens magnifies differently, cameras side by side.

    Parameters
    ----------
    image : array_like, path, or iterable of images and paths
        Two channels or more, each of rows and columns: an array of three axes, a file in colour or of several pages, or
        images of one channel each.
    reference : int
        The number of the channel that the others are laid on, counted from 0.
    transform : {"affine", "translation", "rigid", "similarity"}
        How channels lie on it.
    metric : str, Metric or callable
        As for `register`.
    use : path or StackResult, optional
        A channel map that was saved, such as one of beads: nothing is searched then, and reference, transform and
        metric are its own.
    channel_axis : int, optional
        Along which axis of an array the channels lie. Default: the shortest one.
    progress : bool or callable
        As for `register`.
    max_pixels, threads : int, optional
        As for `register`.

    Returns
    -------
    AlignedChannels
        Frozen, with `.image`, `.transforms`, `.channel_map`, `.save()`.

    Raises
    ------
    InputError
        If an argument cannot be used, or the map is of another number of channels or of other pixels.

    Warns
    -----
    UnreliableWarning
        If a channel could not be placed: it has no transform then, and shows nothing in the image.

    Notes
    -----
    `register` lays each channel on the reference. Where both show bright spots on a dark ground, such as beads, the map
    is then fitted to the spots' middles, which do not depend on how bright each is in a channel.

    Examples
    --------
    >>> import numpy as np, skimage.data, superpose
    >>> red = skimage.data.camera()[::4, ::4]
    >>> found = superpose.align_channels(np.stack([red, np.roll(red, 2, axis=1)]), transform="translation")
    >>> found.transforms[1].shift.round(1) + 0.0
    array([0., 2.])
    """
    settings = ChannelSettings()
    with watched(progress) as watch:
        watch.begin(Stage.READ)
        channels, axis = _channels(image, channel_axis, max_pixels)
        if not is_whole(reference) or not -len(channels) <= reference < len(channels):
            raise InputError("no-such-frame", argument="reference", value=shown(reference), total=len(channels))
        fixed, found, said = int(reference) % len(channels), dict[int, Registration](), list[str]()
        if use is not None:
            where = _used(use, channels)
        else:
            for number, channel in enumerate(channels):
                if number != fixed:
                    with watch.at(f"channel {number}"):
                        found[number] = register(
                            channels[fixed],
                            channel,
                            transform=transform,
                            metric=metric,
                            search=settings.search,
                            on_unreliable="ignore",
                            progress=watch,
                            channel_axis=None,
                            threads=threads,
                        )
            fits = {number: _by_spots(channels, fixed, number, each, settings) for number, each in found.items()}
            where = _map(found, fits, fixed, channels[0].shape)
        lost = [(each.name, each.why_not) for each in where.table if not each.used]
        if lost:
            which = reasons_in_words(lost)
            said.append(text("channels-left-out", argument="image", value=len(lost), total=len(channels), which=which))
        watch.begin(Stage.WARP)
        laid = where.apply(channels, threads=threads)
    dtype = np.result_type(*channels)
    empty = np.full(channels[0].shape, np.nan if dtype.kind == "f" else 0, dtype)
    kept = str(where.reference)
    planes = [
        channels[k] if str(k) == kept else empty if each is None else each.astype(dtype) for k, each in enumerate(laid)
    ]
    if lost:
        warnings.warn(said[0], UnreliableWarning, stacklevel=3)
    return AlignedChannels(np.stack(planes, axis), where, found, axis, tuple(said))


def _channels(image: Any, axis: int | None, max_pixels: int | None) -> tuple[list[NDArray[Any]], int]:
    """Return an image's channels, and along which of its axes they lie."""
    if axis is not None and (not is_whole(axis) or not -3 <= axis < 3):
        raise InputError("bad-channel-axis", argument="channel_axis", value=shown(axis), shape="of three axes")
    whole: Any = image if isinstance(image, np.ndarray) and image.ndim == 3 else None
    if whole is None:
        try:
            given = frames_of(image, max_pixels)
            several = [given[number] for number in range(len(given))]
        except SuperposeError as error:
            if error.fields["argument"] != "frames":
                raise
            raise blaming(error, "image") from error
        whole = several[0] if len(several) == 1 and several[0].ndim == 3 else None
        channels, along = several, 0
    if whole is not None:
        along = int(np.argmin(whole.shape)) if axis is None else int(axis) % 3
        channels = [np.ascontiguousarray(each) for each in np.moveaxis(whole, along, 0)]
    if len(channels) < 2:
        raise InputError("one-channel", argument="image", value=len(channels))
    for number, each in enumerate(channels):
        if each.ndim != 2 or each.shape != channels[0].shape:
            expected = f"the shape {channels[0].shape[:2]}"
            name = f"channel {number} of image"
            raise InputError("unlike-frames", argument=name, value=f"the shape {each.shape}", expected=expected)
        if each.dtype.kind not in "buif" or not has_data(each).any():
            raise InputError("all-missing", argument=f"channel {number} of image", value="all")
    return channels, along


def _used(use: Any, channels: list[NDArray[Any]]) -> StackResult:
    """Return a channel map that fits."""
    try:
        kept = use if isinstance(use, StackResult) else load_stack(checked_path("use", use))
    except SuperposeError as error:
        raise blaming(error, "use") from error
    shape = channels[0].shape
    if len(kept.transforms) != len(channels):
        raise InputError("other-channels", argument="use", value=len(kept.transforms), expected=len(channels))
    if kept.frame_grid.shape != shape:
        raise InputError("other-grid", argument="use", value=kept.frame_grid.shape, image="image", expected=shape)
    return kept


def _by_spots(
    channels: list[NDArray[Any]], fixed: int, number: int, found: Registration, settings: ChannelSettings
) -> SpotFit | None:
    """Return how beads lay a channel on the reference, where both show such."""
    pair = channels[fixed], channels[number]
    if not found.reliable or not all(has_data(each).all() for each in pair):
        return None
    one, other = (np.asarray(each, np.float32) for each in pair)
    return fit_to_spots(one, other, found, settings.spots)


def _map(
    found: dict[int, Registration], fits: dict[int, SpotFit | None], fixed: int, shape: tuple[int, ...]
) -> StackResult:
    """Return where channels lie, those left out that cannot be trusted to lie where they were found."""
    grid = Grid(shape)
    family = next(iter(found.values())).transform.family
    rows, transforms = [], list[MatrixTransform | None]()
    for number in range(len(found) + 1):
        name = f"channel {number}"
        if number == fixed:
            transforms.append(MatrixTransform(np.eye(3), family))
            rows.append(StackFrame(number, name, True, "", (0.0, 0.0), 0.0, 1.0, angle_of(transforms[-1])))
            continue
        each = found[number]
        if not each.reliable:
            transforms.append(None)
            rows.append(StackFrame(number, name, False, each.warnings[0]))
            continue
        fit, middle = fits[number], grid.centre
        transform, sigma = (each.transform, each.uncertainty) if fit is None else (fit.transform, fit.sigma)
        transforms.append(transform)
        motion = tuple(map(float, (transform(middle[None])[0] - middle).round(6) + 0.0))
        rows.append(StackFrame(number, name, True, "", motion, float(sigma), each.confidence, angle_of(transform)))
    return StackResult(tuple(transforms), tuple(rows), grid, str(fixed), versions=versions())
