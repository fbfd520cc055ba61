"""Align images that are larger than memory: small copies as a whole, then tiles of full size."""

from __future__ import annotations

import warnings
from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from superpose._arithmetic.matrices import matmul
from superpose._checks import checked_count, checked_positive
from superpose._initial import Initial
from superpose._jobs.large_settings import LargeSettings
from superpose._jobs.overviews import LargeImage
from superpose._jobs.running import Runner
from superpose._jobs.tile_pairs import TileFit, TileTask, fit_tiles, places_of_tiles
from superpose._names import lookup, public
from superpose._progress.watch import Progress, Stage, watched
from superpose._records import TileShifts
from superpose._register import REACTIONS, WORDS, register
from superpose._search.search_range import SearchRange
from superpose._threads import thread_count
from superpose.errors import UnreliableError, UnreliableWarning, text
from superpose.grid import Grid
from superpose.result import Registration
from superpose.transforms.family import Family, family_named
from superpose.transforms.matrix import MatrixTransform

Floats = NDArray[np.float64]
Fields = dict[str, Any]


@public(**{name: words for name, words in WORDS.items() if name in ("transform", "metric", "search")})
def register_large(
    fixed: Any,
    moving: Any,
    *,
    transform: str = "affine",
    metric: str = "auto",
    search: str | SearchRange = "auto",
    initial: Initial = None,
    min_overlap: float = 0.2,
    tolerance: float | None = None,
    allow_flip: bool = False,
    work_at: int | None = None,
    on_unreliable: str = "warn",
    progress: Progress = False,
    threads: int | None = None,
    memory_limit: float | str | None = None,
) -> Registration:
    """Find the transform that lays `moving` exactly over `fixed`, two images that may be larger than memory.

    Parameters
    ----------
    fixed, moving : array_like, Image, or path
        2D images, in colour or not, of which a part can be read: arrays of dask's, zarr's or h5py's, memory maps, or
        paths of OME-Zarr, TIFF or ``.npy``. Other formats are read whole.
    transform : {"affine", "rigid", "translation", "similarity", "homography"}
        The family searched.
    metric, search, initial, min_overlap, allow_flip, on_unreliable, progress, threads, memory_limit
        As for `register`, in pixels of full size.
    tolerance : float, optional
        The largest expected error at fixed's corners that a reliable alignment may have, in pixels of full size, or
        units of the spacing. Where the small copies are exact enough no tile is looked at. Default: 1 pixel, by tiles.
    work_at : int, optional
        The longest side of the small copies, in pixels. Default: 2048.

    Returns
    -------
    Registration
        As of `register`, on the grids of both images, of which it keeps no pixels: ``.warp(image, lazy=True)`` takes
        them. `tile_shifts` says where the tiles lie.

    Raises
    ------
    InputError
        If an argument cannot be used.
    UnreliableError
        With ``on_unreliable="raise"``, if the alignment found cannot be trusted.

    Notes
    -----
    Both images are read once, a part at a time, for copies of at most `work_at` pixels a side; of an OME-Zarr that has
    smaller levels only these. `register` aligns the copies. Then in each of 6 x 6 cells the tile of 512 x 512 pixels
    that shows most structure is compared, in full size, with what the alignment says lies there. All tiles' shifts
    together, by least squares weighted with their covariances and without those that disagree, say what the alignment
    was off by. Memory does not grow with the images.

    Examples
    --------
    >>> import numpy as np, skimage.data as photographs, superpose
    >>> image = np.block([[photographs.gravel(), photographs.camera()], [photographs.moon(), photographs.grass()]])
    >>> found = superpose.register_large(image[7:], image[:, 5:], transform="translation", work_at=256)
    >>> found.transform.shift.round(2) + 0.0
    array([ 7., -5.])
    """
    settings, count = LargeSettings(), thread_count(threads)
    reaction = lookup("on_unreliable", on_unreliable, {name: name for name in REACTIONS})
    side = settings.work_at if work_at is None else checked_count("work_at", work_at, 64)
    tolerated = None if tolerance is None else checked_positive("tolerance", tolerance)
    family = family_named(transform)
    with watched(progress) as watch:
        watch.begin(Stage.READ)
        images = LargeImage.of(fixed, "fixed"), LargeImage.of(moving, "moving")
        small = [each.overview(side) for each in images]
        found = register(
            *small,
            transform=family.name,
            metric=metric,
            search=search,
            initial=initial,
            min_overlap=min_overlap,
            allow_flip=allow_flip,
            on_unreliable="raise" if reaction == "raise" else "ignore",
            threads=threads,
            memory_limit=memory_limit,
            progress=watch,
        )
        grids = images[0].grid, images[1].grid
        coarse = replace(found, fixed_grid=grids[0], moving_grid=grids[1], _fixed=None, _moving=None)
        if not found.reliable or (tolerated is not None and found.uncertainty <= tolerated):
            answer, objections = coarse, []
        else:
            watch.begin(Stage.REFINE)
            places = places_of_tiles(small[0], small[1], grids[0], found.transform, settings)
            wide = family_named("affine") if found.transform.family == "affine" else family
            task = TileTask(*images, found.transform, found.metric, 1)
            pairs = [each for each in Runner(count).map("tiles", task, places) if each is not None]
            enough = max(settings.least, (3 * family.size) // 4 + 1)
            if len(pairs) < enough:
                fields: Fields = {"argument": "the alignment", "value": len(pairs), "count": len(places)}
                answer, objections = coarse, [("few-tiles", fields)]
            else:
                fit = fit_tiles(pairs, found.transform, wide, grids[0], settings)
                answer = _refined(coarse, fit, [each.centre for each in pairs], wide)
                objections = _objections(answer, fit, enough, tolerated)
    if objections and reaction == "raise":
        code, fields = objections[0]
        raise UnreliableError(code, **fields)
    said = tuple(text(code, **fields) for code, fields in objections)
    answer = replace(answer, reliable=answer.reliable and not said, warnings=said + answer.warnings)
    if not answer.reliable and reaction == "warn":
        warnings.warn(answer.warnings[0], UnreliableWarning, stacklevel=3)
    return answer


def _refined(coarse: Registration, fit: TileFit, centres: list[Floats], family: Family) -> Registration:
    """Return an alignment with the transform that tiles say."""
    sizes = np.sqrt(np.square(fit.residuals).sum(1))
    tiles = TileShifts(np.stack(centres), fit.residuals, fit.errors, sizes > LargeSettings().agrees * fit.errors)
    return replace(
        coarse,
        transform=fit.transform,
        uncertainty=fit.uncertainty,
        covariance=_numbers(family, coarse.transform, fit, coarse.fixed_grid),
        misfit=float(np.sort(tiles.distances)[(4 * len(sizes)) // 5]),
        tile_shifts=tiles,
    )


def _objections(answer: Registration, fit: TileFit, enough: int, tolerated: float | None) -> list[tuple[str, Fields]]:
    """Return why it is not to be trusted, as codes and fields of messages."""
    said: list[tuple[str, Fields]] = []
    limit, unit = answer.fixed_grid.pixel_side if tolerated is None else tolerated, answer.unit
    assert answer.tile_shifts is not None
    elsewhere = ~fit.kept | (answer.tile_shifts.distances > limit)
    off, count = int(elsewhere.sum()), len(elsewhere)
    if count - off < enough or 5 * off > count:
        said.append(("tiles-disagree", {"argument": "the tiles", "value": f"{off} of {count}"}))
    if not fit.uncertainty <= limit:
        value = f"{fit.uncertainty:.2g} {unit} at fixed's corners"
        said.append(("not-exact-enough", {"argument": "the alignment", "value": value, "limit": f"{limit:.3g} {unit}"}))
    return said


def _numbers(family: Family, start: MatrixTransform, fit: TileFit, grid: Grid) -> Floats:
    """Return the covariance of the family's numbers of the transform, of which the fit knows those of what follows."""
    small, columns = 1e-3, []

    def numbers(vector: Floats) -> Floats:
        after = matmul(start.matrix, family.matrix(vector, grid.centre, grid.radius))
        return family.vector(after, grid.centre, 1.0)

    for step in small * np.eye(family.size):
        columns.append((numbers(fit.vector + step) - numbers(fit.vector - step)) / (2 * small))
    slopes = np.stack(columns, 1)
    return matmul(slopes, fit.covariance, slopes.T)
