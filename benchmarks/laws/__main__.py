"""``python -m benchmarks.laws``: how often answers to one pair, seen or asked for otherwise, disagree.

python -m benchmarks.laws --trials 400 --nested 200 --seed 3
"""

from __future__ import annotations

import argparse
import json
import sys
from dataclasses import asdict
from pathlib import Path

from benchmarks.laws.changes import CHANGES
from benchmarks.laws.subjects import drawn
from benchmarks.laws.trials import CHANCE, nested, nested_table, nesting_subject, seen, seen_table


def main(arguments: list[str]) -> int:
    """Try the laws; print offenders as they come, and two tables."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.laws", description=__doc__)
    parser.add_argument("--trials", type=int, default=400, help="of a pair seen otherwise")
    parser.add_argument("--nested", type=int, default=100, help="trials of a family and the next wider one")
    parser.add_argument("--changes", nargs="+", default=list(CHANGES), choices=list(CHANGES), metavar="CHANGE")
    parser.add_argument("--seed", type=int, default=17)
    parser.add_argument("-o", "--out", type=Path, help="folder for laws.json and laws.md")
    chosen = parser.parse_args(arguments)
    views, families = [], []
    for trial in range(chosen.trials):
        subject, rng = drawn(chosen.seed, trial)
        views.append(seen(chosen.changes[trial % len(chosen.changes)], subject, rng))
        if views[-1].apart or views[-1].became_wrong or views[-1].failure:
            print(views[-1].line, file=sys.stderr, flush=True)
    for trial in range(chosen.nested):
        families.append(nested(nesting_subject(chosen.seed, trial)))
        if families[-1].excess > CHANCE or families[-1].lost:
            print(families[-1].line, file=sys.stderr, flush=True)
    text = "\n\n".join([seen_table(views)] * bool(views) + [nested_table(families)] * bool(families))
    print(text)
    if chosen.out:
        chosen.out.mkdir(parents=True, exist_ok=True)
        (chosen.out / "laws.md").write_text(text + "\n")
        document = {"seed": chosen.seed, "seen": [asdict(t) for t in views], "nested": [asdict(t) for t in families]}
        (chosen.out / "laws.json").write_text(json.dumps(document, indent=1))
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
