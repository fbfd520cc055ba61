"""superpose align and superpose apply."""

from __future__ import annotations

import json
from pathlib import Path

import cv2
import numpy as np
import pytest
import SimpleITK as sitk
import skimage.io
import tifffile
from numpy.typing import NDArray
from scipy.ndimage import zoom

import superpose
from superpose._io.images import read_image, write_image, write_pages
from tests.cli.conftest import TRUTH, Run

FAST = ("--levels", 3)


def corner_error(registration: superpose.Registration) -> float:
    return registration.transform.distance(TRUTH, registration.fixed_grid.corners)


@pytest.mark.slow
def test_program_and_python_give_the_same_bits(folder: Path, program: Run) -> None:
    ended = program("align", "fixed.png", "moving.png", "-o", "out.png", "--save-transform", "t.json")
    assert (ended.code, ended.err) == (0, "")
    found = superpose.register(skimage.io.imread("fixed.png"), skimage.io.imread("moving.png"))
    assert superpose.load("t.json").transform == found.transform
    assert superpose.load("t.json").value == found.value
    for reader in (
        lambda path: cv2.imread(path, cv2.IMREAD_UNCHANGED),
        skimage.io.imread,
        lambda path: sitk.GetArrayFromImage(sitk.ReadImage(path)),
    ):
        np.testing.assert_array_equal(reader("out.png"), found.warp())
    assert ended.out.splitlines()[0] == found.describe()
    assert f"ncc {found.value:.6g}, overlap {100 * found.overlap:.0f} %" in ended.out
    assert corner_error(found) < 0.2


def test_the_picture_lies_on_fixed(folder: Path, run: Run, pair: tuple[NDArray[np.uint8], ...]) -> None:
    assert run("align", "fixed.png", "moving.png", "-o", "out.png", *FAST).code == 0
    out, (fixed, moving) = read_image("out.png", "out").astype(float), pair
    inner = (slice(20, -20), slice(20, -20))
    assert np.abs(out - fixed)[inner].mean() < 0.25 * np.abs(moving.astype(float) - fixed)[inner].mean()


@pytest.mark.parametrize(
    "name, options",
    [
        ("translation", ["--transform", "translation"]),
        ("nmi", ["--metric", "nmi", "--bins", 32]),
        ("nelder-mead", ["--optimizer", "nelder-mead", "--seed", 3, "--threads", 1]),
        ("affine", ["--transform", "Affine"]),
        ("rigid", ["--tolerance", 0.5]),
    ],
)
@pytest.mark.slow
def test_options_reach_the_library(folder: Path, run: Run, name: str, options: list[object]) -> None:
    ended = run("align", "fixed.png", "moving.png", "-o", "out.png", "--json", "--accept-unreliable", *FAST, *options)
    assert (ended.code, ended.err) == (0, "")
    said = json.loads(ended.out)
    assert name in (said["transform"]["family"], said["metric"], said["optimizer"])
    keyword = {str(key)[2:]: value for key, value in zip(options[::2], options[1::2], strict=True)}
    images = read_image("fixed.png", "f"), read_image("moving.png", "m")
    found = superpose.register(*images, levels=3, on_unreliable="ignore", **keyword)
    assert said["transform"]["matrix"] == found.transform.matrix.tolist()


def test_json_is_what_save_writes_and_nothing_else(folder: Path, run: Run) -> None:
    ended = run("align", "fixed.png", "moving.png", "-o", "out.png", "--json", "--save-transform", "t.json", *FAST)
    assert ended.err == ""
    assert ended.out == Path("t.json").read_text("utf-8")
    said = json.loads(ended.out)
    assert said["description"].startswith("moving is turned ")
    assert len(said["levels"]) == 3


def test_quiet(folder: Path, run: Run) -> None:
    ended = run("align", "fixed.png", "moving.png", "-o", "out.png", "--quiet", *FAST)
    assert (ended.code, ended.out, ended.err) == (0, "", "")
    assert Path("out.png").exists()


