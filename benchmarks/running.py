"""Run methods on cases, and sum up what came out."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from benchmarks.cases import Case

Method = Callable[[Case], NDArray[np.float64] | None]


@dataclass(frozen=True)
class Run:
    """One method on one case."""

    method: str
    case: str
    error: float
    seconds: float
    found: bool
    failure: str


def run(name: str, method: Method, case: Case) -> Run:
    """Run a method on a case; what it raises is a failure of that case, written down, not of the benchmark."""
    began = time.perf_counter()
    failure = ""
    try:
        matrix = method(case)
    except Exception as error:  # noqa: BLE001 - a peer may raise anything, and must not end the others' runs
        matrix, failure = None, f"{type(error).__name__}: {error}"[:200]
    seconds = time.perf_counter() - began
    error = case.error(matrix)
    return Run(name, case.name, error, seconds, bool(error < case.limit), failure)


@dataclass(frozen=True)
class Summary:
    """One row of the table."""

    set: str
    method: str
    cases: int
    found: float
    median_error: float
    p95_error: float
    median_seconds: float


def summary(set_name: str, method: str, runs: Iterable[Run]) -> Summary:
    """Return success, and the error among the successes."""
    rows = list(runs)
    errors = np.array([r.error for r in rows if r.found])
    median, p95 = (float(np.percentile(errors, q)) if len(errors) else float("nan") for q in (50, 95))
    seconds = float(np.median([r.seconds for r in rows]))
    return Summary(set_name, method, len(rows), len(errors) / len(rows), median, p95, seconds)


def table(rows: Iterable[Summary]) -> str:
    """Return summaries as a Markdown table."""
    lines = [
        "| set | method | cases | found | median error, px | 95th percentile, px | median time, s |",
        "| --- | --- | ---: | ---: | ---: | ---: | ---: |",
    ]
    lines += [
        f"| {r.set} | {r.method} | {r.cases} | {100 * r.found:.1f} % | {r.median_error:.4f} | {r.p95_error:.4f} "
        f"| {r.median_seconds:.3f} |"
        for r in rows
    ]
    return "\n".join(lines)
