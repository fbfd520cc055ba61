"""What is seen on a terminal: a real one, of a process of its own."""

from __future__ import annotations

import os
import re
import subprocess
import sys

import numpy as np
import pytest

from superpose import Level
from superpose._progress.terminal import OnTerminal
from superpose._progress.watch import Stage

PAIR = """
import numpy as np, sys
from scipy import ndimage
noise = np.random.default_rng(3).random((160, 160))
fixed = sum(ndimage.gaussian_filter(noise, s) * s for s in (1.5, 4, 12))
"""
REGISTER = PAIR + "import superpose; superpose.register(fixed, np.roll(fixed, 3, 1), progress=True)"
FAILED = PAIR + "import superpose; superpose.register(fixed[:, :80] * 0, fixed, progress=True)"


def on_a_terminal(code: str, **environment: str) -> tuple[int, str]:
    """Run Python with standard error on a terminal and return its exit code and what came there."""
    pty = pytest.importorskip("pty", reason="no pseudo-terminals on Windows")
    ours, theirs = pty.openpty()
    process = subprocess.Popen(
        [sys.executable, "-c", code],
        stderr=theirs,
        stdout=subprocess.PIPE,
        env=os.environ | {"TERM": "xterm-256color", "COLUMNS": "80", "LINES": "24"} | environment,
    )
    os.close(theirs)
    said = b""
    while True:
        try:
            part = os.read(ours, 65536)
        except OSError:  # the other end is closed
            break
        if not part:
            break
        said += part
    out, _ = process.communicate()
    os.close(ours)
    assert out == b""
    return process.returncode, said.decode()


def left(text: str) -> list[str]:
    """Return the lines that are left once a terminal has obeyed what erases them."""
    lines, row = [""], 0
    for command, plain in re.findall(r"(\x1b\[[?\d;]*[A-Za-z]|\r|\n)|([^\x1b\r\n]+)", text):
        if command == "\n":
            row += 1
            lines += [""] * (row + 1 - len(lines))
        elif command == "\x1b[1A":
            row -= 1
        elif command == "\x1b[2K":
            lines[row] = ""
        lines[row] += plain
    return [line for line in lines if line]


@pytest.mark.slow
def test_stages_are_shown_while_it_works_and_a_line_stays() -> None:
    code, said = on_a_terminal(REGISTER)
    assert code == 0
    for stage in ("search", "refine", "verify"):
        assert said.count(stage) > 1
    assert "100 %" in said
    (line,) = left(said)
    assert re.fullmatch(r"search \d+\.\d\d s, refine \d+\.\d\d s, verify \d+\.\d\d s", line)


@pytest.mark.slow
def test_an_error_leaves_nothing_of_it() -> None:
    code, said = on_a_terminal(FAILED)
    assert code == 1
    assert "InputError" in said and " s, " not in said and left(said)[0].startswith("Traceback")


@pytest.mark.slow
def test_a_terminal_that_cannot_erase_gets_the_line_only() -> None:
    _, said = on_a_terminal(REGISTER, TERM="dumb")
    assert "\x1b" not in said
    assert said.strip().startswith("search ")
    assert said.count("verify") == 1


def test_a_row_says_share_time_and_size(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.setattr("time.perf_counter", lambda: 2.0)
    watch = OnTerminal()
    monkeypatch.setattr(watch._live, "start", lambda: None)
    watch.begin(Stage.SEARCH)
    watch.level(Level((48, 64), (), 0.5, 7, 0.1), 1)
    watch.begin(Stage.VERIFY)
    watch.begin(Stage.REFINE)
    watch.level(Level((48, 64), (), 0.5, 7, 0.1), 1)
    watch._console.print(watch._table())
    search, refine, verify = capsys.readouterr().err.splitlines()
    assert search.split()[0] == "search" and "100 %" in search
    assert "25 %" in refine and refine.rstrip().endswith("0.0 s 48 x 64")
    assert "100 %" in verify


@pytest.mark.slow
def test_rich_is_loaded_for_people_only() -> None:
    code = PAIR + "import superpose\nfor progress in (False, print, True): "  # there is no terminal here
    code += "superpose.register(fixed, np.roll(fixed, 3, 1), progress=progress)\nprint('rich' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.splitlines()[-1] == "False"
    assert "Level(" in done.stdout  # it did print them


def test_closed_twice_it_says_it_once(capsys: pytest.CaptureFixture[str]) -> None:
    with OnTerminal() as watch:
        watch.begin(Stage.WARP)
        watch.close()
        assert capsys.readouterr().err.count("warp") == 1
    assert capsys.readouterr().err == ""
    assert np.isclose(watch.steps[0].share or 0, 1)
