"""The main call: validate, build the pyramids, refine from coarse to fine, report."""

from __future__ import annotations

import re
import sys
import warnings as python_warnings
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from superpose._names import canonical, lookup
from superpose._parallel import thread_count, together
from superpose._refine.descend import Cost, Descent, Pose, cost_on, descend
from superpose._refine.engine import NAME as ENGINE
from superpose._refine.engine import Aligned, align, mirror_fits
from superpose._refine.finish import Plan
from superpose._refine.scipy_methods import optimizer_named
from superpose._sampling.fill import LEAST
from superpose._sampling.pyramid import LEAST_LEVEL_SIDE, checked_levels, levels_of
from superpose._sampling.warp import source
from superpose._search.proposals import EVERYWHERE, LOCAL, Global
from superpose._verify.subject import Subject, subject_of
from superpose._verify.verdict import Verdict, verify
from superpose._verify.words import cautions, few_levels
from superpose._version import versions
from superpose.errors import InputError, UnreliableError, UnreliableWarning, text
from superpose.image import Grid, Image, as_image, check_ranks
from superpose.metrics.registry import Cost as UserCost
from superpose.metrics.registry import metric_named
from superpose.result import Basin, Level, Registration, frozen
from superpose.transforms.family import Family, family_named
from superpose.transforms.geometry import PhysicalMap, about, max_corner_distance
from superpose.transforms.matrix import MatrixTransform, checked_matrix

Floats = NDArray[np.float64]
Progress = bool | Callable[[Level], Any]

# The coarsest level's shortest side when the number of levels is left open.
TOP_SIDE = 16
# Less than this part of the smaller image gets a warning.
SMALL_OVERLAP = 0.25
# What may be done about an alignment that cannot be trusted.
REACTIONS = ("warn", "raise", "ignore")
# Basins that score this part of the best one's are compared with the answer; rivals from `LISTED` on are listed.
RIVAL, LISTED = 0.75, 0.6
# Poses whose corners lie within so many pixels are one.
SAME = 3.0
# Images narrower than this, in pixels, have hardly an edge to go by: they are descended by Powell.
LEAST_SIDE = 16


