"""Ask again about what an answer does not explain: is there a pattern of the sensor's, and is there a second motion."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from superpose._motions.answer import Answer
from superpose._motions.common_part import common_part
from superpose._motions.fixed_pattern import StillChoice
from superpose._motions.look import Look, halvings_for
from superpose._motions.nearby import pose_nearby, still_beside
from superpose._motions.screen import may_have_spikes, may_lie_still
from superpose._motions.settings import DEFAULTS, MotionSettings
from superpose._motions.spikes import Spikes, common_spikes
from superpose._motions.still import StillStructure, still_structure
from superpose._motions.two_motions import other_motion
from superpose._problem import Problem
from superpose._sampling.level_pair import LevelPair
from superpose._sampling.prepared import Prepared
from superpose._solution import Solver
from superpose.image import Raster
from superpose.transforms.geometry import PhysicalMap, inverse, max_corner_distance


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
    # What counts little may move as it likes.
    problem = replace(problem, fixed=_trusted(problem.fixed), moving=_trusted(problem.moving))
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
    made = None if keep else _on_one_sensor(problem, solver, first, settings)
    if made is not None:
        return made
    if problem.fixed.counts is not None and problem.moving.counts is not None:
        # Where photons are few, most of what is there is there in one image only.
        return first
    limits, by_intensity = settings.choice, first.solution.metric.compares_intensities
    much = first.verdict.unexplained >= (limits.unexplained if by_intensity else limits.unexplained_blind)
    if much or first.rival is not None:
        return other_motion(first, Look.at(problem, solver, settings))
    return first


def _trusted(image: Prepared) -> Prepared:
    """Return an image for what does not reckon with weights; its parts are not kept."""
    return image if image.image.weights is None else replace(image, image=image.image.of_trusted(), kept=False)


def _on_one_sensor(problem: Problem, solver: Solver, first: Answer, settings: MotionSettings) -> Answer | None:
    """Return the answer where something lies still in images of one shape, or in their common part; else None."""
    fixed = problem.fixed_grid
    # Pixels of two sizes are those of two sensors.
    if fixed.spacing != problem.moving_grid.spacing:
        return None
    if fixed.shape == problem.moving_grid.shape:
        screened = _screened(first.solution.pairs, settings)
        return _without_pattern(problem, screened, solver, first, settings)
    # A pattern that is cut or padded otherwise is seen if it holds the answer.
    within = min(settings.whole, settings.whole_deviations * first.verdict.uncertainty)
    part = common_part(problem, first.solution.pose, within, settings.least_part)
    if part is None:
        return None
    coarse = Look.at(part.problem, solver, settings, settings.screen.side)
    # A scene that was cut by whole pixels lies exactly there: what lies a little beside it is noise.
    alone = replace(settings, nearby=replace(settings.nearby, rounds=0))
    made = _without_pattern(part.problem, (coarse.fixed, coarse.moving), solver, first, alone)
    return None if made is None else part.whole(made, fixed.shape)


def _without_pattern(
    problem: Problem, screened: tuple[Raster, Raster], solver: Solver, first: Answer, settings: MotionSettings
) -> Answer | None:
    """Return the answer where something lies still on the sensor, or None where nothing does, or everything."""
    images, threads = (problem.fixed.image, problem.moving.image), problem.threads
    spikes = common_spikes(*images, settings) if may_have_spikes(*images, settings) else None
    if spikes is not None:
        problem = spikes.removed(problem)
    made = None
    if spikes is not None or _may_lie_still(problem, screened, settings):
        look = Look.at(problem, solver, settings)
        still = still_structure(look.fixed, look.moving, spikes is not None, threads, settings)
        made = None if still is None else StillChoice(first, still, spikes, look).made()
    if made is not None and made is not first and made.verdict.reliable:
        return made
    again = _beside_pattern(problem, solver, first, spikes, settings)
    if again is None or made is None or made is first:
        return again or made
    # What the wider look left in doubt only a pattern settles; and not what moved far from either.
    settles = again.outcome == "fixed-pattern" and again.verdict.reliable
    return again if settles and _holds_all(again, made, settings.nearby.farthest) else made


def _holds_all(answer: Answer, seen: Answer, within: float) -> bool:
    """Return whether all motions of another look are, roughly, among those of an answer."""
    grid = answer.problem.fixed_grid
    own = [each.pose for each in answer.motions]
    return all(min(max_corner_distance(each.pose, pose, grid) for pose in own) <= within for each in seen.motions)


def _may_lie_still(problem: Problem, coarse: tuple[Raster, Raster], settings: MotionSettings) -> bool:
    """Return whether a look at a coarse level leaves it open that something lies still."""
    pixel = float(coarse[0].grid.spacing[0] / problem.fixed_grid.spacing[0])
    ratio = pixel / (1 << halvings_for(problem, settings.largest_side))
    return may_lie_still(*coarse, ratio, problem.threads, settings)


def _beside_pattern(
    problem: Problem, solver: Solver, first: Answer, spikes: Spikes | None, settings: MotionSettings
) -> Answer | None:
    """Return the answer where a scene moved by little beside what lies still, or None where the first one says so."""
    pose, swapped = first.solution.pose, first.solution.undo.swapped
    coarse = Look.at(problem, solver, settings, settings.nearby.side)
    if coarse.distance(pose, coarse.identity) > settings.nearby.farthest:
        return None
    look, found = None, None
    for _ in range(settings.nearby.rounds):
        near = _pose_nearby(coarse, pose, swapped, settings)
        if near is None:
            break
        look = look or Look.at(problem, solver, settings)
        found = _still_beside(look, near, swapped, settings)
        rough = None if found is None else look.answer_without(found.mask, found.mask)
        if rough is None or not rough.verdict.reliable:
            break
        pose = rough.solution.pose
    if look is None or found is None:
        return None
    still = _still_beside(look, pose, swapped, settings) or found
    made = StillChoice(first, still, spikes, look, True).made()
    if made is None or made.outcome != "fixed-pattern":
        return made
    rest = _pose_nearby(coarse, made.solution.pose, swapped, settings)
    away = 0.0 if rest is None else look.distance(rest, made.solution.pose)
    # Where it is not settled the pattern still holds it, or something else does.
    settled = away <= settings.choice.exactly * made.verdict.uncertainty
    return made if settled else replace(made.unsure(), outcome="two-motions")


def _pose_nearby(look: Look, pose: PhysicalMap, swapped: bool, settings: MotionSettings) -> PhysicalMap | None:
    """Return `pose_nearby` in the order in which the pair was solved: it is the same whichever image is fixed."""
    rest = look.problem.family.turns, look.threads, settings
    if not swapped:
        return pose_nearby(look.fixed, look.moving, pose, *rest)
    near = pose_nearby(look.moving, look.fixed, PhysicalMap(inverse(pose)), *rest)
    return None if near is None else PhysicalMap(inverse(near))


def _still_beside(look: Look, pose: PhysicalMap, swapped: bool, settings: MotionSettings) -> StillStructure | None:
    """Return `still_beside` in the order in which the pair was solved."""
    if swapped:
        return still_beside(look.moving, look.fixed, PhysicalMap(inverse(pose)), look.threads, settings)
    return still_beside(look.fixed, look.moving, pose, look.threads, settings)


def _screened(pairs: list[LevelPair], settings: MotionSettings) -> tuple[Raster, Raster]:
    """Return the images of the level that is screened, in whichever order."""
    side = settings.screen.side
    pair = next((each for each in pairs if np.prod(each.fixed.shape) <= side * side), pairs[-1])
    return pair.fixed.image.of_trusted(), pair.moving.image.of_trusted()
