"""Images resampled a chunk at a time have the bits of those resampled whole, and read what they need and no more."""

from __future__ import annotations

import pickle
import sys
from pathlib import Path
from typing import Any

import dask.array as da
import numpy as np
import pytest
import skimage.data
import tifffile
import zarr

import superpose
from superpose import InputError, MissingPackageError
from superpose._sampling import later
from superpose._sampling.footprint import drawn_on
from superpose._sampling.later import PieceSettings, WarpedLater
from superpose._sampling.mapping import PixelMap, shape_of
from superpose._sampling.stored import Stored
from superpose.grid import Grid
from superpose.result import Registration
from superpose.transforms import MatrixTransform

CAMERA = skimage.data.camera()


@pytest.fixture(autouse=True)
def small_pieces(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(later, "SETTINGS", PieceSettings({2: 128, 3: 16}, octets=2**20))


def turned(angle: float, scale: float, shift: tuple[float, float], horizon: tuple[float, float] = (0, 0)) -> Any:
    cos, sin = scale * np.cos(angle), scale * np.sin(angle)
    matrix = np.array([[cos, -sin, shift[0]], [sin, cos, shift[1]], [*horizon, 1]])
    return MatrixTransform(matrix, "homography" if any(horizon) else "affine")


def registration(transform: Any, fixed: tuple[int, ...], moving: tuple[int, ...]) -> Registration:
    return Registration(
        transform=transform,
        value=0.0,
        metric="ncc",
        optimizer="",
        levels=(),
        overlap=1.0,
        initial=MatrixTransform(np.eye(len(fixed) + 1), "affine"),
        fixed_grid=Grid(fixed),
        moving_grid=Grid(moving),
    )


POSES = {
    "identity": turned(0, 1, (0, 0)),
    "shift": turned(0, 1, (30, -40)),
    "turn": turned(0.6, 1.1, (60.3, -70.7)),
    "upside down": turned(3.0, 0.7, (500, 480)),
    "shrunk": turned(0.1, 3.0, (-20, 10)),
    "perspective": turned(0.1, 1, (5, 6), (4e-4, -3e-4)),
    "horizon": turned(0.1, 1, (5, 6), (1e-3, -4e-3)),
}


def images() -> dict[str, Any]:
    holes = CAMERA.astype(np.float32) + 1000
    holes[np.random.default_rng(0).random(holes.shape) < 0.2] = np.nan
    holes[150:350, 100:300] = np.nan
    return {
        "uint8": CAMERA,
        "uint16": CAMERA.astype(np.uint16) * 16,
        "int32": CAMERA.astype(np.int32) * 100_000,
        "float64": CAMERA * 1e6 + 1e9,
        "holes": holes,
        "masked": np.ma.masked_greater(CAMERA.astype(np.float32), 180),
        "bool": CAMERA > 100,
        "colour": np.dstack([CAMERA, CAMERA // 2, CAMERA.T]),
    }


@pytest.mark.parametrize("pose", POSES)
@pytest.mark.parametrize("kind", list(images()))
def test_the_bits_of_the_whole(kind: str, pose: str) -> None:
    image = images()[kind]
    found = registration(POSES[pose], (400, 450), image.shape[:2])
    for order in (0, 1, 3):
        whole, lazily = found.warp(image, order, threads=1), found.warp(image, order, lazy=True)
        assert lazily.numblocks[0] > 2
        assert lazily.dtype == whole.dtype and lazily.shape == whole.shape
        np.testing.assert_array_equal(lazily.compute(scheduler="synchronous"), whole)
        assert order == 0 or pose == "horizon" or len(np.unique(whole)) > 1
    unclipped = found.warp(image, clip=False, lazy=True).compute()
    np.testing.assert_array_equal(unclipped, found.warp(image, clip=False))


def test_the_bits_of_the_whole_volume() -> None:
    volume = np.random.default_rng(1).random((40, 45, 50), dtype=np.float32)
    matrix = np.eye(4)
    matrix[:3] = [[0.9, 0.3, 0.1, -3.3], [-0.3, 0.9, 0.2, 2.1], [0, -0.2, 1.1, 1.7]]
    found = registration(MatrixTransform(matrix, "affine"), (44, 41, 47), volume.shape)
    for order in (0, 1, 3):
        whole, lazily = found.warp(volume, order), found.warp(volume, order, lazy=True)
        assert lazily.numblocks[0] > 2
        np.testing.assert_array_equal(lazily.compute(), whole)


def test_the_bits_of_the_whole_through_a_mapping_that_is_no_matrix() -> None:
    def bent(points: Any) -> Any:
        return points + np.stack([5 * np.sin(points[..., 1] / 40), 9 * np.cos(points[..., 0] / 30)], -1)

    pixels = PixelMap(bent, Grid((300, 320)), Grid(CAMERA.shape))
    from superpose._sampling.resample import resample

    found = WarpedLater.of(Stored(CAMERA), pixels, 3, np.nan, True)
    whole = resample(CAMERA, pixels, 3, np.nan, 1)
    for box in found.pieces():
        np.testing.assert_array_equal(found.part(box), whole[box])


@pytest.mark.slow
def test_what_arrays_and_files_can_be(tmp_path: Path) -> None:
    image, found = CAMERA, registration(POSES["turn"], (400, 450), CAMERA.shape)
    expected = found.warp(image)
    np.save(tmp_path / "a.npy", image)
    superpose.write(tmp_path / "a.zarr", image)
    superpose.write(tmp_path / "a.png", image)
    tifffile.imwrite(tmp_path / "tiles.tif", image, tile=(64, 96), compression="zlib")
    tifffile.imwrite(tmp_path / "strips.tif", image, rowsperstrip=33, compression="zlib", byteorder=">")
    tifffile.imwrite(tmp_path / "whole.tif", image)
    plain = zarr.create_array(tmp_path / "plain.zarr", shape=image.shape, chunks=(50, 60), dtype=image.dtype)
    plain[:] = image
    stored: list[Any] = [plain, da.from_array(image, chunks=70), np.load(tmp_path / "a.npy", mmap_mode="r")]
    stored += [superpose.Image(image), superpose.read(tmp_path / "a.zarr")]
    for each in [*tmp_path.iterdir(), *map(str, tmp_path.iterdir()), *stored]:
        given = found.warp(each, lazy=True)
        np.testing.assert_array_equal(given.compute(), expected)
    of_list = found.warp(image.tolist(), lazy=True)
    assert of_list.dtype == np.int64
    np.testing.assert_array_equal(of_list.compute(), found.warp(image.tolist()))


def test_colour_of_a_tiled_tiff(tmp_path: Path) -> None:
    image, found = images()["colour"], registration(POSES["turn"], (400, 450), CAMERA.shape)
    tifffile.imwrite(tmp_path / "a.tif", image, tile=(64, 64), photometric="rgb")
    np.testing.assert_array_equal(found.warp(tmp_path / "a.tif", lazy=True).compute(), found.warp(image))


def test_the_axis_of_channels() -> None:
    image, found = np.moveaxis(images()["colour"], -1, 0), registration(POSES["turn"], (400, 450), CAMERA.shape)
    lazily = found.warp(da.from_array(image, chunks=(1, 99, 99)), lazy=True, channel_axis=0)
    np.testing.assert_array_equal(lazily.compute(), found.warp(image, channel_axis=0))


class Counted:
    """An array that knows what was read of it."""

    def __init__(self, array: Any) -> None:
        self.array, self.shape, self.dtype = array, array.shape, array.dtype
        self.read = np.zeros(array.shape, int)

    def __getitem__(self, box: Any) -> Any:
        self.read[box] += 1
        return self.array[box]


def test_a_chunk_reads_what_it_draws_on_and_no_more() -> None:
    image = Counted(np.tile(CAMERA, (2, 2)))
    found = registration(turned(0.6, 1.0, (300.0, 100.0)), (1024, 1024), image.shape)
    lazily = found.warp(image, clip=False, lazy=True)
    image.read[:] = 0
    lazily.blocks[1, 2].compute()
    # A square of 128, turned by 34 degrees, and what the spline reaches around it.
    side = 128 * (np.cos(0.6) + np.sin(0.6)) + 2 * 40
    assert 128**2 < np.count_nonzero(image.read) < side**2
    far = registration(turned(0, 1.0, (5000.0, 100.0)), (1024, 1024), image.shape)
    beside = far.warp(image, clip=False, lazy=True)
    image.read[:] = 0
    assert not beside.compute().any()
    assert np.count_nonzero(image.read) == 0


def test_nothing_is_read_for_a_chunk_beside_the_image() -> None:
    image = Counted(CAMERA)
    found = registration(turned(np.pi / 4, 1.0, (0.0, -300.0)), (1024, 1024), image.shape)
    lazily = found.warp(image, 1, lazy=True)
    whole = found.warp(CAMERA, 1)
    for at in np.ndindex(*lazily.numblocks):
        image.read[:] = 0
        box = tuple(slice(128 * k, 128 * (k + 1)) for k in at)
        np.testing.assert_array_equal(lazily.blocks[at].compute(scheduler="synchronous"), whole[box])
        if not whole[box].any():
            assert np.count_nonzero(image.read) < 1500  # a corner's pixels at most


@pytest.mark.parametrize("angle", [0, 0.3, np.pi / 4, 2.0])
@pytest.mark.parametrize("scale", [0.2, 1, 8])
def test_no_chunk_is_larger_than_64_mib(angle: float, scale: float, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.undo()
    side = round(30_000 * max(scale, 1.0))
    image = da.zeros((side, side), chunks=4096, dtype=np.uint16)
    found = registration(turned(angle, scale, (0, 0)), (30_000, 30_000), image.shape)
    lazily = found.warp(image, clip=False, lazy=True)
    assert max(lazily.chunksize) <= 2**26 and np.prod(lazily.chunksize) * 2 <= 2**26
    pixels = found._pixels
    for at in ((0, 0), (3, 4)):
        box = tuple(slice(k * n, (k + 1) * n) for k, n in zip(at, lazily.chunksize, strict=True))
        drawn = drawn_on(pixels, box, 3)
        assert drawn is None or np.prod(shape_of(drawn)) * 4 <= 2**26


def test_an_array_travels_and_a_file_is_opened_again(tmp_path: Path) -> None:
    superpose.write(tmp_path / "a.zarr", CAMERA)
    found = registration(POSES["turn"], (400, 450), CAMERA.shape)
    lazily = found.warp(tmp_path / "a.zarr", lazy=True)
    travelled = pickle.dumps(lazily.dask)
    assert len(travelled) < 20_000
    again = da.Array(pickle.loads(travelled), lazily.name, lazily.chunks, lazily.dtype)
    np.testing.assert_array_equal(again.compute(), found.warp(CAMERA))


def test_bad_input(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    found = registration(POSES["turn"], (400, 450), CAMERA.shape)
    with pytest.raises(InputError, match=r"^image has shape \(256, 512\)"):
        found.warp(da.zeros((256, 512)), lazy=True)
    with pytest.raises(InputError, match=r"^image is None"):
        found.warp(lazy=True)
    with pytest.raises(InputError, match=r"^order=2 is not known"):
        found.warp(CAMERA, 2, lazy=True)
    with pytest.raises(InputError, match=r"^lazy is 'no'"):
        found.warp(CAMERA, lazy="no")  # type: ignore[arg-type]
    with pytest.raises(InputError, match=r"^channel_axis is 5"):
        found.warp(CAMERA, lazy=True, channel_axis=5)
    with pytest.raises(InputError, match=r"none\.tif"):
        found.warp(tmp_path / "none.tif", lazy=True)
    infinite = CAMERA.astype(float)
    infinite[100, 100] = np.inf
    with pytest.raises(InputError, match="infinite"):
        found.warp(infinite, clip=False, lazy=True).compute()

    class Broken(Counted):
        def __getitem__(self, box: Any) -> Any:
            raise OSError("the disk is gone")

    with pytest.raises(InputError, match="the disk is gone"):
        found.warp(Broken(CAMERA), lazy=True)
    monkeypatch.setitem(sys.modules, "dask.array", None)
    with pytest.raises(MissingPackageError, match=r"superpose\[large\]"):
        found.warp(CAMERA, lazy=True)


@pytest.mark.parametrize("kept", [0, 100])
@pytest.mark.parametrize("layout", [{"tile": (128, 128)}, {"rowsperstrip": 64}, {"tile": (128, 128), "compression": 8}])
def test_a_tiff_that_is_cut_off_is_said(tmp_path: Path, layout: dict[str, Any], kept: int) -> None:
    path = tmp_path / "cut.tif"
    tifffile.imwrite(path, CAMERA, metadata=None, **layout)
    with tifffile.TiffFile(path) as file:
        offsets = file.pages[0].dataoffsets
    path.write_bytes(path.read_bytes()[: offsets[len(offsets) // 2] + kept])
    warped = registration(POSES["identity"], CAMERA.shape, CAMERA.shape)
    with pytest.raises(InputError, match="cut off"):
        warped.warp(path, 1, lazy=True).compute()
