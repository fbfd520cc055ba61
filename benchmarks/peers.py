"""The peers as a careful user would call them: each takes a case and returns its matrix, or None if it gave up."""

from __future__ import annotations

import contextlib
import io
import warnings
from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from benchmarks.cases import Case

Floats = NDArray[np.float64]
Method = Callable[[Case], Floats | None]

_SWAP = np.array([[0.0, 1, 0], [1, 0, 0], [0, 0, 1]])


def _from_xy(matrix: Any) -> Floats:
    values = np.asarray(matrix, float)
    if values.shape == (2, 3):
        values = np.vstack([values, [0, 0, 1]])
    swapped: Floats = _SWAP @ values @ _SWAP
    return swapped


def _bytes(image: Floats) -> NDArray[np.uint8]:
    return np.clip(np.rint(image * 255), 0, 255).astype(np.uint8)


def levels_of(case: Case, least: int = 32) -> int:
    """Return how many levels take the shortest side down to no less than `least` pixels."""
    return 1 + max(0, int(np.log2(min(*case.fixed.shape, *case.moving.shape) / least)))


def centred(case: Case) -> Floats:
    """Return the shift, fixed to moving, that lays centre on centre: where a careful user starts."""
    matrix = np.eye(3)
    matrix[:2, 2] = (np.array(case.moving.shape) - np.array(case.fixed.shape)) / 2
    return matrix


def same_size(case: Case) -> tuple[Floats, Floats]:
    """Return both images, the smaller one with its mean below and to the right: coordinates stay."""
    shape = np.maximum(case.fixed.shape, case.moving.shape)
    padded = [
        np.pad(each, [(0, int(n - m)) for n, m in zip(shape, each.shape, strict=True)], constant_values=each.mean())
        for each in (case.fixed, case.moving)
    ]
    return padded[0], padded[1]


def ecc(case: Case) -> Floats | None:
    """OpenCV's ECC down a pyramid."""
    import cv2

    motion = {
        "translation": cv2.MOTION_TRANSLATION,
        "rigid": cv2.MOTION_EUCLIDEAN,
        "homography": cv2.MOTION_HOMOGRAPHY,
    }.get(case.family, cv2.MOTION_AFFINE)
    fixed, moving = [case.fixed.astype(np.float32)], [case.moving.astype(np.float32)]
    for _ in range(levels_of(case) - 1):
        fixed.append(cv2.pyrDown(fixed[-1]))
        moving.append(cv2.pyrDown(moving[-1]))
    projective = motion == cv2.MOTION_HOMOGRAPHY
    matrix, converged = _SWAP @ centred(case) @ _SWAP, False
    rule = (cv2.TERM_CRITERIA_EPS | cv2.TERM_CRITERIA_COUNT, 100, 1e-6)
    for level in reversed(range(len(fixed))):
        scale = np.diag([2.0**level, 2.0**level, 1.0])
        start = (np.linalg.inv(scale) @ matrix @ scale).astype(np.float32)
        try:
            _, found = cv2.findTransformECC(
                fixed[level], moving[level], start if projective else start[:2], motion, rule, None, 5
            )
        except cv2.error:  # it did not converge: the next level starts where this one did
            converged = False
            continue
        converged = True
        full = found if projective else np.vstack([found, [0, 0, 1]])
        matrix = scale @ full @ np.linalg.inv(scale)
    return _from_xy(matrix) if converged else None


