"""Images as users hand them over with where their pixels lie."""

from __future__ import annotations

import warnings
from dataclasses import InitVar, dataclass, fields, replace
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from superpose._arithmetic.matrices import matmul
from superpose._checks import checked_text, is_auto, is_row, is_whole
from superpose._exchange import (
    BadGeometry,
    Later,
    Placed,
    itk_of,
    millimetres,
    nibabel_of,
    placed_of_itk,
    placed_of_nibabel,
)
from superpose._names import public
from superpose.errors import AssumptionWarning, InputError, shown, text
from superpose.grid import AXES, Grid
from superpose.image import UserImage, as_array, as_mask, channels_last, is_colour, is_prepared, real_numbers


@public
@dataclass(frozen=True, eq=False, repr=False)
class Image:
    """An image or a volume, where its pixels lie in space, and which of them count.

    Parameters
    ----------
    array : array_like, shape (rows, columns), (rows, columns, 3 or 4) for colour, or (planes, rows, columns)
        Real numbers of any dtype. NaN and masked elements are missing.
    spacing : tuple of float, optional
        Distance between neighbouring pixel centres along each axis, in a unit of your own (mm, µm); default ones. As
        many numbers as there are axes that are no colours: three say that the last of 3 or 4 columns are none.
    origin : tuple of float, optional
        Physical coordinates of the first pixel's centre, in axis order; default zeros.
    direction : array_like, shape (ndim, ndim), optional
        Orthonormal matrix whose columns are the physical directions of the array's axes; default the identity.
    mask : array_like of bool, shape of the array without colours, or Image, optional
        True where a pixel counts; floats are weights from 0 to 1. An Image may have pixels of its own: each pixel here
        takes the nearest one's, and what lies outside does not count.
    unit : str, optional
        What spacing and origin are measured in, such as "mm"; it is said and changes no number. Of what is read from
        files with a place in space it is "mm", and physical points are ITK's (left, posterior, superior) in axis order.
    channel_axis : int or None, optional
        Which axis of the array holds colours, which `array` then has last; None: none does, three axes are a volume's.
        Default ("auto"): three axes are an image in colour if the last one has 3 or 4 columns.

    Raises
    ------
    InputError
        If the grid or the mask cannot be one of this array.

    Examples
    --------
    >>> import numpy as np, superpose
    >>> superpose.Image(np.zeros((200, 300, 300), np.uint8), spacing=(0.795, 0.776, 0.776))
    <Image: 200 planes x 300 rows x 300 columns, 0.795 x 0.776 x 0.776, axes (plane, row, column), uint8>

    `superpose.read` makes one of a file, `from_itk` and `from_nibabel` of other libraries' images.
    """

    array: Any
    spacing: tuple[float, ...] = ()
    origin: tuple[float, ...] = ()
    direction: Any = ()
    mask: Any = None
    unit: str = ""
    channel_axis: InitVar[Any] = "auto"

    def __post_init__(self, channel_axis: Any) -> None:
        checked_text("unit", self.unit)
        array = self.array
        if isinstance(array, Image):
            raise InputError("image-of-image", argument="array", value=repr(array))
        if not is_auto(channel_axis) and channel_axis is not None:
            array = colours_last(array, channel_axis, "array")
            object.__setattr__(self, "array", array)
        values, _ = real_numbers(array, "array")
        # A grid of three axes says that the last one is no colour.
        given = next((len(each) for each in (self.spacing, self.origin) if is_row(each) and len(each)), None)
        colour = is_colour(values.shape) and given != 3 and channel_axis is not None
        shape = values.shape[:2] if colour else values.shape
        if len(shape) not in (2, 3):
            raise InputError("wrong-rank", argument="array", value=values.shape)
        axes = self.direction
        axes = axes.tolist() if isinstance(axes, np.ndarray) else axes
        grid = Grid(shape, self.origin, self.spacing, axes, self.unit)
        for name in ("spacing", "origin", "direction"):
            object.__setattr__(self, name, getattr(grid, name))
        object.__setattr__(self, "_grid", grid)
        if not isinstance(array, np.ndarray):
            object.__setattr__(self, "array", values)
        if self.mask is not None:
            mask = as_mask(_mask_on(grid, self.mask, "mask"), shape, "mask").copy()
            mask.setflags(write=False)
            object.__setattr__(self, "mask", mask)

    if not TYPE_CHECKING:

        def __getattr__(self, name: str) -> Any:
            # What nothing but a file has yet.
            if name != "array" or "_later" not in self.__dict__:
                raise AttributeError(f"an Image has no attribute {name!r}")
            object.__setattr__(self, "array", self.__dict__["_later"].read())
            self.__dict__.pop("_later", None)  # another thread may have been as fast
            return self.array

    @classmethod
    def _of_later(cls, pixels: Later, grid: Grid) -> Image:
        """Return an image whose pixels are read when they are asked for."""
        image = object.__new__(cls)
        known = {each.name: each.default for each in fields(cls) if each.name != "array"}
        known |= {name: getattr(grid, name) for name in ("spacing", "origin", "direction")}
        image.__dict__.update(known, unit=grid.unit, _grid=grid, _later=pixels)
        return image

    @property
    def _pixels(self) -> Any:
        """What has shape and dtype of the array, which is not read for that."""
        return self.__dict__.get("_later") or self.array

    @property
    def stored(self) -> Any:
        """What parts of the array can be asked of, which is not read for that where its file can be read in parts."""
        source = getattr(self.__dict__.get("_later"), "source", None)
        return self.array if source is None else source

    @property
    def grid(self) -> Grid:
        """Where the pixels lie."""
        grid: Grid = self.__dict__["_grid"]
        return grid

    @property
    def shape(self) -> tuple[int, ...]:
        """Of the array."""
        return tuple(self._pixels.shape)

    @cached_property
    def spaced(self) -> bool:
        """Whether pixels lie anywhere else than at their indices."""
        return not self.grid.plain

    @classmethod
    def from_itk(cls, image: Any) -> Image:
        """Return a `SimpleITK.Image` as one of superpose's; its pixels are copied.

        Raises
        ------
        InputError
            If it is none, or has several numbers a pixel that are no colours.
        MissingPackageError
            If SimpleITK is not installed: ``pip install "superpose[medical]"``.
        """
        return image_of(placed_of_itk(image), "image", "a SimpleITK image")

    def to_itk(self) -> Any:
        """Return it as a `SimpleITK.Image` in millimetres, without its mask.

        Raises
        ------
        InputError
            If it is not known how many millimetres its unit is.
        MissingPackageError
            If SimpleITK is not installed: ``pip install "superpose[medical]"``.
        """
        return itk_of(np.asarray(self.array), self.grid, millimetres(self.unit, "unit"))

    @classmethod
    def from_nibabel(cls, image: Any) -> Image:
        """Return one of nibabel's images as one of superpose's.

        Its sform says where it lies, or its qform where it has no sform.

        Raises
        ------
        InputError
            If it is none, a series of volumes (pass ``image.slicer[..., k]``), or its voxels are no numbers.
        """
        try:
            placed = placed_of_nibabel(image)
        except BadGeometry as error:
            raise InputError("bad-geometry", argument="image", value="a nibabel image", reason=str(error)) from error
        return image_of(placed, "image", "a nibabel image")

    def to_nibabel(self) -> Any:
        """Return it as a `nibabel.Nifti1Image` in millimetres, with sform and qform and without its mask.

        Raises
        ------
        InputError
            If it is in colour, or it is not known how many millimetres its unit is.
        MissingPackageError
            If nibabel is not installed: ``pip install "superpose[medical]"``.
        """
        array = np.asarray(self.array)
        if array.ndim > self.grid.ndim:
            raise InputError("several-numbers", argument="image", value=f"of {array.shape[-1]} numbers a pixel")
        return nibabel_of(array, self.grid, millimetres(self.unit, "unit"))

    def __array__(self, dtype: Any = None, copy: bool | None = None) -> NDArray[Any]:
        """Return the pixels, as NumPy asks for them."""
        pixels = np.asarray(self.array)
        return pixels if dtype is None and not copy else np.array(pixels, dtype)

    @property
    def in_words(self) -> str:
        """Its size, spacing and axes, its dtype, and how much of it counts."""
        names = AXES[-self.grid.ndim :]
        size = " x ".join(f"{n} {name}s" for n, name in zip(self.grid.shape, names, strict=True))
        spacing = " x ".join(f"{each:.6g}" for each in self.grid.spacing)
        spacing += f" {self.unit}" if self.unit else ""
        masked = (
            ""
            if self.mask is None
            else f", {100 * float((np.asarray(self.mask) != 0).mean()):.3g} % of its pixels count"
        )
        dtype = f"{self._pixels.dtype}{' in colour' if len(self.shape) > self.grid.ndim else ''}"
        return f"{size}, {spacing}, axes ({', '.join(names)}), {dtype}{masked}"

    def __repr__(self) -> str:
        return f"<Image: {self.in_words}>"


