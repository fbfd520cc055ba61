"""The main call: problem, solver, solution, verdict, registration."""

from __future__ import annotations

import logging
import warnings
from collections.abc import Callable, Collection, Iterable, Iterator
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

from superpose._assemble import LevelRecorder, assembled, measure_at_end
from superpose._framed import Framed
from superpose._initial import Initial, opened_initial
from superpose._log import LOG
from superpose._memory import Room
from superpose._motions.answer import Answer
from superpose._motions.second_look import second_look
from superpose._names import lookup, public
from superpose._opened import ImageLike, opened, opened_mask
from superpose._parallel import together
from superpose._problem import Problem
from superpose._progress.watch import Progress, Stage, Watch, watched
from superpose._sampling.prepared import Prepared
from superpose._sampling.stored import check_room_to_read
from superpose._scipy.global_methods import GLOBAL
from superpose._scipy.local_methods import LOCAL
from superpose._scipy.methods import ALIASES as METHOD_ALIASES
from superpose._search.search_range import SearchRange
from superpose._solution import LevelPose, Solution
from superpose._solvers import solver_for
from superpose._spatial import with_channels
from superpose._verify.verdict import verify
from superpose._verify.warnings_text import objections
from superpose._volumes.hot import without_hot_voxels
from superpose._volumes.verify import verify_volumes
from superpose.errors import UnreliableError, UnreliableWarning
from superpose.metrics.base import Metric
from superpose.metrics.custom import Cost
from superpose.metrics.registry import ALIASES as METRIC_ALIASES
from superpose.metrics.registry import METRICS
from superpose.result import Registration
from superpose.transforms.family import ALIASES as FAMILY_ALIASES
from superpose.transforms.family import families

# What may be done about an alignment that cannot be trusted.
REACTIONS = ("warn", "raise", "ignore")


# By what is chosen: the words for it.
WORDS: dict[str, Collection[str]] = {
    "transform": (*families(), *FAMILY_ALIASES),
    "metric": ("auto", *METRICS, *METRIC_ALIASES),
    "search": ("global", "local"),
    "optimizer": (*LOCAL, *GLOBAL, *METHOD_ALIASES),
}