def register(
    fixed: ArrayLike,
    moving: ArrayLike,
    *,
    transform: str = "rigid",
    metric: str | UserCost = "auto",
    search: str | Global = "auto",
    optimizer: str | Callable[..., Any] = "auto",
    initial: MatrixTransform | Registration | ArrayLike | str | Path | None = None,
    levels: int | None = None,
    bins: int | None = None,
    fixed_mask: ArrayLike | None = None,
    moving_mask: ArrayLike | None = None,
    min_overlap: float = 0.2,
    allow_flip: bool = False,
    work_at: float | str | None = None,
    on_unreliable: str = "warn",
    seed: int = 0,
    progress: Progress = False,
    threads: int | None = None,
) -> Registration:
    """Find the transform that lays `moving` exactly over `fixed`.

    Parameters
    ----------
    fixed, moving : array_like, shape (rows, columns) or (rows, columns, 3 or 4)
        Real numbers of any dtype; the shapes may differ. NaN and masked elements are missing pixels and take
        no part. Colour is aligned by its luminance.
    transform : {"rigid", "translation", "similarity", "affine", "homography"}
        The family searched.
    metric : str or callable
        "auto" (default) serves one modality and several: the images decide between correlation and
        the directions of edges, and `.metric` says which. Or "ncc", "mse", "mi", "nmi", "correlation-ratio",
        "orientation"; or ``cost(fixed, warped, mask) -> float``, lower is better, called with float32 images and a
        bool mask of one shape.
    search : {"auto", "global", "local"} or Global
        Where the engine looks: everywhere, near `initial` only (15 degrees, 15 % of the sides, 10 % of scale), or
        within the limits of a `Global`. "auto" is global without `initial`, and local with one.
    optimizer : str or callable
        "auto" (default): the engine, or where `levels` or a metric of one's own ask for a plain descent, Powell.
        Or a method of `scipy.optimize.minimize` ("powell", "nelder-mead", "bfgs", ...), a global one
        ("basinhopping", "differential-evolution", "dual-annealing", "shgo", "brute": global on levels up to 64 pixels,
        Powell below), or a callable with the signature of `scipy.optimize.minimize`; these start at `initial` and do
        not search.
    initial : MatrixTransform, Registration, array_like of shape (3, 3), or path, optional
        Where to start, fixed to moving, in pixels and (row, column) order; default: centre on centre.
    levels : int, optional
        Levels of the pyramid that a SciPy optimiser descends; default: down to about 16 pixels along the shorter
        side.
    bins : int, optional
        Bins of the joint histogram, for "mi", "nmi" and "correlation-ratio"; default 100.
    fixed_mask, moving_mask : array_like of bool, optional
        True where a pixel counts.
    min_overlap : float
        Poses under which less of the smaller image is covered are not considered.
    allow_flip : bool
        Try the mirrored moving image, too: a slide that lies upside down. The transform is affine then, of negative
        determinant. Without it a warning says where the mirror image fits better.
    work_at : float or str, optional
        How small the engine works: a number is the longest side, in pixels, that is worked on, a string such as "4px"
        how large pixels are at least, in pixels of the images. They are made smaller by halving. The answer is in
        full-resolution pixels all the same.
    on_unreliable : {"warn", "raise", "ignore"}
        What is done when the alignment found cannot be trusted: an `UnreliableWarning`, an `UnreliableError`, or
        nothing. In each case `.reliable` is False and `.warnings` says why.
    seed : int
        Of the stochastic optimisers; the same seed gives the same bits.
    progress : bool or callable
        True prints a line a level to stderr. A callable gets each `Level`; if it returns False the descent
        stops there.
    threads : int, optional
        Default: ``SUPERPOSE_THREADS``, else the CPUs this process may use. It changes no bit of the result.

    Returns
    -------
    Registration
        Frozen, with `.transform`, `.warp()`, `.to_fixed()`, `.to_moving()`, `.describe()`, ...

    Raises
    ------
    InputError
        If an argument cannot be used; the message names it and says what to do.
    UnreliableError
        With ``on_unreliable="raise"``, if the alignment found cannot be trusted.

    Notes
    -----
    The engine scores all turns (and scales) on a grid, each with all shifts at once by FFT, on a coarse level of the
    images' pyramids, by the directions of edges, which no change of contrast touches. The best basins are refined and
    race up the pyramid; the winner is refined by Levenberg-Marquardt with analytic derivatives. Squared error solves
    gain and offset along, weighs outliers down (Tukey), and on the finest level works under the blur that suits the
    noise. It makes no difference which image is called fixed: exchanging them gives the inverse.

    SciPy's optimisers descend the same pyramids, each level starting where the last one ended.

    References
    ----------
    D. Padfield, "Masked object registration in the Fourier domain", IEEE Transactions on Image Processing 21(5), 2012.
    J. Nunez-Iglesias, S. van der Walt and H. Dashnow, "Elegant SciPy", chapter 7, O'Reilly, 2017.

    Examples
    --------
    >>> import numpy as np, skimage.data, superpose
    >>> image = skimage.data.camera()[::4, ::4]
    >>> result = superpose.register(image, np.roll(image, 5, axis=1), transform="translation")
    >>> result.transform.shift.round(2) + 0.0
    array([0., 5.])
    """
    family = family_named(transform)
    reaction = lookup("on_unreliable", on_unreliable, {name: name for name in REACTIONS})
    by_engine = engine_serves(metric, optimizer, levels)
    measure = metric_named(metric, bins, auto="ncc")
    method = optimizer_named(optimizer, checked_seed(seed))
    limits = checked_search(search, initial, by_engine)
    count = thread_count(threads)
    overlap = checked_fraction("min_overlap", min_overlap)
    check_ranks(fixed, moving)
    check_serves(by_engine, allow_flip, work_at)
    still = as_image(fixed, "fixed", fixed_mask, 0.0 if measure.blind_to == "nothing" else None)
    moved = as_image(moving, "moving", moving_mask, None if measure.blind_to == "offsets" else still.offset)
    wanted = None if levels is None else checked_levels(levels)
    start = starting_pose(initial, family, still.grid, moved.grid)
    records: list[Level] = []

    def linear(matrix: Floats) -> MatrixTransform:
        # A mirrored image's transform is no rotation.
        mirrored = family.name in ("rigid", "similarity", "translation") and np.linalg.det(matrix[:2, :2]) < 0
        return MatrixTransform(matrix, "affine" if mirrored else family.name, tuple(still.grid.centre))

    def report(pose: Pose) -> bool:
        parameters = linear(pose.matrix).parameters
        records.append(Level(pose.shape, parameters, pose.value, pose.evaluations, pose.seconds))
        return said(progress, records[-1])

    basins: tuple[Basin, ...] = ()
    ending, aligned, filled = "", None, []
    subject: Subject | None = None
    by_engine = by_engine and min(*still.grid.shape, *moved.grid.shape) >= LEAST_SIDE
    if by_engine:
        name = "auto" if is_auto(metric) else measure.name
        plan = Plan(family.name, name, overlap, count, *checked_work_at(work_at), bool(allow_flip))
        aligned = align(still, moved, plan, limits, start.matrix, report)
        if aligned is None:
            at_start = cost_on(still, moved, 1, Descent(family, measure, method, overlap, count))
            part = 100 * at_start.covered(start.matrix)[2]
            raise InputError("no-overlap", argument="initial", value=f"{part:.0f} %")
        found, depth = linear(aligned.finished.matrix), len(records)
        stopped = aligned.finished.stopped
        seen = aligned.pairs[aligned.searched.level]
        level = (seen.moving if aligned.swapped else seen.fixed).shape
        basins = tuple(Basin(linear(each.matrix), each.score, each.overlap, level) for each in aligned.basins)
        ending = aligned.finished.ending.value
        subject = Subject(
            aligned.pairs,
            aligned.swapped,
            aligned.finished.objective,
            aligned.searched.outstanding,
            aligned.back,
        )
        filled = filled_parts(aligned)
        if is_auto(metric):
            measure = metric_named(aligned.finished.metric)
        optimizer_name = ENGINE
    else:
        depth = default_levels(still, moved) if wanted is None else wanted
        depth = min(depth, possible_levels(still), possible_levels(moved))
        descent = Descent(family, measure, method, overlap, count)
        poses = descend(levels_of(still, depth), levels_of(moved, depth), start.matrix, descent, report)
        found, stopped, optimizer_name = linear(poses[-1].matrix), len(poses) < depth, method.name
    if by_engine and bins is not None and not stopped:
        # The engine's own histogram has other bins: it has found the basin, Powell ends in it.
        descent = Descent(family, measure, optimizer_named("powell", 0), overlap, count)
        poses = descend([still], [moved], found.matrix, descent, report)
        found, optimizer_name = linear(poses[-1].matrix), f"{ENGINE}, powell"
    others = [each.transform.matrix for each in basins if each.score >= RIVAL * basins[0].score]
    if subject is None:
        subject, others = subject_of(still, moved, measure.name, family.name, found.matrix, overlap, count)
    judged: Subject = subject

    def measured() -> tuple[float, float]:
        """Return the metric's value at the end and the overlap."""
        sampled = source(moved.data, moved.mask, 3 if by_engine else 1, count)
        at_end = Cost(still, sampled, moved.grid, measure, None, overlap, count)
        warped, inside, covered = at_end.covered(found.matrix)
        value = measure.measure(still.data, warped, inside) if by_engine else records[-1].value
        return value, min(1.0, covered)

    verdict, (value, covered) = together(
        lambda: verify(judged, found.matrix, start.matrix, family, others, (still.grid, moved.grid), count),
        measured,
        count,
    )
    mirrored = aligned is not None and mirror_fits(aligned, plan, limits, start.matrix, verdict.reliable)
    if mirrored:
        verdict = verdict.refuted()
    warnings = cautions(verdict, found.matrix, still.grid)
    warnings += few_levels(still, "fixed") + few_levels(moved, "moving")
    warnings += filled
    if stopped:
        warnings.append(text("stopped-early", argument="progress", value=len(records), levels=depth))
    if mirrored:
        warnings.append(text("mirror-fits-better", argument="moving", value="mirrored"))
    if covered < SMALL_OVERLAP:
        warnings.append(text("small-overlap", argument="moving", value=f"{100 * covered:.0f} %"))
    if not verdict.reliable and reaction == "raise":
        raise UnreliableError(
            "unreliable", argument="the alignment", other=verdict.mistakable, value=f"{verdict.confidence:.3f}"
        )
    if not verdict.reliable and reaction == "warn":
        python_warnings.warn(warnings[0], UnreliableWarning, stacklevel=2)
    return Registration(
        transform=found,
        value=value,
        metric=measure.name,
        optimizer=optimizer_name,
        levels=tuple(records),
        overlap=covered,
        initial=start,
        fixed_grid=still.grid,
        moving_grid=moved.grid,
        warnings=tuple(warnings),
        versions=versions(),
        ending=ending,
        basins=basins + alternatives(verdict, basins, found, linear, covered, still.grid),
        reliable=verdict.reliable,
        confidence=verdict.confidence,
        uncertainty=verdict.uncertainty,
        covariance=verdict.covariance,
        margin=verdict.margin,
        evidence=verdict.evidence,
        _fixed=frozen(fixed),
        _moving=frozen(moving),
    )


