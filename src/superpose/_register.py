"""The main call: validate, build the pyramids, refine from coarse to fine, report."""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from superpose._parallel import thread_count
from superpose._refine.descend import Descent, Pose, cost_on, descend
from superpose._refine.scipy_methods import optimizer_named
from superpose._sampling.pyramid import LEAST_LEVEL_SIDE, checked_levels, levels_of
from superpose._version import versions
from superpose.errors import InputError, text
from superpose.image import Grid, Image, as_image, check_ranks
from superpose.metrics.registry import Cost as UserCost
from superpose.metrics.registry import metric_named
from superpose.result import Level, Registration, frozen
from superpose.transforms.families import Family, about, family_named
from superpose.transforms.linear import Linear, checked_matrix

Floats = NDArray[np.float64]
Progress = bool | Callable[[Level], Any]

# The coarsest level's shortest side when the number of levels is left open.
TOP_SIDE = 16
# Less than this part of the smaller image gets a warning.
SMALL_OVERLAP = 0.25


def register(
    fixed: ArrayLike,
    moving: ArrayLike,
    *,
    transform: str = "rigid",
    metric: str | UserCost = "ncc",
    optimizer: str | Callable[..., Any] = "powell",
    initial: Linear | Registration | ArrayLike | str | Path | None = None,
    levels: int | None = None,
    bins: int | None = None,
    fixed_mask: ArrayLike | None = None,
    moving_mask: ArrayLike | None = None,
    min_overlap: float = 0.2,
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
        "ncc" (default), "mse", "mi", "nmi" or "correlation-ratio"; or ``cost(fixed, warped, mask) -> float``,
        lower is better, called with float32 images and a bool mask of one shape.
    optimizer : str or callable
        A method of `scipy.optimize.minimize` ("powell", default; "nelder-mead", "bfgs", ...), a global one
        ("basinhopping", "differential-evolution", "dual-annealing", "shgo", "brute": global on levels up to
        64 pixels, Powell below), or a callable with the signature of `scipy.optimize.minimize`.
    initial : Linear, Registration, array_like of shape (3, 3), or path, optional
        Where to start, fixed to moving, in pixels and (row, column) order; default: centre on centre.
    levels : int, optional
        Levels of the pyramid; default: down to about 16 pixels along the shorter side.
    bins : int, optional
        Bins of the joint histogram, for "mi", "nmi" and "correlation-ratio"; default 100.
    fixed_mask, moving_mask : array_like of bool, optional
        True where a pixel counts.
    min_overlap : float
        Poses under which less of the smaller image is covered are not considered.
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

    Notes
    -----
    The images' Gaussian pyramids are descended from coarse to fine, each level starting where the last one
    ended.

    References
    ----------
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
    measure = metric_named(metric, bins)
    method = optimizer_named(optimizer, checked_seed(seed))
    count = thread_count(threads)
    overlap = checked_fraction("min_overlap", min_overlap)
    check_ranks(fixed, moving)
    still = as_image(fixed, "fixed", fixed_mask, 0.0 if measure.blind_to == "nothing" else None)
    moved = as_image(moving, "moving", moving_mask, None if measure.blind_to == "offsets" else still.offset)
    depth = default_levels(still, moved) if levels is None else checked_levels(levels)
    depth = min(depth, possible_levels(still), possible_levels(moved))
    start = starting_pose(initial, family, still.grid, moved.grid)

    plan = Descent(family, measure, method, overlap, count)
    records: list[Level] = []

    def report(pose: Pose) -> bool:
        found = Linear(pose.matrix, family.name, tuple(still.grid.centre))
        records.append(Level(pose.shape, found.parameters, pose.value, pose.evaluations, pose.seconds))
        return said(progress, records[-1])

    poses = descend(levels_of(still, depth), levels_of(moved, depth), start.matrix, plan, report)
    last = poses[-1]
    found = Linear(last.matrix, family.name, tuple(still.grid.centre))
    covered = min(1.0, cost_on(still, moved, 1, plan).covered(found.matrix)[2])
    warnings = []
    if len(poses) < depth:
        warnings.append(text("stopped-early", argument="progress", value=len(poses), levels=depth))
    if covered < SMALL_OVERLAP:
        warnings.append(text("small-overlap", argument="moving", value=f"{100 * covered:.0f} %"))
    return Registration(
        transform=found,
        value=last.value,
        metric=measure.name,
        optimizer=method.name,
        levels=tuple(records),
        overlap=covered,
        initial=start,
        fixed_grid=still.grid,
        moving_grid=moved.grid,
        warnings=tuple(warnings),
        versions=versions(),
        _fixed=frozen(fixed),
        _moving=frozen(moving),
    )


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
    initial: Linear | Registration | ArrayLike | str | Path | None, family: Family, fixed: Grid, moving: Grid
) -> Linear:
    """Return the pose to start from, projected onto the family where the family is wide enough to hold it.

    Raises
    ------
    InputError
        If `initial` is no transform, or does not belong to the family.
    """
    centre = (float(fixed.centre[0]), float(fixed.centre[1]))
    if initial is None:
        return Linear(about(np.eye(2), moving.centre - fixed.centre, fixed.centre), family.name, centre)
    if isinstance(initial, (str, Path)):
        from superpose._io.transforms.json import load

        initial = load(initial, "initial").transform
    elif isinstance(initial, Registration):
        initial = initial.transform
    matrix = initial.matrix if isinstance(initial, Linear) else checked_matrix(initial, "initial")
    try:
        if isinstance(initial, Linear):
            initial.about(centre)  # a homography that does not see fixed's centre shows another side of its plane
        pose = Linear(matrix, family.name, centre)
        pose.inverse()  # one that has none shows moving as a line or a point
        return pose
    except InputError as error:
        fields = error.fields | {"argument": "initial"}
        raise InputError(error.code, **fields) from None


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
