"""Drafts: new files beside those they will replace, told by a lock from what a killed process left behind."""

from __future__ import annotations

import os
import re
import secrets
import stat
from contextlib import suppress
from pathlib import Path
from typing import BinaryIO

from superpose._io import locks

# Short whatever the file will be called, for that may have 255 bytes already.
_NAME = re.compile(r"\.superpose-[0-9a-f]{16}\.draft")


class Draft:
    """A new file in `folder`, open and locked until it is moved to its place or removed.

    Parameters
    ----------
    folder : Path
        Where it lies; what dead processes left there is removed.
    mode : int, optional
        Who may read and write it, from the first byte on. Default: what the user's mask lets new files be.
    """

    def __init__(self, folder: Path, mode: int | None = None) -> None:
        _remove_left_behind(folder)
        while True:
            self.path = folder / f".superpose-{secrets.token_hex(8)}.draft"
            self.stream: BinaryIO = self.path.open("x+b")
            number = self.stream.fileno()
            try:
                # Another process may have taken it for left behind before it was locked.
                if locks.lock(number) and locks.is_at(number, self.path):
                    break
                self.remove()
            except BaseException:
                self.remove()
                raise
        if mode is not None and hasattr(os, "fchmod"):
            os.fchmod(number, mode)

    def move_to(self, path: Path) -> None:
        """Move it to its place in one step, there replacing what was."""
        self.stream.flush()
        if not locks.THERE_ARE:
            self.stream.close()
        self.path.replace(path)
        self.stream.close()

    def remove(self) -> None:
        """Remove it."""
        with suppress(OSError):  # the first error is raised, not this one
            self.path.unlink(missing_ok=True)
        with suppress(OSError):
            self.stream.close()


def _remove_left_behind(folder: Path) -> None:
    """Remove the drafts that no process holds."""
    with suppress(OSError), os.scandir(folder) as entries:
        for entry in entries:
            if _NAME.fullmatch(entry.name):
                _remove_if_free(Path(entry.path))


def _remove_if_free(path: Path) -> None:
    if not locks.THERE_ARE:
        with suppress(OSError):
            path.unlink()
        return
    with suppress(OSError):
        number = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_NOFOLLOW)
        try:
            # Without a lock in hand (others hold it, or there are none here) it stays.
            if stat.S_ISREG(os.fstat(number).st_mode):
                locks.lock_or_raise(number)
                path.unlink()
        finally:
            os.close(number)
