"""Signals that end the program: it tidies up first."""

from __future__ import annotations

import signal
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType

# Of the process's end, and of its terminal's; Windows has not all of them.
_ENDING = [getattr(signal, name) for name in ("SIGTERM", "SIGHUP") if hasattr(signal, name)]


def _end(number: int, _frame: FrameType | None) -> None:
    sys.exit(128 + number)  # the shell's code for that


@contextmanager
def signals_unwind() -> Iterator[None]:
    """Let signals that end the program unwind it, so that no draft is left; afterwards all is as it was."""
    if threading.current_thread() is not threading.main_thread():
        yield  # only the main one gets signals
        return
    before = {number: signal.getsignal(number) for number in (signal.SIGINT, *_ENDING)}
    for number in _ENDING:
        # Who ignores a signal (nohup) or handles it goes on to.
        if before[number] is signal.SIG_DFL:
            signal.signal(number, _end)
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
