"""From problem, solution and verdict to the value that `register` returns."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

from superpose._motion_records import explained_basins, motions_text
from superpose._motions.answer import Answer
from superpose._problem import Problem
from superpose._progress.watch import Watch
from superpose._sampling.overlay import Overlay
from superpose._search.scored_pose import ScoredPose
from superpose._solution import LevelPose, Solution, Undo
from superpose._verify.settings import DEFAULTS, ListingSettings, VerifySettings, WarningSettings
from superpose._verify.verdict import Verdict
from superpose._verify.warnings_text import collect_warnings, warn_of_few_levels, warn_of_search
from superpose._version import versions
from superpose.errors import text
from superpose.result import Basin, Level, Registration
from superpose.transforms.geometry import PhysicalMap, max_corner_distance


@dataclass(frozen=True, eq=False)
class LevelRecorder:
    """Keeps a record a level, and tells who watches about it; `undo` leads from poses of levels to the problem's."""

    problem: Problem
    watch: Watch
    undo: Undo = field(default_factory=Undo)
    levels: list[Level] = field(default_factory=list)

    def __call__(self, done: LevelPose) -> bool:
        """Record a level; return False if the user wants to stop."""
        self.levels.append(self.record(done))
        return self.watch.level(self.levels[-1], done.left)

    def record(self, done: LevelPose) -> Level:
        """Return the record of a level."""
        parameters = self.problem.transform_of(self.undo.to_users(done.pose)).parameters
        return Level(done.shape, parameters, done.value, done.evaluations, done.seconds)


def measure_at_end(problem: Problem, solution: Solution) -> tuple[float, float]:
    """Return the metric's value at the end and the overlap."""
    value, pose = solution.value, PhysicalMap(problem.transform_of(solution.pose).matrix)
    overlay = Overlay.of(problem.fixed.image, problem.moving.image, 1 if value is not None else 3, problem.threads)
    if value is not None:
        return value, min(1.0, overlay.covered(pose))
    warped, inside, covered = overlay.under(pose)
    return solution.metric.value(problem.fixed.image.data, warped, inside), min(1.0, covered)


def assembled(
    problem: Problem,
    answer: Answer,
    measured: tuple[float, float],
    levels: list[Level],
    looked_at: Problem,
    settings: VerifySettings | None = None,
) -> Registration:
    """Return the registration.

    Parameters
    ----------
    problem : Problem
        What was called.
    answer : Answer
        What was found and verified.
    measured : tuple of float
        What `measure_at_end` returned.
    levels : list of Level
        What was recorded.
    looked_at : Problem
        What was worked on for it.
    settings : VerifySettings, optional
        What is warned of, and which rivals are listed; default: `DEFAULTS` of the images' dimension.
    """
    settings = settings or DEFAULTS[problem.fixed_grid.ndim]
    value, overlap = measured
    solution, verdict = answer.solution, answer.verdict
    below = None if verdict.reliable else solution.better_below()
    basins = _basins(problem, solution, verdict, overlap, below, settings.listing)
    basins, explained = explained_basins(problem, answer, basins, settings.listing.distance)
    return Registration(
        transform=problem.transform_of(solution.pose),
        value=value,
        metric=solution.metric.name,
        optimizer=solution.solver,
        levels=tuple(levels),
        overlap=overlap,
        initial=problem.initial,
        fixed_grid=problem.fixed_grid,
        moving_grid=problem.moving_grid,
        warnings=tuple(_warnings(problem, answer, overlap, below, len(levels), looked_at, settings.warnings)),
        versions=versions(),
        ending=solution.ending,
        basins=basins,
        reliable=verdict.reliable,
        confidence=verdict.confidence,
        uncertainty=verdict.uncertainty,
        covariance=verdict.covariance,
        free_directions=verdict.free,
        misfit=np.nan if verdict.misfit is None else verdict.misfit.size,
        tile_shifts=None if verdict.misfit is None else verdict.misfit.tiles,
        margin=verdict.margin,
        evidence=verdict.evidence,
        explained=explained,
        _fixed=problem.fixed.to_keep(),
        _moving=problem.moving.to_keep(),
    )


def _warnings(
    problem: Problem,
    answer: Answer,
    overlap: float,
    below: ScoredPose[PhysicalMap] | None,
    levels: int,
    looked_at: Problem,
    settings: WarningSettings,
) -> list[str]:
    """Return what a careful reader should know, the most important first."""
    solution, verdict = answer.solution, answer.verdict
    pose = PhysicalMap(problem.transform_of(solution.pose).matrix)
    texts = collect_warnings(verdict, pose, problem.fixed_grid, settings, problem.alignment)
    if answer.outcome:
        texts.insert(0 if verdict.reliable else 1, motions_text(problem, answer))
    texts += warn_of_search(verdict, problem.family, solution.searched_scale, below, problem.min_overlap)
    for argument, prepared in (("fixed", problem.fixed), ("moving", problem.moving)):
        few = warn_of_few_levels(prepared.image, argument, settings)
        # Few photons have few values, whatever is done to them.
        if few and prepared.counts is None:
            texts += few
    texts += [
        text("fill", argument=argument, value=f"{100 * part:.0f} %")
        for argument, part in zip(("fixed", "moving"), solution.fill, strict=True)
        if part >= problem.fixed.settings.fill.least
    ]
    texts += [
        text(
            "field-of-view",
            argument=argument,
            value=f"{100 * (1 - (image.mask & view.mask_on(image.grid)).mean()):.0f} %",
        )
        for argument, image, view in zip(
            ("fixed", "moving"), (looked_at.fixed.image, looked_at.moving.image), solution.views or (), strict=False
        )
    ]
    if problem.apart:
        spans = [f"{each.extent} {problem.unit}" for each in (problem.moving_grid, problem.fixed_grid)]
        texts.append(text("positions-apart", argument="moving", value=spans[0], fixed=spans[1]))
    if solution.stopped:
        texts.append(text("stopped-early", argument="progress", value=levels, levels=solution.levels))
    if verdict.mirror_fits:
        texts.append(text("mirror-fits-better", argument="moving", value="mirrored"))
    if overlap < settings.small_overlap:
        texts.append(text("small-overlap", argument="moving", value=f"{100 * overlap:.0f} %"))
    return texts


def _basins(
    problem: Problem,
    solution: Solution,
    verdict: Verdict,
    overlap: float,
    below: ScoredPose[PhysicalMap] | None,
    settings: ListingSettings,
) -> tuple[Basin, ...]:
    """Return the search's basins, the rivals that verification found, and what overlaps less than is allowed."""
    basins = [
        Basin(problem.transform_of(each.pose), each.score, each.overlap, solution.refined_at_shape)
        for each in solution.basins
    ]
    answer = problem.transform_of(solution.pose)
    own = basins[0].score if basins else 1.0
    grid = problem.fixed_grid
    known = [PhysicalMap(each.transform.matrix) for each in basins] or [PhysicalMap(answer.matrix)]
    rivals = [] if basins else [Basin(answer, own, overlap)]
    listed = [each for each in verdict.rivals if each.relative >= settings.min_relative]
    for rival in sorted(listed, key=lambda each: -each.relative):
        if all(max_corner_distance(each, rival.pose, grid) > settings.distance for each in known):
            known.append(rival.pose)
            covered = min(1.0, overlap * rival.covered)
            rivals.append(Basin(problem.transform_of(rival.pose), own * rival.relative, covered))
    if below is not None:
        rivals.append(Basin(problem.transform_of(below.pose), own * below.score, below.overlap))
    return tuple(basins + rivals)
