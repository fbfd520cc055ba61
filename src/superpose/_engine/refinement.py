"""From one basin to the answer: choose the metric by evidence, then refine level by level to the full resolution."""

from __future__ import annotations

import math
import time
from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np

from superpose._engine.settings import EngineSettings
from superpose._problem import Problem
from superpose._refine.levenberg_marquardt import refine, standard_error
from superpose._refine.objective import ErrorModel
from superpose._refine.stopping import Ending
from superpose._sampling.level_pair import LevelPair
from superpose._sampling.margins import present_area
from superpose._solution import LevelPose
from superpose._verify.fields import Views
from superpose._verify.settings import SlopeSettings
from superpose._verify.slopes import Slopes
from superpose.image import Grid
from superpose.metrics.base import Metric
from superpose.metrics.orientation import Orientation
from superpose.metrics.squared import NCC
from superpose.transforms.geometry import IndexMap, PhysicalMap, rms_corner_distance


@dataclass(frozen=True, eq=False)
class RefinedLevel:
    """Where a metric led on one level: the pose between its pixels, and what the metric says of it.

    `error` is what noise lets expect of the farthest corner, one sigma, in pixels of the level.
    """

    metric: Metric
    pose: IndexMap
    value: float
    error: float
    evaluations: int
    ending: Ending
    error_model: ErrorModel


@dataclass(frozen=True, eq=False)
class RefinementResult:
    """Where the refinement ended, by which metric: pose between physical coordinates."""

    pose: PhysicalMap
    metric: Metric
    value: float
    ending: Ending
    stopped: bool
    error_model: ErrorModel


def refine_to_finest(
    problem: Problem,
    pairs: list[LevelPair],
    pose: PhysicalMap,
    level: int,
    on_level: Callable[[LevelPose], bool],
    settings: EngineSettings,
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
    settings : EngineSettings
        Of the refinement and of the metrics.
    """
    metric, last = None if problem.auto else problem.metric, None
    stopped = False
    for k in range(level, -1, -1):
        began = time.perf_counter()
        pair, finest = pairs[k], k == 0
        here = pair.to_index(pose)
        if metric is None and (finest or present_area(pair.fixed.image) >= settings.refinement.chosen_side**2):
            last = select_metric(pair, here, problem, settings)
            metric, here = last.metric, last.pose
            if finest:
                last = refine_level(metric, pair, here, problem, finest, settings)
        else:
            # On coarse levels a joint histogram's peak is often elsewhere, the orientation score's is not.
            early = metric is None or (metric.needs_finest_level and not finest)
            used = Orientation() if metric is None or early else metric
            if finest:
                problem.check_memory_on(pair, used)
            last = refine_level(used, pair, here, problem, finest, settings)
        pose = pair.to_physical(last.pose)
        seconds = time.perf_counter() - began
        done = LevelPose(pair.fixed.shape, pose, last.value, last.evaluations, seconds, left=k)
        stopped = not on_level(done) and not finest
        if stopped:
            break
    assert last is not None
    return RefinementResult(pose, last.metric, last.value, last.ending, stopped, last.error_model)


def refine_level(
    metric: Metric, pair: LevelPair, start: IndexMap, problem: Problem, finest: bool, settings: EngineSettings
) -> RefinedLevel:
    """Return where a metric leads on one level from a pose between its pixels."""
    chosen = settings.counted_metrics if problem.counted else settings.metrics
    objective, state = metric.objective(pair, start, problem.family, finest, problem.threads, chosen)
    steps = settings.refinement.coarser
    if finest:
        steps = settings.refinement.finest
        expected = steps.expected if objective.smooth else 0.0
        steps = replace(steps, precision=steps.precision * objective.precision, expected=expected)
    found = refine(objective, state, problem.min_overlap, steps)
    return RefinedLevel(
        metric,
        objective.pose(found.state),
        objective.value(found.state, found.at),
        standard_error(objective, found.at),
        found.evaluations,
        found.ending,
        objective.error_model(found.at),
    )


def select_metric(pair: LevelPair, start: IndexMap, problem: Problem, settings: EngineSettings) -> RefinedLevel:
    """Return where the metric that the images themselves speak for leads on this level.

    The contrast-blind score is right for every pair, intensities are more precise where they are those of one
    modality: that is where they correlate, and lead to the same place, or where all that they differ by is known noise.
    """
    limits = settings.refinement
    blind = refine_level(Orientation(), pair, start, problem, False, settings)
    sharp = refine_level(NCC(), pair, blind.pose, problem, False, settings)
    apart = rms_corner_distance(blind.pose, sharp.pose, Grid(pair.fixed.shape))
    exacter = sharp.error < blind.error
    sure = abs(sharp.value) >= limits.certain and (
        apart <= limits.near
        or (exacter and _apart_at_structure(blind.pose, sharp.pose, pair, problem.threads) <= limits.near)
    )
    expected = math.hypot(blind.error, sharp.error)
    # Directions are mostly noise around a small thing on plain ground, or with dead pixels.
    vague = abs(sharp.value) >= limits.high and sharp.error <= limits.clearer * blind.error
    near = exacter and apart <= limits.deviations * expected
    agree = abs(sharp.value) >= limits.correlated and near
    possible = possible_correlation(pair, limits.least_scene)
    explained = possible is not None and abs(sharp.value) >= limits.explained * possible and exacter
    return sharp if sure or vague or agree or explained else blind


def _apart_at_structure(one: IndexMap, other: IndexMap, pair: LevelPair, threads: int) -> float:
    """Return how far apart two poses take what fixed shows, in its pixels.

    Of a small thing on a plain page the page's corners say little: a hair's breadth of turn takes them pixels away.
    """
    itself = Slopes(Views([pair.fixed], [pair.fixed], threads), PhysicalMap(np.eye(len(one))), SlopeSettings())
    return rms_corner_distance(pair.to_physical(one), pair.to_physical(other), itself.structure_box())


def possible_correlation(pair: LevelPair, least_scene: float) -> float | None:
    """Return how well two images of one scene correlate for the noise in them; None where that is not known.

    That is where either one has less than the part `least_scene` of its variance from the scene, too.
    """
    squared = 1.0
    for level in (pair.fixed, pair.moving):
        if level.noise is None:
            return None
        scene = 1 - level.noise.variance / max(float(level.image.data[level.image.mask].var(dtype=float)), 1e-30)
        if scene < least_scene:
            return None
        squared *= scene
    return math.sqrt(squared)