@public(**WORDS)
def register(
    fixed: ImageLike | Prepared,
    moving: ImageLike | Prepared,
    *,
    transform: str = "rigid",
    metric: str | Metric | Cost = "auto",
    search: str | SearchRange = "auto",
    optimizer: str | Callable[..., Any] = "auto",
    initial: Initial = None,
    levels: int | None = None,
    bins: int | None = None,
    fixed_mask: ImageLike | None = None,
    moving_mask: ImageLike | None = None,
    min_overlap: float = 0.2,
    tolerance: float | None = None,
    allow_flip: bool = False,
    work_at: float | str | None = None,
    fixed_pattern: str = "auto",
    on_unreliable: str = "warn",
    seed: int = 0,
    progress: Progress = False,
    max_pixels: int | None = None,
    channel_axis: int | str | None = "auto",
    threads: int | None = None,
    use_position: bool = True,
    memory_limit: float | str | None = None,
) -> Registration:
    """Find the transform that lays `moving` exactly over `fixed`.

    Parameters
    ----------
    fixed, moving : array_like, Image, path, or Prepared
        Of shape (rows, columns), (rows, columns, 3 or 4), or (planes, rows, columns): two images or two volumes. Real
        numbers of any dtype; the shapes may differ. NaN and masked elements are missing pixels and take no part.
        Colour is aligned by its luminance. What `prepare` returned is not made ready again. A path (str or Path) is
        that of an image file, read as `superpose align` does; Pillow's pictures are taken as their pixels lie.
    transform : {"rigid", "translation", "similarity", "affine", "homography"}
        The family searched.
    metric : str, Metric or callable
        "auto" (default) serves one modality and several: the images decide between correlation and
        the directions of edges, and `.metric` says which. Or "ncc", "mse", "mi", "nmi", "correlation-ratio",
        "orientation"; or one of `superpose.metrics` with its settings, such as ``NMI(bins=64)``; or
        ``cost(fixed, warped, mask) -> float``, lower is better, called with float32 images and a bool mask of one
        shape.
    search : {"auto", "global", "local"} or SearchRange
        Where the engine looks: everywhere, near `initial` only (15 degrees, 15 % of the sides, 10 % of scale), or
        within the limits of a `SearchRange`. "auto" is global without `initial` (of volumes: turns up
        to 45 degrees), and local with one. Of volumes only a `SearchRange` tries other sizes than the grids say.
    optimizer : str or callable
        "auto" (default): the engine, or where `levels` or a metric of one's own ask for a plain descent, Powell.
        Or a method of `scipy.optimize.minimize` ("powell", "nelder-mead", "bfgs", ...), a global one
        ("basinhopping", "differential-evolution", "dual-annealing", "shgo", "brute": global on levels up to 64 pixels,
        Powell below), or a callable with the signature of `scipy.optimize.minimize`; these start at `initial` and do
        not search.
    initial : MatrixTransform, Registration, array_like of shape (3, 3), or path, optional
        Where to start, fixed to moving, in pixels and (row, column) order; of images with a spacing, in its units. What
        knows a unit of its own (a Registration, ITK's millimetres) is taken to theirs.
        Default: where the images' grids say (see `use_position`), else centre on centre.
    levels : int, optional
        Levels of the pyramid that a SciPy optimiser descends; default: down to about 16 pixels along the shorter
        side (of a volume, along the sides' geometric mean).
    bins : int, optional
        Bins of the joint histogram, for "mi", "nmi" and "correlation-ratio": short for such as ``NMI(bins=64)``.
        Default: as many as the pixels allow (100 with a SciPy optimiser).
    fixed_mask, moving_mask : array_like of bool, or path, optional
        True, or a whole number that is not 0, where a pixel counts. Floats are weights from 0 to 1, by which the
        engine weighs pixels on every level, in steps of 1/255; less than half counts for no verdict. A mask that says
        where it lies (`Image`, a volume's file) may have pixels of its own, where its image says that, too.
    min_overlap : float
        Poses under which less of the smaller image is covered are not considered.
    tolerance : float, optional
        The largest expected error at fixed's corners (`.uncertainty`, in pixels, or units of the spacing where either
        image has one) that a reliable alignment may have. Default: 1 pixel, or half a percent of fixed's diagonal where
        that is more.
    allow_flip : bool
        Try the mirrored moving image, too: a slide that lies upside down, a volume whose file had its axes wrong. The
        transform is affine then, of negative determinant. Without it a warning says where the mirror image of an image
        fits better; a mirrored volume is not reliable.
    work_at : float or str, optional
        How small the engine works: a number is the longest side, in pixels, that is worked on, a string such as "4px"
        how large pixels are at least, in pixels of the images. They are made smaller by halving. The answer is in
        full-resolution pixels all the same. Of volumes the axes of the shortest voxels are halved first, and pixels are
        measured along those.
    fixed_pattern : {"auto", "keep"}
        Whether structure that both images have at the very same pixels, while the scene under it moved (a caption, a
        data bar, dust, hot pixels), and the rim of a round or otherwise shaped field of view with what lies outside,
        is left out, with a warning, or kept as part of the scene. Of volumes only single hot voxels are left out, and
        "auto" warns of the rest.
    on_unreliable : {"warn", "raise", "ignore"}
        What is done when the alignment found cannot be trusted: an `UnreliableWarning`, an `UnreliableError`, or
        nothing. In each case `.reliable` is False and `.warnings` says why.
    seed : int
        Of the stochastic optimisers; the same seed gives the same bits.
    progress : bool or callable
        True shows the stages of the work (search, refine, verify) with the share done and the time: on standard error
        if that is a terminal, below the cell in a notebook, else nowhere. A callable gets each `Level`; if it returns
        False the descent stops there.
    max_pixels : int, optional
        The most pixels that are read of a file. Default: a thousand million; a damaged header may promise any number.
    channel_axis : int or None, optional
        Which axis of either array holds colours; None: none does, and an array of three axes is a volume. Default
        ("auto"): the last one where it has 3 or 4 columns; what may as well be a volume is said by an
        `AssumptionWarning`. Of a volume of several channels pass one, and resample all by
        ``result.warp(image, channel_axis=...)``.
    threads : int, optional
        Default: ``SUPERPOSE_THREADS``, else the CPUs this process may use. It changes no bit of the result.
    use_position : bool
        Whether the images' origins say where to start, as their directions do. False: centre on centre, as where both
        begin at 0 or do not meet. All places are searched in any case, unless `search` says otherwise.
    memory_limit : float or str, optional
        The most memory that the alignment may take, besides what the process holds: bytes, or such as "8 GB". An
        alignment that takes more is refused before it does. Default: what the machine, or its cgroup, has left.

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

    Where the answer of an affine map or a homography is not to be trusted, local features propose others: moving is
    shown as the most alike one lays it over fixed, and the pair is searched nearby, refined and verified like that. So
    is a start that no turn, scale and shift comes near.

    SciPy's optimisers descend the same pyramids, each level starting where the last one ended.

    References
    ----------
    D. Padfield, "Masked object registration in the Fourier domain", IEEE Transactions on Image Processing 21(5), 2012.
    A. Baumberg, "Reliable feature matching across widely separated views", CVPR 2000.
    J. Nunez-Iglesias, S. van der Walt and H. Dashnow, "Elegant SciPy", chapter 7, O'Reilly, 2017.

    Examples
    --------
    >>> import numpy as np, skimage.data, superpose
    >>> image = skimage.data.camera()[::4, ::4]
    >>> result = superpose.register(image, np.roll(image, 5, axis=1), transform="translation")
    >>> result.transform.shift.round(2) + 0.0
    array([0., 5.])
    """
    watching = watched(progress)
    reaction = lookup("on_unreliable", on_unreliable, {name: name for name in REACTIONS})
    keep = lookup("fixed_pattern", fixed_pattern, {"auto": False, "keep": True})
    room = Room.of(memory_limit)
    check_room_to_read(room, channel_axis, fixed, moving)
    start, start_unit = opened_initial(initial)
    with watching as watch:
        if isinstance(fixed, (str, Path)) or isinstance(moving, (str, Path)):
            watch.begin(Stage.READ)
        users = Problem.checked(
            with_channels(opened(fixed, "fixed", max_pixels), channel_axis, "fixed"),
            with_channels(opened(moving, "moving", max_pixels), channel_axis, "moving"),
            transform=transform,
            metric=metric,
            bins=bins,
            fixed_mask=opened_mask(fixed_mask, "fixed_mask", max_pixels),
            moving_mask=opened_mask(moving_mask, "moving_mask", max_pixels),
            initial=start,
            initial_unit=start_unit,
            min_overlap=min_overlap,
            tolerance=tolerance,
            threads=threads,
            keep=keep,
            use_position=use_position,
            room=room,
        )
        users.check_memory(work_at)
        framed = Framed.of(users)
        problem = framed.problem
        solver = solver_for(
            problem,
            optimizer,
            levels=levels,
            seed=seed,
            search=search,
            allow_flip=allow_flip,
            work_at=work_at,
            located=initial is not None,
        )
        watch.begin(Stage.SEARCH if "search" in solver.serves else Stage.REFINE)
        recorder = LevelRecorder(users, watch, framed.undo)
        solution = solver.solve(problem, recorder)
        watch.begin(Stage.VERIFY)
        flat = problem.fixed_grid.ndim == 2
        judged = partial(verify, mirror_later=problem.family.shears) if flat else verify_volumes
        verdict, measured = together(
            lambda: judged(problem, solution),
            lambda: measure_at_end(problem, solution),
            problem.threads,
        )
        answer, recorder = _looked_at(
            Answer(problem, solution, verdict),
            recorder,
            lambda first: (
                second_look(problem, solver, first, keep).with_misfit() if flat else without_hot_voxels(first, solver)
            ),
        )
        if answer.solution is not solution:
            measured = measure_at_end(answer.problem, answer.solution)
        records = [recorder.record(each) for each in answer.levels] or recorder.levels
        answer = framed.told(answer)
        found = assembled(users, answer, measured, records, problem)
    if LOG.isEnabledFor(logging.INFO):
        LOG.info("%s", found.describe())
        for warning in found.warnings:
            LOG.info("warning: %s", warning)
    if not found.reliable and reaction == "raise":
        code, fields = objections(answer.verdict, users.alignment)[0]
        raise UnreliableError(code, **fields)
    if not found.reliable and reaction == "warn":
        warnings.warn(found.warnings[0], UnreliableWarning, stacklevel=3)
    return found


