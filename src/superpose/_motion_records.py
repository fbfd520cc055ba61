"""From the motions that were seen to basins, masks and words of a registration."""

from __future__ import annotations

import numpy as np

from superpose._describe import describe_motion
from superpose._motions.answer import Answer, Motion
from superpose._problem import Problem
from superpose._records import Basin, Explained
from superpose.errors import text
from superpose.image import frozen
from superpose.transforms.geometry import PhysicalMap, max_corner_distance

# What the warning of each outcome speaks of.
SUBJECTS = {
    "fixed-pattern": "a fixed pattern",
    "part-moved": "a part of the scene",
    "two-motions": "either of two motions",
    "sensor-only": "the alignment",
    "unexplained": "the alignment",
}


def explained_basins(
    problem: Problem, answer: Answer, basins: tuple[Basin, ...], distance: float
) -> tuple[tuple[Basin, ...], tuple[Explained, ...]]:
    """Return basins with what each motion explains, and what is explained by which; poses within `distance` are one."""
    listed, explained = list(basins), []
    for number, motion in enumerate(answer.motions):
        at = next((k for k, each in enumerate(listed) if _gap(problem, motion, each) <= distance), None)
        # What the search listed is short of the motion, which was refined to the end.
        if at is not None:
            listed.pop(at)
        basin = Basin(problem.transform_of(motion.pose), motion.score, motion.overlap, share=motion.share)
        listed.insert(number, basin)
        explained.append(Explained(basin, frozen(motion.mask), motion.still))
    return tuple(listed), tuple(explained)


def _gap(problem: Problem, motion: Motion, basin: Basin) -> float:
    # A basin that another motion took has a share.
    if not np.isnan(basin.share):
        return np.inf
    return max_corner_distance(PhysicalMap(basin.transform.matrix), motion.pose, problem.fixed_grid)


def motions_text(problem: Problem, answer: Answer) -> str:
    """Return the warning about the motions that were seen."""
    if not answer.motions:
        nothing = {"sensor-only": "what speaks for it", "unexplained": "much of the structure"}
        value = nothing.get(answer.outcome, f"{answer.spikes} single voxels")
    else:
        first, second = answer.motions
        value = f"{_words(problem, first)}, {_words(problem, second, answer.spikes)}"
        if answer.outcome in ("fixed-pattern", "part-moved"):
            value = f"{_words(problem, second, answer.spikes)}, while {_words(problem, first)}"
    return text(answer.outcome, argument=SUBJECTS[answer.outcome], value=value)


def _words(problem: Problem, motion: Motion, spikes: int = 0) -> str:
    part = f"{100 * motion.share:.0f} % of the structure"
    if motion.still:
        part = f"{spikes} single pixels and {part}" if spikes and motion.share >= 0.005 else part
        part = f"{spikes} single pixels" if spikes and motion.share < 0.005 else part
        return part
    return f"{part} {describe_motion(problem.transform_of(motion.pose), problem.fixed_grid)}"
