"""``python -m benchmarks.calibration``: fit what `confidence` and `uncertainty` are made of, and report how they do.

Pairs that can be aligned and pairs that cannot are registered; what is fitted on the photographs of one half is
reported on those of the other. Halves of real pairs say what errors are where no truth is exact. Beside it stands what
a user of a peer would go by, with its best threshold.

python -m benchmarks.calibration --small
python -m benchmarks.calibration --write --peers -o calibration-output
"""

from __future__ import annotations

import argparse
import json
import sys
from itertools import pairwise
from pathlib import Path
from typing import Any

import matplotlib
import numpy as np

from benchmarks import halves
from benchmarks.fitting import WITHIN, confidences, coverage, exact, fitted, label, spread
from benchmarks.peer_trust import SCORES
from benchmarks.trust_kinds import TRUE, UNRELATED
from benchmarks.trust_records import Record, by_peers, ending, records, registered

SEED = 2026
# Pairs of each kind and half: seven kinds of each sort and two halves make more than 1,000 of each.
FULL, SMALL = 72, 8
TUNED, HELD_OUT = 0, 1
CALIBRATION = Path(__file__).parents[1] / "src" / "superpose" / "_verify" / "calibration.json"
BINS = (0.0, 0.01, 0.05, 0.2, 0.5, 0.8, 0.95, 0.99, 0.999, 1.0)


def main(arguments: list[str]) -> int:
    """Run, fit, report."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.calibration", description=__doc__)
    parser.add_argument("--small", action="store_true", help="few pairs, for development")
    parser.add_argument("--pairs", type=int, help="pairs of each kind and half")
    parser.add_argument("--jobs", type=int, default=2, help="processes")
    parser.add_argument("--peers", action="store_true", help="run the peers, too")
    parser.add_argument("--odds", action="store_true", help="fit the odds only, and keep what uncertainty is made of")
    parser.add_argument("--write", action="store_true", help="write the fit into the package")
    parser.add_argument("-o", "--out", type=Path, default=Path("calibration-output"))
    chosen = parser.parse_args(arguments)
    chosen.out.mkdir(parents=True, exist_ok=True)
    count = chosen.pairs or (SMALL if chosen.small else FULL)
    rows = records(chosen.out / f"pairs-{SEED}.jsonl", registered, SEED, count, chosen.jobs)
    apart = halves.records(chosen.jobs)
    document = fitted([row for row in rows if row["half"] == TUNED], apart)
    document["about"] = (
        f"fitted by python -m benchmarks.calibration: seed {SEED}, {sum(row['half'] == TUNED for row in rows)} pairs"
    )
    if chosen.odds:
        document["uncertainty"] = json.loads(CALIBRATION.read_text())["uncertainty"]
    text = report(rows, document) + "\n" + "\n".join(_coverages("halves of real pairs", apart, document))
    if chosen.peers:
        text += "\n" + peers(records(chosen.out / f"peers-{SEED}.jsonl", by_peers, SEED, count, chosen.jobs))
    print(text)
    (chosen.out / "report.txt").write_text(text + "\n")
    (chosen.out / "calibration.json").write_text(json.dumps(document, indent=1) + "\n")
    draw(chosen.out / "reliability.png", [row for row in rows if row["half"] == HELD_OUT], document)
    if chosen.write:
        CALIBRATION.write_text(json.dumps(document, indent=1) + "\n")
    return 0


def report(rows: list[Record], document: dict[str, Any]) -> str:
    """Return the figures in words, on both halves."""
    lines = []
    for half, name in ((TUNED, "tuned on"), (HELD_OUT, "held out")):
        some = [row for row in rows if row["half"] == half]
        right, given = np.array([label(row) for row in some]), confidences(some, document)
        accepted = given >= document["threshold"]
        wrong, good = right == 0, right == 1
        lines += [
            f"{name}: {len(some)} pairs, {int(np.isnan(right).sum())} of them too near to the limit to be either",
            f"  false accepts {_share(accepted & wrong, wrong)}   false rejects {_share(~accepted & good, good)}",
            f"  {'kind':18} {'right':>6} {'false rejects':>14} {'wrong':>6} {'false accepts':>14}",
        ]
        for kind in (*TRUE, *UNRELATED):
            here = np.array([row["kind"] == kind for row in some])
            cells = (here & good).sum(), (here & good & ~accepted).sum(), (here & wrong).sum()
            lines.append(f"  {kind:18} {cells[0]:6} {cells[1]:14} {cells[2]:6} {(here & wrong & accepted).sum():14}")
        lines += ["  confidence       pairs   mean   right"]
        for low, high in pairwise(BINS):
            inside = (given >= low) & ((given < high) | (high == 1.0)) & ~np.isnan(right)
            if inside.any():
                mean, share = given[inside].mean(), right[inside].mean()
                lines.append(f"  {low:5.3f} to {high:5.3f} {inside.sum():6} {mean:7.3f} {share:7.3f}")
        lines += _coverages("pairs", exact(some), document)
    return "\n".join(lines)


def peers(rows: list[Record]) -> str:
    """Return how the peers' own numbers do."""
    lines = ["peers, each with its best threshold on the first half, on the second:"]
    return "\n".join(lines + [_peer(name, rows) for name in SCORES])


