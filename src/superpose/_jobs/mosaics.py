"""Lay many images side by side: tiles of a stage, crops, photographs of one plane."""

from __future__ import annotations

import math
import warnings
from collections.abc import Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from superpose._checks import checked_flag, checked_path, checked_positive
from superpose._jobs.blending import BLENDS, blended, check_memory, gains_of
from superpose._jobs.candidates import by_features, by_stage
from superpose._jobs.journal import Journal
from superpose._jobs.layouts import Layout, flat, unrolled
from superpose._jobs.mosaic_images import MosaicImages
from superpose._jobs.mosaic_poses import Placement, Stage, placement
from superpose._jobs.mosaic_result import MosaicResult
from superpose._jobs.mosaic_settings import MosaicSettings
from superpose._jobs.mosaic_tables import links_of, said_of, table_of
from superpose._jobs.overlaps import Candidate, Overlap, compared
from superpose._jobs.positions import other_orders, positions_of
from superpose._jobs.running import Runner
from superpose._jobs.tables import in_json
from superpose._jobs.viewpoint import doubt_of_told, viewpoint
from superpose._memory import Room
from superpose._names import lookup, public
from superpose._progress.watch import Progress, watched
from superpose._progress.watch import Stage as Step
from superpose._threads import thread_count
from superpose._version import versions
from superpose.errors import InputError, UnreliableWarning, shown, text
from superpose.grid import Grid
from superpose.transforms.family import ALIASES, Family, families, family_named
from superpose.transforms.view import PROJECTIONS

Floats = NDArray[np.float64]
FLAT = "plane"


