"""``python -m benchmarks``: methods on sets of cases, one table.

python -m benchmarks --sets one-wide several --cases 40 --seed 2026 --peers -o bench-output
"""

from __future__ import annotations

import argparse
import datetime
import json
import os
import sys
from collections.abc import Iterator
from dataclasses import asdict
from pathlib import Path

import superpose
from benchmarks import real
from benchmarks.cases import SETS, Case
from benchmarks.hard import HARD
from benchmarks.methods import OURS, serves
from benchmarks.peers import PEERS
from benchmarks.running import Run, run, summary, table

DRAWN = SETS | HARD
# Too large to run as many of as of the others: at most so many.
MOST = {"large-1024": 20, "large-2048": 10, "large-4096": 4, "large-8192": 1}


def cases_of(name: str, seed: int, count: int) -> Iterator[Case]:
    """Yield the cases of a set: `count` of a drawn set (fewer of large images), or every real pair of a kind."""
    if name in real.KINDS:
        yield from real.cases(name, seed)
    elif serves(DRAWN[name]):
        yield from (DRAWN[name].case(seed, number) for number in range(min(count, MOST.get(name, count))))


def runs_of(set_name: str, seed: int, ours: int, theirs: int, names: list[str]) -> Iterator[Run]:
    """Yield a set's runs: superpose on `ours` cases, the other methods on the first `theirs` of them."""
    known = OURS | PEERS
    for number, case in enumerate(cases_of(set_name, seed, ours)):
        for name in names:
            if number == 0:  # one untimed run pays for imports and compilation
                run(set_name, name, known[name], case)
            if name == "superpose" or number < theirs:
                yield run(set_name, name, known[name], case)


def memory_of(folder: Path) -> dict[str, float]:
    """Return what ``python -m benchmarks.memory`` measured into the same folder, if it did."""
    path = folder / "memory.json"
    return json.loads(path.read_text())["peak_mb"] if path.exists() else {}


def main(arguments: list[str]) -> int:
    """Run the benchmark and print its table."""
    everything = [*DRAWN, *real.KINDS]
    large = [name for name in HARD if name.startswith("large")]
    hard = [name for name in HARD if name not in large]
    groups = {"main": list(SETS), "hard": hard, "large": large, "real": list(real.KINDS), "all": everything}
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument("--sets", nargs="+", default=["all"], choices=[*groups, *everything])
    parser.add_argument("--cases", type=int, default=20, help="cases of each drawn set")
    parser.add_argument("--hard-cases", type=int, help="cases of each hard or large set; default: --cases")
    parser.add_argument("--peer-cases", type=int, help="how many of them the peers are run on; default: all")
    parser.add_argument("--seed", type=int, default=2026)
    parser.add_argument("--methods", nargs="+", default=["superpose"], choices=[*OURS, *PEERS])
    parser.add_argument("--peers", action="store_true", help="all peers, and the SciPy path, except on the hard sets")
    parser.add_argument("-o", "--out", type=Path, help="folder for results.json and results.md")
    chosen = parser.parse_args(arguments)
    theirs = chosen.cases if chosen.peer_cases is None else chosen.peer_cases
    set_names = list(dict.fromkeys(s for name in chosen.sets for s in groups.get(name, [name])))

    runs, rows = [], []
    for set_name in set_names:
        names = [*OURS, *PEERS] if chosen.peers and set_name not in HARD else chosen.methods
        ours = chosen.hard_cases if set_name in HARD and chosen.hard_cases else chosen.cases
        done = list(runs_of(set_name, chosen.seed, ours, theirs, names))
        if not done:
            print(f"{set_name}: left out, its images or arguments are not here", file=sys.stderr)
            continue
        runs += done
        for name in names:
            rows.append(summary(set_name, name, [r for r in done if r.method == name]))
            print(table([rows[-1]]).splitlines()[-1], flush=True)
        for r in done:
            if not r.found and r.method == "superpose":
                where = f"turn {r.angle:.0f}, overlap {r.overlap:.2f}"
                print(f"    not found: {r.case} {r.error:.2f} px, {where} {r.failure}", file=sys.stderr, flush=True)
    text = table(rows, memory_of(chosen.out) if chosen.out else None)
    print("\n" + text)
    if chosen.out:
        chosen.out.mkdir(parents=True, exist_ok=True)
        (chosen.out / "results.md").write_text(text + "\n")
        document = {
            "date": datetime.datetime.now(datetime.UTC).date().isoformat(),
            "seed": chosen.seed,
            "cpus": len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count(),
            "version": superpose.__version__,
            "about": {name: DRAWN[name].about for name in set_names if name in DRAWN},
            "runs": [asdict(r) for r in runs],
            "table": [asdict(r) for r in rows],
        }
        (chosen.out / "results.json").write_text(json.dumps(document, indent=1))
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
