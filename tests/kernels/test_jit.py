"""A cache that cannot be used costs time, never the result."""

from __future__ import annotations

import errno
import os
import subprocess
import sys
import textwrap
from pathlib import Path

import numba
import pytest
from numba.core.caching import IndexDataCacheFile

from superpose._kernels._jit import jit

pytestmark = pytest.mark.skipif(numba.config.DISABLE_JIT, reason="without the compiler there is no cache")

KERNEL = """
from superpose._kernels._jit import jit


@jit
def doubled(values, out):
    for i in range(len(values)):
        out[i] = 2 * values[i]
"""

HELPER = """
from superpose._kernels._jit import {kind}


@{kind}
def times(value):
    return {factor} * value
"""

SHARING = """
from helping import times

from superpose._kernels._jit import jit


@jit
def doubled(values, out):
    for i in range(len(values)):
        out[i] = times(values[i])
"""

USE = """
import sys, warnings
sys.path.insert(0, {folder!r})
import numpy as np
with warnings.catch_warnings(record=True) as seen:
    warnings.simplefilter("always")
    import kernel
    out = np.zeros(3)
    for _ in range(2):
        kernel.doubled(np.arange(3.0), out)
assert out.tolist() == [0, {factor}, {factor} * 2], out
print(len(seen), *(str(warning.message) for warning in seen))
"""


def use(folder: Path, factor: int = 2, **environment: str) -> str:
    """Run the kernel in a process of its own and return what it warned of."""
    done = subprocess.run(
        [sys.executable, "-c", USE.format(folder=str(folder), factor=factor)],
        capture_output=True,
        text=True,
        check=False,
        env={**os.environ, "PYTHONDONTWRITEBYTECODE": "1", **environment},
    )
    assert done.returncode == 0, done.stderr
    return done.stdout.strip()


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    home = tmp_path / "code"
    home.mkdir()
    (home / "kernel.py").write_text(textwrap.dedent(KERNEL))
    return home


@pytest.mark.slow
def test_cache_is_written_used_and_survives_damage(folder: Path, tmp_path: Path) -> None:
    cache = tmp_path / "cache"
    cache.mkdir()
    assert use(folder, NUMBA_CACHE_DIR=str(cache)) == "0"
    files = [path for path in cache.rglob("*") if path.is_file()]
    assert {path.suffix for path in files} == {".nbi", ".nbc"}
    assert use(folder, NUMBA_CACHE_DIR=str(cache)) == "0"
    for suffix in (".nbi", ".nbc"):
        whole = {path: path.read_bytes() for path in files}
        for path in files:
            if path.suffix == suffix:
                path.write_bytes(whole[path][: len(whole[path]) // 2])
        said = use(folder, NUMBA_CACHE_DIR=str(cache))
        assert said == "0" or said.startswith("1 doubled, a compiled kernel, could not be read from")
        for path, content in whole.items():
            path.write_bytes(content)


@pytest.mark.slow
@pytest.mark.parametrize("kind", ["helper", "inline"])
def test_a_helper_of_another_file_that_changes_is_compiled_again(folder: Path, tmp_path: Path, kind: str) -> None:
    cache = str(tmp_path / "cache")
    (folder / "kernel.py").write_text(SHARING)
    for factor in (2, 3):
        (folder / "helping.py").write_text(HELPER.format(kind=kind, factor=factor))
        assert use(folder, factor, NUMBA_CACHE_DIR=cache) == "0"


@pytest.mark.slow
def test_nowhere_to_keep_a_cache(folder: Path) -> None:
    # A path below a file can be made by nobody, not even by root.
    nowhere = folder / "kernel.py" / "cache"
    said = use(folder, NUMBA_CACHE_DIR=str(nowhere))
    assert said == "0" or "could not be read from or written to its cache" in said


def make() -> object:
    from superpose._kernels._jit import jit

    def doubled(values, out):  # type: ignore[no-untyped-def]
        for i in range(len(values)):
            out[i] = 2 * values[i]

    return jit(doubled)


def test_a_full_disk_is_a_warning(monkeypatch: pytest.MonkeyPatch) -> None:
    import numpy as np

    def full(self: object, *args: object) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(IndexDataCacheFile, "save", full)
    kernel = make()
    out = np.zeros(3)
    with pytest.warns(RuntimeWarning, match=r"^doubled, a compiled kernel, .*No space left.*NUMBA_CACHE_DIR"):
        kernel(np.arange(3.0), out)  # type: ignore[operator]
    assert out.tolist() == [0, 2, 4]
    kernel(np.arange(3.0) + 1, out)  # type: ignore[operator]
    assert out.tolist() == [2, 4, 6]


@pytest.mark.parametrize("known", [True, False])
def test_no_cache_where_numba_keeps_its_stamp_elsewhere(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, known: bool
) -> None:
    import numpy as np

    real = numba.njit

    def other(*args: object, **settings: object) -> object:
        def compiled(function: object) -> object:
            dispatcher = real(*args, **settings)(function)
            if settings.get("cache") and not known:
                del dispatcher._cache._cache_file._source_stamp
            return dispatcher

        return compiled

    monkeypatch.setattr(numba, "njit", other)
    monkeypatch.setattr(numba.config, "CACHE_DIR", str(tmp_path))
    kernel, out = make(), np.zeros(3)
    kernel(np.arange(3.0), out)  # type: ignore[operator]
    assert out.tolist() == [0, 2, 4]
    assert any(tmp_path.rglob("*.nbi")) == known


def test_no_locator_is_no_error(monkeypatch: pytest.MonkeyPatch) -> None:
    import numpy as np

    real = numba.njit

    def refusing(*args: object, **settings: object) -> object:
        if settings.pop("cache", False):
            return lambda function: (_ for _ in ()).throw(RuntimeError("cannot cache function: no locator available"))
        return real(*args, **settings)

    monkeypatch.setattr(numba, "njit", refusing)
    kernel = make()
    out = np.zeros(3)
    kernel(np.arange(3.0), out)  # type: ignore[operator]
    assert out.tolist() == [0, 2, 4]


def test_the_kernel_s_own_errors_are_passed_on() -> None:
    kernel = make()
    with pytest.raises(numba.core.errors.TypingError, match="values"):
        kernel("text", None)  # type: ignore[operator]


def test_division_by_zero_is_no_error() -> None:
    @jit
    def inverse(value: float) -> float:
        return 1.0 / value

    assert inverse(0.0) == float("inf")
