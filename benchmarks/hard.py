"""Drawn sets at the ends of the range: sizes, overlaps, and what spoils images. The same form as in `cases`."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache, partial

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage
from skimage import color, data, transform, util

from benchmarks.cases import CENTRE, CaseSet, moved, noisy, overlap, pose, pulled
from benchmarks.large import large_motion, large_pair
from benchmarks.photographs import NAMES, SIDE, grey

Floats = NDArray[np.float64]
Shape = tuple[int, int]
Drawn = tuple[str, Floats, Floats]

# Shapes of fixed and moving.
SIZES: dict[str, tuple[Shape, Shape]] = {
    "sizes-crop": ((512, 512), (384, 300)),
    "sizes-larger": ((300, 384), (512, 512)),
    "sizes-strip": ((512, 512), (220, 460)),
}
SMALL = (64, 128)
LARGE = (1024, 2048, 4096, 8192)
# Overlaps of the curve, in percent. The images are so large that any such pair fits into its scene.
OVERLAPS, CUT = (35, 40, 50, 60, 70, 80, 90, 100), 240
SCENES = ("brick", "grass", "gravel", "camera", "moon", "astronaut", "immunohistochemistry")
IMPULSES, MISSING, VIGNETTE = 0.2, 0.3, 0.5


def centre_of(shape: Shape) -> Floats:
    return (np.array(shape) - 1) / 2


def _turn(rng: np.random.Generator) -> float:
    return float(rng.uniform(-180, 180))


def _photograph(rng: np.random.Generator, shape: Shape = (SIDE, SIDE)) -> tuple[str, Floats]:
    """Return a photograph, or the middle part of one."""
    name = str(rng.choice(NAMES))
    top, left = (SIDE - shape[0]) // 2, (SIDE - shape[1]) // 2
    return name, grey(name)[top : top + shape[0], left : left + shape[1]]


# --- sizes ------------------------------------------------------------------------------------------------
def _sized_motion(fixed: Shape, moving: Shape, rng: np.random.Generator) -> Floats:
    shift = rng.uniform(-0.1, 0.1, 2) * min(*fixed, *moving)
    return pose(_turn(rng), 1.0, shift, centre_of(fixed), centre_of(moving))


def _sized_images(fixed: Shape, moving: Shape, rng: np.random.Generator, matrix: Floats) -> Drawn:
    """Return fixed, part of a photograph, and what moving sees of the whole photograph."""
    name, whole = _photograph(rng)
    corner = (np.array(whole.shape) - fixed) // 2
    part = whole[corner[0] : corner[0] + fixed[0], corner[1] : corner[1] + fixed[1]]
    from_whole = np.eye(3)
    from_whole[:2, 2] = -corner
    return name, noisy(rng, part), noisy(rng, pulled(whole, matrix @ from_whole, moving))


def _small_motion(side: int, rng: np.random.Generator) -> Floats:
    centre = centre_of((side, side))
    return pose(_turn(rng), 1.0, rng.uniform(-0.2, 0.2, 2) * side, centre, centre)


def _small_images(side: int, rng: np.random.Generator, matrix: Floats) -> Drawn:
    name, whole = _photograph(rng)
    image = np.clip(transform.resize(whole, (side, side), order=3, anti_aliasing=True), 0, 1)
    return name, noisy(rng, image), noisy(rng, pulled(image, matrix, (side, side)))


# --- overlap ----------------------------------------------------------------------------------------------
@cache
def scene(name: str) -> Floats:
    """Return a scene of 512 pixels or more along each side, at its own resolution."""
    image = util.img_as_float(getattr(data, name)())
    return color.rgb2gray(image) if image.ndim == 3 else image


def _overlapping_motion(percent: int, rng: np.random.Generator) -> Floats:
    """Return a turn and a shift, in a direction drawn, under which the images overlap by that much.

    Squares turned by 45 degrees share 83 %: for more, the turn is drawn nearer to a quarter turn.
    """
    wanted, shape, middle = percent / 100, (CUT, CUT), centre_of((CUT, CUT))
    angle, direction = _turn(rng), rng.uniform(0, 2 * np.pi)
    along = np.array([np.sin(direction), np.cos(direction)])

    def at(turn: float, distance: float) -> Floats:
        return pose(turn, 1.0, distance * along, middle, middle)

    quarter = 90.0 * round(angle / 90)
    # Half of what may be lost is the turn's to lose.
    turn = _last(lambda part: overlap(at(quarter + part * (angle - quarter), 0), shape, shape) >= (1 + wanted) / 2, 1.0)
    chosen = quarter + (angle - quarter) * (turn if percent > 60 else 1.0)
    return at(chosen, _last(lambda distance: overlap(at(chosen, distance), shape, shape) >= wanted, 1.5 * CUT))


def _last(holds: Callable[[float], bool], highest: float) -> float:
    """Return the last number from 0 to `highest` at which a condition that only ever ends still holds."""
    if holds(highest):
        return highest
    low, high = 0.0, highest
    for _ in range(30):
        middle = (low + high) / 2
        low, high = (middle, high) if holds(middle) else (low, middle)
    return low


def _overlapping_images(rng: np.random.Generator, matrix: Floats) -> Drawn:
    """Cut both images from one scene, the point half way between their centres on the scene's centre."""
    name = str(rng.choice(SCENES))
    whole, middle = scene(name), centre_of((CUT, CUT))
    other = moved(np.linalg.inv(matrix), middle[None])[0]
    corner = np.rint(centre_of(whole.shape) - (middle + other) / 2).astype(int)
    fixed = whole[corner[0] : corner[0] + CUT, corner[1] : corner[1] + CUT]
    to_fixed = np.eye(3)
    to_fixed[:2, 2] = -corner
    seen = moved(np.linalg.inv(matrix @ to_fixed), np.array([[0, 0], [0, CUT - 1], [CUT - 1, 0], [CUT - 1, CUT - 1]]))
    if (seen < 0).any() or (seen > np.array(whole.shape) - 1).any() or fixed.shape != (CUT, CUT):
        raise AssertionError("the pair does not fit into its scene")
    return name, noisy(rng, fixed), noisy(rng, pulled(whole, matrix @ to_fixed, (CUT, CUT)))