@pytest.mark.slow
def test_progress_is_shown_to_people_only(folder: Path, run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    arguments = ("align", "fixed.png", "moving.png", "-o", "out.png", *FAST)
    assert run(*arguments).err == ""
    monkeypatch.setattr("sys.stderr.isatty", lambda: True)
    assert "refine" in run(*arguments).err
    assert run(*arguments, "--quiet").err == ""


# --- dtype and range ----------------------------------------------------------------------------------------
@pytest.mark.parametrize("extension", ["png", "tif"])
@pytest.mark.parametrize("dtype", ["uint8", "uint16", "bool"])
@pytest.mark.slow
def test_the_output_keeps_dtype_and_range(
    folder: Path, run: Run, pair: tuple[NDArray[np.uint8], ...], dtype: str, extension: str
) -> None:
    moving = pair[1] > 100 if dtype == "bool" else pair[1].astype(dtype)
    if dtype == "uint16":
        moving = moving * 256 + 7
    write_image(f"m.{extension}", moving, "output")
    assert run("align", "fixed.png", f"m.{extension}", "-o", f"out.{extension}", *FAST).code == 0
    out = read_image(f"out.{extension}", "out")
    assert out.dtype == np.dtype(dtype)
    assert out.max() > 0.8 * moving.max()
    found = superpose.register(pair[0], moving, levels=3)
    np.testing.assert_array_equal(out, found.warp())
    assert (out[~found.valid] == 0).all()


@pytest.mark.parametrize("dtype", ["float32", "float64", "int16"])
@pytest.mark.slow
def test_tiffs_of_science(folder: Path, run: Run, pair: tuple[NDArray[np.uint8], ...], dtype: str) -> None:
    moving = (pair[1].astype(float) * 30 - 2000).astype(dtype)
    write_image("m.tif", moving, "output")
    assert run("align", "fixed.png", "m.tif", "-o", "out.tif", *FAST).code == 0
    out = tifffile.imread("out.tif")
    assert out.dtype == np.dtype(dtype)
    found = superpose.register(pair[0], moving, levels=3)
    np.testing.assert_array_equal(out, found.warp())
    missing = np.isnan(out) if dtype != "int16" else out == 0
    assert missing[~found.valid].all()
    assert (~found.valid).any()


def test_colour_stays_colour(folder: Path, run: Run, astronaut: NDArray[np.uint8]) -> None:
    write_image("c.png", astronaut[:128:, :160], "output")
    write_image("d.png", np.roll(astronaut[:128, :160], 3, axis=0), "output")
    assert run("align", "c.png", "d.png", "-o", "out.jpg", *FAST).code == 0
    assert read_image("out.jpg", "out").shape == (128, 160, 3)


@pytest.mark.slow
def test_pages_are_chosen(
    folder: Path, run: Run, pair: tuple[NDArray[np.uint8], ...], registered: superpose.Registration
) -> None:
    write_pages("stack.tif", [pair[0], pair[1]], "output")
    ended = run("align", "stack.tif", "stack.tif", "-o", "out.tif", *FAST)
    assert ended.code == 2
    assert "fixed is 'stack.tif', which holds 2 images; choose one with --fixed-page (0 to 1)" in ended.err
    pages = ("--fixed-page", 0, "--moving-page", 1)
    assert run("align", "stack.tif", "stack.tif", "-o", "out.tif", *pages, *FAST).code == 0
    np.testing.assert_array_equal(read_image("out.tif", "out"), registered.warp())


def test_initial_and_order(
    folder: Path, run: Run, pair: tuple[NDArray[np.uint8], ...], registered: superpose.Registration
) -> None:
    registered.save("start.json")
    ended = run(
        *("align", "fixed.png", "moving.png", "-o", "out.png", "--json"),
        *("--initial", "start.json", "--levels", 1, "--order", 0),
    )
    assert json.loads(ended.out)["initial"]["matrix"] == registered.transform.matrix.tolist()
    found = superpose.register(*pair, levels=1, initial=registered)
    np.testing.assert_array_equal(read_image("out.png", "out"), found.warp(order=0))


@pytest.mark.slow
def test_plot(folder: Path, run: Run) -> None:
    for name in ("p.png", "p.pdf"):
        assert run("align", "fixed.png", "moving.png", "-o", "out.png", "--plot", name, *FAST).code == 0
    assert min(skimage.io.imread("p.png").shape[:2]) > 300
    assert Path("p.pdf").read_bytes().startswith(b"%PDF")


# --- apply --------------------------------------------------------------------------------------------------
@pytest.fixture
def found(folder: Path, registered: superpose.Registration) -> superpose.Registration:
    registered.save("t.json")
    return registered


def test_apply_repeats_align(folder: Path, run: Run, found: superpose.Registration) -> None:
    ended = run("apply", "t.json", "moving.png", "-o", "out.png")
    assert (ended.code, ended.out, ended.err) == (0, found.describe() + "\n", "")
    np.testing.assert_array_equal(read_image("out.png", "out"), found.warp())
    assert run("apply", "t.json", "moving.png", "-o", "out.png", "--order", 1, "--quiet").out == ""
    np.testing.assert_array_equal(read_image("out.png", "out"), found.warp(order=1))


def test_apply_json(folder: Path, run: Run, found: superpose.Registration) -> None:
    ended = run("apply", "t.json", "moving.png", "-o", "out.png", "--json")
    assert (ended.code, ended.err) == (0, "")
    said = {"description": found.describe(), "images": 1, "shape": [128, 160], "dtype": "uint8"}
    assert json.loads(ended.out) == said


def test_apply_labels(folder: Path, run: Run, found: superpose.Registration) -> None:
    labels = np.random.default_rng(0).integers(0, 2**64, (128, 160), dtype=np.uint64)
    write_image("l.tif", labels, "output")
    assert run("apply", "t.json", "l.tif", "-o", "out.tif", "--labels").code == 0
    out = tifffile.imread("out.tif")
    assert out.dtype == np.uint64
    np.testing.assert_array_equal(out, found.warp_labels(labels))
    assert set(out.ravel()) <= {0, *labels.ravel()}


def test_apply_to_every_page(folder: Path, run: Run, found: superpose.Registration) -> None:
    moving = read_image("moving.png", "moving")
    write_pages("stack.tif", [moving, moving[::-1].copy(), 255 - moving], "output")
    assert run("apply", "t.json", "stack.tif", "-o", "out.tif").code == 0
    expected = np.stack([found.warp(page) for page in (moving, moving[::-1], 255 - moving)])
    np.testing.assert_array_equal(tifffile.imread("out.tif"), expected)
    assert run("apply", "t.json", "stack.tif", "-o", "one.png", "--page", 2).code == 0
    np.testing.assert_array_equal(read_image("one.png", "out"), expected[2])
    ended = run("apply", "t.json", "stack.tif", "-o", "out.png")
    assert ended.code == 2
    assert "--output is 'out.png', a format that cannot hold 3 pages; write a .tif" in ended.err


def test_apply_like(folder: Path, run: Run, found: superpose.Registration) -> None:
    write_image("larger.png", np.zeros((140, 150), np.uint8), "output")
    assert run("apply", "t.json", "moving.png", "-o", "out.png", "--like", "larger.png").code == 0
    out = read_image("out.png", "out")
    assert out.shape == (140, 150)
    np.testing.assert_array_equal(out[:128], found.warp()[:, :150])


def test_apply_to_an_image_of_another_grid(folder: Path, run: Run, found: superpose.Registration) -> None:
    write_image("small.png", np.zeros((30, 40), np.uint8), "output")
    ended = run("apply", "t.json", "small.png", "-o", "out.png")
    assert ended.code == 2
    assert "image has shape (30, 40), and the moving image had shape (128, 160)" in ended.err
    assert not Path("out.png").exists()


@pytest.mark.slow
def test_a_homography_from_the_command_line(folder: Path, program: Run) -> None:
    ended = program(
        "align", "fixed.png", "moving.png", "--transform", "homography", *FAST, "-o", "out.png",
        "--save-transform", "t.json",
    )  # fmt: skip
    assert (ended.code, ended.err) == (0, "")
    kept = superpose.load("t.json")
    assert kept.transform.family == "homography"
    assert corner_error(kept) < 0.5
    again = program("apply", "t.json", "moving.png", "-o", "again.png")
    assert again.code == 0
    np.testing.assert_array_equal(skimage.io.imread("again.png"), skimage.io.imread("out.png"))


@pytest.mark.slow
def test_report(folder: Path, run: Run) -> None:
    Path("moving.png").rename("<img src=x onerror=alert(1)>.png")
    command = ["align", "fixed.png", "<img src=x onerror=alert(1)>.png", "-o", "out.png", "--report", "r.html", *FAST]
    assert run(*command).code == 0
    page = Path("r.html").read_text(encoding="utf-8")
    assert "<h1>&lt;img src=x onerror=alert(1)&gt;.png on fixed.png</h1>" in page
    assert (
        "superpose align fixed.png &#39;&lt;img src=x onerror=alert(1)&gt;.png&#39; -o out.png --report r.html" in page
    )
    assert "<img src=x" not in page and 'id="canvas"' in page


def test_a_report_that_cannot_be_written_is_refused_before_the_work(folder: Path, run: Run) -> None:
    before = sorted(folder.iterdir())
    for name, says in (
        ("r.png", "use one of .html, .htm"),
        ("none/r.html", "does not exist"),
        ("out.png", "same file"),
    ):
        ended = run("align", "fixed.png", "moving.png", "-o", "out.png", "--report", name, *FAST)
        assert ended.code == 2 and says in ended.err and "--report" in ended.err
    assert sorted(folder.iterdir()) == before


# --- what cannot be trusted ---------------------------------------------------------------------------------
@pytest.fixture
def unrelated(folder: Path) -> Path:
    """The working folder, its moving.png a picture of something else."""
    from skimage import data

    write_image("moving.png", data.coins()[20:148, 30:190].copy(), "output")
    return folder


def test_an_unreliable_alignment_is_not_written(unrelated: Path, run: Run) -> None:
    before = sorted(path.name for path in unrelated.iterdir())
    ended = run("align", "fixed.png", "moving.png", "-o", "out.png", "--save-transform", "t.json")
    assert ended.code == 3
    assert ended.err.startswith("superpose: error: --output is 'out.png', and was not written")
    assert "warning: the alignment cannot be told from chance" in ended.out
    assert "--accept-unreliable" in ended.err
    assert "not reliable: confidence 0." in ended.out
    assert sorted(path.name for path in unrelated.iterdir()) == before


@pytest.mark.slow
def test_an_unreliable_alignment_is_shown(unrelated: Path, run: Run) -> None:
    before = {path.name for path in unrelated.iterdir()}
    ended = run("align", "fixed.png", "moving.png", "-o", "out.png", "--plot", "p.png", "--report", "r.html")
    assert ended.code == 3 and "look at it in its --report or --plot" in ended.err
    assert {path.name for path in unrelated.iterdir()} - before == {"p.png", "r.html"}
    assert "Not reliable" in Path("r.html").read_text("utf-8")


@pytest.mark.slow
def test_scales_beyond_two(folder: Path, run: Run, camera: NDArray[np.uint8]) -> None:
    write_image("wide.png", camera, "output")
    write_image("crop.png", zoom(camera[100:270, 150:340], 3, order=1), "output")
    line = ("align", "wide.png", "crop.png", "-o", "out.png", "--transform", "similarity")
    ended = run(*line)
    assert ended.code == 3 and "pass such as --max-scale 4 if one may" in ended.out
    ended = run(*line, "--max-scale", 4)
    assert (ended.code, ended.err) == (0, "") and "shows the scene 3.0" in ended.out
    ended = run(*line, "--max-scale", "0.5")
    assert ended.code == 2 and ended.err.startswith("superpose: error: --max-scale is 0.5")


@pytest.mark.slow
def test_an_unreliable_alignment_can_be_accepted(unrelated: Path, run: Run) -> None:
    ended = run(
        "align", "fixed.png", "moving.png", "-o", "out.png", "--save-transform", "t.json", "--accept-unreliable"
    )
    assert (ended.code, ended.err) == (0, "")
    assert "warning: the alignment cannot be told from chance" in ended.out
    assert Path("out.png").exists()
    assert not superpose.load("t.json").reliable


@pytest.mark.slow
def test_json_says_how_far_it_can_be_trusted(unrelated: Path, run: Run) -> None:
    ended = run("align", "fixed.png", "moving.png", "-o", "out.png", "--json")
    assert ended.code == 3
    said = json.loads(ended.out)
    assert said["reliable"] is False and 0 <= said["confidence"] < 0.5
    assert said["warnings"][0].endswith("[unreliable]")


def test_confidence_and_error_are_printed(folder: Path, run: Run) -> None:
    ended = run("align", "fixed.png", "moving.png", "-o", "out.png")
    assert ended.code == 0
    assert any(
        line.startswith("reliable: confidence ") and "px at the corners" in line for line in ended.out.splitlines()
    )


@pytest.mark.slow
def test_an_error_above_the_tolerance_is_not_written(folder: Path, run: Run) -> None:
    ended = run("align", "fixed.png", "moving.png", "-o", "out.png", *FAST, "--tolerance", "0.00001")
    assert ended.code == 3 and not Path("out.png").exists()
    assert "[not-exact-enough]" in ended.out