@public(transform=("auto", *families()))
def mosaic(
    images: Any,
    *,
    positions: Any = None,
    position_sigma: float | None = None,
    transform: str = "auto",
    projection: str = "plane",
    focal: float | None = None,
    blend: str | None = "multi-band",
    progress: Progress = False,
    max_pixels: int | None = None,
    threads: int | None = None,
    state: str | Path | Journal | None = None,
    restart: bool = False,
    memory_limit: float | str | None = None,
) -> MosaicResult:
    """Lay many images side by side: tiles of a microscope's stage, crops, photographs of one plane or from one place.

    Parameters
    ----------
    images : array_like, path, or iterable of images and paths
        Two or more, grey or all in colour, of any sizes, in any order. As for `stack`. Where a mask is of weights, a
        pixel counts that counts half as much as those that count most, or more. Where they have a spacing it must be
        the same, and positions, transforms and the grid are in pixels all the same.
    positions : array_like of shape (images, 2), path or "ome", optional
        Where a stage says that each image's first pixel lies: (row, column), in pixels; NaN where it says nothing, and
        that image is compared with each. Or a table: CSV with the columns name, row and column, or a
        TileConfiguration.txt, whose names are those of the images' files; or an OME-TIFF that tells of all of them.
        "ome": as the images' own files say, which are OME-TIFFs. Default: nothing is known, and each image is compared
        with each.
    position_sigma : float, optional
        How far off positions may be along either axis, one standard deviation, in pixels. Default: 2 % of the longest
        side.
    transform : {"auto", "translation", "rigid", "similarity", "affine", "homography"}
        How images lie on each other. "auto": shifts where positions are known, else homographies.
    projection : {"plane", "cylinder", "sphere"}
        What the mosaic lies on. Cylinder and sphere are for panoramas: photographs from one viewpoint, with one focal
        length, that look straight ahead in their middle. That length is found, and by which rotation each is taken; no
        positions, and no other transform than homography, go with them. A panorama may go all around.
    focal : float, optional
        The focal length in pixels, of a panorama, if it is known. Default: it is found.
    blend : {"multi-band", "mean", None}
        What `.image` is made by, if at all. Brightness is levelled first; no pose depends on it.
    progress : bool or callable
        As for `register`.
    max_pixels, threads : int, optional
        As for `register`.
    state, restart
        As for `stack`: what was found of each pair so far is kept.
    memory_limit : float or str, optional
        As for `register`. Positions tell beforehand how large the image will be, else where images lie does.

    Returns
    -------
    MosaicResult
        Frozen, with `.transforms`, `.table`, `.links`, `.parts`, `.image`, `.coverage`, `.plot()`, `.apply()`; of a
        panorama `.focal` and `.rotations`.

    Raises
    ------
    InputError
        If an argument cannot be used, positions have another order of axes than (row, column), or a panorama's images
        do not tell their focal length; if `state` was left by another job, or one that runs; or if the image would take
        more memory than there is.

    Warns
    -----
    UnreliableWarning
        If images could not be placed, `.table` says which and why; or if the images contradict `focal`.

    Notes
    -----
    Pairs that may overlap are compared by `register`, which sees what both may show and nothing else. Of images without
    positions these are the pairs whose local features agree. What `register` is sure of is a link. All links are solved
    together by truncated least squares, over all loops and not along a tree: one that contradicts the others is left
    out, and named. Positions count as links to the stage, as exact as `position_sigma` says; so an image without
    structure stays where the stage put it, which `.table` tells. Of a panorama, the focal length is at first the one
    with which the pairs' homographies are most nearly rotations; it and all rotations are then adjusted to all points
    that pairs have in common.

    References
    ----------
    H. Yang, P. Antonante, V. Tzoumas and L. Carlone, "Graduated non-convexity for robust spatial perception: from
    non-minimal solvers to global outlier rejection", IEEE Robotics and Automation Letters 5(2), 2020.

    H.-Y. Shum and R. Szeliski, "Systems and experiment paper: construction of panoramic image mosaics with global and
    local alignment", International Journal of Computer Vision 36(2), 2000.

    Examples
    --------
    >>> import numpy as np, skimage.data, superpose
    >>> image = skimage.data.camera()[::2, ::2]
    >>> tiles = [image[:, :110], image[:, 80:190], image[:, 150:]]
    >>> found = superpose.mosaic(tiles, positions=[(0, 0), (0, 84), (0, 147)], position_sigma=4)
    >>> [round(each.place[1] - found.table[0].place[1], 1) for each in found.table]
    [0.0, 80.0, 150.0]
    """
    settings = MosaicSettings()
    made = None if blend is None else lookup("blend", blend, {name: name for name in BLENDS})
    unroll = lookup("projection", projection, {name: name for name in (FLAT, *PROJECTIONS)})
    length = _focal(focal, unroll)
    count = thread_count(threads)
    restart, room = checked_flag("restart", restart), Room.of(memory_limit)
    with ExitStack() as kept_open:
        if state is not None and not isinstance(state, Journal):
            state = kept_open.enter_context(Journal(checked_path("state", state), restart))
        watch = kept_open.enter_context(watched(progress))
        run = Runner(count, state)
        watch.begin(Step.READ)
        given = MosaicImages(images, max_pixels)
        said: list[str] = []
        stage = _stage(positions, position_sigma, given, said, settings)
        family = _family(transform, stage, unroll)
        usable = given.usable
        if not usable:
            raise InputError(
                "few-images", argument="images", value=len(given), reason=f"{given.names[0]}: {given.why[0]}"
            )
        if stage is not None and stage.known and made is not None:
            _check_room(room, given, stage.extent(given.shapes), settings)
        run.begin(_job(family, stage, given, settings))
        watch.begin(Step.SEARCH)
        if stage is None:
            found = by_features(given.raster, usable, family, settings.candidates, run)
        else:
            found = by_stage(given.shapes, stage, settings.candidates)
            # An image of which the stage says nothing may be anywhere.
            lost = sorted(set(usable) - set(stage.known))
            if lost:
                found += by_features(given.raster, usable, family, settings.candidates, run, lost)
        overlaps = _compared(given, found, family, settings, run)
        if stage is not None:
            _check_positions(given, stage, overlaps, said, settings, run)
        watch.begin(Step.REFINE)
        if unroll == FLAT:
            placed = _of_usable(placement(given.shapes, overlaps, stage, family, settings), given)
            layout = flat(placed.poses, given.shapes, family, settings.blend)
        else:
            view = viewpoint(given.shapes, overlaps, length, settings)
            if length is not None and (doubt := doubt_of_told(view, given.shapes, overlaps, settings)):
                said.append(doubt)
            placed, length = view.placed, view.focal
            if placed.poses and not view.sigma < settings.viewpoint.unsure * view.focal:
                raise InputError("focal-unknown", argument="projection", value=repr(unroll))
            layout = unrolled(placed.poses, length, unroll, given.shapes, settings.blend)
        grid = layout.grid
        table, links = table_of(given, placed, layout, overlaps, stage), links_of(overlaps, placed)
        said += said_of(given, placed, table, links, overlaps, stage)
        image, coverage, gains = None, None, np.ones(len(given))
        if grid is None and placed.poses:
            said.append(_too_wide(given, layout, family, stage, unroll))
        if grid is not None and made is not None:
            _check_room(room, given, grid.shape, settings)
            watch.begin(Step.WARP)
            used = [each for each, fits in zip(overlaps, placed.fits, strict=True) if fits]
            gains = gains_of(given.grey, len(given), used, count, settings.blend)
            image, coverage = blended(given, layout.pieces, grid.shape, gains, count, made, settings.blend)
        result = MosaicResult(
            tuple(layout.transforms.get(number) for number in range(len(given))),
            table,
            links,
            tuple(map(tuple, placed.parts)),
            Grid((1, 1)) if grid is None else grid,
            family.name,
            tuple(layout.outlines.get(number) for number in range(len(given))),
            image,
            coverage,
            tuple(map(float, gains)),
            tuple(said),
            unroll,
            None if unroll == FLAT or not placed.poses else length,
            tuple(tuple(map(int, shape[:2])) for shape in given.shapes),
            versions(),
        )
    for each in said:
        if each.endswith(("[images-left-out]", "[focal-off]")):
            warnings.warn(each, UnreliableWarning, stacklevel=3)
    return result


