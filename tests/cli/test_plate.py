"""superpose plate and superpose landscape."""

from __future__ import annotations

import json
import re
import warnings
from pathlib import Path

import numpy as np
import pytest
import skimage.io
from numpy.typing import NDArray

import superpose
from superpose._io.images import read_image, write_image
from tests.cli.conftest import Run


@pytest.fixture
def scan(folder: Path, coffee: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """A plate of 3 x 200 x 240, blue 4 rows lower and red 3 columns to the left, as plate.png."""
    small = coffee[40:240, 100:340]
    blue, red = coffee[36:236, 100:340, 2], coffee[40:240, 103:343, 0]
    stacked = np.vstack([blue, small[..., 1], red])
    write_image("plate.png", stacked, "output")
    return stacked


@pytest.mark.parametrize("dtype", ["uint8", "uint16"])
def test_the_picture_is_python_s_at_the_plate_s_depth(
    folder: Path, run: Run, scan: NDArray[np.uint8], dtype: str
) -> None:
    deep = scan.astype(dtype) * (257 if dtype == "uint16" else 1)
    write_image("p.png", deep, "output")
    ended = run("plate", "p.png", "-o", "colour.png")
    assert (ended.code, ended.err) == (0, "")
    found = superpose.colorize(deep)
    picture = read_image("colour.png", "colour")
    assert picture.dtype == np.dtype(dtype)
    np.testing.assert_array_equal(picture, found.image)
    for name, shift in (("blue", (4, 0)), ("red", (0, -3))):
        each = found.registrations[name]
        np.testing.assert_allclose(each.transform.shift, shift, atol=0.25)
        assert (
            f"{name} on green: {each.describe()} (orientation {each.value:.6g})\n  reliable: {each.trust[10:]}"
            in ended.out
        )
        assert each.reliable


@pytest.mark.filterwarnings("ignore::superpose.UnreliableWarning")  # whether it is right is not asked here
@pytest.mark.slow
def test_options_and_json(folder: Path, run: Run, scan: NDArray[np.uint8]) -> None:
    ended = run(
        *("plate", "plate.png", "-o", "colour.tif", "--json", "--no-crop", "--no-clip", "--order", "rgb"),
        *("--reference", "blue", "--metric", "ncc", "--transform", "translation"),
        *("--save-transform", "t.json", "--plot", "p.png"),
    )
    assert (ended.code, ended.err) == (0, "")
    said = json.loads(ended.out)
    # The command says in words what it found unreliable; the function warns.
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", superpose.UnreliableWarning)
        found = superpose.colorize(
            scan, crop=False, clip=False, order="rgb", reference="blue", metric="ncc", transform="translation"
        )
    assert said["reference"] == "blue"
    assert said["shape"] == [200, 240, 3]
    np.testing.assert_array_equal(read_image("colour.tif", "colour"), found.image)
    for name in ("red", "green"):
        assert said["registrations"][name] == json.loads(Path(f"t.{name}.json").read_text("utf-8"))
        assert superpose.load(f"t.{name}.json").transform == found.registrations[name].transform
    assert min(skimage.io.imread("p.png").shape[:2]) > 200
    assert not Path("t.json").exists()


@pytest.mark.slow
def test_a_report_a_channel(folder: Path, run: Run, scan: NDArray[np.uint8]) -> None:
    ended = run("plate", "plate.png", "-o", "colour.png", "--reference", "red", "--report", "r.html")
    assert (ended.code, ended.err) == (0, "")
    assert re.search(
        r"blue on red: .*\n  reliable.*\n  r\.blue\.html\ngreen on red: .*\n.*\n  r\.green\.html$", ended.out
    )
    assert sorted(path.name for path in folder.glob("*.html")) == ["r.blue.html", "r.green.html"]
    for name in ("blue", "green"):
        page = Path(f"r.{name}.html").read_text("utf-8")
        assert f"<h1>plate.png: {name} on red</h1>" in page
        assert "superpose plate plate.png -o colour.png --reference red --report r.html" in page


@pytest.mark.parametrize("path, said", [("r.png", "r.red.png"), ("nowhere/r.html", "nowhere"), ("-", "'-'")])
def test_a_report_that_cannot_be_written_is_said_first(
    folder: Path, run: Run, scan: NDArray[np.uint8], path: str, said: str
) -> None:
    ended = run("plate", "plate.png", "-o", "colour.png", "--report", path)
    assert ended.code == 2 and "--report" in ended.err and said in ended.err
    assert not Path("colour.png").exists()


@pytest.mark.slow
def test_what_cannot_be_relied_on_is_said(folder: Path, run: Run, coffee: NDArray[np.uint8]) -> None:
    noise = np.random.default_rng(3).integers(0, 256, (200, 240), np.uint8)
    write_image("p.png", np.vstack([noise, coffee[40:240, 100:340, 1], coffee[40:240, 100:340, 0]]), "output")
    ended = run("plate", "p.png", "-o", "colour.png")
    assert ended.code == 0
    assert re.search(r"^blue on green: .*\n  not reliable", ended.out, re.MULTILINE)
    assert re.search(r"^red on green: .*\n  reliable", ended.out, re.MULTILINE)


def test_quiet(folder: Path, run: Run, scan: NDArray[np.uint8]) -> None:
    ended = run("plate", "plate.png", "-o", "colour.jpg", "--quiet")
    assert (ended.code, ended.out, ended.err) == (0, "", "")


@pytest.mark.slow
def test_a_real_plate(folder: Path, program: Run, shared_file) -> None:  # type: ignore[no-untyped-def]
    ended = program("plate", shared_file("plates/00998v.jpg"), "-o", "colour.png", "--json")
    assert (ended.code, ended.err) == (0, "")
    said = json.loads(ended.out)
    assert said["warnings"] == []
    assert said["registrations"]["blue"]["metric"] == "orientation" and said["registrations"]["blue"]["value"] > 0.3
    assert said["registrations"]["red"]["value"] > 0.5
    assert read_image("colour.png", "colour").dtype == np.uint8


# --- landscape ----------------------------------------------------------------------------------------------
def test_a_curve(folder: Path, run: Run, pair: tuple[NDArray[np.uint8], ...]) -> None:
    ended = run(
        *("landscape", "fixed.png", "moving.png", "-o", "curve.png", "--json"),
        *("--over", -20, 20, 41, "--metric", "mse", "--levels", 2, "--smooth", 1.5),
    )
    assert (ended.code, ended.err) == (0, "")
    said = json.loads(ended.out)
    found = superpose.landscape(*pair, over=np.linspace(-20, 20, 41), metric="mse", levels=2, smooth=1.5)
    np.testing.assert_array_equal(np.array(said["by_level"], float), found.by_level)
    assert said["at"] == list(found.minimum())
    assert -5 <= said["at"][0] <= -2
    assert min(skimage.io.imread("curve.png").shape[:2]) > 200


def test_a_map(folder: Path, run: Run) -> None:
    ended = run(
        *("landscape", "fixed.png", "moving.png", "-o", "map.png"),
        *("--parameter", "row shift", "--parameter", "column shift", "--over", -8, 8, 9, "--over", -8, 8, 9),
    )
    assert (ended.code, ended.err) == (0, "")
    assert ended.out.startswith("ncc is highest at row shift 2, column shift -4")
    assert run("landscape", "fixed.png", "moving.png", "-o", "curve.png", "--quiet").out == ""


def test_what_is_not_covered_is_null(folder: Path, run: Run) -> None:
    ended = run("landscape", "fixed.png", "moving.png", "-o", "c.pdf", "--json", "--over", -159, 159, 3)
    assert ended.code == 0
    first, middle, last = json.loads(ended.out)["by_level"][0]
    assert first is None
    assert last is None
    assert middle > 0
