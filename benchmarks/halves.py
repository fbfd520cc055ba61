"""How far apart the poses of two halves of a real pair are: what a stated error is worth, with no truth known.

The truth of real pairs of two modalities is itself good to some pixels. But two halves of the fixed image share
nothing, so that where they meet their poses differ by the errors of both.
"""

from __future__ import annotations

from concurrent.futures import ProcessPoolExecutor

import numpy as np

import superpose
from benchmarks import real
from benchmarks.cases import Case, Floats, moved
from benchmarks.trust_records import Record, ending, expected

SEED = 2026
# A half that lies farther off than this, in pixels of fixed, was not aligned at all.
LOST = 12.0


def records(jobs: int) -> list[Record]:
    """Return records (`gaps`, `sigma`, `metric`) of the halves of each real pair, cut across and along."""
    cases = [(case, axis) for kind in real.KINDS for case in real.cases(kind, SEED) for axis in (0, 1)]
    with ProcessPoolExecutor(jobs) as pool:
        return [each for each in pool.map(_compared, *zip(*cases, strict=True)) if each] if cases else []


def _compared(case: Case, axis: int) -> Record | None:
    """Return by how much the poses of two halves differ at both ends of the cut, and what the two expect together."""
    length = case.fixed.shape[axis]
    cut = length // 2
    found = [_of_part(case, axis, slice(*ends)) for ends in ((0, cut), (cut, length))]
    if found[0] is None or found[1] is None or ending(found[0][2]) != ending(found[1][2]):
        return None
    (one, sigma, metric), (other, second, _) = found
    ends = np.zeros((2, 2))
    ends[:, axis], ends[1, 1 - axis] = cut - 0.5, case.fixed.shape[1 - axis] - 1
    gaps = (moved(one, ends) - moved(other, ends)) / np.sqrt(abs(np.linalg.det(one[:2, :2])))
    return {"gaps": gaps.tolist(), "sigma": float(np.hypot(sigma, second)), "metric": metric}


def _of_part(case: Case, axis: int, part: slice) -> tuple[Floats, float, str] | None:
    """Return the pose of a part of fixed, found near the truth, what the sandwich expects, and by what it ended."""
    there = np.eye(3)
    there[axis, 2] = part.start
    fixed = case.fixed[part] if axis == 0 else case.fixed[:, part]
    start = case.truth @ there
    u, scales, v = np.linalg.svd(start[:2, :2])
    start[:2, :2] = u @ v * (scales.mean() if case.family == "similarity" else 1.0)
    found = superpose.register(
        fixed, case.moving, transform=case.family, initial=start, on_unreliable="ignore", threads=1
    )
    matrix, corners = np.array(found.transform.matrix), np.array(found.fixed_grid.corners)
    off = np.linalg.norm(moved(matrix, corners) - moved(case.truth @ there, corners), axis=1)
    if not np.isfinite(found.uncertainty) or off.max() > LOST * np.sqrt(abs(np.linalg.det(matrix[:2, :2]))):
        return None
    return matrix @ np.linalg.inv(there), expected(found), found.metric
