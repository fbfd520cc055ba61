"""Signals that end the program: it tidies up first."""

from __future__ import annotations

import _thread
import math
import os
import signal
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from types import FrameType

# Of the process's end, and of its terminal's; Windows has not all of them.
_ENDING = [getattr(signal, name) for name in ("SIGTERM", "SIGHUP") if hasattr(signal, name)]
# Seconds after which a signal that came too early comes again, and for which the program is left alone to tidy up.
_AGAIN, _TIDYING = 0.02, 1.0
# Modules of functions that take locks.
_LOCKING = ("threading", "concurrent", "queue")
# The functions, innermost first, in which results of threads are waited for.
_WAITING = (("threading", "wait"), ("threading", "wait"), ("concurrent.futures._base", "wait"))


class Unwinding:
    """Handles a signal: unwinds the program, and where that is not possible now, soon.

    While the program is `loading` there is nothing to unwind: it ends.
    """

    def __init__(self, loading: bool = False) -> None:
        self.loading = loading
        self._began = -math.inf
        self._put_off = self._due = False

    def __call__(self, number: int, frame: FrameType | None) -> None:
        if self.loading:
            with suppress(OSError):
                os.write(2, b"superpose: interrupted\n" * (number == signal.SIGINT))
            os._exit(128 + number)
        if self._put_off and not self._due:
            return  # one that came before comes again
        patient, self._due = self._put_off, False
        self._put_off = _is_deaf(frame, () if patient and _waits(frame) else _LOCKING)
        if self._put_off:
            _thread.start_new_thread(self._repeat, (number,))  # which waits for nothing, as `threading` does
            return
        if time.monotonic() < self._began + _TIDYING:
            return
        self._began = time.monotonic()
        if number == signal.SIGINT:
            signal.default_int_handler(number, frame)
        sys.exit(128 + number)  # the shell's code for that

    def _repeat(self, number: int) -> None:
        time.sleep(_AGAIN)
        self._due = True
        ident = threading.main_thread().ident
        if os.name == "nt" or ident is None:
            signal.raise_signal(number)
        else:
            signal.pthread_kill(ident, number)  # what the main thread waits for is interrupted, too


def _waits(frame: FrameType | None) -> bool:
    """Return whether the program waits for what its threads compute, where no lock is taken."""
    names: list[tuple[str, str]] = []
    while frame is not None and len(names) < len(_WAITING):
        names.append((str(frame.f_globals.get("__name__")), frame.f_code.co_name))
        frame = frame.f_back
    return tuple(names) == _WAITING


def _is_deaf(frame: FrameType | None, locking: tuple[str, ...]) -> bool:
    """Return whether an exception would do harm.

    While modules load and objects go it would be taken for another one, or forgotten; where locks are taken, one would
    stay taken, and threads wait for it for ever.
    """
    while frame is not None:
        code, module = frame.f_code, str(frame.f_globals.get("__name__"))
        if code.co_filename.startswith("<frozen importlib.") or code.co_name == "__del__":
            return True
        if module.partition(".")[0] in locking:
            return True
        if code.co_name == "main" and module.startswith("superpose.cli."):
            return False
        frame = frame.f_back
    return False


def hear_signals(loading: bool = False) -> None:
    """Let signals that end the program unwind it, so that no draft is left; or end it while it is `loading`."""
    if threading.current_thread() is not threading.main_thread():
        return  # only the main one gets signals
    handler = Unwinding(loading)
    for number in (signal.SIGINT, *_ENDING):
        # Who ignores a signal (nohup) or handles it goes on to.
        if signal.getsignal(number) in (signal.default_int_handler, signal.SIG_DFL):
            signal.signal(number, handler)


@contextmanager
def signals_unwind() -> Iterator[None]:
    """Hear them while the work is done; afterwards all is as it was, unless the whole process is the program."""
    numbers = (signal.SIGINT, *_ENDING)
    before = {number: signal.getsignal(number) for number in numbers}
    heard = [each for each in before.values() if isinstance(each, Unwinding)]
    for each in heard:
        each.loading = False
    if heard or threading.current_thread() is not threading.main_thread():
        yield
        return
    hear_signals()
    try:
        yield
    finally:
        for number, handler in before.items():
            if handler is not None:
                signal.signal(number, handler)


def ignore_signals() -> None:
    """Let none of them stop what is nearly done; `signals_unwind` ends it."""
    if threading.current_thread() is threading.main_thread():
        for number in (signal.SIGINT, *_ENDING):
            signal.signal(number, signal.SIG_IGN)
