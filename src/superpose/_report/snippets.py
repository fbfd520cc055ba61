"""A transform as text to be pasted elsewhere."""

from __future__ import annotations

from superpose._io.transforms.json import as_text
from superpose.result import Registration


def snippets_of(registration: Registration) -> list[dict[str, str]]:
    """Return the transform for several libraries: what each is called, what it is for, and the text."""
    return [
        {
            "name": "JSON",
            "note": "A file of this is read by superpose.load(), register(initial=…) and superpose apply.",
            "text": as_text(registration).rstrip(),
        },
        {"name": "NumPy", "note": "Pixels in (row, column) order, as SciPy wants them.", "text": _numpy(registration)},
        {"name": "scikit-image", "note": "Pixels in (x, y) order.", "text": _skimage(registration)},
        {"name": "OpenCV", "note": "Pixels in (x, y) order.", "text": _opencv(registration)},
    ]


def _array(rows: list[list[float]]) -> str:
    inner = ",\n".join("    [" + ", ".join(map(repr, row)) + "]" for row in rows)
    return f"np.array([\n{inner},\n])"


def _numpy(registration: Registration) -> str:
    transform = registration.transform
    text = f"""\
import numpy as np

# takes fixed (row, column, 1) to moving (row, column, 1)
matrix = {_array(transform.matrix.tolist())}
"""
    if transform.kind.perspective:
        return text + "# divide what comes out by its last number"
    shape = registration.fixed_grid.shape
    return (
        f"{text}# from scipy import ndimage\n# aligned = ndimage.affine_transform(moving, matrix, output_shape={shape})"
    )


def _skimage(registration: Registration) -> str:
    found = registration.transform.as_skimage()
    kind, shape = type(found).__name__, registration.fixed_grid.shape
    return f"""\
import numpy as np
from skimage import transform

# takes fixed (x, y) to moving (x, y)
found = transform.{kind}(matrix={_array(found.params.tolist())})
# aligned = transform.warp(moving, found, output_shape={shape}, preserve_range=True)"""


def _opencv(registration: Registration) -> str:
    matrix = registration.transform.as_opencv()
    rows, columns = registration.fixed_grid.shape
    name = "warpPerspective" if len(matrix) == 3 else "warpAffine"
    return f"""\
import cv2
import numpy as np

# takes fixed (x, y) to moving (x, y): hence WARP_INVERSE_MAP
matrix = {_array(matrix.tolist())}
# flags = cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP
# aligned = cv2.{name}(moving, matrix, ({columns}, {rows}), flags=flags)"""
