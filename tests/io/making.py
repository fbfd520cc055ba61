"""One scan, oblique and of unequal spacing, as the files in which people have it."""

from __future__ import annotations

import struct
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


def element(tag: int, kind: str, value: bytes | str | float | list[bytes]) -> bytes:
    """Return an element of DICOM, its numbers little-endian; a sequence is the list of its items."""
    head = struct.pack("<HH", tag >> 16, tag & 0xFFFF) + kind.encode()
    if isinstance(value, list):
        items = b"".join(struct.pack("<HHI", 0xFFFE, 0xE000, len(item)) + item for item in value)
        return head + struct.pack("<HI", 0, len(items)) + items
    octets = struct.pack("<H", int(value)) if kind == "US" else value.encode() if isinstance(value, str) else value
    assert isinstance(octets, bytes)
    octets += (b"\0" if kind in ("UI", "OB") else b" ") * (len(octets) % 2)
    return (
        head + (struct.pack("<HI", 0, len(octets)) if kind in ("OW", "OB") else struct.pack("<H", len(octets))) + octets
    )


def write_frames(path: Path, order: list[int], places: list[float] | None = None, said: bool = True) -> None:
    """Write the scan as one file of many frames ("enhanced MR"), in an order; places are along the normal, in mm."""
    array, along = pixels(), [SPACING[2] * k for k in range(SHAPE[0])] if places is None else places
    cosines = "\\".join(f"{value:.10g}" for value in (*DIRECTION[:, 0], *DIRECTION[:, 1]))
    frames = []
    for k in order:
        place = "\\".join(f"{value:.10g}" for value in ORIGIN + DIRECTION[:, 2] * along[k])
        frames.append(element(0x00209113, "SQ", [element(0x00200032, "DS", place)] if said else []))
    spacing = element(0x00180050, "DS", "3") + element(0x00280030, "DS", f"{SPACING[1]}\\{SPACING[0]}")
    shared = element(0x00209116, "SQ", [element(0x00200037, "DS", cosines)]) + element(0x00289110, "SQ", [spacing])
    kind = "1.2.840.10008.5.1.4.1.1.4.1"
    meta = element(0x00020001, "OB", b"\0\1") + element(0x00020002, "UI", kind) + element(0x00020003, "UI", "1.2.3.4.5")
    meta += element(0x00020010, "UI", "1.2.840.10008.1.2.1")
    body = element(0x00080016, "UI", kind) + element(0x00080018, "UI", "1.2.3.4.5") + element(0x00080060, "CS", "MR")
    body += element(0x0020000D, "UI", "1.2.3") + element(0x0020000E, "UI", "1.2.3.4")
    body += element(0x00280002, "US", 1) + element(0x00280004, "CS", "MONOCHROME2")
    body += element(0x00280008, "IS", str(len(order)))
    numbers = {
        0x00280010: SHAPE[1],
        0x00280011: SHAPE[2],
        0x00280100: 16,
        0x00280101: 16,
        0x00280102: 15,
        0x00280103: 1,
    }
    body += b"".join(element(tag, "US", number) for tag, number in numbers.items())
    body += element(0x52009229, "SQ", [shared]) + element(0x52009230, "SQ", frames)
    body += element(0x7FE00010, "OW", array[order].tobytes())
    path.write_bytes(bytes(128) + b"DICM" + element(0x00020000, "UL", struct.pack("<I", len(meta))) + meta + body)


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
