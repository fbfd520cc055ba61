"""A plane seen from far aside: photographs under known homographies, by slant, with what local features propose.

``python -m benchmarks.planar --slants 60 75 --pairs 40 --seed 9``; `--proposals` leaves registration and OpenCV out.
"""

from __future__ import annotations

import argparse
import math
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

import superpose
from benchmarks.hard import scene
from superpose._features.proposals import Proposing
from superpose._features.settings import FeatureSettings
from superpose.image import as_image
from superpose.transforms.family import family_named

Floats = NDArray[np.float64]

SCENES = (
    *("astronaut", "coffee", "rocket", "immunohistochemistry", "hubble_deep_field", "retina"),
    *("camera", "moon", "brick", "grass", "gravel"),
)
SLANTS = (0.0, 20.0, 40.0, 60.0, 70.0, 75.0)
MOVING = (420, 500)
# The camera's distance in sides of its picture: a slant of 75 degrees has no horizon in it.
FOCAL = 3.0
ZOOM, NOISE, GAIN = 5.0, (0.002, 0.02), (0.6, 1.3)
# Largest error over what both see within which a pair is found; and within which it is proposed.
FOUND, PROPOSED = 3.0, 10.0


@dataclass(frozen=True)
class PlanarPair:
    """Two views of a photograph; the truth takes fixed to moving pixels."""

    name: str
    fixed: NDArray[np.float32]
    moving: NDArray[np.float32]
    truth: Floats
    slant: float
    zoom: float

    def error(self, matrix: Floats) -> float:
        """Return the largest error over what both see, each in pixels of the image that shows its place smaller."""
        shape = np.array(self.fixed.shape)
        points = np.stack(np.meshgrid(*(np.linspace(0, n - 1, 33) for n in shape), indexing="ij"), -1).reshape(-1, 2)
        there = applied(self.truth, points)
        seen = np.all((there >= 0) & (there <= np.array(self.moving.shape) - 1), axis=1)
        with np.errstate(all="ignore"):
            mapped = applied(matrix, points[seen])
            gaps = mapped - there[seen], applied(np.linalg.inv(self.truth), mapped) - points[seen]
            errors = np.minimum(*(np.linalg.norm(gap, axis=1) for gap in gaps))
        return float(errors.max()) if np.isfinite(errors).all() else math.inf


def applied(matrix: Floats, points: Floats) -> Floats:
    mapped = np.column_stack([points, np.ones(len(points))]) @ matrix.T
    return mapped[:, :2] / mapped[:, 2:]


def view(slant: float, azimuth: float, turn: float, zoom: float, focal: float) -> Floats:
    """Return what takes points of a plane, about where the camera looks, to points about its picture's middle."""
    tilt = math.radians(slant)
    first, last = (np.array([[math.cos(a), -math.sin(a)], [math.sin(a), math.cos(a)]]) for a in (azimuth, turn))
    slanted = np.array([[zoom * math.cos(tilt), 0, 0], [0, zoom, 0], [zoom * math.sin(tilt) / focal, 0, 1]])
    before, after = np.eye(3), np.eye(3)
    before[:2, :2], after[:2, :2] = first, last
    return after @ slanted @ before


def moved_by(shift: Floats) -> Floats:
    matrix = np.eye(3)
    matrix[:2, 2] = shift
    return matrix


def rendered(image: Floats, behind: Floats, matrix: Floats, shape: tuple[int, int]) -> Floats:
    """Return what a camera sees: averages over its pixels' areas; `matrix` takes them to pixels of the photograph."""
    corners = np.array([(i, j) for i in (0, shape[0] - 1) for j in (0, shape[1] - 1)], float)
    steps = [
        float(np.linalg.norm(applied(matrix, corners + way) - applied(matrix, corners), axis=1).max())
        for way in ((1.0, 0.0), (0.0, 1.0))
    ]
    tall, wide = (int(np.clip(math.ceil(step), 1, 8)) for step in steps)
    out = np.empty(shape)
    columns = (np.arange(shape[1] * wide) + 0.5) / wide - 0.5
    far = np.stack(np.meshgrid(*map(np.arange, shape), indexing="ij"))
    other = ndimage.map_coordinates(behind, 1.3 * far + 7, order=1, mode="mirror")
    for row in range(shape[0]):
        rows = row + (np.arange(tall) + 0.5) / tall - 0.5
        at = applied(matrix, np.stack(np.meshgrid(rows, columns, indexing="ij"), -1).reshape(-1, 2))
        inside = np.all((at >= 0) & (at <= np.array(image.shape) - 1), axis=1)
        value = np.where(
            inside,
            ndimage.map_coordinates(image, at.T, order=1, mode="nearest"),
            np.repeat(np.repeat(other[row], wide)[None], tall, 0).ravel(),
        )
        out[row] = value.reshape(tall, shape[1], wide).mean((0, 2))
    return out


def planar_pair(seed: int, slant: float) -> PlanarPair:
    """Return a pair: a photograph from the front, and its middle aslant, turned, magnified up to `ZOOM`."""
    rng = np.random.default_rng([seed, round(10 * slant)])
    name, other = rng.choice(SCENES, 2, replace=False).tolist()
    return seen_from_aside(rng, name, scene(name), scene(other), slant)