def _looked_at(
    first: Answer, recorder: LevelRecorder, look: Callable[[Answer], Answer]
) -> tuple[Answer, LevelRecorder]:
    """Return the answer once it was looked at for other motions, or one on demand; and its levels' records."""
    if first.problem.fixed_grid.ndim == 3 or not first.problem.family.shears:
        return look(first), recorder
    if not first.verdict.reliable:
        other, recorder = _seen_otherwise(first.with_misfit(), recorder)
        unsure = other.solution is first.solution and not first.verdict.sure
        return look(other.against_mirror() if unsure else other), recorder
    # A plane seen from aside looks like one that bends where no perspective was found: and so does a scene in which
    # a part moved, where what is found otherwise may be that part's motion. Where another pose scores almost the same
    # the two motions may both be wrong: each is what a round field's rim fits.
    looked = look(first)
    rivalled = first.rival is not None
    if (looked.motions and not rivalled) or (looked.verdict.reliable and not (first.solution.undecided or rivalled)):
        return looked, recorder
    other, recorder = _seen_otherwise(first.with_misfit(), recorder)
    return (looked if other.solution is first.solution else look(other)), recorder


def _found_otherwise(first: Answer, solution: Solution) -> Answer:
    """Return the answer that a solution on demand is.

    It has to fit the images as they are, too: what is seen from where a pose says may show too few tiles.
    """
    other = Answer(first.problem, solution, verify(first.problem, solution)).with_misfit()
    if not other.verdict.reliable:
        return other
    asked = other.asked_as(first)
    return other if asked.verdict.reliable else asked


