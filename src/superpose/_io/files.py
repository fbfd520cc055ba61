"""Images and volumes from files, with where their pixels lie, and into files."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from superpose._checks import checked_count, checked_path
from superpose._exchange import millimetres
from superpose._io.images import BY_EXTENSION as OF_IMAGES
from superpose._io.images import read_image, write_image
from superpose._io.sources import shown_source
from superpose._io.volumes import BY_EXTENSION as OF_VOLUMES
from superpose._io.volumes import is_volume, read_volume, write_volume
from superpose._names import public
from superpose._spatial import Image
from superpose.errors import InputError


@public
def read(path: str | Path, *, page: int | None = None, max_pixels: int | None = None) -> Image:
    """Return an image or a volume with where its pixels lie.

    Volumes are NIfTI (``.nii``, ``.nii.gz``), NRRD, MetaImage (``.mha``, ``.mhd``), and folders of DICOM slices. Their
    physical points are in millimetres, ITK's (left, posterior, superior) in axis order: (superior, posterior, left).
    A volume of one plane is read as a 2D image. Pictures (PNG, JPEG, TIFF, ...) lie at their pixels' indices.

    Parameters
    ----------
    path : str or Path
        A file, recognised by its content, or a folder of DICOM slices.
    page : int, optional
        Which one, counted from 0, of a file that holds several images or of a folder that holds several series.
    max_pixels : int, optional
        The most that is read. Default: a thousand million.

    Raises
    ------
    InputError
        If there is no such file, it is damaged or has no place in space that can be used, has more pixels than are
        allowed, or holds several images and none was chosen.
    MissingPackageError
        If nibabel (NIfTI) or SimpleITK (DICOM) is not installed: ``pip install "superpose[medical]"``.

    Warns
    -----
    AssumptionWarning
        If where the pixels lie is not clear: the text says what was assumed.
    """
    number = None if page is None else checked_count("page", page, 0)
    limit = None if max_pixels is None else checked_count("max_pixels", max_pixels, 1)
    found = read_file(checked_path("path", path), "path", number, "page=", limit)
    return found if isinstance(found, Image) else Image(found)


def read_file(
    path: Path, argument: str, page: int | None = None, option: str = "page=", max_pixels: int | None = None
) -> NDArray[Any] | Image:
    """Return the pixels of a picture, or a volume; see `read_image` and `read_volume` for parameters and errors."""
    if is_volume(path):
        return read_volume(path, argument, page, option, max_pixels)
    return read_image(path, argument, page, option, max_pixels)


@public
def write(path: str | Path, image: Image | ArrayLike) -> None:
    """Write an image or a volume, with where its pixels lie, whole or not at all. Masks are not written.

    Parameters
    ----------
    path : str or Path
        Its extension says the format: ``.nii``, ``.nii.gz``, ``.nrrd``, ``.mha``, or a picture's.
    image : Image or array_like
        Its unit is taken to millimetres; without one it is taken for millimetres.

    Raises
    ------
    InputError
        If the format cannot hold it (pictures hold no place in space), or the file cannot be written; an earlier file
        of that name is then left whole.
    MissingPackageError
        If nibabel is not installed and a NIfTI is asked for: ``pip install "superpose[medical]"``.
    """
    target = checked_path("path", path)
    given = _as_image(image)
    array = np.asarray(given.array)
    if target.name.lower().endswith(tuple(OF_VOLUMES)):
        write_volume(target, array, given.grid, millimetres(given.unit, "unit"), "path")
        return
    if target.suffix.lower() not in OF_IMAGES:
        known = ", ".join((*OF_IMAGES, *OF_VOLUMES))
        raise InputError("unknown-extension", argument="path", value=shown_source(target), known=known)
    if given.spaced or given.grid.ndim == 3:
        what = "a volume" if given.grid.ndim == 3 else "where pixels lie in space"
        raise InputError("format-cannot-hold", argument="path", value=shown_source(target), what=what, better="nrrd")
    write_image(target, array, "path")


def _as_image(image: Image | ArrayLike) -> Image:
    if isinstance(image, Image):
        return image
    try:
        return Image(image)
    except InputError as error:
        raise InputError(error.code, **error.fields | {"argument": "image"}) from error
