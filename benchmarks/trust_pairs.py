"""Pairs for calibrating trust: views of one scene, and pairs that no alignment is right for.

Each pair is drawn from (seed, kind, number) alone, and all its pixels come from sources of one half: photographs are
dealt into two halves by their names, so that what is fitted on one is reported on the other.
"""

from __future__ import annotations

import zlib
from dataclasses import dataclass
from functools import cache

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from benchmarks import real
from benchmarks.cases import curve, moved
from benchmarks.photographs import COLOUR, NAMES, photograph

Floats = NDArray[np.float64]

SIDES = (128, 224)
SMALL_SIDES = (40, 100)
TEXTURES = ("brick", "grass", "gravel")
# Real pairs that show the same street, room or ground: runs before took right alignments of their images, looked at
# one by one, for false accepts. (Of one modality the first pair aligns, too, over 30 % of its area, to the same pose.)
OVERLAPPING = (
    {"infrared/6", "infrared/20"},
    {"infrared/7", "infrared/16"},
    {"night/1", "night/11"},
    {"night/4", "night/21"},
    {"depth/1", "depth/2"},
    {"depth/2", "depth/3"},
    {"depth/12", "depth/13"},
)
# Of photographs that have a texture all over a half has too few: these are cut in two, one part for each half.
SHARED = TEXTURES


@dataclass(frozen=True, eq=False)
class TrustPair:
    """A pair; `truth` (3, 3) maps fixed to moving, None where no alignment is right. Errors to `limit` px are right."""

    kind: str
    number: int
    sources: tuple[str, ...]
    fixed: Floats
    moving: Floats
    truth: Floats | None
    family: str
    limit: float
    exact: bool = True

    @property
    def name(self) -> str:
        return f"{self.kind}/{self.number}/{'+'.join(self.sources)}"

    def error(self, matrix: Floats) -> float:
        """Return the root mean square error at fixed's corners, in pixels of fixed."""
        if self.truth is None:
            return np.inf
        rows, columns = np.array(self.fixed.shape) - 1.0
        corners = np.array([[0, 0], [0, columns], [rows, 0], [rows, columns]])
        gap = moved(matrix, corners) - moved(self.truth, corners)
        return float(np.sqrt((gap**2).sum(1).mean() / abs(np.linalg.det(self.truth[:2, :2]))))


def half_of(name: str) -> int:
    """Return the half that a source belongs to."""
    return zlib.crc32(name.encode()) % 2


@cache
def _real_photographs() -> dict[str, tuple[str, str]]:
    root = real.folder()
    if root is None:
        return {}
    return {
        f"{kind}/{path.stem}": (kind, path.stem)
        for kind in real.KINDS
        for path in sorted((root / kind).glob("*.txt"), key=lambda p: int(p.stem))
    }


@cache
def sources(half: int, colour: bool) -> tuple[str, ...]:
    """Return the names of a half's photographs."""
    packaged = [n for n in (COLOUR if colour else NAMES) if n in SHARED or half_of(n) == half]
    return (*packaged, *(n for n in _real_photographs() if half_of(n) == half and n.split("/")[0] != "depth"))


@cache
def _pixels(name: str, half: int) -> Floats:
    """Return a source, (rows, columns, 3) or (rows, columns), at most 640 px along a side."""
    if name in NAMES:
        image = photograph(name)
        if name in SHARED:
            image = image[:256] if half == 0 else image[256:]
        return image
    from imageio import v3 as iio

    kind, stem = _real_photographs()[name]
    root = real.folder()
    assert root is not None
    image = iio.imread(root / kind / f"{stem}_2.jpg").astype(float) / 255
    return image[..., :3] if image.ndim == 3 else image


def _grey(name: str, half: int) -> Floats:
    image = _pixels(name, half)
    return image @ [0.299, 0.587, 0.114] if image.ndim == 3 else image


def _pick(rng: np.random.Generator, half: int, colour: bool = False) -> str:
    # Packaged photographs as often as all the others together.
    names = sources(half, colour)
    packaged = [n for n in names if n in NAMES]
    others = [n for n in names if n not in NAMES]
    pool = packaged if not others or rng.random() < 0.5 else others
    return str(rng.choice(pool))


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
    if family == "affine":
        linear = linear @ (np.eye(2) + rng.uniform(-0.1, 0.1, (2, 2)))
    direction = rng.uniform(-np.pi, np.pi)
    shift = far * side * np.array([np.cos(direction), np.sin(direction)])
    out = np.eye(3)
    out[:2, :2] = linear
    out[:2, 2] = c + shift - linear @ np.full(2, c)
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
        name = _pick(rng, half)
        image = _grey(name, half)
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
    family = ("rigid", "rigid", "translation", "similarity", "affine")[number % 5]
    return _seen_twice(rng, number, half, "easy", family, rng.uniform(0, 0.3), 10 ** rng.uniform(-2.5, -1.5))


