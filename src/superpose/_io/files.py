"""Images and volumes from files, with where their pixels lie, and into files."""

from __future__ import annotations

from pathlib import Path
from typing import Any, cast

import numpy as np
from numpy.typing import ArrayLike, NDArray

from superpose._checks import checked_count, checked_max_pixels, checked_path
from superpose._exchange import millimetres
from superpose._io.atomic import Outputs, Sink, check_target, write_atomically
from superpose._io.images import BY_EXTENSION as OF_IMAGES
from superpose._io.images import FORMATS_WRITTEN as PICTURES_WRITTEN
from superpose._io.images import check_output, fits, read_image, tiff, write_image
from superpose._io.in_parts import EXTENSIONS, write_store_in_parts, write_tiff_in_parts
from superpose._io.reading import told
from superpose._io.sources import Source, shown_source
from superpose._io.volumes import BY_EXTENSION as OF_VOLUMES
from superpose._io.volumes import is_volume, read_volume, stacks, write_store, write_volume, zarr_choice
from superpose._names import public
from superpose._sampling.stored import Stored, is_of_dask
from superpose._spatial import Image
from superpose.errors import InputError, blaming
from superpose.grid import Grid
from superpose.image import is_colour, real_numbers

# As the output's format is said where no extension says it.
FORMATS_WRITTEN = (*PICTURES_WRITTEN, *(each[1:] for each in OF_VOLUMES))


@public
def read(
    path: str | Path,
    *,
    page: int | None = None,
    channel: int | None = None,
    level: int | None = None,
    max_pixels: int | None = None,
) -> Image:
    """Return an image or a volume with where its pixels lie.

    Volumes are NIfTI (``.nii``, ``.nii.gz``), NRRD, MetaImage (``.mha``, ``.mhd``), and folders of DICOM slices. Their
    physical points are in millimetres, ITK's (left, posterior, superior) in axis order: (superior, posterior, left).
    A volume of one plane is read as a 2D image. A TIFF of which OME or ImageJ say that its pages are the planes of one
    volume is that volume, in micrometres where they say its spacing; each page of it is an image, and so is what they
    say is one plane. Of a folder of
    OME-Zarr one channel at one time and level is taken, in its own unit, and its pixels are read when ``.array`` is
    first asked for. Pictures (PNG, JPEG, other TIFFs, ...) lie at their pixels' indices, and so do those of FITS files
    (``.fits``, also compressed), whose first row is the lowest one on the sky, as astropy has them: they are not turned
    over to how viewers show them.

    Parameters
    ----------
    path : str or Path
        A file, recognised by its content, or a folder: of DICOM slices, or an OME-Zarr.
    page : int, optional
        Which one, counted from 0, of a file that holds several images or of a folder that holds several series. Of a
        FITS the first image is read unless that is of a cube, whose planes are images; of an OME-Zarr it is the time.
    channel : int, optional
        Which channel of an OME-Zarr that has several.
    level : int, optional
        Which level of an OME-Zarr; 0, the default, is the finest.
    max_pixels : int, optional
        The most that is read. Default: a thousand million.

    Raises
    ------
    InputError
        If there is no such file, it is damaged or has no place in space that can be used, has more pixels than are
        allowed, or holds several images and none was chosen.
    MissingPackageError
        If nibabel (NIfTI) or SimpleITK (DICOM) is not installed: ``pip install "superpose[medical]"``; or astropy
        (FITS): ``pip install "superpose[astro]"``, or zarr (OME-Zarr): ``pip install "superpose[microscopy]"``.

    Warns
    -----
    AssumptionWarning
        If where the pixels lie is not clear: the text says what was assumed.
    """
    number = None if page is None else checked_count("page", page, 0)
    limit = checked_max_pixels(max_pixels)
    place = checked_path("path", path)
    if of_zarr := zarr_choice(place, channel, level):
        return read_volume(place, "path", number, "page=", limit, **of_zarr)
    found = read_file(place, "path", number, "page=", limit)
    return found if isinstance(found, Image) else Image(found)


def read_file(
    path: Path, argument: str, page: int | None = None, option: str = "page=", max_pixels: int | None = None
) -> NDArray[Any] | Image:
    """Return the pixels of a picture, or a volume; see `read_image` and `read_volume` for parameters and errors."""
    if is_volume(path, page):
        return read_volume(path, argument, page, option, max_pixels)
    return read_image(path, argument, page, option, max_pixels)


