"""Proposals from local features, for viewpoints that no similarity comes near: OpenCV's SIFT with MAGSAC."""

from __future__ import annotations

import importlib
import importlib.util
from typing import Any

import numpy as np
from numpy.typing import NDArray

from superpose.image import Image

Floats = NDArray[np.float64]

# Lowe's ratio between the nearest descriptor and the second nearest.
RATIO = 0.8
# In pixels: how far an inlier may lie from where the transform takes it.
THRESHOLD = 3.0
LEAST_INLIERS = 8
# What features are sought in is at most this large along its longer side.
LONGEST = 1024


def available() -> bool:
    """Return whether OpenCV is installed; it is no dependency."""
    return importlib.util.find_spec("cv2") is not None


def feature_proposal(fixed: Image, moving: Image) -> Floats | None:
    """Return the homography, between physical coordinates, that most features of two images agree on.

    None where too few agree. OpenCV's random numbers are seeded anew, so that the same images give the same answer.

    References
    ----------
    D. G. Lowe, "Distinctive image features from scale-invariant keypoints", International Journal of Computer Vision
    60(2), 2004; D. Barath et al., "MAGSAC++, a fast, reliable and accurate robust estimator", CVPR 2020.
    """
    # Typed as whatever: OpenCV is no dependency, and its stubs lag behind its functions.
    cv2: Any = importlib.import_module("cv2")
    cv2.setRNGSeed(0)
    sift = cv2.SIFT_create()
    found = []
    for image in (fixed, moving):
        grey = _bytes(image)
        found.append(sift.detectAndCompute(grey, image.mask.astype(np.uint8)))
    (points_a, descriptors_a), (points_b, descriptors_b) = found
    if descriptors_a is None or descriptors_b is None or min(len(points_a), len(points_b)) < LEAST_INLIERS:
        return None
    pairs = cv2.BFMatcher(cv2.NORM_L2).knnMatch(descriptors_a, descriptors_b, k=2)
    good = [p[0] for p in pairs if len(p) == 2 and p[0].distance < RATIO * p[1].distance]
    if len(good) < LEAST_INLIERS:
        return None
    a = np.array([points_a[m.queryIdx].pt for m in good])[:, ::-1]
    b = np.array([points_b[m.trainIdx].pt for m in good])[:, ::-1]
    a, b = fixed.grid.to_physical(a), moving.grid.to_physical(b)
    spacing = float(np.mean(moving.grid.spacing))
    matrix, inliers = cv2.findHomography(
        a, b, method=cv2.USAC_MAGSAC, ransacReprojThreshold=THRESHOLD * spacing, maxIters=10000, confidence=0.9999
    )
    if matrix is None or inliers is None or int(inliers.sum()) < LEAST_INLIERS:
        return None
    # Points are (row, column) here: OpenCV does not mind which comes first.
    return np.asarray(matrix, float)


def _bytes(image: Image) -> NDArray[np.uint8]:
    low, high = np.percentile(image.data[image.mask], (0.5, 99.5))
    scaled = (image.data - low) * (255.0 / max(float(high - low), 1e-12))
    return np.asarray(np.clip(scaled, 0, 255).astype(np.uint8))
