"""``python -m benchmarks.kinds``: how often what is sure is wrong, by kind of pair.

python -m benchmarks.kinds --kinds fixed-pattern two-motions --pairs 100 --seed 3 -o bench-output
"""

from __future__ import annotations

import argparse
import json
import math
import sys
from dataclasses import asdict
from pathlib import Path
from typing import Any

import superpose
from benchmarks.kinds import KINDS, draw
from benchmarks.kinds.scoring import Record, complaints, line, row, scored, table


def _plain(record: Record) -> dict[str, Any]:
    """Return a record as JSON has it: what is not finite as a word."""
    values = asdict(record) | {"amiss": complaints(record)}
    return {k: str(v) if isinstance(v, float) and not math.isfinite(v) else v for k, v in values.items()}


def main(arguments: list[str]) -> int:
    """Run the kinds asked for; print the table, and the pairs that something is amiss with."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.kinds", description=__doc__)
    parser.add_argument("--kinds", nargs="+", default=list(KINDS), choices=list(KINDS), metavar="KIND")
    parser.add_argument("--pairs", type=int, default=100, help="of each kind")
    parser.add_argument("--first", type=int, default=0, help="number of the first pair")
    parser.add_argument("--seed", type=int, default=17)
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--quiet", action="store_true", help="the table only")
    parser.add_argument("-o", "--out", type=Path, help="folder for kinds.json and kinds.md")
    chosen = parser.parse_args(arguments)
    records, rows = [], []
    for kind in chosen.kinds:
        done = []
        for number in range(chosen.first, chosen.first + chosen.pairs):
            done.append(scored(draw(kind, chosen.seed, number), chosen.threads))
            amiss = complaints(done[-1])
            if amiss and not chosen.quiet:
                print(f"{amiss}: {line(done[-1])}", file=sys.stderr, flush=True)
        records += done
        rows.append(row(kind, done))
    text = table(rows)
    print(text)
    if chosen.out:
        chosen.out.mkdir(parents=True, exist_ok=True)
        (chosen.out / "kinds.md").write_text(text + "\n")
        document = {
            "seed": chosen.seed,
            "version": superpose.__version__,
            "records": [_plain(each) for each in records],
        }
        (chosen.out / "kinds.json").write_text(json.dumps(document, indent=1))
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
