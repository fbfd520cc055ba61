"""Threads over fixed chunks: the same bits on any number of threads."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor, wait
from functools import lru_cache, partial
from itertools import count
from math import prod
from operator import call
from threading import local
from typing import Any, Generic, TypeVar

import numpy as np
from numpy.typing import NDArray

T = TypeVar("T")
R = TypeVar("R")
Chunk = tuple[int, int]

# Enough work for a thread to be worth waking, few enough for many threads to share an image.
PIXELS_PER_CHUNK = 32768


def row_chunks(rows: int, columns: int) -> list[Chunk]:
    """Cut `rows` into (start, stop) pieces that depend on the image, never on the threads."""
    size = max(1, PIXELS_PER_CHUNK // max(1, columns))
    return [(start, min(start + size, rows)) for start in range(0, rows, size)]


def chunks_of(shape: tuple[int, ...]) -> list[Chunk]:
    """Cut an image along its first axis, as `row_chunks` does."""
    return row_chunks(shape[0], prod(shape[1:]))


_here = local()


def _mark() -> None:
    _here.in_pool = True


@lru_cache(maxsize=8)
def _pool(threads: int) -> ThreadPoolExecutor:
    return ThreadPoolExecutor(threads, thread_name_prefix="superpose", initializer=_mark)


def _alone(count: int, threads: int) -> bool:
    """Return whether the calling thread does all of so many things."""
    return threads <= 1 or count <= 1 or getattr(_here, "in_pool", False)


def ordered_map(function: Callable[[T], R], items: Sequence[T], threads: int) -> list[R]:
    """Apply `function` to each item and return the results in the items' order.

    The calling thread takes its share, so that a busy pool holds nothing up; within one of the pool's own threads it
    does all of it.
    """
    if _alone(len(items), threads):
        return list(map(function, items))
    done: dict[int, R] = {}
    left = count()

    def work() -> None:
        try:
            while (k := next(left)) < len(items):
                done[k] = function(items[k])
        except BaseException:
            # Nobody wants the rest any more.
            for _ in range(len(items)):
                next(left)
            raise

    helpers = [_pool(threads).submit(work) for _ in range(min(threads, len(items)) - 1)]
    try:
        work()
    finally:
        started = [helper for helper in helpers if not helper.cancel()]
        wait(started)
    for helper in started:
        helper.result()
    return [done[k] for k in range(len(items))]


def together(first: Callable[[], T], second: Callable[[], R], threads: int) -> tuple[T, R]:
    """Call two functions that do not depend on each other, and return their results."""
    calls: tuple[Callable[[], Any], ...] = (first, second)
    one, other = ordered_map(call, calls, threads)
    return one, other


def on_chunks(kernel: Callable[..., None], arguments: Sequence[Any], chunks: Sequence[Chunk], threads: int) -> None:
    """Call ``kernel(*arguments, first, last)`` for each chunk of rows."""
    ordered_map(lambda rows: kernel(*arguments, *rows), chunks, threads)


def summed(
    kernel: Callable[..., None],
    before: Sequence[Any],
    chunks: Sequence[Chunk],
    after: Sequence[Any],
    shape: tuple[int, ...],
    threads: int,
) -> NDArray[np.float64]:
    """Return the sum over chunks of rows of what a kernel writes, added up in the chunks' order.

    Parameters
    ----------
    kernel : callable
        ``kernel(*before, first, last, *after, out)`` writes all of `out`.
    before, after : sequence
        What it is passed before and after the chunk.
    chunks : sequence of (int, int)
        Fixed ones, as of `chunks_of`.
    shape : tuple of int
        Of `out`, which is float64.
    threads : int
        The result does not depend on it.
    """
    total = np.zeros(shape)
    if _alone(len(chunks), threads):
        out = np.empty(shape)
        for chunk in chunks:
            kernel(*before, *chunk, *after, out)
            total += out
        return total
    # What is kept until it is added up is bounded: at most so many numbers, or one array a thread.
    at_a_time = max(threads, 2**24 // max(1, total.size))
    for start in range(0, len(chunks), at_a_time):
        some = chunks[start : start + at_a_time]
        outs = [np.empty(shape) for _ in some]
        calls = [partial(kernel, *before, *chunk, *after, out) for chunk, out in zip(some, outs, strict=True)]
        ordered_map(call, calls, threads)
        for out in outs:
            total += out
    return total


class lazy(Generic[T]):
    """`functools.cached_property` without its lock, which before Python 3.12 all objects of a class share.

    Two threads that ask one object at a time may both make the value, which is the same.
    """

    def __init__(self, function: Callable[[Any], T]) -> None:
        self.function = function
        self.__doc__ = function.__doc__

    def __get__(self, owner: Any, kind: type | None = None) -> T:
        """Return the value, made when first asked for."""
        value: T = self.function(owner)
        owner.__dict__[self.function.__name__] = value
        return value
