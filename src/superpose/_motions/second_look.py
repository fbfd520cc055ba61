"""Ask again about what an answer does not explain: is there a pattern of the sensor's, and is there a second motion."""

from __future__ import annotations

from dataclasses import replace

from superpose._motions.answer import Answer
from superpose._motions.fixed_pattern import StillChoice
from superpose._motions.look import Look
from superpose._motions.settings import DEFAULTS, MotionSettings
from superpose._motions.spikes import common_spikes
from superpose._motions.still import still_structure
from superpose._motions.two_motions import other_motion
from superpose._problem import Problem
from superpose._solution import Solver


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
        answer = second_look(
            problem, solver, replace(first, solution=replace(first.solution, views=None)), keep, settings
        )
        return replace(answer, solution=replace(answer.solution, views=views))
    # What is mirrored has no pixel in common with the sensor.
    if first.solution.undo.mirror is not None:
        return first
    if problem.fixed_grid.shape == problem.moving_grid.shape and not keep:
        spikes = common_spikes(problem.fixed.image, problem.moving.image, settings)
        look = Look.at(problem if spikes is None else spikes.removed(problem), solver, settings)
        still = still_structure(look.fixed, look.moving, spikes is not None, look.threads, settings)
        if still is not None:
            return StillChoice(first, still, 0 if spikes is None else len(spikes.at), look).made()
    if first.verdict.unexplained >= settings.choice.unexplained:
        return other_motion(first, Look.at(problem, solver, settings))
    return first
