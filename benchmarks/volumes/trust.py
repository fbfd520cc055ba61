"""``python -m benchmarks.volumes.trust``: what the verdict about volumes is worth, on pairs of known truth.

python -m benchmarks.volumes.trust --heads 4 --seed 7 -o bench-output

Pairs of each kind of `trust_pairs` are drawn from so many pairs of heads, a head after the other. A pose is right if it
takes the anatomy to its own place within the tolerance that was asked for (a voxel, or half a percent of the diagonal).
With ``-o`` each answer is kept when it is there, and a second call with the same seed goes on from what is kept.
`--fit` prints what weights the pairs of even number ask for (nothing is replaced), and tells of those of odd number.
"""

from __future__ import annotations

import argparse
import json
import math
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

import superpose
from benchmarks.calibration_report import share
from benchmarks.volumes.heads import Pair
from benchmarks.volumes.trust_pairs import KINDS, Kind, drawn

Floats = NDArray[np.float64]
# Of what the verdict knows to be one thing or another of its kind this decides, up to a most.
FITTED, MOST = "at_home", 0.5


def record_of(name: str, number: int, kind: Kind, pair: Pair, threads: int | None) -> dict[str, Any]:
    """Return what is found of a pair, and how far off it is."""
    fixed = superpose.Image(pair.fixed, pair.fixed_spacing, pair.fixed_origin)
    moving = superpose.Image(pair.moving, pair.moving_spacing, pair.moving_origin)
    found = superpose.register(fixed, moving, on_unreliable="ignore", threads=threads, **kind.asked)
    # What register asks for without being told.
    tolerance = max(
        fixed.grid.pixel_side, 0.005 * float(np.linalg.norm(np.array(fixed.grid.shape) * fixed.grid.spacing))
    )
    wrong = found.transform.matrix - pair.truth
    gap = fixed.grid.corners @ wrong[:3, :3].T + wrong[:3, 3]
    return {
        "kind": name,
        "number": number,
        "off": pair.off(found.transform.matrix),
        "at_corners": float(np.sqrt((gap**2).sum(1).mean())),
        "stated": found.uncertainty,
        "tolerance": tolerance,
        "reliable": found.reliable,
        "confidence": found.confidence,
        "misfit": found.misfit,
        "metric": found.metric,
        "evidence": found.evidence,
    }


def table(records: list[dict[str, Any]]) -> str:
    """Return what the verdict is worth, a line for each kind and one for all."""
    lines = [
        "| kind | pairs | right | right and refused | sure and wrong | within one, two stated errors |",
        "| --- | ---: | ---: | ---: | ---: | ---: |",
    ]
    for name in [*KINDS, "all"]:
        some = [each for each in records if name in (each["kind"], "all")]
        if not some:
            continue
        # A wrong head has no right pose, near as the best one may be.
        right = [each for each in some if KINDS[each["kind"]].alignable and each["off"] <= each["tolerance"]]
        refused = sum(not each["reliable"] for each in right)
        wrong = sum(each["reliable"] and each["off"] > each["tolerance"] for each in some)
        parts = np.array([each["at_corners"] / each["stated"] for each in right])
        counts, within = [str(refused), str(wrong)], "-"
        if right:
            within = f"{100 * (parts <= 1).mean():.0f} %, {100 * (parts <= 2).mean():.0f} %"
        if name == "all":
            sure = sum(each["reliable"] for each in some)
            counts = [f"{refused}: {share(refused, len(right))}", f"{wrong} of {sure} sure: {share(wrong, sure)}"]
            within = ", ".join(share(int((parts <= most).sum()), len(parts)) for most in (1, 2))
        lines.append(f"| {name} | {len(some)} | {len(right)} | {' | '.join(counts)} | {within} |")
    return "\n".join(lines)


def confidences(records: list[dict[str, Any]]) -> str:
    """Return how many are right of those whose confidence lies in a range."""
    lines = ["| confidence | pairs | mean | right |", "| --- | ---: | ---: | ---: |"]
    for low, high in ((0.0, 0.1), (0.1, 0.5), (0.5, 0.9), (0.9, 1.01)):
        some = [each for each in records if low <= each["confidence"] < high]
        if some:
            right = np.mean([each["off"] <= each["tolerance"] for each in some])
            mean = np.mean([each["confidence"] for each in some])
            lines.append(f"| {low:g} to {min(high, 1.0):g} | {len(some)} | {mean:.3f} | {100 * right:.0f} % |")
    return "\n".join(lines)


def fitted(records: list[dict[str, Any]], ridge: float = 5e-5) -> tuple[float, float]:
    """Return the bias and the weight of what decides that make the outcomes of matching records most probable.

    What has nothing to do with each other is told by other evidence, and a family that is nearly wide enough is neither
    right nor wrong.
    """
    from scipy.optimize import minimize

    some = [each for each in records if each["evidence"]["consistency"] > 15 and each["kind"] != "rigid for affine"]
    parts = np.array([min(each["evidence"][FITTED], MOST) / MOST for each in some])
    signs = np.array([1.0 if each["off"] <= each["tolerance"] else -1.0 for each in some])
    # Right ones and wrong ones weigh alike.
    share = np.where(signs > 0, 0.5 / max(1, (signs > 0).sum()), 0.5 / max(1, (signs < 0).sum()))

    def cost(weights: Floats) -> float:
        odds = weights[0] + weights[1] * parts
        return float((share * np.logaddexp(0, -signs * odds)).sum() + ridge * (weights**2).sum())

    bias, weight = minimize(cost, np.zeros(2), bounds=[(None, None), (0, None)]).x
    return float(bias), float(weight / MOST)


def kept(options: argparse.Namespace) -> Iterator[dict[str, Any]]:
    """Yield what a folder has of a seed, and what is found of all other pairs, while there is time to begin one."""
    until, path = time.monotonic() + 60 * options.minutes, None
    known: dict[tuple[str, int], dict[str, Any]] = {}
    if options.output:
        options.output.mkdir(parents=True, exist_ok=True)
        path = options.output / f"volumes-trust-{options.seed}.jsonl"
        lines = path.read_text().splitlines() if path.exists() else []
        known = {(each["kind"], each["number"]): each for each in map(json.loads, lines)}
    yield from known.values()
    for name, number, kind, pair in drawn(options.seed, options.heads, options.kinds, set(known)):
        if time.monotonic() > until:
            return
        record = record_of(name, number, kind, pair, options.threads)
        if path is not None:
            with path.open("a") as file:
                file.write(json.dumps(record) + "\n")
        yield record


def main() -> None:
    """Draw pairs, register them, print tables."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.volumes.trust", description=__doc__)
    parser.add_argument("--heads", type=int, default=4, help="pairs of heads; each makes a pair of every kind")
    parser.add_argument("--seed", type=int, default=7)
    parser.add_argument("--kinds", nargs="+", choices=KINDS, default=list(KINDS))
    parser.add_argument("--threads", type=int)
    parser.add_argument("--fit", action="store_true", help="print what weights the pairs of even number ask for")
    parser.add_argument("--minutes", type=float, default=math.inf, help="begin no pair after so many")
    parser.add_argument("-o", "--output", type=Path, help="the folder that answers are kept in")
    options = parser.parse_args()
    records = list(kept(options))
    halves = [records]
    if options.fit:
        halves = [[each for each in records if each["number"] % 2 == k] for k in (0, 1)]
    for half in filter(None, halves):
        print(table(half), confidences(half), sep="\n\n", end="\n\n")
    if options.fit:
        print("home_bias = {:.2f}, weight of at_home = {:.2f}".format(*fitted(halves[0])))


if __name__ == "__main__":
    main()
