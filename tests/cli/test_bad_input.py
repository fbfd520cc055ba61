"""Whatever is wrong: exit code 2, one line that names the argument, nothing written, earlier outputs whole."""

from __future__ import annotations

import json
import re
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

import superpose
from superpose._io.images import write_image, write_pages
from superpose.cli import main as cli
from tests.cli.conftest import Run

EARLIER = b"what was here before"
OUTPUTS = ("out.png", "t.out.json", "p.png")


@pytest.fixture
def shelf(folder: Path, pair: tuple[NDArray[np.uint8], ...], registered: superpose.Registration) -> Path:
    """The working folder with one file of everything that can be wrong, and earlier outputs."""
    fixed, _ = pair
    Path("empty.png").write_bytes(b"")
    Path("text.png").write_text("not an image\n")
    Path("cut.png").write_bytes(Path("fixed.png").read_bytes()[:3000])
    write_image("whole.tif", fixed.astype(np.float32), "output")
    Path("cut.tif").write_bytes(Path("whole.tif").read_bytes()[:3000])
    write_image("whole.jpg", fixed, "output")
    Path("cut.jpg").write_bytes(Path("whole.jpg").read_bytes()[:3000])
    write_image("constant.png", np.full((40, 40), 7, np.uint8), "output")
    write_image("dot.png", np.zeros((1, 1), np.uint8), "output")
    write_image("float.tif", fixed.astype(np.float32), "output")
    write_image("nan.tif", np.full((40, 40), np.nan, np.float32), "output")
    infinite = fixed.astype(np.float32)
    infinite[3, 4] = np.inf
    write_image("inf.tif", infinite, "output")
    write_pages("stack.tif", [fixed, fixed], "output")
    write_image("colour.png", np.stack([fixed, fixed[::-1], fixed], -1), "output")
    write_image("low.png", fixed[:20], "output")
    Path("folder.png").mkdir()
    Path("text.json").write_text("not json")
    Path("other.json").write_text(json.dumps({"format": "something else"}))
    registered.save("t.json")
    superpose.transforms.write("alone.json", registered.transform)
    broken = json.loads(Path("t.json").read_text())
    del broken["transform"]["matrix"]
    Path("broken.json").write_text(json.dumps(broken))
    for name in OUTPUTS:
        Path(name).write_bytes(EARLIER)
    return folder


ALIGN = ["align", "fixed.png", "moving.png", "-o", "out.png"]


def align(fixed: str = "fixed.png", moving: str = "moving.png", out: str = "out.png") -> list[str]:
    return ["align", fixed, moving, "-o", out, "--save-transform", "t.out.json", "--plot", "p.png"]


