"""The metric around an answer, as each level of the pyramid shows it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import product

import numpy as np
from numpy.typing import ArrayLike, NDArray

from superpose._landscape.sample import UNITS, measure_poses, parameter_names, parameters_of, pose_with, samples_of
from superpose._landscape.view import Landscape
from superpose._names import canonical
from superpose._parallel import thread_count
from superpose._sampling.prepared import at_comparable_offsets
from superpose._sampling.pyramid import checked_levels
from superpose.errors import InputError
from superpose.image import Grid
from superpose.metrics.registry import METRICS, Cost, metric_named
from superpose.result import Registration
from superpose.transforms.matrix import MatrixTransform

Floats = NDArray[np.float64]

# A level's map reaches this many of its own pixels to either side of the answer: what a descent there can see.
REACH, SAMPLES = 12.0, 21
# Coarser levels than that show nothing of the images.
LEAST_SIDE = 16
MIN_OVERLAP = 0.05
# A basin no further than this part of the reach from the plane of a map lies in it.
NEAR = 0.25


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
    metric: str | Cost | None = None,
    levels: int = 4,
    longest: int = 256,
    threads: int | None = None,
) -> list[Around]:
    """Return the maps of a registration's metric around its answer, the coarsest level first.

    See `Registration.plot_landscape` for the parameters.

    Raises
    ------
    InputError
        If the registration holds no images, its metric is not known by name, or an argument cannot be used.
    """
    images = registration._images()
    if images is None:
        raise InputError("no-images", argument="registration", value="one without images, as files hold none")
    names = parameter_names(parameters)
    if len(names) != 2:
        raise InputError("bad-parameters", argument="parameters", value=repr(parameters), known=", ".join(UNITS))
    if metric is None and canonical(registration.metric) not in METRICS:
        raise InputError("metric-forgotten", argument="metric", value=repr(registration.metric))
    measure = metric_named(registration.metric if metric is None else metric)
    count, wanted = thread_count(threads), checked_levels(levels)
    fixed, moving = at_comparable_offsets(*images, measure.blind_to)
    grid = fixed.image.grid
    centre = grid.centre
    own = parameters_of(registration.transform, centre)
    answer = (own[names[0]], own[names[1]])
    given = None if over is None else samples_of(names, over, grid)
    pairs = list(zip(fixed.plain_levels(count), moving.plain_levels(count), strict=False))
    telling = [pair for pair in pairs if min(pair[0].grid.shape) >= LEAST_SIDE] or pairs[:1]
    shown = [pair for pair in telling if max(pair[0].grid.shape) <= longest] or telling[-1:]
    found = []
    for pair in reversed(shown[:wanted]):
        reach = REACH * float(np.mean(pair[0].grid.spacing))
        samples = given or tuple(_near(name, own[name], reach, grid) for name in names)
        poses = [
            pose_with(registration.transform, dict(zip(names, values, strict=True)), centre)
            for values in product(*samples)
        ]
        landscape = measure_poses([pair], names, samples, poses, measure, MIN_OVERLAP, count)
        found.append(Around(landscape, answer, _marks(registration, names, samples, NEAR * reach)))
    return found


def _near(name: str, value: float, reach: float, grid: Grid) -> Floats:
    """Return values about the answer's that move fixed's centre, or else its corners, by up to `reach` pixels."""
    steps = np.linspace(-1, 1, SAMPLES)
    if name in ("row-shift", "column-shift"):
        return value + reach * steps
    by = reach / grid.radius
    if name == "angle":
        return np.asarray(value + min(np.degrees(by), 180.0) * steps, float)
    return np.asarray(value * np.exp(min(by, np.log(2)) * steps), float)


def _marks(
    registration: Registration, names: tuple[str, ...], samples: tuple[Floats, ...], near: float
) -> tuple[Mark, ...]:
    """Return the basins whose two parameters lie on a map."""
    grid = registration.fixed_grid
    marks = []
    for number, basin in enumerate(registration.basins, 1):
        theirs = parameters_of(basin.transform, grid.centre)
        # The same turn, counted from the map's middle.
        middle = float(samples[names.index("angle")].mean()) if "angle" in names else 0.0
        theirs["angle"] = middle + (theirs["angle"] - middle + 180) % 360 - 180
        at = (theirs[names[0]], theirs[names[1]])
        if all(values[0] <= value <= values[-1] for value, values in zip(at, samples, strict=True)):
            pose = pose_with(registration.transform, dict(zip(names, at, strict=True)), grid.centre)
            kind = "homography" if registration.transform.kind.perspective else "affine"
            inside = MatrixTransform(pose, kind, registration.transform.centre)
            marks.append(Mark(number, at, basin.transform.distance(inside, grid.corners) > near))
    return tuple(marks)
