"""The average of images of which none is the reference."""

from __future__ import annotations

import math
import warnings
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from superpose._arithmetic.lie import logarithm
from superpose._arithmetic.matrices import matmul
from superpose._checks import checked_count, checked_positive
from superpose._jobs.average_result import AverageMember, AverageResult
from superpose._jobs.average_settings import AverageSettings
from superpose._jobs.combine import COMBINED
from superpose._jobs.group import Call, Placed, centred, linked, settle
from superpose._jobs.members import Member, Named, members_of, moved_by
from superpose._jobs.stacks import FAMILIES
from superpose._jobs.tables import reasons_in_words
from superpose._jobs.templates import Shade, Warped, template_grid
from superpose._names import lookup, public
from superpose._progress.watch import Progress, Stage, watched
from superpose._register import WORDS
from superpose._threads import thread_count
from superpose.errors import InputError, UnreliableWarning, shown, text
from superpose.grid import Grid, unit_of
from superpose.metrics.base import Metric
from superpose.metrics.custom import Cost
from superpose.metrics.registry import metric_named
from superpose.transforms.family import family_named
from superpose.transforms.geometry import mean_stretch
from superpose.transforms.matrix import MatrixTransform

Floats = NDArray[np.float64]


@public(transform=FAMILIES, metric=WORDS["metric"])
def average(
    images: Any,
    *,
    transform: str = "rigid",
    metric: str | Metric | Cost = "auto",
    combine: str = "mean",
    max_rounds: int | None = None,
    tolerance: float | None = None,
    progress: Progress = False,
    max_pixels: int | None = None,
    threads: int | None = None,
) -> AverageResult:
    """Return the average of images, or of volumes, of which none is the reference: a template.

    Parameters
    ----------
    images : array_like, path, or iterable of images, volumes and paths
        Two or more, as `register` takes them: all with a place in space (`Image`, files of volumes) or none, all in
        colour or none. Their shapes may differ. Their order makes no difference to any bit. Where a mask is of weights,
        `register` heeds them; a pixel is averaged if it counts half or more.
    transform : {"rigid", "translation", "similarity", "affine"}
        How images may lie on the average.
    metric : str, Metric or callable
        As for `register`. With "auto" images decide when each is first compared with the mean of the others, by
        majority.
    combine : {"mean", "median", "sigma-clip"}
        What `.image` is made by, once all have their places.
    max_rounds : int, optional
        How often every image is laid on the mean of the others, at most. Default: 20.
    tolerance : float, optional
        The average is stable when a round moves no corner of it further in any image. Default: 0.01 pixels, or units of
        the spacing.
    progress : bool or callable
        As for `register`.
    max_pixels, threads : int, optional
        As for `register`.

    Returns
    -------
    AverageResult
        Frozen, with `.image`, `.grid`, `.transforms`, `.table`, `.coverage`, `.template`, `.plot()`.

    Raises
    ------
    InputError
        If an argument cannot be used, or fewer than two images can be compared.

    Warns
    -----
    UnreliableWarning
        If images could not be placed; `.table` says which and why, the others are averaged all the same. Where no two
        images belong together, `.image` is None.

    Notes
    -----
    Pairs of images are registered, each image with several others, and what all of these say is solved together by
    truncated least squares. Then every image is laid on the mean of the others (never on one that it is a part of), and
    all of them again, until they do not move. In that mean images are as bright and as contrasty as each other.

    The average's place is the mean of the images' places: in physical coordinates, or of images without a spacing with
    their middles on each other. It is the mean of the group that the transforms are (from it, the ways to all images
    add up to nothing), which neither frame nor direction changes: of turns that of least squared angles, of scales the
    geometric mean. The average covers where at least half of the images have data, on the median of their spacings,
    along the axes of the image whose axes are most like the others'.

    References
    ----------
    X. Pennec and V. Arsigny, "Exponential barycenters of the canonical Cartan connection and invariant means on Lie
    groups", in "Matrix Information Geometry", Springer, 2012.

    Examples
    --------
    >>> import numpy as np, skimage.data, superpose
    >>> image = skimage.data.camera()[::4, ::4]
    >>> images = [np.roll(image, k, axis=1) for k in (0, 3, 6)]
    >>> found = superpose.average(images, transform="translation")
    >>> [each.motion[1] for each in found.table]
    [-3.0, 0.0, 3.0]
    """
    settings = AverageSettings()
    how = lookup("combine", combine, {name: name for name in COMBINED})
    most = settings.rounds if max_rounds is None else checked_count("max_rounds", max_rounds, 1)
    still = settings.still if tolerance is None else checked_positive("tolerance", tolerance)
    metric_named(metric, None, auto="ncc")
    count = thread_count(threads)
    # Before any image is read.
    _family(transform, 2)
    with watched(progress) as watch:
        watch.begin(Stage.READ)
        named = Named(images, max_pixels)
        members, why = members_of(named, settings.kept_bytes)
        if sum(each.weight for each in members) < 2:
            reason = next((f"{named.name(k)}: {said}" for k, said in why.items()), "one alone is no average")
            raise InputError("few-images", argument="images", value=len(named), reason=reason)
        family = _family(transform, members[0].grid.ndim)
        call = Call(family, metric, count, settings)
        if len(members) == 1:
            placed = Placed(centred(members, {0: moved_by(members[0].grid.centre)}), {}, moved=0.0)
        else:
            watch.begin(Stage.SEARCH)
            placed = linked(members, call)
        grid = members[0].grid
        if placed.poses:
            order = list(placed.poses)
            grid = template_grid(
                [members[k] for k in order], [placed.poses[k] for k in order], settings.shown, settings.box
            )
        if len(placed.poses) > 1:
            watch.begin(Stage.REFINE)
            settle(members, placed, grid, call, most, still)
        watch.begin(Stage.WARP)
        result = _assembled(named, members, placed, grid, why, how, call)
        said = _notes(named, members, result, still)
        result = replace(result, warnings=tuple(said))
    lost = [each for each in said if each.endswith("[frames-left-out]")]
    if lost:
        warnings.warn(lost[0], UnreliableWarning, stacklevel=3)
    return result


