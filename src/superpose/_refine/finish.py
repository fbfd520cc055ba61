"""From one basin to the answer: choose the metric by evidence, then refine level by level to the full resolution."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from superpose._refine.descend import Pose
from superpose._refine.levenberg_marquardt import Ending, Refined, Rule, refine, standard_error
from superpose._refine.objective import State
from superpose._refine.orientation import OrientationObjective
from superpose._refine.prefilter import best_blur, blurred, noise_gain, spectrum, taps_of
from superpose._refine.race import Pair
from superpose._refine.remapped import remapped
from superpose._refine.squared import Noise, SquaredObjective
from superpose._sampling.prepared import Prepared

Floats = NDArray[np.float64]

# A correlation from here on is one modality's, if its optimum lies this near the orientation score's, in pixels.
CERTAIN, AGREE = 0.97, 1.5
# A weaker one decides where the two optima differ by no more than this many times what noise lets expect. (Between
# modalities a correlation may be as high, but then pulls its optimum aside.)
CORRELATED, DEVIATIONS = 0.75, 2.5
# Tukey's cutoff in residual standard deviations: 98.5 % efficient for Gaussian noise.
CUTOFF = 6.0
# Linear interpolation at all fractions leaves this part of white noise's variance.
LINEAR_NOISE = 4 / 9
# Curves are fitted, and images compared through them, under this much blur at least, in pixels.
CURVE_BLUR = 0.7


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
    """How the last levels are refined; metric is "auto" or one of those the engine has derivatives of."""

    family: str
    metric: str
    min_overlap: float
    threads: int


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
    metric = plan.metric
    if metric not in _METHODS:  # "auto", and those without derivatives here
        metric, matrix = chosen(pairs[level], matrix, plan)
    last: _Level | None = None
    stopped = False
    for k in range(level, -1, -1):
        began = time.perf_counter()
        last = _METHODS[metric](pairs[k], pairs[k].to_index(matrix), plan, k == 0)
        matrix = pairs[k].to_physical(last.refined.state.matrix)
        seconds = time.perf_counter() - began
        pose = Pose(pairs[k].fixed.shape, matrix, last.value, last.evaluations, seconds)
        poses.append(pose)
        stopped = not report(pose) and k > 0
        if stopped:
            break
    assert last is not None
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


def chosen(pair: Pair, matrix: Floats, plan: Plan) -> tuple[str, Floats]:
    """Return the metric that the images themselves speak for, and the pose it found on this level.

    The contrast-blind score is right for every pair, intensities are more precise where they are those of one
    modality: that is where they correlate, and lead to the same place.
    """
    start = pair.to_index(matrix)
    blind = _orientation(pair, start, plan, False)
    here = blind.refined.state.matrix
    frame = OrientationObjective(pair.fixed, pair.moving, plan.family, 1).frame
    squared = _squared(pair, here, plan, False)
    apart = _apart(here, squared.refined.state.matrix, frame.centre)
    sure = abs(squared.value) >= CERTAIN and apart <= AGREE
    expected = float(np.hypot(blind.error, squared.error))
    if sure or (abs(squared.value) >= CORRELATED and apart <= DEVIATIONS * expected and squared.error < blind.error):
        return "ncc", pair.to_physical(squared.refined.state.matrix)
    return "orientation", pair.to_physical(here)


def _apart(a: Floats, b: Floats, centre: Floats) -> float:
    """Return how far apart two matrices take the image's corners, root mean square, in fixed pixels."""
    rows, columns = 2 * centre
    corners = np.array([[0, 0, 1], [0, columns, 1], [rows, 0, 1], [rows, columns, 1.0]])
    p, q = corners @ a.T, corners @ b.T
    gap = p[:, :2] / p[:, 2:] - q[:, :2] / q[:, 2:]
    return float(np.sqrt((gap**2).sum(1).mean() / abs(np.linalg.det(a[:2, :2]))))


def _rule(plan: Plan, finest: bool) -> Rule:
    return Rule(
        tolerance=1e-4 if finest else 0.02,
        iterations=30 if finest else 15,
        trust=2.0,
        min_overlap=plan.min_overlap,
        precision=0.1 if finest else 0.5,
    )


def _orientation(pair: Pair, matrix: Floats, plan: Plan, finest: bool) -> _Level:
    objective = OrientationObjective(pair.fixed, pair.moving, plan.family, plan.threads)
    found = refine(objective, objective.start(matrix), _rule(plan, finest))
    value = float(np.sqrt(max(0.0, 1 - found.at.cost)))
    return _Level(found, value, standard_error(objective, found.state, found.at), found.evaluations, objective)


def _squared(pair: Pair, matrix: Floats, plan: Plan, finest: bool) -> _Level:
    """Refine by squared error; on the finest level under the blur that suits the noise, with cubic splines."""
    fixed, moving, noise, width = pair.fixed, pair.moving, None, 0.0
    if finest:
        rough = SquaredObjective(fixed, moving, plan.family, False, np.inf, plan.threads)
        state = rough.start(matrix)
        gain = float(state.others[0])
        variance = rough.scale(state) ** 2 / (1 + LINEAR_NOISE * gain**2)
        pixels = min(fixed.image.mask.sum(), moving.image.mask.sum())
        width = best_blur(spectrum(fixed.image), variance, float(pixels), plan.family != "translation")
        fixed, moving = Prepared(blurred(fixed.image, width)), Prepared(blurred(moving.image, width))
        noise = Noise(variance, *noise_gain(taps_of(width)))
    objective = SquaredObjective(fixed, moving, plan.family, finest, np.inf, plan.threads)
    state = objective.start(matrix)
    scale = objective.scale(state)
    if not scale > 0:
        scale = np.inf
    objective = replace(objective, cutoff=CUTOFF * scale, noise=noise)
    found = refine(objective, state, _rule(plan, finest))
    value = correlation(objective, found.state)
    return _Level(found, value, standard_error(objective, found.state, found.at), found.evaluations, objective)


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


def _correlation_ratio(pair: Pair, matrix: Floats, plan: Plan, finest: bool) -> _Level:
    """Refine by squared error through the curve between intensities, fitted anew where the pose has moved."""
    fixed, moving = (Prepared(blurred(each.image, CURVE_BLUR)) for each in (pair.fixed, pair.moving))
    evaluations, result = 0, None
    for _ in range(2):
        curve = remapped(fixed, moving, matrix, plan.threads)
        if curve is None:
            break
        objective = SquaredObjective(curve.fixed, curve.moving, plan.family, finest, np.inf, plan.threads)
        state = objective.start(matrix)
        scale = objective.scale(state)
        objective = replace(objective, cutoff=CUTOFF * scale if scale > 0 else np.inf)
        found = refine(objective, state, _rule(plan, finest))
        evaluations += found.evaluations
        moved = _apart(matrix, found.state.matrix, objective.frame.centre)
        matrix = found.state.matrix
        error = standard_error(objective, found.state, found.at)
        result = _Level(found, curve.explained, error, evaluations, objective)
        if moved < 0.05:
            break
    if result is None:
        return replace(_orientation(pair, matrix, plan, finest), value=0.0)
    return result


_METHODS = {"ncc": _squared, "mse": _squared, "correlation-ratio": _correlation_ratio, "orientation": _orientation}
