"""From one basin to the answer: choose the metric by evidence, then refine level by level to the full resolution."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from superpose._parallel import ordered_map, together
from superpose._refine.descend import Pose
from superpose._refine.histogram import HistogramObjective
from superpose._refine.joint import METRICS as JOINT
from superpose._refine.levenberg_marquardt import Ending, Refined, Rule, refine, standard_error
from superpose._refine.objective import State
from superpose._refine.orientation import OrientationObjective
from superpose._refine.prefilter import best_blur, blurred, noise_floor, spectrum, splined, white_noise
from superpose._refine.race import Pair
from superpose._refine.squared import SquaredObjective
from superpose._sampling.dithered import dithered
from superpose.image import Grid
from superpose.transforms.geometry import IndexMap, rms_corner_distance

Floats = NDArray[np.float64]

# A correlation from here on is one modality's, if its optimum lies this near the orientation score's, in pixels.
CERTAIN, AGREE = 0.97, 0.5
# A weaker one decides where the two optima differ by no more than this many times what noise lets expect. (Between
# modalities a correlation may be as high, but then pulls its optimum aside.)
CORRELATED, DEVIATIONS = 0.75, 2.5
# A high one decides wherever the two optima lie if it lets expect less than this part of the other's error.
HIGH, CLEARER = 0.9, 0.4
# The choice is made on a level with sides (their geometric mean) of so many pixels, or on the finest.
CHOSEN_SIDE = 90
# Tukey's cutoff in residual standard deviations: 98.5 % efficient for Gaussian noise.
CUTOFF = 6.0
# Linear interpolation at all fractions leaves this part of white noise's variance.
LINEAR_NOISE = 4 / 9
# Intensities are counted under this much blur, in pixels: without any, interpolation smooths noise more between pixels
# than on them, which draws the pose there; more blurs an edge into values that no curve leads to.
HISTOGRAM_BLUR = 0.7


@dataclass(frozen=True, eq=False)
class Finished:
    """Where the refinement ended, matrix between physical coordinates."""

    matrix: Floats
    metric: str
    value: float
    overlap: float
    error: float
    ending: Ending
    poses: list[Pose]
    stopped: bool
    objective: SquaredObjective | OrientationObjective


@dataclass(frozen=True)
class Plan:
    """How a pair is aligned; metric is "auto" or a key of `_METHODS`.

    No level with more than `work_at` pixels along its longer side, or with pixels smaller than `pixel`, is worked on;
    with `allow_flip` the mirrored moving image is tried as well.
    """

    family: str
    metric: str
    min_overlap: float
    threads: int
    work_at: float = np.inf
    pixel: float = 0.0
    allow_flip: bool = False


def finish(pairs: list[Pair], matrix: Floats, level: int, plan: Plan, report: Callable[[Pose], bool]) -> Finished:
    """Refine a pose from a level to the finest.

    Parameters
    ----------
    pairs : list of Pair
        Pyramid, finest first.
    matrix : ndarray, shape (3, 3)
        From fixed to moving physical coordinates.
    level : int
        Where to begin.
    plan : Plan
        What to minimise.
    report : callable
        Called with each level's `Pose`; False ends the refinement there.
    """
    poses: list[Pose] = []
    metric, last = plan.metric, None
    stopped = False
    for k in range(level, -1, -1):
        began = time.perf_counter()
        here = pairs[k].to_index(matrix)
        coarse = k > 0 and np.prod(pairs[k].fixed.shape) < CHOSEN_SIDE**2
        # On coarse levels a joint histogram's peak is often elsewhere, the orientation score's is not.
        if (metric in JOINT and k > 0) or (metric == "auto" and coarse):
            last = _orientation(pairs[k], here, plan, False)
        elif metric == "auto":
            metric, last = chosen(pairs[k], here, plan)
            if k == 0:
                last = _METHODS[metric](pairs[k], last.refined.state.matrix, plan, True)
        else:
            last = _METHODS[metric](pairs[k], here, plan, k == 0)
        matrix = pairs[k].to_physical(last.refined.state.matrix)
        seconds = time.perf_counter() - began
        pose = Pose(pairs[k].fixed.shape, matrix, last.value, last.evaluations, seconds)
        poses.append(pose)
        stopped = not report(pose) and k > 0
        if stopped:
            break
    assert last is not None
    if metric == "auto" or (metric in JOINT and stopped):  # stopped before its turn came
        metric = "orientation"
    spacing = float(np.mean(pairs[level - len(poses) + 1].fixed.image.grid.spacing))
    return Finished(
        matrix,
        metric,
        last.value,
        last.refined.at.overlap,
        last.error * spacing,
        last.refined.ending,
        poses,
        stopped,
        last.objective,
    )


@dataclass(frozen=True, eq=False)
class _Level:
    refined: Refined
    value: float
    error: float
    evaluations: int
    objective: SquaredObjective | OrientationObjective


def chosen(pair: Pair, start: Floats, plan: Plan) -> tuple[str, _Level]:
    """Return the metric that the images themselves speak for, and where it ended on this level.

    The contrast-blind score is right for every pair, intensities are more precise where they are those of one
    modality: that is where they correlate, and lead to the same place.
    """
    blind = _orientation(pair, start, plan, False)
    here = blind.refined.state.matrix
    squared = _squared(pair, here, plan, False)
    apart = rms_corner_distance(IndexMap(here), IndexMap(squared.refined.state.matrix), Grid(pair.fixed.shape))
    sure = abs(squared.value) >= CERTAIN and apart <= AGREE
    expected = float(np.hypot(blind.error, squared.error))
    # Where directions are mostly noise (a small thing on plain ground, dead pixels) they may lead anywhere nearby.
    vague = abs(squared.value) >= HIGH and squared.error <= CLEARER * blind.error
    agree = abs(squared.value) >= CORRELATED and apart <= DEVIATIONS * expected and squared.error < blind.error
    if sure or vague or agree:
        return "ncc", squared
    return "orientation", blind


def _rule(plan: Plan, finest: bool) -> Rule:
    return Rule(
        tolerance=1e-4 if finest else 0.02,
        iterations=30 if finest else 15,
        trust=2.0,
        min_overlap=plan.min_overlap,
        precision=0.1 if finest else 0.5,
    )


def _orientation(pair: Pair, matrix: Floats, plan: Plan, finest: bool) -> _Level:
    pair = pair.with_fields(plan.threads)
    used = pair if _meets_all_fractions(matrix, pair) else Pair(dithered(pair.fixed), pair.moving)
    objective = OrientationObjective(used.fixed, used.moving, plan.family, plan.threads)
    found = refine(objective, objective.start(used.to_index(pair.to_physical(matrix))), _rule(plan, finest))
    value = float(np.sqrt(max(0.0, 1 - found.at.cost)))
    pose = State(pair.to_index(used.to_physical(found.state.matrix)), found.state.others)
    done = replace(found, state=pose)
    return _Level(done, value, standard_error(objective, found.at), found.evaluations, objective)


def _squared(pair: Pair, matrix: Floats, plan: Plan, finest: bool) -> _Level:
    """Refine by squared error; on the finest level under the blur that suits the noise, with cubic splines."""
    objective = SquaredObjective(pair.fixed, pair.moving, plan.family, False, np.inf, plan.threads)
    (state, scale), noise = objective.fitted(matrix), None
    if finest:
        powers = ordered_map(lambda each: spectrum(each.image), (pair.fixed, pair.moving), plan.threads)
        # Residuals show what the pose still misses, too; a spectrum, what noise there is at most.
        residual = scale**2 / (1 + LINEAR_NOISE * float(state.others[0]) ** 2)
        variance = min(residual, *map(noise_floor, powers))
        pixels = min(pair.fixed.image.mask.sum(), pair.moving.image.mask.sum())
        width = best_blur(powers[0], variance, float(pixels), _meets_all_fractions(matrix, pair))
        fixed, moving = together(lambda: blurred(pair.fixed, width), lambda: splined(pair.moving, width), plan.threads)
        noise = white_noise(variance, width)
        objective = replace(objective, fixed=fixed, moving=moving, cubic=True)
        scale = objective.scale(state)
    if not scale > 0:
        scale = np.inf
    objective = replace(objective, cutoff=CUTOFF * scale, noise=noise)
    found = refine(objective, state, _rule(plan, finest))
    value = correlation(objective, found.state)
    return _Level(found, value, standard_error(objective, found.at), found.evaluations, objective)


def _meets_all_fractions(matrix: Floats, pair: Pair) -> bool:
    """Return whether pixels of fixed land on all fractions of moving's pixels: not where the pose is but a shift."""
    linear = matrix[:2, :2]
    side = float(np.sqrt(np.prod(pair.fixed.shape)))
    return bool(np.abs(linear - np.rint(linear)).max() * side > 2 or matrix[2, :2].any())


