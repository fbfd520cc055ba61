"""Pairs for calibrating trust, of the kinds that aligned images go wrong on, and of planes seen from far aside."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from benchmarks import planar
from benchmarks.cases import moved
from benchmarks.hard import scene
from benchmarks.kinds import KINDS
from benchmarks.kinds.pair import Motion
from benchmarks.trust_pairs import TrustPair
from benchmarks.trust_sources import grey, half_of, packaged, real_pairs, sources_in

Floats = NDArray[np.float64]
Maker = Callable[[np.random.Generator, int, int], TrustPair]

# Which variants show a picture that only one half has: the kind, how many variants it has, which one, and the picture.
OWNED = (("plain-ground", 6, 5, "horse"), ("few-objects", 5, 3, "logo"))
# Views are smaller than those of `benchmarks.planar`, and less magnified: they are many.
VIEW, ZOOM, LEAST_SIDE = (240, 288), 3.0, 300
SLANTS = ((15, 40), (40, 60), (60, 72))


def of_kind(kind: str) -> Maker:
    """Return what draws pairs of a kind of `benchmarks.kinds`."""

    def drawn(rng: np.random.Generator, number: int, half: int) -> TrustPair:
        variant = number
        for name, count, place, picture in OWNED:
            if name == kind and number % count == place and half_of(picture) != half:
                variant += 1
        pair = KINDS[kind](rng, variant, packaged(half))
        # Of two motions either of which may be the scene's, none is the truth.
        truth = _matrix(pair.right[0]) if len(pair.right) == 1 and not pair.misfit else None
        # Pixels of a mask, or taken whole from another picture, are half a pixel off their truth themselves.
        exact = truth is not None and not any(word in pair.what for word in ("nearest", "binary", "mask"))
        return TrustPair(
            kind,
            number,
            sources_in(pair.what),
            pair.fixed,
            pair.moving,
            truth,
            pair.family,
            pair.tolerance,
            exact,
            pair.right,
            pair.answerable,
        )

    return drawn


def _matrix(motion: Motion) -> Floats | None:
    """Return the matrix of a motion, of which points are known; None if they are too few."""
    if len(motion.points) < 3:
        return None
    points = np.column_stack([motion.points, np.ones(len(motion.points))])
    out = np.eye(3)
    out[:2] = np.linalg.lstsq(points, motion.targets, rcond=None)[0].T
    assert np.allclose(moved(out, motion.points), motion.targets, atol=1e-6)
    return out


def _scenes(half: int) -> tuple[str, ...]:
    """Return what can be looked at from aside: a half's packaged photographs, its maps and its aerial ones."""
    real = tuple(name for name in real_pairs(half) if name.startswith(("map", "optical")))
    return tuple(name for name in packaged(half) if min(scene(name).shape) >= LEAST_SIDE) + real


def _seen(rng: np.random.Generator, half: int, number: int) -> tuple[planar.PlanarPair, str]:
    """Return a far view of a photograph, cut to what is about as large as the view, and what lies behind it."""
    name, other = (str(each) for each in rng.choice(_scenes(half), 2, replace=False))
    image, behind = (_cut(rng, grey(each) if "/" in each else scene(each)) for each in (name, other))
    slant = float(rng.uniform(*SLANTS[number % len(SLANTS)]))
    return planar.seen_from_aside(rng, name, image, behind, slant, VIEW, ZOOM), other


def _cut(rng: np.random.Generator, image: Floats, side: int = 360) -> Floats:
    top, left = (int(rng.integers(0, max(n - side, 0) + 1)) for n in image.shape)
    return image[top : top + side, left : left + side]


class _Aside:
    """Measures a pose against a far view's truth."""

    def __init__(self, pair: planar.PlanarPair) -> None:
        self.pair = pair

    def error(self, matrix: Floats) -> float:
        return self.pair.error(matrix)


def far_views(rng: np.random.Generator, number: int, half: int) -> TrustPair:
    """Return a plane from the front and from aside."""
    pair, other = _seen(rng, half, number)
    return TrustPair(
        "far-views",
        number,
        (pair.name, other),
        pair.fixed,
        pair.moving,
        pair.truth,
        "homography",
        planar.FOUND,
        motions=(_Aside(pair),),
    )


def two_planes(rng: np.random.Generator, number: int, half: int) -> TrustPair:
    """Return a plane from the front and another one from aside: features propose, and the best of many is judged."""
    (first, _), (second, _) = _seen(rng, half, number), _seen(rng, half, number)
    while second.name == first.name:
        second, _ = _seen(rng, half, number)
    family = ("homography", "homography", "affine")[number % 3]
    return TrustPair("two-planes", number, (first.name, second.name), first.fixed, second.moving, None, family, 3.0)
