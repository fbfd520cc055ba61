"""Sample a metric over one or two parameters of the pose."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import replace
from itertools import product
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from superpose._checks import as_number, checked_count, checked_fraction, is_row
from superpose._initial import Initial, opened_initial
from superpose._landscape.parameters import Parameter, parameters_named, pose_with
from superpose._landscape.settings import DEFAULTS, SweepSettings
from superpose._landscape.view import Landscape
from superpose._names import public
from superpose._opened import ImageLike, opened
from superpose._problem import check_one_rank, in_one_unit, starting_pose
from superpose._sampling.prepared import Prepared, at_comparable_offsets
from superpose._sampling.pyramid import levels_of
from superpose._sampling.smooth import blur
from superpose._sampling.warp import source, warp
from superpose._threads import thread_count
from superpose.errors import InputError, shown
from superpose.grid import Grid, unit_of
from superpose.image import Raster
from superpose.metrics.base import Metric
from superpose.metrics.custom import Cost
from superpose.metrics.registry import metric_named
from superpose.transforms.base import in_range, real_numbers
from superpose.transforms.family import family_named
from superpose.transforms.matrix import MatrixTransform

Floats = NDArray[np.float64]
# Nobody sees more in a picture, and each takes a warp of the whole image.
MOST_SAMPLES = 10**6


@public
def landscape(
    fixed: ImageLike | Prepared,
    moving: ImageLike | Prepared,
    parameter: str | Sequence[str] = "column shift",
    over: ArrayLike | Sequence[ArrayLike] | None = None,
    *,
    metric: str | Metric | Cost = "ncc",
    levels: int = 1,
    smooth: float = 0.0,
    bins: int | None = None,
    initial: Initial = None,
    min_overlap: float = 0.05,
    max_pixels: int | None = None,
    threads: int | None = None,
) -> Landscape:
    """Sample a metric over one parameter of the pose (a curve) or two (a surface).

    Parameters
    ----------
    fixed, moving : array_like, path, Image, or Prepared
        As for `register`, images or volumes; what `prepare` returned comes with its mask.
    parameter : str or two of them
        "row shift", "column shift" (of the fixed image's centre, in pixels), "angle" (degrees,
        counter-clockwise as displayed) or "scale". Of volumes "plane shift", "row shift", "column shift" (along the
        physical axes, in units of the spacing where there is one), "plane angle", "row angle", "column angle" (the
        rotation vector about these axes, in degrees) or "scale".
    over : array_like, optional
        The values to try, increasing; for two parameters one such array for each. Default: shifts to 90 % of
        fixed's side either way, all angles, scales from 1/2 to 2; 181 values for one parameter, 41 each for
        two; of volumes 91 and 21.
    metric : str, Metric or callable
        As for `register`.
    levels : int, optional
        On how many levels of the images' pyramids.
    smooth : float
        Standard deviation, in pixels, of a Gaussian that both images are blurred with first.
    bins : int, optional
        As for `register`.
    initial : MatrixTransform, Registration, array_like of shape (3, 3) or (4, 4), or path, optional
        The pose whose other parameters are kept; default: centre on centre.
    min_overlap : float
        Where less of the smaller image is covered, the result is NaN.
    max_pixels, threads : int, optional
        As for `register`.

    Returns
    -------
    Landscape
        Frozen, with `.samples`, `.values`, `.costs`, `.by_level`, `.plot()`.

    Raises
    ------
    InputError
        If an argument cannot be used; the message names it and says what to do.

    Notes
    -----
    What lies outside the moving image is missing: only the overlap is compared.

    References
    ----------
    J. Nunez-Iglesias, S. van der Walt and H. Dashnow, "Elegant SciPy", chapter 7, O'Reilly, 2017.

    Examples
    --------
    >>> import numpy as np, skimage.data, superpose
    >>> image = skimage.data.camera()[::4, ::4]
    >>> found = superpose.landscape(image, np.roll(image, 5, axis=1), over=np.arange(-20, 21))
    >>> found.minimum()
    (5.0,)
    """
    measure = metric_named(metric, bins)
    count = thread_count(threads)
    least = checked_fraction("min_overlap", min_overlap)
    depth = checked_count("levels", levels, 1)
    pair = opened(fixed, "fixed", max_pixels), opened(moving, "moving", max_pixels)
    images = in_one_unit(*at_comparable_offsets(*pair, measure.invariant_to))
    grid, moving_grid = (each.image.grid for each in images)
    check_one_rank(*images)
    parameters = parameters_named(parameter, ndim=grid.ndim)
    sweep = DEFAULTS[grid.ndim].sweep
    samples = default_samples(parameters, grid, sweep) if over is None else checked_samples(parameters, over)
    sigma = _checked_width(smooth, max(*grid.shape, *moving_grid.shape))
    widest = family_named("homography" if grid.ndim == 2 else "affine", grid.ndim)
    given, unit = opened_initial(initial)
    start = starting_pose(given, widest, grid, moving_grid, unit)
    pairs = list(zip(*(_levels(each, depth, sigma, count) for each in images), strict=False))
    poses = poses_at(parameters, samples, start, grid.centre)
    measured = measure_poses(pairs, parameters, samples, poses, measure, least, count)
    return replace(measured, smooth=sigma, unit=unit_of(grid, moving_grid))


def poses_at(
    parameters: tuple[Parameter, ...], samples: tuple[Floats, ...], start: MatrixTransform, centre: Floats
) -> list[Floats]:
    """Return the pose of each combination of samples: the parameters in place of the starting pose's own."""
    names = [each.name for each in parameters]
    return [pose_with(start, dict(zip(names, values, strict=True)), centre) for values in product(*samples)]


