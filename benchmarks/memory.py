"""``python -m benchmarks.memory``: what one call of each method adds to the memory of its process.

On one pair of 512 x 512 (case 0 of `one-narrow`), each method in a process of its own, after a call on a smaller pair.
Methods run one after another in one process, as for the table, would only ever show the highest mark of them all.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
from pathlib import Path

from benchmarks import apart
from benchmarks.methods import OURS
from benchmarks.peers import PEERS

METHOD = (
    apart.COUNTED
    + """
from dataclasses import replace
from benchmarks.cases import SETS
from benchmarks.methods import OURS
from benchmarks.peers import PEERS
method, case = (OURS | PEERS)[sys.argv[1]], SETS["one-narrow"].case(2026, 0)
small = replace(case, fixed=case.fixed[::4, ::4].copy(), moving=case.moving[::4, ::4].copy())
counted(lambda *given: [] if method(*(given or [case])) is None else [], [small])
"""
)


def main(arguments: list[str]) -> int:
    """Print MB by method, and write memory.json."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.memory", description=__doc__)
    parser.add_argument("--methods", nargs="+", default=[*OURS, *PEERS], choices=[*OURS, *PEERS])
    parser.add_argument("-o", "--out", type=Path, help="folder for memory.json")
    chosen = parser.parse_args(arguments)
    peaks = {}
    print("| method | peak memory, MB |\n| --- | ---: |")
    for name in chosen.methods:
        try:
            peaks[name] = apart.run(METHOD, name)["peak"] / 1e6
        except subprocess.CalledProcessError:  # its process has said why
            print(f"{name}: left out", file=sys.stderr)
            continue
        print(f"| {name} | {peaks[name]:.1f} |", flush=True)
    if chosen.out:
        chosen.out.mkdir(parents=True, exist_ok=True)
        (chosen.out / "memory.json").write_text(json.dumps({"peak_mb": peaks}, indent=1))
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
