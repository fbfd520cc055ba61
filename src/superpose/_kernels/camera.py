"""What a camera's pixels see of a finer image, and the transpose of that.

A pixel sees a place by the product of its response along rows and along columns, told by the place's distance.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from superpose._kernels import _native

Pixels = NDArray[np.float32]
Floats = NDArray[np.float64]


def seen_through(scene: Pixels, matrix: Floats, response: Pixels, steps: float, out: Pixels) -> None:
    """Fill `out` with what a frame's pixels see of a finer image.

    Parameters
    ----------
    scene : ndarray, float32, shape (planes, H, W)
        The finer image.
    matrix : ndarray, float64, shape (3, 3)
        From its pixels to the frame's; affine.
    response : ndarray, float32, shape (n,)
        By distance along an axis: of 0, 1 / steps, 2 / steps and so on in the frame's pixels; beyond the last it is 0.
    steps : float
        How many there are to a pixel.
    out : ndarray, float32, shape (planes, h, w)
        Is filled.
    """
    _native.seen_through(scene, matrix, response, steps, out)


def add_seen_by(
    frames: Pixels, matrix: Floats, response: Pixels, steps: float, first: int, last: int, into: Pixels
) -> None:
    """Add to rows first..last of `into` what the transpose of `seen_through` makes of a frame.

    Parameters
    ----------
    frames : ndarray, float32, shape (planes, h, w)
        Of the frame's pixels.
    matrix, response, steps
        As for `seen_through`.
    first, last : int
        Rows of `into`.
    into : ndarray, float32, shape (planes, H, W)
        Is added to.
    """
    _native.add_seen_by(frames, matrix, response, steps, first, last, into)
