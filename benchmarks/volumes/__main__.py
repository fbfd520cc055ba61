"""``python -m benchmarks.volumes``: superpose and others on heads of known truth, one table.

python -m benchmarks.volumes --sets rigid-2mm two-modalities-2mm --cases 10 --peers .cache/peers-volumes/bin/python

Peers are run by a Python of their own (``make bench-3d`` makes it), each in a process of its own with as many threads.
A case counts as found if it is right to 2 mm; failures count, and medians are over all cases of a set.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

import superpose
from benchmarks.volumes import heads
from benchmarks.volumes.heads import Pair

RIGHT = 2.0  # mm
HERE = Path(__file__).parent


@dataclass(frozen=True)
class Set:
    """How pairs of a set are made, and what register is asked for."""

    made: dict[str, Any]
    asked: dict[str, Any]
    peers: bool = True


SETS = {
    "rigid-2mm": Set({"spacing": 2.0}, {}),
    "two-modalities-2mm": Set({"spacing": 2.0, "modalities": 2}, {}),
    "affine-2mm": Set({"spacing": 2.0, "affine": True}, {"transform": "affine"}),
    "affine-two-modalities-2mm": Set({"spacing": 2.0, "affine": True, "modalities": 2}, {"transform": "affine"}),
    "any-turn-2mm": Set({"spacing": 2.0, "everywhere": True, "shift": 40.0}, {"search": "global"}, peers=False),
    "any-turn-two-modalities-2mm": Set(
        {"spacing": 2.0, "everywhere": True, "shift": 40.0, "modalities": 2}, {"search": "global"}, peers=False
    ),
    "thick-slices": Set({"spacing": (5.0, 1.0, 1.0), "moving_spacing": 1.0}, {}),
    "half-a-head-2mm": Set({"spacing": 2.0, "half": True}, {}),
    "rigid-1mm": Set({"spacing": 1.0, "order": 5}, {}),
    "two-modalities-1mm": Set({"spacing": 1.0, "order": 5, "modalities": 2}, {}),
    "another-head-2mm": Set({"spacing": 2.0, "other_head": True}, {}, peers=False),
}
PEERS = ("elastix", "ants", "greedy", "simpleitk_mi")


def ours(pair: Pair, asked: dict[str, Any], threads: int) -> dict[str, Any]:
    """Return what superpose makes of a pair."""
    fixed = superpose.Image(pair.fixed, pair.fixed_spacing, pair.fixed_origin)
    moving = superpose.Image(pair.moving, pair.moving_spacing, pair.moving_origin)
    began = time.perf_counter()
    found = superpose.register(fixed, moving, on_unreliable="ignore", threads=threads, **asked)
    seconds = time.perf_counter() - began
    return {
        "error": pair.error(found.transform.matrix),
        "seconds": seconds,
        "reliable": found.reliable,
        "stated": found.uncertainty,
        "metric": found.metric,
    }


def theirs(pair: Pair, made: dict[str, Any], program: str, python: str, threads: int) -> dict[str, Any]:
    """Return what another program makes of a pair."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "pair.npz"
        np.savez(
            path,
            fixed=pair.fixed,
            moving=pair.moving,
            fs=pair.fixed_spacing,
            ms=pair.moving_spacing,
            fo=pair.fixed_origin,
            mo=pair.moving_origin,
            affine=made.get("affine", False),
            modalities=made.get("modalities", 1),
        )
        line = [python, str(HERE / "peers.py"), str(path), program, str(threads)]
        done = subprocess.run(line, capture_output=True, text=True, timeout=1800)
    try:
        answer = json.loads(done.stdout.rsplit("\n@", 1)[1])
    except (IndexError, ValueError):
        return {"error": float("inf"), "seconds": float("nan"), "failed": done.stderr[-300:]}
    return {"error": pair.error(np.array(answer["pose"])), "seconds": answer["seconds"]}


