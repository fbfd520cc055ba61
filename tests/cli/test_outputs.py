"""An output that is an input is refused before any work; an ordinary file in its place is replaced whole."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from superpose._io.images import read_image, write_image
from tests.cli.conftest import Run

ALIGN = ("align", "fixed.png", "moving.png", "--initial", "pose.json")
LANDSCAPE = ("landscape", "fixed.png", "moving.png", "--initial", "pose.json")
APPLY = ("apply", "pose.json", "moving.png", "--like", "fixed.png")
PLATE = ("plate", "moving.png", "-o", "out.png")
INPUTS = {"FIXED": "fixed.png", "MOVING": "moving.png", "--initial": "pose.json"}

# The words of a call, the option that names the output, what the message calls it, and each input by name.
CALLS = [
    (ALIGN, "-o", "--output", INPUTS),
    ((*ALIGN, "-o", "out.png"), "--save-transform", "--save-transform", INPUTS),
    ((*ALIGN, "-o", "out.png"), "--plot", "--plot", INPUTS),
    ((*ALIGN, "-o", "out.png"), "--report", "--report", INPUTS),
    (LANDSCAPE, "-o", "--output", INPUTS),
    (APPLY, "-o", "--output", {"T.json": "pose.json", "IMAGE": "moving.png", "--like": "fixed.png"}),
    (("plate", "moving.png"), "-o", "--output", {"PLATE": "moving.png"}),
    (PLATE, "--plot", "--plot", {"PLATE": "moving.png"}),
]
CASES = [
    pytest.param(words, option, called, name, path, id=f"{words[0]}{option}-{name}")
    for words, option, called, inputs in CALLS
    for name, path in inputs.items()
]
LINKS: dict[str, Callable[[str], str]] = {
    "itself": lambda path: path,
    "another spelling": lambda path: f"../{Path.cwd().name}/{path}",
    "symbolic link": lambda path: _linked(os.symlink, path),
    "hard link": lambda path: _linked(os.link, path),
}


def _linked(link: Callable[[str, str], None], path: str) -> str:
    link(path, "link.png")
    return "link.png"


@pytest.fixture(autouse=True)
def inputs(folder: Path) -> dict[Path, bytes]:
    """What the inputs hold: none of it is read, for what is refused is refused before any work."""
    for path in INPUTS.values():
        Path(path).write_bytes(f"the user's only copy of {path}".encode())
    return {Path(path): Path(path).read_bytes() for path in INPUTS.values()}


@pytest.mark.parametrize("link", LINKS)
@pytest.mark.parametrize("words, option, called, name, path", CASES)
def test_an_input_is_never_replaced(
    inputs: dict[Path, bytes],
    run: Run,
    words: tuple[str, ...],
    option: str,
    called: str,
    name: str,
    path: str,
    link: str,
) -> None:
    given = LINKS[link](path)
    before = sorted(Path.cwd().iterdir())
    ended = run(*words, option, given)
    assert ended.code == 2
    assert f"{called} is {given!r}, the same file as the input {name}" in ended.err
    assert {each: each.read_bytes() for each in inputs} == inputs
    assert sorted(Path.cwd().iterdir()) == before


@pytest.mark.parametrize("colour", ["red", "blue"])
def test_a_plates_transforms_do_not_replace_it(inputs: dict[Path, bytes], run: Run, colour: str) -> None:
    Path("moving.png").rename(f"t.{colour}.json")
    ended = run("plate", f"t.{colour}.json", "-o", "out.png", "--save-transform", "t.json")
    assert ended.code == 2
    assert f"--save-transform ({colour}) is 't.{colour}.json', the same file as the input PLATE" in ended.err
    assert Path(f"t.{colour}.json").read_bytes() == inputs[Path("moving.png")]


def test_an_ordinary_file_is_replaced_whole(folder: Path, run: Run, pair: tuple[NDArray[np.uint8], ...]) -> None:
    for path, image in zip(("fixed.png", "moving.png"), pair, strict=True):
        write_image(path, image, "output")
    Path("out.png").write_bytes(b"an older picture")
    assert run("align", "fixed.png", "moving.png", "-o", "out.png", "--levels", 3).code == 0
    assert read_image("out.png", "out").shape == (128, 160)
