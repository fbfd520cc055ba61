"""Whatever ends the program leaves all outputs or none, and no draft."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
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
@pytest.mark.slow
def test_a_signal_while_files_are_drafted_leaves_none(folder: Path, number: int) -> None:
    Path("out.png").write_bytes(b"earlier")
    before = names()
    assert ended_by(number, "drafted") == 128 + number
    assert names() == before and Path("out.png").read_bytes() == b"earlier"


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
@pytest.mark.slow
def test_a_signal_after_the_first_rename_comes_too_late(folder: Path, number: int) -> None:
    before = names()
    assert ended_by(number, "renamed") == 0
    assert names() == before | OUTPUTS


@pytest.mark.slow
def test_kill_leaves_a_draft_that_the_next_run_removes(folder: Path, run: Run) -> None:
    before = names()
    assert ended_by(signal.SIGKILL, "drafted") == -signal.SIGKILL
    assert any(name.startswith(".superpose-") for name in names() - before)
    assert run(*LINE.split()).code == 0
    assert names() == before | OUTPUTS


@pytest.mark.slow
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


@pytest.mark.slow
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
@pytest.mark.slow
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


# A signal that comes as soon as a module of this name begins to load.
LOADING = """
import importlib.abc, os, signal, sys
name, number = sys.argv.pop(1), int(sys.argv.pop(1))
class Teller(importlib.abc.MetaPathFinder):
    def find_spec(self, wanted, path=None, target=None):
        if wanted == name:
            os.kill(os.getpid(), number)
sys.meta_path.insert(0, Teller())
from superpose.cli.program import main
sys.exit(main())
"""
LOADED = ["superpose.cli.main", "superpose.errors", "superpose.cli.align", "numpy", "numpy.linalg", "scipy.fft"]
LOADED += ["superpose._kernels", "PIL.PngImagePlugin", "matplotlib.figure", "superpose._report.page", "jinja2"]


@pytest.mark.slow
@pytest.mark.parametrize("name", LOADED)
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_while_modules_load(folder: Path, name: str, number: int) -> None:
    before = names()
    line = [sys.executable, "-c", LOADING, name, str(int(number)), *LINE.split(), "--plot", "p.png"]
    done = subprocess.run(line, capture_output=True, text=True, check=False, timeout=300, preexec_fn=heard)
    said = "superpose: interrupted\n" if number == signal.SIGINT else ""
    assert (done.returncode, done.stdout, done.stderr) == (128 + number, "", said)
    assert names() == before


def test_a_second_interrupt_does_not_stop_the_tidying_up(folder: Path) -> None:
    twice = LOADING.replace("os.kill(os.getpid(), number)", "[os.kill(os.getpid(), number) for _ in range(2)]")
    line = [sys.executable, "-c", twice, "superpose.cli.align", str(int(signal.SIGINT)), *LINE.split()]
    done = subprocess.run(line, capture_output=True, text=True, check=False, timeout=300, preexec_fn=heard)
    assert (done.returncode, done.stderr) == (130, "superpose: interrupted\n")


@pytest.mark.slow
def test_importing_superpose_handles_no_signal() -> None:
    code = "import signal; before = signal.getsignal(2); import superpose; superpose.register; "
    code += "import superpose.cli.main; assert signal.getsignal(2) is before"
    subprocess.run([sys.executable, "-c", code], check=True, timeout=300, preexec_fn=heard)


@pytest.mark.slow
def test_interrupted_at_any_time(folder: Path) -> None:
    """It says so, and ends: no lock that a thread waits for stays taken."""
    # Before that Python itself is interrupted, which has not heard of superpose yet.
    code = "import sys; from superpose.cli.program import main; print('x', flush=True); sys.exit(main())"
    before = names()
    for tenths in range(12):
        started = subprocess.Popen(
            [sys.executable, "-c", code, *LINE.split(), "--plot", "p.png"],
            stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, preexec_fn=heard,
        )  # fmt: skip
        assert started.stdout is not None and started.stdout.readline() == "x\n"
        time.sleep(0.01 + tenths / 10)
        started.send_signal(signal.SIGINT)
        try:
            _, err = started.communicate(timeout=60)
        finally:
            started.kill()
        if started.returncode == 0:  # it was done already
            assert err == "" and names() == before | OUTPUTS | {"p.png"}
            break
        assert (started.returncode, err) == (130, "superpose: interrupted\n")
        assert names() == before
