"""Threads: how many, and never another result."""

from __future__ import annotations

import os
import threading

import numpy as np
import pytest
from numpy.typing import NDArray

from superpose import InputError
from superpose._parallel import on_chunks, ordered_map, row_chunks, summed, together
from superpose._threads import allowed_cpus, thread_count


def test_allowed_cpus_respects_affinity() -> None:
    assert 1 <= allowed_cpus() <= (os.cpu_count() or 1)
    if hasattr(os, "sched_setaffinity"):
        before = os.sched_getaffinity(0)
        os.sched_setaffinity(0, {min(before)})
        try:
            assert allowed_cpus() == 1
        finally:
            os.sched_setaffinity(0, before)


def test_thread_count(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("SUPERPOSE_THREADS", raising=False)
    assert thread_count() == thread_count(None) == allowed_cpus()
    assert thread_count(5) == 5
    monkeypatch.setenv("SUPERPOSE_THREADS", " 3 ")
    assert thread_count() == 3
    assert thread_count(5) == 5
    monkeypatch.setenv("SUPERPOSE_THREADS", "")
    assert thread_count() == allowed_cpus()


@pytest.mark.parametrize("threads", [0, -1, 1.5, True, "2", "many", [2]])
def test_bad_threads(threads: object) -> None:
    with pytest.raises(InputError, match=r"^threads is .*whole number of threads, 1 or more"):
        thread_count(threads)  # type: ignore[arg-type]


@pytest.mark.parametrize("setting", ["0", "-1", "1.5", "all", "²"])
def test_bad_setting(setting: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SUPERPOSE_THREADS", setting)
    with pytest.raises(InputError, match=r"^SUPERPOSE_THREADS is .*or unset it"):
        thread_count()


def test_chunks_cover_each_row_once_and_know_nothing_of_threads() -> None:
    assert row_chunks(0, 10) == []
    for rows, columns in ((1, 1), (63, 512), (64, 512), (65, 512), (1000, 100_000)):
        chunks = row_chunks(rows, columns)
        assert [row for start, stop in chunks for row in range(start, stop)] == list(range(rows))


@pytest.mark.parametrize("threads", [1, 2, 7])
def test_results_keep_the_items_order(threads: int) -> None:
    barrier = threading.Barrier(2) if threads > 1 else None

    def slow_first(item: int) -> int:
        if barrier is not None and item < 2:
            barrier.wait(10)  # ends only if two items run at once
        return item * item

    assert ordered_map(slow_first, range(20), threads) == [item * item for item in range(20)]


def test_an_error_in_a_thread_is_raised() -> None:
    def failing(item: int) -> int:
        if item == 3:
            raise InputError("empty-image", argument="moving", value=item)
        return item

    with pytest.raises(InputError, match=r"^moving has shape 3"):
        ordered_map(failing, range(9), 2)


def test_a_thread_of_the_pool_waits_for_no_other() -> None:
    nested = ordered_map(lambda k: sum(ordered_map(lambda m: k * m, range(50), 2)), range(50), 2)
    assert nested == [k * 1225 for k in range(50)]


@pytest.mark.parametrize("threads", [1, 2])
def test_two_calls_give_their_results_in_order(threads: int) -> None:
    assert together(lambda: "first", lambda: 2, threads) == ("first", 2)


@pytest.mark.parametrize("threads", [1, 2, 7])
def test_a_kernel_is_called_with_each_chunk(threads: int) -> None:
    def kernel(values: NDArray[np.float64], factor: float, first: int, last: int) -> None:
        values[first:last] += factor * np.arange(first, last)

    values = np.ones(50)
    on_chunks(kernel, (values, 2.0), [(k, k + 5) for k in range(0, 50, 5)], threads)
    np.testing.assert_array_equal(values, 1 + 2 * np.arange(50))


@pytest.mark.parametrize("size", [3, 2**23], ids=["small", "more than are kept at a time"])
@pytest.mark.parametrize("threads", [1, 2, 3])
def test_chunks_are_summed_in_their_order(threads: int, size: int) -> None:
    """Numbers of which the sum depends on the order."""
    large = 1e17

    def kernel(sign: float, first: int, last: int, small: float, out: NDArray[np.float64]) -> None:
        out[...] = sign * large if first == 0 else -sign * large if first == 4 else small * (last - first)

    found = summed(kernel, (-1.0,), [(k, k + 1) for k in range(7)], (3.0,), (size,), threads)
    one_by_one = (((((-large + 3) + 3) + 3) + large) + 3) + 3
    assert one_by_one != 15
    np.testing.assert_array_equal(found, one_by_one)