def read_source(
    source: Source,
    argument: str,
    page: int | None = None,
    option: str = "page=",
    max_pixels: int | None = None,
    *,
    channel: int | None = None,
    level: int | None = None,
) -> NDArray[Any] | Image:
    """Return what a file holds, as `read_file`, and of an OME-Zarr as `read`; a stream that is open holds a picture."""
    named = Path(source) if isinstance(source, (str, Path)) else Path(shown_source(source))
    if of_zarr := zarr_choice(named, channel, level, option.removesuffix("page")):
        return read_volume(named, argument, page, option, max_pixels, **of_zarr)
    if isinstance(source, (str, Path)) and source != "":  # no name is the working folder to Path
        return read_file(Path(source), argument, page, option, max_pixels)
    return read_image(source, argument, page, option, max_pixels)


def place_of(image: NDArray[Any] | Image) -> Grid:
    """Return where the pixels of what a file holds lie."""
    return image.grid if isinstance(image, Image) else Grid(image.shape[:2])


@public
def write(path: str | Path, image: Image | ArrayLike, *, like: Image | ArrayLike | str | Path | None = None) -> None:
    """Write an image or a volume, with where its pixels lie, whole or not at all. Masks are not written.

    Parameters
    ----------
    path : str or Path
        Its extension says the format: ``.nii``, ``.nii.gz``, ``.nrrd``, ``.mha``, ``.zarr`` (a new folder, OME-Zarr of
        one level), or a picture's. A TIFF keeps the spacing of a grey image whose unit is known (OME-TIFF).
    image : Image or array_like
        Its unit is taken to millimetres but by OME-Zarr, which keeps it; without one it is taken for millimetres. An
        array of dask's goes into an OME-Zarr, with smaller levels, or a TIFF of tiles a chunk at a time.
    like : Image, array_like, str or Path, optional
        What lies on the same pixels, such as the fixed image of what `Registration.warp` returns: pixels that are no
        Image lie where its do. A FITS takes from the file of a FITS what says where the pixels lie on the sky.

    Raises
    ------
    InputError
        If the format cannot hold it (pictures hold no place in space), `like` has another shape, or the file cannot be
        written; an earlier file of that name is then left whole.
    MissingPackageError
        If nibabel is not installed and a NIfTI is asked for: ``pip install "superpose[medical]"``; or astropy, and a
        FITS is asked for: ``pip install "superpose[astro]"``; or zarr: ``pip install "superpose[microscopy]"``.
    """
    target, sky, other = checked_path("path", path), None, None
    # What is no array yet is written as it is made.
    if is_of_dask(image) and target.suffix.lower() in EXTENSIONS:
        _write_parts(target, Stored(image), like)
        return
    if isinstance(like, (str, Path)):
        file = checked_path("like", like)
        other, sky = _as_image(read_file(file, "like"), "like"), sky_for(target, file)
    elif like is not None:
        other = _as_image(like, "like")
    given = _as_image(image, "image", other)
    if other is not None and other.grid.shape != given.grid.shape:
        expected = " x ".join(map(str, given.grid.shape))
        raise InputError("unlike", argument="like", value=" x ".join(map(str, other.grid.shape)), expected=expected)
    array = np.asarray(given.array)
    if target.suffix.lower() == ".zarr":
        write_store(target, array, given.grid, given.unit, "path")
        return
    check_file(target, "path", array.dtype, array.shape, given.grid)
    write_file(target, array, given.grid, given.unit, "path", sky=sky)


def _write_parts(target: Path, image: Stored, like: Any) -> None:
    """Write an image of dask's, with its place that of `like`."""
    real_numbers(np.empty(0, image.dtype), "image")
    if image.ndim not in (2, 3):
        raise InputError("wrong-rank", argument="image", value=image.shape)
    if 0 in image.shape:
        raise InputError("empty-image", argument="image", value=image.shape)
    other = None
    if like is not None:
        other = _as_image(
            read_file(checked_path("like", like), "like") if isinstance(like, (str, Path)) else like, "like"
        )
    grid = Grid(image.shape[:2] if is_colour(image.shape) else image.shape) if other is None else other.grid
    if image.shape[: grid.ndim] != grid.shape:
        expected = " x ".join(map(str, image.shape))
        raise InputError("unlike", argument="like", value=" x ".join(map(str, grid.shape)), expected=expected)
    if target.suffix.lower() == ".zarr":
        write_store_in_parts(target, image, grid, grid.unit, "path")
        return
    check_file(target, "path", image.dtype, image.shape, grid)
    write_tiff_in_parts(target, image, grid, "path")


