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
    """One method on one case; `angle` (degrees) and `overlap` (0 to 1) are the truth's."""

    set: str
    method: str
    case: str
    error: float
    seconds: float
    found: bool
    failure: str
    angle: float
    overlap: float


def run(set_name: str, name: str, method: Method, case: Case) -> Run:
    """Run a method on a case; what it raises is a failure of that case, written down, not of the benchmark."""
    began = time.perf_counter()
    failure = ""
    try:
        matrix = method(case)
    except Exception as error:  # noqa: BLE001 - a peer may raise anything, and must not end the others' runs
        matrix, failure = None, f"{type(error).__name__}: {error}"[:200]
    seconds = time.perf_counter() - began
    error = case.error(matrix)
    found = bool(error < case.limit)
    return Run(set_name, name, case.name, error, seconds, found, failure, case.angle, case.overlap)


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


def table(rows: Iterable[Summary], memory: dict[str, float] | None = None) -> str:
    """Return summaries as a Markdown table, with each method's peak memory (MB) where it was measured."""
    peaks = memory or {}
    head = ["set", "method", "cases", "found", "median error, px", "95th percentile, px", "median time, s"]
    lines = [head + ["peak memory, MB"] * bool(peaks), ["---", "---"] + ["---:"] * (5 + bool(peaks))]
    for r in rows:
        row = [r.set, r.method, str(r.cases), f"{100 * r.found:.1f} %", pixels(r.median_error), pixels(r.p95_error)]
        row.append(f"{r.median_seconds:.3f}")
        lines.append(row + [f"{peaks[r.method]:.0f}" if r.method in peaks else ""] * bool(peaks))
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


def pixels(error: float) -> str:
    """Return an error as text; there is none where nothing was found."""
    return f"{error:.4f}" if np.isfinite(error) else "-"
