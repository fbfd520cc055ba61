"""Locks on open files, which go when the process goes that holds them, however it ends."""

from __future__ import annotations

import os
from pathlib import Path

try:
    import fcntl
except ImportError:  # Windows: there a file that somebody has open cannot be removed anyway
    _locks = None
else:
    _locks = fcntl

THERE_ARE = _locks is not None


def lock(number: int) -> bool:
    """Lock an open file for this process; False if another one has. Where there are no locks it counts as locked."""
    try:
        lock_or_raise(number)
    except BlockingIOError:
        return False
    except OSError:  # a file system without locks
        return True
    return True


def lock_or_raise(number: int) -> None:
    """Lock an open file for this process, or raise an OSError: a BlockingIOError if another one has."""
    if _locks is not None:
        _locks.flock(number, _locks.LOCK_EX | _locks.LOCK_NB)


def is_at(number: int, path: Path) -> bool:
    """Return whether an open file is the one that a path names by now."""
    try:
        return os.path.samestat(os.fstat(number), path.lstat())
    except FileNotFoundError:
        return False
