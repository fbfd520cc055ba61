"""Images on physical grids: what every stage after validation works on."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any, ClassVar

import numpy as np
from numpy.typing import ArrayLike, NDArray

from superpose._checks import is_whole
from superpose._names import public
from superpose.errors import InputError, shown
from superpose.grid import Grid

__all__ = ["Grid", "Mask", "Pixels", "Raster", "UserImage"]

Floats = NDArray[np.float64]
Pixels = NDArray[np.float32]
Mask = NDArray[np.bool_]
# In 255ths.
Weights = NDArray[np.uint8]


@public
@dataclass(frozen=True, eq=False)
class Raster:
    """One image as the engine sees it: float32 pixels, which of them count, and where they lie.

    `data` is zero where `mask` is False, so that no NaN reaches a kernel. The user's values are `data` +
    `offset`. No side has fewer pixels than `least_side`. `weights` says how much pixels count, in 255ths, where they do
    not all count alike; what it says where `mask` is False means nothing.
    """

    least_side: ClassVar[int] = 4

    data: Pixels
    mask: Mask
    grid: Grid
    offset: float = 0.0
    weights: Weights | None = None

    @cached_property
    def counts(self) -> Mask | Weights:
        """How much each pixel counts, as kernels take it: whether it does, or in 255ths."""
        return self.mask if self.weights is None else np.where(self.mask, self.weights, np.uint8(0))

    @property
    def parts(self) -> Pixels:
        """How much each pixel counts, from 0 to 1: what averages are weighed by."""
        return self.mask.astype(np.float32) if self.weights is None else self.counts * np.float32(1 / 255)

    @property
    def alike(self) -> bool:
        """Whether every pixel counts, and as much as any other."""
        return self.complete and self.weights is None

    @cached_property
    def trusted(self) -> Mask:
        """Which pixels speak where weights are not reckoned with: those that count half or more.

        Where these are not half of all that counts (of a mask with a peak), the next ones speak, too, until they are.
        """
        if self.weights is None:
            return self.mask
        counting = np.bincount(self.weights[self.mask], minlength=256) * np.arange(256)
        below = int(np.searchsorted(np.cumsum(counting[::-1]), 0.5 * counting.sum()))
        return self.mask & (self.weights >= min(128, 255 - below if counting.any() else 0))

    def of_trusted(self) -> Raster:
        """Return the image for what does not reckon with weights."""
        return self if self.weights is None else replace(self.among(self.trusted), weights=None)

    def part(self, of: tuple[slice, ...], grid: Grid) -> Raster:
        """Return some of its pixels, which lie on a grid of their own."""
        data, mask = np.ascontiguousarray(self.data[of]), np.ascontiguousarray(self.mask[of])
        weights = None if self.weights is None else np.ascontiguousarray(self.weights[of])
        return Raster(data, mask, grid, self.offset, weights)

    def among(self, keep: Mask) -> Raster:
        """Return the same with all other pixels than those of a mask missing."""
        kept = self.mask & keep
        return replace(self, data=np.where(kept, self.data, np.float32(0)), mask=kept)

    @cached_property
    def complete(self) -> bool:
        """Whether every pixel counts."""
        return bool(self.mask.all())

    @cached_property
    def pixel_count(self) -> int:
        """How many pixels count."""
        return int(np.count_nonzero(self.mask))


def is_prepared(image: Any) -> bool:
    """Return whether an image is one that `prepare` returned."""
    # `Prepared` lies in a layer above; nothing else is made of a `UserImage`.
    return "source" in getattr(type(image), "__dataclass_fields__", ())


def check_not_prepared(array: Any, argument: str) -> None:
    """Check that an image is not one that `prepare` returned, where only the pixels are of use.

    Raises
    ------
    InputError
        If it is.
    """
    if is_prepared(array):
        raise InputError("prepared-image", argument=argument, value=shown(array))


def as_array(values: Any, argument: str, code: str) -> NDArray[Any]:
    """Return whatever NumPy makes of a user's values.

    Raises
    ------
    InputError
        Of this code, if it makes nothing of them.
    """
    try:
        return np.asarray(values)
    except Exception as error:  # whatever their own __array__ raises
        raise InputError(code, argument=argument, value=f"{type(values).__name__} ({error})") from error


def real_numbers(array: Any, argument: str) -> tuple[NDArray[Any], Mask | None]:
    """Return `array` as an array of real numbers, and where a masked array counts.

    Raises
    ------
    InputError
        If its elements are anything else.
    """
    masked = ~masked_of(array) if isinstance(array, np.ma.MaskedArray) else None
    if isinstance(array, (str, bytes)) or array is None:
        raise InputError("not-an-image", argument=argument, value=shown(array))
    check_not_prepared(array, argument)
    values = as_array(array, argument, "not-an-image")
    if values.dtype.kind == "O":
        raise InputError("object-dtype", argument=argument, value=values.dtype)
    if values.dtype.kind == "c":
        raise InputError("complex-image", argument=argument, value=values.dtype)
    if values.dtype.kind not in "buif":
        raise InputError("not-an-image", argument=argument, value=f"an array of {values.dtype}")
    return values, masked


def is_colour(shape: tuple[int, ...]) -> bool:
    """Whether a shape is that of a 2D colour image, (rows, columns, 3 or 4)."""
    return len(shape) == 3 and shape[-1] in (3, 4) and min(shape[:2]) >= Raster.least_side


def channels_last(values: NDArray[Any], channel_axis: Any) -> NDArray[Any]:
    """Return a view of an array with the axis of its channels last.

    Raises
    ------
    InputError
        If it has no such axis.
    """
    if not is_whole(channel_axis) or not -values.ndim <= channel_axis < values.ndim:
        raise InputError("bad-channel-axis", argument="channel_axis", value=shown(channel_axis), shape=values.shape)
    return np.moveaxis(values, int(channel_axis), -1)


def _grey(values: NDArray[Any]) -> tuple[NDArray[Any], Mask | None]:
    """Return the luminance (ITU-R BT.601) of a colour image, and where it is not wholly transparent."""
    opaque = values[..., 3] > 0 if values.shape[-1] == 4 else None
    red, green, blue = (
        np.multiply(values[..., k], weight, dtype=float) for k, weight in enumerate((0.299, 0.587, 0.114))
    )
    return red + green + blue, opaque


def _combined(*masks: Mask | None) -> Mask | None:
    given = [mask for mask in masks if mask is not None]
    return np.logical_and.reduce(given) if given else None


def masked_of(array: np.ma.MaskedArray[Any, Any]) -> Mask:
    """Return where a masked array is masked."""
    return _true_or_false(np.ma.getmaskarray(array))


def _true_or_false(mask: Mask) -> Mask:
    """Return a mask whose bytes are 0 and 1: a view of other numbers has others, which C++ takes for neither."""
    raw = mask.view(np.uint8)
    return mask if raw.max(initial=0) <= 1 else np.asarray(raw != 0)


def as_mask(mask: ArrayLike, shape: tuple[int, ...], argument: str) -> Mask | Pixels:
    """Return a user's mask: booleans, of whole numbers whether they are 0, or the weights from 0 to 1 that floats are.

    Raises
    ------
    InputError
        If it is no array of such numbers of that shape.
    """
    kept = as_array(mask, argument, "bad-mask")
    if kept.dtype.kind not in "buif":
        raise InputError("bad-mask", argument=argument, value=f"an array of {kept.dtype}")
    if kept.shape != shape:
        raise InputError("mask-shape", argument=argument, value=kept.shape, image=shape)
    if kept.dtype.kind == "f":
        outside = int(kept.size - np.count_nonzero((kept >= 0) & (kept <= 1)))
        if outside:
            raise InputError("mask-weights", argument=argument, value=f"{outside} of its {kept.size} numbers")
        weights = kept.astype(np.float32)
        yes = weights != 0
        return yes if np.array_equal(yes, weights) else weights
    return _true_or_false(kept) if kept.dtype.kind == "b" else kept != 0


def _checked_mask(mask: ArrayLike | None, shape: tuple[int, ...], argument: str) -> tuple[Mask | None, Weights | None]:
    """Return where a user's mask counts, and how much, where that differs."""
    if mask is None:
        return None, None
    kept = as_mask(mask, shape, argument)
    if not kept.any():
        raise InputError("mask-empty", argument=argument, value=f"0 of {kept.size}")
    if kept.dtype == bool:
        return kept.astype(bool, copy=False), None
    # However little, what counts does; whether all count half or wholly is the same.
    parts = np.ceil(kept * np.float32(255 / kept.max()))
    return kept > 0, parts.astype(np.uint8)


