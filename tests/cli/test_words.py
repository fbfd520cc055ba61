"""The shell speaks the shell's words, and asks what was perhaps meant."""

from __future__ import annotations

import re
from pathlib import Path

import numpy as np
import pytest

from superpose._io.images import read_image, write_image
from superpose._messages.alignment import ALIGNMENT
from superpose.cli._words import finding, in_shell_words
from superpose.errors import text
from tests.cli.conftest import Run


@pytest.mark.parametrize(
    "python, shell",
    [
        ("on_unreliable='ignore' (--accept-unreliable) says", "--accept-unreliable says"),
        ("pass a larger tolerance= (--tolerance) if", "pass a larger --tolerance if"),
        ("pass allow_flip=True if", "pass --allow-flip if"),
        ("levels is 0; pass", "--levels is 0; pass"),
        ("bins=10 is not known", "--bins 10 is not known"),
        ("choose a smaller family with transform=, or", "choose a smaller family with --transform, or"),
        ("pass optimizer='powell'", "pass --optimizer powell"),
        ("such as search=SearchRange(scale=4) (--max-scale 4) if", "such as --max-scale 4 if"),
        ("see it with Registration.at(basin), for a basin of .basins", "see it in the report (--report)"),
        ("--bins 10 and fixed.png", "--bins 10 and fixed.png"),
    ],
)
def test_words(python: str, shell: str) -> None:
    assert in_shell_words(python) == shell


def test_fill_is_a_note() -> None:
    assert finding("moving has 20 % of its pixels in a constant fill [fill]").startswith("note: moving")
    assert finding("tolerance= [x]") == "warning: --tolerance [x]"


@pytest.mark.parametrize("code", ALIGNMENT)
def test_no_warning_has_python_in_it(code: str) -> None:
    message = ALIGNMENT[code]
    names = re.findall(r"\{(\w+)\}", message.says + message.do)
    said = finding(text(code, **dict.fromkeys(names, "try transform='affine'" if code == "misfit" else "4")))
    assert not re.search(r"[a-z]=|\(\)|\.[a-z]", said.replace("min_overlap=4", ""))


def test_errors_name_options(folder: Path, run: Run) -> None:
    ended = run("align", "fixed.png", "moving.png", "-o", "out.png", "--levels", "0")
    assert ended.code == 2 and ended.err.startswith("superpose: error: --levels is 0")


def test_alone_it_prints_its_help(run: Run) -> None:
    ended = run()
    assert ended.code == 0 and "superpose align fixed.png moving.png" in ended.out


@pytest.mark.parametrize(
    "typed, meant",
    [
        (("a.png", "b.png"), "did you mean: superpose align a.png b.png"),
        (("algin", "a.png", "b.png", "-o", "c.png"), "did you mean: superpose align a.png b.png -o c.png"),
        (("align", "a.png", "b.png", "-o", "c.png", "--fixed-maks", "m.png"), "did you mean --fixed-mask?"),
        (("align", "a.png", "b.png", "-o", "c.png", "--accept-unrelaible"), "did you mean --accept-unreliable?"),
        (("align", "a.png", "b.png", "--outptu", "c.png"), "--outptu; did you mean --output?"),
        (("align", "a.png", "--oops", "-3"), "unrecognized arguments: --oops"),
        (("--versoin",), "did you mean --version?"),
        (("-V",), "did you mean --version?"),
        (("help",), "did you mean: superpose --help"),
        (("help", "align"), "did you mean: superpose align --help"),
        (("version",), "did you mean: superpose --version"),
    ],
)
def test_near_misses(run: Run, typed: tuple[str, ...], meant: str) -> None:
    ended = run(*typed)
    assert ended.code == 2 and meant in ended.err


def test_a_file_that_is_called_like_an_option(folder: Path, run: Run) -> None:
    Path("fixed.png").rename("-f.png")
    ended = run("align", "-f.png", "moving.png", "-o", "o.png")
    assert ended.code == 2 and "unrecognized arguments: -f.png; a file of that name is ./-f.png" in ended.err
    for named in (["./-f.png", "moving.png", "-o", "o.png"], ["-o", "o.png", "--", "-f.png", "moving.png"]):
        assert run("align", "--quiet", *named).code == 0


def test_a_mask_that_keeps_nothing_is_inverted_in_the_shells_words(folder: Path, run: Run) -> None:
    write_image("none.png", np.zeros((128, 160), np.uint8), "output")
    ended = run("align", "fixed.png", "moving.png", "-o", "o.png", "--fixed-mask", "none.png")
    assert ended.code == 2 and "--fixed-mask keeps 0 of 20480 pixels" in ended.err and "~" not in ended.err


