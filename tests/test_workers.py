"""The tests' own workers: as many as there are CPUs, each with its share."""

from __future__ import annotations

import subprocess
import sys

import pytest

from superpose._threads import allowed_cpus
from tests.workers import MOST_WORKERS, ROOT, worker_count, worker_settings


def test_there_are_as_many_as_cpus_up_to_a_point(monkeypatch: pytest.MonkeyPatch) -> None:
    assert worker_count() == min(allowed_cpus(), MOST_WORKERS)
    monkeypatch.setattr("tests.workers.allowed_cpus", lambda: 3)
    assert worker_count() == 3
    monkeypatch.setattr("tests.workers.allowed_cpus", lambda: 96)
    assert worker_count() == MOST_WORKERS


def test_a_process_that_is_no_worker_is_left_alone() -> None:
    assert worker_settings({"SUPERPOSE_THREADS": "3"}) == {}


def test_workers_share_the_cpus(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tests.workers.allowed_cpus", lambda: 7)
    worker = {"PYTEST_XDIST_WORKER": "gw1", "PYTEST_XDIST_WORKER_COUNT": "2"}
    assert worker_settings(worker) == {
        "SUPERPOSE_THREADS": "3",
        "OPENBLAS_NUM_THREADS": "1",
    }
    assert worker_settings(worker | {"PYTEST_XDIST_WORKER_COUNT": "8"})["SUPERPOSE_THREADS"] == "1"
    named = {"SUPERPOSE_THREADS": "5", "OPENBLAS_NUM_THREADS": "2"}
    assert worker_settings(worker | named) == named


def test_it_comes_before_what_it_is_for() -> None:
    """NumPy reads its settings when it is imported."""
    check = "import sys, tests.workers; print(sorted({'numpy', 'matplotlib'} & set(sys.modules)))"
    done = subprocess.run([sys.executable, "-c", check], cwd=ROOT, capture_output=True, text=True, check=True)
    assert done.stdout == "[]\n"
