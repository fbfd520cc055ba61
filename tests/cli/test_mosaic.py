"""superpose mosaic."""

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
def tiles(folder: Path) -> None:
    """Three tiles in a row, the last one blank, and where the stage says they lie."""
    scene = skimage.data.camera()[100:200, 150:400]
    for name, first in zip(PATHS, (0, 70, 141), strict=True):
        part = scene[:, first : first + 100] if name != "c.png" else np.full((100, 100), 80, np.uint8)
        write_image(name, part, "output")
    Path("stage.csv").write_text("name,row,column\na.png,0,0\nb.png,1,72\nc.png,0,140\n")


def test_the_mosaic_and_the_tables_are_python_s(tiles: None, run: Run) -> None:
    files = ["--positions", "stage.csv", "--position-sigma", 3, "--table", "t.csv", "--links", "l.csv"]
    files += ["--report", "r.html", "--save-transforms", "t.json"]
    ended = run("mosaic", *PATHS, "-o", "mosaic.tif", *files, "--json")
    assert ended.code == 0
    found = superpose.mosaic(PATHS, positions="stage.csv", position_sigma=3)
    assert found.image is not None
    assert np.array_equal(read_image("mosaic.tif", "mosaic"), found.image, equal_nan=True)
    document = json.loads(ended.out)
    assert [each["placed_by"] for each in document["images"]] == ["overlaps", "overlaps", "stage"]
    assert document["images"][0]["matrix"] is not None and document["parts"] == [[0, 1], [2]]
    assert document["grid"]["shape"] == list(found.image.shape)
    assert ended.out == Path("t.json").read_text("utf-8")
    assert "all images were placed" in Path("r.html").read_text("utf-8")
    assert document["projection"] == "plane" and document["focal"] is None
    assert (
        Path("t.csv").read_text("utf-8") == found.to_csv() and Path("l.csv").read_text("utf-8") == found.links_to_csv()
    )
    assert [row["used"] for row in csv.DictReader(Path("l.csv").read_text("utf-8").splitlines())] == ["yes", "no"]

    again = run("mosaic", "apply", "t.json", *PATHS, "-o", "again.tif")
    assert (again.code, again.out, again.err) == (0, "3 of 3 images\n", "")
    laid = superpose.load_mosaic("t.json").apply([superpose.read(each) for each in PATHS])
    assert np.array_equal(read_image("again.tif", "again"), laid, equal_nan=True)
    Path("b.png").write_bytes(b"\x89PNG")
    ended = run("mosaic", "apply", "t.json", *PATHS, "-o", "again.tif", "--json")
    assert ended.code == 0 and json.loads(ended.out)["used"] == [0, 2] and "1 (b.png" in ended.err


def test_no_file_is_lost_with_the_state_or_found_among_the_images(tiles: None, run: Run) -> None:
    ended = run("mosaic", *PATHS, "-o", "mosaic.tif", "--table", "mosaic.tif.state")
    assert ended.code == 2 and "--table is 'mosaic.tif.state', the same file as OUT.state" in ended.err
    ended = run("mosaic", ".", "-o", "mosaic.tif")
    assert ended.code == 2 and "--output is 'mosaic.tif', in the folder of the IMAGES" in ended.err
    assert not Path("mosaic.tif").exists() and not Path("mosaic.tif.state").exists()


def test_it_says_what_it_found(tiles: None, run: Run) -> None:
    ended = run("mosaic", *PATHS, "-o", "mosaic.tif", "--positions", "stage.csv", "--blend", "mean")
    assert ended.code == 0 and ended.out.startswith("3 of 3 images, 1 of 2 pairs overlap, ")
    assert "lie where the stage says" in ended.out and "c.png" in ended.out


def test_images_of_nothing_in_common_are_exit_code_3(tiles: None, run: Run) -> None:
    write_image("d.png", skimage.data.coins()[:100, :100], "output")
    ended = run("mosaic", "a.png", "d.png", "-o", "mosaic.tif")
    assert ended.code == 3 and "could be placed" in ended.err and not Path("mosaic.tif").exists()


def test_a_tile_too_far_off_is_exit_code_3_and_named(tiles: None, run: Run) -> None:
    Path("stage.csv").write_text("name,row,column\na.png,0,0\nb.png,1,72\nc.png,100000000,140\n")
    ended = run("mosaic", *PATHS, "-o", "mosaic.tif", "--positions", "stage.csv")
    assert ended.code == 3 and "c.png at (1e+08, 140) is the farthest off" in ended.err
    assert "could be placed" not in ended.err and not Path("mosaic.tif").exists()


@pytest.mark.parametrize(
    "options, said",
    [
        (["-o", "mosaic.png"], "cannot hold float32"),
        (["-o", "a.png"], "the same file as the input"),
        (["-o", "m.tif", "--blend", "maen"], "did you mean 'mean'"),
        (["-o", "m.tif", "--positions", "nowhere.csv"], "nowhere.csv"),
        (["-o", "m.tif", "--position-sigma", "3"], "there are no positions"),
    ],
)
def test_what_cannot_be_done_is_said(tiles: None, run: Run, options: list[str], said: str) -> None:
    ended = run("mosaic", *PATHS, *options)
    assert ended.code == 2 and said in ended.err