BAD = [
    (align("none.png"), r"fixed is 'none\.png', and there is no such file"),
    (align(moving="none/none.png"), r"moving is 'none/none\.png', and there is no such file"),
    (align("folder.png"), r"fixed is 'folder\.png', which is a folder"),
    (align(moving="empty.png"), r"moving is 'empty\.png', which is no complete image file: it is empty"),
    (align("text.png"), r"fixed is 'text\.png', which is no complete image file: it begins with"),
    (align(moving="cut.png"), r"moving is 'cut\.png', which is no complete"),
    (align(moving="cut.jpg"), r"moving is 'cut\.jpg', which is no complete"),
    (align(moving="cut.tif"), r"moving is 'cut\.tif', which is no complete"),
    (align("constant.png"), r"fixed is constant: every pixel that counts is 7"),
    (align(moving="dot.png"), r"moving has shape \(1, 1\), too small"),
    (align("nan.tif"), r"fixed has no pixel to use"),
    (align("inf.tif"), r"fixed has 1 infinite pixels"),
    (align(moving="stack.tif"), r"moving is 'stack\.tif', which holds 2 images; choose one with --moving-page"),
    ([*align(), "--fixed-page", "4"], r"--fixed-page is 4, and the file holds 1 images"),
    (align(out="none/out.png"), r"--output is 'none/out\.png', and its folder 'none' does not exist"),
    (align(out="out.gif"), r"--output is 'out\.gif', whose extension .* use one of \.png"),
    (align(out="folder.png"), r"--output is 'folder\.png', which is a folder"),
    (align(moving="float.tif"), r"--output is 'out\.png', a format that cannot hold float32.* write a \.tif"),
    (align(out="p.png"), r"--plot is 'p\.png', the same file as --output"),
    ([*ALIGN, "--plot", "p.gif"], r"--plot is 'p\.gif', whose extension"),
    ([*ALIGN, "--plot", "none/p.png"], r"--plot is 'none/p\.png', and its folder 'none' does not exist"),
    ([*ALIGN, "--save-transform", "none/t.json"], r"--save-transform is 'none/t\.json', and its folder"),
    ([*align(), "--metric", "nmI2"], r"--metric nmI2 is not known; did you mean 'nmi'"),
    ([*align(), "--optimizer", "powel"], r"--optimizer powel is not known; did you mean 'powell'"),
    ([*align(), "--transform", "rigidd"], r"--transform rigidd is not known; did you mean 'rigid'"),
    ([*align(), "--levels", "0"], r"--levels is 0; pass a whole number of 1 or more"),
    ([*align(), "--metric", "nmi", "--bins", "1"], r"--bins is 1; pass a whole number from 2 to 1024"),
    ([*align(), "--seed", "-1"], r"--seed is -1"),
    ([*align(), "--threads", "0"], r"--threads is 0"),
    ([*align(), "--initial", "none.json"], r"--initial is 'none\.json', and there is no such file"),
    ([*align(), "--initial", "text.json"], r"--initial is 'text\.json', which is no transform saved"),
    (["apply", "none.json", "moving.png", "-o", "out.png"], r"transform is 'none\.json', and there is no such"),
    (["apply", "folder.png", "moving.png", "-o", "out.png"], r"transform is 'folder\.png', which is a folder"),
    (["apply", "fixed.png", "moving.png", "-o", "out.png"], r"transform is 'fixed\.png', .*: it is no text"),
    (["apply", "text.json", "moving.png", "-o", "out.png"], r"transform is 'text\.json', which is no transform"),
    (["apply", "other.json", "moving.png", "-o", "out.png"], r"transform is 'other\.json', .*not marked as"),
    (["apply", "broken.json", "moving.png", "-o", "out.png"], r"transform is 'broken\.json', .*matrix is missing"),
    (["apply", "t.json", "none.png", "-o", "out.png"], r"image is 'none\.png', and there is no such file"),
    (["apply", "t.json", "low.png", "-o", "out.png"], r"image has shape \(20, 160\), and the moving image had"),
    (["apply", "t.json", "moving.png", "-o", "out.png", "--like", "none.png"], r"--like is 'none\.png'"),
    (["apply", "t.json", "float.tif", "-o", "p.tif", "--labels"], r"--labels has dtype float32"),
    (["apply", "t.json", "moving.png", "-o", "p.jpg", "--labels"], r"--output is 'p\.jpg', .* labels without"),
    (["apply", "t.json", "moving.png", "-o", "none/out.png"], r"--output is 'none/out\.png', and its folder"),
    (["apply", "alone.json", "moving.png", "-o", "out.png"], r"transform is 'alone\.json', a transform alone"),
    (["plate", "none.png", "-o", "out.png"], r"plate is 'none\.png', and there is no such file"),
    (["plate", "low.png", "-o", "out.png"], r"plate has shape \(20, 160\), too small to split"),
    (["plate", "colour.png", "-o", "out.png"], r"plate has shape \(128, 160, 3\) and its channels differ"),
    (["plate", "fixed.png", "-o", "out.png", "--order", "rgg"], r"--order is 'rgg'; pass the letters"),
    (["plate", "fixed.png", "-o", "out.png", "--reference", "gren"], r"--reference gren .* did you mean 'green'"),
    (["plate", "fixed.png", "-o", "out.png", "--metric", "mmi"], r"--metric mmi is not known"),
    (["plate", "float.tif", "-o", "out.png"], r"--output is 'out\.png', a format that cannot hold float32"),
    (
        ["plate", "fixed.png", "-o", "t.red.json", "--save-transform", "t.json"],
        r"--save-transform \(red\) is 't\.red\.json', the same file as --output",
    ),
    (["landscape", "none.png", "moving.png", "-o", "p.png"], r"fixed is 'none\.png'"),
    (["landscape", "fixed.png", "moving.png", "-o", "p.gif"], r"--output is 'p\.gif', whose extension"),
    (["landscape", "fixed.png", "moving.png", "-o", "p.png", "--parameter", "angel"], r"--parameter angel .*'angle'"),
    (["landscape", "fixed.png", "moving.png", "-o", "p.png", "--over", "5", "x", "3"], r"--over is '5 x 3'"),
    (["landscape", "fixed.png", "moving.png", "-o", "p.png", "--over", "1", "2", "1"], r"--over is '1 2 1'"),
    (["landscape", "fixed.png", "moving.png", "-o", "p.png", "--over", "3", "2", "5"], r"--over is .*increasing"),
    (["landscape", "fixed.png", "moving.png", "-o", "p.png", "--smooth", "-1"], r"--smooth is -1"),
    (["info", "none.png"], r"image is 'none\.png', and there is no such file"),
    (["info", "cut.png"], r"image is 'cut\.png', which is no complete image file"),
    (["info", "stack.tif"], r"image is 'stack\.tif', which holds 2 images; choose one with --page"),
    (["info", "."], r"image is '\.', which is a folder"),
    (["convert", "none.json", "out.tfm"], r"T\.in is 'none\.json', and there is no such file"),
    (["convert", "text.json", "out.tfm"], r"T\.in is 'text\.json', which is no transform"),
    (["convert", "t.json", "out.mat"], r"T\.out is 'out\.mat', whose extension .* use one of \.json, \.tfm, \.txt"),
    (["convert", "t.json", "t.json"], r"T\.out is 't\.json', the same file as the input T\.in"),
    (["convert", "t.json", "none/t.tfm"], r"T\.out is 'none/t\.tfm', and its folder"),
    (["convert", "t.json", "-"], r"T\.out is '-', standard output, which has no extension"),
    (["convert", "t.json", "-", "--format", "tmf"], r"--format tmf is not known; did you mean 'tfm'"),
    (["stack", "fixed.png", "text.png", "-o", "fixed.png"], r"--output is 'fixed\.png', the same file as the input"),
    (["stack", "fixed.png", "fixed.png", "-o", "out.png", "--combine", "sum"], r"--combine sum is not known"),
    (["stack", "fixed.png", "fixed.png", "-o", "a.tif", "--canvas", "all"], r"--canvas all is not known"),
    (["stack", "fixed.png", "-o", "a.tif", "--save-transforms", "no/t.json"], r"--save-transforms is 'no/t\.json'"),
    (["stack", "fixed.png", "-o", "a.tif", "--timing", "no/t.json"], r"--timing is 'no/t\.json'"),
    (["mosaic", "fixed.png", "moving.png", "-o", "fixed.png"], r"--output is 'fixed\.png', the same file as the input"),
    (["align-channels", "fixed.png", "-o", "fixed.png"], r"--output is 'fixed\.png', the same file as the input"),
    (["align-channels", "fixed.png", "-o", "o.tif"], r"image has 1 channels"),
    (["super-resolve", "fixed.png", "moving.png", "-o", "fixed.png"], r"--output is 'fixed\.png', the same file as"),
    (["super-resolve", "fixed.png", "nowhere.png", "-o", "m.tif"], r"FRAMES is '?nowhere\.png'?, and there is no such"),
    (["super-resolve", "fixed.png", "-o", "m.tif"], r"frames has 1 images, and more detail"),
    (["mosaic", "fixed.png", "moving.png", "-o", "m.tif", "--projection", "spere"], r".*did you mean 'sphere'"),
    (["mosaic", "fixed.png", "moving.png", "-o", "m.tif", "--focal", "300"], r".*on a plane has no focal length"),
    (["mosaic", "fixed.png", "nowhere.png", "-o", "m.tif"], r"IMAGES is '?nowhere\.png'?, and there is no such"),
    (["mosaic apply", "t.json", "fixed.png", "-o", "a.tif"], r"RESULT\.json is 't\.json', which is no result of a mos"),
    (["mosaic apply", "none.json", "fixed.png", "-o", "a.tif"], r"RESULT\.json is 'none\.json', and there is no such"),
    (["stack apply", "t.json", "fixed.png", "-o", "a.tif"], r"RESULT\.json is 't\.json', which is no result"),
    (["stack apply", "text.json", "fixed.png", "-o", "a.tif"], r"RESULT\.json is 'text\.json', which is no result"),
    (["stack apply", "none.json", "fixed.png", "-o", "a.tif"], r"RESULT\.json is 'none\.json', and there is no such"),
    (["average", "fixed.png", "colour.png", "-o", "o.tif"], r"images are of two kinds: fixed\.png has no colours"),
    (["average", "fixed.png", "moving.png", "-o", "fixed.png"], r"--output is 'fixed\.png', the same file as the"),
    (["demo", "-o", "none/dir"], r"--output is 'none/dir', and its folder 'none' does not exist"),
    (["demo", "-o", "fixed.png"], r"--output is 'fixed\.png', which is a file and no folder; name a folder"),
]  # fmt: skip


