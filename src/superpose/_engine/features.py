"""Proposals from local features, for viewpoints that no similarity comes near: OpenCV's SIFT with MAGSAC."""

from __future__ import annotations

import importlib
import importlib.util
from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from superpose._engine.basins import Basins
from superpose._engine.race import refine_candidates
from superpose._problem import Problem
from superpose._sampling.level_pair import LevelPair
from superpose._search.scored_pose import ScoredPose
from superpose.image import Image
from superpose.transforms.geometry import PhysicalMap, normalised

Floats = NDArray[np.float64]

# Lowe's ratio between the nearest descriptor and the second nearest.
RATIO = 0.8
# In pixels: how far an inlier may lie from where the transform takes it.
THRESHOLD = 3.0
LEAST_INLIERS = 8
# What features are sought in is at most this large along its longer side.
LONGEST = 1024
# Features' proposal and the search's basins are compared on a level with sides (their geometric mean) of no more than
# that: the coarse levels of a picture that is seen from the side hold little of it.
JUDGED_SIDE = 330
# So many of those that raced are kept.
KEPT = 6


def race_with_features(pairs: list[LevelPair], basins: Basins, problem: Problem) -> Basins:
    """Let what local features propose race with the search's basins."""
    if not available():
        return basins
    level = next(
        (k for k, each in enumerate(pairs) if max(*each.fixed.shape, *each.moving.shape) <= LONGEST), len(pairs) - 1
    )
    proposed = feature_proposal(pairs[level].fixed.image, pairs[level].moving.image)
    if proposed is None:
        return basins
    judged = next((k for k, each in enumerate(pairs) if np.prod(each.fixed.shape) <= JUDGED_SIDE**2), basins.level)
    level = min(judged, basins.level)
    pair = pairs[level]
    runners = [ScoredPose(pair.to_index(normalised(proposed)), 1.0, 1.0)]
    runners += [ScoredPose(pair.to_index(each.pose), each.score, each.overlap) for each in basins.found]
    ranked = refine_candidates(
        pair, runners, problem.family.name, problem.min_overlap, len(runners), KEPT, problem.threads
    )
    found = [ScoredPose(pair.to_physical(each.pose), each.score, each.overlap) for each in ranked]
    return replace(basins, found=found, level=level)


def available() -> bool:
    """Return whether OpenCV is installed; it is no dependency."""
    return importlib.util.find_spec("cv2") is not None


def feature_proposal(fixed: Image, moving: Image) -> PhysicalMap | None:
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
    return PhysicalMap(np.asarray(matrix, float))


def _bytes(image: Image) -> NDArray[np.uint8]:
    low, high = np.percentile(image.data[image.mask], (0.5, 99.5))
    scaled = (image.data - low) * (255.0 / max(float(high - low), 1e-12))
    return np.asarray(np.clip(scaled, 0, 255).astype(np.uint8))
