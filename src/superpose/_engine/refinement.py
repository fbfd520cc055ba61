"""From one basin to the answer: choose the metric by evidence, then refine level by level to the full resolution."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from superpose._problem import Problem
from superpose._refine.levenberg_marquardt import refine, standard_error
from superpose._refine.objective import ErrorModel
from superpose._refine.stopping import Ending, Rule
from superpose._sampling.level_pair import LevelPair
from superpose._solution import LevelPose
from superpose.image import Grid
from superpose.metrics.base import Metric
from superpose.metrics.orientation import Orientation
from superpose.metrics.squared import NCC
from superpose.transforms.geometry import IndexMap, PhysicalMap, rms_corner_distance

# A correlation from here on is one modality's, if its optimum lies this near the orientation score's, in pixels.
CERTAIN, AGREE = 0.97, 0.5
# A weaker one decides where the two optima differ by no more than this many times what noise lets expect. (Between
# modalities a correlation may be as high, but then pulls its optimum aside.)
CORRELATED, DEVIATIONS = 0.75, 2.5
# A high one decides wherever the two optima lie if it lets expect less than this part of the other's error.
HIGH, CLEARER = 0.9, 0.4
# The choice is made on a level with sides (their geometric mean) of so many pixels, or on the finest.
CHOSEN_SIDE = 90
# What decides where the images were not asked yet, and on levels too coarse for the metric; and what it may decide for.
BLIND, SHARP = Orientation(), NCC()


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
    metric, last = None if problem.auto else problem.metric, None
    stopped = False
    for k in range(level, -1, -1):
        began = time.perf_counter()
        pair, finest = pairs[k], k == 0
        here = pair.to_index(pose)
        if metric is None and (finest or np.prod(pair.fixed.shape) >= CHOSEN_SIDE**2):
            last = select_metric(pair, here, problem)
            metric, here = last.metric, last.pose
            if finest:
                last = refine_level(metric, pair, here, problem, finest)
        else:
            # On coarse levels a joint histogram's peak is often elsewhere, the orientation score's is not.
            early = metric is None or (metric.needs_finest_level and not finest)
            last = refine_level(BLIND if metric is None or early else metric, pair, here, problem, finest)
        pose = pair.to_physical(last.pose)
        seconds = time.perf_counter() - began
        stopped = not on_level(LevelPose(pair.fixed.shape, pose, last.value, last.evaluations, seconds)) and not finest
        if stopped:
            break
    assert last is not None
    return RefinementResult(pose, last.metric, last.value, last.ending, stopped, last.error_model)


def refine_level(metric: Metric, pair: LevelPair, start: IndexMap, problem: Problem, finest: bool) -> RefinedLevel:
    """Return where a metric leads on one level from a pose between its pixels."""
    objective, state = metric.objective(pair, start, problem.family, finest, problem.threads)
    rule = Rule(
        tolerance=1e-4 if finest else 0.02,
        iterations=30 if finest else 15,
        trust=2.0,
        min_overlap=problem.min_overlap,
        precision=objective.precision if finest else 0.5,
    )
    found = refine(objective, state, rule)
    return RefinedLevel(
        metric,
        objective.pose(found.state),
        objective.value(found.state, found.at),
        standard_error(objective, found.at),
        found.evaluations,
        found.ending,
        objective.error_model,
    )


def select_metric(pair: LevelPair, start: IndexMap, problem: Problem) -> RefinedLevel:
    """Return where the metric that the images themselves speak for leads on this level.

    The contrast-blind score is right for every pair, intensities are more precise where they are those of one
    modality: that is where they correlate, and lead to the same place.
    """
    blind = refine_level(BLIND, pair, start, problem, finest=False)
    sharp = refine_level(SHARP, pair, blind.pose, problem, finest=False)
    apart = rms_corner_distance(blind.pose, sharp.pose, Grid(pair.fixed.shape))
    sure = abs(sharp.value) >= CERTAIN and apart <= AGREE
    expected = float(np.hypot(blind.error, sharp.error))
    # Where directions are mostly noise (a small thing on plain ground, dead pixels) they may lead anywhere nearby.
    vague = abs(sharp.value) >= HIGH and sharp.error <= CLEARER * blind.error
    agree = abs(sharp.value) >= CORRELATED and apart <= DEVIATIONS * expected and sharp.error < blind.error
    return sharp if sure or vague or agree else blind