def small(rng: np.random.Generator, number: int, half: int) -> TrustPair:
    family = ("rigid", "translation", "similarity")[number % 3]
    return _seen_twice(rng, number, half, "small", family, rng.uniform(0, 0.3), 0.02, SMALL_SIDES)


def low_overlap(rng: np.random.Generator, number: int, half: int) -> TrustPair:
    family = ("rigid", "translation")[number % 2]
    return _seen_twice(rng, number, half, "low-overlap", family, rng.uniform(0.4, 0.65), 0.02)


def heavy_noise(rng: np.random.Generator, number: int, half: int) -> TrustPair:
    family = ("rigid", "translation")[number % 2]
    return _seen_twice(rng, number, half, "heavy-noise", family, rng.uniform(0, 0.2), rng.uniform(0.1, 0.5))


def several(rng: np.random.Generator, number: int, half: int) -> TrustPair:
    for _ in range(50):
        name = _pick(rng, half, colour=True)
        image = _pixels(name, half)
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
    name = TEXTURES[number % 3]
    image = _grey(name, half)
    side = int(rng.integers(128, 200))
    corner = _corner(rng, image, side)
    truth = _motion(rng, ("rigid", "translation")[number % 2], side, rng.uniform(0, 0.3))
    fixed, moving = _view(image, corner, side), _view(image, corner, side, np.linalg.inv(truth))
    family = ("rigid", "translation")[number % 2]
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
    names = [n for n in _real_photographs() if half_of(n) == half]
    if not names:
        return easy(rng, number, half)
    name = names[number % len(names)]
    kind, stem = name.split("/")
    case = _real_cases(kind, number // len(names))[stem]
    return TrustPair("real", number, (name,), case.fixed, case.moving, case.truth, case.family, case.limit, False)


@cache
def _real_cases(kind: str, seed: int) -> dict[str, real.Case]:
    return {case.name.split("/")[2]: case for case in real.cases(kind, seed)}


# --- no alignment is right -----------------------------------------------------------------------------------
def _other_view(rng: np.random.Generator, half: int, name: str, side: int) -> tuple[str, Floats]:
    for _ in range(50):
        other = _pick(rng, half)
        image = _grey(other, half)
        if other == name or min(image.shape) < side:
            continue
        view = _view(image, _corner(rng, image, side), side)
        if view.std() > 0.03:
            break
    return other, view


def _family(number: int) -> str:
    return ("rigid", "translation", "similarity", "rigid", "affine")[number % 5]


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
    name, image, corner, side = _textured(rng, half)
    noise = ndimage.gaussian_filter(rng.normal(0, 1, (side, side)), rng.choice([0.0, 1.0, 3.0, 8.0]))
    noise = np.clip(0.5 + 0.15 * noise / noise.std(), 0, 1)
    fixed = _noisy(rng, _view(image, corner, side), 0.01)
    return _pair("scene-and-noise", number, (name, "noise"), fixed, noise, None, _family(number))


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
    name = TEXTURES[number % 3]
    image = _grey(name, half)
    side = int(rng.integers(128, 200))
    top = rng.uniform(0, 256 - side)
    fixed = _view(image, np.array([top, 0.0]), side)
    moving = _view(image, np.array([rng.uniform(0, 256 - side), 512.0 - side]), side)
    quarter = int(rng.integers(4))
    if number % 6 < 3:
        moving = np.ascontiguousarray(np.rot90(moving, quarter))
    family = ("rigid", "translation")[number % 2]
    return _pair("two-parts", number, (name,), _noisy(rng, fixed, 0.02), _noisy(rng, moving, 0.02), None, family)


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
    names = [n for n in _real_photographs() if half_of(n) == half]
    if not names:
        return two_scenes(rng, number, half)
    kind = real.KINDS[number % len(real.KINDS)]
    first, *rest = map(str, rng.permutation([n for n in names if n.startswith(kind)]))
    second = next(n for n in rest if {first, n} not in OVERLAPPING)
    cases = _real_cases(kind, 0)
    a, b = cases[first.split("/")[1]], cases[second.split("/")[1]]
    pair = _pair("real-unrelated", number, (first, second), a.fixed, b.moving, None, a.family)
    return pair