def check_serves(by_engine: bool, allow_flip: object, work_at: object) -> None:
    """Check that nothing was asked for that a SciPy optimiser would ignore.

    Raises
    ------
    InputError
        If something was.
    """
    for argument, value, given in (("allow_flip", allow_flip, allow_flip), ("work_at", work_at, work_at is not None)):
        if given and not by_engine:
            raise InputError("no-search", argument=argument, value=repr(value))


def alternatives(
    verdict: Verdict,
    basins: tuple[Basin, ...],
    found: MatrixTransform,
    linear: Callable[[Floats], MatrixTransform],
    overlap: float,
    grid: Grid,
) -> tuple[Basin, ...]:
    """Return the rivals that verification found beside the search's basins, worth looking at, best first."""
    own = basins[0].score if basins else 1.0
    known = [each.transform.matrix for each in basins] if basins else [found.matrix]
    listed = [] if basins else [Basin(found, own, overlap)]
    for rival in sorted(verdict.rivals, key=lambda each: -each.relative):
        if rival.relative >= LISTED and all(
            max_corner_distance(PhysicalMap(each), PhysicalMap(rival.matrix), grid) > SAME for each in known
        ):
            known.append(rival.matrix)
            listed.append(Basin(linear(rival.matrix), own * rival.relative, min(1.0, overlap * rival.covered)))
    return tuple(listed)


