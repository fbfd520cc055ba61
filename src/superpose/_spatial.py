"""Images as users hand them over with where their pixels lie."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from superpose._names import public
from superpose.errors import InputError
from superpose.grid import Grid
from superpose.image import UserImage, as_mask, is_colour, real_numbers


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
    mask : array_like of bool, shape of the array without colours, optional
        True where a pixel counts.

    Raises
    ------
    InputError
        If the grid or the mask cannot be one of this array.

    Examples
    --------
    >>> import numpy as np, superpose
    >>> superpose.Image(np.zeros((200, 300, 300), np.uint8), spacing=(0.795, 0.776, 0.776))
    <Image: 200 planes x 300 rows x 300 columns, 0.795 x 0.776 x 0.776, axes (plane, row, column), uint8>
    """

    array: Any
    spacing: tuple[float, ...] = ()
    origin: tuple[float, ...] = ()
    direction: Any = ()
    mask: ArrayLike | None = None

    def __post_init__(self) -> None:
        array = self.array
        if isinstance(array, Image):
            raise InputError("image-of-image", argument="array", value=repr(array))
        values, _ = real_numbers(array, "array")
        # A grid of three axes says that the last one is no colour.
        given = next((len(each) for each in (self.spacing, self.origin) if np.ndim(each) == 1 and len(each)), None)
        colour = is_colour(values.shape) and given != 3
        shape = values.shape[:2] if colour else values.shape
        if len(shape) not in (2, 3):
            raise InputError("wrong-rank", argument="array", value=values.shape)
        direction = np.asarray(self.direction, float).tolist() if np.size(self.direction) else ()
        grid = Grid(shape, tuple(self.origin), tuple(self.spacing), direction)
        for name in ("spacing", "origin", "direction"):
            object.__setattr__(self, name, getattr(grid, name))
        object.__setattr__(self, "_grid", grid)
        if not isinstance(array, np.ndarray):
            object.__setattr__(self, "array", values)
        if self.mask is not None:
            object.__setattr__(self, "mask", as_mask(self.mask, shape, "mask"))

    @property
    def grid(self) -> Grid:
        """Where the pixels lie."""
        grid: Grid = self.__dict__["_grid"]
        return grid

    @property
    def shape(self) -> tuple[int, ...]:
        """Of the array."""
        return tuple(self.array.shape)

    @cached_property
    def spaced(self) -> bool:
        """Whether pixels lie anywhere else than at their indices."""
        return self.grid != Grid(self.grid.shape)

    def __array__(self, dtype: Any = None, copy: bool | None = None) -> NDArray[Any]:
        """Return the pixels, as NumPy asks for them."""
        pixels = np.asarray(self.array)
        return pixels if dtype is None and not copy else np.array(pixels, dtype)

    def __repr__(self) -> str:
        names = ("plane", "row", "column")[-self.grid.ndim :]
        size = " x ".join(f"{n} {name}s" for n, name in zip(self.grid.shape, names, strict=True))
        spacing = " x ".join(f"{each:.6g}" for each in self.grid.spacing)
        masked = "" if self.mask is None else f", {100 * float(np.asarray(self.mask).mean()):.3g} % of its pixels count"
        return f"<Image: {size}, {spacing}, axes ({', '.join(names)}), {np.asarray(self.array).dtype}{masked}>"


def user_image(image: Any, mask: ArrayLike | None, argument: str, mask_argument: str | None = None) -> UserImage:
    """Return what a user passed as an image, with a mask beside it, or with that of an `Image`.

    Raises
    ------
    InputError
        If there are two masks.
    """
    if not isinstance(image, Image):
        return UserImage(image, mask, mask_argument)
    if mask is not None and image.mask is not None:
        raise InputError("two-masks", argument=mask_argument or f"{argument}_mask", value="given", image=argument)
    return UserImage(image.array, image.mask if mask is None else mask, mask_argument, image.grid)