def kernel_speed(repeats: int = 9) -> float:
    """Return how many ns a voxel and evaluation takes: 12 parameters, linear, robust, one thread; the median."""
    from superpose._refine.algebra import Frame
    from superpose._sampling.level import PreparedLevel
    from superpose._sampling.level_pair import LevelPair
    from superpose._volumes.objectives import VolumeSquared
    from superpose._volumes.settings import DEFAULTS
    from superpose.grid import Grid
    from superpose.image import Raster
    from superpose.transforms.family import family_named
    from superpose.transforms.geometry import IndexMap

    shape = (96, 116, 98)
    data = np.random.default_rng(0).random((2, *shape), np.float32)
    fixed, moving = (PreparedLevel(Raster(each, np.ones(shape, bool), Grid(shape)), 1) for each in data)
    pair = LevelPair(fixed, moving)
    turned = Frame.over(shape).moved(IndexMap(np.eye(4)), np.append(np.arange(12) / 12, np.zeros(3)))
    objective, state = VolumeSquared(
        pair.fixed, pair.moving, family_named("affine", 3), 1, DEFAULTS.metrics, cutoff=1.0
    ).start(turned)
    taken, count = [], 1.0
    for _ in range(repeats):
        began = time.process_time()
        count = objective.linearised(state).count
        taken.append(time.process_time() - began)
    return 1e9 * float(np.median(taken)) / count


def main() -> None:
    """Run sets and print a table."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.volumes", description=__doc__)
    parser.add_argument("--sets", nargs="+", choices=SETS, default=["rigid-2mm", "two-modalities-2mm"])
    parser.add_argument("--cases", type=int, default=5)
    parser.add_argument("--peer-cases", type=int, default=2)
    parser.add_argument("--seed", type=int, default=2026)
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--peers", metavar="PYTHON", help="the Python that other programs are installed for")
    parser.add_argument("-o", "--output", type=Path)
    options = parser.parse_args()
    records: list[dict[str, Any]] = []
    print(f"kernel: {kernel_speed():.1f} ns a voxel and evaluation (affine, linear, robust, one thread)\n")
    print("| set | program | cases | found | median TRE, mm | 90 % | median s | reliable | sure and wrong |")
    print("| --- | --- | --- | --- | --- | --- | --- | --- | --- |")
    for name in options.sets:
        of_set = SETS[name]
        for number in range(options.cases):
            pair = heads.pair(1000 * options.seed + number, **of_set.made)
            record = {"set": name, "case": number, "program": "superpose"}
            records.append(record | ours(pair, of_set.asked, options.threads))
            if options.peers and of_set.peers and number < options.peer_cases:
                for program in PEERS:
                    answer = theirs(pair, of_set.made, program, options.peers, options.threads)
                    records.append({"set": name, "case": number, "program": program} | answer)
        for program in ("superpose", *PEERS):
            some = [each for each in records if each["set"] == name and each["program"] == program]
            if some:
                print(_line(name, program, some), flush=True)
    if options.output:
        options.output.mkdir(parents=True, exist_ok=True)
        (options.output / "volumes.json").write_text(json.dumps(records, indent=1))
    for failed in (each for each in records if each.get("failed")):
        print(f"{failed['program']} failed on {failed['set']}/{failed['case']}: {failed['failed']}", file=sys.stderr)


def _line(name: str, program: str, some: list[dict[str, Any]]) -> str:
    errors = np.array([each["error"] for each in some])
    found = 100 * float((errors <= RIGHT).mean())
    seconds = float(np.nanmedian([each["seconds"] for each in some]))
    numbers = f"{np.median(errors):.4f} | {np.quantile(errors, 0.9):.4f} | {seconds:.2f}"
    told = [each for each in some if "reliable" in each]
    wrong = sum(each["reliable"] and each["error"] > RIGHT for each in told)
    trust = f"{100 * np.mean([each['reliable'] for each in told]):.0f} % | {wrong}" if told else "- | -"
    return f"| {name} | {program} | {len(some)} | {found:.0f} % | {numbers} | {trust} |"


if __name__ == "__main__":
    main()
