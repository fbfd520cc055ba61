"""Ask again about what an answer does not explain: is there a pattern of the sensor's, and is there a second motion."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from superpose._motions.answer import Answer
from superpose._motions.fixed_pattern import StillChoice
from superpose._motions.look import Look
from superpose._motions.screen import may_have_spikes, may_lie_still
from superpose._motions.settings import DEFAULTS, MotionSettings
from superpose._motions.spikes import common_spikes
from superpose._motions.still import still_structure
from superpose._motions.two_motions import other_motion
from superpose._problem import Problem
from superpose._sampling.level_pair import LevelPair
from superpose._solution import Solver
from superpose.image import Image


def second_look(
    problem: Problem, solver: Solver, first: Answer, keep: bool = False, settings: MotionSettings | None = None
) -> Answer:
    """Return the answer to a problem, now that what the first one leaves over was asked for another pose.

    Parameters
    ----------
    problem : Problem
        The user's pair.
    solver : Solver
        What found the first answer, and is asked again.
    first : Answer
        To the whole problem.
    keep : bool
        Whether what lies still on the sensor is the scene's.
    settings : MotionSettings, optional
        Default: `DEFAULTS` of the images' dimension.
    """
    settings = settings or DEFAULTS[problem.fixed_grid.ndim]
    views = first.solution.views
    if views is not None:
        # The field of view's own rim lies still, and is left out already.
        problem = replace(problem, fixed=problem.fixed.within(views[0]), moving=problem.moving.within(views[1]))
        inside = replace(first.solution, views=None)
        answer = second_look(problem, solver, replace(first, solution=inside), keep, settings)
        same = answer.solution is inside
        return replace(answer, solution=first.solution if same else replace(answer.solution, views=views))
    # What is mirrored, or seen from aside, has no pixel in common with the sensor.
    if first.solution.undo.picture is not None:
        return first
    if problem.fixed_grid.shape == problem.moving_grid.shape and not keep:
        made = _without_pattern(problem, solver, first, settings)
        if made is not None:
            return made
    if problem.fixed.counts is not None and problem.moving.counts is not None:
        # Where photons are few, most of what is there is there in one image only.
        return first
    limits, by_intensity = settings.choice, first.solution.metric.compares_intensities
    if first.verdict.unexplained >= (limits.unexplained if by_intensity else limits.unexplained_blind):
        return other_motion(first, Look.at(problem, solver, settings))
    return first


def _without_pattern(problem: Problem, solver: Solver, first: Answer, settings: MotionSettings) -> Answer | None:
    """Return the answer where something lies still on the sensor, or None where nothing does, or everything."""
    images, threads = (problem.fixed.image, problem.moving.image), problem.threads
    spikes = common_spikes(*images, settings) if may_have_spikes(*images, settings) else None
    if spikes is None and not may_lie_still(*_screened(first.solution.pairs, settings), threads, settings):
        return None
    look = Look.at(problem if spikes is None else spikes.removed(problem), solver, settings)
    still = still_structure(look.fixed, look.moving, spikes is not None, threads, settings)
    if still is None:
        return None
    return StillChoice(first, still, spikes, look).made()


def _screened(pairs: list[LevelPair], settings: MotionSettings) -> tuple[Image, Image]:
    """Return the images of the level that is screened, in whichever order."""
    side = settings.screen.side
    pair = next((each for each in pairs if np.prod(each.fixed.shape) <= side * side), pairs[-1])
    return pair.fixed.image, pair.moving.image