def _announced(solutions: Iterable[Solution], watch: Watch) -> Iterator[Solution]:
    """Yield solutions as they are asked for: they are searched until they come, and verified until the next is."""
    watch.begin(Stage.SEARCH)
    for solution in solutions:
        watch.begin(Stage.VERIFY)
        yield solution
        watch.begin(Stage.SEARCH)
    watch.begin(Stage.VERIFY)


def _seen_otherwise(first: Answer, recorder: LevelRecorder) -> tuple[Answer, LevelRecorder]:
    """Return the first answer that can be used of those on demand, or the one there is; and its levels' records."""
    if first.solution.stopped:
        return first, recorder
    best = first, recorder
    records, goes_on = replace(recorder, levels=[]), [True]

    def on_level(level: LevelPose) -> bool:
        goes_on.append(records(level))
        return goes_on[-1]

    for solution in _announced(first.solution.seen_otherwise(on_level), recorder.watch):
        other = _found_otherwise(first, solution)
        own = replace(recorder, levels=list(records.levels))
        records.levels.clear()
        if first.verdict.reliable:
            # A scene that repeats itself fits elsewhere, too, but not as well.
            return (other, own) if other.verdict.reliable and other.verdict.outdoes(first.verdict) else best
        if other.verdict.reliable:
            return other, own
        if other.verdict.sure and not best[0].verdict.sure:
            best = other, own
        if not all(goes_on):
            break
    return best
