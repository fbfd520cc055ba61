"""What stays on the sensor - captions, bars, dust, hot pixels, dead columns, a rim - before a scene that moves."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from benchmarks.kinds import scenes
from benchmarks.kinds.making import chance, direction, motion, sentence, shape_of, text, written
from benchmarks.kinds.pair import Motion, Pair, lattice
from benchmarks.photographs import NAMES

Floats = NDArray[np.float64]
Shape = tuple[int, int]

# Noise is measured against details of the scene that are smaller (pixels).
COARSE = 6.0
PATTERNS = ("caption", "data-bar", "dust", "hot-pixels", "dead-columns", "rim", "several")


@dataclass
class Sensor:
    """What a sensor does to light: a gain at each pixel, what it adds, and pixels that show something else."""

    gain: Floats
    added: Floats
    over: NDArray[np.bool_]
    shown: Floats

    @classmethod
    def clean(cls, shape: Shape) -> Sensor:
        return cls(np.ones(shape), np.zeros(shape), np.zeros(shape, bool), np.zeros(shape))

    def exposed(self, rng: np.random.Generator, light: Floats, noise: float) -> Floats:
        image = light * self.gain + self.added + rng.normal(0, noise, light.shape)
        return np.where(self.over, self.shown, image)


def _caption(rng: np.random.Generator, sensor: Sensor) -> None:
    """Lay lines of letters over the scene, with or without a box behind them."""
    shape = sensor.gain.shape
    height = int(rng.integers(12, 26))
    value = float(rng.choice((0.0, 1.0)))
    for _ in range(int(rng.integers(1, 4))):
        place = (rng.uniform(0, shape[0] - 1.3 * height), rng.uniform(0, 0.3) * shape[1])
        letters = text(sentence(rng, 3), height, (shape[0], shape[1]), place)
        if chance(rng, 0.3):
            box = slice(int(place[0]), int(place[0] + 1.3 * height))
            sensor.over[box] = True
            sensor.shown[box] = 1 - value
        drawn = letters > 0.5
        sensor.over |= drawn
        sensor.shown[drawn] = value


def _data_bar(rng: np.random.Generator, sensor: Sensor) -> None:
    shape = sensor.gain.shape
    height = int(rng.uniform(0.06, 0.14) * shape[0])
    value = float(rng.choice((0.0, 1.0)))
    bar = np.full((height, shape[1]), 1 - value)
    letters = text(sentence(rng, 6), max(8, int(0.6 * height)), (height, shape[1]), (0.15 * height, 8))
    bar += letters * (2 * value - 1)
    bar[int(0.7 * height), shape[1] // 2 : shape[1] // 2 + 60] = value
    where = slice(shape[0] - height, shape[0]) if chance(rng, 0.8) else slice(0, height)
    sensor.over[where] = True
    sensor.shown[where] = bar


def _dust(rng: np.random.Generator, sensor: Sensor) -> None:
    shape = sensor.gain.shape
    rows, columns = np.indices(shape)
    radius = rng.uniform(2, 9)
    for _ in range(int(rng.integers(5, 40))):
        centre = rng.uniform(0, shape)
        away = np.hypot(rows - centre[0], columns - centre[1]) / radius
        sensor.gain *= 1 - rng.uniform(0.1, 0.6) * np.exp(-(away**4))


def _hot_pixels(rng: np.random.Generator, sensor: Sensor) -> None:
    count = int(sensor.gain.size * 10 ** rng.uniform(-4, -2.3))
    at = tuple(rng.integers(0, n, count) for n in sensor.gain.shape)
    sensor.added[at] = rng.uniform(0.1, 0.9, count)


def _dead_columns(rng: np.random.Generator, sensor: Sensor) -> None:
    for _ in range(int(rng.integers(1, 8))):
        column = int(rng.integers(sensor.gain.shape[1]))
        first = int(rng.integers(sensor.gain.shape[0])) if chance(rng, 0.4) else 0
        sensor.over[first:, column] = True
        sensor.shown[first:, column] = float(rng.choice((0.0, 1.0, 0.5)))


def _rim(rng: np.random.Generator, sensor: Sensor) -> None:
    """Darken what lies far out: softly, or at a sharp edge that cuts the corners off."""
    shape = sensor.gain.shape
    rows, columns = (np.linspace(-1, 1, n) for n in shape)
    far = np.hypot(rows[:, None], columns)
    sharp = rng.uniform(0.02, 0.5)
    sensor.gain *= 1 - rng.uniform(0.3, 1.0) / (1 + np.exp(-(far - rng.uniform(1.0, 1.25)) / (0.3 * sharp)))


MAKERS = {
    "caption": _caption,
    "data-bar": _data_bar,
    "dust": _dust,
    "hot-pixels": _hot_pixels,
    "dead-columns": _dead_columns,
    "rim": _rim,
}


def _scene(rng: np.random.Generator, shape: Shape, pattern: str, names: tuple[str, ...]) -> scenes.Scene:
    if pattern == "hot-pixels" and chance(rng, 0.6):
        return scenes.stars(rng, shape)
    photograph = partial(scenes.photograph, names=names)
    return (photograph, photograph, scenes.texture, scenes.cells)[int(rng.integers(4))](rng, shape)


def fixed_pattern(rng: np.random.Generator, number: int, names: tuple[str, ...] = NAMES) -> Pair:
    """Return a pair whose scene moved under a fixed pattern; in a quarter it did not move, half of these unspoilt."""
    pattern = PATTERNS[number % len(PATTERNS)]
    moves = number % 4 != 3
    if not moves and number % 8 == 7:
        pattern = "none"
    shape = shape_of(rng)
    scene = _scene(rng, shape, pattern, names)
    family = str(rng.choice(("rigid", "rigid", "translation", "similarity")))
    turn = rng.uniform(-3, 3) if family != "translation" and chance(rng, 0.6) else 0.0
    truth = motion(shape, direction(rng, rng.uniform(3, 40)), turn) if moves else np.eye(3)
    first, second = scene.seen(np.eye(3), shape), scene.seen(truth, shape)
    if scene.name == "stars":
        level, contrast, noise = 0.05, 0.3, 0.03 * 10 ** rng.uniform(-1.5, -0.5)
    else:
        level, contrast = rng.uniform(0.35, 0.65), 10 ** rng.uniform(-1.2, 0)
        details = contrast * (first - ndimage.gaussian_filter(first, COARSE)).std()
        noise = max(0.003, details / 10 ** rng.uniform(-0.1, 1.3))
        first, second = first - first.mean(), second - first.mean()
    sensor = Sensor.clean(shape)
    chosen = rng.choice(list(MAKERS), 3, replace=False) if pattern == "several" else [pattern]
    for name in chosen:
        if name in MAKERS:
            MAKERS[str(name)](rng, sensor)
    dtype, write = written(rng)
    fixed, moving = (
        write(np.clip(sensor.exposed(rng, level + contrast * each, noise), 0, 1)) for each in (first, second)
    )
    what = f"{pattern}, {scene.name} {'moved' if moves else 'still'}, contrast {contrast:.2f}, {dtype}"
    return Pair("fixed-pattern", number, what, fixed, moving, family, (Motion.of(truth, lattice(shape)),))
