"""Images as users have them: paths, Pillow's pictures, and whatever is an array to NumPy."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image

import superpose
from superpose._io.images import read_image, write_image, write_pages
from superpose.errors import InputError

Pair = tuple[NDArray[np.uint8], NDArray[np.uint8]]


class Own:
    """Something that NumPy makes an array of."""

    def __init__(self, pixels: Any) -> None:
        self._pixels = pixels

    def __array__(self, *_given: Any, **_named: Any) -> Any:
        return self._pixels


@pytest.fixture
def pair(camera: NDArray[np.uint8]) -> Pair:
    return camera[100:196, 100:212].copy(), camera[104:200, 97:209].copy()


@pytest.fixture
def files(pair: Pair, tmp_path: Path) -> Path:
    for name, image in zip(("fixed", "moving"), pair, strict=True):
        write_image(tmp_path / f"{name}.png", image, "output")
    return tmp_path


@pytest.mark.parametrize("kind", [str, Path, Image.open, lambda path: Own(read_image(path, "image"))])
def test_register_takes_what_users_have(files: Path, pair: Pair, kind: Any) -> None:
    given = [kind(files / f"{name}.png") for name in ("fixed", "moving")]
    expected = superpose.register(*pair, transform="translation")
    found = superpose.register(*given, transform="translation")
    assert found.transform == expected.transform and found.transform.shift.round(1).tolist() == [-4, 3]
    # It holds the pixels, whatever becomes of the file.
    (files / "moving.png").unlink()
    np.testing.assert_array_equal(found.warp(), expected.warp())
    seen = superpose.landscape(kind(files / "fixed.png"), pair[1], over=[2, 3, 4])
    np.testing.assert_array_equal(seen.values, superpose.landscape(*pair, over=[2, 3, 4]).values)


def test_other_calls_take_paths(files: Path, pair: Pair, tmp_path: Path) -> None:
    fixed, moving = files / "fixed.png", str(files / "moving.png")
    found = superpose.register(superpose.prepare(fixed), superpose.prepare(moving), transform="translation")
    np.testing.assert_array_equal(found.warp(moving), found.warp(pair[1]))
    np.testing.assert_array_equal(found.warp_labels(moving), found.warp_labels(pair[1]))
    np.testing.assert_array_equal(found.with_images(fixed, moving).warp(), found.warp())
    np.testing.assert_array_equal(superpose.pyramid(fixed, 2)[1].data, superpose.pyramid(pair[0], 2)[1].data)
    plate = np.vstack([np.pad(pair[0], 4, constant_values=0)] * 3)
    write_image(tmp_path / "plate.tif", plate, "output")
    options: Any = {"transform": "translation", "crop": False}
    expected = superpose.colorize(plate, **options)
    for given in (tmp_path / "plate.tif", Image.fromarray(plate)):
        np.testing.assert_array_equal(superpose.colorize(given, **options).image, expected.image)


def test_masks_may_be_pictures(files: Path, pair: Pair) -> None:
    keep = np.zeros(pair[0].shape, bool)
    keep[:, :60] = True
    write_image(files / "keep.png", np.stack([np.where(keep, 200, 0).astype(np.uint8)] * 3, -1), "output")
    expected = superpose.register(*pair, transform="translation", fixed_mask=keep)
    for mask in (files / "keep.png", Image.open(files / "keep.png"), Image.fromarray(keep)):
        assert superpose.register(*pair, transform="translation", fixed_mask=mask).transform == expected.transform
    np.testing.assert_array_equal(superpose.prepare(pair[0], files / "keep.png").image.mask, keep)


@pytest.mark.parametrize("mode", ["P", "CMYK", "LA", "RGBA", "1", "I;16", "F", "YCbCr"])
def test_pictures_of_any_mode_are_what_their_files_are(tmp_path: Path, mode: str, camera: NDArray[np.uint8]) -> None:
    grey = Image.fromarray(camera[:40, :50])
    colour = Image.merge("RGB", (grey, grey.rotate(180), grey))
    picture = {"P": lambda: colour.quantize(16), "LA": lambda: grey.convert("LA"), "F": lambda: grey.convert("F")}.get(
        mode, lambda: (grey if mode in ("1", "I;16") else colour).convert(mode)
    )()
    stored = "tiff" if mode in ("CMYK", "F", "YCbCr") else "png"
    picture.save(tmp_path / f"a.{stored}")
    if mode == "YCbCr":
        expected = np.array(picture.convert("RGB"))
    else:
        expected = read_image(tmp_path / f"a.{stored}", "image")
    np.testing.assert_array_equal(superpose.prepare(picture).array, expected)


def test_pictures_that_cannot_be_read(tmp_path: Path, pair: Pair) -> None:
    Image.fromarray(pair[0]).save(tmp_path / "a.png")
    (tmp_path / "cut.png").write_bytes((tmp_path / "a.png").read_bytes()[:2000])
    said = r"^moving is of mode L, a picture of Pillow's that cannot be read: "
    with Image.open(tmp_path / "cut.png") as cut, pytest.raises(InputError, match=said):
        superpose.register(pair[0], cut)
    with pytest.raises(InputError, match=r"^image is of mode LAB, a picture .*: a picture of LAB pixels"):
        superpose.prepare(Image.new("LAB", (20, 20)))
    with pytest.raises(InputError, match=r"^moving is b'a\.png', which is not an array of numbers"):
        superpose.register(pair[0], b"a.png")


def test_pages_and_sizes(tmp_path: Path, pair: Pair) -> None:
    path = tmp_path / "pages.tif"
    write_pages(path, pair, "output")
    np.testing.assert_array_equal(superpose.prepare(path, page=1).array, pair[1])
    with pytest.raises(InputError, match=r"^moving is .*pages\.tif', which holds 2 images; .*prepare\(path, page=\)"):
        superpose.register(pair[0], path)
    with pytest.raises(InputError, match=r"^page= is 2, and the file holds 2 images"):
        superpose.prepare(path, page=2)
    with pytest.raises(InputError, match=r"^page is 0, and image is no path"):
        superpose.prepare(pair[0], page=0)
    write_image(tmp_path / "a.png", pair[0], "output")
    for call in (superpose.prepare, superpose.colorize, lambda path, **more: superpose.register(path, path, **more)):
        with pytest.raises(
            InputError, match=r"10752 pixels, more than the 10751 that are read \(max_pixels\); .*max_pixels="
        ):
            call(tmp_path / "a.png", max_pixels=10751)
    assert superpose.prepare(tmp_path / "a.png", max_pixels=10752).array.shape == pair[0].shape
    with pytest.raises(InputError, match=r"^max_pixels is 0; pass a whole number of 1 or more"):
        superpose.prepare(tmp_path / "a.png", max_pixels=0)
