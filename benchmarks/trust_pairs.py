"""Pairs for calibrating trust: views of one scene, and pairs that no alignment is right for.

Each pair is drawn from (seed, kind, number) alone, and all its pixels come from sources of one half: photographs are
dealt into two halves (`trust_sources`), so that what is fitted on one is reported on the other.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from benchmarks import real
from benchmarks.cases import curve, moved
from benchmarks.trust_sources import OVERLAPPING, TEXTURES, grey, pick, pixels, real_cases, real_pairs

Floats = NDArray[np.float64]

SIDES = (128, 224)
SMALL_SIDES = (40, 100)


class Measured(Protocol):
    """Something that says how far a pose is from right."""

    def error(self, matrix: Floats) -> float: ...


@dataclass(frozen=True, eq=False)
class TrustPair:
    """A pair; `truth` (3, 3) maps fixed to moving, None where no alignment is right. Errors to `limit` px are right.

    Where `motions` are given, an error is that against whichever of them is nearest, and `truth` may be unknown.
    `answerable`: a right answer ought to be called reliable. `exact`: the truth is good to less than errors are.
    """

    kind: str
    number: int
    sources: tuple[str, ...]
    fixed: NDArray[Any]
    moving: NDArray[Any]
    truth: Floats | None
    family: str
    limit: float
    exact: bool = True
    motions: tuple[Measured, ...] = ()
    answerable: bool = True

    @property
    def name(self) -> str:
        return f"{self.kind}/{self.number}/{'+'.join(self.sources)}"

    @property
    def alignable(self) -> bool:
        """Whether any alignment is right."""
        return self.truth is not None or bool(self.motions)

    def error(self, matrix: Floats) -> float:
        """Return the root mean square error at fixed's corners, in pixels of fixed, or what `motions` measure."""
        if self.motions:
            return min(each.error(matrix) for each in self.motions)
        if self.truth is None or not np.isfinite(matrix).all():
            return np.inf
        return float(np.sqrt((self.gaps(matrix) ** 2).sum(1).mean()))

    def gaps(self, matrix: Floats) -> Floats:
        """Return by how much a pose is off at fixed's corners, in pixels of fixed there."""
        assert self.truth is not None
        rows, columns = np.array(self.fixed.shape[:2]) - 1.0
        corners = np.array([[0, 0], [0, columns], [rows, 0], [rows, columns]])
        if self.family == "homography":
            return moved(np.linalg.inv(self.truth) @ matrix, corners) - corners
        return (moved(matrix, corners) - moved(self.truth, corners)) / np.sqrt(abs(np.linalg.det(self.truth[:2, :2])))


def _motion(rng: np.random.Generator, family: str, side: int, far: float) -> Floats:
    """Return a motion of view coordinates about the view's centre (fixed to moving)."""
    c = (side - 1) / 2
    if family == "translation":
        linear = np.eye(2)
    else:
        a = rng.uniform(-np.pi, np.pi)
        linear = np.array([[np.cos(a), -np.sin(a)], [np.sin(a), np.cos(a)]])
    if family == "similarity":
        linear = linear * 2 ** rng.uniform(-0.8, 0.8)
    if family in ("affine", "homography"):
        linear = linear @ (np.eye(2) + rng.uniform(-0.1, 0.1, (2, 2)))
    direction = rng.uniform(-np.pi, np.pi)
    shift = far * side * np.array([np.cos(direction), np.sin(direction)])
    out = np.eye(3)
    out[:2, :2] = linear
    out[:2, 2] = c + shift - linear @ np.full(2, c)
    if family == "homography":
        # Corners come nearer or go farther by up to a seventh.
        aside, centred = np.eye(3), np.eye(3)
        aside[2, :2], centred[:2, 2] = rng.uniform(-0.15, 0.15, 2) / side, -c
        out = out @ np.linalg.inv(centred) @ aside @ centred
        out /= out[2, 2]
    return out


def _view(image: Floats, corner: Floats, side: int, back: Floats | None = None) -> Floats:
    """Return the view of a scene at `corner`, or what a second camera sees whose pixels `back` takes to the first's."""
    rows, columns = np.indices((side, side))
    points = np.stack([rows.ravel(), columns.ravel()], 1).astype(float)
    smooth = image
    if back is not None:
        points = moved(back, points)
        grown = np.sqrt(abs(np.linalg.det(back[:2, :2])))
        if grown > 1.05:
            smooth = ndimage.gaussian_filter(image, 0.5 * np.sqrt(grown**2 - 1))
    return ndimage.map_coordinates(smooth, (points + corner).T, order=3, mode="constant").reshape(side, side)


