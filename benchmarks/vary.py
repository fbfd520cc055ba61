"""``python -m benchmarks.vary``: what becomes of found, error and time where one setting of the engine is another.

python -m benchmarks.vary basins.kept 2 6 12 --set one-wide --cases 20 --seed 2026

A setting is named as in `superpose._engine.settings.EngineSettings`: its stage's name, a dot, its own name.
"""

from __future__ import annotations

import argparse
import sys
import time
from dataclasses import dataclass, fields, is_dataclass, replace
from typing import Any

import numpy as np

from benchmarks.__main__ import DRAWN, cases_of
from benchmarks.cases import Case
from benchmarks.real import KINDS
from benchmarks.running import pixels
from superpose import InputError, SearchRange
from superpose._engine.engine import Engine
from superpose._engine.settings import DEFAULTS, EngineSettings
from superpose._problem import Problem
from superpose._verify.verdict import verify


@dataclass(frozen=True)
class Trial:
    """One case under one value: the error (pixels) and whether it is small enough, the verdict, the time (seconds)."""

    error: float
    found: bool
    reliable: bool
    seconds: float


def numbers(settings: Any, within: str = "") -> dict[str, int | float]:
    """Return all settings that are numbers, by dotted name."""
    known: dict[str, int | float] = {}
    for name, value in ((each.name, getattr(settings, each.name)) for each in fields(settings)):
        if is_dataclass(value):
            known |= numbers(value, f"{within}{name}.")
        elif isinstance(value, int | float):
            known[within + name] = value
    return known


def varied(settings: Any, name: str, value: float) -> Any:
    """Return settings in which the one with a dotted name is another."""
    first, _, rest = name.partition(".")
    return replace(settings, **{first: varied(getattr(settings, first), rest, value) if rest else value})


def values_of(name: str, texts: list[str]) -> list[int | float]:
    """Return the values that a setting is to have.

    Raises
    ------
    ValueError
        If there is no setting of that name, or one of `texts` is no number, or no whole number where it takes those.
    """
    known = numbers(DEFAULTS[2])
    if name not in known:
        raise ValueError(f"{name} is no setting of the engine that is a number; known: {', '.join(known)}")
    kind = type(known[name])
    try:
        return [kind(text) for text in texts]
    except ValueError:
        raise ValueError(f"{name} takes numbers such as {known[name]}, not {' '.join(texts)}") from None


def tried(case: Case, settings: EngineSettings) -> Trial:
    """Solve and verify a case; where no pose overlaps enough nothing is found."""
    began = time.perf_counter()
    problem = Problem.checked(case.fixed, case.moving, transform=case.family)
    limits = SearchRange.near() if case.search == "local" else SearchRange()
    try:
        solution = Engine(limits, case.allow_flip, settings=settings).solve(problem, lambda _: True)
    except InputError:
        return Trial(np.inf, False, False, time.perf_counter() - began)
    verdict = verify(problem, solution)
    seconds = time.perf_counter() - began
    error = case.error(problem.transform_of(solution.pose).matrix)
    return Trial(error, bool(error < case.limit), verdict.reliable, seconds)


def row(value: float, trials: list[Trial]) -> str:
    """Return a line of the table: errors are those of what was found."""
    errors = [each.error for each in trials if each.found]
    found, reliable = (100 * np.mean([getattr(each, name) for each in trials]) for name in ("found", "reliable"))
    error = pixels(float(np.median(errors)) if errors else np.nan)
    return f"| {value:g} | {found:.1f} % | {reliable:.1f} % | {error} | {np.median([t.seconds for t in trials]):.3f} |"


def main(arguments: list[str]) -> int:
    """Print a table, a row for each value."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.vary", description=__doc__.splitlines()[0])
    parser.add_argument("setting", help="such as basins.kept")
    parser.add_argument("values", nargs="+")
    parser.add_argument("--set", default="one-wide", choices=[*DRAWN, *KINDS], dest="set_name")
    parser.add_argument("--cases", type=int, default=20)
    parser.add_argument("--seed", type=int, default=2026)
    chosen = parser.parse_args(arguments)
    try:
        values = values_of(chosen.setting, chosen.values)
    except ValueError as error:
        parser.error(str(error))
    cases = list(cases_of(chosen.set_name, chosen.seed, chosen.cases))
    if not cases:
        parser.error(f"the set {chosen.set_name} has no cases here")
    tried(cases[0], DEFAULTS[2])  # untimed: it pays for imports and compilation
    print(f"| {chosen.setting} | found | reliable | median error, px | median time, s |")
    print("| ---: " * 5 + "|")
    for value in values:
        settings = varied(DEFAULTS[2], chosen.setting, value)
        print(row(value, [tried(case, settings) for case in cases]), flush=True)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
