"""Registrations of the calibration's pairs, written down one a line, so that a run that was cut off goes on."""

from __future__ import annotations

import json
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path
from typing import Any

import numpy as np

import superpose
from benchmarks.cases import moved
from benchmarks.peer_trust import SCORES, scored
from benchmarks.trust_kinds import TRUE, UNRELATED, draw
from superpose._verify.confidence import calibration
from superpose.metrics import METRICS

Key = tuple[str, int, int]
Record = dict[str, Any]


def ending(metric: str) -> str:
    """Return by what the engine's pose ends, of what `calibration.json` tells apart."""
    return "squared" if METRICS[metric].compares_intensities else "orientation"


def expected(found: superpose.Registration) -> float:
    """Return the error that the sandwich alone expects: what was made of it by the shipped calibration is undone."""
    fitted = calibration().spread[ending(found.metric)]
    return float(np.sqrt(max(found.uncertainty**2 - fitted.floor**2, 0.0)) / fitted.factor)


def registered(task: tuple[Key, int]) -> Record:
    """Register one pair; return what calibration needs to know of it."""
    (kind, number, half), seed = task
    pair = draw(kind, seed, number, half)
    found = superpose.register(pair.fixed, pair.moving, transform=pair.family, on_unreliable="ignore", threads=1)
    matrix = np.array(found.transform.matrix)
    corners = np.array(found.fixed_grid.corners)
    size = np.sqrt(abs(np.linalg.det(matrix[:2, :2])))
    gaps = None if pair.truth is None else ((moved(matrix, corners) - moved(pair.truth, corners)) / size).tolist()
    sigma = expected(found)
    return {
        "side": float(np.sqrt(np.prod(pair.fixed.shape))),
        "matrix": matrix.tolist(),
        "metric": found.metric,
        "overlap": found.overlap,
        "error": None if pair.truth is None else pair.error(matrix),
        "limit": pair.limit,
        "exact": pair.exact,
        "gaps": gaps,
        "sigma": sigma if np.isfinite(sigma) else None,
        "evidence": found.evidence,
        "warnings": [each.rsplit("[", 1)[-1][:-1] for each in found.warnings],
    }


def by_peers(task: tuple[Key, int]) -> Record:
    """Let each peer align one pair; return its error and its own number by name."""
    (kind, number, half), seed = task
    pair = draw(kind, seed, number, half)
    return {"limit": pair.limit, "peers": {name: scored(name, pair) for name in SCORES}}


def records(path: Path, work: Callable[[tuple[Key, int]], Record], seed: int, count: int, jobs: int) -> list[Record]:
    """Return a record of each of `count` pairs of each kind and half; what the file has is not done again."""
    keys = [(kind, number, half) for number in range(count) for kind in (*TRUE, *UNRELATED) for half in (0, 1)]
    done: dict[Key, Record] = {}
    if path.exists():
        for line in path.read_text().splitlines():
            each = json.loads(line)
            done[each["kind"], each["number"], each["half"]] = each
    left = [key for key in keys if key not in done]
    with path.open("a") as file, ProcessPoolExecutor(jobs) as pool:
        for key, each in zip(left, pool.map(work, [(key, seed) for key in left]), strict=True):
            done[key] = dict(zip(("kind", "number", "half"), key, strict=True)) | each
            file.write(json.dumps(done[key]) + "\n")
            file.flush()
    return [done[key] for key in keys]
