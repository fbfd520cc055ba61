"""How the tasks of a job are done: in this process or by workers, each once, and again only what no state holds."""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterator, Mapping, Sequence
from contextlib import closing
from itertools import count
from typing import Any, TypeVar

from superpose._jobs.journal import Journal
from superpose._jobs.workers import Workers, fitting
from superpose._parallel import ordered_map

T = TypeVar("T")
R = TypeVar("R")


class Runner:
    """Does tasks, and returns their results in order: the same wherever they are done, and in how many runs.

    Parameters
    ----------
    threads : int
        So many tasks are done at once in this process.
    journal : Journal, optional
        Results are kept there, and taken from there.
    workers : Workers, optional
        Who does the tasks instead of this process.
    """

    def __init__(self, threads: int, journal: Journal | None = None, workers: Workers | None = None) -> None:
        self.threads, self.journal, self.workers = threads, journal, workers
        self._maps = count()

    @property
    def task_threads(self) -> int:
        """How many threads a task may use within itself."""
        return 1 if self.workers else self.threads

    def begin(self, job: Mapping[str, Any], *shared: Any) -> None:
        """Say what the results depend on, by name, and what the tasks have in common: frames.

        Raises
        ------
        InputError
            If an earlier run's state is of another job, or workers cannot have the frames.
        """
        if self.journal is not None:
            self.journal.begin(job)
        if self.workers is not None:
            for each in shared:
                self.workers.share(each)

    def map(self, stage: str, task: Callable[[T], R], items: Sequence[T], octets: int = 0) -> Iterator[R]:
        """Return what a task makes of each item, in the items' order.

        Parameters
        ----------
        stage : str
            What is done, for the state. All calls of a job come in the same order.
        task : callable
            A picklable value, such as a frozen dataclass: workers get a copy.
        items : sequence
            Small ones: numbers of frames.
        octets : int
            Of a result that is an image: such are no part of the state, for they are soon made again, and few of them
            are under way.
        """
        return self._results((next(self._maps), stage), task, items, octets)

    def _results(self, call: tuple[int, str], task: Callable[[T], R], items: Sequence[T], octets: int) -> Iterator[R]:
        journal = None if octets else self.journal
        known = [journal is not None and (*call, k) in journal for k in range(len(items))]
        left = [item for item, done in zip(items, known, strict=True) if not done]
        with closing(self._done(task, left, octets)) as fresh:
            for k, done in enumerate(known):
                if journal is not None and done:
                    yield journal[*call, k]
                    continue
                result = next(fresh)
                if journal is not None:
                    journal.put((*call, k), result)
                yield result

    def _done(self, task: Callable[[T], R], items: Sequence[T], octets: int) -> Generator[R, None, None]:
        if self.workers is not None and items:
            yield from self.workers.each(task, items, octets)
            return
        # A few at a time, so that what waits to be taken is bounded.
        some = fitting(4 * self.threads if self.threads > 1 else 1, octets)
        for start in range(0, len(items), some):
            yield from ordered_map(task, items[start : start + some], self.threads)