def image_of(placed: Placed, argument: str, value: str, stacklevel: int = 3) -> Image:
    """Return pixels that lie in space as an image, and warn of what was assumed of them."""
    for code, named in placed.assumed:
        said = text(code, argument=argument, value=value, **named)
        warnings.warn(said, AssumptionWarning, stacklevel=stacklevel)
    grid = placed.grid
    unit = "" if grid.plain else placed.unit
    if isinstance(placed.array, Later):
        return Image._of_later(placed.array, replace(grid, unit=unit))
    image = Image(placed.array, grid.spacing, grid.origin, grid.direction, unit=unit)
    # An assumed place is none of a body's.
    says = grid.anatomical and not any(code in ("no-orientation", "no-space") for code, _ in placed.assumed)
    object.__setattr__(image, "_grid", replace(image.grid, anatomical=says))
    return image


def colours_last(image: Any, channel_axis: Any, argument: str) -> Any:
    """Return an array with its colours last, or without that axis where there is one only.

    Raises
    ------
    InputError
        If it has no such axis, or its channels are no colours of an image.
    """
    values = image if isinstance(image, np.ma.MaskedArray) else as_array(image, argument, "not-an-image")
    moved = channels_last(values, channel_axis)
    count = moved.shape[-1]
    if count == 1:
        return moved[..., 0]
    if not is_colour(moved.shape):
        axis = int(channel_axis) % values.ndim
        raise InputError("several-channels", argument=argument, value=values.shape, count=count, axis=axis)
    return moved


