"""Files that hold one image after the other are read one at a time."""

from __future__ import annotations

import gc
import gzip
import pickle
import tracemalloc
from pathlib import Path

import nibabel
import numpy as np
import pytest
import tifffile
from astropy.io import fits
from PIL import Image as Pictures

import superpose
from superpose.errors import AssumptionWarning, InputError
from tests.io import making

VOLUMES = making.pixels((5, *making.SHAPE))


@pytest.fixture(params=["nii", "nii.gz", "img"])
def scans(request: pytest.FixtureRequest, tmp_path: Path) -> Path:
    path = tmp_path / f"scans.{request.param}"
    kind = nibabel.Nifti1Pair if request.param == "img" else nibabel.Nifti1Image
    nibabel.save(kind(VOLUMES.T, making.nibabel_scan().affine), path)
    return path.with_suffix(".hdr") if request.param == "img" else path


def test_volumes_come_one_by_one_in_any_order(scans: Path) -> None:
    series = superpose.read_series(scans)
    assert (len(series), series.shape, series.dtype, series.name) == (5, making.SHAPE, np.int16, scans.name)
    assert repr(series) == f"<Series: {scans.name!r}, 5 images>"
    for k in (4, 0, 2, -1, 1, 1):
        np.testing.assert_array_equal(series[k].array, VOLUMES[k])
        assert series[k].grid == superpose.read(scans, page=k % 5).grid
    np.testing.assert_array_equal([image.array for image in series], VOLUMES)
    np.testing.assert_array_equal([image.array for image in series[1:5:2]], VOLUMES[1:5:2])
    again = pickle.loads(pickle.dumps(series[::-1]))
    np.testing.assert_array_equal([image.array for image in again], VOLUMES[::-1])
    with pytest.raises(IndexError, match="out of range"):
        series[5]


def test_pages_of_other_files(tmp_path: Path) -> None:
    planes = np.random.default_rng(2).integers(0, 60000, (4, 33, 41), np.uint16)
    tifffile.imwrite(tmp_path / "stack.tif", planes, imagej=True, metadata={"axes": "ZYX", "spacing": 2, "unit": "um"})
    tifffile.imwrite(tmp_path / "pages.tif", planes, photometric="minisblack", metadata=None)
    fits.PrimaryHDU(planes).writeto(tmp_path / "cube.fits")
    frames = [Pictures.fromarray((plane >> 8).astype(np.uint8)) for plane in planes]
    frames[0].save(tmp_path / "pages8.tif", save_all=True, append_images=frames[1:])
    for path in tmp_path.iterdir():
        series = superpose.read_series(path)
        wanted = planes >> 8 if path.name == "pages8.tif" else planes
        np.testing.assert_array_equal([image.array for image in series], wanted)
        assert not series[1].spaced
    superpose.write(tmp_path / "one.png", planes[0])
    assert len(superpose.read_series(tmp_path / "one.png")) == 1
    making.write_series(tmp_path / "slices")
    (one,) = superpose.read_series(str(tmp_path / "slices"))
    np.testing.assert_array_equal(one.array, making.pixels())


@pytest.mark.slow
def test_memory_is_that_of_one_volume(tmp_path: Path) -> None:
    # Large enough for what gzip holds by itself to be little.
    volume = making.pixels((50, 60, 80))
    for name in ("a.nii", "a.nii.gz"):
        nibabel.save(nibabel.Nifti1Image(np.stack([volume.T] * 40, -1), np.eye(4)), tmp_path / name)
        next(iter(superpose.read_series(tmp_path / name)))
        tracemalloc.start()
        for image in superpose.read_series(tmp_path / name):
            assert image.shape == (50, 60, 80)
        _, most = tracemalloc.get_traced_memory()
        tracemalloc.stop()
        assert volume.nbytes < most < 5 * volume.nbytes


def test_what_is_compressed_is_decompressed_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "a.nii.gz"
    nibabel.save(nibabel.Nifti1Image(VOLUMES.T, np.eye(4)), path)
    rewound = []
    rewind = gzip.GzipFile.rewind
    monkeypatch.setattr(gzip.GzipFile, "rewind", lambda file: rewound.append(1) or rewind(file))
    begun = gzip._GzipReader._rewind  # type: ignore[attr-defined]
    monkeypatch.setattr(gzip._GzipReader, "_rewind", lambda reader: rewound.append(1) or begun(reader))
    series = superpose.read_series(path)
    at_first = len(rewound)
    for _ in series:
        pass
    assert len(rewound) == at_first
    series[0]  # the way back is from the start
    assert len(rewound) > at_first


@pytest.mark.slow
def test_files_are_closed_with_the_series(scans: Path) -> None:
    open_files = Path("/proc/self/fd")
    if not open_files.is_dir():
        pytest.skip("this system does not say which files are open")
    gc.collect()
    before = len(list(open_files.iterdir()))
    series = superpose.read_series(scans)
    series[1]
    assert len(list(open_files.iterdir())) >= before
    del series
    gc.collect()
    assert len(list(open_files.iterdir())) == before


def test_what_is_wrong_with_a_file_is_said(tmp_path: Path) -> None:
    path = tmp_path / "a.nii.gz"
    nibabel.save(nibabel.Nifti1Image(VOLUMES.T, making.nibabel_scan().affine), path)
    with pytest.raises(InputError, match="says that it has 3240 pixels, more than the 3239 that are read"):
        superpose.read_series(path, max_pixels=3239)[2]
    octets = path.read_bytes()
    path.write_bytes(octets[: len(octets) * 3 // 4])
    series = superpose.read_series(path)
    np.testing.assert_array_equal(series[1].array, VOLUMES[1])
    with pytest.raises(InputError, match=r"^path is '.*a\.nii\.gz', which is no complete image file"):
        series[4]
    np.testing.assert_array_equal(series[0].array, VOLUMES[0])
    with pytest.raises(InputError, match="there is no such file"):
        superpose.read_series(tmp_path / "b.nii")
    with pytest.raises(InputError, match="which is a folder"):
        superpose.read_series(tmp_path)


def test_what_is_assumed_of_all_is_said_once(tmp_path: Path) -> None:
    made = nibabel.Nifti1Image(VOLUMES.T, None)
    nibabel.save(made, tmp_path / "a.nii")
    series = superpose.read_series(tmp_path / "a.nii")
    with pytest.warns(AssumptionWarning, match="neither a qform nor a sform") as said:
        list(series)
    assert len(said) == 1