def seen_from_aside(
    rng: np.random.Generator,
    name: str,
    image: Floats,
    behind: Floats,
    slant: float,
    size: tuple[int, int] = MOVING,
    zoom: float = ZOOM,
) -> PlanarPair:
    """Return a pair of a photograph, from the front and aslant in a picture of `size`, with another one behind it."""
    zoom = math.exp(rng.uniform(0, math.log(zoom)))
    # Half of the magnification is fixed's being coarse.
    coarse = math.sqrt(zoom)
    shape = tuple(int(n / coarse) for n in image.shape)
    from_fixed = np.diag([coarse, coarse, 1.0]) @ moved_by(np.full(2, 0.5 - 0.5 / coarse))
    from_fixed[:2, 2] = 0.5 * coarse - 0.5
    looked_at = np.array(image.shape) * rng.uniform(0.35, 0.65, 2)
    looks = view(slant, *rng.uniform(-np.pi, np.pi, 2), zoom / coarse, FOCAL * max(size))
    to_moving = moved_by((np.array(size) - 1) / 2) @ looks @ moved_by(-looked_at)
    fixed = rendered(image, behind, from_fixed, (shape[0], shape[1]))
    moving = rng.uniform(*GAIN) * rendered(image, behind, np.linalg.inv(to_moving), size) + rng.uniform(-0.1, 0.1)
    noise = rng.uniform(*NOISE)
    fixed, moving = (each + noise * rng.standard_normal(each.shape) for each in (fixed, moving))
    truth = to_moving @ from_fixed
    pair = PlanarPair(name, fixed.astype(np.float32), moving.astype(np.float32), truth, slant, zoom)
    if rng.random() < 0.5:
        return pair
    return PlanarPair(name, pair.moving, pair.fixed, np.linalg.inv(truth), slant, 1 / zoom)


def proposed(pair: PlanarPair) -> tuple[float, int, float]:
    """Return the smallest error that is proposed, the stage that does so, and the first proposal's."""
    fixed, moving = as_image(pair.fixed, "fixed"), as_image(pair.moving, "moving")
    best, stage, first = math.inf, 0, math.inf
    proposing = Proposing(fixed, moving, family_named("homography"), FeatureSettings(), 1)
    for number, poses in enumerate(proposing.stages()):
        errors = [pair.error(each.pose) for each in poses]
        if errors and min(errors) < best:
            best, stage, first = min(errors), number, errors[0]
        if best < FOUND:
            break
    return best, stage, first


def with_superpose(pair: PlanarPair) -> tuple[float, bool]:
    """Return the error of superpose's answer, and whether it is sure of it."""
    result = superpose.register(pair.fixed, pair.moving, transform="homography", on_unreliable="ignore")
    return pair.error(np.asarray(result.transform.matrix)), result.reliable


def with_opencv(pair: PlanarPair) -> tuple[float, bool]:
    """Return the error of OpenCV's SIFT and MAGSAC, and whether at least 15 matches agree."""
    import cv2

    pictures = []
    for image in (pair.fixed, pair.moving):
        low, high = np.percentile(image, (0.5, 99.5))
        pictures.append(np.clip((image - low) * (255 / (high - low)), 0, 255).astype(np.uint8))
    (a, x), (b, y) = (cv2.SIFT_create(nfeatures=4000).detectAndCompute(each, None) for each in pictures)
    if x is None or y is None or len(x) < 2 or len(y) < 2:
        return math.inf, False
    pairs = [m for m, n in cv2.BFMatcher().knnMatch(x, y, k=2) if m.distance < 0.8 * n.distance]
    if len(pairs) < 8:
        return math.inf, False
    cv2.setRNGSeed(0)
    points = np.array([a[m.queryIdx].pt for m in pairs]), np.array([b[m.trainIdx].pt for m in pairs])
    found, agree = cv2.findHomography(*points, cv2.USAC_MAGSAC, 3.0, maxIters=10000, confidence=0.9999)
    if found is None:
        return math.inf, False
    swap = np.array([[0, 1, 0], [1, 0, 0], [0, 0, 1]])
    return pair.error(swap @ found @ swap), int(agree.sum()) >= 15


def share(values: list[bool]) -> str:
    return f"{100 * sum(values) / max(len(values), 1):.0f}"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--slants", type=float, nargs="+", default=SLANTS, help="degrees")
    parser.add_argument("--pairs", type=int, default=30, help="of each slant")
    parser.add_argument("--seed", type=int, default=0, help="of the first pair")
    parser.add_argument("--proposals", action="store_true", help="nothing but what features propose")
    parser.add_argument("--verbose", action="store_true", help="a line for each pair")
    arguments = parser.parse_args()
    methods: dict[str, Callable[[PlanarPair], tuple[float, bool]]] = {"superpose": with_superpose}
    try:
        import cv2  # noqa: F401

        methods["OpenCV SIFT + MAGSAC"] = with_opencv
    except ImportError:
        pass
    if arguments.proposals:
        methods = {}
    print("share of pairs, in percent, with errors over all that both see")
    for slant in arguments.slants:
        pairs = [planar_pair(arguments.seed + k, slant) for k in range(arguments.pairs)]
        found = [proposed(pair) for pair in pairs]
        if arguments.verbose:
            for k, (pair, (error, stage, first)) in enumerate(zip(pairs, found, strict=True)):
                print(
                    f"  {arguments.seed + k} {pair.name} zoom {pair.zoom:.2f}: {error:.2f} (stage {stage}; {first:.2f})"
                )
        plain = [error < PROPOSED and stage == 0 for error, stage, _ in found]
        within = [[error < limit for error, _, _ in found] for limit in (FOUND, PROPOSED)]
        text = f"proposed within {FOUND:g} px {share(within[0])}, {PROPOSED:g} px {share(within[1])}"
        print(f"slant {slant:g}: {text} (plain {share(plain)})", flush=True)
        for name, method in methods.items():
            answers = [method(pair) for pair in pairs]
            close = [error < FOUND for error, _ in answers]
            sure = [ok for _, ok in answers]
            wrong = [ok and not error < FOUND for error, ok in answers]
            print(f"  {name}: within {FOUND:g} px {share(close)}, sure {share(sure)}, sure and wrong {share(wrong)}")


if __name__ == "__main__":
    main()