def correlation(objective: SquaredObjective, state: State) -> float:
    """Return the correlation of fixed and warped on every few rows, outliers weighted down as in the refinement."""
    a, b = objective.sampled(state.matrix)
    if len(a) < 2 or a.min() == a.max() or b.min() == b.max():
        return 0.0
    residual = a - state.others[0] * b - state.others[1]
    weights = np.maximum(1 - (residual / objective.cutoff) ** 2, 0) ** 2
    if not weights.sum() > 0:
        return 0.0
    a, b = a - np.average(a, weights=weights), b - np.average(b, weights=weights)
    spread = np.sqrt((weights * a * a).sum() * (weights * b * b).sum())
    return float((weights * a * b).sum() / spread) if spread > 0 else 0.0


def _information(pair: Pair, matrix: Floats, plan: Plan, finest: bool) -> _Level:
    """Refine by mutual information or its normalised form."""
    return _by_histogram(_histogram(pair, plan), matrix, pair, plan, finest)


def _correlation_ratio(pair: Pair, matrix: Floats, plan: Plan, finest: bool) -> _Level:
    """Refine by the correlation ratio of whichever image the other explains more of."""
    back = np.asarray(np.linalg.inv(matrix), float)
    forward, backward = _histogram(pair, plan), _histogram(Pair(pair.moving, pair.fixed), plan)
    costs = [each.linearised(each.start(pose)).cost for each, pose in ((forward, matrix), (backward, back))]
    if costs[0] <= costs[1]:
        return _by_histogram(forward.robust(matrix), matrix, pair, plan, finest)
    found = _by_histogram(backward.robust(back), back, pair, plan, finest)
    turned = np.linalg.inv(found.refined.state.matrix)
    state = State(turned / turned[2, 2], found.refined.state.others)
    return replace(found, refined=replace(found.refined, state=state))


