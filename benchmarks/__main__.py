"""``python -m benchmarks``: methods on sets of cases, one table.

python -m benchmarks --sets one-wide several --cases 40 --seed 2026 --peers -o results
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Iterator
from dataclasses import asdict
from pathlib import Path

from benchmarks import real
from benchmarks.cases import SETS, Case
from benchmarks.methods import OURS
from benchmarks.peers import PEERS
from benchmarks.running import run, summary, table


def cases_of(name: str, seed: int, count: int) -> Iterator[Case]:
    """Yield the cases of a set: `count` of a drawn set, or every real pair of a kind."""
    if name in real.KINDS:
        yield from real.cases(name, seed)
    else:
        yield from (SETS[name].case(seed, number) for number in range(count))


def main(arguments: list[str]) -> int:
    """Run the benchmark and print its table."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument("--sets", nargs="+", default=[*SETS, *real.KINDS], choices=[*SETS, *real.KINDS])
    parser.add_argument("--cases", type=int, default=20, help="cases of each drawn set")
    parser.add_argument("--seed", type=int, default=2026)
    parser.add_argument("--methods", nargs="+", default=["superpose"], choices=[*OURS, *PEERS])
    parser.add_argument("--peers", action="store_true", help="all peers, and the SciPy path")
    parser.add_argument("-o", "--out", type=Path, help="folder for results.json and results.md")
    chosen = parser.parse_args(arguments)
    known = OURS | PEERS
    names = list(known) if chosen.peers else chosen.methods

    runs, rows = [], []
    for set_name in chosen.sets:
        cases = list(cases_of(set_name, chosen.seed, chosen.cases))
        if not cases:
            print(f"{set_name}: left out, its images are not here", file=sys.stderr)
            continue
        # One untimed run pays for imports and compilation.
        for name in names:
            run(name, known[name], cases[0])
        done = [run(name, known[name], case) for case in cases for name in names]
        runs += done
        for name in names:
            rows.append(summary(set_name, name, [r for r in done if r.method == name]))
            print(table([rows[-1]]).splitlines()[-1], flush=True)
        for r in done:
            if not r.found:
                print(f"    not found: {r.method} {r.case} {r.error:.2f} px {r.failure}", file=sys.stderr)
    text = table(rows)
    print("\n" + text)
    if chosen.out:
        chosen.out.mkdir(parents=True, exist_ok=True)
        (chosen.out / "results.md").write_text(text + "\n")
        document = {"seed": chosen.seed, "runs": [asdict(r) for r in runs], "table": [asdict(r) for r in rows]}
        (chosen.out / "results.json").write_text(json.dumps(document, indent=1))
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
