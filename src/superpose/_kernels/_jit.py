"""The one way a kernel is compiled."""

from __future__ import annotations

import hashlib
import inspect
import warnings
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any, TypeVar

import numba
from numba.core.caching import NullCache

from superpose.errors import text

F = TypeVar("F", bound=Callable[..., Any])

# NaN means "missing" everywhere in superpose, so `nnan` and `ninf` stay out.
FASTMATH = {"reassoc", "contract", "nsz", "arcp"}
# Division by zero gives what it gives in NumPy: where a homography's horizon meets a pixel that is no error.
HOW: dict[str, Any] = {"nogil": True, "fastmath": FASTMATH, "error_model": "numpy"}


@cache
def _sources(folder: Path) -> tuple[tuple[str, str], ...]:
    """Return the name and the hash of every source file of a folder."""
    return tuple((file.name, hashlib.sha256(file.read_bytes()).hexdigest()) for file in sorted(folder.glob("*.py")))


class _Tolerant:
    """Call a cached kernel; where its cache cannot be used, compile without one.

    A read-only install has no place for a cache, a full disk refuses the write,
    and a truncated cache file cannot be unpickled: none of them may stop a user.
    """

    def __init__(self, function: Callable[..., Any]) -> None:
        self._function = function
        self.__doc__ = function.__doc__
        self.__name__ = function.__name__
        self.py_func = function
        try:
            self._dispatcher = self._cached()
        except (RuntimeError, OSError):  # "no locator available": nowhere to keep a cache; or no source file to read
            self._dispatcher = self._uncached()

    def _cached(self) -> Any:
        """Return a dispatcher whose cache is stale once any source file of the kernel's folder has changed.

        Numba's own stamp is the kernel's file alone: a helper of another file would keep running its old code.
        """
        dispatcher = numba.njit(cache=True, **HOW)(self._function)
        index: Any = getattr(getattr(dispatcher, "_cache", None), "_cache_file", None)
        sources = _sources(Path(inspect.getfile(self._function)).parent)
        # Private to numba, where it may be called something else one day: no cache then, rather than old code.
        if not hasattr(index, "_source_stamp") or not sources:
            return self._uncached()
        index._source_stamp = sources
        return dispatcher

    def _uncached(self) -> Any:
        return numba.njit(**HOW)(self._function)

    def __call__(self, *args: Any) -> Any:
        try:
            return self._dispatcher(*args)
        except numba.core.errors.NumbaError:
            raise
        except Exception as error:
            # With NUMBA_DISABLE_JIT the dispatcher is the plain function and has no cache.
            if isinstance(getattr(self._dispatcher, "_cache", NullCache()), NullCache):
                raise
            # Either the cache is broken or the kernel itself failed: without the
            # cache the kernel's own error is raised again, unchanged.
            dispatcher = self._uncached()
            result = dispatcher(*args)
            reason = f"{type(error).__name__}: {error}"
            warnings.warn(text("kernel-cache", argument=self.__name__, value=reason), RuntimeWarning, stacklevel=2)
            self._dispatcher = dispatcher
            return result


def jit(function: F) -> F:
    """Compile `function` with numba: releases the GIL, cached on disk where that is possible."""
    return _Tolerant(function)  # type: ignore[return-value]


def inline(function: F) -> F:
    """Compile a helper into each kernel of the folder that calls it."""
    helper: Any = numba.njit(inline="always", **HOW)(function)
    return helper  # type: ignore[no-any-return]


def helper(function: F) -> F:
    """Compile a helper that kernels of the folder call once a row or so: it stays a call of its own."""
    compiled: Any = numba.njit(**HOW)(function)
    return compiled  # type: ignore[no-any-return]