def _corner(rng: np.random.Generator, image: Floats, side: int) -> Floats:
    return np.array([rng.uniform(0, max(1, n - side)) for n in image.shape])


def _textured(
    rng: np.random.Generator, half: int, sides: tuple[int, int] = SIDES, least: float = 0.03
) -> tuple[str, Floats, Floats, int]:
    """Return a grey source, its pixels, a corner and a side such that the view is not empty."""
    for _ in range(50):
        name = pick(rng, half)
        image = grey(name)
        side = int(min(rng.integers(sides[0], sides[1] + 1), *image.shape))
        corner = _corner(rng, image, side)
        if _view(image, corner, side)[side // 5 : -side // 5, side // 5 : -side // 5].std() > least:
            break
    return name, image, corner, side


def _noisy(rng: np.random.Generator, image: Floats, sigma: float) -> Floats:
    return np.clip(image + rng.normal(0, sigma, image.shape), 0, 1)


def _pair(
    kind: str, number: int, names: tuple[str, ...], fixed: Floats, moving: Floats, truth: Floats | None, family: str
) -> TrustPair:
    return TrustPair(kind, number, names, fixed, moving, truth, family, max(2.0, 0.015 * min(fixed.shape)))


# --- rightly alignable ---------------------------------------------------------------------------------------
def _seen_twice(
    rng: np.random.Generator,
    number: int,
    half: int,
    kind: str,
    family: str,
    far: float,
    sigma: float,
    sides: tuple[int, int] = SIDES,
) -> TrustPair:
    name, image, corner, side = _textured(rng, half, sides)
    truth = _motion(rng, family, side, far)
    fixed, moving = _view(image, corner, side), _view(image, corner, side, np.linalg.inv(truth))
    return _pair(kind, number, (name,), _noisy(rng, fixed, sigma), _noisy(rng, moving, sigma), truth, family)


def easy(rng: np.random.Generator, number: int, half: int) -> TrustPair:
    family = ("rigid", "translation", "similarity", "affine", "homography")[number % 5]
    return _seen_twice(rng, number, half, "easy", family, rng.uniform(0, 0.3), 10 ** rng.uniform(-2.5, -1.5))


def small(rng: np.random.Generator, number: int, half: int) -> TrustPair:
    family = ("rigid", "translation", "similarity")[number % 3]
    return _seen_twice(rng, number, half, "small", family, rng.uniform(0, 0.3), 0.02, SMALL_SIDES)


def low_overlap(rng: np.random.Generator, number: int, half: int) -> TrustPair:
    family = ("rigid", "translation", "similarity", "affine")[number % 4]
    return _seen_twice(rng, number, half, "low-overlap", family, rng.uniform(0.4, 0.65), 0.02)


def heavy_noise(rng: np.random.Generator, number: int, half: int) -> TrustPair:
    family = ("rigid", "translation", "similarity", "affine")[number % 4]
    return _seen_twice(rng, number, half, "heavy-noise", family, rng.uniform(0, 0.2), rng.uniform(0.1, 0.5))


def several(rng: np.random.Generator, number: int, half: int) -> TrustPair:
    while True:
        name = pick(rng, half)
        image = pixels(name)
        if image.ndim == 3:
            break
    side = int(min(rng.integers(SIDES[0], SIDES[1] + 1), *image.shape[:2]))
    first, second = rng.permutation(3)[:2]
    corner = _corner(rng, image[..., 0], side)
    truth = _motion(rng, ("rigid", "similarity", "affine")[number % 3], side, rng.uniform(0, 0.25))
    bent = curve(rng, image[..., second])
    fixed = _view(image[..., first], corner, side)
    moving = _view(bent, corner, side, np.linalg.inv(truth))
    family = ("rigid", "similarity", "affine")[number % 3]
    return _pair("several", number, (name,), _noisy(rng, fixed, 0.03), _noisy(rng, moving, 0.03), truth, family)


def texture(rng: np.random.Generator, number: int, half: int) -> TrustPair:
    name = TEXTURES[half][number % 2]
    image = grey(name)
    side = int(rng.integers(128, 200))
    corner = _corner(rng, image, side)
    family = ("rigid", "translation", "affine")[number // 2 % 3]
    truth = _motion(rng, family, side, rng.uniform(0, 0.3))
    fixed, moving = _view(image, corner, side), _view(image, corner, side, np.linalg.inv(truth))
    return _pair("texture", number, (name,), _noisy(rng, fixed, 0.03), _noisy(rng, moving, 0.03), truth, family)


def near_symmetric(rng: np.random.Generator, number: int, half: int) -> TrustPair:
    """Return a scene mixed with itself turned by half: the less of it, the clearer."""
    name, image, corner, side = _textured(rng, half)
    mixed = rng.uniform(0.2, 0.48)
    scene = (1 - mixed) * image + mixed * image[::-1, ::-1]
    corner = (np.array(image.shape) - side) / 2
    truth = _motion(rng, "rigid", side, rng.uniform(0, 0.1))
    fixed, moving = _view(scene, corner, side), _view(scene, corner, side, np.linalg.inv(truth))
    return _pair("near-symmetric", number, (name,), _noisy(rng, fixed, 0.02), _noisy(rng, moving, 0.02), truth, "rigid")


def true_real(rng: np.random.Generator, number: int, half: int) -> TrustPair:
    """Return a real pair of two modalities or dates, of which one is cropped at random."""
    names = real_pairs(half)
    if not names:
        return easy(rng, number, half)
    name = names[number % len(names)]
    kind, stem = name.split("/")
    case = real_cases(kind, number // len(names))[stem]
    return TrustPair("real", number, (name,), case.fixed, case.moving, case.truth, case.family, case.limit, False)


# --- no alignment is right -----------------------------------------------------------------------------------
def _other_view(rng: np.random.Generator, half: int, name: str, side: int) -> tuple[str, Floats]:
    for _ in range(50):
        other = pick(rng, half)
        image = grey(other)
        if other == name or min(image.shape) < side:
            continue
        view = _view(image, _corner(rng, image, side), side)
        if view.std() > 0.03:
            break
    return other, view


def _family(number: int) -> str:
    return ("rigid", "translation", "similarity", "affine", "homography")[number % 5]


def two_scenes(rng: np.random.Generator, number: int, half: int) -> TrustPair:
    name, image, corner, side = _textured(rng, half)
    other, moving = _other_view(rng, half, name, side)
    sigma = 10 ** rng.uniform(-2.5, -1)
    fixed = _noisy(rng, _view(image, corner, side), sigma)
    return _pair("two-scenes", number, (name, other), fixed, _noisy(rng, moving, sigma), None, _family(number))


def two_small(rng: np.random.Generator, number: int, half: int) -> TrustPair:
    name, image, corner, side = _textured(rng, half, SMALL_SIDES)
    other, moving = _other_view(rng, half, name, side)
    fixed = _noisy(rng, _view(image, corner, side), 0.02)
    return _pair("two-small", number, (name, other), fixed, _noisy(rng, moving, 0.02), None, _family(number))


def scene_and_noise(rng: np.random.Generator, number: int, half: int) -> TrustPair:
    """Return a scene and noise, or in every third pair noise twice."""
    name, image, corner, side = _textured(rng, half)

    def noise() -> Floats:
        drawn = ndimage.gaussian_filter(rng.normal(0, 1, (side, side)), rng.choice([0.0, 1.0, 3.0, 8.0]))
        return np.clip(0.5 + 0.15 * drawn / drawn.std(), 0, 1)

    scene = number % 3 != 2
    fixed = _noisy(rng, _view(image, corner, side), 0.01) if scene else noise()
    names = (name, "noise") if scene else ("noise",)
    return _pair("scene-and-noise", number, names, fixed, noise(), None, _family(number // 3))


def two_textures(rng: np.random.Generator, number: int, half: int) -> TrustPair:
    """Return two draws of one random texture: the spectrum of a source, random phases."""
    name, image, corner, side = _textured(rng, half)
    size = np.abs(np.fft.fft2(_view(image, corner, side) * np.hanning(side)[:, None] * np.hanning(side)))
    made = []
    for _ in range(2):
        phases = np.exp(1j * np.angle(np.fft.fft2(rng.normal(size=(side, side)))))
        draw = np.fft.ifft2(size * phases).real
        made.append(_noisy(rng, 0.5 + 0.18 * (draw - draw.mean()) / draw.std(), 0.01))
    return _pair("two-textures", number, (name,), *made, None, _family(number))


def two_parts(rng: np.random.Generator, number: int, half: int) -> TrustPair:
    """Return two parts of one texture that share no pixel."""
    name = TEXTURES[half][number % 2]
    image = grey(name)
    side = int(rng.integers(128, 200))
    fixed, moving = (
        _view(image, np.array([rng.uniform(0, 512 - side), column]), side) for column in (0.0, 512.0 - side)
    )
    quarter = int(rng.integers(4))
    if number % 4 < 2:
        moving = np.ascontiguousarray(np.rot90(moving, quarter))
    family = ("rigid", "translation")[number // 2 % 2]
    return _pair("two-parts", number, (name,), _noisy(rng, fixed, 0.02), _noisy(rng, moving, 0.02), None, family)


def two_sections(rng: np.random.Generator, number: int, _half: int) -> TrustPair:
    """Return two parts of one organ: cells as large and as many, fibres as coarse and running alike; none is shared."""
    side = int(rng.integers(160, 256))
    sheet = _tissue(rng, side)
    fixed, moving = sheet[:, :side], sheet[:, -side:]
    return _pair(
        "two-sections", number, ("drawn",), _noisy(rng, fixed, 0.02), _noisy(rng, moving, 0.02), None, _family(number)
    )


def _tissue(rng: np.random.Generator, side: int) -> Floats:
    """Return an organ's section, `side` by over twice that: nuclei, thinned by a vein and a rim, between fibres."""
    shape = (side, 2 * side + 40)
    along, across, angle = rng.uniform(4, 9), rng.uniform(1, 2), rng.uniform(-40, 40)
    wide = rng.normal(size=(2 * shape[1], 2 * shape[1]))
    turned = ndimage.rotate(ndimage.gaussian_filter(wide, (along, across)), angle, reshape=False, order=1)
    top, left = (turned.shape[0] - shape[0]) // 2, (turned.shape[1] - shape[1]) // 2
    fibres = turned[top : top + shape[0], left : left + shape[1]]
    points, size = np.zeros(shape), rng.uniform(1.5, 3.5)
    count = int(rng.uniform(0.1, 0.3) * points.size / (np.pi * size**2))
    np.add.at(points, tuple(rng.integers(0, n, count) for n in shape), rng.uniform(0.4, 1, count))
    nuclei = ndimage.gaussian_filter(points, size)
    rows = np.linspace(0, 1, side)[:, None]
    # Both sections show the same layers, at the same depth.
    layers = 0.6 + 0.4 * np.tanh(8 * (rows - rng.uniform(0.2, 0.8))) * rng.choice((-1, 1)) * rng.uniform(0, 0.6)
    image = 0.7 + 0.06 * fibres / fibres.std() - 0.12 * layers * nuclei / nuclei.std()
    return np.clip(image, 0, 1)


def same_dead_pixels(rng: np.random.Generator, number: int, half: int) -> TrustPair:
    name, image, corner, side = _textured(rng, half)
    other, moving = _other_view(rng, half, name, side)
    fixed = _noisy(rng, _view(image, corner, side), 0.01)
    moving = _noisy(rng, moving, 0.01)
    share = 10 ** rng.uniform(-3.5, -2)
    dead = rng.random((side, side)) < share
    stuck = rng.choice([0.0, 1.0], (side, side))
    fixed[dead], moving[dead] = stuck[dead], stuck[dead]
    return _pair("same-dead-pixels", number, (name, other), fixed, moving, None, _family(number))


def same_vignetting(rng: np.random.Generator, number: int, half: int) -> TrustPair:
    name, image, corner, side = _textured(rng, half)
    other, moving = _other_view(rng, half, name, side)
    at = np.indices((side, side)) / (side - 1) - 0.5
    centre = rng.uniform(-0.1, 0.1, 2)[:, None, None]
    shade = 1 - rng.uniform(0.3, 0.9) * np.minimum(2 * ((at - centre) ** 2).sum(0), 1)
    fixed, moving = _view(image, corner, side) * shade, moving * shade
    return _pair(
        "same-vignetting",
        number,
        (name, other),
        _noisy(rng, fixed, 0.01),
        _noisy(rng, moving, 0.01),
        None,
        _family(number),
    )


def real_unrelated(rng: np.random.Generator, number: int, half: int) -> TrustPair:
    """Return image 1 of one real pair and image 2 of another of its kind."""
    names = real_pairs(half)
    if not names:
        return two_scenes(rng, number, half)
    kind = real.KINDS[number % len(real.KINDS)]
    first, *rest = map(str, rng.permutation([n for n in names if n.startswith(kind)]))
    second = next(n for n in rest if {first, n} not in OVERLAPPING)
    cases = real_cases(kind, 0)
    a, b = cases[first.split("/")[1]], cases[second.split("/")[1]]
    pair = _pair("real-unrelated", number, (first, second), a.fixed, b.moving, None, a.family)
    return pair
