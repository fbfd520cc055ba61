"""How many workers of pytest-xdist there are, and what each is given."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from superpose._threads import allowed_cpus  # imports neither NumPy nor numba

ROOT = Path(__file__).resolve().parents[1]
# One more would only compile every kernel once more.
MOST_WORKERS = 8


def worker_count() -> int:
    """Return what ``-n auto`` means: as many workers as this process may use CPUs, up to a point."""
    return min(allowed_cpus(), MOST_WORKERS)


def worker_settings(environment: Mapping[str, str]) -> dict[str, str]:
    """Return what a worker adds to its environment: its share of the CPUs, and a cache of kernels of its own.

    Tests about threads name how many, so that one thread a worker takes the meaning from none of them. numba's cache
    is not made for processes that compile the same kernel at once: one can find the other's entry before its content.
    """
    worker = environment.get("PYTEST_XDIST_WORKER")
    if worker is None:
        return {}
    share = max(1, allowed_cpus() // int(environment["PYTEST_XDIST_WORKER_COUNT"]))
    kernels = Path(environment.get("NUMBA_CACHE_DIR", ROOT / ".cache" / "numba")).resolve()
    return {
        "SUPERPOSE_THREADS": environment.get("SUPERPOSE_THREADS", str(share)),
        "OPENBLAS_NUM_THREADS": environment.get("OPENBLAS_NUM_THREADS", "1"),
        "NUMBA_CACHE_DIR": str(kernels / worker),
    }
