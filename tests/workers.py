"""How many workers of pytest-xdist there are, and what each is given."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from superpose._threads import allowed_cpus  # does not import NumPy

ROOT = Path(__file__).resolve().parents[1]
# More would only import everything once more.
MOST_WORKERS = 8


def worker_count() -> int:
    """Return what ``-n auto`` means: as many workers as this process may use CPUs, up to a point."""
    return min(allowed_cpus(), MOST_WORKERS)


def worker_settings(environment: Mapping[str, str]) -> dict[str, str]:
    """Return what a worker adds to its environment: its share of the CPUs.

    Tests about threads name how many, so that one thread a worker takes the meaning from none of them.
    """
    if "PYTEST_XDIST_WORKER" not in environment:
        return {}
    share = max(1, allowed_cpus() // int(environment["PYTEST_XDIST_WORKER_COUNT"]))
    return {
        "SUPERPOSE_THREADS": environment.get("SUPERPOSE_THREADS", str(share)),
        "OPENBLAS_NUM_THREADS": environment.get("OPENBLAS_NUM_THREADS", "1"),
    }
