"""Two small verbs: what is in a file, and a transform in another format."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
import SimpleITK as sitk
import tifffile

import superpose
from superpose.transforms import read, write
from tests.cli.conftest import Run
from tests.io import making


def test_info_of_a_picture(folder: Path, run: Run) -> None:
    ended = run("info", "fixed.png")
    assert (ended.code, ended.err) == (0, "")
    first, last = ended.out.splitlines()
    assert first == "128 rows x 160 columns, 1 x 1, axes (row, column), uint8"
    assert last.startswith("its values are from ")
    np.save("empty.npy", np.full((5, 6), np.nan))
    assert run("info", "empty.npy").out.splitlines()[1] == "no value is a number"
    np.save("colour.npy", np.zeros((5, 6, 3), np.uint8))
    assert run("info", "colour.npy").out.splitlines()[0].endswith("uint8 in colour")


def test_info_of_a_volume(folder: Path, run: Run) -> None:
    superpose.write("scan.mha", superpose.Image.from_itk(making.itk_scan()))
    said = run("info", "scan.mha").out.splitlines()
    assert said[0] == "12 planes x 15 rows x 18 columns, 3 x 1.25 x 0.75 mm, axes (plane, row, column), int16"
    assert said[1].startswith("its pixels' centres lie at (superior, posterior, left) ") and said[1].endswith(" mm")
    assert said[2].startswith("its axes run along ") and said[3] == "its values are from -899 to 1499"
    document = json.loads(run("info", "scan.mha", "--json").out)
    assert document["spacing"] == [3, 1.25, 0.75] and document["unit"] == "mm" and document["warnings"] == []
    assert document["shape"] == [12, 15, 18] and document["range"] == [-899, 1499]


def test_info_says_what_was_assumed(folder: Path, run: Run) -> None:
    sitk.WriteImage(making.itk_scan()[:, :, 2:3], "plane.nrrd")
    ended = run("info", "plane.nrrd")
    assert (ended.code, ended.err) == (0, "")
    assert ended.out.splitlines()[-1].startswith("warning: image is 'plane.nrrd', a volume of one plane")


def test_a_transform_goes_through_every_format(folder: Path, run: Run, registered: superpose.Registration) -> None:
    registered.save("pose.json")
    for one, other in (("pose.json", "a.tfm"), ("a.tfm", "b.json"), ("b.json", "c.txt"), ("pose.json", "d.json")):
        ended = run("convert", one, other)
        assert (ended.code, ended.err) == (0, "") and ended.out.startswith("moving is turned")
        assert np.array_equal(read(other).matrix, registered.transform.matrix)
    assert superpose.load("d.json").fixed_grid == registered.fixed_grid  # an alignment stays one
    theirs = sitk.ReadTransform("a.tfm")
    assert theirs.TransformPoint((3.0, 5.0))[::-1] == pytest.approx(registered.transform([5.0, 3.0]))


def test_a_transform_alone_is_applied_where_an_image_says(
    folder: Path, run: Run, registered: superpose.Registration
) -> None:
    registered.save("pose.json")
    write("pose.tfm", registered)
    assert run("apply", "pose.json", "moving.png", "-o", "a.png").code == 0
    assert run("apply", "pose.tfm", "moving.png", "-o", "b.png", "--like", "fixed.png").code == 0
    assert Path("a.png").read_bytes() == Path("b.png").read_bytes()


def test_a_stack_is_resampled_picture_by_picture(folder: Path, run: Run, registered: superpose.Registration) -> None:
    registered.save("pose.json")
    stack = np.stack([np.asarray(superpose.read("moving.png").array)] * 3)
    tifffile.imwrite("stack.tif", stack, imagej=True, metadata={"axes": "ZYX"})
    assert run("apply", "pose.json", "stack.tif", "-o", "out.tif").code == 0
    assert run("apply", "pose.json", "moving.png", "-o", "one.tif").code == 0
    np.testing.assert_array_equal(tifffile.imread("out.tif"), [tifffile.imread("one.tif")] * 3)


def test_inverse_streams_and_json(folder: Path, run: Run) -> None:
    transform = superpose.rigid((0.1, 0.2, -0.3), (4, 5, 6))
    write("t.json", transform)
    assert json.loads(run("convert", "t.json", "u.tfm", "--inverse", "--json").out)["family"] == "rigid"
    assert read("u.tfm").distance(transform.inverse(), np.eye(3) * 100) < 1e-12
    assert run("convert", "t.json", "-", "--format", "tfm").out.startswith("#Insight Transform File V1.0")
    assert run("convert", "t.json", "v.txt", "--quiet").out == ""
