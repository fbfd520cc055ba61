"""From one basin to the answer: choose the metric by evidence, then refine level by level to the full resolution."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from superpose._parallel import ordered_map, together
from superpose._problem import Problem
from superpose._refine.histogram import HistogramObjective
from superpose._refine.joint import METRICS as JOINT
from superpose._refine.levenberg_marquardt import Ending, Refined, Rule, refine, standard_error
from superpose._refine.objective import State
from superpose._refine.orientation import OrientationObjective
from superpose._refine.prefilter import best_blur, blurred, noise_floor, spectrum, splined, white_noise
from superpose._refine.squared import SquaredObjective
from superpose._sampling.dithered import dithered
from superpose._sampling.level_pair import LevelPair
from superpose._solution import LevelPose
from superpose.image import Grid
from superpose.transforms.geometry import IndexMap, PhysicalMap, rms_corner_distance

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
class RefinementResult:
    """Where the refinement ended: pose between physical coordinates."""

    pose: PhysicalMap
    metric: str
    value: float
    ending: Ending
    stopped: bool
    objective: SquaredObjective | OrientationObjective


def refine_to_finest(
    problem: Problem, pairs: list[LevelPair], pose: PhysicalMap, level: int, on_level: Callable[[LevelPose], bool]
) -> RefinementResult:
    """Refine a pose from a level to the finest.

    Parameters
    ----------
    problem : Problem
        What to minimise.
    pairs : list of LevelPair
        Pyramid, finest first.
    pose : ndarray, shape (3, 3)
        From fixed to moving physical coordinates.
    level : int
        Where to begin.
    on_level : callable
        Called with each level's `LevelPose`; False ends the refinement there.
    """
    metric, last = "auto" if problem.auto else problem.metric.name, None
    stopped = False
    for k in range(level, -1, -1):
        began = time.perf_counter()
        here = pairs[k].to_index(pose)
        coarse = k > 0 and np.prod(pairs[k].fixed.shape) < CHOSEN_SIDE**2
        # On coarse levels a joint histogram's peak is often elsewhere, the orientation score's is not.
        if (metric in JOINT and k > 0) or (metric == "auto" and coarse):
            last = _orientation(pairs[k], here, problem, False)
        elif metric == "auto":
            metric, last = select_metric(pairs[k], here, problem)
            if k == 0:
                last = _METHODS[metric](pairs[k], last.refined.state.matrix, problem, True)
        else:
            last = _METHODS[metric](pairs[k], here, problem, k == 0)
        pose = pairs[k].to_physical(IndexMap(last.refined.state.matrix))
        seconds = time.perf_counter() - began
        stopped = not on_level(LevelPose(pairs[k].fixed.shape, pose, last.value, last.evaluations, seconds)) and k > 0
        if stopped:
            break
    assert last is not None
    if metric == "auto" or (metric in JOINT and stopped):  # stopped before its turn came
        metric = "orientation"
    return RefinementResult(pose, metric, last.value, last.refined.ending, stopped, last.objective)


@dataclass(frozen=True, eq=False)
class _Level:
    refined: Refined
    value: float
    error: float
    evaluations: int
    objective: SquaredObjective | OrientationObjective


def select_metric(pair: LevelPair, start: Floats, problem: Problem) -> tuple[str, _Level]:
    """Return the metric that the images themselves speak for, and where it ended on this level.

    The contrast-blind score is right for every pair, intensities are more precise where they are those of one
    modality: that is where they correlate, and lead to the same place.
    """
    blind = _orientation(pair, start, problem, False)
    here = blind.refined.state.matrix
    squared = _squared(pair, here, problem, False)
    apart = rms_corner_distance(IndexMap(here), IndexMap(squared.refined.state.matrix), Grid(pair.fixed.shape))
    sure = abs(squared.value) >= CERTAIN and apart <= AGREE
    expected = float(np.hypot(blind.error, squared.error))
    # Where directions are mostly noise (a small thing on plain ground, dead pixels) they may lead anywhere nearby.
    vague = abs(squared.value) >= HIGH and squared.error <= CLEARER * blind.error
    agree = abs(squared.value) >= CORRELATED and apart <= DEVIATIONS * expected and squared.error < blind.error
    if sure or vague or agree:
        return "ncc", squared
    return "orientation", blind


def _rule(problem: Problem, finest: bool) -> Rule:
    return Rule(
        tolerance=1e-4 if finest else 0.02,
        iterations=30 if finest else 15,
        trust=2.0,
        min_overlap=problem.min_overlap,
        precision=0.1 if finest else 0.5,
    )


def _orientation(pair: LevelPair, matrix: Floats, problem: Problem, finest: bool) -> _Level:
    pair = pair.with_fields(problem.threads)
    used = pair if _meets_all_fractions(matrix, pair) else LevelPair(dithered(pair.fixed), pair.moving)
    objective = OrientationObjective(used.fixed, used.moving, problem.family.name, problem.threads)
    found = refine(
        objective, objective.start(used.to_index(pair.to_physical(IndexMap(matrix)))), _rule(problem, finest)
    )
    value = float(np.sqrt(max(0.0, 1 - found.at.cost)))
    pose = State(pair.to_index(used.to_physical(IndexMap(found.state.matrix))), found.state.others)
    done = replace(found, state=pose)
    return _Level(done, value, standard_error(objective, found.at), found.evaluations, objective)


def _squared(pair: LevelPair, matrix: Floats, problem: Problem, finest: bool) -> _Level:
    """Refine by squared error; on the finest level under the blur that suits the noise, with cubic splines."""
    objective = SquaredObjective(pair.fixed, pair.moving, problem.family.name, False, np.inf, problem.threads)
    (state, scale), noise = objective.fitted(matrix), None
    if finest:
        powers = ordered_map(lambda each: spectrum(each.image), (pair.fixed, pair.moving), problem.threads)
        # Residuals show what the pose still misses, too; a spectrum, what noise there is at most.
        residual = scale**2 / (1 + LINEAR_NOISE * float(state.others[0]) ** 2)
        variance = min(residual, *map(noise_floor, powers))
        pixels = min(pair.fixed.image.mask.sum(), pair.moving.image.mask.sum())
        width = best_blur(powers[0], variance, float(pixels), _meets_all_fractions(matrix, pair))
        fixed, moving = together(
            lambda: blurred(pair.fixed, width), lambda: splined(pair.moving, width), problem.threads
        )
        noise = white_noise(variance, width)
        objective = replace(objective, fixed=fixed, moving=moving, cubic=True)
        scale = objective.scale(state)
    if not scale > 0:
        scale = np.inf
    objective = replace(objective, cutoff=CUTOFF * scale, noise=noise)
    found = refine(objective, state, _rule(problem, finest))
    value = correlation(objective, found.state)
    return _Level(found, value, standard_error(objective, found.at), found.evaluations, objective)


def _meets_all_fractions(matrix: Floats, pair: LevelPair) -> bool:
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


def _information(pair: LevelPair, matrix: Floats, problem: Problem, finest: bool) -> _Level:
    """Refine by mutual information or its normalised form."""
    return _by_histogram(_histogram(pair, problem), matrix, pair, problem, finest)


def _correlation_ratio(pair: LevelPair, matrix: Floats, problem: Problem, finest: bool) -> _Level:
    """Refine by the correlation ratio of whichever image the other explains more of."""
    back = np.asarray(np.linalg.inv(matrix), float)
    forward, backward = _histogram(pair, problem), _histogram(LevelPair(pair.moving, pair.fixed), problem)
    costs = [each.linearised(each.start(pose)).cost for each, pose in ((forward, matrix), (backward, back))]
    if costs[0] <= costs[1]:
        return _by_histogram(forward.robust(matrix), matrix, pair, problem, finest)
    found = _by_histogram(backward.robust(back), back, pair, problem, finest)
    turned = np.linalg.inv(found.refined.state.matrix)
    state = State(turned / turned[2, 2], found.refined.state.others)
    return replace(found, refined=replace(found.refined, state=state))


def _histogram(pair: LevelPair, problem: Problem) -> HistogramObjective:
    fixed, moving = blurred(pair.fixed, HISTOGRAM_BLUR), blurred(pair.moving, HISTOGRAM_BLUR)
    moving = replace(moving, coefficients=splined(pair.moving, HISTOGRAM_BLUR).cubic)
    return HistogramObjective(
        fixed, moving, problem.family.name, True, problem.metric.name, problem.threads, wanted=problem.metric.bins
    )


def _by_histogram(
    objective: HistogramObjective, matrix: Floats, pair: LevelPair, problem: Problem, finest: bool
) -> _Level:
    # The standard error knows of noise alone, not of how two modalities differ: no need to resolve a tenth of it.
    rule = replace(_rule(problem, finest), precision=0.5)
    found = refine(objective, objective.start(matrix), rule)
    value = 1 - found.at.cost if problem.metric.name == "correlation-ratio" else -found.at.cost
    # How far the answer can be trusted is judged by the directions of edges.
    judge = OrientationObjective(pair.fixed, pair.moving, problem.family.name, problem.threads)
    return _Level(found, value, standard_error(objective, found.at), found.evaluations, judge)


_METHODS = {
    "ncc": _squared,
    "mse": _squared,
    "mi": _information,
    "nmi": _information,
    "correlation-ratio": _correlation_ratio,
    "orientation": _orientation,
}
