"""Images that leave a direction free: no alignment of them is right in it."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy import interpolate

from benchmarks.kinds.making import direction, shape_of, written
from benchmarks.kinds.pair import Pair, grid

Floats = NDArray[np.float64]
Shape = tuple[int, int]

VARIANTS = ("ramp", "plane", "stripes", "profile", "edge", "disc", "rings", "nothing")


def _profile(rng: np.random.Generator, length: float) -> interpolate.BSpline:
    """Return a smooth random curve from -length to length, within 0 and 1."""
    count = int(rng.integers(10, 80))
    return interpolate.make_interp_spline(np.linspace(-length, length, count), rng.uniform(0.1, 0.9, count), 3)


def _across(rng: np.random.Generator, name: str, shape: Shape) -> tuple[Floats, Floats]:
    """Return images that vary along one direction only, moved by any amount along and across it."""
    angle = rng.choice((0, np.pi / 2)) if rng.random() < 0.5 else rng.uniform(0, np.pi)
    normal = np.array([np.sin(angle), np.cos(angle)])
    places = (grid(shape) - np.array(shape) / 2) @ normal
    by, wide = rng.uniform(3, 30), rng.uniform(0.5, 3)
    if name == "plane":
        slope = rng.uniform(0.2, 0.8) / max(shape)
        fixed, moving = (0.5 + slope * (places - each) for each in (0, by))
    elif name == "stripes":
        period, sharp = rng.uniform(8, 50), rng.uniform(0.5, 8)
        fixed, moving = (0.5 + 0.4 * np.tanh(sharp * np.sin(2 * np.pi * (places - each) / period)) for each in (0, by))
    elif name == "edge":
        at = rng.uniform(-0.2, 0.2) * min(shape)
        fixed, moving = (0.5 + 0.3 * np.tanh((places - at - each) / wide) for each in (0, by))
    else:
        curve = _profile(rng, 2.0 * max(shape))
        fixed, moving = curve(places), curve(places - by)
    return fixed.reshape(shape), moving.reshape(shape)


def _ramp(rng: np.random.Generator, number: int, shape: Shape) -> Pair:
    """Return a ramp in whole numbers along rows, columns or both, seen twice: to the last bit it is a plane of grey."""
    along = ((1, 0), (0, 1), (1, 1))[int(rng.integers(3))]
    step, by = float(rng.integers(1, 40)), float(rng.integers(0, 30))
    offset = float(rng.integers(0, 50)) if rng.random() < 0.5 else 0.0
    places = (grid(shape) @ np.array(along)).reshape(shape)
    dtype = str(rng.choice(("uint16", "float64")))
    fixed, moving = (step * places).astype(dtype), (step * (places + by) + offset).astype(dtype)
    family = str(rng.choice(("rigid", "translation", "similarity", "affine")))
    return Pair("undetermined", number, f"ramp along {along}, {dtype}", fixed, moving, family, (), answerable=False)


def _round(rng: np.random.Generator, name: str, shape: Shape) -> tuple[Floats, Floats]:
    """Return a disc or rings on a plain ground, shifted; how far they turned, nobody can know."""
    centre, shift = np.array(shape) / 2 + rng.uniform(-20, 20, 2), direction(rng, rng.uniform(0, 20))
    radius = rng.uniform(0.12, 0.35) * min(shape)
    curve = _profile(rng, 1.5 * radius)
    made = []
    for each in (centre, centre + shift):
        away = np.hypot(*(grid(shape) - each).T)
        inside = np.clip(radius - away + 0.5, 0, 1)
        made.append(((1 - inside) * 0.1 + inside * (0.8 if name == "disc" else curve(away))).reshape(shape))
    return made[0], made[1]


def undetermined(rng: np.random.Generator, number: int, _names: tuple[str, ...] = ()) -> Pair:
    """Return a pair that no alignment is right for, with noise of its own in each image, or without any."""
    name, shape = VARIANTS[number % len(VARIANTS)], shape_of(rng, 200, 400)
    if name == "ramp":
        return _ramp(rng, number, shape)
    noise = 0.0 if rng.random() < 0.35 else 10 ** rng.uniform(-3, -1.5)
    if name in ("disc", "rings"):
        fixed, moving = _round(rng, name, shape)
        family = str(rng.choice(("rigid", "rigid", "similarity")))
    elif name == "nothing":
        fixed, moving = np.full(shape, 0.5), np.full(shape, 0.4)
        noise, family = max(noise, 1e-3), str(rng.choice(("rigid", "translation")))
    else:
        fixed, moving = _across(rng, name, shape)
        family = str(rng.choice(("rigid", "translation", "similarity")))
    dtype, write = written(rng)
    first, second = (write(np.clip(each + rng.normal(0, noise, shape), 0, 1)) for each in (fixed, moving))
    what = f"{name}, noise {noise:.3f}, {dtype}"
    return Pair("undetermined", number, what, first, second, family, (), answerable=False)
