"""Matrices in other libraries' words: (x, y) order, and their own classes."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from superpose.transforms.family import Family

Floats = NDArray[np.float64]


def reversed_axes(matrix: Floats) -> Floats:
    """Return a homogeneous matrix with the axes of its points in reverse: (row, column) <-> (x, y)."""
    order = [*reversed(range(len(matrix) - 1)), -1]
    return matrix[np.ix_(order, order)]


def to_opencv(matrix: Floats, family: Family) -> Floats:
    """Return the matrix from fixed (x, y) to moving (x, y): without its last row, unless of a homography."""
    flipped = reversed_axes(matrix)
    return flipped if family.perspective else flipped[:-1].copy()


def to_skimage(matrix: Floats, family: Family) -> Any:
    """Return the `skimage.transform` object of the same family, from fixed (x, y) to moving (x, y)."""
    from skimage import transform as sk

    if family.perspective:
        name = "ProjectiveTransform"
    elif family.shears:
        name = "AffineTransform"
    else:
        name = "SimilarityTransform" if family.scales else "EuclideanTransform"
    return getattr(sk, name)(matrix=reversed_axes(matrix))