def sky_for(
    path: Sink, like: Source, page: int | None = None, option: str = "page=", form: str | None = None
) -> object | None:
    """Return where on the sky the pixels of a FITS lie, for another FITS on the same pixels; None for other files."""
    name = f".{form}" if form else str(path) if isinstance(path, (str, Path)) else ""
    if not name.lower().endswith(fits.EXTENSIONS) or not isinstance(like, (str, Path)) or Path(like).is_dir():
        return None
    with told("like", shown_source(like)):
        return cast("object | None", fits.sky_of(Path(like), page, option))


def check_file(
    path: Sink, argument: str, dtype: np.dtype[Any], shape: tuple[int, ...], grid: Grid, form: str | None = None
) -> None:
    """Check that an image of such pixels on a grid can be written to `path`; see `check_output`.

    Raises
    ------
    InputError
        If not.
    """
    if isinstance(path, (str, Path)) and not Path(path).name:
        check_target(path, argument)  # which says that it has no name
    placed = grid.ndim == 3 or not grid.plain
    of_volumes = _volumes_format(path, form) is not None
    lacking = ("colour", "png") if of_volumes and len(shape) > grid.ndim else None
    if not of_volumes:
        if form is None and isinstance(path, (str, Path)) and Path(path).suffix.lower() not in OF_IMAGES:
            known = ", ".join((*OF_IMAGES, *OF_VOLUMES))
            raise InputError("unknown-extension", argument=argument, value=shown_source(path), known=known)
        if not placed or _spaced_tiff(path, form, grid, shape):
            check_output(path, argument, dtype, shape, form=form)
        else:
            lacking = "a volume" if grid.ndim == 3 else "where pixels lie in space", "nrrd"
    check_target(path, argument)
    if dtype.itemsize > 8:
        raise InputError("pixels-too-wide", argument=argument, value=form or shown_source(path), dtype=dtype)
    if lacking:
        what, better = lacking
        code = "format-cannot-hold" if form is None else "named-format-cannot-hold"
        raise InputError(code, argument=argument, value=form or shown_source(path), what=what, better=better)


def write_file(
    path: Sink,
    array: NDArray[Any],
    grid: Grid,
    unit: str,
    argument: str,
    outputs: Outputs | None = None,
    form: str | None = None,
    sky: object | None = None,
) -> None:
    """Write an image that was checked by `check_file`; see `write_image` for the parameters, and `sky_for`.

    Raises
    ------
    InputError
        If it cannot be written, or it is not known how many millimetres the unit is.
    """
    extension = _volumes_format(path, form)
    if sky is not None:
        write_atomically(path, lambda stream: fits.dump_on_sky(stream, [array], sky), argument, outputs)
    elif extension is None and not grid.plain and _spaced_tiff(path, form, grid, array.shape):
        write_atomically(path, lambda stream: stacks.dump(stream, array, grid), argument, outputs)
    elif extension is None:
        write_image(path, array, argument, outputs, form)
    else:
        write_volume(path, extension, array, grid, millimetres(unit, "unit"), argument, outputs)


def _spaced_tiff(path: Sink, form: str | None, grid: Grid, shape: tuple[int, ...]) -> bool:
    """Return whether a TIFF is asked for that can say how far apart its pixels lie."""
    name = f".{form.removeprefix('.')}" if form else str(path) if isinstance(path, (str, Path)) else ""
    return name.lower().endswith(tiff.EXTENSIONS) and stacks.holds(grid, shape)


def _volumes_format(path: Sink, form: str | None) -> str | None:
    """Return the extension of the volumes' format that is asked for; None if it is a picture's, or unknown."""
    name = f".{form.removeprefix('.')}" if form else str(path) if isinstance(path, (str, Path)) else ""
    return next((each for each in reversed(OF_VOLUMES) if name.lower().endswith(each)), None)


def _as_image(image: Any, argument: str, like: Image | None = None) -> Image:
    """Return an image as one that knows where its pixels lie: where those of `like` do, unless it knows better."""
    if isinstance(image, Image):
        return image
    try:
        bare = Image(image)
        if like is None or like.grid.shape != bare.shape[: like.grid.ndim]:
            return bare
        return Image(image, like.spacing, like.origin, like.direction, unit=like.unit)
    except InputError as error:
        raise blaming(error, argument) from error