def _features(case: Case, detector: Any, norm: int) -> Floats | None:
    """Match features by the ratio test, find the inliers, and fit the case's own family to them."""
    import cv2

    cv2.setRNGSeed(0)
    keys, descriptors = zip(
        *(detector.detectAndCompute(_bytes(image), None) for image in (case.fixed, case.moving)), strict=True
    )
    if any(d is None or len(d) < 2 for d in descriptors):
        return None
    pairs = cv2.BFMatcher(norm).knnMatch(*descriptors, k=2)
    good = [m[0] for m in pairs if len(m) == 2 and m[0].distance < 0.8 * m[1].distance]
    if len(good) < 4:
        return None
    a = np.array([keys[0][m.queryIdx].pt for m in good])
    b = np.array([keys[1][m.trainIdx].pt for m in good])
    if case.family == "homography":
        found, _ = cv2.findHomography(a, b, cv2.USAC_MAGSAC, 3.0)
        return None if found is None else _from_xy(found)
    fit = cv2.estimateAffine2D if case.family == "affine" else cv2.estimateAffinePartial2D
    found, inliers = fit(a, b, ransacReprojThreshold=3.0)
    if found is None:
        return None
    if case.family in ("translation", "rigid"):
        use = inliers.ravel().astype(bool)
        a, b = a[use], b[use]
        turn = np.eye(2)
        if case.family == "rigid":
            u, _, v = np.linalg.svd((b - b.mean(0)).T @ (a - a.mean(0)))
            turn = u @ np.diag([1.0, np.linalg.det(u @ v)]) @ v
        found = np.column_stack([turn, b.mean(0) - turn @ a.mean(0)])
    return _from_xy(found)


def sift(case: Case) -> Floats | None:
    """OpenCV SIFT, ratio test, RANSAC (MAGSAC for homographies)."""
    import cv2

    return _features(case, cv2.SIFT_create(), cv2.NORM_L2)


def orb(case: Case) -> Floats | None:
    """OpenCV ORB, ratio test, RANSAC."""
    import cv2

    return _features(case, cv2.ORB_create(2000), cv2.NORM_HAMMING)


def stackreg(case: Case) -> Floats | None:
    """Run pystackreg in the case's family."""
    from pystackreg import StackReg

    kind = {"translation": StackReg.TRANSLATION, "rigid": StackReg.RIGID_BODY, "affine": StackReg.AFFINE}.get(
        case.family, StackReg.SCALED_ROTATION
    )
    return _from_xy(StackReg(kind).register(*same_size(case)))


def imreg(case: Case) -> Floats | None:
    """imreg_dft: rotation and scale by the log-polar spectrum, then the shift."""
    import imreg_dft

    fixed, moving = same_size(case)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        if case.family == "translation":
            # Odds of 0: half a turn is not considered.
            found = imreg_dft.translation(fixed, moving, odds=0) | {"angle": 0.0, "scale": 1.0}
        else:
            rigid = {"constraints": {"scale": (1.0, 0.0)}} if case.family == "rigid" else {}
            found = imreg_dft.similarity(fixed, moving, numiter=3, **rigid)
    centre = (np.array(fixed.shape) - 1) / 2
    a = np.radians(found["angle"])
    back = np.eye(3)
    # It states how moving has to be turned, scaled and shifted (in that order, about its middle) to meet fixed.
    back[:2, :2] = found["scale"] * np.array([[np.cos(a), -np.sin(a)], [np.sin(a), np.cos(a)]])
    back[:2, 2] = centre + np.asarray(found["tvec"]) - back[:2, :2] @ centre
    return np.linalg.inv(back)


def _simpleitk(case: Case, metric: str) -> Floats | None:
    import SimpleITK as sitk

    fixed, moving = (sitk.GetImageFromArray(image.astype(np.float32)) for image in (case.fixed, case.moving))
    kinds = {
        "translation": sitk.TranslationTransform(2),
        "rigid": sitk.Euler2DTransform(),
        "similarity": sitk.Similarity2DTransform(),
    }
    kind = kinds.get(case.family, sitk.AffineTransform(2))
    if case.family != "translation":
        mode = sitk.CenteredTransformInitializerFilter.GEOMETRY
        kind = sitk.CenteredTransformInitializer(fixed, moving, kind, mode)
    else:
        kind.SetOffset([float(v) for v in centred(case)[:2, 2][::-1]])
    method = sitk.ImageRegistrationMethod()
    if metric == "mi":
        method.SetMetricAsMattesMutualInformation(50)
    else:
        method.SetMetricAsCorrelation()
    method.SetInterpolator(sitk.sitkLinear)
    method.SetOptimizerAsRegularStepGradientDescent(1.0, 1e-4, 300)
    method.SetOptimizerScalesFromPhysicalShift()
    shrink = [2**k for k in reversed(range(min(levels_of(case, 64), 8)))]
    method.SetShrinkFactorsPerLevel(shrink)
    method.SetSmoothingSigmasPerLevel([s / 2 if s > 1 else 0 for s in shrink])
    method.SetInitialTransform(kind, inPlace=True)
    try:
        method.Execute(fixed, moving)
    except RuntimeError:
        return None
    corners = [(0.0, 0.0), (1.0, 0.0), (0.0, 1.0)]
    origin, x, y = (np.array(kind.TransformPoint(p)) for p in corners)
    return _from_xy(np.column_stack([x - origin, y - origin, origin]))


