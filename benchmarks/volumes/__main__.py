"""``python -m benchmarks.volumes``: superpose and others on heads of known truth, one table.

python -m benchmarks.volumes --sets rigid-2mm two-modalities-2mm --cases 10 --peers .cache/peers-volumes/bin/python

Peers are run by a Python of their own (``make bench-3d`` makes it), each in a process of its own with as many threads.
A case counts as found if it is right to 2 mm; failures count, and medians are over all cases of a set. Each case has a
head of its own, which all sets share. With ``-o`` every answer is kept when it is there, and a second call with the
same seed goes on from what is kept: its table tells of all of it.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import combinations
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
    "affine-1mm": Set({"spacing": 1.0, "order": 5, "affine": True}, {"transform": "affine"}),
    "affine-two-modalities-1mm": Set(
        {"spacing": 1.0, "order": 5, "affine": True, "modalities": 2}, {"transform": "affine"}
    ),
    "another-head-2mm": Set({"spacing": 2.0, "other_head": True}, {}, peers=False),
}
PEERS = ("elastix", "ants", "greedy", "simpleitk_mi")


def ours(pair: Pair, asked: dict[str, Any], threads: int) -> dict[str, Any]:
    """Return what superpose makes of a pair."""
    fixed = superpose.Image(pair.fixed, pair.fixed_spacing, pair.fixed_origin)
    moving = superpose.Image(pair.moving, pair.moving_spacing, pair.moving_origin)
    held = peak_bytes(lowered=True)
    began, cpu_began = time.perf_counter(), time.process_time()
    found = superpose.register(fixed, moving, on_unreliable="ignore", threads=threads, **asked)
    seconds, cpu = time.perf_counter() - began, time.process_time() - cpu_began
    return {
        "pose": found.transform.matrix.tolist(),
        "error": pair.error(found.transform.matrix),
        "seconds": seconds,
        "cpu": cpu,
        "peak": None if held is None else (peak_bytes() - held) / (pair.fixed.nbytes + pair.moving.nbytes),
        "reliable": found.reliable,
        "stated": found.uncertainty,
        "misfit": found.misfit,
        "metric": found.metric,
    }


def peak_bytes(lowered: bool = False) -> Any:
    """Return the most that this process ever held, or that it holds once that mark is lowered; None but on Linux."""
    status = Path("/proc/self/status")
    if not status.exists():
        return None
    if lowered:
        Path("/proc/self/clear_refs").write_text("5")
    return 1024 * int(status.read_text().split("VmHWM:")[1].split()[0])


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
        return {"error": float("inf"), "seconds": float("nan"), "cpu": float("nan"), "failed": done.stderr[-300:]}
    return answer | {"error": pair.error(np.array(answer["pose"]))}


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
    turned = Frame.over(shape).moved(IndexMap(np.eye(4)), np.arange(12) / 12)
    objective, state = VolumeSquared(
        pair.fixed, pair.moving, family_named("affine", 3), 1, DEFAULTS.metrics, cutoff=1.0
    ).start(turned)
    taken, count = [], 1.0
    for _ in range(repeats):
        began = time.process_time()
        count = objective.linearised(state).count
        taken.append(time.process_time() - began)
    return 1e9 * float(np.median(taken)) / count


@dataclass(frozen=True)
class Kept:
    """Answers by set, case and program, and the file they are kept in as they come."""

    path: Path | None
    seed: int
    records: list[dict[str, Any]]

    @classmethod
    def of(cls, folder: Path | None, seed: int) -> Kept:
        """Return what a folder has of a seed."""
        if folder is None:
            return cls(None, seed, [])
        folder.mkdir(parents=True, exist_ok=True)
        path = folder / f"volumes-{seed}.jsonl"
        return cls(path, seed, [json.loads(line) for line in path.read_text().splitlines()] if path.exists() else [])

    def has(self, **about: Any) -> bool:
        """Return whether there is an answer about that."""
        return any(all(each.get(name) == value for name, value in about.items()) for each in self.records)

    def add(self, **record: Any) -> None:
        """Keep an answer."""
        self.records.append(record)
        if self.path is not None:
            with self.path.open("a") as file:
                file.write(json.dumps(record) + "\n")


def measure(kept: Kept, names: list[str], cases: int, peer_cases: int, python: str | None, threads: int) -> None:
    """Run all programs on all cases that are not kept, a head after the other."""
    for number in range(cases):
        for name in names:
            of_set = SETS[name]
            programs = ["superpose", *(PEERS if python and of_set.peers and number < peer_cases else ())]
            wanted = [each for each in programs if not kept.has(set=name, case=number, program=each)]
            pair = pair_of(kept.seed, number, of_set) if wanted else None
            for program in wanted:
                assert pair is not None
                answer = _asked(pair, of_set, program, python, threads)
                kept.add(set=name, case=number, program=program, **answer)


def pair_of(seed: int, number: int, of_set: Set) -> Pair:
    """Return a case of a set: its head is that of the same case of all sets."""
    whose = 100 * seed + 2 * number, 100 * seed + 2 * number + 1
    return heads.pair(1000 * seed + number, whose=whose, **of_set.made)


def _asked(pair: Pair, of_set: Set, program: str, python: str | None, threads: int) -> dict[str, Any]:
    if program == "superpose":
        return ours(pair, of_set.asked, threads)
    assert python is not None
    return theirs(pair, of_set.made, program, python, threads)


def spreads(kept: Kept, name: str, times: int, python: str | None) -> Iterator[str]:
    """Yield how far apart answers are to one pair, asked so often on one and on two threads, by program."""
    of_set = SETS[name]
    pair = pair_of(kept.seed, 0, of_set)
    for program in ("superpose", *(PEERS if python else ())):
        poses = [
            np.array(_asked(pair, of_set, program, python, threads).get("pose", np.full((4, 4), np.nan)))
            for threads in (1, 2)
            for _ in range(times)
        ]
        most = max(pair.between(*both) for both in combinations(poses, 2))
        kept.add(set=name, program=program, repeats=times, spread=most)
        yield f"| {program} | {name} | {times} | {most:.3g} |"


def main() -> None:
    """Run sets and print tables."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.volumes", description=__doc__)
    parser.add_argument("--sets", nargs="+", choices=SETS, default=["rigid-2mm", "two-modalities-2mm"])
    parser.add_argument("--cases", type=int, default=5)
    parser.add_argument("--peer-cases", type=int, default=2)
    parser.add_argument("--repeats", type=int, default=0, help="so often the first pair on one and on two threads")
    parser.add_argument("--seed", type=int, default=2026)
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--peers", metavar="PYTHON", help="the Python that other programs are installed for")
    parser.add_argument("-o", "--output", type=Path, help="the folder that answers are kept in")
    options = parser.parse_args()
    kept = Kept.of(options.output, options.seed)
    print(f"kernel: {kernel_speed():.1f} ns a voxel and evaluation (affine, linear, robust, one thread)\n", flush=True)
    # What is loaded by the first call is none of any case.
    superpose.register(*np.random.default_rng(0).random((2, 24, 24, 24)), on_unreliable="ignore")
    measure(kept, options.sets, options.cases, options.peer_cases, options.peers, options.threads)
    print(table(kept.records))
    if options.repeats:
        print(
            "\n| program | pair of | times on 1 and on 2 threads | largest difference, mm |\n| --- | --- | --- | --- |"
        )
        for line in spreads(kept, options.sets[0], options.repeats, options.peers):
            print(line, flush=True)
    for failed in (each for each in kept.records if each.get("failed")):
        print(f"{failed['program']} failed on {failed['set']}/{failed['case']}: {failed['failed']}", file=sys.stderr)


