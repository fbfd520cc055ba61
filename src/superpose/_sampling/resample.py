"""Resample users' images in their own dtype: rounded, saturated, never wrapped."""

from __future__ import annotations

import warnings
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from superpose._checks import as_number, is_whole
from superpose._opened import ImageLike, opened
from superpose._sampling.label_like import looks_like_labels
from superpose._sampling.mapping import Box, PixelMap, nearest_through, warp_across
from superpose._spatial import Image
from superpose._threads import thread_count
from superpose.errors import AssumptionWarning, InputError, shown, text
from superpose.image import Grid, Mask, as_array, channels_last, check_not_prepared, masked_of


def resample(
    image: NDArray[Any], pixels: PixelMap, order: int, fill: float, threads: int | None, clip: bool = True
) -> NDArray[Any]:
    """Return `image`, perhaps of several channels, on the output's grid, in its own dtype.

    With `clip` no channel leaves its own range.

    Raises
    ------
    InputError
        If `order` is not 0, 1 or 3, the dtype cannot hold `fill`, or pixels to interpolate are infinite.
    """
    background = checked_options(image.dtype, order, fill)
    if order and image.ndim == pixels.input.ndim and looks_like_labels(np.asarray(image)):
        value = f"of {image.dtype}, in patches of one value each"
        warnings.warn(text("like-labels", argument="image", value=value, order=order), AssumptionWarning, stacklevel=3)
    channels = channels_of(image, pixels.input.ndim)
    ranges = [Range.of(each) if order and clip else Range() for each in channels]
    middles = [middle_of(each.__getitem__, each.shape, each.dtype) if order else 0.0 for each in channels]
    return resampled(image, pixels, order, background, thread_count(threads), Values(tuple(middles), tuple(ranges)))


@dataclass(frozen=True)
class Range:
    """The least and the largest value of a channel; None where it is not asked for, or nothing counts."""

    low: Any = None
    high: Any = None

    @classmethod
    def of(cls, channel: NDArray[Any]) -> Range:
        """Return that of what counts of a channel."""
        if channel.dtype.kind == "b":
            return cls()
        mask = has_data(channel)
        kept = np.asarray(channel)
        kept = kept if mask.all() else kept[mask]
        return cls(kept.min(), kept.max()) if kept.size else cls()

    def with_more(self, other: Range) -> Range:
        """Return that of both."""
        if other.low is None or self.low is None:
            return self if other.low is None else other
        return Range(min(self.low, other.low), max(self.high, other.high))


@dataclass(frozen=True)
class Values:
    """What the pixels of any part of an image depend on in the whole of it, channel by channel.

    Attributes
    ----------
    middles : tuple of float
        What is taken off before pixels become 32-bit floats.
    ranges : tuple of Range
        What the pixels keep to.
    """

    middles: tuple[float, ...]
    ranges: tuple[Range, ...]


def channels_of(image: Any, ndim: int) -> list[Any]:
    """Return the channels of an image of so many axes: itself, where it has no more."""
    return [image] if image.ndim == ndim else [image[..., k] for k in range(image.shape[-1])]


