"""Pairs in which two things moved: the moon before the sun, something before a wall, a fold, two halves, a walker."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from benchmarks.cases import moved
from benchmarks.kinds import scenes
from benchmarks.kinds.making import chance, direction, motion, ragged, shape_of, written
from benchmarks.kinds.pair import Motion, Pair, grid, lattice
from benchmarks.photographs import NAMES

Floats = NDArray[np.float64]
Shape = tuple[int, int]
Names = tuple[str, ...]
Made = tuple[str, Floats, Floats, tuple[Motion, ...], tuple[Motion, ...], bool]

# An object up to this part of the picture, and of its structure, leaves no doubt what the scene is.
CLEAR = 0.2


def _noise(rng: np.random.Generator) -> float:
    return float(rng.uniform(0.002, 0.02))


def _still_or_moved(rng: np.random.Generator, shape: Shape, family: str) -> Floats:
    """Return the scene's own motion: none in most pairs, else a camera's that was not quite still."""
    if chance(rng, 0.65):
        return np.eye(3)
    turn = 0.0 if family == "translation" else rng.uniform(-4, 4)
    return motion(shape, direction(rng, rng.uniform(2, 20)), turn)


def _eclipse(rng: np.random.Generator, _: str, _names: Names) -> Made:
    """Move a sun, and a moon against it. The sun is meant; both are round, so that their centres alone count."""
    shape = (int(rng.integers(280, 400)), int(rng.integers(360, 480)))
    radius = rng.uniform(0.18, 0.27) * shape[0]
    sun = (np.array(shape) - 1) / 2 + rng.uniform(-15, 15, 2)
    away = direction(rng, rng.uniform(0.5, 1.2) * radius)
    shift, slip = direction(rng, rng.uniform(3, 25)), direction(rng, rng.uniform(6, 45))
    moon = radius * rng.uniform(0.93, 1.03)
    limb, level = rng.uniform(0.2, 0.6), rng.uniform(0.5, 0.85)
    rows, columns = np.indices(shape)
    made = []
    for s, m in ((sun, sun + away), (sun + shift, sun + shift + away + slip)):
        d, e = np.hypot(rows - s[0], columns - s[1]), np.hypot(rows - m[0], columns - m[1])
        disc = np.clip(radius + 0.5 - d, 0, 1) * np.clip(e - moon + 0.5, 0, 1)
        made.append(disc * level * (1 - limb + limb * np.sqrt(np.clip(1 - (d / radius) ** 2, 0, 1))) + 0.02)
    blur = rng.uniform(0.6, 1.5)
    fixed, moving = (ndimage.gaussian_filter(each, blur) for each in made)
    motions = (Motion(sun[None], (sun + shift)[None]), Motion((sun + away)[None], (sun + away + shift + slip)[None]))
    return f"eclipse, moon by {np.hypot(*slip):.0f} px", fixed, moving, motions[:1], motions[1:], False


def _before(rng: np.random.Generator, family: str, names: Names, share: float, name: str) -> Made:
    """Move something of that share of the picture before a scene that is still or moves a little."""
    shape = shape_of(rng)
    wall, thing = scenes.photograph(rng, shape, names), scenes.photograph(rng, shape, names)
    radius = np.sqrt(share * np.prod(shape) / np.pi)
    room = np.minimum(radius / np.array(shape), 0.5)
    centre = np.array(shape) * rng.uniform(room, 1 - room)
    outline = ragged(rng, centre, radius)
    scene_motion = _still_or_moved(rng, shape, family)
    own = scene_motion @ motion(shape, direction(rng, rng.uniform(8, 45)), rng.uniform(-8, 8))
    made = []
    for wall_at, thing_at in ((np.eye(3), np.eye(3)), (scene_motion, own)):
        alpha = outline(moved(np.linalg.inv(thing_at), grid(shape))).reshape(shape)
        made.append(alpha * thing.seen(thing_at, shape) + (1 - alpha) * wall.seen(wall_at, shape))
    points = lattice(shape, 0.8, 25)
    on = outline(points) > 0.5
    covered = float(outline(grid(shape)).mean())
    share = _structure_share(made[0], outline(grid(shape)).reshape(shape))
    motions = Motion.of(scene_motion, points[~on]), Motion.of(own, points[on] if on.any() else centre[None])
    still = "still" if (scene_motion == np.eye(3)).all() else "moved"
    what = f"{name} {thing.name} of {100 * covered:.0f} %, {wall.name} {still}"
    if max(covered, share) <= CLEAR:
        return what, made[0], made[1], motions[:1], motions[1:], True
    return what, made[0], made[1], motions, (), False


def _structure_share(image: Floats, alpha: Floats) -> float:
    """Return the part of the picture's slopes that lies on an object."""
    slopes = ndimage.gaussian_gradient_magnitude(image, 1.5)
    return float((slopes * alpha).sum() / slopes.sum())