def test_no_name_is_no_folder(folder: Path, run: Run) -> None:
    assert "fixed is '', and there is no such file" in run("align", "", "moving.png", "-o", "o.png").err
    assert (
        "--output is '', which cannot be written: it has no name"
        in run("align", "fixed.png", "moving.png", "-o", "").err
    )


def test_masks(folder: Path, run: Run, pair: tuple[np.ndarray, np.ndarray]) -> None:
    keep = np.zeros(pair[0].shape, np.uint8)
    keep[:, :100] = 255
    write_image("keep.png", keep, "output")
    write_image("small.png", keep[:50], "output")
    ended = run("align", "fixed.png", "moving.png", "-o", "out.png", "--fixed-mask", "keep.png")
    assert ended.code == 0 and "overlap" in ended.out
    ended = run("align", "fixed.png", "moving.png", "-o", "out.png", "--moving-mask", "small.png")
    assert ended.code == 2 and "--moving-mask has shape (50, 160)" in ended.err
    ended = run("align", "fixed.png", "moving.png", "-o", "keep.png", "--fixed-mask", "keep.png")
    assert ended.code == 2 and "the same file as the input --fixed-mask" in ended.err


@pytest.mark.parametrize("name", ["seed=4/m.png", "tolerance= (--x)/m.png", "bins=3", "transform='rigid'", "levels is"])
@pytest.mark.parametrize("option", ["FIXED", "--initial", "-o"])
def test_names_that_users_give_are_left_as_they_are(folder: Path, run: Run, name: str, option: str) -> None:
    line = {"FIXED": [name, "moving.png", "-o", "out.png"], "-o": ["fixed.png", "moving.png", "-o", f"{name}/o.png"]}
    ended = run("align", *line.get(option, ["fixed.png", "moving.png", "-o", "out.png", option, name]))
    assert ended.code == 2 and f"is {(f'{name}/o.png' if option == '-o' else name)!r}, " in ended.err


def test_values_of_options_need_no_quotes(folder: Path, run: Run) -> None:
    ended = run("align", "fixed.png", "moving.png", "-o", "out.png", "--metric", "two words")
    assert "error: --metric 'two words' is not known" in ended.err
    assert in_shell_words("such as search=SearchRange(scale=2) if") == "such as search=SearchRange(scale=2) if"


def test_no_clip(folder: Path, run: Run, pair: tuple[np.ndarray, np.ndarray]) -> None:
    step = np.where(pair[1] > 100, 3000, 1000).astype(np.uint16)
    write_image("step.tif", step, "output")
    line = ("align", "fixed.png", "step.tif", "--accept-unreliable", "--save-transform", "t.json")
    assert run(*line, "-o", "a.tif").code == 0 and run(*line, "-o", "b.tif", "--no-clip").code == 0
    assert run("apply", "t.json", "step.tif", "-o", "c.tif", "--no-clip").code == 0
    clipped, free, applied = (read_image(f"{each}.tif", "image") for each in "abc")
    assert clipped.max() == 3000 and free.max() > 3000
    np.testing.assert_array_equal(free, applied)


@pytest.mark.slow
def test_a_plate_speaks_the_shell_s_words(folder: Path, run: Run) -> None:
    write_image("plate.png", np.random.default_rng(0).integers(0, 255, (192, 64), np.uint8), "output")
    ended = run("plate", "plate.png", "-o", "out.png")
    assert "warning: " in ended.out and "on_unreliable=" not in ended.out and ended.err == ""


@pytest.mark.parametrize("count", ["1000000000000", "1000001", "9" * 5000])
def test_far_too_many_samples(folder: Path, run: Run, count: str) -> None:
    ended = run("landscape", "fixed.png", "moving.png", "-o", "out.png", "--over", 0, 1, count)
    assert ended.code == 2 and re.search(r"--over is .*(pass 1000000 combinations|how many)", ended.err)


def test_too_little_memory_is_said(folder: Path, run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_: object, **__: object) -> None:
        raise MemoryError("Unable to allocate 7 TiB")

    monkeypatch.setattr("superpose.register", full)
    ended = run("align", "fixed.png", "moving.png", "-o", "out.png")
    assert ended.code == 2 and "superpose align needs more memory than there is (Unable to allocate 7 TiB)" in ended.err
