"""A wheel holds all that the package needs, and nothing else."""

from __future__ import annotations

import os
import subprocess
import sys
import tarfile
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
COMPILED = (".so", ".pyd")


@pytest.mark.slow
def test_an_sdist_holds_what_builds_it_and_nothing_that_was_made(tmp_path: Path) -> None:
    code = "import sys; from scikit_build_core.build import build_sdist; print(build_sdist(sys.argv[1]))"
    build = [sys.executable, "-c", code, str(tmp_path)]
    done = subprocess.run(build, cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    (made,) = tmp_path.glob("*.tar.gz")
    with tarfile.open(made) as archive:
        names = {name.partition("/")[2] for name in archive.getnames()}
    assert {
        "pyproject.toml",
        "src/native/CMakeLists.txt",
        "src/superpose/py.typed",
        "tests/conftest.py",
        "Makefile",
    } <= names
    wrong = ("__pycache__", "/_build/", ".so", ".venv", "build/", ".cache")
    assert [name for name in names if any(each in name for each in wrong)] == []


@pytest.mark.slow
def test_wheel_holds_every_file_of_the_package(tmp_path: Path) -> None:
    build = [sys.executable, "-m", "pip", "wheel", "--no-deps", "--no-build-isolation", "--wheel-dir", str(tmp_path)]
    # Where tools/venv compiled the kernels: what is in the wheel is asked here, not whether it compiles.
    build += ["--config-settings", "build-dir=build/{wheel_tag}", str(ROOT)]
    # What builds it was installed beside Python.
    path = os.pathsep.join([str(Path(sys.executable).parent), os.environ["PATH"]])
    done = subprocess.run(build, env=os.environ | {"PATH": path}, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    (made,) = tmp_path.glob("*.whl")
    with zipfile.ZipFile(made) as wheel:
        packed = {name for name in wheel.namelist() if name.startswith("superpose/")}
        assert any(name.endswith("licenses/NOTICE") for name in wheel.namelist())
        shared = {name.partition(".data/data/share/")[2] for name in wheel.namelist()} - {""}

    package = ROOT / "src" / "superpose"
    there = {
        path.relative_to(package.parent).as_posix()
        for path in package.rglob("*")
        # not what running made, as other tests do, nor what was compiled in place
        if path.is_file() and "__pycache__" not in path.parts and path.suffix not in COMPILED
    }
    (native,) = (name for name in packed if name.endswith(COMPILED))
    assert native.startswith("superpose/_kernels/_native.")
    assert packed == there | {native}
    assert shared == {
        "man/man1/superpose.1",
        "bash-completion/completions/superpose",
        "zsh/site-functions/_superpose",
        "fish/vendor_completions.d/superpose.fish",
    }
    assert {"superpose/py.typed", "superpose/__init__.pyi", "superpose/_verify/calibration.json"} <= packed
    assert {"superpose/cli/samples/00998v.jpg", "superpose/cli/samples/SOURCE.md"} <= packed
