"""The state of a long job in a file: what of it is done, so that a job that was killed goes on where it was.

The file begins with what the results depend on (settings, arguments, the frames' own marks) and goes on with a record
for each result. A record that was cut off is dropped. Nothing in it says when it was written, or how long that took.
"""

from __future__ import annotations

import io
import json
import math
import os
import pickle
import struct
import time
from collections.abc import Mapping
from dataclasses import is_dataclass
from pathlib import Path
from types import TracebackType
from typing import Any, Literal
from zlib import crc32

import numpy as np
from numpy.typing import NDArray

from superpose._io import locks
from superpose._io.atomic import check_target
from superpose._version import __version__
from superpose.errors import InputError, UnreliableError

_FIRST = b"superpose state 1\n"
# Of a record: its length, and its check sum.
_HEAD = struct.Struct("<II")
# Arrays in results are of numbers of these kinds: truth, integers, floats, complex.
_KINDS = "biufc"
# What was written is on the disk after so many seconds, even if the power goes.
_SYNCED_EVERY = 2.0

Key = tuple[int, str, int]


class Journal:
    """A job's state in a file, locked until the ``with`` block ends. Then a job that has ended well leaves none.

    Parameters
    ----------
    path : str or Path
        The file, which may be there of an earlier run.
    restart : bool
        Whether what is there is forgotten.

    Raises
    ------
    InputError
        If it cannot be written, another job has it, or it is some other file.
    """

    def __init__(self, path: str | Path, restart: bool = False) -> None:
        target = check_target(path, "state")
        if target.through or not isinstance(target.path, Path):
            raise InputError("not-a-state", argument="state", value=repr(str(path)))
        self.path, self._shown = target.path, repr(str(path))
        self._known: dict[Key, int] = {}
        self._synced = time.monotonic()
        try:
            self._number = self._locked()
            self._file = os.fdopen(self._number, "r+b", buffering=0)
            start = self._file.read(len(_FIRST))
        except OSError as error:
            raise self._unwritable(error) from error
        if not _FIRST.startswith(start):
            self._file.close()
            raise InputError("not-a-state", argument="state", value=self._shown)
        # One that was cut off in its first record says nothing.
        self._new = restart or start != _FIRST or self._record(len(_FIRST)) is None
        self._worth = not self._new

    def _locked(self) -> int:
        """Return the file, open and locked; another job that ends now may remove it in between."""
        while True:
            number = os.open(self.path, os.O_RDWR | os.O_CREAT | getattr(os, "O_BINARY", 0), 0o666)
            if not locks.lock(number):
                os.close(number)
                raise InputError("job-runs", argument="state", value=self._shown)
            if locks.is_at(number, self.path):
                return number
            os.close(number)

    def begin(self, job: Mapping[str, Any]) -> None:
        """Say what the results depend on, by name, in what JSON knows; results of an earlier run are known from now on.

        Raises
        ------
        InputError
            If that began with something else, or nothing can be written.
        """
        header = json.dumps({"superpose": __version__, **job})
        if self._new:
            self._cut(0)
            self._write(_FIRST + _record(header.encode()))
            return
        try:
            said, end = self._read(json.loads(header))
        except Exception as error:  # what others wrote may fail in any way
            raise InputError("not-a-state", argument="state", value=self._shown) from error
        if said:
            raise InputError("other-state", argument="state", value=self._shown, reason=said)
        self._cut(end)

    def _read(self, job: dict[str, Any]) -> tuple[str, int]:
        """Find the results of an earlier run; return what is different now, and where they end."""
        end, before = len(_FIRST), self._record(len(_FIRST))
        assert before is not None
        if said := _difference(json.loads(before), job):
            return said, end
        end += _HEAD.size + len(before)
        while (record := self._record(end)) is not None:
            key, _ = _loads(record)
            self._known[key] = end
            end += _HEAD.size + len(record)
        return "", end

    def _record(self, start: int) -> bytes | None:
        """Return what a record holds, None if it isn't whole."""
        self._file.seek(start)
        head = self._file.read(_HEAD.size)
        if len(head) < _HEAD.size:
            return None
        length, check = _HEAD.unpack(head)
        content = bytes(self._file.read(length))
        return content if len(content) == length and crc32(content) == check else None

    def __contains__(self, key: Key) -> bool:
        return key in self._known

    def __getitem__(self, key: Key) -> Any:
        """Return a result of an earlier run."""
        place = self._file.tell()
        record = self._record(self._known[key])
        self._file.seek(place)
        if record is None:
            raise InputError("unreadable-file", argument="state", value=self._shown, reason="it has changed meanwhile")
        return _loads(record)[1]

    def put(self, key: Key, result: Any) -> None:
        """Write a result down.

        Raises
        ------
        InputError
            If it cannot be written, as on a full disk. What was written before is whole.
        """
        octets = io.BytesIO()
        _Writer(octets, 5).dump((key, result))
        self._write(_record(octets.getvalue()))
        self._worth = True

    def _write(self, octets: bytes) -> None:
        rest = memoryview(octets)
        try:
            while rest:
                rest = rest[self._file.write(rest) or 0 :]
            if time.monotonic() > self._synced + _SYNCED_EVERY:
                os.fsync(self._number)
                self._synced = time.monotonic()
        except OSError as error:
            raise self._unwritable(error) from error

    def _cut(self, end: int) -> None:
        try:
            self._file.truncate(end)
            self._file.seek(end)
        except OSError as error:
            raise self._unwritable(error) from error

    def _unwritable(self, error: OSError) -> InputError:
        reason = error.strerror or str(error)
        return InputError("unwritable", argument="state", value=self._shown, reason=reason)

    def __enter__(self) -> Journal:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        # That nothing can be placed is an answer, too.
        ended = kind is None or issubclass(kind, UnreliableError)
        try:
            if ended or not self._worth:
                self.path.unlink(missing_ok=True)
        finally:
            self._file.close()


