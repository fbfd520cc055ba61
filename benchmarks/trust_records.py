"""Registrations of the calibration's pairs, written down one a line, so that a run that was cut off goes on."""

from __future__ import annotations

import json
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path
from typing import Any

import numpy as np

import superpose
from benchmarks.cases import moved
from benchmarks.peer_trust import SCORES, scored
from benchmarks.trust_pairs import TRUE, UNRELATED, draw
from superpose._verify.confidence import calibration

Key = tuple[str, int, int]


def record(task: tuple[Key, int, bool]) -> dict[str, Any]:
    """Register one pair; return what calibration needs to know of it."""
    (kind, number, half), seed, peers = task
    pair = draw(kind, seed, number, half)
    found = superpose.register(pair.fixed, pair.moving, transform=pair.family, on_unreliable="ignore", threads=1)
    matrix = np.array(found.transform.matrix)
    fitted = calibration()
    corners = np.array(found.fixed_grid.corners)
    size = np.sqrt(abs(np.linalg.det(matrix[:2, :2])))
    gaps = None if pair.truth is None else ((moved(matrix, corners) - moved(pair.truth, corners)) / size).tolist()
    left = max(found.uncertainty**2 - fitted.floor**2, 0.0)
    sigma = float(np.sqrt(left) / fitted.factor)
    out = {
        "kind": kind,
        "number": number,
        "half": half,
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
    if peers:
        out["peers"] = {name: scored(name, pair) for name in SCORES}
    return out


def records(path: Path, seed: int, count: int, jobs: int, peers: bool) -> Iterator[dict[str, Any]]:
    """Yield the records of `count` pairs of each kind and half; those already in the file are not made again."""
    done: dict[Key, dict[str, Any]] = {}
    if path.exists():
        for line in path.read_text().splitlines():
            each = json.loads(line)
            done[each["kind"], each["number"], each["half"]] = each
    keys = [(kind, number, half) for number in range(count) for kind in (*TRUE, *UNRELATED) for half in (0, 1)]
    left = [key for key in keys if key not in done or (peers and "peers" not in done[key])]
    yield from (done[key] for key in keys if key in done and key not in set(left))
    with path.open("a") as file, ProcessPoolExecutor(jobs) as pool:
        for each in pool.map(record, [(key, seed, peers) for key in left]):
            file.write(json.dumps(each) + "\n")
            file.flush()
            yield each
