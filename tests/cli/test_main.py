"""The program itself: help, exit codes, signals, streams."""

from __future__ import annotations

import os
import re
import shlex
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

import superpose
from superpose._io.images import write_image
from superpose.cli import main as cli
from superpose.metrics import METRICS
from tests.cli.conftest import Run


def test_version(run: Run) -> None:
    ended = run("--version")
    assert (ended.code, ended.out) == (0, f"superpose {superpose.__version__}\n")


def test_the_installed_program_is_this_one(program: Run) -> None:
    found = Path(sys.executable).with_name("superpose")
    done = subprocess.run([found, "--version"], capture_output=True, text=True, check=True)
    assert done.stdout == program("--version").out


def test_python_runs_it_as_a_module(program: Run) -> None:
    done = subprocess.run([sys.executable, "-m", "superpose", "--version"], capture_output=True, text=True, check=True)
    assert (done.stdout, done.stderr) == (program("--version").out, "")
    done = subprocess.run([sys.executable, "-m", "superpose", "align"], capture_output=True, text=True, check=False)
    assert done.returncode == 2 and "superpose align" in done.stderr


def test_help_names_every_verb_and_every_exit_code(run: Run) -> None:
    said = run("--help").out
    for verb, summary in cli.VERBS.items():
        assert re.search(rf"{verb}\s+{summary}", said)
    for code in ("0 done", "2 bad input or usage", "3 not reliable", "130 interrupted"):
        assert code in said
    assert "superpose align fixed.png moving.png -o aligned.png" in said


def test_general_help_is_quick_for_it_loads_no_library() -> None:
    check = "import sys; from superpose.cli.main import main; main(['--help']); print('numpy' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", check], capture_output=True, text=True, check=True)
    assert done.stdout.endswith("False\n")


def test_help_of_a_verb_knows_the_metrics(run: Run) -> None:
    said = " ".join(run("align", "--help").out.split())
    assert ", ".join(METRICS) in said


def examples() -> list[tuple[str, list[str]]]:
    """Return (verb, command) for every example in the help of every verb."""
    found = []
    for verb in cli.VERBS:
        text = (
            Path(cli.__file__).with_name(f"{verb.replace(' ', '_').replace('-', '_')}.py").read_text().split('"""')[1]
        )
        commands = re.findall(r"^  (superpose .*(?:\n      .*)*)", text, re.MULTILINE)
        assert commands, f"{verb} shows no example"
        found += [(verb, shlex.split(command.replace("\\\n", " "))[1:]) for command in commands]
    return found


@pytest.fixture
def everything(
    folder: Path,
    pair: tuple[NDArray[np.uint8], ...],
    registered: superpose.Registration,
    coffee: NDArray[np.uint8],
) -> Path:
    """The working folder, with all the files that the examples name."""
    registered.save("pose.json")
    write_image("labels.png", pair[1] // 50, "output")
    small = coffee[40:240, 100:340]
    write_image("plate.png", np.vstack([np.roll(small[..., k], 2 * k, axis=0) for k in (2, 1, 0)]), "output")
    for k in range(3):
        for name in ("frame", "red", "head"):
            write_image(f"{name}{k + 1}.png", np.roll(pair[0], k, axis=0), "output")
    for k in range(3):
        for name in ("tile", "other"):
            write_image(f"{name}{k + 1}.png", pair[0][:, 30 * k : 30 * k + 100], "output")
    Path("stage.csv").write_text("name,row,column\ntile1.png,0,0\ntile2.png,1,31\ntile3.png,0,60\n")
    superpose.stack([f"frame{k}.png" for k in (1, 2, 3)]).save("drift.json")
    tiles = [f"tile{k}.png" for k in (1, 2, 3)]
    superpose.mosaic(tiles, positions="stage.csv", blend=None).save("places.json")
    return folder


@pytest.mark.parametrize("verb, command", [each for each in examples() if each[0] != "demo"])
def test_the_examples_of_the_help_work(everything: Path, run: Run, verb: str, command: list[str]) -> None:
    before = set(everything.iterdir())
    ended = run(*command)
    assert (ended.code, ended.err) == (0, "")
    made = {path.name for path in set(everything.iterdir()) - before}
    named = [word for word in command if Path(word).suffix in (".png", ".json", ".html", ".tfm", ".tif")]
    assert made == {name for name in named if everything / name not in before}
    assert made or verb == "info"


# --- usage --------------------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    "arguments, said",
    [
        (["xyz", "abc"], "did you mean: superpose align xyz abc"),
        (["aling"], "did you mean: superpose align"),
        (["align"], "required: FIXED, MOVING, -o/--output"),
        (["align", "a", "b", "-o", "c.png", "--levels", "many"], "--levels: invalid int value: 'many'"),
        (["align", "a", "b", "-o", "c.png", "--order", "2"], "--order: invalid choice: 2"),
        (
            ["align", "a", "b", "-o", "c.png", "--trans", "rigid"],
            "unrecognized arguments: --trans; did you mean --transform?",
        ),
        (["apply", "t", "i", "-o", "o.png", "--labels", "--order", "0"], "not allowed with argument"),
    ],
)
def test_usage_errors(run: Run, arguments: list[str], said: str) -> None:
    ended = run(*arguments)
    assert (ended.code, ended.out) == (2, "")
    assert said in ended.err