# --- what spoils images -----------------------------------------------------------------------------------
def _wide(rng: np.random.Generator) -> Floats:
    return pose(_turn(rng), 1.0, rng.uniform(-0.2, 0.2, 2) * SIDE)


def _mirrored_motion(rng: np.random.Generator) -> Floats:
    mirror = np.diag([1.0, -1.0, 1.0])
    mirror[1, 2] = SIDE - 1
    return _wide(rng) @ mirror


def _plain(rng: np.random.Generator, matrix: Floats) -> Drawn:
    """Return a small object of ragged outline, cut from a photograph, on a constant ground."""
    name, image = _photograph(rng)
    rows, columns = np.indices(image.shape) - (CENTRE + rng.uniform(-60, 60, 2))[:, None, None]
    angle = np.arctan2(rows, columns)
    bumps = sum(rng.normal(0, 0.1) * np.cos(k * angle + rng.uniform(0, 2 * np.pi)) for k in range(1, 5))
    edge = rng.uniform(55, 85) * np.clip(1 + bumps, 0.5, 1.5)
    inside = np.clip(edge - np.hypot(rows, columns) + 0.5, 0, 1)  # antialiased
    ground = float(rng.uniform(0.1, 0.9))
    object_on_it = inside * image + (1 - inside) * ground
    return name, noisy(rng, object_on_it), noisy(rng, pulled(object_on_it, matrix, fill=ground))


def gain(rng: np.random.Generator, shape: Shape) -> Floats:
    """Return a smooth gain from 1 - VIGNETTE to 1 + VIGNETTE: half a wave or less each way over the image."""
    rows, columns = (np.linspace(-1, 1, n) for n in shape)
    field = np.zeros(shape)
    for _ in range(3):
        a, b = rng.uniform(-np.pi / 2, np.pi / 2, 2)
        field += rng.normal() * np.cos(a * rows[:, None] + b * columns + rng.uniform(0, 2 * np.pi))
    return 1 + VIGNETTE * (2 * (field - field.min()) / np.ptp(field) - 1)


