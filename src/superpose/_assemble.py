"""From problem, solution and verdict to the value that `register` returns."""

from __future__ import annotations

import sys
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from superpose._problem import Problem
from superpose._sampling.fill import LEAST
from superpose._sampling.overlay import Overlay
from superpose._solution import LevelPose, Solution
from superpose._verify.evidence import apart
from superpose._verify.verdict import Verdict
from superpose._verify.warnings_text import collect_warnings, few_levels
from superpose._version import versions
from superpose.errors import text
from superpose.result import Basin, Level, Registration

Progress = bool | Callable[[Level], Any]

# Less than this part of the smaller image gets a warning.
SMALL_OVERLAP = 0.25
# Rivals that score this part of the answer's score are listed.
LISTED = 0.6
# Poses whose corners lie within so many pixels are one.
SAME = 3.0


@dataclass(frozen=True, eq=False)
class LevelRecorder:
    """Keeps a record a level, and tells the user about it."""

    problem: Problem
    progress: Progress
    levels: list[Level] = field(default_factory=list)

    def __call__(self, done: LevelPose) -> bool:
        """Record a level; return False if the user wants to stop."""
        parameters = self.problem.transform_of(done.pose).parameters
        self.levels.append(Level(done.shape, parameters, done.value, done.evaluations, done.seconds))
        return report_progress(self.progress, self.levels[-1])


def report_progress(progress: Progress, level: Level) -> bool:
    """Tell the user about a level; return False if they want to stop."""
    if callable(progress):
        return progress(level) is not False
    if progress:
        rows, columns = level.shape
        work = f"{level.evaluations:6d} evaluations {level.seconds:7.2f} s"
        sys.stderr.write(f"{rows:5d} x {columns:<5d} {level.value:12.6g} {work}\n")
    return True


def measure_at_end(problem: Problem, solution: Solution) -> tuple[float, float]:
    """Return the metric's value at the end and the overlap."""
    order = 3 if solution.value is None else 1
    overlay = Overlay.of(problem.fixed.image, problem.moving.image, order, problem.threads)
    warped, inside, covered = overlay.under(problem.transform_of(solution.pose).matrix)
    value = solution.value
    if value is None:
        value = solution.metric.value(problem.fixed.image.data, warped, inside)
    return value, min(1.0, covered)


def assembled(
    problem: Problem, solution: Solution, verdict: Verdict, measured: tuple[float, float], levels: list[Level]
) -> Registration:
    """Return the registration; `measured` is what `measure_at_end` returned."""
    value, overlap = measured
    found = problem.transform_of(solution.pose)
    return Registration(
        transform=found,
        value=value,
        metric=solution.metric.name,
        optimizer=solution.solver,
        levels=tuple(levels),
        overlap=overlap,
        initial=problem.initial,
        fixed_grid=problem.fixed_grid,
        moving_grid=problem.moving_grid,
        warnings=tuple(_warnings(problem, solution, verdict, overlap, len(levels))),
        versions=versions(),
        ending=solution.ending,
        basins=_basins(problem, solution, verdict, overlap),
        reliable=verdict.reliable,
        confidence=verdict.confidence,
        uncertainty=verdict.uncertainty,
        covariance=verdict.covariance,
        margin=verdict.margin,
        evidence=verdict.evidence,
        _fixed=problem.fixed.to_keep(),
        _moving=problem.moving.to_keep(),
    )


def _warnings(problem: Problem, solution: Solution, verdict: Verdict, overlap: float, levels: int) -> list[str]:
    """Return what a careful reader should know, the most important first."""
    said = collect_warnings(verdict, problem.transform_of(solution.pose).matrix, problem.fixed_grid)
    said += few_levels(problem.fixed.image, "fixed") + few_levels(problem.moving.image, "moving")
    said += [
        text("fill", argument=argument, value=f"{100 * part:.0f} %")
        for argument, part in zip(("fixed", "moving"), solution.fill, strict=True)
        if part >= LEAST
    ]
    if solution.stopped:
        said.append(text("stopped-early", argument="progress", value=levels, levels=solution.levels))
    if verdict.mirror_fits:
        said.append(text("mirror-fits-better", argument="moving", value="mirrored"))
    if overlap < SMALL_OVERLAP:
        said.append(text("small-overlap", argument="moving", value=f"{100 * overlap:.0f} %"))
    return said


def _basins(problem: Problem, solution: Solution, verdict: Verdict, overlap: float) -> tuple[Basin, ...]:
    """Return the search's basins, and behind them the rivals that verification found, each best first."""
    basins = [
        Basin(problem.transform_of(each.pose), each.score, each.overlap, solution.refined_at_shape)
        for each in solution.basins
    ]
    found = problem.transform_of(solution.pose)
    own = basins[0].score if basins else 1.0
    known = [each.transform.matrix for each in basins] or [found.matrix]
    rivals = [] if basins else [Basin(found, own, overlap)]
    for rival in sorted(verdict.rivals, key=lambda each: -each.relative):
        if rival.relative >= LISTED and all(apart(each, rival.pose, problem.fixed_grid) > SAME for each in known):
            known.append(rival.pose)
            covered = min(1.0, overlap * rival.covered)
            rivals.append(Basin(problem.transform_of(rival.pose), own * rival.relative, covered))
    return tuple(basins + rivals)