def _job(family: Family, stage: Stage | None, given: MosaicImages, settings: MosaicSettings) -> dict[str, Any]:
    """Return what is found of pairs depends on."""
    told = None if stage is None else [[in_json(each) for each in place] for place in stage.positions.tolist()]
    return {
        "transform": family.name,
        "positions": told,
        "position_sigma": None if stage is None else stage.sigma,
        "images": given.marks,
        "settings": repr(settings),
    }


def _check_room(room: Room, given: MosaicImages, shape: tuple[int, ...], settings: MosaicSettings) -> None:
    area = math.fsum(math.prod(each[:2]) for each in given.shapes)
    # There is no image of what is larger than that.
    if math.prod(shape) > settings.blend.most * area:
        return
    check_memory(room, given.shapes, shape, given.channels, settings.blend)


def _focal(told: Any, projection: str) -> float | None:
    if told is None:
        return None
    if projection == FLAT:
        raise InputError("focal-on-plane", argument="focal", value=shown(told))
    return checked_positive("focal", told)


def _family(transform: Any, stage: Stage | None, projection: str) -> Family:
    known = {"auto": None, **families()}
    family = lookup("transform", transform, known, ALIASES)
    if projection != FLAT:
        if stage is not None:
            raise InputError("panorama-positions", argument="projection", value=repr(projection))
        if family is not None and not family.perspective:
            raise InputError("panorama-transform", argument="transform", value=shown(transform), projection=projection)
    return family or family_named("homography" if stage is None else "translation")


def _stage(positions: Any, sigma: Any, given: MosaicImages, said: list[str], settings: MosaicSettings) -> Stage | None:
    if positions is None:
        if sigma is not None:
            raise InputError("positions-without-sigma", argument="position_sigma", value=shown(sigma))
        return None
    places, notes = positions_of(positions, given.frames, given.paths)
    said += notes
    places[sorted(given.why)] = np.nan
    longest = float(max(max(shape) for shape in given.shapes))
    told = settings.sigma * longest if sigma is None else checked_positive("position_sigma", sigma)
    # Positions that are off by so much say nothing.
    return Stage(places, min(told, 100 * longest))


def _compared(
    given: MosaicImages, candidates: Sequence[Candidate], family: Family, settings: MosaicSettings, run: Runner
) -> list[Overlap]:
    def compare(each: Candidate) -> Overlap:
        return compared((given.pixels(each.first), given.pixels(each.second)), each, family, settings.overlaps)

    return list(run.map("overlaps", compare, list(candidates)))


def _check_positions(
    given: MosaicImages,
    stage: Stage,
    overlaps: Sequence[Overlap],
    said: list[str],
    settings: MosaicSettings,
    run: Runner,
) -> None:
    """Say so where positions lead to hardly any overlap, and raise it where another order of axes would."""
    # Where an image shows nothing, nothing contradicts its position.
    known = set(stage.known)
    telling = [each for each in overlaps if np.isfinite(each.confidence) and {each.first, each.second} <= known]
    good = sum(not each.why_not for each in telling)
    if not telling or good >= settings.doubted * len(telling):
        return
    shift, shown_by = family_named("translation"), {k: float(given.raster(k).data.std()) for k in given.usable}
    for words, places in other_orders(stage.positions):
        pairs = by_stage(given.shapes, Stage(places, stage.sigma), settings.candidates)
        # Those that show most.
        pairs.sort(key=lambda each: -min(shown_by[each.first], shown_by[each.second]))
        tried: list[Overlap] = []
        for first in range(0, settings.tried, settings.glance):
            tried += _compared(given, pairs[first : first + settings.glance], shift, settings, run)
            better = sum(not each.why_not for each in tried)
            if not better:
                break
        if better >= settings.glance - 1 and better >= settings.likely * len(tried):
            raise InputError(
                "positions-turned",
                argument="positions",
                value=len(telling),
                found=good,
                expected=words,
                better=better,
                tried=len(tried),
            )
    if good < settings.contradicted * len(telling):
        said.append(text("positions-doubtful", argument="positions", value=len(telling), found=good))


def _too_wide(given: MosaicImages, layout: Layout, family: Family, stage: Stage | None, projection: str) -> str:
    """Say that there is no image of all, and which one lies farthest off."""
    value = f"{len(layout.outlines)} images"
    if projection != FLAT:
        return text("wide-panorama", argument="images", value=value, projection=projection)
    if family.perspective and stage is None:
        return text("wide-canvas", argument="images", value=value)
    order = sorted(layout.outlines)
    firsts = np.array([layout.outlines[k][0] for k in order])
    gaps = np.square(firsts - np.median(firsts, 0)).sum(1)
    row, column = firsts[int(gaps.argmax())]
    which = f"{given.names[order[int(gaps.argmax())]]} at ({row:.6g}, {column:.6g})"
    return text("far-image", argument="images", value=value, which=which)


def _of_usable(placed: Placement, given: MosaicImages) -> Placement:
    for number in given.why:
        placed.poses.pop(number, None)
    return placed