def filled_parts(aligned: Aligned) -> list[str]:
    """Return what to say of constant fill that the engine took for missing."""
    lost = aligned.lost[::-1] if aligned.swapped else aligned.lost
    return [
        text("fill", argument=argument, value=f"{100 * part:.0f} %")
        for argument, part in zip(("fixed", "moving"), lost, strict=True)
        if part >= LEAST
    ]


def is_auto(choice: object) -> bool:
    """Whether a choice is left to superpose."""
    return isinstance(choice, str) and canonical(choice) == "auto"


def engine_serves(metric: object, optimizer: object, levels: object) -> bool:
    """Whether the engine runs: nothing was asked for that only a plain descent can do."""
    return is_auto(optimizer) and not callable(metric) and levels is None


def checked_search(search: object, initial: object, by_engine: bool) -> Global:
    """Return the limits of the search.

    Raises
    ------
    InputError
        If `search` is neither a known name nor a `Global`, or the optimiser chosen does not search.
    """
    named = {"auto": EVERYWHERE if initial is None else LOCAL, "global": EVERYWHERE, "local": LOCAL}
    limits = search if isinstance(search, Global) else lookup("search", search, named)
    if not by_engine and not is_auto(search):
        raise InputError("no-search", argument="search", value=repr(search))
    return limits


