"""Standard input and output, and pipes, in the place of files."""

from __future__ import annotations

import os
import re
import subprocess
import sys
import threading
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

import superpose
from superpose._io.images import read_image, write_image
from tests.cli.conftest import Run

pytestmark = pytest.mark.skipif(os.name == "nt", reason="pipes with names are POSIX's")

PROGRAM = [sys.executable, "-m", "superpose.cli.main"]
ALIGN = ["align", "fixed.png", "moving.png", "--levels", "3", "--accept-unreliable"]


def ended(*arguments: str, given: bytes | None = None) -> tuple[int, bytes, str]:
    done = subprocess.run([*PROGRAM, *arguments], input=given, capture_output=True, check=False, timeout=300)
    return done.returncode, done.stdout, done.stderr.decode()


@pytest.mark.slow
def test_a_picture_from_standard_input_to_standard_output(folder: Path, run: Run) -> None:
    assert run(*ALIGN, "-o", "out.png").code == 0
    line = ["align", "fixed.png", "-", *ALIGN[3:], "-o", "-", "--format", "png", "--save-transform", "t.json"]
    code, out, err = ended(*line, given=Path("moving.png").read_bytes())
    assert code == 0 and out == Path("out.png").read_bytes()
    assert err.startswith("moving is turned") and "ncc" in err  # the words do not go into the picture
    # A saved transform through a pipe, and by the system's own names.
    code, out, _ = ended("apply", "/dev/stdin", "moving.png", "-o", "/dev/stdout", "--format", "tif", "--quiet",
                         given=Path("t.json").read_bytes())  # fmt: skip
    Path("piped.tif").write_bytes(out)
    np.testing.assert_array_equal(read_image("piped.tif", "image"), read_image("out.png", "image"))
    code, out, _ = ended(*ALIGN, "-o", "out2.png", "--save-transform", "-", "--quiet")
    Path("t2.json").write_bytes(out)
    assert code == 0 and superpose.load("t2.json").transform == superpose.load("t.json").transform


@pytest.mark.parametrize("form", ["png", "tif", "bmp", "webp", "jp2", "npy", "jpg"])
def test_all_formats_are_read_from_pipes(folder: Path, form: str) -> None:
    pixels = read_image("moving.png", "image")
    Image.fromarray(pixels).convert("RGB").save("m.webp", lossless=True)
    if form != "webp":
        write_image(f"m.{form}", pixels, "output")
    os.mkfifo("pipe")
    feeder = threading.Thread(target=lambda: Path("pipe").write_bytes(Path(f"m.{form}").read_bytes()))
    feeder.start()
    piped = read_image("pipe", "image")
    feeder.join()
    np.testing.assert_array_equal(piped, read_image(f"m.{form}", "image"))


CLOSED = """
import os, sys
for number in sys.argv.pop(1).split(","):
    os.close(int(number))
os.execv(sys.executable, [sys.executable, "-m", "superpose.cli.main", *sys.argv[1:]])
"""


@pytest.mark.parametrize("closed", ["0", "1", "2", "0,1,2"])
@pytest.mark.slow
def test_no_file_takes_the_place_of_a_closed_stream(folder: Path, closed: str) -> None:
    line = [sys.executable, "-c", CLOSED, closed, *ALIGN, "-o", "out.png", "--save-transform", "t.json"]
    done = subprocess.run(line, capture_output=True, text=True, check=False, timeout=300)
    assert (done.returncode, done.stderr) == (0, "") and ("moving is" in done.stdout) == (closed in "02")
    assert read_image("out.png", "image").shape == read_image("fixed.png", "image").shape
    superpose.load("t.json")
    Path("bad.tif").write_bytes(b"II*\0" + bytes(40))
    line[5:7] = "fixed.png", "bad.tif"
    done = subprocess.run(line, capture_output=True, text=True, check=False, timeout=300)
    assert done.returncode == 2 and ("bad.tif" in done.stderr) == (closed in "01")


@pytest.mark.slow
def test_words_do_not_go_into_the_picture_where_nobody_hears_them(folder: Path) -> None:
    line = [sys.executable, "-c", CLOSED, "2", *ALIGN, "-o", "-", "--format", "png"]
    done = subprocess.run(line, capture_output=True, check=False, timeout=300)
    assert done.returncode == 0 and done.stdout.startswith(b"\x89PNG") and b"ncc" not in done.stdout[-200:]


def test_what_cannot_be_said_ends_the_program_in_words(folder: Path) -> None:
    for asked in (["--version", "--json"], ["--completion", "bash"]):
        with Path("/dev/full").open("w") as full:
            done = subprocess.run([*PROGRAM, *asked], stdout=full, stderr=subprocess.PIPE, text=True, check=False)
        assert done.returncode == 2 and done.stderr.startswith("superpose: error: standard output is redirected, which")


