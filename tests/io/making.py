"""One scan, oblique and of unequal spacing, as the files in which people have it."""

from __future__ import annotations

from pathlib import Path

import nibabel
import numpy as np
import SimpleITK as sitk
from scipy.spatial.transform import Rotation

SHAPE = (12, 15, 18)
# (x, y, z), as the other libraries have them.
SPACING, ORIGIN = (0.75, 1.25, 3.0), (-31.5, 17.25, 42.0)
DIRECTION = Rotation.from_euler("zyx", (0.3, -0.2, 0.4)).as_matrix()


def pixels(shape: tuple[int, ...] = SHAPE) -> np.ndarray:
    return np.random.default_rng(3).integers(-900, 1500, shape, np.int16)


def itk_scan(array: np.ndarray | None = None) -> sitk.Image:
    image = sitk.GetImageFromArray(pixels() if array is None else array)
    image.SetSpacing(SPACING)
    image.SetOrigin(ORIGIN)
    image.SetDirection(DIRECTION.ravel().tolist())
    return image


def nibabel_scan(array: np.ndarray | None = None) -> nibabel.Nifti1Image:
    """The same, with its matrix worked out here: NIfTI's first two world axes run the other way."""
    values = pixels() if array is None else array
    affine = np.eye(4)
    affine[:3, :3] = np.diag([-1, -1, 1]) @ DIRECTION @ np.diag(SPACING)
    affine[:3, 3] = -ORIGIN[0], -ORIGIN[1], ORIGIN[2]
    image = nibabel.Nifti1Image(values.T, affine)
    image.set_qform(affine, 1)
    return image


def write_series(
    folder: Path, image: sitk.Image | None = None, series: str = "1.2.826.0.1.5", left_out: int = -1
) -> None:
    """Write slices as a scanner does, under names in another order than theirs."""
    scan = itk_scan() if image is None else image
    folder.mkdir(exist_ok=True)
    direction = np.reshape(scan.GetDirection(), (3, 3))
    cosines = [*direction[:, 0], *direction[:, 1]]
    writer = sitk.ImageFileWriter()
    writer.KeepOriginalImageUIDOn()
    for k in range(scan.GetDepth()):
        if k == left_out:
            continue
        each = scan[:, :, k]
        place = scan.TransformIndexToPhysicalPoint((0, 0, k))
        tags = {
            "0008|0060": "CT",
            "0008|0018": f"{series}.{k + 1}",
            "0020|000d": "1.2.826.0.1.4",
            "0020|000e": series,
            "0020|0013": str(k),
            "0020|0032": "\\".join(f"{value:.10g}" for value in place),
            "0020|0037": "\\".join(f"{value:.10g}" for value in cosines),
            "0018|0050": str(scan.GetSpacing()[2]),
        }
        for tag, value in tags.items():
            each.SetMetaData(tag, value)
        each.SetSpacing(scan.GetSpacing()[:2])
        writer.SetFileName(str(folder / f"{series[-1]}_{(7 * k) % 101:03d}.dcm"))
        writer.Execute(each)
