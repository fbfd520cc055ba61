"""superpose super-resolve."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
import skimage.data

import superpose
from superpose._io.images import read_image, write_image
from tests.cli.conftest import Run
from tests.jobs.bursts import burst_of

PATHS = [f"f{k}.png" for k in range(4)]


@pytest.fixture
def burst(folder: Path) -> None:
    """Four frames of 16 bit."""
    frames, _ = burst_of(skimage.data.camera()[60:156, 160:256] / 255, 4, 2, 5, angle=0, noise=0.002)
    for path, frame in zip(PATHS, frames, strict=True):
        write_image(path, np.rint(frame.clip(0, 1) * 65535).astype(np.uint16), "output")


@pytest.mark.slow
def test_files_and_words_are_python_s(burst: None, run: Run) -> None:
    files = ["-o", "finer.png", "--table", "t.csv", "--coverage", "c.tif", "--plot", "p.png"]
    ended = run("super-resolve", *PATHS, "--transform", "translation", *files, "--json")
    assert ended.code == 0
    found = superpose.super_resolve(PATHS, transform="translation")
    assert found.image.dtype == np.uint16
    assert np.array_equal(read_image("finer.png", "finer"), found.image)
    assert np.array_equal(read_image("c.tif", "coverage"), found.coverage)
    assert Path("t.csv").read_text() == found.to_csv() and Path("p.png").exists()
    document = json.loads(ended.out)
    assert document["shape"] == [96, 96] and [each["used"] for each in document["frames"]] == [True] * 4
    ended = run("super-resolve", *PATHS, "--transform", "translation", "-o", "finer.png", "--scale", "1.5")
    assert ended.code == 0 and ended.out.startswith("4 of 4 frames, 1.5 times finer: 72 x 72\n")


def test_frames_of_nothing_in_common_are_exit_code_3(burst: None, run: Run) -> None:
    write_image("other.png", skimage.data.coins()[:48, :48], "output")
    ended = run("super-resolve", PATHS[0], "other.png", "-o", "finer.png")
    assert ended.code == 3 and "could be placed" in ended.err and not Path("finer.png").exists()


@pytest.mark.parametrize(
    "options, said",
    [
        (["-o", "finer.gif"], "whose extension"),
        (["-o", "f0.png"], "the same file as the input"),
        (["-o", "m.tif", "--scale", "1000"], "--scale is 1000"),
        (["-o", "m.tif", "--scale", "1"], "more than 1"),
        (["-o", "m.tif", "--blur", "-1"], "--blur is -1"),
        (["-o", "m.tif", "--transform", "rigit"], "did you mean 'rigid'"),
    ],
)
def test_what_cannot_be_done_is_said(burst: None, run: Run, options: list[str], said: str) -> None:
    ended = run("super-resolve", *PATHS, *options)
    assert ended.code == 2 and said in ended.err
