"""Scenes to look at: photographs, and textures, vessels, cells and stars that are drawn.

A scene is finer or larger than its views, and each view is sampled from it: no view is made of another.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache, cached_property

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage
from skimage import data, util

from benchmarks.cases import moved
from benchmarks.kinds.pair import grid
from benchmarks.photographs import NAMES, grey

Floats = NDArray[np.float64]
Shape = tuple[int, int]

# What of the retina's photograph lies well inside its round field.
EYE = slice(250, 1150)
# A view whose grey values vary less than that, of a range of 1, shows nothing.
EMPTY = 0.03


@dataclass(frozen=True, eq=False)
class Scene:
    """Pixels, `zoom` of them to one of a view; fixed's pixel (0, 0) lies at `corner`. It goes on mirrored."""

    name: str
    pixels: Floats
    zoom: float
    corner: Floats

    @cached_property
    def _spline(self) -> Floats:
        blurred = self.pixels
        if self.zoom > 1.02:  # a view's pixel gathers light from several of the scene's
            blurred = ndimage.gaussian_filter(blurred, 0.5 * np.sqrt(self.zoom**2 - 1), mode="mirror")
        return np.asarray(ndimage.spline_filter(blurred, 3, mode="mirror"))

    def at(self, points: Floats) -> Floats:
        """Return the scene at places of the fixed view."""
        places = (points * self.zoom + self.corner).T
        return np.asarray(ndimage.map_coordinates(self._spline, places, order=3, prefilter=False, mode="mirror"))

    def seen(self, matrix: Floats, shape: Shape) -> Floats:
        """Return what a camera sees to whose pixels `matrix` takes the fixed view's."""
        return self.at(moved(np.linalg.inv(matrix), grid(shape))).reshape(shape)


def placed(rng: np.random.Generator, name: str, pixels: Floats, shape: Shape, finest: float = 1.5) -> Scene:
    """Return a scene with the fixed view somewhere in its middle, as fine as its size allows."""
    zoom = min(finest, 0.85 * float(min(n / m for n, m in zip(pixels.shape, shape, strict=True))))
    zoom = max(1.0, float(rng.uniform(min(1.0, zoom), zoom)))
    room = np.array(pixels.shape) - zoom * np.array(shape)
    return Scene(name, pixels, zoom, room * rng.uniform(0.35, 0.65, 2))


@cache
def _picture(name: str) -> Floats:
    if name == "retina":
        return np.asarray(util.img_as_float(data.retina())[EYE, EYE, 1])
    if name == "hubble_deep_field":
        return np.asarray(util.img_as_float(data.hubble_deep_field()).mean(2))
    return grey(name)


def photograph(rng: np.random.Generator, shape: Shape, names: tuple[str, ...] = NAMES) -> Scene:
    """Return a photograph that is not empty where fixed looks."""
    while True:
        name = str(rng.choice(names))
        scene = placed(rng, name, _picture(name), shape)
        if scene.seen(np.eye(3), shape).std() > EMPTY:
            return scene


def photograph_or_texture(rng: np.random.Generator, shape: Shape, names: tuple[str, ...] = NAMES) -> Scene:
    """Return one or the other, as often."""
    return photograph(rng, shape, names) if int(rng.integers(2)) == 0 else texture(rng, shape)


def texture(rng: np.random.Generator, shape: Shape) -> Scene:
    """Return clouds or grains: noise of several blurs."""
    size = tuple(round(1.5 * n) for n in shape)
    finest, octaves = rng.uniform(1.2, 3), int(rng.integers(1, 5))
    pixels = np.zeros(size)
    for octave in range(octaves):
        layer = ndimage.gaussian_filter(rng.normal(size=size), finest * 2**octave, mode="mirror")
        pixels += layer / layer.std() * rng.uniform(0.4, 1) ** (octave == 0)
    low, high = np.percentile(pixels, (0.5, 99.5))
    return placed(rng, "texture", np.clip((pixels - low) / (high - low), 0, 1), shape, 1.0)


def _path(rng: np.random.Generator, place: Floats, heading: float, scale: float, size: Floats) -> tuple[Floats, Floats]:
    """Return a vessel's way from a place on, a pixel a step, up to its end or the picture's, and where it heads."""
    steps = int(scale * rng.uniform(0.25, 0.55))
    turns = rng.normal(0, 1.5) / scale + rng.normal(0, 0.8 / np.sqrt(scale), steps)
    headings = heading + np.cumsum(turns)
    way = place + np.cumsum(np.stack([np.sin(headings), np.cos(headings)], 1), 0)
    outside = ((way < 1) | (way > size - 3)).any(1)
    end = int(outside.argmax()) if outside.any() else steps
    return way[:end], headings[:end]


