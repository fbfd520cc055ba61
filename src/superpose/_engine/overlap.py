"""What is done where the images overlap too little: the start instead, an error, or word of a better pose."""

from __future__ import annotations

from dataclasses import replace

from superpose._arithmetic.matrices import inverse, matmul
from superpose._engine.basins import Basins, BasinSearch
from superpose._engine.race import refine_candidates
from superpose._engine.settings import EngineSettings
from superpose._engine.sides import Side
from superpose._problem import Problem
from superpose._sampling.overlay import Overlay
from superpose._search.scored_pose import ScoredPose
from superpose._search.search_range import SearchRange
from superpose.transforms.geometry import PhysicalMap, max_corner_distance


def side_at_start(problem: Problem, side: Side, settings: EngineSettings) -> Side:
    """Return a side on which nothing was found with the start as its only basin.

    Raises
    ------
    InputError
        If the start itself overlaps too little.
    """
    overlap = Overlay.of(problem.fixed.image, problem.moving.image, 1, problem.threads).covered(problem.start)
    if overlap == 0 or overlap < settings.search.known_overlap * problem.min_overlap:
        raise problem.too_little_overlap(overlap)
    start = problem.start if side.picture is None else PhysicalMap(matmul(inverse(side.picture), problem.start))
    return replace(side, basins=Basins([ScoredPose(start, 0.0, overlap)], side.basins.level, side.basins.null))


def better_below(
    problem: Problem, side: Side, pose: PhysicalMap, limits: SearchRange, settings: EngineSettings
) -> ScoredPose[PhysicalMap] | None:
    """Return the pose that fits better than the answer but overlaps less than is allowed, if there is one.

    Parameters
    ----------
    problem : Problem
        In the order that it was solved in.
    side : Side
        The side of moving that the answer was found on.
    pose : ndarray, shape (3, 3)
        The answer.
    limits : SearchRange
        Where it was looked for.
    settings : EngineSettings
        How.

    Returns
    -------
    ScoredPose or None
        Its score is a multiple of the answer's.
    """
    least = settings.search.known_overlap * problem.min_overlap
    fewer = max(settings.sides.below * problem.min_overlap, settings.sides.smallest_overlap)
    if side.picture is not None or fewer >= least:
        return None
    # Strips that cross share a few pixels at any angle: that takes long, and is no one's scene.
    search = BasinSearch(side.pairs, problem.family, limits, problem.start, fewer, problem.threads, settings, least)
    other = search.coarse_search()
    if not other.found or other.significance < settings.sides.significant or other.found[0].overlap >= least:
        return None
    own = [ScoredPose(pose, 0.0, 0.0)]
    race = problem.family.raced_as, problem.min_overlap, 1, 1, problem.threads, settings
    score = max(refine_candidates(side.pairs[other.level], own, *race)[0].score, 1e-9)
    best, grid = other.found[0], side.pairs[other.level].fixed.image.grid
    other_pose = max_corner_distance(pose, best.pose, grid) > settings.search.apart
    return replace(best, score=best.score / score) if other_pose and best.score > score else None
