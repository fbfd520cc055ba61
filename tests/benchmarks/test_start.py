"""What `make bench-start` and the profile say: ratios of pairs that count, sizes, stages by their own names."""

from __future__ import annotations

import sys
import time
from dataclasses import dataclass
from functools import reduce
from importlib import import_module
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from benchmarks import apart, profile, start
from benchmarks.cases import Case

CASES = [Case(f"set/1/{k}/x", np.zeros((9, 9)), np.zeros((9, 9)), np.eye(3), "rigid") for k in range(3)]


def peer(case: Case) -> NDArray[np.float64] | None:
    time.sleep(0.02)
    return None if case is CASES[0] else np.eye(3)


def engine(case: Case) -> NDArray[np.float64]:
    time.sleep(0.2 if case is CASES[0] else 0.04)
    return np.eye(3)


@pytest.mark.parametrize("failing, largest", ((False, 4.0), (True, 20.0)))
def test_pairs_that_the_other_side_does_not_find_count_only_where_said(
    monkeypatch: pytest.MonkeyPatch, failing: bool, largest: float
) -> None:
    monkeypatch.setattr(start.methods, "engine", engine)
    name, text, goal = start.beside("times X", peer, CASES, 1, "<= 1", failing)
    assert name.endswith("found 3 and 2 of 3") and goal == "<= 1"
    high = float(text.partition("-")[2].partition(" ")[0])
    assert largest / 3 < high <= largest


def test_what_an_environment_begins_with_is_not_counted(tmp_path: Path) -> None:
    for name, size in {"pip/a": 1000, "pip-24.0.dist-info/b": 2000, "pipeline/c": 30, "one.py": 4}.items():
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_bytes(bytes(size))
    assert start.size_of(tmp_path) == 34


def test_processor_seconds_are_those_of_the_process() -> None:
    burn = "import time\nwhile time.process_time() < 0.3: pass"
    assert 0.3 <= apart.processor_seconds([sys.executable, "-c", burn]) < 1.5


def test_stages_are_found_counted_and_given_back() -> None:
    def named() -> list[Any]:
        return [reduce(getattr, path.split("."), import_module(module)) for module, path in profile.STAGES.values()]

    before, stages = named(), profile.Stages()

    def call() -> None:
        with stages.inside("search and race"):
            np.fft.fft(np.ones(8))

    stages.profiled(call)
    assert all(one is other for one, other in zip(before, named(), strict=True))
    counted = {name: len(each.getstats()) for name, each in stages.profiles.items()}
    assert counted["search and race"] > 0 and counted["verification"] == 0


@dataclass
class Entry:
    code: Any
    inlinetime: float
    callcount: int = 10


@pytest.mark.parametrize(
    "entry, kind",
    [
        (Entry("<built-in method scipy.fft._pocketfft.pypocketfft.r2c>", 1.0), "FFT"),
        (Entry("<built-in method numpy.zeros>", 0.01), "NumPy passes"),
        (Entry("<built-in method numpy.zeros>", 1e-5), "small arrays and Python"),
    ],
)
def test_kinds_of_work(entry: Entry, kind: str) -> None:
    assert profile.kind_of(entry) == kind
