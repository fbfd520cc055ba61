"""Nothing but the outputs' own folder has to be writable: no home, no temporary folder, no working folder."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

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

VERBS = [
    "align fixed.png moving.png -o {out}/a.png --plot {out}/p.png --save-transform {out}/t.json --report {out}/r.html",
    "plate plate.png -o {out}/colour.png --plot {out}/plate.png",
    "landscape fixed.png moving.png -o {out}/curve.png",
]


@pytest.fixture
def closed(folder: Path, tmp_path: Path, coffee: NDArray[np.uint8]) -> tuple[Path, Path]:
    """The working folder, to be read only, and the outputs' folder."""
    small = coffee[40:240, 100:340]
    write_image("plate.png", np.vstack([np.roll(small[..., k], 2 * k, axis=0) for k in (2, 1, 0)]), "output")
    out = tmp_path / "out"
    out.mkdir()
    return folder, out


def run(folder: Path, out: Path, command: list[str], prelude: str = PRELUDE) -> subprocess.CompletedProcess[str]:
    nowhere = dict.fromkeys(("HOME", "TMPDIR", "TEMP", "TMP", "XDG_CACHE_HOME", "XDG_CONFIG_HOME"), "/dev/null/none")
    environment = {name: value for name, value in os.environ.items() if name != "MPLCONFIGDIR"} | nowhere
    given = [word.format(out=out) for word in command]
    return subprocess.run(
        [sys.executable, "-c", prelude, str(out), *given],
        cwd=folder, env=environment, capture_output=True, text=True, check=False, timeout=300,
    )  # fmt: skip


@pytest.mark.slow
@pytest.mark.parametrize("line", VERBS, ids=[line.split()[0] for line in VERBS])
def test_no_temporary_file_and_no_home_is_needed(closed: tuple[Path, Path], line: str) -> None:
    (folder, out), command = closed, line.split()
    before = sorted(path.name for path in folder.iterdir())
    done = run(folder, out, command)
    assert (done.returncode, done.stderr) == (0, "")
    assert sorted(path.name for path in folder.iterdir()) == before
    named = {Path(word).name for word in command if word.startswith("{out}")}
    assert {path.name for path in out.iterdir()} == named


def test_that_check_can_fail(closed: tuple[Path, Path]) -> None:
    folder, out = closed
    done = run(folder, out, ["align", "fixed.png", "moving.png", "-o", str(folder / "a.png"), "--levels", "1"])
    assert done.returncode == 2 and "Read-only file system" in done.stderr
    assert not (folder / "a.png").exists()


def test_the_same_bits_come_out(closed: tuple[Path, Path]) -> None:
    folder, out = closed
    command = ["align", "fixed.png", "moving.png", "-o", "{out}/a.png", "--levels", "2"]
    run(folder, out, command)
    shut = read_image(out / "a.png", "image")
    (out / "a.png").unlink()
    run(folder, out, command, "import sys; sys.argv.pop(1)\nfrom superpose.cli.main import main; main(sys.argv[1:])")
    np.testing.assert_array_equal(read_image(out / "a.png", "image"), shut)
