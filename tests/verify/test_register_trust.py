"""What `register` says about trust, on pairs where the answer is known."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray
from scipy import ndimage
from skimage import color, data

import superpose
from superpose import register

Pixels = NDArray[np.float64]
SIDE = 128
CENTRE = ((SIDE - 1) / 2,) * 2


def noisy(image: Pixels, seed: int, sigma: float = 0.02) -> Pixels:
    return image + sigma * np.random.default_rng(seed).normal(size=image.shape)


def seen(image: Pixels, transform: superpose.MatrixTransform) -> Pixels:
    """Return what moving shows where `transform` takes fixed to moving."""
    at = np.stack(np.indices((SIDE, SIDE)), -1).astype(float)
    return ndimage.map_coordinates(image, np.moveaxis(transform.inverse()(at), -1, 0), order=3, mode="reflect")


@pytest.fixture(scope="module")
def scene(camera: NDArray[np.uint8]) -> Pixels:
    return camera[60 : 60 + 2 * SIDE : 2, 160 : 160 + 2 * SIDE : 2] / 255


TRUTH = superpose.rigid(0.35, (6.0, -9.0), CENTRE)


def test_a_right_alignment_is_reliable(scene: Pixels) -> None:
    found = register(noisy(scene, 1), noisy(seen(scene, TRUTH), 2))
    off = found.transform.distance(TRUTH, found.fixed_grid.corners)
    assert found.reliable and found.confidence > 0.9
    assert off < 4 * found.uncertainty < 0.5
    assert found.covariance is not None and found.covariance.shape == (3, 3)
    assert found.margin > 0.2
    assert found.warnings == ()
    assert "reliable: confidence" in repr(found) and "reliable: confidence" in found._repr_html_()


def test_exchanging_the_images_changes_no_verdict(scene: Pixels) -> None:
    fixed, moving = noisy(scene, 1), noisy(seen(scene, TRUTH), 2)
    one, other = register(fixed, moving), register(moving, fixed)
    assert one.confidence == pytest.approx(other.confidence, abs=1e-6)
    assert one.uncertainty == pytest.approx(other.uncertainty, rel=0.05)


@pytest.mark.parametrize("family", ["rigid", "translation"])
def test_two_scenes_are_refused(scene: Pixels, coins: Pixels, family: str) -> None:
    with pytest.warns(superpose.UnreliableWarning, match=r"its confidence is 0\.\d+; look at it before you use it"):
        found = register(scene, coins, transform=family)
    assert not found.reliable and found.confidence < 0.3
    assert found.warnings[0].endswith("[unreliable]")
    assert not [each for each in found.warnings if each.endswith(("[symmetric]", "[periodic]"))]
    assert "not reliable" in repr(found)


@pytest.fixture(scope="module")
def coins() -> Pixels:
    from skimage import data

    return np.asarray(data.coins()[20 : 20 + SIDE, 30 : 30 + SIDE] / 255)


def test_what_is_done_about_it_is_chosen(scene: Pixels, coins: Pixels) -> None:
    quiet = register(scene, coins, transform="translation", on_unreliable="ignore")
    assert not quiet.reliable
    with pytest.raises(superpose.UnreliableError, match=r"cannot be told from chance.*\[unreliable\]"):
        register(scene, coins, transform="translation", on_unreliable="raise")
    assert register(scene, scene, on_unreliable="raise").reliable
    with pytest.raises(superpose.InputError, match=r"^on_unreliable='rase' is not known; did you mean 'raise'"):
        register(scene, scene, on_unreliable="rase")


def test_an_image_on_itself_is_left_as_it_is_without_a_word(scene: Pixels) -> None:
    found = register(noisy(scene, 1), noisy(scene, 2))
    assert found.reliable and found.warnings == ()
    assert found.transform.distance(superpose.translation((0, 0)), found.fixed_grid.corners) < 0.2


def test_a_symmetric_picture_is_said_to_be_one(scene: Pixels) -> None:
    symmetric = scene + np.rot90(scene, 2)
    moved = superpose.rigid(0.1, (2.0, -3.0), CENTRE)
    with pytest.warns(superpose.UnreliableWarning, match="cannot be told from another one"):
        found = register(noisy(symmetric, 1), noisy(seen(symmetric, moved), 2))
    said = [each for each in found.warnings if each.endswith("[symmetric]")]
    assert len(said) == 1 and "turned by 180 degrees, scores almost the same" in said[0]
    assert not found.reliable and found.confidence < 0.6 and found.margin < 0.2
    half = [abs(np.degrees(each.transform.angle - found.transform.angle)) for each in found.basins]
    assert any(178 < turn < 182 for turn in half)
    other = found.at(found.basins[half.index(min(half, key=lambda turn: abs(turn - 180)))])
    corners = found.fixed_grid.corners
    turned = moved @ superpose.rigid(np.pi, (0, 0), CENTRE)
    both = [min(each.transform.distance(way, corners) for way in (moved, turned)) for each in (found, other)]
    assert max(both) < 2.5
    assert other.warp().shape == scene.shape


def test_a_periodic_picture_lists_its_other_alignments() -> None:
    rows, columns = np.indices((SIDE, SIDE + 40))
    lattice = np.cos(2 * np.pi * rows / 20) + np.cos(2 * np.pi * columns / 20)
    lattice = ndimage.gaussian_filter((lattice > 0.4).astype(float), 1)
    fixed, moving = noisy(lattice[:, :SIDE], 1), noisy(lattice[:, 5 : SIDE + 5], 2)
    with pytest.warns(superpose.UnreliableWarning, match="cannot be told from another one"):
        found = register(fixed, moving, transform="translation")
    shifts = np.array([each.transform.shift for each in found.basins])
    assert len(shifts) >= 3
    gaps = (shifts - (0, -5)) / 20
    assert np.abs(gaps - np.rint(gaps)).max() < 0.1
    assert len(np.unique(np.rint(gaps), axis=0)) == len(shifts)
    said = [each for each in found.warnings if each.endswith("[periodic]")]
    assert len(said) == 1 and "shifted by" in said[0] and "may repeat itself" in said[0]


def test_worse_than_leaving_the_images_as_they_are(scene: Pixels) -> None:
    # The images lie on each other, and a start far away with a search that stays there must not be believed.
    far = superpose.translation((40, 40))
    with pytest.warns(superpose.UnreliableWarning, match="cannot be told from chance"):
        found = register(
            noisy(scene, 1),
            noisy(scene, 2),
            transform="translation",
            initial=far,
            search=superpose.SearchRange(shift=0.1),
        )
    assert not found.reliable


def test_few_grey_levels_are_said(scene: Pixels) -> None:
    three = np.digitize(scene, [0.3, 0.6]).astype(np.uint8)
    found = register(scene, three, transform="translation", on_unreliable="ignore")
    assert [each for each in found.warnings if each.startswith("moving has 3 grey levels")]
    assert not [each for each in found.warnings if each.startswith("fixed has") and "grey levels" in each]


@pytest.mark.parametrize("optimizer", ["powell"])
def test_a_scipy_optimiser_s_answer_is_verified_alike(scene: Pixels, optimizer: str) -> None:
    near = superpose.rigid(0.03, (1.5, -2.0), CENTRE)
    found = register(noisy(scene, 1), noisy(seen(scene, near), 2), metric="ncc", optimizer=optimizer, levels=3)
    assert found.reliable and 0 < found.uncertainty < 0.3
    assert found.basins == () or found.basins[0].transform == found.transform


def test_the_same_bits_on_any_number_of_threads(scene: Pixels) -> None:
    fixed, moving = noisy(scene, 1), noisy(seen(scene, TRUTH), 2)
    one, many = (register(fixed, moving, threads=threads) for threads in (1, 4))
    assert (one.confidence, one.uncertainty, one.evidence) == (many.confidence, many.uncertainty, many.evidence)
    np.testing.assert_array_equal(one.covariance, many.covariance)


def test_what_a_file_keeps(scene: Pixels, tmp_path: Path) -> None:
    found = register(noisy(scene, 1), noisy(seen(scene, TRUTH), 2))
    found.save(tmp_path / "t.json")
    loaded = superpose.load(tmp_path / "t.json")
    for name in ("reliable", "confidence", "uncertainty", "margin", "evidence", "warnings"):
        assert getattr(loaded, name) == getattr(found, name)
    np.testing.assert_array_equal(loaded.covariance, found.covariance)


def test_the_warning_points_at_the_caller(tmp_path: Path) -> None:
    script = tmp_path / "mine.py"
    script.write_text(
        "import numpy as np, superpose\n"
        "a, b = np.random.default_rng(0).random((2, 48, 48))\n"
        "found = superpose.register(a, b, transform='translation')\n"
        "import json; print(json.dumps(found.reliable))\n"
    )
    done = subprocess.run([sys.executable, str(script)], capture_output=True, text=True, check=True)
    assert "mine.py:3: UnreliableWarning" in done.stderr
    assert json.loads(done.stdout) is False


@pytest.mark.parametrize("name", ["coffee", "rocket", "camera"])
def test_the_symmetric_parts_of_a_mirrored_scene_do_not_convince(name: str) -> None:
    """A cup, or a rocket, lies well on its mirror image: but the mirror image lies better."""
    image = getattr(data, name)()
    image = (color.rgb2gray(image) if image.ndim == 3 else image / 255.0)[:400, :400][::2, ::2]
    found = register(noisy(image, 1), noisy(image[:, ::-1], 2), on_unreliable="ignore")
    assert not found.reliable and found.confidence < 0.1
    assert any(each.endswith("[mirror-fits-better]") for each in found.warnings)