def _object(rng: np.random.Generator, family: str, names: Names) -> Made:
    return _before(rng, family, names, rng.uniform(0.08, 0.3), "object")


def _walker(rng: np.random.Generator, family: str, names: Names) -> Made:
    return _before(rng, family, names, rng.uniform(0.015, 0.08), "walker")


def _fold(rng: np.random.Generator, family: str, names: Names) -> Made:
    """Move a band of a section by itself."""
    shape = shape_of(rng)
    scene = scenes.photograph_or_texture(rng, shape, names)
    angle, width = rng.uniform(0, np.pi), rng.uniform(0.06, 0.2) * min(shape)
    normal = np.array([np.sin(angle), np.cos(angle)])
    centre = np.array(shape) * rng.uniform(0.3, 0.7, 2)
    scene_motion = _still_or_moved(rng, shape, family)
    own = scene_motion @ motion(shape, direction(rng, rng.uniform(6, 30)))

    def band(points: Floats) -> Floats:
        return np.clip(width / 2 - np.abs((points - centre) @ normal) + 0.5, 0, 1)

    alpha = band(moved(np.linalg.inv(own), grid(shape))).reshape(shape)
    moving = alpha * scene.seen(own, shape) + (1 - alpha) * scene.seen(scene_motion, shape)
    points = lattice(shape, 0.8, 25)
    on = band(points) > 0.5
    fixed = scene.seen(np.eye(3), shape)
    clear = _structure_share(fixed, band(grid(shape)).reshape(shape)) <= CLEAR
    motions = Motion.of(scene_motion, points[~on]), Motion.of(own, points[on])
    what = f"fold of {width:.0f} px in {scene.name} {'still' if (scene_motion == np.eye(3)).all() else 'moved'}"
    return what, fixed, moving, motions if not clear else motions[:1], () if not clear else motions[1:], clear


def _halves(rng: np.random.Generator, family: str, names: Names) -> Made:
    """Tear a picture in two unequal parts and lay them down apart."""
    shape = shape_of(rng)
    scene = scenes.photograph_or_texture(rng, shape, names)
    angle = rng.uniform(0, 2 * np.pi)
    normal = np.array([np.sin(angle), np.cos(angle)])
    centre = (np.array(shape) - 1) / 2 + normal * rng.uniform(0.05, 0.2) * min(shape)
    turns = rng.uniform(-4, 4, 2) * (family != "translation")
    first = motion(shape, direction(rng, rng.uniform(0, 10)), turns[0])
    second = first @ motion(shape, normal * rng.uniform(10, 25) + direction(rng, 6), turns[1])
    places = grid(shape)
    moving = np.full(shape, float(rng.choice((0.0, 1.0))))
    for matrix, sign in ((first, -1), (second, 1)):
        mine = np.clip(sign * (moved(np.linalg.inv(matrix), places) - centre) @ normal + 0.5, 0, 1).reshape(shape)
        moving = mine * scene.seen(matrix, shape) + (1 - mine) * moving
    points = lattice(shape, 0.8, 25)
    mine = (points - centre) @ normal < 0
    motions = Motion.of(first, points[mine]), Motion.of(second, points[~mine])
    return f"halves of {scene.name} apart", scene.seen(np.eye(3), shape), moving, motions, (), False


VARIANTS = (_eclipse, _object, _fold, _halves, _walker, _object, _walker)


def two_motions(rng: np.random.Generator, number: int, names: Names = NAMES) -> Pair:
    """Return a pair of two motions: the scene's is right where it is clear which that is, else either."""
    family = str(rng.choice(("rigid", "rigid", "translation")))
    what, fixed, moving, right, others, clear = VARIANTS[number % len(VARIANTS)](rng, family, names)
    noise, (dtype, write) = _noise(rng), written(rng)
    first, second = (write(np.clip(each + rng.normal(0, noise, each.shape), 0, 1)) for each in (fixed, moving))
    return Pair("two-motions", number, f"{what}, {dtype}", first, second, family, right, clear, others)
