"""superpose average."""

from __future__ import annotations

import csv
import json
from pathlib import Path

import numpy as np
import pytest
import skimage.data

import superpose
from superpose._io.images import read_image, write_image
from tests.cli.conftest import Run

PATHS = ["a.png", "b.png", "c.png"]


@pytest.fixture
def images(folder: Path) -> None:
    """Two images of a scene, shifted, and one of another scene."""
    scene = skimage.data.camera()
    for path, k in zip(PATHS, (0, 4), strict=False):
        write_image(path, scene[100 - k : 210 - k, 200 + 2 * k : 310 + 2 * k], "output")
    write_image(PATHS[2], skimage.data.coins()[:110, :110], "output")


@pytest.mark.slow
def test_the_average_and_the_table_are_python_s(folder: Path, run: Run, images: None) -> None:
    options = ["--transform", "translation", "--table", "t.csv", "--plot", "p.png", "--json"]
    ended = run("average", *PATHS, "-o", "out.tif", *options)
    assert ended.code == 0
    with pytest.warns(superpose.UnreliableWarning, match=r"1 of the 3 images could not be placed: c\.png"):
        found = superpose.average(PATHS, transform="translation")
    assert found.image is not None
    assert np.array_equal(read_image("out.tif", "average"), found.image, equal_nan=True)
    document = json.loads(ended.out)
    assert [each["used"] for each in document["images"]] == [True, True, False]
    assert np.subtract(*(each["motion"] for each in document["images"][:2])) == pytest.approx([-4, 8], abs=0.02)
    assert document["images"][2]["matrix"] is None and document["unit"] == "px"
    rows = list(csv.DictReader(Path("t.csv").read_text().splitlines()))
    assert [row["name"] for row in rows] == PATHS and rows[2]["why not"] and Path("p.png").exists()


def test_it_says_what_it_found(folder: Path, run: Run, images: None) -> None:
    ended = run("average", "a.png", "b.png", "-o", "out.tif", "--transform", "translation")
    assert ended.code == 0 and ended.out.startswith("2 of 2 images, by ncc, in 1 round\n  they lie up to 4.47 px")


@pytest.mark.parametrize(
    "options, code, said",
    [
        (["a.png", "-o", "out.tif"], 2, "1 entries and fewer than two"),
        (["a.png", "none.png", "-o", "out.tif"], 2, "none.png"),
        (["a.png", "b.png", "-o", "a.png"], 2, "the same file as the input"),
        (["a.png", "b.png", "-o", "out.png"], 2, "cannot hold float32"),
        (["a.png", "b.png", "-o", "out.tif", "--combine", "maen"], 2, "--combine maen is not known; did you mean"),
        (["a.png", "b.png", "-o", "out.tif", "--max-rounds", "0"], 2, "--max-rounds is 0"),
        (["a.png", "c.png", "-o", "out.tif"], 3, "no two of the 2 IMAGES belong together"),
    ],
)
def test_what_cannot_be_done_is_said(
    folder: Path, run: Run, images: None, options: list[str], code: int, said: str
) -> None:
    ended = run("average", *options)
    assert ended.code == code and said in ended.err and not Path("out.tif").exists()
