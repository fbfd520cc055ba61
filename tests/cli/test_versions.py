"""What the program says of itself: versions, and completion for shells."""

from __future__ import annotations

import json
import platform
import re
import sys
import tomllib
from importlib import metadata
from pathlib import Path

import numpy
import pytest

import superpose
from superpose._kernels import _native
from superpose.cli import _versions
from superpose.cli.main import SHELLS
from tests.cli.conftest import Run

ROOT = Path(__file__).resolve().parents[2]


@pytest.mark.parametrize("arguments", [("--version", "--json"), ("--json", "--version")])
def test_all_versions(run: Run, arguments: tuple[str, ...]) -> None:
    ended = run(*arguments)
    assert (ended.code, ended.err) == (0, "")
    said = json.loads(ended.out)
    assert said["superpose"] == superpose.__version__
    assert said["python"]["version"] == platform.python_version()
    assert said["packages"]["numpy"] == numpy.__version__
    assert said["packages"]["pillow"] == metadata.version("pillow")
    assert said["kernels"]["instructions"].endswith(_native.LEVEL.replace("baseline", "v2"))
    assert re.fullmatch(r"[\d.]+", said["codecs"]["jpg"])
    assert said["threads"] >= 1


def test_it_names_all_that_superpose_depends_on() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
    assert {re.split("[>=<]", each)[0] for each in project["dependencies"]} == set(_versions.NEEDED)


def test_what_is_missing_or_wrong_is_part_of_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(_versions, "OPTIONAL", ("no-such-package",))
    monkeypatch.setenv("SUPERPOSE_THREADS", "many")
    monkeypatch.setitem(sys.modules, "superpose._kernels", None)
    said = _versions.document()
    assert said["packages"]["no-such-package"] is None
    assert said["threads"].startswith("SUPERPOSE_THREADS is 'many'")
    assert said["environment"]["SUPERPOSE_THREADS"] == "many"
    assert "superpose._kernels" in said["kernels"]["error"]


@pytest.mark.parametrize("level, instructions", [("v2", "x86-64-v2"), ("", "x86-64-v3")])
def test_which_instructions_the_loops_use(program: Run, level: str, instructions: str) -> None:
    if not level and _native.LEVEL != "v3":
        pytest.skip("this processor is not v3")
    said = json.loads(program("--version", "--json", SUPERPOSE_CPU=level).out)
    assert said["kernels"]["instructions"] == instructions


@pytest.mark.parametrize("shell", SHELLS)
def test_completion_is_printed(run: Run, shell: str) -> None:
    ended = run("--completion", shell)
    assert (ended.code, ended.err) == (0, "")
    assert ended.out == (Path(superpose.__file__).parent / f"cli/completions/superpose.{shell}").read_text("utf-8")


def test_completion_for_another_shell(run: Run) -> None:
    ended = run("--completion", "cmd")
    assert ended.code == 2
    assert "invalid choice: 'cmd'" in ended.err
