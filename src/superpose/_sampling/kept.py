"""The two images of a result: as they are kept in it, and as they are looked at again."""

from __future__ import annotations

from superpose._opened import ImageLike, opened
from superpose._sampling.prepared import Prepared
from superpose._sampling.resample import on_grid
from superpose._spatial import Image
from superpose.image import Grid, UserImage, real_numbers


def image_to_keep(image: ImageLike | Prepared | None, grid: Grid, argument: str) -> Prepared | UserImage | None:
    """Return what a result keeps of a user's image: itself if it is prepared, else its pixels.

    Raises
    ------
    InputError
        If they are no real numbers, or do not lie on the grid.
    """
    if image is None:
        return None
    if isinstance(image, Prepared):
        on_grid(image.array, grid, argument, argument)
        return image
    pixels = opened(image, argument)
    real_numbers(pixels, argument)
    mask = pixels.mask if isinstance(pixels, Image) else None
    return UserImage(on_grid(pixels, grid, argument, argument), mask, grid=grid).frozen(argument)


def prepared_again(kept: Prepared | UserImage, argument: str) -> Prepared:
    """Return an image that a result kept, ready to be looked at; what is made of it lives as long as what is returned.

    Raises
    ------
    InputError
        If it cannot be used.
    """
    return kept if isinstance(kept, Prepared) else Prepared.of(kept, argument)