def _vignetted(rng: np.random.Generator, matrix: Floats) -> Drawn:
    name, image = _photograph(rng)
    dark = image / (1 + VIGNETTE)  # so that nothing saturates
    first, second = (each * gain(rng, each.shape) for each in (dark, pulled(dark, matrix)))
    return name, noisy(rng, first), noisy(rng, second)


def _impulses(rng: np.random.Generator, matrix: Floats) -> Drawn:
    name, image = _photograph(rng)
    spoilt = []
    for each in (image, pulled(image, matrix)):
        hit, value = rng.random(each.shape) < IMPULSES, rng.integers(0, 2, each.shape)
        spoilt.append(np.where(hit, value, noisy(rng, each)))
    return name, spoilt[0], spoilt[1]


def _missing(rng: np.random.Generator, matrix: Floats) -> Drawn:
    """Return a pair of which one image has lost a block, or blobs all over."""
    name, image = _photograph(rng)
    pictures = [noisy(rng, image), noisy(rng, pulled(image, matrix))]
    lost = np.zeros(image.shape, bool)
    if rng.random() < 0.5:
        tall = rng.uniform(MISSING, 1.0)
        size = np.rint(SIDE * np.array([tall, MISSING / tall])).astype(int)
        top, left = (int(rng.integers(0, SIDE - n + 1)) for n in size)
        lost[top : top + size[0], left : left + size[1]] = True
    else:
        clouds = ndimage.gaussian_filter(rng.normal(size=image.shape), 20, mode="wrap")
        lost = clouds < np.quantile(clouds, MISSING)
    pictures[int(rng.integers(2))][lost] = np.nan
    return name, pictures[0], pictures[1]


def _one_modality(rng: np.random.Generator, matrix: Floats) -> Drawn:
    name, image = _photograph(rng)
    return name, noisy(rng, image), noisy(rng, pulled(image, matrix))


def _sets() -> list[CaseSet]:
    found = []
    for name, (fixed, moving) in SIZES.items():
        about = f"{fixed[0]} x {fixed[1]} and {moving[0]} x {moving[1]}, ±180°, ±10 %"
        motion, images = partial(_sized_motion, fixed, moving), partial(_sized_images, fixed, moving)
        found.append(CaseSet(name, about, "rigid", "global", motion, images))
    for side in SMALL:
        motion, images = partial(_small_motion, side), partial(_small_images, side)
        found.append(CaseSet(f"small-{side}", f"{side} x {side}, ±180°, ±20 %", "rigid", "global", motion, images))
    for side in LARGE:
        motion, images = partial(large_motion, side), partial(large_pair, side)
        found.append(CaseSet(f"large-{side}", f"{side} x {side}, ±180°, ±10 %", "rigid", "global", motion, images))
    for percent in OVERLAPS:
        about, motion = f"overlap {percent} %, ±180°, no fill", partial(_overlapping_motion, percent)
        found.append(CaseSet(f"overlap-{percent}", about, "rigid", "global", motion, _overlapping_images))
    spoilt = (
        ("plain", "a small object on a constant ground", _plain),
        ("vignetting", "a smooth gain of ±50 % in each image", _vignetted),
        ("impulses", "20 % of both images' pixels black or white", _impulses),
        ("missing", "30 % of one image is NaN", _missing),
    )
    found += [CaseSet(name, f"{about}, ±180°, ±20 %", "rigid", "global", _wide, draw) for name, about, draw in spoilt]
    about = "mirrored, ±180°, ±20 %, allow_flip=True"
    found.append(CaseSet("mirrored", about, "rigid", "global", _mirrored_motion, _one_modality, allow_flip=True))
    return found


HARD: dict[str, CaseSet] = {each.name: each for each in _sets()}