def with_channels(image: Any, channel_axis: Any, argument: str, stacklevel: int = 4) -> Any:
    """Return what a user passed as an image, its colours where `channel_axis` says: see `register`.

    An `Image`, or one that was prepared, has said it. What is assumed of a shape that may be either is said.

    Raises
    ------
    InputError
        If an array has no such axis, or its channels are no colours of an image.
    """
    if not is_auto(channel_axis) and channel_axis is not None and not is_whole(channel_axis):
        raise InputError("bad-channel-axis", argument="channel_axis", value=shown(channel_axis), shape="of images")
    if isinstance(image, Image) or is_prepared(image):
        return image
    if is_auto(channel_axis):
        code = _assumed_of(image) if isinstance(image, np.ndarray) and image.ndim == 3 else ""
        if code:
            said = text(code, argument=argument, value=image.shape, count=image.shape[0])
            warnings.warn(said, AssumptionWarning, stacklevel=stacklevel)
        return image
    values = image if isinstance(image, np.ma.MaskedArray) else as_array(image, argument, "not-an-image")
    if values.ndim < 3:
        return values
    if channel_axis is not None:
        return colours_last(values, channel_axis, argument)
    return Image(values, (1.0,) * 3) if values.ndim == 3 else values


def _assumed_of(array: NDArray[Any]) -> str:
    """Return what is to be said of an array of three axes whose shape may be that of colours or of a volume, if any."""
    shape, most = array.shape, 16
    if is_colour(shape) and shape[-1] == 4:
        # Bytes are colours' numbers, and so are parts of one.
        kind = array.dtype.kind
        usual = array.dtype in (np.uint8, np.uint16, np.bool_) or (kind == "f" and not (array > 1).any())
        return "" if usual else "taken-for-colour"
    return "taken-for-volume" if shape[0] == 4 and min(shape[1:]) >= most else ""


def user_image(image: Any, mask: ArrayLike | None, argument: str, mask_argument: str | None = None) -> UserImage:
    """Return what a user passed as an image, with a mask beside it, or with that of an `Image`.

    Raises
    ------
    InputError
        If there are two masks.
    """
    if not isinstance(image, Image):
        # Where bare pixels lie nobody knows: a mask of the same shape is theirs.
        return UserImage(image, mask.array if isinstance(mask, Image) else mask, mask_argument)
    if mask is not None and image.mask is not None:
        raise InputError("two-masks", argument=mask_argument or f"{argument}_mask", value="given", image=argument)
    called = mask_argument or f"{argument}_mask"
    kept = image.mask if mask is None else _mask_on(image.grid, mask, called)
    return UserImage(image.array, kept, mask_argument, image.grid)


def _mask_on(grid: Grid, mask: Any, argument: str) -> Any:
    """Return a mask as it is, or, of an `Image` that lies elsewhere, what it says of each of a grid's pixels.

    Raises
    ------
    InputError
        If what counts of it lies where no pixel is; errors call it `argument`.
    """
    # One that says no place lies on the image's own pixels.
    if not isinstance(mask, Image) or mask.grid.ndim != grid.ndim or mask.grid.plain:
        return mask.array if isinstance(mask, Image) else mask
    kept = as_mask(mask.array, mask.grid.shape, "mask")
    there = mask.grid.in_unit(grid.unit)
    if grid.coincides(there):
        return kept
    # From indices here to indices there, one axis after the other: no list of all points is made.
    to_mask = matmul(there.physical_to_index, grid.index_to_physical)
    steps = np.meshgrid(*map(np.arange, grid.shape[1:]), indexing="ij", sparse=True)
    out = np.zeros(grid.shape, kept.dtype)
    for k in range(grid.shape[0]):
        inside: Any = True
        places = []
        for j, size in enumerate(mask.grid.shape):
            along = sum(to_mask[j, 1 + axis] * step for axis, step in enumerate(steps))
            place = np.floor(along + (to_mask[j, 0] * k + to_mask[j, -1] + 0.5)).astype(np.int64)
            inside = inside & (place >= 0) & (place < size)
            places.append(place.clip(0, size - 1))
        out[k] = np.where(inside, kept[tuple(places)], 0)
    if kept.any() and not out.any():
        raise InputError("mask-elsewhere", argument=argument, value="elsewhere")
    return out