def _tree(rng: np.random.Generator, size: Floats, disc: Floats, widths: Floats) -> Floats:
    """Return how dark branching vessels are that start at a disc; each part is one of the widths."""
    scale = float(size.mean())
    drawn = np.zeros((len(widths), *size.astype(int)))
    branches = [(disc, rng.uniform(0, 2 * np.pi), len(widths) - 1) for _ in range(int(rng.integers(6, 10)))]
    while branches:
        place, heading, width = branches.pop()
        way, headings = _path(rng, place, heading, scale, size)
        whole = way.astype(int)
        (r, c), (rows, columns) = (way - whole).T, whole.T
        for down, right in ((0, 0), (0, 1), (1, 0), (1, 1)):
            weights = np.abs(1 - down - r) * np.abs(1 - right - c)
            np.add.at(drawn[width], (rows + down, columns + right), weights)
        for at in np.flatnonzero(rng.random(len(way)) < 6 / scale) if width else ():
            turn = rng.choice((-1, 1)) * rng.uniform(0.4, 1.1)
            branches.append((way[at], headings[at] + turn, width - 1))
    depth = sum(ndimage.gaussian_filter(layer, width) * width * 2 for layer, width in zip(drawn, widths, strict=True))
    return 1 - np.exp(-1.5 * np.asarray(depth))


def vessels(rng: np.random.Generator, shape: Shape) -> Scene:
    """Return an eye's ground: trees of dark vessels that part at a bright disc, on uneven light."""
    finer = 1.25
    size = np.array([round(1.5 * finer * n) for n in shape])
    scale = float(size.mean())
    disc = size * rng.uniform(0.35, 0.65, 2)
    dark = _tree(rng, size, disc, scale * np.array([0.0016, 0.0025, 0.004, 0.006]))
    coarse = ndimage.gaussian_filter(rng.normal(size=(64, 64)), 5, mode="mirror")
    light = ndimage.zoom(coarse / coarse.std(), size / 64, order=3)
    rows, columns = np.indices(tuple(size))
    away = np.hypot(rows - disc[0], columns - disc[1])
    ground = 0.55 + 0.06 * light + 0.25 * np.exp(-((away / (0.045 * scale)) ** 4))
    return Scene("vessels", np.clip(ground - 0.3 * dark, 0, 1), finer, (size - finer * np.array(shape)) / 2)


def spots(
    rng: np.random.Generator, shape: Shape, count: float, radius: tuple[float, float], ring: float = 0.0
) -> Floats:
    """Return spots of light, drawn at twice the view's fineness and 1.4 times its size; `ring`: hollow ones."""
    size = tuple(round(2.8 * n) for n in shape)
    pixels = np.zeros(size)
    for _ in range(rng.poisson(count * 1.96)):
        centre, bright = rng.uniform(0, size), rng.uniform(0.2, 1)
        a, b = 2 * rng.uniform(*radius, 2)
        angle = rng.uniform(0, np.pi)
        reach = int(3 * max(a, b)) + 2
        low = np.maximum(np.floor(centre).astype(int) - reach, 0)
        high = np.minimum(np.floor(centre).astype(int) + reach + 1, size)
        if (low >= high).any():
            continue
        rows, columns = np.mgrid[low[0] : high[0], low[1] : high[1]] - centre[:, None, None]
        u, v = rows * np.cos(angle) + columns * np.sin(angle), columns * np.cos(angle) - rows * np.sin(angle)
        away = np.hypot(u / a, v / b)
        shape_of = np.exp(-(((away - 1) / 0.35) ** 2)) if ring else np.exp(-0.5 * away**2)
        pixels[low[0] : high[0], low[1] : high[1]] += bright * shape_of
    return pixels


def cells(rng: np.random.Generator, shape: Shape) -> Scene:
    """Return bright cells, round or hollow, on a dark ground."""
    count = rng.uniform(30, 90) * np.prod(shape) / 300**2
    pixels = spots(rng, shape, count, (3, 7), float(rng.random() < 0.5))
    return Scene("cells", pixels, 2.0, 0.4 * np.array(shape))


def stars(rng: np.random.Generator, shape: Shape) -> Scene:
    """Return stars, few bright ones and many weak ones, all as wide as the seeing."""
    size = tuple(round(2.8 * n) for n in shape)
    pixels = np.zeros(size)
    count = rng.poisson(rng.uniform(40, 150) * np.prod(shape) / 400**2 * 1.96)
    for row, column in rng.uniform(1, np.array(size) - 2, (count, 2)):
        i, j = int(row), int(column)
        r, c = row - i, column - j
        pixels[i : i + 2, j : j + 2] += np.outer((1 - r, r), (1 - c, c)) * min(0.03 + 0.06 * rng.pareto(1.2), 3)
    width = 2 * rng.uniform(0.9, 1.8)
    return Scene("stars", ndimage.gaussian_filter(pixels, width) * 2 * np.pi * width**2, 2.0, 0.4 * np.array(shape))