def middle_of(part: Callable[[Box], NDArray[Any]], shape: tuple[int, ...], dtype: np.dtype[Any]) -> float:
    """Return a value amid those of a channel, where 32-bit floats do not hold them all: the median of its middle.

    Parameters
    ----------
    part : callable
        Returns a part of the channel.
    shape, dtype
        Of the channel.
    """
    # float32 holds 24 bits: what large integers and float64 images have above that is carried as an offset.
    if dtype.itemsize <= 2 or dtype == np.float32:
        return 0.0
    reach = 32
    while True:
        found = part(tuple(slice(max(0, n // 2 - reach), n // 2 + reach) for n in shape))
        mask = has_data(found)
        if mask.any():
            # Halves, as the sum of two that float64 just holds is infinite.
            return 2 * float(np.median(np.asarray(found)[mask] / 2))
        if reach >= max(shape):
            return 0.0
        reach *= 2


def checked_options(dtype: np.dtype[Any], order: int, fill: float) -> Any:
    """Return `fill` as a scalar of an image's dtype, after a check of that and of an order of interpolation.

    Raises
    ------
    InputError
        As `resample`.
    """
    if not is_whole(order) or order not in (0, 1, 3):
        raise InputError("unknown-name", argument="order", value=shown(order), nearest="", known="0, 1, 3")
    if dtype.kind not in "buif":
        raise InputError("not-an-image", argument="image", value=f"an array of {dtype}")
    return checked_fill(fill, dtype)


def resampled(
    image: NDArray[Any], pixels: PixelMap, order: int, background: Any, threads: int, values: Values
) -> NDArray[Any]:
    """Return what is given of an image, perhaps of several channels, on what is asked for of the output.

    Raises
    ------
    InputError
        If pixels to interpolate are infinite.
    """
    if order and image.dtype.kind == "f":
        _check_range(image)
    if order == 0:
        out = nearest_through(np.asarray(image), pixels, background)[0]
        missing = ~has_data(image)
        if missing.any():
            out[nearest_through(missing, pixels, False)[0]] = background
        return out
    parts = zip(channels_of(image, pixels.input.ndim), values.middles, values.ranges, strict=True)
    made = [_one_channel(each, pixels, order, background, threads, middle, within) for each, middle, within in parts]
    return made[0] if image.ndim == pixels.input.ndim else np.stack(made, -1)


def _check_range(image: NDArray[Any]) -> None:
    """Check that an image can be interpolated in 32-bit floats.

    Raises
    ------
    InputError
        If a pixel is infinite, or too large.
    """
    values = image.compressed() if isinstance(image, np.ma.MaskedArray) else image.ravel()
    # These pass over NaN.
    extremes = [float(each.reduce(values)) for each in (np.fmin, np.fmax) if values.size]
    if np.isinf(extremes).any():
        raise InputError("infinite-pixels", argument="image", value=int(np.isinf(image).sum()))
    most = max(map(abs, extremes), default=0.0)
    if most > 1e37:
        raise InputError("too-large-values", argument="image", value=f"{most:g}", most="1e37")


def resample_labels(labels: NDArray[Any], pixels: PixelMap, fill: int) -> NDArray[Any]:
    """Return a label image on the output's grid, by nearest pixels, in its own dtype.

    Raises
    ------
    InputError
        If the labels are not whole numbers, or their dtype cannot hold `fill`.
    """
    if labels.dtype.kind not in "bui":
        raise InputError("labels-not-integer", argument="labels", value=labels.dtype)
    return nearest_through(labels, pixels, checked_fill(fill, labels.dtype))[0]


def checked_fill(fill: float, dtype: np.dtype[Any]) -> Any:
    """Return `fill` as a scalar of `dtype`; NaN becomes 0 where integers cannot hold it.

    Raises
    ------
    InputError
        If it is no number, or one that `dtype` cannot hold.
    """
    if isinstance(fill, bool) and dtype.kind == "b":
        return np.bool_(fill)
    number = as_number(fill)
    missing = isinstance(fill, (float, np.floating)) and np.isnan(number)
    # A finite number that the dtype would turn into infinity does not fit.
    finite = is_whole(fill) or np.isfinite(number)
    if np.isnan(number) and not missing:
        raise InputError("bad-fill", argument="fill", value=shown(fill), dtype=dtype)
    if dtype.kind == "f":
        if finite and abs(number) > float(np.finfo(dtype).max):
            raise InputError("bad-fill", argument="fill", value=shown(fill), dtype=dtype)
        return dtype.type(number)
    if missing:
        return dtype.type(0)
    low, high = (0, 1) if dtype.kind == "b" else (np.iinfo(dtype).min, np.iinfo(dtype).max)
    fill = fill if is_whole(fill) else number
    if not (low <= fill <= high) or fill != int(fill):
        raise InputError("bad-fill", argument="fill", value=shown(fill), dtype=dtype)
    return dtype.type(int(fill))


def has_data(image: NDArray[Any]) -> NDArray[np.bool_]:
    """Return where an image has data: not NaN, and not masked in a masked array."""
    here = ~np.isnan(np.asarray(image)) if image.dtype.kind == "f" else np.ones(image.shape, bool)
    return here & ~masked_of(image) if isinstance(image, np.ma.MaskedArray) else here


def covered(pixels: PixelMap, image: NDArray[Any] | None) -> Mask:
    """Return where on the output's grid an image on the input's has data in all channels; None has it everywhere."""
    inside = np.ones(pixels.input.shape, np.float32)
    if image is not None:
        missing = ~has_data(image).reshape(*inside.shape, -1).all(-1)
        inside = np.where(missing, np.float32(np.nan), inside)
    here: Mask = np.isfinite(resample(inside, pixels, 1, np.nan, None))
    return here


def on_grid(
    image: ImageLike, grid: Grid, argument: str, of: str = "moving", channel_axis: int | None = None
) -> NDArray[Any]:
    """Return a user's image, perhaps of several channels along an axis, as an array with these last.

    Raises
    ------
    InputError
        If it does not lie on the grid.
    """
    check_not_prepared(image, argument)
    image = opened(image, argument)
    if isinstance(image, Image):
        check_place(image, grid, argument, of)
    array = image if isinstance(image, np.ma.MaskedArray) else as_array(image, argument, "not-an-image")
    if channel_axis is not None:
        array = channels_last(array, channel_axis)
    check_on_grid(array.shape, grid, argument, of, channel_axis is not None)
    return array


def check_place(image: Image, grid: Grid, argument: str, of: str) -> None:
    """Check that an image that says where it lies does so on a grid.

    Raises
    ------
    InputError
        If not.
    """
    own = image.grid.in_unit(grid.unit)
    if image.spaced and not grid.coincides(own):
        raise InputError("elsewhere", argument=argument, image=of, value=own.extent, expected=grid.extent)


def check_on_grid(shape: tuple[int, ...], grid: Grid, argument: str, of: str, channels: bool) -> None:
    """Check that an array, its `channels` last where it must have some, has a pixel for each of a grid's.

    Raises
    ------
    InputError
        If not.
    """
    axes = (grid.ndim + 1,) if channels else (grid.ndim, grid.ndim + 1)
    if shape[: grid.ndim] != grid.shape or len(shape) not in axes or 0 in shape:
        if not channels and shape[1:] == grid.shape:
            raise InputError("channels-first", argument=argument, value=shape, image=of, expected=grid.shape)
        raise InputError("other-grid", argument=argument, value=shape, image=of, expected=grid.shape)


def _one_channel(
    image: NDArray[Any], pixels: PixelMap, order: int, background: Any, threads: int, middle: float, within: Range
) -> NDArray[Any]:
    mask = has_data(image)
    image = np.asarray(image)
    if not mask.any():
        return np.full(pixels.shape, background, image.dtype)
    data = np.where(mask, image - middle if middle else image, 0).astype(np.float32)
    warped, valid = warp_across(data, mask, pixels, order, threads)
    out = cast_to(warped, middle, image.dtype)
    if within.low is not None:
        np.clip(out, within.low, within.high, out=out)  # in its own dtype: exact, whatever that is
    out[~valid] = background
    return out


def cast_to(warped: Any, offset: float, dtype: np.dtype[Any]) -> NDArray[Any]:
    """Return float32 values, and what was taken off them, as `dtype`: rounded, saturated, never wrapped."""
    values = warped.astype(np.float64) + offset if offset else warped
    if dtype.kind == "b":
        out = values >= 0.5
    elif dtype.kind in "ui":
        info = np.iinfo(dtype)
        rounded = np.rint(values.astype(np.float64))
        # The largest 64-bit integers are no doubles: compare first, cast what is inside.
        out = np.where(rounded <= float(info.min), info.min, 0).astype(dtype)
        inside = (rounded > float(info.min)) & (rounded < float(info.max))
        out[inside] = rounded[inside].astype(dtype)
        out[rounded >= float(info.max)] = info.max
    else:
        out = values.astype(dtype)
    return np.asarray(out, dtype)