def _histogram(pair: Pair, plan: Plan) -> HistogramObjective:
    fixed, moving = blurred(pair.fixed, HISTOGRAM_BLUR), blurred(pair.moving, HISTOGRAM_BLUR)
    moving = replace(moving, coefficients=splined(pair.moving, HISTOGRAM_BLUR).cubic)
    return HistogramObjective(fixed, moving, plan.family, True, plan.metric, plan.threads)


def _by_histogram(objective: HistogramObjective, matrix: Floats, pair: Pair, plan: Plan, finest: bool) -> _Level:
    # The standard error knows of noise alone, not of how two modalities differ: no need to resolve a tenth of it.
    rule = replace(_rule(plan, finest), precision=0.5)
    found = refine(objective, objective.start(matrix), rule)
    value = 1 - found.at.cost if plan.metric == "correlation-ratio" else -found.at.cost
    # How far the answer can be trusted is judged by the directions of edges.
    judge = OrientationObjective(pair.fixed, pair.moving, plan.family, plan.threads)
    return _Level(found, value, standard_error(objective, found.at), found.evaluations, judge)


_METHODS = {
    "ncc": _squared,
    "mse": _squared,
    "mi": _information,
    "nmi": _information,
    "correlation-ratio": _correlation_ratio,
    "orientation": _orientation,
}