@pytest.mark.parametrize("arguments, message", BAD, ids=[" ".join(each[0]) for each in BAD])
def test_bad_input(shelf: Path, run: Run, arguments: list[str], message: str) -> None:
    before = {path.name: path.stat().st_mtime_ns for path in shelf.iterdir()}
    ended = run(*arguments)
    assert (ended.code, ended.out) == (2, "")
    assert re.match(rf"superpose: error: {message}", ended.err), ended.err
    assert len(ended.err.splitlines()) == 1
    assert {path.name: path.stat().st_mtime_ns for path in shelf.iterdir()} == before
    assert all((shelf / name).read_bytes() == EARLIER for name in OUTPUTS)


def test_every_verb_is_among_them() -> None:
    assert {arguments[0] for arguments, _ in BAD} == set(cli.VERBS)


def test_outputs_are_checked_before_the_work(shelf: Path, run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    def work(*_: object, **__: object) -> None:
        raise AssertionError("the work began")

    for name in ("register", "colorize", "landscape"):
        monkeypatch.setattr(superpose, name, work)
    late = [(arguments, message) for arguments, message in BAD if re.match(r"--(output|plot|save|over is ')", message)]
    assert len(late) > 10
    for arguments, _ in late:
        assert run(*arguments).code == 2


def test_from_a_real_process_too(shelf: Path, program: Run) -> None:
    ended = program(*align(moving="cut.tif"))
    assert (ended.code, ended.out) == (2, "")
    assert re.fullmatch(r"superpose: error: moving is 'cut\.tif', which is no complete.*\n", ended.err)
    assert all((shelf / name).read_bytes() == EARLIER for name in OUTPUTS)
