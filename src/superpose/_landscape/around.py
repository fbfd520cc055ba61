"""The metric around an answer, as each level of the pyramid shows it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import ArrayLike, NDArray

from superpose._checks import checked_count
from superpose._landscape.parameters import PARAMETERS, Parameter, numbers_of, parameters_named, pose_with
from superpose._landscape.sample import checked_samples, measure_poses, poses_at
from superpose._landscape.settings import DEFAULTS, MapSettings
from superpose._landscape.view import Landscape
from superpose._names import canonical
from superpose._sampling.prepared import at_comparable_offsets
from superpose._threads import thread_count
from superpose.errors import InputError, shown
from superpose.image import Grid
from superpose.metrics.base import Metric
from superpose.metrics.custom import Cost
from superpose.metrics.registry import METRICS, metric_named
from superpose.result import Basin, Registration
from superpose.transforms.matrix import MatrixTransform, matrix_transform

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Mark:
    """Where a basin lies on a map: its number in `Registration.basins`, from 1, and its two parameters.

    `beside` says that the map's plane misses it: it differs from the answer in other parameters too.
    """

    number: int
    at: tuple[float, float]
    beside: bool


@dataclass(frozen=True, eq=False)
class Around:
    """The map of one level: a landscape of two parameters, the answer's place on it, and the basins inside."""

    landscape: Landscape
    answer: tuple[float, float]
    basins: tuple[Mark, ...]


def around(
    registration: Registration,
    parameters: Sequence[str] = ("row shift", "column shift"),
    over: Sequence[ArrayLike] | None = None,
    *,
    metric: str | Metric | Cost | None = None,
    levels: int = 4,
    longest: int | None = None,
    threads: int | None = None,
    settings: MapSettings | None = None,
) -> list[Around]:
    """Return the maps of a registration's metric around its answer, the coarsest level first.

    See `Registration.plot_landscape` for the parameters.

    Raises
    ------
    InputError
        If the registration holds no images, its transform is no matrix, its metric is not known by name, or an
        argument cannot be used.
    """
    transform = matrix_transform(registration.transform)
    images = registration._images()
    if images is None:
        raise InputError("no-images", argument="registration", value="one without images, as files hold none")
    ndim = registration.fixed_grid.ndim
    settings = settings or DEFAULTS[ndim].maps
    varied = parameters_named(parameters, "parameters", ndim)
    if len(varied) != 2:
        known = ", ".join(PARAMETERS[ndim])
        raise InputError("bad-parameters", argument="parameters", value=shown(parameters), known=known)
    if metric is None and canonical(registration.metric) not in METRICS:
        raise InputError("metric-forgotten", argument="metric", value=shown(registration.metric))
    measure = metric_named(registration.metric if metric is None else metric)
    count, wanted = thread_count(threads), checked_count("levels", levels, 1)
    longest = settings.longest if longest is None else checked_count("longest", longest, 1)
    fixed, moving = at_comparable_offsets(*images, measure.invariant_to)
    grid = fixed.image.grid
    own = numbers_of(transform, grid.centre)
    answer = (own[varied[0].name], own[varied[1].name])
    given = None if over is None else checked_samples(varied, over)
    pairs = list(zip(fixed.plain_levels(count), moving.plain_levels(count), strict=False))
    large = [pair for pair in pairs if min(pair[0].grid.shape) >= settings.min_side] or pairs[:1]
    small = [pair for pair in large if max(pair[0].grid.shape) <= longest] or large[-1:]
    maps = []
    for pair in reversed(small[:wanted]):
        reach = settings.reach * float(np.mean(pair[0].grid.spacing))
        samples = given or tuple(each.around(own[each.name], reach, grid, settings.samples) for each in varied)
        poses = poses_at(varied, samples, transform, grid.centre)
        landscape = measure_poses([pair], varied, samples, poses, measure, settings.min_overlap, count)
        landscape = replace(landscape, unit=registration.unit)
        marks = _marks(registration.basins, transform, grid, varied, samples, settings.same_plane * reach)
        maps.append(Around(landscape, answer, marks))
    return maps


def _marks(
    basins: tuple[Basin, ...],
    answer: MatrixTransform,
    grid: Grid,
    varied: tuple[Parameter, ...],
    samples: tuple[Floats, ...],
    near: float,
) -> tuple[Mark, ...]:
    """Return the basins whose two parameters lie on a map; those no further than `near` from its plane lie in it."""
    names = [each.name for each in varied]
    marks = []
    for number, basin in enumerate(basins, 1):
        theirs = numbers_of(basin.transform, grid.centre)
        if "angle" in names:
            # The same turn, counted from the map's middle.
            middle = float(samples[names.index("angle")].mean())
            theirs["angle"] = middle + (theirs["angle"] - middle + 180) % 360 - 180
        at = (theirs[names[0]], theirs[names[1]])
        if all(values[0] <= value <= values[-1] for value, values in zip(at, samples, strict=True)):
            pose = pose_with(answer, dict(zip(names, at, strict=True)), grid.centre)
            inside = MatrixTransform(pose, answer.kind.widest.name, answer.centre)
            marks.append(Mark(number, at, basin.transform.distance(inside, grid.corners) > near))
    return tuple(marks)