def table(records: list[dict[str, Any]]) -> str:
    """Return a line for each set and program.

    Memory is the peak above what was held before, in parts of the two volumes as float32.
    """
    lines = [
        "| set | program | cases | found | median TRE, mm | 90 % | median s | CPU s | memory | reliable "
        "| sure and wrong |",
        "| --- | --- | --- | --- | --- | --- | --- | --- | --- | --- | --- |",
    ]
    for name in SETS:
        for program in ("superpose", *PEERS):
            some = [each for each in records if each["set"] == name and each["program"] == program and "case" in each]
            if some:
                lines.append(_line(name, program, some))
    return "\n".join(lines)


def _line(name: str, program: str, some: list[dict[str, Any]]) -> str:
    errors = np.array([each["error"] for each in some])
    found = 100 * float((errors <= RIGHT).mean())
    seconds, cpu = (float(np.nanmedian([each[key] for each in some])) for key in ("seconds", "cpu"))
    numbers = f"{np.median(errors):.4f} | {np.quantile(errors, 0.9):.4f} | {seconds:.2f} | {cpu:.2f}"
    peaks = [each["peak"] for each in some if each.get("peak") is not None]
    memory = f"{max(peaks):.1f}" if peaks else "-"
    told = [each for each in some if "reliable" in each]
    wrong = sum(each["reliable"] and each["error"] > RIGHT for each in told)
    trust = f"{100 * np.mean([each['reliable'] for each in told]):.0f} % | {wrong}" if told else "- | -"
    return f"| {name} | {program} | {len(some)} | {found:.0f} % | {numbers} | {memory} | {trust} |"


if __name__ == "__main__":
    main()
