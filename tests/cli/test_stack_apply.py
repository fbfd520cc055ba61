"""superpose stack apply."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

import superpose
from superpose._io.images import read_image, read_pages, write_image, write_pages
from tests.cli.conftest import Run
from tests.cli.test_stack import PATHS, frames

__all__ = ["frames"]


@pytest.fixture
def saved(folder: Path, run: Run, frames: np.ndarray) -> superpose.StackResult:
    ended = run("stack", *PATHS, "-o", "m.tif", "--canvas", "union", "--save-transforms", "s.json", "--quiet")
    assert ended.code == 0
    for k, each in enumerate(frames):
        write_image(f"small{k}.png", each.reshape(60, 2, 60, 2).mean((1, 3)).astype(np.uint8), "output")
    return superpose.load_stack("s.json")


def test_the_same_frames_are_what_they_were(run: Run, saved: superpose.StackResult) -> None:
    ended = run("stack", "apply", "s.json", *PATHS, "-o", "again.tif")
    assert (ended.code, ended.err, ended.out) == (0, "", "5 of 6 frames on global\n")
    assert Path("again.tif").read_bytes() == Path("m.tif").read_bytes()
    assert read_image("again.tif", "image").shape == saved.grid.shape


def test_other_resolutions_and_canvases(run: Run, saved: superpose.StackResult) -> None:
    small = [f"small{k}.png" for k in range(6)]
    ended = run("stack", "apply", "s.json", *small, "-o", "p.tif", "--combine", "none", "--canvas", "fixed", "--json")
    assert ended.code == 0 and ended.err.startswith("superpose: warning: frames have shape (60, 60), those that were")
    pages = read_pages("p.tif", "pages", None, "page=")
    assert [each.shape for each in pages] == [(60, 60)] * 5
    document = json.loads(ended.out)
    assert document["used"] == [0, 1, 2, 3, 5] and document["shape"] == [60, 60] and document["dtype"] == "uint8"
    inner = (slice(8, -8), slice(8, -8))
    assert np.abs(pages[0][inner].astype(float) - pages[-1][inner]).mean() < 4


def test_pages_of_one_file(run: Run, saved: superpose.StackResult, frames: np.ndarray) -> None:
    write_pages("all.tif", list(frames), "output")
    assert run("stack", "apply", "s.json", "all.tif", "-o", "again.tif").code == 0
    assert Path("again.tif").read_bytes() == Path("m.tif").read_bytes()


@pytest.mark.parametrize(
    "others, options, said",
    [
        (PATHS[:5], [], "OTHER has 5 entries, and 6 frames were aligned"),
        (["fixed.png"] * 6, [], "fixed.png has shape (128, 160), and the stack image had shape (120, 120)"),
        ([*PATHS[:5], "none.png"], [], "OTHER is none.png, and there is no such file"),
        (PATHS, ["--canvas", "onion"], "did you mean 'union'"),
        (PATHS, ["--combine", "maen"], "did you mean 'mean'"),
    ],
)
def test_what_does_not_go_along(
    run: Run, saved: superpose.StackResult, others: list[str], options: list[str], said: str
) -> None:
    ended = run("stack", "apply", "s.json", *others, "-o", "new.tif", *options)
    assert ended.code == 2 and said in ended.err and not Path("new.tif").exists()


def test_help_is_found_under_both_words(run: Run) -> None:
    ended = run("stack", "apply", "--help")
    assert ended.code == 0 and ended.out.startswith("usage: superpose stack apply")
    assert "superpose stack apply" in run("stack", "--help").out


@pytest.mark.parametrize("how", ["mean", "none"])
def test_a_frame_that_cannot_be_read_is_named_and_left_out(run: Run, saved: superpose.StackResult, how: str) -> None:
    Path("3.png").write_bytes(b"\x89PNG")
    ended = run("stack", "apply", "s.json", *PATHS, "-o", "new.tif", "--combine", how)
    assert ended.code == 0 and ended.out == "4 of 6 frames on global\n"
    assert "warning: 1 of the 6 frames cannot be read, and were left out: 3 (" in ended.err
    assert len(read_pages("new.tif", "pages", None, "page=")) == (1 if how == "mean" else 4)


def test_a_zarr_that_is_there_is_not_called_a_folder(run: Run, saved: superpose.StackResult) -> None:
    assert run("stack", "apply", "s.json", *PATHS, "-o", "new.zarr").code == 0
    ended = run("stack", "apply", "s.json", *PATHS, "-o", "new.zarr")
    assert ended.code == 2 and "a Zarr that is there already, and none is overwritten" in ended.err