def _record(content: bytes) -> bytes:
    return _HEAD.pack(len(content), crc32(content)) + content


class _Writer(pickle.Pickler):
    """Writes results; arrays and numbers of NumPy's as what `_array` and `_number` take."""

    def reducer_override(self, value: Any) -> Any:
        if type(value) is np.ndarray and value.dtype.kind in _KINDS:
            # In the order that it lies in: sums in another one have other bits.
            if value.flags.fnc:
                return _array, (value.dtype.str, value.shape, value.tobytes("F"), "F")
            return _array, (value.dtype.str, value.shape, value.tobytes("C"), "C")
        if isinstance(value, np.generic) and value.dtype.kind in _KINDS:
            return _number, (value.dtype.str, value.tobytes())
        return NotImplemented


def _array(code: str, shape: tuple[int, ...], content: bytes, order: Literal["C", "F"] = "C") -> NDArray[Any]:
    """Return an array of plain numbers.

    Raises
    ------
    InputError
        If it would be of something else, or its content has another length.
    """
    dtype = np.dtype(str(code))
    if dtype.kind not in _KINDS or dtype.hasobject or dtype.subdtype is not None:
        raise InputError("not-a-state", argument="state", value=f"an array of {dtype}")
    if len(content) != dtype.itemsize * math.prod(shape) or min(shape, default=0) < 0:
        said = f"{len(content)} bytes for {shape} of {dtype}"
        raise InputError("not-a-state", argument="state", value=said)
    return np.frombuffer(bytes(content), dtype).reshape(shape, order=order).copy("K")


def _number(code: str, content: bytes) -> Any:
    """Return a plain number of NumPy's; see `_array`."""
    return _array(code, (), content)[()]


class _Results(pickle.Unpickler):
    """Reads results and nothing else: who is given a state by others runs no code of theirs, and none of NumPy's."""

    def find_class(self, module: str, name: str) -> Any:
        if module == __name__ and name in (_array.__name__, _number.__name__):
            return globals()[name]
        if module.startswith("superpose._jobs.") and name.isidentifier():
            found = super().find_class(module, name)
            if isinstance(found, type) and is_dataclass(found) and found.__module__ == module:
                return found
        raise InputError("not-a-state", argument="state", value=f"{module}.{name}")


def _loads(record: bytes) -> tuple[Key, Any]:
    key, result = _Results(io.BytesIO(record)).load()
    return key, result


def _difference(before: dict[str, Any], now: dict[str, Any]) -> str:
    """Return what has changed, in words; nothing if nothing has."""
    for name in dict.fromkeys([*before, *now]):
        was, is_now = before.get(name), now.get(name)
        if was == is_now:
            continue
        if isinstance(was, list) and isinstance(is_now, list) and name in ("frames", "images"):
            if len(was) != len(is_now):
                return f"it had {len(was)} {name}, and now there are {len(is_now)}"
            changed = [number for number, pair in enumerate(zip(was, is_now, strict=True)) if pair[0] != pair[1]]
            more = f" and {len(changed) - 1} more" if len(changed) > 1 else ""
            return f"{name[:-1]} {changed[0]}{more} has changed since"
        return f"{name} was {was!r}, and is {is_now!r}"
    return ""
