"""What `scheduler=` may be, and the workers behind it: dask.distributed's, or those of any executor."""

from __future__ import annotations

import os
import socket
import tempfile
from collections.abc import Iterator
from concurrent.futures import Executor
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path
from typing import Any

from superpose._checks import asked
from superpose._exchange import extra_package
from superpose._jobs.settings import WorkerSettings
from superpose._jobs.workers import Workers
from superpose._version import __version__
from superpose.errors import InputError, shown


@contextmanager
def workers_of(scheduler: Any, state: Path | None) -> Iterator[Workers | None]:
    """Return those behind a scheduler, until the ``with`` block ends; None where there is no scheduler.

    Parameters
    ----------
    scheduler : str, distributed.Client, concurrent.futures.Executor or None
        The address of one, what is connected to one, or what hands out tasks itself.
    state : Path or None
        Beside it lies what workers read; without one, in the folder for temporary files.

    Raises
    ------
    InputError
        If it is none of these, does not answer, or has no workers that can work.
    """
    if scheduler is None:
        yield None
        return
    settings = WorkerSettings()
    with ExitStack() as kept:
        value = shown(scheduler)
        if isinstance(scheduler, Executor):
            client = getattr(scheduler, "_client", None)  # of an executor that a client made
            executor = scheduler
        elif isinstance(scheduler, str):
            client = kept.enter_context(_connected(scheduler, settings))
            executor = client.get_executor(pure=False)
        elif asked("scheduler", hasattr, scheduler, "get_executor") and not getattr(scheduler, "asynchronous", False):
            client = scheduler
            executor = client.get_executor(pure=False)
        else:
            raise InputError("not-a-scheduler", argument="scheduler", value=value)
        folder = kept.enter_context(_folder(state))
        if client is None:
            threads = int(getattr(scheduler, "_max_workers", 0) or os.cpu_count() or 1)
            yield Workers(executor, folder, lambda: threads, value, settings)
            return
        _check(client, value, folder, settings)
        yield Workers(executor, folder, lambda: sum(client.nthreads().values()), value, settings)


@contextmanager
def _folder(state: Path | None) -> Iterator[Path]:
    """Make a folder for what workers read, until the ``with`` block ends."""
    if state is None:
        with tempfile.TemporaryDirectory(prefix="superpose-", ignore_cleanup_errors=True) as made:
            yield Path(made).resolve()
        return
    folder = state.with_name(f"{state.name}.tasks").resolve()
    try:
        # What is in it is unpickled by workers: nobody else may put anything there.
        folder.mkdir(mode=0o700, exist_ok=True)
        folder.chmod(0o700)
        _emptied(folder)  # of what a run left that was killed
    except OSError as error:
        reason = error.strerror or str(error)
        raise InputError("unwritable", argument="state", value=shown(str(folder)), reason=reason) from error
    try:
        yield folder
    finally:
        with suppress(OSError):
            _emptied(folder)
            folder.rmdir()


def _emptied(folder: Path) -> None:
    for path in folder.glob("*.task"):
        path.unlink()


@contextmanager
def _connected(address: str, settings: WorkerSettings) -> Iterator[Any]:
    """Return a client of the scheduler at an address."""
    distributed = extra_package("distributed", "distributed", "scheduler", "distributed")
    from distributed.comm.addressing import get_address_host_port

    try:
        # A client that finds nobody takes long to go, and complains.
        if not address.startswith(("ws", "ucx")):
            place = get_address_host_port(address)
            socket.create_connection(place, settings.answers_within).close()
        client = distributed.Client(address, timeout=settings.answers_within, set_as_default=False)
    except (OSError, ValueError, TypeError) as error:
        reason = str(error).strip() or type(error).__name__
        raise InputError("no-scheduler", argument="scheduler", value=shown(address), reason=reason) from error
    with client:
        yield client


def _check(client: Any, value: str, folder: Path, settings: WorkerSettings) -> None:
    """Check that there are workers, of this version, that see the folder."""
    try:
        client.wait_for_workers(1, timeout=settings.answers_within)
    except (OSError, TimeoutError) as error:
        seconds = f"{settings.answers_within:.0f}"
        raise InputError("no-workers", argument="scheduler", value=value, seconds=seconds) from error
    for worker, found in client.run(report, str(folder), on_error="return").items():
        if isinstance(found, Exception):
            raise InputError("other-worker", argument="scheduler", value=str(found), expected=__version__)
        version, sees = found
        if version != __version__:
            raise InputError(
                "other-worker", argument="scheduler", value=f"superpose {version} ({worker})", expected=__version__
            )
        if not sees:
            reason = f"worker {worker} has no such folder"
            raise InputError("worker-cannot-read", argument="scheduler", value=shown(str(folder)), reason=reason)


def report(folder: str) -> tuple[str, bool]:
    """Return a worker's version, and whether it sees a folder."""
    return __version__, Path(folder).is_dir()
