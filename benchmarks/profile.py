"""``python -m benchmarks.profile``: where the time of a warm `register` goes, on one thread.

Pairs of 512 x 512 photographs. Milliseconds are those of a call without a profiler; shares are the profiler's, which
makes small calls look dearer than they are. A NumPy pass is a function that takes 50 microseconds or more a call by
itself: over images, not over a few numbers.
"""

from __future__ import annotations

import argparse
import cProfile
import statistics
import sys
import time
import warnings
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import reduce, wraps
from importlib import import_module
from typing import Any

import superpose
from benchmarks.cases import SETS

SEED = 2026
PASS = 50e-6  # seconds
# What is called small motion, any turn and two modalities, as in `benchmarks.start`.
CALLS = {"small motion": "one-narrow", "any turn": "one-wide", "two modalities": "several"}
# The functions that a stage is: module and name in it. What they call counts as theirs; the rest of a call is the rest.
STAGES = {
    "levels": ("superpose._sampling.prepared", "Prepared.levels"),
    "search and race": ("superpose._engine.engine", "search_side"),
    "refinement": ("superpose._engine.engine", "refine_to_finest"),
    "verification": ("superpose._register", "verify"),
    "value at the end": ("superpose._register", "measure_at_end"),
}
REST = "rest"
KINDS = ("kernels", "FFT", "NumPy passes", "small arrays and Python")


class Stages:
    """A profiler a stage, of which the innermost stage's runs."""

    def __init__(self) -> None:
        self.profiles = {name: cProfile.Profile() for name in (*STAGES, REST)}
        self.within = [REST]

    @contextmanager
    def inside(self, name: str) -> Iterator[None]:
        """Count what is done meanwhile as a stage's."""
        self.profiles[self.within[-1]].disable()
        self.within.append(name)
        self.profiles[name].enable()
        try:
            yield
        finally:
            self.profiles[name].disable()
            self.within.pop()
            self.profiles[self.within[-1]].enable()

    def watched(self, name: str, function: Callable[..., Any]) -> Callable[..., Any]:
        """Return a function that is a stage."""

        @wraps(function)
        def watching(*arguments: Any, **named: Any) -> Any:
            with self.inside(name):
                return function(*arguments, **named)

        return watching

    def profiled(self, call: Callable[[], Any]) -> None:
        """Make a call, counting its stages apart."""
        replaced = []
        for name, (module, path) in STAGES.items():
            *owners, last = path.split(".")
            owner = reduce(getattr, owners, import_module(module))
            replaced.append((owner, last, getattr(owner, last)))
            setattr(owner, last, self.watched(name, getattr(owner, last)))
        try:
            self.profiles[REST].enable()
            call()
        finally:
            self.profiles[REST].disable()
            for owner, last, function in replaced:
                setattr(owner, last, function)


def kind_of(entry: Any) -> str:
    """Return what a function that was profiled does by itself."""
    where = str(getattr(entry.code, "co_filename", entry.code)).replace("\\", "/")
    if "/superpose/_kernels/" in where:
        return "kernels"
    if "scipy/fft/" in where or "pocketfft" in where:
        return "FFT"
    return "NumPy passes" if entry.inlinetime >= PASS * entry.callcount else "small arrays and Python"


def profile(name: str, repeats: int) -> tuple[float, Counter[str], Counter[str]]:
    """Return the milliseconds of a warm call, and the profiler's seconds by stage and by kind."""
    case = SETS[name].case(SEED, 0)

    def call() -> None:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            superpose.register(case.fixed, case.moving, search=case.search, threads=1)

    call()
    seconds = []
    for _ in range(repeats):
        began = time.perf_counter()
        call()
        seconds.append(time.perf_counter() - began)
    stages = Stages()
    for _ in range(repeats):
        stages.profiled(call)
    by_stage, by_kind = Counter[str](), Counter[str]()
    for stage, each in stages.profiles.items():
        for entry in each.getstats():
            by_stage[stage] += entry.inlinetime
            by_kind[kind_of(entry)] += entry.inlinetime
    return 1000 * statistics.median(seconds), by_stage, by_kind


def main(arguments: list[str]) -> int:
    """Print the table."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.profile", description=__doc__)
    parser.add_argument("--repeats", type=int, default=10, help="of each call (default: 10)")
    chosen = parser.parse_args(arguments)
    rows: dict[str, list[str]] = {name: [] for name in ("all, ms", *STAGES, REST, *KINDS)}
    for name in CALLS.values():
        whole, *shares = profile(name, chosen.repeats)
        rows["all, ms"].append(f"{whole:.0f}")
        for names, seconds in zip(((*STAGES, REST), KINDS), shares, strict=True):
            for each in names:
                rows[each].append(f"{100 * seconds[each] / seconds.total():.0f} %")
    print(f"| | {' | '.join(CALLS)} |\n| --- |{' ---: |' * len(CALLS)}")
    for name, cells in rows.items():
        print(f"| {name} | {' | '.join(cells)} |")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
