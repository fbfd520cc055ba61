"""The verbs take volumes as they take pictures."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
import SimpleITK as sitk
from numpy.typing import NDArray
from scipy import ndimage

import superpose
from tests.cli.conftest import Run
from tests.io import making

TRUTH = superpose.rigid((0.05, -0.08, 0.1), (2.5, -1.25, 4.5), (20, 25, 30))
DIRECTION = ((0.0, 0.0, 1.0), (0.0, -1.0, 0.0), (1.0, 0.0, 0.0))


@pytest.fixture(scope="module")
def heads() -> tuple[superpose.Image, superpose.Image]:
    """Fixed and moving, whose axes run elsewhere; the truth is TRUTH."""
    noise = np.random.default_rng(5).random((44, 52, 60))
    scene = ndimage.gaussian_filter(noise, 2) * 4000 - 1500
    scene[10:20, 30:40, 15:25] += 300
    fixed = superpose.Image(scene.clip(0, 4000).astype(np.int16), (1, 1, 1), (0.5, 0, 0), unit="mm")
    grid = superpose.Grid((48, 44, 40), (-4, 52, 4), (1.25, 1.25, 1), DIRECTION)
    matrix, offset = TRUTH.inverse().as_ndimage(grid, fixed)
    array = ndimage.affine_transform(scene, matrix, offset, output_shape=grid.shape, mode="nearest")
    moving = superpose.Image(array.clip(0, 4000).astype(np.int16), grid.spacing, grid.origin, grid.direction, unit="mm")
    return fixed, moving


@pytest.fixture
def files(folder: Path, heads: tuple[superpose.Image, superpose.Image]) -> Path:
    for name, image in zip(("fixed.nii.gz", "moving.mha"), heads, strict=True):
        superpose.write(folder / name, image)
    return folder


def agree(one: NDArray[np.int16], other: NDArray[np.int16]) -> bool:
    both = (one > 0) & (other > 0)
    return bool(both.sum() > 5000 and np.corrcoef(one[both], other[both])[0, 1] > 0.98)


@pytest.mark.slow
def test_align_and_apply(files: Path, run: Run, heads: tuple[superpose.Image, superpose.Image]) -> None:
    ended = run("align", "fixed.nii.gz", "moving.mha", "-o", "aligned.nrrd", "--save-transform", "pose.json")
    assert (ended.code, ended.err) == (0, "")
    found = superpose.load("pose.json")
    assert found.transform.distance(TRUTH, heads[0].grid.corners) < 0.3
    aligned = superpose.read("aligned.nrrd")
    assert aligned.array.dtype == np.int16 and aligned.grid.to_physical((1, 2, 3)) == pytest.approx((1.5, 2, 3))
    assert agree(aligned.array, heads[0].array)
    # What lies elsewhere, on other pixels, comes out the same.
    moving = heads[1]
    half = superpose.Image(
        moving.array[6:, 3:], moving.spacing, moving.grid.to_physical((6, 3, 0)), DIRECTION, unit="mm"
    )
    superpose.write("part.nrrd", half)
    assert run("apply", "pose.json", "part.nrrd", "-o", "part-aligned.nii", "--order", "1").code == 0
    assert run("apply", "pose.json", "moving.mha", "-o", "whole.nii", "--order", "1").code == 0
    part, whole = (np.asarray(superpose.read(f"{name}.nii").array) for name in ("part-aligned", "whole"))
    inner = ndimage.binary_erosion(part > 0, iterations=2)
    assert inner.sum() > 5000
    np.testing.assert_array_equal(part[inner], whole[inner])
    # SimpleITK resamples by the converted file.
    assert run("convert", "pose.json", "pose.tfm").code == 0
    images = (sitk.ReadImage(name) for name in ("moving.mha", "fixed.nii.gz"))
    theirs = sitk.GetArrayFromImage(sitk.Resample(*images, sitk.ReadTransform("pose.tfm"), sitk.sitkLinear))
    assert np.abs(theirs[inner].astype(int) - whole[inner]).max() <= 1
    given = "apply", "pose.tfm", "moving.mha", "-o", "by-itk-s.nii", "--order", "1", "--like", "fixed.nii.gz"
    assert run(*given).code == 0
    np.testing.assert_array_equal(superpose.read("by-itk-s.nii").array, whole)
    # Another grid, by its file.
    superpose.write("like.mha", superpose.Image(np.zeros((20, 21, 22), np.uint8), (2, 2, 2), (0.5, 0, 0), unit="mm"))
    assert run("apply", "pose.json", "moving.mha", "-o", "coarse.nrrd", "--order", "1", "--like", "like.mha").code == 0
    coarse = superpose.read("coarse.nrrd")
    assert coarse.spacing == (2, 2, 2)
    np.testing.assert_array_equal(coarse.array[2:18, 2:18, 2:18], whole[4:36:2, 4:36:2, 4:36:2])


def test_a_picture_s_format_holds_no_volume(files: Path, run: Run) -> None:
    ended = run("align", "fixed.nii.gz", "moving.mha", "-o", "out.png")
    assert ended.code == 2 and "cannot hold a volume; write a .nrrd file instead" in ended.err
    ended = run("align", "fixed.nii.gz", "moving.mha", "-o", "-", "--format", "tif")
    assert (
        ended.code == 2 and "--output is to be tif, a format that cannot hold a volume; write it as nrrd" in ended.err
    )
    ended = run("align", "fixed.nii.gz", "moving.png", "-o", "out.nrrd")
    assert ended.code == 2 and not Path("out.nrrd").exists()


def test_pictures_into_volumes_formats(folder: Path, run: Run) -> None:
    assert run("align", "fixed.png", "moving.png", "-o", "out.mha").code == 0
    assert run("align", "fixed.png", "moving.png", "-o", "out.png").code == 0
    np.testing.assert_array_equal(superpose.read("out.mha").array, superpose.read("out.png").array)


def test_what_was_assumed_is_a_line(folder: Path, run: Run) -> None:
    making.write_series(folder / "series")
    (folder / "one").mkdir()
    (folder / "series" / "5_014.dcm").rename(folder / "one" / "a.dcm")
    said = run("align", "one", "one", "-o", "out.nrrd").err.splitlines()
    for name, line in zip(("fixed", "moving"), said, strict=False):
        assert line.startswith(f"superpose: warning: {name} is 'one', a volume of one plane; it was taken for")


@pytest.mark.slow
def test_a_figure_and_a_page(files: Path, run: Run) -> None:
    ended = run(
        "align", "fixed.nii.gz", "moving.mha", "-o", "out.nrrd", "--plot", "planes.png", "--report", "page.html"
    )  # fmt: skip
    assert (ended.code, ended.err) == (0, "")
    assert superpose.read("planes.png").shape[2] in (3, 4)
    page = Path("page.html").read_text(encoding="utf-8")
    assert "<h1>moving.mha on fixed.nii.gz</h1>" in page and 'id="canvas-2"' in page and "--report page.html" in page


@pytest.mark.slow
def test_a_landscape(files: Path, run: Run) -> None:
    ended = run(
        "landscape", "fixed.nii.gz", "moving.mha", "-o", "map.png", "--levels", 3, "--json",
        "--parameter", "plane shift", "--over", -6, 6, 7, "--parameter", "column angle", "--over", 0, 12, 5,
    )  # fmt: skip
    assert (ended.code, ended.err) == (0, "")
    found = json.loads(ended.out)
    assert found["parameters"] == ["plane shift", "column angle"] and found["shapes"][2] == [11, 13, 15]
    assert superpose.read("map.png").shape[2] in (3, 4)
    refused = run("landscape", "fixed.nii.gz", "moving.mha", "-o", "map.png", "--parameter", "angle")
    assert refused.code == 2 and "plane-angle" in refused.err


def test_an_alignment_is_kept_as_json(folder: Path, run: Run) -> None:
    ended = run("align", "fixed.png", "moving.png", "-o", "out.png", "--save-transform", "pose.tfm")
    assert ended.code == 2 and "kept as JSON; write a .json file" in ended.err and not Path("pose.tfm").exists()