def _family(transform: object, ndim: int) -> Any:
    family = family_named(transform, ndim)
    if family.perspective:
        raise InputError(
            "unknown-name", argument="transform", value=shown(transform), nearest="", known=", ".join(FAMILIES)
        )
    return family


def _assembled(
    named: Named, members: Sequence[Member], placed: Placed, grid: Grid, why: dict[int, str], how: str, call: Call
) -> AverageResult:
    """Return the result of images at their places."""
    image = coverage = None
    order = sorted(placed.poses)
    shades: dict[int, Shade] = {}
    if order:
        used = [members[k] for k in order]
        warped = Warped.of(used, [placed.poses[k] for k in order], grid, call.threads)
        image, coverage = warped.combined(how)
        shades = dict(zip(order, warped.told(), strict=True))
        box = _box(coverage, call.settings.shown * float(warped.weights.sum()))
        image, coverage = image[box], coverage[box]
        grid = replace(
            grid, shape=coverage.shape, origin=tuple(grid.to_physical([float(each.start) for each in box]).tolist())
        )
    plain = members[0].prepared.image.grid.plain
    onto = moved_by(np.array(grid.origin)) if plain else np.eye(grid.ndim + 1)
    transforms: list[MatrixTransform | None] = [None] * len(named)
    rows = [AverageMember(number, named.name(number), False, why.get(number, "")) for number in range(len(named))]
    for k, member in enumerate(members):
        for number in member.numbers:
            if k not in placed.poses:
                rows[number] = replace(rows[number], why_not=placed.why.get(k, "nothing ties it to the others"))
                continue
            transforms[number] = MatrixTransform(matmul(member.to_own, placed.poses[k], onto), call.family.name)
            rows[number] = _row(rows[number], placed, k, grid, shades[k])
    shown_on = Grid(grid.shape) if plain else grid
    name = placed.metric if isinstance(placed.metric, str) else getattr(placed.metric, "name", "custom")
    return AverageResult(image, shown_on, tuple(transforms), tuple(rows), coverage, name, placed.rounds, placed.moved)


def _box(coverage: NDArray[np.int32], enough: float) -> tuple[slice, ...]:
    """Return the box of pixels that enough images show, or most of them."""
    at = np.argwhere(coverage >= min(enough, float(coverage.max())))
    return tuple(slice(int(a), int(b) + 1) for a, b in zip(at.min(0), at.max(0), strict=True))


def _row(row: AverageMember, placed: Placed, number: int, grid: Grid, shade: Shade) -> AverageMember:
    pose = placed.poses[number]
    middle = grid.centre
    motion = MatrixTransform(pose)(middle[None])[0] - middle
    scale = mean_stretch(pose[:-1, :-1])
    found = placed.found.get(number)
    return replace(
        row,
        used=True,
        why_not="",
        motion=tuple(map(float, motion.round(6) + 0.0)),
        turn=_turn(pose),
        scale=scale,
        sigma=np.nan if found is None else found.uncertainty,
        misfit=np.nan if found is None else found.misfit,
        confidence=np.nan if found is None else found.confidence,
        gain=shade.spread,
        offset=shade.mean,
    )


def _turn(pose: Floats) -> float:
    """Return by how many degrees a pose turns."""
    rate = logarithm(pose)
    if rate is None:
        return 180.0
    turns = (rate - rate.T)[:-1, :-1] / 2
    return math.degrees(math.sqrt(float(np.square(turns).sum()) / 2))


def _notes(named: Named, members: Sequence[Member], result: AverageResult, still: float) -> list[str]:
    said = []
    lost = [each for each in result.table if not each.used]
    if lost:
        which = reasons_in_words([(each.name, each.why_not) for each in lost])
        said.append(text("frames-left-out", argument="images", value=len(lost), total=len(named), which=which))
    if result.moved > still:
        moved = f"{result.moved:.2g} {unit_of(result.grid)}"
        said.append(text("not-stable", argument="average", value=moved, rounds=result.rounds))
    same = [(each.numbers[0], other) for each in members for other in each.numbers[1:]]
    if same:
        pairs = ", ".join(f"{a} and {b}" for a, b in sorted(same)[:5])
        said.append(text("same-frames", argument="images", value=len(same), which=pairs))
    return said