# --- streams and signals ------------------------------------------------------------------------------------
@pytest.mark.slow
def test_a_reader_that_goes_away_is_no_error(folder: Path) -> None:
    align = "align fixed.png moving.png -o out.png --json --levels 2"
    command = f"{sys.executable} -m superpose.cli.main {align} | true; echo ${{PIPESTATUS[0]}}"
    # The reader is gone before there is anything to read.
    done = subprocess.run(["bash", "-c", command], cwd=folder, capture_output=True, text=True, check=False, timeout=300)
    assert (done.stdout, done.stderr) == (f"{cli.ExitCode.READER_GONE}\n", "")
    assert (folder / "out.png").exists()


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="the system has no /dev/full")
@pytest.mark.slow
def test_full_standard_output_is_an_error_in_words(folder: Path) -> None:
    arguments = ["align", "fixed.png", "moving.png", "-o", "out.png", "--levels", "2"]
    with Path("/dev/full").open("w") as full:
        done = subprocess.run(
            [sys.executable, "-m", "superpose.cli.main", *arguments],
            cwd=folder,
            stdout=full,
            stderr=subprocess.PIPE,
            text=True,
            check=False,
            timeout=300,
        )
    assert done.returncode == 2
    assert done.stderr.startswith("superpose: error: standard output is redirected, which cannot be written: No space")
    assert len(done.stderr.splitlines()) == 1


def test_interrupted_in_this_process(folder: Path, run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    def stopped(*_: object, **__: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(superpose, "register", stopped)
    Path("out.png").write_bytes(b"earlier")
    ended = run("align", "fixed.png", "moving.png", "-o", "out.png")
    assert (ended.code, ended.out, ended.err) == (130, "", "superpose: interrupted\n")
    assert Path("out.png").read_bytes() == b"earlier"


@pytest.mark.slow
def test_interrupted_by_the_keyboard(folder: Path, camera: NDArray[np.uint8]) -> None:
    write_image(folder / "big.png", np.tile(camera, (3, 3)), "output")
    (folder / "out.png").write_bytes(b"earlier")
    arguments = [
        "align",
        "big.png",
        "big.png",
        "-o",
        "out.png",
        "--optimizer",
        "basinhopping",
        "--levels",
        "8",
    ]
    process = subprocess.Popen(
        [sys.executable, "-c", WATCHED, *arguments],
        cwd=folder,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    assert process.stdout is not None
    assert process.stdout.readline() == "started\n"
    time.sleep(1)
    os.kill(process.pid, signal.SIGINT)
    out, err = process.communicate(timeout=120)
    assert (process.returncode, out, err) == (130, "", "superpose: interrupted\n")
    assert (folder / "out.png").read_bytes() == b"earlier"


# Says when the work has begun, so that the signal neither comes too early nor waits for luck; and heeds the signal
# where the tests run in the background of a shell, which has them and their children ignore it.
WATCHED = """
import signal, sys
signal.signal(signal.SIGINT, signal.default_int_handler)
import superpose
from superpose.cli.main import main
real = superpose.register
def register(*arguments, **settings):
    print("started", flush=True)
    return real(*arguments, **settings)
superpose.register = register
sys.exit(main(sys.argv[1:]))
"""
