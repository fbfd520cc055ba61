"""Matrices in other libraries' words: (x, y) order, and their own classes."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from superpose._checks import scikit_image
from superpose._exchange import reversed_axes
from superpose.transforms.family import Family

Floats = NDArray[np.float64]


def to_opencv(matrix: Floats, family: Family) -> Floats:
    """Return the matrix from fixed (x, y) to moving (x, y): without its last row, unless of a homography."""
    flipped = reversed_axes(matrix)
    return flipped if family.perspective else flipped[:-1].copy()


def to_skimage(matrix: Floats, family: Family) -> Any:
    """Return the `skimage.transform` object of the same family, from fixed (x, y) to moving (x, y)."""
    kind = getattr(scikit_image("transform", "as_skimage()"), skimage_name(family))
    return kind(matrix=reversed_axes(matrix))


def skimage_name(family: Family) -> str:
    """Return what `skimage.transform` calls a transform of a family."""
    if family.perspective:
        return "ProjectiveTransform"
    if family.shears:
        return "AffineTransform"
    return "SimilarityTransform" if family.scales else "EuclideanTransform"