def as_image(
    array: Any,
    argument: str,
    mask: ArrayLike | None = None,
    offset: float | None = 0.0,
    mask_argument: str | None = None,
    *,
    grid: Grid | None = None,
    volumes: bool = False,
) -> Raster:
    """Check a user's array and return it as an `Raster`.

    Parameters
    ----------
    array : array_like
        Real numbers of any dtype, shape (rows, columns), or (rows, columns, 3 or 4) for colour (aligned by
        its luminance; wholly transparent pixels are missing). NaN and masked elements are missing pixels.
    argument : str
        What errors call the array.
    mask : array_like of bool, optional
        True where a pixel counts; or floats, weights from 0 to 1.
    offset : float, optional
        Subtracted before the pixels become 32-bit floats, which would lose small differences between large
        values. None is the middle of the image's own range.
    mask_argument : str, optional
        What errors call the mask; default: `argument` with "_mask" behind it.
    grid : Grid, optional
        Where the pixels lie. One of three axes says that the last one is no colour. Default: at their indices.
    volumes : bool
        Whether an array of three axes of which the last is no colour is a volume, (planes, rows, columns).

    Raises
    ------
    InputError
        If the array cannot be aligned: wrong rank, empty, too small, infinite, (all but) constant, nothing left to use.
    """
    values, masked = real_numbers(array, argument)
    colour = is_colour(values.shape) and (grid is None or grid.ndim == 2)
    if masked is not None and colour:
        masked = np.asarray(masked.all(-1))
    if values.size == 0:
        raise InputError("empty-image", argument=argument, value=values.shape)
    opaque: Mask | None = None
    infinite: Any = np.isinf(values) if values.dtype.kind == "f" else np.False_
    # Only floats wider than 64 bits can be.
    if values.dtype.itemsize > 8 and (np.abs(values[~infinite]) > np.finfo(float).max).any():
        raise InputError("too-large-values", argument=argument, value="values beyond 1e308", most="1e15")
    if colour:
        infinite = infinite.any(-1) if infinite.ndim else infinite
        values = np.where(np.isinf(values), 0, values) if infinite.any() else values
        values, opaque = _grey(values)
    if values.ndim == 3 and 1 in values.shape:
        axis = values.shape.index(1)
        raise InputError("single-axis", argument=argument, value=values.shape, axis=axis)
    few = next((k for k, n in enumerate(values.shape) if n < Raster.least_side), None)
    if values.ndim == 3 and volumes and grid is None and few is not None:
        count = values.shape[few]
        raise InputError("few-planes", argument=argument, value=values.shape, axis=few, count=count)
    if values.ndim not in ((2, 3) if volumes else (2,)):
        raise InputError("wrong-rank" if volumes else "not-2d", argument=argument, value=values.shape)
    if min(values.shape) < Raster.least_side:
        raise InputError("one-pixel", argument=argument, value=values.shape, least=Raster.least_side)
    given, weights = _checked_mask(mask, values.shape, mask_argument or f"{argument}_mask")
    finite = ~np.isnan(values) if values.dtype.kind == "f" else None
    use = _combined(given, masked, finite, opaque)
    infinite = infinite if use is None else infinite & use
    if infinite.any():
        raise InputError("infinite-pixels", argument=argument, value=int(infinite.sum()))
    if use is not None and not use.any():
        raise InputError("all-missing", argument=argument, value=f"all {use.size}")
    if use is not None and use.all():
        use = None
    counted = values if use is None else values[use]
    low, high = counted.min(), counted.max()
    if low == high:
        raise InputError("constant-image", argument=argument, value=f"{float(low):g}")
    if offset is None:
        offset = float(low) / 2 + float(high) / 2
    _check_range(float(low), float(high), offset, argument)
    if use is None and not offset:
        data = np.ascontiguousarray(values, np.float32)
    else:
        # Subtracted as 64-bit floats a piece at a time: no second, larger copy of the image is made.
        data = np.zeros(values.shape, np.float32)
        kept: Any = True if use is None else use
        np.subtract(values, np.float64(offset), out=data, where=kept, dtype=np.float64, casting="unsafe")
    use = np.ones(values.shape, bool) if use is None else use
    return Raster(data, np.ascontiguousarray(use), grid or Grid(values.shape), offset, weights)


