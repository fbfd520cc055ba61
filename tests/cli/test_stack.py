"""superpose stack."""

from __future__ import annotations

import csv
import json
from pathlib import Path

import numpy as np
import pytest
import skimage.data
from numpy.typing import NDArray

import superpose
from superpose._io.images import read_image, read_pages, write_image
from tests.cli.conftest import Run


@pytest.fixture
def frames(folder: Path) -> NDArray[np.uint8]:
    """Six frames that move, as 0.png to 5.png; the one before the last is blank."""
    scene = skimage.data.camera()
    made = np.array([scene[100 - k : 220 - k, 200 + 2 * k : 320 + 2 * k] for k in range(6)])
    made[4] = 7
    for k, frame in enumerate(made):
        write_image(f"{k}.png", frame, "output")
    return made


PATHS = [f"{k}.png" for k in range(6)]


def test_the_mean_and_the_table_are_python_s(folder: Path, run: Run, frames: NDArray[np.uint8]) -> None:
    ended = run("stack", *PATHS, "-o", "mean.tif", "--table", "t.csv", "--reference", "0", "--json")
    assert ended.code == 0
    with pytest.warns(superpose.UnreliableWarning, match="1 of the 6 frames"):
        found = superpose.stack(frames, reference=0, combine="mean")
    assert found.image is not None
    assert np.array_equal(read_image("mean.tif", "mean"), found.image, equal_nan=True)
    document = json.loads(ended.out)
    assert [each["used"] for each in document["frames"]] == [True] * 4 + [False, True]
    assert document["frames"][3]["motion"] == pytest.approx([3, -6], abs=0.02)
    assert document["frames"][4]["matrix"] is None and document["frames"][4]["sigma"] is None
    rows = list(csv.DictReader(Path("t.csv").read_text().splitlines()))
    assert [row["name"] for row in rows] == PATHS and "constant" in rows[4]["why not"]


def test_without_combining_the_frames_are_written(folder: Path, run: Run, frames: NDArray[np.uint8]) -> None:
    ended = run("stack", *PATHS, "-o", "all.tif", "--combine", "none", "--exclude", "1")
    assert ended.code == 0 and ended.out.startswith("4 of 6 frames on global")
    pages = read_pages("all.tif", "all", None, "page=")
    assert [each.dtype for each in pages] == [np.uint8] * 4
    inner = (slice(15, -15), slice(15, -15))
    assert np.abs(pages[0][inner].astype(float) - pages[-1][inner]).mean() < 2


@pytest.mark.parametrize(
    "options, said",
    [
        (["-o", "mean.png"], "cannot hold float32"),
        (["-o", "0.png"], "the same file as the input"),
        (["-o", "m.tif", "--reference", "²"], "known"),
        (["-o", "m.tif", "--reference=--1"], "known"),
        (["-o", "m.tif", "--reference", "9"], "--reference is 9, and there are 6 frames"),
        (["-o", "m.tif", "--combine", "maen"], "did you mean 'mean'"),
    ],
)
def test_what_cannot_be_done_is_said(
    folder: Path, run: Run, frames: NDArray[np.uint8], options: list[str], said: str
) -> None:
    ended = run("stack", *PATHS, *options)
    assert ended.code == 2 and said in ended.err
    assert read_image("0.png", "frame").tolist() == frames[0].tolist()


def test_a_file_that_is_missing_or_damaged(folder: Path, run: Run, frames: NDArray[np.uint8]) -> None:
    ended = run("stack", *PATHS, "nowhere.png", "-o", "m.tif", "--quiet")
    assert ended.code == 2 and "nowhere.png" in ended.err and not Path("m.tif").exists()
    Path("0.png").write_bytes(b"no picture")
    ended = run("stack", *PATHS, "-o", "m.tif", "--quiet")
    assert ended.code == 0 and "2 of the 6 frames could not be placed: 0 " in ended.err and not ended.out
    assert read_image("m.tif", "mean").shape == (120, 120)


@pytest.mark.parametrize("how", ["mean", "none"])
def test_without_a_frame_that_is_placed_nothing_is_written(folder: Path, run: Run, how: str) -> None:
    rng = np.random.default_rng(0)
    for path in PATHS:
        write_image(path, rng.integers(0, 255, (60, 60)).astype(np.uint8), "output")
    ended = run("stack", *PATHS, "-o", "m.tif", "--combine", how)
    assert ended.code == 3 and "none of the 6 FRAMES could be placed" in ended.err and not Path("m.tif").exists()
