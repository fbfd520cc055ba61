"""What a careful user of a peer would go by: a pose, and the number that is said to show how good it is."""

from __future__ import annotations

import warnings
from typing import Any

import numpy as np
from numpy.typing import NDArray

from benchmarks.trust_pairs import TrustPair

Floats = NDArray[np.float64]
_SWAP = np.array([[0.0, 1, 0], [1, 0, 0], [0, 0, 1]])


def sift_inliers(pair: TrustPair) -> tuple[Floats | None, float]:
    """OpenCV SIFT, ratio test, RANSAC: the number of inliers."""
    import cv2

    detector = cv2.SIFT_create()
    images = [np.rint(255 * _unit(each)).astype(np.uint8) for each in (pair.fixed, pair.moving)]
    keys, descriptors = zip(*(detector.detectAndCompute(each, None) for each in images), strict=True)
    if any(d is None or len(d) < 2 for d in descriptors):
        return None, 0.0
    matches = cv2.BFMatcher(cv2.NORM_L2).knnMatch(*descriptors, k=2)
    good = [m[0] for m in matches if len(m) == 2 and m[0].distance < 0.8 * m[1].distance]
    if len(good) < (4 if pair.family == "homography" else 3):
        return None, 0.0
    a = np.array([keys[0][m.queryIdx].pt for m in good])
    b = np.array([keys[1][m.trainIdx].pt for m in good])
    if pair.family == "homography":
        found, inliers = cv2.findHomography(a, b, cv2.RANSAC, 3.0)
        return (None, 0.0) if found is None else (_SWAP @ found @ _SWAP, float(inliers.sum()))
    fit = cv2.estimateAffine2D if pair.family == "affine" else cv2.estimateAffinePartial2D
    found, inliers = fit(a, b, ransacReprojThreshold=3.0)
    return (None, 0.0) if found is None else (_from_xy(found), float(inliers.sum()))


def ecc_correlation(pair: TrustPair) -> tuple[Floats | None, float]:
    """OpenCV's ECC down a pyramid of four levels: the correlation it returns."""
    import cv2

    kinds = {"translation": cv2.MOTION_TRANSLATION, "rigid": cv2.MOTION_EUCLIDEAN}
    motion = kinds.get(pair.family, cv2.MOTION_AFFINE)
    fixed, moving = [_unit(pair.fixed).astype(np.float32)], [_unit(pair.moving).astype(np.float32)]
    for _ in range(3):
        fixed.append(cv2.pyrDown(fixed[-1]))
        moving.append(cv2.pyrDown(moving[-1]))
    rule = (cv2.TERM_CRITERIA_EPS | cv2.TERM_CRITERIA_COUNT, 100, 1e-6)
    matrix, value = np.eye(3), 0.0
    for level in reversed(range(4)):
        scale = np.diag([2.0**level, 2.0**level, 1.0])
        start = (np.linalg.inv(scale) @ matrix @ scale).astype(np.float32)[:2]
        try:
            value, found = cv2.findTransformECC(fixed[level], moving[level], start, motion, rule, None, 5)
        except cv2.error:
            return None, 0.0
        matrix = scale @ np.vstack([found, [0, 0, 1]]) @ np.linalg.inv(scale)
    return _from_xy(matrix[:2]), float(value)


def imreg_success(pair: TrustPair) -> tuple[Floats | None, float]:
    """imreg_dft: its `success`. Images of two sizes it does not take."""
    import imreg_dft

    if pair.fixed.shape != pair.moving.shape:
        return None, 0.0
    fixed, moving = _unit(pair.fixed), _unit(pair.moving)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        if pair.family == "translation":
            found = imreg_dft.translation(fixed, moving) | {"angle": 0.0, "scale": 1.0}
        else:
            rigid = {"constraints": {"scale": (1.0, 0.0)}} if pair.family == "rigid" else {}
            found = imreg_dft.similarity(fixed, moving, numiter=3, **rigid)
    centre = (np.array(pair.fixed.shape) - 1) / 2
    a = np.radians(found["angle"])
    back = np.eye(3)
    back[:2, :2] = found["scale"] * np.array([[np.cos(a), -np.sin(a)], [np.sin(a), np.cos(a)]])
    back[:2, 2] = centre + np.asarray(found["tvec"]) - back[:2, :2] @ centre
    return np.linalg.inv(back), float(found["success"])


SCORES = {
    "OpenCV SIFT, inliers": sift_inliers,
    "OpenCV ECC, correlation": ecc_correlation,
    "imreg_dft, success": imreg_success,
}


def scored(name: str, pair: TrustPair) -> dict[str, Any]:
    """Return a peer's error on a pair (None without a pose or a truth) and its number."""
    try:
        matrix, value = SCORES[name](pair)
    except Exception:  # noqa: BLE001 - a peer may raise anything, and must not end the run
        matrix, value = None, 0.0
    error = pair.error(matrix) if matrix is not None and pair.alignable and np.isfinite(matrix).all() else np.inf
    score = float(value) if np.isfinite(value) else 0.0
    return {"found": matrix is not None, "score": score, "error": error if np.isfinite(error) else None}


def _unit(image: NDArray[Any]) -> Floats:
    """Return an image from 0 to 1, as a user would hand it over: stretched only if it is in other units."""
    values = image.astype(float)
    low, high = float(values.min()), float(values.max())
    if low >= 0 and high <= 1 and image.dtype.kind == "f":
        return values
    return (values - low) / max(high - low, 1e-12)


def _from_xy(matrix: Any) -> Floats:
    values = np.vstack([np.asarray(matrix, float), [0, 0, 1]])
    return np.asarray(_SWAP @ values @ _SWAP)
