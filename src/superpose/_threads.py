"""How many threads to use. Nothing large is imported for that: NumPy reads its own settings when it is imported."""

from __future__ import annotations

import os
from numbers import Integral
from pathlib import Path

from superpose.errors import InputError, shown


def allowed_cpus() -> int:
    """Return how many CPUs this process may use, by affinity and by cgroup quota."""
    try:
        count = len(os.sched_getaffinity(0))
    except AttributeError:  # not on Linux
        count = os.cpu_count() or 1
    try:
        quota, period = Path("/sys/fs/cgroup/cpu.max").read_text().split()
        if quota != "max":
            count = min(count, max(1, int(quota) // int(period)))
    except (OSError, ValueError):
        pass
    return max(1, count)


def thread_count(threads: int | None = None) -> int:
    """Return the number of threads to use: `threads`, else ``SUPERPOSE_THREADS``, else the CPUs allowed.

    Raises
    ------
    InputError
        If either is no whole number of 1 or more.
    """
    argument, value = "threads", threads
    if value is None:
        setting = os.environ.get("SUPERPOSE_THREADS", "").strip()
        if not setting:
            return allowed_cpus()
        argument, value = "SUPERPOSE_THREADS", int(setting) if setting.isdecimal() else setting  # type: ignore[assignment]
    if isinstance(value, bool) or not isinstance(value, Integral) or value < 1:
        raise InputError("bad-threads", argument=argument, value=shown(value))
    return int(value)