def simpleitk_correlation(case: Case) -> Floats | None:
    """SimpleITK: correlation, regular step gradient descent, down a pyramid."""
    return _simpleitk(case, "correlation")


def simpleitk_mi(case: Case) -> Floats | None:
    """SimpleITK: Mattes mutual information, regular step gradient descent, down a pyramid."""
    return _simpleitk(case, "mi")


def elastix(case: Case) -> Floats | None:
    """itk-elastix with its default parameter map of the family, started from centre on centre."""
    import itk

    name = {"translation": "translation", "rigid": "rigid", "similarity": "rigid"}.get(case.family, "affine")
    parameters = itk.ParameterObject.New()
    settings = parameters.GetDefaultParameterMap(name)
    settings["AutomaticTransformInitialization"] = ["true"]
    settings["AutomaticTransformInitializationMethod"] = ["GeometricalCenter"]
    if case.family == "similarity":  # it has no default map of its own
        settings["Transform"] = ["SimilarityTransform"]
    parameters.AddParameterMap(settings)
    fixed, moving = (itk.image_view_from_array(np.ascontiguousarray(i, np.float32)) for i in (case.fixed, case.moving))
    try:
        _, result = itk.elastix_registration_method(fixed, moving, parameter_object=parameters, log_to_console=False)
    except RuntimeError:
        return None
    values = result.GetParameterMap(0)
    numbers = [float(v) for v in values["TransformParameters"]]
    if case.family == "translation":
        return _from_xy([[1, 0, numbers[0]], [0, 1, numbers[1]]])
    centre = np.array([float(v) for v in values["CenterOfRotationPoint"]])
    if name == "rigid":
        scale, angle = numbers[:2] if case.family == "similarity" else (1.0, numbers[0])
        c, s = scale * np.cos(angle), scale * np.sin(angle)
        linear, shift = np.array([[c, -s], [s, c]]), np.array(numbers[-2:])
    else:
        linear, shift = np.array(numbers[:4]).reshape(2, 2), np.array(numbers[4:])
    return _from_xy(np.column_stack([linear, centre + shift - linear @ centre]))


def ants(case: Case) -> Floats | None:
    """Antspyx with its transform of the family's name."""
    import ants as antspy

    name = {"translation": "Translation", "rigid": "Rigid", "similarity": "Similarity"}.get(case.family, "Affine")
    # ants reads an array's first axis as x.
    fixed, moving = (antspy.from_numpy(image.T.astype(np.float32)) for image in (case.fixed, case.moving))
    with contextlib.redirect_stdout(io.StringIO()):
        found = antspy.registration(fixed, moving, type_of_transform=name, random_seed=1)
    transform = antspy.read_transform(found["fwdtransforms"][0])
    origin, x, y = (np.array(transform.apply_to_point(p)) for p in ((0.0, 0.0), (1.0, 0.0), (0.0, 1.0)))
    return _from_xy(np.column_stack([x - origin, y - origin, origin]))


PEERS: dict[str, Method] = {
    "OpenCV SIFT + RANSAC": sift,
    "OpenCV ORB + RANSAC": orb,
    "OpenCV ECC": ecc,
    "pystackreg": stackreg,
    "imreg_dft": imreg,
    "SimpleITK correlation": simpleitk_correlation,
    "SimpleITK Mattes MI": simpleitk_mi,
    "itk-elastix": elastix,
    "antspyx": ants,
}
