"""Threads over fixed chunks: the same bits on any number of threads."""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import lru_cache
from numbers import Integral
from pathlib import Path
from typing import TypeVar

from superpose.errors import InputError

T = TypeVar("T")
R = TypeVar("R")

# Enough work for a thread to be worth waking, few enough for many threads to share an image.
PIXELS_PER_CHUNK = 32768


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
        raise InputError("bad-threads", argument=argument, value=repr(value))
    return int(value)


def row_chunks(rows: int, columns: int) -> list[tuple[int, int]]:
    """Cut `rows` into (start, stop) pieces that depend on the image, never on the threads."""
    size = max(1, PIXELS_PER_CHUNK // max(1, columns))
    return [(start, min(start + size, rows)) for start in range(0, rows, size)]


@lru_cache(maxsize=8)
def _pool(threads: int) -> ThreadPoolExecutor:
    return ThreadPoolExecutor(threads, thread_name_prefix="superpose")


def ordered_map(function: Callable[[T], R], items: Sequence[T], threads: int) -> list[R]:
    """Apply `function` to each item and return the results in the items' order.

    `function` must not call `ordered_map` itself: a pool that waits for itself never ends.
    """
    if threads <= 1 or len(items) <= 1:
        return [function(item) for item in items]
    return list(_pool(threads).map(function, items))