def _levels(image: Prepared, depth: int, sigma: float, threads: int) -> list[Raster]:
    """Return the pyramid of an image that is blurred first, finest level first."""
    if sigma == 0:
        return image.plain_levels(threads, depth)
    return levels_of(blur(image.image, sigma), depth, threads)


def measure_poses(
    pairs: list[tuple[Raster, Raster]],
    parameters: tuple[Parameter, ...],
    samples: tuple[Floats, ...],
    poses: list[Floats],
    metric: Metric,
    min_overlap: float,
    threads: int,
) -> Landscape:
    """Return the metric of pairs of images, finest level first, under the poses of all combinations of samples."""
    size = tuple(len(values) for values in samples)
    by_level = np.stack([_values(*pair, poses, metric, min_overlap, threads).reshape(size) for pair in pairs])
    shapes = tuple(fixed.grid.shape for fixed, _ in pairs)
    names = tuple(each.words for each in parameters)
    return Landscape(names, samples, by_level, metric.name, metric.best, shapes)


def default_samples(parameters: tuple[Parameter, ...], grid: Grid, settings: SweepSettings) -> tuple[Floats, ...]:
    """Return the values to try of each parameter when the caller does not say."""
    count = settings.curve_samples if len(parameters) == 1 else settings.surface_samples
    return tuple(each.sweep(grid, count, settings) for each in parameters)


def checked_samples(parameters: tuple[Parameter, ...], over: Any) -> tuple[Floats, ...]:
    """Return the values to try of each parameter.

    Raises
    ------
    InputError
        If `over` is not one increasing array for each.
    """
    given = [over] if len(parameters) == 1 else over
    if not is_row(given) and not (isinstance(given, np.ndarray) and given.ndim):
        raise InputError("bad-samples", argument="over", value=shown(over))
    samples = [values for each in given if (values := real_numbers(each)) is not None]
    if len(samples) < len(given):
        raise InputError("bad-samples", argument="over", value=shown(over))
    for parameter, values in zip(parameters, samples, strict=False):
        if values.ndim != 1 or len(values) < 2 or not in_range(values) or (np.diff(values) <= 0).any():
            raise InputError("bad-samples", argument="over", value=shown(over))
        if parameter.name == "scale" and values[0] <= 0:
            raise InputError("bad-samples", argument="over", value=f"{shown(over)}, and scales are positive")
    if math.prod(map(len, samples)) > MOST_SAMPLES:
        sizes = " x ".join(str(len(values)) for values in samples)
        raise InputError("too-many-samples", argument="over", value=sizes, most=MOST_SAMPLES)
    if len(samples) != len(parameters):
        value = f"{len(samples)} arrays for {len(parameters)} parameters"
        raise InputError("bad-samples", argument="over", value=value)
    return tuple(samples)


def _checked_width(sigma: Any, most: int) -> float:
    width = as_number(sigma)
    if not 0 <= width <= most:
        high = f"{most}, the longest side"
        raise InputError("out-of-range", argument="smooth", value=shown(sigma), low=0, high=high)
    return width


def _values(
    fixed: Raster, moving: Raster, matrices: list[Floats], metric: Metric, min_overlap: float, threads: int
) -> Floats:
    """Return the metric of two images of one level under each pose, NaN where too little overlaps."""
    fixed, moving = fixed.of_trusted(), moving.of_trusted()
    sampled = source(moving.data, moving.mask, 3)
    after, before = moving.grid.physical_to_index, fixed.grid.index_to_physical
    areas = [image.mask.sum() * np.prod(image.grid.spacing) for image in (fixed, moving)]
    least = min_overlap * min(areas) / np.prod(fixed.grid.spacing)
    values = np.full(len(matrices), np.nan)
    for k, matrix in enumerate(matrices):
        warped, inside = warp(sampled, after @ matrix @ before, fixed.grid.shape, threads)
        inside &= fixed.mask
        if inside.sum() >= max(least, 1):
            values[k] = metric.value(fixed.data, warped, inside)
    return values
