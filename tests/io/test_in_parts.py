"""Images that are written a part at a time hold what those written whole do."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import dask.array as da
import numpy as np
import pytest
import skimage.data
import tifffile

import superpose
from superpose import InputError
from superpose._io.volumes import omezarr
from superpose.cli import apply
from superpose.cli.main import main

IMAGE = np.tile(skimage.data.camera(), (2, 2))[:601, :699]


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(omezarr, "_BAND", {2: 128, 3: 64})
    monkeypatch.setattr(omezarr, "_SMALL", 400)
    return tmp_path


@pytest.mark.parametrize("dtype", ["uint16", "float32", "bool"])
@pytest.mark.parametrize("chunks", [256, (300, 500)])
def test_an_array_of_dasks(folder: Path, dtype: str, chunks: Any) -> None:
    image = (IMAGE > 100) if dtype == "bool" else IMAGE.astype(dtype)
    lazily = da.from_array(image, chunks=chunks)
    superpose.write("a.zarr", lazily)
    superpose.write("a.tif", lazily)
    for name in ("a.zarr", "a.tif"):
        found = np.asarray(superpose.read(name).array)
        assert found.dtype == image.dtype
        np.testing.assert_array_equal(found, image)
    with tifffile.TiffFile("a.tif") as file:
        assert file.pages[0].is_tiled  # type: ignore[union-attr]
    assert len(list(folder.iterdir())) == 2


def test_colour_and_a_place(folder: Path) -> None:
    colour = np.dstack([IMAGE, IMAGE // 2, IMAGE[::-1]])
    superpose.write("c.tif", da.from_array(colour, chunks=(256, 300, 3)))
    np.testing.assert_array_equal(superpose.read("c.tif").array, colour)
    with pytest.raises(InputError, match="colour"):
        superpose.write("c.zarr", da.from_array(colour, chunks=(256, 300, 3)))
    like = superpose.Image(IMAGE, (0.5, 0.5), (3, 4), unit="mm")
    superpose.write("p.zarr", da.from_array(IMAGE), like=like)
    assert superpose.read("p.zarr").grid.coincides(like.grid)
    with pytest.raises(InputError, match="like"):
        superpose.write("q.zarr", da.from_array(IMAGE[1:]), like=like)
    with pytest.raises(InputError, match=r"p\.zarr"):
        superpose.write("p.zarr", da.from_array(IMAGE))


def test_a_tiff_keeps_the_spacing(folder: Path) -> None:
    like = superpose.Image(IMAGE, (0.5, 0.25), unit="µm")
    superpose.write("s.tif", da.from_array(IMAGE, chunks=300), like=like)
    found = superpose.read("s.tif")
    assert found.grid.coincides(like.grid) and found.unit == "µm"
    np.testing.assert_array_equal(found.array, IMAGE)
    with tifffile.TiffFile("s.tif") as file:
        assert file.pages[0].is_tiled  # type: ignore[union-attr]
    with pytest.raises(InputError, match="where pixels lie"):
        superpose.write("t.tif", da.from_array(IMAGE), like=superpose.Image(IMAGE, (0.5, 0.5), (3, 4), unit="mm"))


@pytest.mark.parametrize("name", ["a.tif", "a.zarr"])
@pytest.mark.parametrize(
    ("image", "match"),
    [
        (da.zeros(10), "image has shape"),
        (da.zeros((5, 6, 7, 8)), "image has shape"),
        (da.zeros((0, 10)), "no pixels"),
        (da.zeros((8, 9), dtype=object, chunks=8), "Python objects"),
        (da.zeros((8, 9), dtype=complex), "complex"),
    ],
)
def test_what_is_no_image_is_said(folder: Path, name: str, image: Any, match: str) -> None:
    with pytest.raises(InputError, match=match):
        superpose.write(name, image)
    assert list(folder.iterdir()) == []


def test_chunks_of_unknown_size_are_read_whole(folder: Path) -> None:
    lazily = da.from_array(IMAGE, chunks=300)
    some = lazily[lazily[:, 0] > 10]
    for name in ("a.tif", "a.zarr"):
        superpose.write(name, some)
        np.testing.assert_array_equal(superpose.read(name).array, IMAGE[IMAGE[:, 0] > 10])


def test_levels_are_averages_where_they_lie(folder: Path) -> None:
    image = IMAGE.astype(np.float32)
    image[:100, :100] = np.nan
    image[300, 300] = np.nan
    superpose.write("a.zarr", da.from_array(image, chunks=333))
    level = superpose.read("a.zarr", level=1)
    assert level.shape == (301, 350) and level.spacing == (2.0, 2.0) and level.origin == (0.5, 0.5)
    found = np.asarray(level.array)
    assert np.isnan(found[:50, :50]).all() and np.isfinite(found[50:, 50:]).all()
    assert found[250, 300] == image[500:502, 600:602].mean()
    assert found[150, 150] == np.nanmean(image[300:302, 300:302])
    assert found[300, 0] == image[600, 0:2].mean()
    with pytest.raises(InputError, match="level"):
        np.asarray(superpose.read("a.zarr", level=2).array)


def test_levels_of_booleans_lie_where_their_pixels_do(folder: Path) -> None:
    superpose.write("a.zarr", da.from_array(IMAGE > 100, chunks=333))
    level = superpose.read("a.zarr", level=1)
    np.testing.assert_array_equal(level.array, IMAGE[::2, ::2] > 100)
    assert level.spacing == (2.0, 2.0) and level.origin == (0.0, 0.0)


def test_levels_of_volumes_are_made_in_small_parts(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    volume = np.random.default_rng(0).integers(0, 255, (450, 70, 130), np.uint8)
    half, sizes = omezarr._half, []

    def counted(pixels: Any, nearest: bool) -> Any:
        sizes.append(pixels.size)
        return half(pixels, nearest)

    monkeypatch.setattr(omezarr, "_half", counted)
    superpose.write("v.zarr", da.from_array(volume, chunks=64))
    level = superpose.read("v.zarr", level=1)
    expected = np.rint(volume.reshape(225, 2, 35, 2, 65, 2).mean((1, 3, 5))).astype(np.uint8)
    np.testing.assert_array_equal(level.array, expected)
    assert max(sizes) <= 128**3


def test_a_chunk_that_fails_leaves_nothing(folder: Path) -> None:
    def broken(block: Any) -> Any:
        raise OSError("the disk is gone")

    bad = da.map_blocks(broken, da.from_array(IMAGE, chunks=300), dtype=IMAGE.dtype, meta=np.empty((0, 0), np.uint8))
    for name in ("a.zarr", "a.tif"):
        with pytest.raises(InputError, match="the disk is gone"):
            superpose.write(name, bad)
    assert list(folder.iterdir()) == []


def test_apply_writes_in_parts(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    transform = superpose.rigid(7.0, (12.5, -30.2), centre=(300, 350))
    found = superpose.register(IMAGE[:200, :200], IMAGE[:200, :200], on_unreliable="ignore")
    found = replace(
        found, transform=transform, fixed_grid=superpose.Grid((500, 520)), moving_grid=superpose.Grid(IMAGE.shape)
    )
    found.save("t.json")
    superpose.write("m.tif", IMAGE)
    superpose.write("m.zarr", IMAGE)
    whole, labels = found.warp(IMAGE), found.warp_labels(IMAGE)
    for name, options, expected in (
        ("m.tif", ["-o", "a.zarr"], whole),
        ("m.zarr", ["-o", "b.zarr", "--threads", "2"], whole),
        ("m.zarr", ["-o", "c.tif"], whole),
        ("m.zarr", ["-o", "d.zarr", "--labels"], labels),
        ("m.zarr", ["-o", "e.zarr", "--order", "1", "--no-clip"], found.warp(IMAGE, 1, clip=False)),
    ):
        assert main(["apply", "t.json", name, *options, "--quiet"]) == 0
        np.testing.assert_array_equal(superpose.read(options[1]).array, expected)
    # Levels of labels are labels.
    np.testing.assert_array_equal(superpose.read("d.zarr", level=1).array, labels[::2, ::2])
    assert main(["apply", "t.json", "m.tif", "-o", "a.zarr"]) == 2
    assert "a.zarr" in capsys.readouterr().err
    superpose.write("small.tif", IMAGE[:50])
    assert main(["apply", "t.json", "small.tif", "-o", "f.zarr"]) == 2
    assert "(50, 699)" in capsys.readouterr().err
    assert not Path("f.zarr").exists()


def test_each_page_of_a_large_tiff_is_resampled(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(apply, "_LARGE", 100)
    transform = superpose.rigid(7.0, (12.5, -30.2), centre=(60, 60))
    found = superpose.register(IMAGE[:120, :130], IMAGE[:120, :130], on_unreliable="ignore")
    found = replace(found, transform=transform)
    found.save("t.json")
    pages = [IMAGE[:120, :130], IMAGE[200:320, 100:230]]
    tifffile.imwrite("m.tif", np.stack(pages), photometric="minisblack", metadata=None)
    assert main(["apply", "t.json", "m.tif", "-o", "a.tif", "--quiet"]) == 0
    assert main(["apply", "t.json", "m.tif", "-o", "b.tif", "--page", "1", "--quiet"]) == 0
    for k, page in enumerate(pages):
        np.testing.assert_array_equal(superpose.read("a.tif", page=k).array, found.warp(page))
    np.testing.assert_array_equal(superpose.read("b.tif").array, found.warp(pages[1]))