def _check_range(low: float, high: float, offset: float, argument: str) -> None:
    # The largest value's fourth power is a 64-bit float, and its square a 32-bit one.
    extreme = max(low, high, key=lambda value: abs(value - offset))
    if abs(extreme - offset) > 1e15:
        raise InputError("too-large-values", argument=argument, value=f"{extreme:g}", most="1e15")
    # In a smaller range the deviation, which one pixel alone may make, has a reciprocal that is no 32-bit float.
    if high - low < 1e-33:
        raise InputError("too-small-differences", argument=argument, value=f"{high - low:g}")


@dataclass(frozen=True, eq=False)
class UserImage:
    """An image as the user passed it: array and mask, unchecked, what errors call the mask (see `as_image`), grid."""

    array: Any
    mask: Any = None
    mask_argument: str | None = None
    grid: Grid | None = None

    def as_image(self, argument: str, offset: float | None = 0.0) -> Raster:
        """Return it checked, as the engine sees it; see `as_image` for the parameters and errors."""
        return as_image(self.array, argument, self.mask, offset, self.mask_argument, grid=self.grid, volumes=True)

    def frozen(self, argument: str = "image") -> UserImage:
        """Return the same image, which nobody can change any more; errors call it `argument`.

        Raises
        ------
        InputError
            If it, or its mask, is no array.
        """
        array, mask = self.array, self.mask
        if not isinstance(array, np.ma.MaskedArray):
            array = as_array(array, argument, "not-an-image")
        if mask is not None:
            mask = frozen(as_array(mask, self.mask_argument or f"{argument}_mask", "bad-mask"))
        return replace(self, array=frozen(array), mask=mask)


def frozen(image: ArrayLike) -> NDArray[Any]:
    """Return an array that nobody will change: itself if it is read-only (as a memory map), else a copy."""
    array = image if isinstance(image, np.ma.MaskedArray) else np.asarray(image)
    memory: Any = array
    while isinstance(memory, np.ndarray):
        if memory.flags.writeable:
            array = array.copy()
            array.flags.writeable = False
            break
        memory = memory.base
    return array
