"""What takes pictures only says so of a volume's file, and what takes either reads both."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import SimpleITK as sitk
from scipy import ndimage

import superpose
from superpose.errors import InputError
from tests.io import making


def test_what_takes_pictures_refuses_volumes_by_name(tmp_path: Path) -> None:
    path = tmp_path / "a.nrrd"
    superpose.write(path, superpose.Image.from_itk(making.itk_scan()))
    for call in (lambda path: superpose.pyramid(path, 2), superpose.colorize):
        with pytest.raises(InputError, match=r"has shape \(12, 15, 18\)"):
            call(path)


@pytest.mark.slow
def test_register_takes_a_mask_s_file_on_other_pixels(tmp_path: Path) -> None:
    rng = np.random.default_rng(0)
    array = np.cumsum(np.cumsum(np.cumsum(rng.normal(size=(24, 26, 28)), 0), 1), 2).astype(np.float32)
    superpose.write(tmp_path / "a.mha", superpose.Image(array, (2, 1, 1), (1, 2, 3), unit="mm"))
    mask = np.zeros((12, 13, 14), np.uint8)
    mask[2:10, 2:11, 2:12] = 1
    superpose.write(tmp_path / "mask.nrrd", superpose.Image(mask, (4, 2, 2), (2, 2.5, 3.5), unit="mm"))
    found = superpose.register(
        tmp_path / "a.mha", tmp_path / "a.mha", fixed_mask=tmp_path / "mask.nrrd", on_unreliable="ignore"
    )
    assert found.transform.distance(superpose.translation((0, 0, 0)), found.fixed_grid.corners) < 0.2
    away = tmp_path / "away.nrrd"
    superpose.write(away, superpose.Image(mask, (4, 2, 2), (1000, 2.5, 3.5), unit="mm"))
    with pytest.raises(InputError, match="fixed_mask lies elsewhere: by its grid nothing"):
        superpose.register(tmp_path / "a.mha", tmp_path / "a.mha", fixed_mask=away)


@pytest.fixture(scope="module")
def one_scan(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """One scan with structure, oblique and of unequal spacing, as people have it."""
    rng = np.random.default_rng(6)
    scene = sum(ndimage.gaussian_filter(rng.normal(size=(24, 40, 52)), width) * width**1.5 for width in (1, 2, 4))
    scan = making.itk_scan((scene * 400).astype(np.int16))
    folder = tmp_path_factory.mktemp("scan")
    making.write_series(folder / "dicom", scan)
    for name in ("a.nii.gz", "a.nrrd", "a.mha"):
        sitk.WriteImage(scan, str(folder / name))
    return {path.name: path for path in folder.iterdir()}


@pytest.mark.parametrize("fixed, moving", [("a.nii.gz", "dicom"), ("dicom", "a.nrrd"), ("a.mha", "a.nii.gz")])
@pytest.mark.slow
def test_one_scan_from_any_two_files_registers_to_the_identity(
    one_scan: dict[str, Path], fixed: str, moving: str
) -> None:
    found = superpose.register(one_scan[fixed], one_scan[moving])
    assert found.reliable
    # Files keep few digits of where it lies.
    assert found.transform.distance(superpose.translation((0, 0, 0)), found.fixed_grid.corners) < 0.01
