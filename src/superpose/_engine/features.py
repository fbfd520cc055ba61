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
from superpose._engine.settings import EngineSettings, FeatureSettings
from superpose._problem import Problem
from superpose._sampling.level_pair import LevelPair
from superpose._search.scored_pose import ScoredPose
from superpose.image import Image
from superpose.transforms.geometry import PhysicalMap, normalised

Floats = NDArray[np.float64]


def race_with_features(pairs: list[LevelPair], basins: Basins, problem: Problem, settings: EngineSettings) -> Basins:
    """Refine what local features propose together with the search's basins, and return the best of them all."""
    if not available():
        return basins
    wanted = settings.features
    level = next(
        (k for k, each in enumerate(pairs) if max(*each.fixed.shape, *each.moving.shape) <= wanted.longest),
        len(pairs) - 1,
    )
    proposed = feature_proposal(pairs[level].fixed.image, pairs[level].moving.image, wanted)
    if proposed is None:
        return basins
    judged = next(
        (k for k, each in enumerate(pairs) if np.prod(each.fixed.shape) <= wanted.judged_side**2), basins.level
    )
    level = min(judged, basins.level)
    pair = pairs[level]
    runners = [ScoredPose(normalised(proposed), 1.0, 1.0), *basins.found]
    ranked = refine_candidates(
        pair,
        runners,
        problem.family,
        problem.min_overlap,
        len(runners),
        wanted.kept,
        problem.threads,
        settings,
    )
    return replace(basins, found=ranked, level=level)


def available() -> bool:
    """Return whether OpenCV is installed; it is no dependency."""
    return importlib.util.find_spec("cv2") is not None


def feature_proposal(fixed: Image, moving: Image, settings: FeatureSettings) -> PhysicalMap | None:
    """Return the homography, between physical coordinates, that most features of two images agree on.

    It is None where too few agree. OpenCV's random numbers are seeded anew, so that the same images give the same
    answer.

    References
    ----------
    D. G. Lowe, "Distinctive image features from scale-invariant keypoints", International Journal of Computer Vision
    60(2), 2004; D. Barath et al., "MAGSAC++, a fast, reliable and accurate robust estimator", CVPR 2020.
    """
    # Any, because OpenCV is no dependency, and its stubs lag behind its functions.
    cv2: Any = importlib.import_module("cv2")
    cv2.setRNGSeed(0)
    sift = cv2.SIFT_create()
    found = []
    for image in (fixed, moving):
        grey = _bytes(image)
        found.append(sift.detectAndCompute(grey, image.mask.astype(np.uint8)))
    (points_a, descriptors_a), (points_b, descriptors_b) = found
    if descriptors_a is None or descriptors_b is None or min(len(points_a), len(points_b)) < settings.least_inliers:
        return None
    pairs = cv2.BFMatcher(cv2.NORM_L2).knnMatch(descriptors_a, descriptors_b, k=2)
    good = [p[0] for p in pairs if len(p) == 2 and p[0].distance < settings.ratio * p[1].distance]
    if len(good) < settings.least_inliers:
        return None
    a = np.array([points_a[m.queryIdx].pt for m in good])[:, ::-1]
    b = np.array([points_b[m.trainIdx].pt for m in good])[:, ::-1]
    a, b = fixed.grid.to_physical(a), moving.grid.to_physical(b)
    spacing = float(np.mean(moving.grid.spacing))
    matrix, inliers = cv2.findHomography(
        a,
        b,
        method=cv2.USAC_MAGSAC,
        ransacReprojThreshold=settings.threshold * spacing,
        maxIters=settings.rounds,
        confidence=settings.certainty,
    )
    if matrix is None or inliers is None or int(inliers.sum()) < settings.least_inliers:
        return None
    # Points are (row, column) here: OpenCV does not mind which comes first.
    return PhysicalMap(np.asarray(matrix, float))


def _bytes(image: Image) -> NDArray[np.uint8]:
    low, high = np.percentile(image.data[image.mask], (0.5, 99.5))
    scaled = (image.data - low) * (255.0 / max(float(high - low), 1e-12))
    return np.asarray(np.clip(scaled, 0, 255).astype(np.uint8))
