"""Nothing but the outputs' own folder has to be writable: no home, no temporary folder, no working folder."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

import superpose
from superpose._io.images import read_image, write_image

# Every way to write that Python knows of, refused outside one folder, for root as well as for others.
PRELUDE = """
import os, sys
allowed, written = sys.argv.pop(1), os.O_WRONLY | os.O_RDWR | os.O_CREAT
def refuse(event, arguments):
    place = None
    if event == "open" and isinstance(arguments[0], (str, bytes)):
        mode, flags = arguments[1:]
        if set(mode or "") & set("wax+") or (flags or 0) & written:
            place = arguments[0]
    elif event in ("os.mkdir", "os.rename", "os.remove", "os.rmdir", "os.link", "os.symlink"):
        place = arguments[0] if arguments[-1] == -1 else None  # else it is relative to an open folder: rmtree's way
    if place is not None and not os.path.realpath(os.fsdecode(place)).startswith((allowed, os.devnull)):
        raise OSError(30, "Read-only file system", place)
sys.addaudithook(refuse)
from superpose.cli.main import main
sys.exit(main(sys.argv[1:]))
"""

VERBS = {
    "align": "align fixed.png moving.png -o {out}/a.png --plot {out}/p.png --save-transform {out}/t.json"
    " --report {out}/r.html",
    "plate": "plate plate.png -o {out}/colour.png --plot {out}/plate.png",
    "landscape": "landscape fixed.png moving.png -o {out}/curve.png",
}


pytestmark = pytest.mark.slow


@dataclass(frozen=True)
class Ended:
    """How a run ended, what it left in the folder of outputs, and what came to be in the working folder."""

    code: int
    err: str
    out: Path
    beside: set[str]


@pytest.fixture(scope="module")
def closed(
    pair: tuple[NDArray[np.uint8], ...],
    registered: superpose.Registration,
    coffee: NDArray[np.uint8],
    tmp_path_factory: pytest.TempPathFactory,
) -> Path:
    """The working folder, to be read only."""
    folder = tmp_path_factory.mktemp("closed")
    small = coffee[40:240, 100:340]
    plate = np.vstack([np.roll(small[..., k], 2 * k, axis=0) for k in (2, 1, 0)])
    for name, image in (("fixed.png", pair[0]), ("moving.png", pair[1]), ("plate.png", plate)):
        write_image(folder / name, image, "output")
    registered.save(folder / "t.json")
    return folder


def run(folder: Path, out: Path, line: str, prelude: str = PRELUDE) -> Ended:
    """Run a command that may write to `out` alone."""
    nowhere = dict.fromkeys(("HOME", "TMPDIR", "TEMP", "TMP", "XDG_CACHE_HOME", "XDG_CONFIG_HOME"), "/dev/null/none")
    environment = {name: value for name, value in os.environ.items() if name != "MPLCONFIGDIR"} | nowhere
    before = {path.name for path in folder.iterdir()}
    done = subprocess.run(
        [sys.executable, "-c", prelude, str(out), *line.format(out=out, folder=folder).split()],
        cwd=folder, env=environment, capture_output=True, text=True, check=False, timeout=300,
    )  # fmt: skip
    return Ended(done.returncode, done.stderr, out, {path.name for path in folder.iterdir()} ^ before)


@pytest.fixture(scope="module")
def closed_run(closed: Path, tmp_path_factory: pytest.TempPathFactory) -> Callable[[str], Ended]:
    """Run a verb's line in the closed folder, once for all who ask."""
    return cache(lambda verb: run(closed, tmp_path_factory.mktemp(verb), VERBS[verb]))


@pytest.mark.parametrize("verb", VERBS)
def test_no_temporary_file_and_no_home_is_needed(closed_run: Callable[[str], Ended], verb: str) -> None:
    ended = closed_run(verb)
    assert (ended.code, ended.err) == (0, "")
    assert ended.beside == set()
    named = {Path(word).name for word in VERBS[verb].split() if word.startswith("{out}")}
    assert {path.name for path in ended.out.iterdir()} == named


def test_that_check_can_fail(closed: Path, tmp_path: Path) -> None:
    ended = run(closed, tmp_path, "apply t.json moving.png -o {folder}/a.png")
    assert ended.code == 2 and "Read-only file system" in ended.err
    assert ended.beside == set()


@pytest.mark.parametrize("line", ["landscape fixed.png moving.png -o {folder}/c.png", "demo -o {folder}"])
def test_a_figure_s_folder_that_cannot_be_written_to_is_told_in_a_line(closed: Path, tmp_path: Path, line: str) -> None:
    ended = run(closed, tmp_path, line)
    assert ended.code == 2
    assert ended.err.startswith("superpose: error: --output is ") and ended.err.count("\n") == 1
    assert "which cannot be written: Read-only file system; name a place where you may write" in ended.err
    assert ended.beside == set()


def test_the_same_bits_come_out(closed: Path, closed_run: Callable[[str], Ended], tmp_path: Path) -> None:
    shut = read_image(closed_run("align").out / "a.png", "image")
    plainly = "import sys; sys.argv.pop(1)\nfrom superpose.cli.main import main; main(sys.argv[1:])"
    assert run(closed, tmp_path, "align fixed.png moving.png -o {out}/a.png", plainly).code == 0
    np.testing.assert_array_equal(read_image(tmp_path / "a.png", "image"), shut)
