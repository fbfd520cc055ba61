"""The shell speaks the shell's words, and asks what was perhaps meant."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from superpose._io.images import write_image
from superpose.cli._words import finding, in_shell_words
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
        ("--bins 10 and fixed.png", "--bins 10 and fixed.png"),
    ],
)
def test_words(python: str, shell: str) -> None:
    assert in_shell_words(python) == shell


def test_fill_is_a_note() -> None:
    assert finding("moving has 20 % of its pixels in a constant fill [fill]").startswith("note: moving")
    assert finding("tolerance= [x]") == "warning: --tolerance [x]"


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
    ],
)
def test_near_misses(run: Run, typed: tuple[str, ...], meant: str) -> None:
    ended = run(*typed)
    assert ended.code == 2 and meant in ended.err


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
