"""Transforms: frozen values that map fixed points to moving points, in (row, column) order."""

from superpose.transforms.base import Transform
from superpose.transforms.convert import from_opencv, from_skimage
from superpose.transforms.landmarks import LandmarkFit, fit_transform
from superpose.transforms.linear import Linear, affine, from_matrix, homography, rigid, similarity, translation

__all__ = [
    "LandmarkFit",
    "Linear",
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