@pytest.mark.slow
def test_a_working_folder_that_was_removed(folder: Path) -> None:
    code = "import os; os.mkdir('gone'); os.chdir('gone'); os.rmdir('../gone'); from superpose.cli.main import main; "
    for out, said in (
        ("o.png", "fixed is 'fixed.png', and there is no such file"),
        (str(folder / "o.png"), "fixed is"),
    ):
        # -P as for the program that users call: a removed folder on the path stops NumPy on Python 3.13.0.
        line = [sys.executable, "-P", "-c", f"{code} main({['align', 'fixed.png', 'moving.png', '-o', out]})"]
        done = subprocess.run(line, capture_output=True, text=True, check=False, timeout=300)
        assert said in done.stderr and "Traceback" not in done.stderr


def test_a_format_in_place_of_an_extension(folder: Path, run: Run) -> None:
    assert run(*ALIGN, "-o", "out.dat", "--format", "tiff").code == 0
    assert Path("out.dat").read_bytes()[:4] == b"II*\0"
    assert run("landscape", "fixed.png", "moving.png", "-o", "map.dat", "--format", "svg", "--over", 0, 2, 3).code == 0
    assert b"<svg" in Path("map.dat").read_bytes()


@pytest.mark.parametrize(
    "line, words",
    [
        ("align - - -o out.png", "MOVING is '-', and standard input is FIXED already; name a file"),
        ("align fixed.png - -o out.png --initial -", "--initial is '-', and standard input is MOVING already"),
        ("align fixed.png /dev/stdin -o out.png --fixed-mask -", "--fixed-mask is '-', and standard input is MOVING"),
        ("apply - - -o out.png", "IMAGE is '-', and standard input is T.json already"),
        ("landscape - - -o out.png", "MOVING is '-', and standard input is FIXED already"),
        ("align fixed.png moving.png -o -", "--output is '-', standard output, which has no extension .* --format png"),
        ("plate fixed.png -o -", "--output is '-', standard output, which has no extension"),
        ("landscape fixed.png moving.png -o -", "--output is '-', standard output, which has no extension"),
        ("align fixed.png moving.png -o - --format png --json", "--output is '-', standard output, where --json goes"),
        ("align fixed.png moving.png -o - --format png --report -", "--report is '-', .* where --output goes, too"),
        ("align fixed.png moving.png -o - --format pgn", "--format pgn is not known; did you mean 'png'"),
        ("landscape fixed.png moving.png -o a --format webp", "--format webp is not known; .*choose one of jpeg"),
        ("align fixed.png moving.png -o out.png --plot -", "--plot is '-', and figures go to files"),
        ("plate fixed.png -o out.png --save-transform -", "--save-transform is '-', and one file a channel is written"),
        ("demo -o -", "--output is '-', and a folder of pictures is written; name a file"),
        ("align fixed.png float.tif -o a --format png", "--output is to be png, .* cannot hold float32 .* as tif"),
    ],
)
def test_what_cannot_be(folder: Path, run: Run, line: str, words: str) -> None:
    write_image("float.tif", read_image("moving.png", "image").astype(np.float32), "output")
    before = set(folder.iterdir())
    done = run(*line.split())
    assert (done.code, done.out) == (2, "")
    assert re.match(f"superpose: error: {words}", done.err), done.err
    assert set(folder.iterdir()) == before


@pytest.mark.slow
def test_a_picture_nobody_reads_leaves_the_other_files(folder: Path) -> None:
    command = " ".join([*PROGRAM, *ALIGN, "-o - --format png --save-transform t.json --quiet | true"])
    done = subprocess.run(
        ["bash", "-c", f"{command}; echo ${{PIPESTATUS[0]}}"], capture_output=True, text=True, check=False, timeout=300
    )
    assert (done.stdout, done.stderr) == ("141\n", "")
    assert Path("t.json").exists()


@pytest.mark.parametrize("closed", ["<&-", ">&-"])
def test_closed_streams(folder: Path, closed: str) -> None:
    command = " ".join([*PROGRAM, "align fixed.png - -o - --format png", closed, "< /dev/null" * (closed == ">&-")])
    done = subprocess.run(["bash", "-c", command], capture_output=True, text=True, check=False, timeout=300)
    assert done.returncode == 2
    assert done.stderr.startswith("superpose: error: ") and len(done.stderr.splitlines()) == 1


def test_what_has_no_end_is_refused(folder: Path, run: Run) -> None:
    done = run("align", "/dev/zero", "moving.png", "-o", "out.png")
    assert done.code == 2 and "which is no complete image file: it begins with" in done.err
    command = f"(cat moving.png; yes) | {' '.join(PROGRAM)} align - fixed.png -o out.png --max-pixels 30000"
    ended = subprocess.run(["bash", "-c", command], capture_output=True, text=True, check=False, timeout=300)
    assert ended.returncode == 2 and "bytes come out of it" in ended.stderr
