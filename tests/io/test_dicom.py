"""Folders of slices as scanners and archives leave them."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import SimpleITK as sitk

import superpose
from superpose.errors import InputError
from tests.io import making


def refused(folder: Path, says: str) -> None:
    with pytest.raises(
        InputError, match=rf"a DICOM series whose slices make no volume: .*{says}.*; complete the folder"
    ):
        superpose.read(folder)


def test_a_slice_that_is_missing_is_named(tmp_path: Path) -> None:
    making.write_series(tmp_path / "a", left_out=5)
    refused(
        tmp_path / "a", r"6 mm lie between 5_028\.dcm and 5_042\.dcm, and 3 mm between others, so 1 seems to be missing"
    )


def test_slices_that_are_unevenly_spaced(tmp_path: Path) -> None:
    making.write_series(tmp_path / "a", making.itk_scan()[:, :, :6])
    shifted = making.itk_scan()[:, :, 6:]
    normal = making.DIRECTION[:, 2]
    shifted.SetOrigin(np.add(shifted.GetOrigin(), 1.2 * normal).tolist())
    making.write_series(tmp_path / "b", shifted)
    for each in (tmp_path / "b").iterdir():
        each.rename(tmp_path / "a" / f"b{each.name}")
    refused(tmp_path / "a", r"4\.2 mm lie between .*, and 3 mm between others")


def test_a_slice_twice(tmp_path: Path) -> None:
    making.write_series(tmp_path / "a")
    (tmp_path / "a" / "again.dcm").write_bytes((tmp_path / "a" / "5_014.dcm").read_bytes())
    refused(tmp_path / "a", "lie in the same place")


def test_slices_of_another_size_or_turned(tmp_path: Path) -> None:
    for name, other in (("size", making.itk_scan()[:10]), ("turn", making.itk_scan())):
        making.write_series(tmp_path / name, making.itk_scan()[:, :, :6])
        if name == "turn":
            other.SetDirection(np.eye(3).ravel().tolist())
        making.write_series(tmp_path / "other", other[:, :, 6:])
        for each in (tmp_path / "other").iterdir():
            each.rename(tmp_path / name / f"b{each.name}")
        refused(tmp_path / name, "has 15 x 1|is turned against the others")


def test_two_series_in_a_folder_are_told_apart(tmp_path: Path) -> None:
    making.write_series(tmp_path / "a")
    making.write_series(tmp_path / "a", making.itk_scan()[:, :, :4], series="1.2.826.0.1.6")
    with pytest.raises(InputError, match=r"which holds 2 images; choose one with page= \(0 to 1\)"):
        superpose.read(tmp_path / "a")
    assert [superpose.read(tmp_path / "a", page=k).shape[0] for k in (0, 1)] == [12, 4]


def test_a_folder_without_slices(tmp_path: Path) -> None:
    (tmp_path / "readme.txt").write_text("nothing")
    with pytest.raises(InputError, match="which is a folder; name a file in it"):
        superpose.read(tmp_path)


def test_slices_whose_numbers_have_slopes_of_their_own(tmp_path: Path) -> None:
    """As PET has them: each is what its own slope makes of it."""
    making.write_series(tmp_path / "a")
    for k, path in enumerate(sorted((tmp_path / "a").iterdir())[:3]):
        image = sitk.ReadImage(str(path))
        writer = sitk.ImageFileWriter()
        writer.KeepOriginalImageUIDOn()
        writer.SetFileName(str(path))
        image.SetMetaData("0028|1053", f"{2 + k}")
        image.SetMetaData("0028|1052", "0")
        writer.Execute(image)
    theirs = {place: sitk.ReadImage(str(path)) for path in (tmp_path / "a").iterdir() for place in [path.name]}
    seen = superpose.read(tmp_path / "a").array
    order = sorted(theirs, key=lambda name: np.dot(theirs[name].GetOrigin(), making.DIRECTION[:, 2]))
    np.testing.assert_array_equal(seen, np.concatenate([sitk.GetArrayFromImage(theirs[name]) for name in order]))


@pytest.mark.parametrize("order", [list(range(12)), list(range(12))[::-1], [3, 1, 2, 0, *range(4, 12)]])
def test_a_file_of_many_frames_in_any_order(tmp_path: Path, order: list[int]) -> None:
    making.write_frames(tmp_path / "a.dcm", order)
    (tmp_path / "folder").mkdir()
    (tmp_path / "folder" / "a.dcm").write_bytes((tmp_path / "a.dcm").read_bytes())
    for path in (tmp_path / "a.dcm", tmp_path / "folder"):
        image = superpose.read(path)
        np.testing.assert_array_equal(image.array, making.pixels())
        wanted = superpose.Image.from_itk(making.itk_scan()).grid.index_to_physical
        np.testing.assert_allclose(image.grid.index_to_physical, wanted, atol=1e-6)
    if order == sorted(order):  # ITK reads these the same
        theirs = superpose.Image.from_itk(sitk.ReadImage(str(tmp_path / "a.dcm")))
        np.testing.assert_allclose(theirs.grid.index_to_physical, wanted, atol=1e-6)
        np.testing.assert_array_equal(theirs.array, making.pixels())
    with pytest.raises(InputError, match="says that it has 3240 pixels, more than the 3239 that are read"):
        superpose.read(tmp_path / "a.dcm", max_pixels=3239)


def test_frames_that_make_no_volume(tmp_path: Path) -> None:
    places = [3.0 * k for k in range(12)]
    making.write_frames(tmp_path / "uneven.dcm", list(range(12)), [*places[:6], *(each + 1.2 for each in places[6:])])
    refused(tmp_path / "uneven.dcm", r"4\.2 mm lie between frame 5 of uneven\.dcm and frame 6 of uneven\.dcm, and 3 mm")
    making.write_frames(tmp_path / "film.dcm", list(range(12)), [*places[:6], *places[:6]])
    refused(tmp_path / "film.dcm", "frame 0 of film.dcm and frame 6 of film.dcm lie in the same place")
    making.write_frames(tmp_path / "gap.dcm", [0, 1, 2, 4, 5, 6])
    refused(tmp_path / "gap.dcm", "so 1 seems to be missing")
    making.write_frames(tmp_path / "said.dcm", list(range(12)), said=False)
    with pytest.raises(InputError, match="which is no complete image file"):
        superpose.read(tmp_path / "said.dcm")
