"""A transform as text to be pasted elsewhere."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from superpose._exchange import reversed_axes
from superpose._io.transforms.json import as_text
from superpose.result import Registration
from superpose.transforms.convert import between_pixels, in_millimetres, skimage_name
from superpose.transforms.matrix import MatrixTransform

Floats = NDArray[np.float64]


def snippets_of(registration: Registration, transform: MatrixTransform) -> list[dict[str, str]]:
    """Return a registration's transform for several libraries: what each is called, what it is for, and the text."""
    shape = registration.fixed_grid.shape
    if transform.ndim == 3:
        return _of_volumes(registration, transform)
    transform = _between_pixels(registration, transform)
    return [
        {
            "name": "NumPy",
            "note": "Pixels in (row, column) order, as SciPy wants them.",
            "text": _numpy(transform, shape),
        },
        {"name": "scikit-image", "note": "Pixels in (x, y) order.", "text": _skimage(transform, shape)},
        {"name": "OpenCV", "note": "Pixels in (x, y) order.", "text": _opencv(transform, shape)},
        _json(registration),
    ]


def _json(registration: Registration) -> dict[str, str]:
    return {
        "name": "JSON",
        "note": "A file of this is read by superpose.load(), register(initial=…) and superpose apply.",
        "text": as_text(registration).rstrip(),
    }


def _of_volumes(registration: Registration, transform: MatrixTransform) -> list[dict[str, str]]:
    """Return the same of volumes."""
    matrix, offset = transform.as_ndimage(registration.fixed_grid, registration.moving_grid)
    shape = registration.fixed_grid.shape
    snippets = [
        {
            "name": "SciPy",
            "note": "Voxels in (plane, row, column) order.",
            "text": f"""\
import numpy as np
from scipy import ndimage

# takes fixed voxels to moving voxels
matrix = {_array(matrix.tolist())}
offset = np.array({offset.tolist()})
# aligned = ndimage.affine_transform(moving, matrix, offset, output_shape={shape})""",
        },
        {
            "name": "SimpleITK",
            "note": "Points of ITK's space, (x, y, z).",
            "text": _itk(in_millimetres(transform.matrix, registration.fixed_grid.unit)),
        },
        _json(registration),
    ]
    if registration.unit != "px":
        world = _array(transform.as_nifti(registration.fixed_grid.unit).tolist())
        nifti = {
            "name": "nibabel, nilearn",
            "note": "Points of NIfTI's world, (right, front, up).",
            "text": f"""\
import nibabel
import numpy as np

# takes fixed points to moving points
matrix = {world}
# shown = nibabel.Nifti1Image(moving.dataobj, np.linalg.inv(matrix) @ moving.affine)
# aligned = nilearn.image.resample_img(shown, fixed.affine, fixed.shape)""",
        }
        snippets.insert(2, nifti)
    return snippets


def _itk(matrix: Floats) -> str:
    matrix = reversed_axes(matrix)
    return f"""\
import SimpleITK

# takes fixed points to moving points
found = SimpleITK.AffineTransform(3)
found.SetMatrix({matrix[:3, :3].ravel().tolist()})
found.SetTranslation({matrix[:3, 3].tolist()})
# aligned = SimpleITK.Resample(moving, fixed, found, SimpleITK.sitkBSpline)"""


def _between_pixels(registration: Registration, transform: MatrixTransform) -> MatrixTransform:
    """Return a transform as those libraries take it, which know of pixels only."""
    fixed, moving = registration.fixed_grid, registration.moving_grid
    if fixed.plain and moving.plain:
        return transform
    return MatrixTransform(between_pixels(transform.matrix, fixed, moving), transform.kind.widest.name)


def _array(rows: list[list[float]]) -> str:
    inner = ",\n".join("    [" + ", ".join(map(repr, row)) + "]" for row in rows)
    return f"np.array([\n{inner},\n])"


def _numpy(transform: MatrixTransform, shape: tuple[int, ...]) -> str:
    text = f"""\
import numpy as np

# takes fixed (row, column, 1) to moving (row, column, 1)
matrix = {_array(transform.matrix.tolist())}
"""
    if transform.kind.perspective:
        return text + "# divide what comes out by its last number"
    return (
        f"{text}# from scipy import ndimage\n# aligned = ndimage.affine_transform(moving, matrix, output_shape={shape})"
    )


def _skimage(transform: MatrixTransform, shape: tuple[int, ...]) -> str:
    return f"""\
import numpy as np
from skimage import transform

# takes fixed (x, y) to moving (x, y)
found = transform.{skimage_name(transform.kind)}(matrix={_array(reversed_axes(transform.matrix).tolist())})
# aligned = transform.warp(moving, found, output_shape={shape}, preserve_range=True)"""


def _opencv(transform: MatrixTransform, shape: tuple[int, ...]) -> str:
    matrix = transform.as_opencv()
    rows, columns = shape
    name = "warpPerspective" if len(matrix) == 3 else "warpAffine"
    return f"""\
import cv2
import numpy as np

# takes fixed (x, y) to moving (x, y): hence WARP_INVERSE_MAP
matrix = {_array(matrix.tolist())}
# flags = cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP
# aligned = cv2.{name}(moving, matrix, ({columns}, {rows}), flags=flags)"""