def _share(part: Any, whole: Any) -> str:
    count, of = int(part.sum()), int(whole.sum())
    return f"{count} of {of} ({100 * count / max(of, 1):.2f} %)"


def _coverages(what: str, rows: list[Record], document: dict[str, Any]) -> list[str]:
    lines = []
    for name, fit in document["uncertainty"].items():
        gaps, sigma = spread([row for row in rows if ending(row["metric"]) == name])
        if len(gaps):
            expected = np.hypot(fit["factor"] * sigma, fit["floor"] / np.sqrt(2))
            parts = zip(coverage(gaps, expected), WITHIN, strict=True)
            said = ", ".join(f"{100 * a:.1f} % ({100 * b:.1f})" for a, b in parts)
            lines.append(
                f"  errors of {what} within one and two sigma, ending in {name}: {said}, {len(gaps)} coordinates"
            )
    return lines


def _peer(name: str, rows: list[Record]) -> str:
    """Return a peer's false accepts and rejects: right if it found the pose, wrong if it found any other."""

    def judged(half: int) -> tuple[Any, Any]:
        some = [row for row in rows if row["half"] == half and row["peers"][name]["found"]]
        errors = [row["peers"][name]["error"] for row in some]
        right = [label({**row, "error": error}) for row, error in zip(some, errors, strict=True)]
        return np.array(right), np.array([row["peers"][name]["score"] for row in some])

    right, score = judged(TUNED)
    levels = np.unique(score)
    costs = [(score[right == 0] >= at).mean() + (score[right == 1] < at).mean() for at in levels]
    best = float(levels[int(np.argmin(costs))])
    right, score = judged(HELD_OUT)
    accepted, total = score >= best, sum(row["half"] == HELD_OUT and row["kind"] in TRUE for row in rows)
    return (
        f"  {name} >= {best:.4g}: found {int((right == 1).sum())} of {total}, "
        f"false accepts {_share(accepted & (right == 0), right == 0)}, "
        f"false rejects {_share(~accepted & (right == 1), right == 1)}"
    )


def draw(path: Path, rows: list[Record], document: dict[str, Any]) -> None:
    """Draw the reliability diagram."""
    matplotlib.use("Agg")
    from matplotlib import pyplot

    right, given = np.array([label(row) for row in rows]), confidences(rows, document)
    use = ~np.isnan(right)
    right, given = right[use], given[use]
    figure, (above, below) = pyplot.subplots(2, 1, figsize=(5, 6), height_ratios=(3, 1), sharex=True)
    edges = np.linspace(0, 1, 11)
    index = np.clip(np.digitize(given, edges) - 1, 0, 9)
    filled = [k for k in range(10) if (index == k).any()]
    above.plot([0, 1], [0, 1], color="0.6", linewidth=1)
    above.plot([given[index == k].mean() for k in filled], [right[index == k].mean() for k in filled], "o-")
    above.set_ylabel("part that is right")
    below.hist([given[right == 1], given[right == 0]], edges, stacked=True, label=("right", "wrong"))
    below.set_yscale("log")
    below.set_xlabel("confidence")
    below.set_ylabel("pairs")
    below.legend()
    figure.savefig(path, dpi=120, bbox_inches="tight")
    pyplot.close(figure)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
