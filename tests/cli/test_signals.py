"""Whatever ends the program leaves all outputs or none, and no draft."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from superpose import Registration
from superpose.cli import _output
from tests.cli.conftest import Run

pytestmark = pytest.mark.skipif(os.name == "nt", reason="signals are POSIX's")

# A signal sent to the process itself at the moment that a name says.
PRELUDE = """
import os, signal, sys
from superpose.cli import align, main
number, moment = int(sys.argv.pop(1)), sys.argv.pop(1)
def told(inner):
    def call(*arguments, **named):
        result = inner(*arguments, **named)
        os.kill(os.getpid(), number)
        return result
    return call
if moment == "drafted":
    align.dump = told(align.dump)
else:
    from superpose._io.drafts import Draft
    Draft.move_to = told(Draft.move_to)
sys.exit(main.main(sys.argv[1:]))
"""
LINE = "align fixed.png moving.png -o out.png --save-transform t.json --report r.html --levels 3 --quiet"
OUTPUTS = {"out.png", "t.json", "r.html"}


def names() -> set[str]:
    return {each.name for each in Path().iterdir()}


def heard() -> None:
    """Let a process hear the signals that a shell in the background, or nohup, has its children ignore."""
    for number in (signal.SIGTERM, signal.SIGHUP, signal.SIGINT):
        signal.signal(number, signal.SIG_DFL)


def ended_by(number: int, moment: str) -> int:
    line = [sys.executable, "-c", PRELUDE, str(int(number)), moment, *LINE.split()]
    return subprocess.run(line, check=False, timeout=300, preexec_fn=heard).returncode


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGHUP, signal.SIGINT])
def test_a_signal_while_files_are_drafted_leaves_none(folder: Path, number: int) -> None:
    Path("out.png").write_bytes(b"earlier")
    before = names()
    assert ended_by(number, "drafted") == 128 + number
    assert names() == before and Path("out.png").read_bytes() == b"earlier"


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_after_the_first_rename_comes_too_late(folder: Path, number: int) -> None:
    before = names()
    assert ended_by(number, "renamed") == 0
    assert names() == before | OUTPUTS


def test_kill_leaves_a_draft_that_the_next_run_removes(folder: Path, run: Run) -> None:
    before = names()
    assert ended_by(signal.SIGKILL, "drafted") == -signal.SIGKILL
    assert any(name.startswith(".superpose-") for name in names() - before)
    assert run(*LINE.split()).code == 0
    assert names() == before | OUTPUTS


def test_handlers_are_as_they_were_afterwards(folder: Path, run: Run) -> None:
    numbers = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
    before = [signal.getsignal(number) for number in numbers]
    assert run(*LINE.split()).code == 0
    assert [signal.getsignal(number) for number in numbers] == before


def test_nothing_is_written_where_a_later_output_cannot_be(
    folder: Path, run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: object, **__: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(
        "superpose.cli.align.write_figure", lambda *_, **__: _output.write_atomically("p.png", full, "--plot")
    )
    before = names()
    ended = run(*LINE.split(), "--plot", "p.png")
    assert ended.code == 2 and "--plot is 'p.png', which cannot be written: No space left" in ended.err
    assert names() == before


def test_nothing_is_written_where_standard_output_is_full(folder: Path) -> None:
    before = names()
    with Path("/dev/full").open("w") as full:
        done = subprocess.run(
            [sys.executable, "-m", "superpose.cli.main", *LINE.replace("--quiet", "--json").split()],
            stdout=full, stderr=subprocess.PIPE, text=True, check=False,
        )  # fmt: skip
    assert done.returncode == 2 and "standard output is redirected, which cannot be written: No space" in done.stderr
    assert names() == before


@pytest.mark.parametrize("how", ["--json", "--quiet"])
def test_file_names_that_are_no_utf_8(folder: Path, registered: Registration, how: str) -> None:
    name = os.fsdecode(b"caf\xe9")
    Path("moving.png").rename(f"{name}.png")
    line = ["align", "fixed.png", f"{name}.png", "-o", f"{name}-out.png", "--save-transform", f"{name}.json"]
    done = subprocess.run(
        [sys.executable, "-m", "superpose.cli.main", *line, "--report", f"{name}.html", how],
        capture_output=True,
        check=False,
    )
    assert (done.returncode, done.stderr) == (0, b"")
    assert {f"{name}-out.png", f"{name}.json", f"{name}.html"} <= names()
    assert "caf" in Path(f"{name}.html").read_text("utf-8")
