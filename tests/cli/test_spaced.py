"""The verbs take images of two dimensions that lie in space, and keep what they are measured in."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import skimage.data
from PIL import Image as Pillow
from scipy import ndimage

import superpose
from tests.cli.conftest import Run


@pytest.fixture
def files(folder: Path) -> Path:
    """A fixed image of 0.5 mm pixels and one of 0.75 mm that shows the scene 6 mm further up, 3 mm further right."""
    scene = skimage.data.coins()[:250, :250].astype(float)
    places = np.meshgrid(np.arange(150) * 1.5 + 12, np.arange(150) * 1.5 - 6, indexing="ij")
    moving = ndimage.map_coordinates(ndimage.gaussian_filter(scene, 0.5), places, order=3)
    superpose.write(folder / "fixed.nrrd", superpose.Image(scene.astype(np.uint8), (0.5, 0.5), (10, 20), unit="mm"))
    superpose.write(folder / "moving.nrrd", superpose.Image(moving.astype(np.uint8), (0.75, 0.75), (10, 20), unit="mm"))
    return folder


def test_align_and_apply(files: Path, run: Run) -> None:
    ended = run("align", "fixed.nrrd", "moving.nrrd", "-o", "aligned.nrrd", "--save-transform", "pose.json")
    assert ended.code == 0 and "lies 6.00 mm up, 3.00 mm right of fixed" in ended.out
    assert superpose.read("aligned.nrrd").spacing == (0.5, 0.5)
    assert run("apply", "pose.json", "moving.nrrd", "-o", "again.nrrd").code == 0
    np.testing.assert_array_equal(superpose.read("again.nrrd").array, superpose.read("aligned.nrrd").array)


def test_apply_writes_fixeds_grid_in_its_own_unit(files: Path, run: Run) -> None:
    fixed, moving = superpose.read("fixed.nrrd"), superpose.read("moving.nrrd")
    small = superpose.Image(moving.array, (750, 750), (10000, 20000), unit="µm")
    found = superpose.register(fixed, small)
    assert found.fixed_grid.unit == found.moving_grid.unit == "mm"
    micrometres = superpose.Image(fixed.array, (500, 500), (10000, 20000), unit="µm")
    superpose.register(micrometres, moving).save("pose.json")  # fixed's grid is in µm, IMAGE in mm
    assert run("apply", "pose.json", "moving.nrrd", "-o", "aligned.nrrd").code == 0
    aligned = superpose.read("aligned.nrrd")
    assert (aligned.spacing, aligned.origin, aligned.unit) == ((0.5, 0.5), (10, 20), "mm")
    same = found.warp(order=3)
    np.testing.assert_allclose(np.asarray(aligned.array, float), same, atol=1)


def test_positions_that_do_not_meet(files: Path, run: Run) -> None:
    moving = superpose.read("moving.nrrd")
    superpose.write("away.nrrd", superpose.Image(moving.array, moving.spacing, (900, 20), unit="mm"))
    ended = run("align", "fixed.nrrd", "away.nrrd", "-o", "aligned.nrrd")
    assert ended.code == 0 and "moving lies at 900..1011.75, 20..131.75 mm and fixed at 10..134.5" in ended.out
    quiet = run("align", "fixed.nrrd", "away.nrrd", "-o", "aligned.nrrd", "--ignore-position")
    assert quiet.code == 0 and "moving lies" not in quiet.out.replace("moving lies 8", "")


def test_what_pictures_say_of_their_print_changes_nothing(folder: Path, run: Run) -> None:
    # A scanner's dpi is often wrong: the same pixels at 72 and at 300.
    image = skimage.data.coins()[:200, :200]
    for name, dots in (("fixed.png", 72), ("moving.png", 300), ("moving.tif", 300)):
        Pillow.fromarray(image).save(folder / name, dpi=(dots, dots))
    for name in ("moving.png", "moving.tif"):
        ended = run("align", "fixed.png", name, "-o", "aligned.png")
        assert ended.code == 0 and "moving lies exactly on fixed" in ended.out
        assert not superpose.read(folder / name).spaced
