"""Workers of a job: processes, here or on other machines, that open the frames themselves.

What a task knows goes to a file that workers read, once for all items; with an item only its number travels, and back
comes its result.
"""

from __future__ import annotations

import io
import pickle
import secrets
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import BrokenExecutor, CancelledError, Executor, Future, wait
from contextlib import suppress
from functools import lru_cache
from pathlib import Path
from typing import Any, TypeVar

from superpose._jobs.settings import WorkerSettings
from superpose._version import __version__
from superpose.errors import InputError, shown

# So many octets of results may wait to be taken.
WAITING = 2**28

T = TypeVar("T")
R = TypeVar("R")


class Workers:
    """Those behind an executor.

    Parameters
    ----------
    executor : concurrent.futures.Executor
        What hands them tasks.
    folder : Path
        Which all of them see.
    threads : callable
        Returns how many tasks they do at once, all together.
    value : str
        What messages show of them.
    settings : WorkerSettings
        How much is under way.
    """

    def __init__(
        self,
        executor: Executor,
        folder: Path,
        threads: Callable[[], int],
        value: str,
        settings: WorkerSettings = WorkerSettings(),  # noqa: B008 (frozen)
    ) -> None:
        self.executor, self.folder, self._threads = executor, folder, threads
        self.value, self.settings = value, settings
        # By identity what is in a file of its own; it is held, so that nothing else has its identity.
        self._shared: dict[int, tuple[Any, str]] = {}

    def share(self, value: Any) -> None:
        """Write what tasks have in common to a file of its own, which workers keep as long as they work.

        Raises
        ------
        InputError
            If it is large: pixels that are in memory.
        """
        path = self._written(value, self.settings.most_bytes)
        self._shared[id(value)] = (value, path.name)

    def threads(self) -> int:
        """Return how many tasks are done at once by now.

        Raises
        ------
        InputError
            If whoever hands them out is gone.
        """
        try:
            return self._threads()
        except (OSError, TimeoutError, RuntimeError) as error:
            raise self._lost(error) from error

    def each(self, task: Callable[[T], R], items: Sequence[T], octets: int = 0) -> Iterator[R]:
        """Yield what a task makes of each item, in their order; no more of them are under way than keep all busy.

        Nor are more results than fit, each of so many `octets`.

        Raises
        ------
        InputError
            If workers have another version, do not see the folder, or end for good.
        """
        path = self._written(task)
        under_way: deque[Future[R]] = deque()
        try:
            most = 0
            for k, item in enumerate(items):
                if k % 64 == 0:  # workers come and go
                    most = fitting(self.settings.ahead * max(self.threads(), 1), octets)
                while len(under_way) >= most:
                    yield self._result(under_way.popleft())
                under_way.append(self._submitted(str(path), item))
            while under_way:
                yield self._result(under_way.popleft())
        finally:
            for future in under_way:
                future.cancel()
            path.unlink(missing_ok=True)

    def _submitted(self, path: str, item: Any) -> Future[Any]:
        try:
            return self.executor.submit(perform, __version__, path, item)
        except RuntimeError as error:  # it is shut down
            raise self._lost(error) from error

    def _result(self, future: Future[R]) -> R:
        idle = 0.0
        while not wait([future], self.settings.asked_every).done:
            idle = 0.0 if self.threads() else idle + self.settings.asked_every
            if idle > self.settings.patience:
                raise InputError("no-workers", argument="scheduler", value=self.value, seconds=f"{idle:.0f}")
        try:
            return future.result()
        except (CancelledError, BrokenExecutor) as error:
            raise self._lost(error) from error
        except ModuleNotFoundError as error:  # it has no superpose, or one without what is asked for
            raise InputError("other-worker", argument="scheduler", value=str(error), expected=__version__) from error
        except Exception as error:
            if type(error).__name__ == "KilledWorker":  # dask's, which is imported nowhere here
                raise self._lost(error) from error
            raise

    def _lost(self, error: BaseException) -> InputError:
        reason = str(error) or type(error).__name__
        return InputError("lost-workers", argument="scheduler", value=self.value, reason=reason)

    def _written(self, value: Any, most: int | None = None) -> Path:
        octets = io.BytesIO()
        _Pickler(octets, {key: name for key, (_, name) in self._shared.items()}).dump(value)
        if most is not None and octets.tell() > most:
            raise InputError("frames-in-memory", argument="frames", value=f"{octets.tell() / 2**20:.0f}")
        path = self.folder / f"{secrets.token_hex(8)}.task"
        try:
            path.write_bytes(octets.getvalue())
        except OSError as error:
            with suppress(OSError):
                path.unlink(missing_ok=True)
            reason = error.strerror or str(error)
            raise InputError("unwritable", argument="state", value=shown(str(path)), reason=reason) from error
        return path


def fitting(count: int, octets: int) -> int:
    """Return how many results may wait at once, no more than a count of those of so many octets that memory holds."""
    return max(1, min(count, WAITING // octets)) if octets else count


class _Pickler(pickle.Pickler):
    """Pickles but for what is in a file of its own already, by identity; of that the file's name."""

    def __init__(self, stream: io.BytesIO, files: dict[int, str]) -> None:
        super().__init__(stream, 5)
        self.files = files

    def persistent_id(self, value: Any) -> str | None:
        return self.files.get(id(value))


class _Unpickler(pickle.Unpickler):
    def __init__(self, path: Path) -> None:
        super().__init__(io.BytesIO(path.read_bytes()))
        self.folder = path.parent

    def persistent_load(self, name: str) -> Any:
        return _held(str(self.folder / name))


# A worker does the tasks of one call, or the end of one and the start of the next, beside what all have in common.
@lru_cache(maxsize=4)
def _held(path: str) -> Any:
    return _Unpickler(Path(path)).load()


def perform(version: str, path: str, item: Any) -> Any:
    """Do a task's item: what a worker runs.

    Raises
    ------
    InputError
        If this is another version, or it does not see the task.
    """
    if version != __version__:
        raise InputError("other-worker", argument="scheduler", value=f"superpose {__version__}", expected=version)
    try:
        task = _held(path)
    except OSError as error:
        reason = error.strerror or str(error)
        raise InputError("worker-cannot-read", argument="scheduler", value=shown(path), reason=reason) from error
    return task(item)
