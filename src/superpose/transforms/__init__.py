"""Transforms: frozen values that map fixed points to moving points, in (row, column) order."""

from superpose.transforms.base import Transform
from superpose.transforms.constructors import (
    affine,
    from_matrix,
    from_opencv,
    from_skimage,
    homography,
    rigid,
    similarity,
    translation,
)
from superpose.transforms.landmarks import LandmarkFit, fit_transform
from superpose.transforms.matrix import MatrixTransform

__all__ = [
    "LandmarkFit",
    "MatrixTransform",
    "Transform",
    "affine",
    "fit_transform",
    "from_matrix",
    "from_opencv",
    "from_skimage",
    "homography",
    "rigid",
    "similarity",
    "translation",
]