def said(progress: Progress, level: Level) -> bool:
    """Tell the user about a level; return False if they want to stop."""
    if callable(progress):
        return progress(level) is not False
    if progress:
        rows, columns = level.shape
        work = f"{level.evaluations:6d} evaluations {level.seconds:7.2f} s"
        sys.stderr.write(f"{rows:5d} x {columns:<5d} {level.value:12.6g} {work}\n")
    return True


def possible_levels(image: Image) -> int:
    """Return how many levels an image can have before a side gets too short."""
    side, levels = min(image.grid.shape), 1
    while side >= 2 * LEAST_LEVEL_SIDE:
        side, levels = (side + 1) // 2, levels + 1
    return levels


def default_levels(*images: Image) -> int:
    """Return the number of levels that takes the shortest side down to about `TOP_SIDE` pixels."""
    side = min(min(image.grid.shape) for image in images)
    return max(1, int(np.log2(max(side, 1) / TOP_SIDE)) + 1)


def starting_pose(
    initial: MatrixTransform | Registration | ArrayLike | str | Path | None, family: Family, fixed: Grid, moving: Grid
) -> MatrixTransform:
    """Return the pose to start from, projected onto the family where the family is wide enough to hold it.

    Raises
    ------
    InputError
        If `initial` is no transform, or does not belong to the family.
    """
    centre = (float(fixed.centre[0]), float(fixed.centre[1]))
    if initial is None:
        return MatrixTransform(about(np.eye(2), moving.centre - fixed.centre, fixed.centre), family.name, centre)
    if isinstance(initial, (str, Path)):
        from superpose._io.transforms.json import load

        initial = load(initial, "initial").transform
    elif isinstance(initial, Registration):
        initial = initial.transform
    matrix = checked_matrix(initial.matrix if isinstance(initial, MatrixTransform) else initial, "initial", 2)
    try:
        if isinstance(initial, MatrixTransform):
            initial.about(centre)  # a homography that does not see fixed's centre shows another side of its plane
        pose = MatrixTransform(matrix, family.name, centre)
        pose.inverse()  # one that has none shows moving as a line or a point
        return pose
    except InputError as error:
        fields = error.fields | {"argument": "initial"}
        raise InputError(error.code, **fields) from None


def checked_work_at(value: Any) -> tuple[float, float]:
    """Return the longest side to work on, and the size of pixels, in pixels of the image, to work on at least.

    Raises
    ------
    InputError
        If it says neither, or too small a side.
    """
    if value is None:
        return np.inf, 0.0
    if isinstance(value, str):
        match = re.fullmatch(r"\s*(\d+(?:\.\d+)?)\s*px\s*", value)
        if match is None or float(match[1]) < 1:
            raise InputError("bad-pixel-size", argument="work_at", value=repr(value))
        return np.inf, float(match[1])
    if isinstance(value, bool) or not isinstance(value, (int, float, np.integer, np.floating)) or not value >= 64:
        raise InputError("not-positive", argument="work_at", value=repr(value), least=64)
    return float(value), 0.0


def checked_fraction(argument: str, value: Any) -> float:
    """Return `value` as a float from 0 to 1.

    Raises
    ------
    InputError
        If it is not.
    """
    try:
        number = float(value)
    except (TypeError, ValueError):
        number = np.nan
    if not 0 <= number <= 1:
        raise InputError("out-of-range", argument=argument, value=repr(value), low=0, high=1)
    return number


def checked_seed(seed: Any) -> int:
    """Return `seed` as an int.

    Raises
    ------
    InputError
        If it is no whole number of 0 or more.
    """
    if isinstance(seed, bool) or not isinstance(seed, (int, np.integer)) or seed < 0:
        raise InputError("not-positive", argument="seed", value=repr(seed), least=0)
    return int(seed)
