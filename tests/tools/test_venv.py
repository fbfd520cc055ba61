"""`make demo` in a new copy of the repository, on a machine that has no C++ compiler; later without a network."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
COMPILER = re.compile(r"(.*-)?(c\+\+|g\+\+|gcc|cc|clang|clang\+\+|cpp|ld|as|ar|ranlib)(-[\d.]+)?")

pytestmark = [
    pytest.mark.slow,
    pytest.mark.long,
    pytest.mark.skipif(not (ROOT / ".git").exists(), reason="this is no checkout of the repository"),
]


def programs_without_compilers(folder: Path) -> Path:
    """Fill a folder with links to all programs of the search path but compilers."""
    seen: set[str] = set()
    for place in os.environ["PATH"].split(os.pathsep):
        for program in Path(place).iterdir() if Path(place).is_dir() else ():
            if not COMPILER.fullmatch(program.name) and program.name not in seen:
                (folder / program.name).symlink_to(program.absolute())
                seen.add(program.name)
    return folder


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Callable[..., subprocess.CompletedProcess[str]]:
    """Run a command in the copy; variables may be added to its environment."""
    copy = tmp_path_factory.mktemp("copy")
    listed = subprocess.run(["git", "ls-files"], cwd=ROOT, capture_output=True, text=True, check=True).stdout
    for name in listed.splitlines():
        if (ROOT / name).is_file():
            (copy / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(ROOT / name, copy / name)
    path = str(programs_without_compilers(tmp_path_factory.mktemp("programs")))
    kept = {name: value for name, value in os.environ.items() if name not in ("CXX", "CC", "CMAKE_ARGS", "PYTHONPATH")}

    def call(*command: str, **more: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            command,
            cwd=copy,
            env=kept | {"PATH": path} | more,
            capture_output=True,
            text=True,
            check=False,
            timeout=1200,
        )

    return call


def test_demo_without_a_compiler(run: Callable[..., subprocess.CompletedProcess[str]]) -> None:
    assert run("sh", "-c", "command -v c++ g++ clang++").stdout == ""
    done = run("make", "demo")
    assert done.returncode == 0, done.stdout + done.stderr
    assert "no C++ compiler here; taking one from PyPI (ziglang)" in done.stdout
    assert len(run("ls", "demo-output").stdout.split()) > 3


def test_a_changed_kernel_is_compiled_again_without_a_network(
    run: Callable[..., subprocess.CompletedProcess[str]],
) -> None:
    made = "import os, superpose._kernels._native as native; print(os.stat(native.__file__).st_mtime_ns)"
    before = run(".venv/bin/python", "-c", made).stdout
    assert before
    offline = {"PIP_NO_INDEX": "1", "CXX": run("sh", "-c", "echo $PWD/.venv/zig/c++").stdout.strip()}
    assert run("tools/venv", **offline).stdout == ""  # nothing to do
    assert run(".venv/bin/python", "-c", made).stdout == before
    assert run("sh", "-c", "echo '// changed' >>src/native/filter.cpp").returncode == 0
    done = run("tools/venv", **offline)
    assert done.returncode == 0, done.stdout + done.stderr
    assert run(".venv/bin/python", "-c", made).stdout not in ("", before)
