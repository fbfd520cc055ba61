"""Transforms: frozen values that map fixed points to moving points, in (row, column) order."""

from superpose.transforms.base import Transform
from superpose.transforms.constructors import (
    affine,
    from_itk,
    from_matrix,
    from_ndimage,
    from_nifti,
    from_opencv,
    from_skimage,
    homography,
    rigid,
    similarity,
    translation,
)
from superpose.transforms.files import read, write
from superpose.transforms.landmarks import LandmarkFit, fit_transform
from superpose.transforms.matrix import MatrixTransform

__all__ = [
    "LandmarkFit",
    "MatrixTransform",
    "Transform",
    "affine",
    "fit_transform",
    "from_itk",
    "from_matrix",
    "from_ndimage",
    "from_nifti",
    "from_opencv",
    "from_skimage",
    "homography",
    "read",
    "rigid",
    "similarity",
    "translation",
    "write",
]
