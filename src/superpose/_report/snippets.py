"""A transform as text to be pasted elsewhere."""

from __future__ import annotations

from superpose._arithmetic.matrices import matmul
from superpose._exchange import reversed_axes
from superpose._io.transforms.json import as_text
from superpose.result import Registration
from superpose.transforms.convert import skimage_name
from superpose.transforms.matrix import MatrixTransform


def snippets_of(registration: Registration, transform: MatrixTransform) -> list[dict[str, str]]:
    """Return a registration's transform for several libraries: what each is called, what it is for, and the text."""
    shape, transform = registration.fixed_grid.shape, _between_pixels(registration, transform)
    return [
        {
            "name": "NumPy",
            "note": "Pixels in (row, column) order, as SciPy wants them.",
            "text": _numpy(transform, shape),
        },
        {"name": "scikit-image", "note": "Pixels in (x, y) order.", "text": _skimage(transform, shape)},
        {"name": "OpenCV", "note": "Pixels in (x, y) order.", "text": _opencv(transform, shape)},
        {
            "name": "JSON",
            "note": "A file of this is read by superpose.load(), register(initial=…) and superpose apply.",
            "text": as_text(registration).rstrip(),
        },
    ]


def _between_pixels(registration: Registration, transform: MatrixTransform) -> MatrixTransform:
    """Return a transform as those libraries take it, which know of pixels only."""
    fixed, moving = registration.fixed_grid, registration.moving_grid
    if fixed.plain and moving.plain:
        return transform
    matrix = matmul(moving.physical_to_index, transform.matrix, fixed.index_to_physical)
    return MatrixTransform(matrix, transform.kind.widest.name)


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
