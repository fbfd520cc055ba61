"""Where the calibration's pixels come from: photographs dealt into two halves, none of them on both sides."""

from __future__ import annotations

import re
import zlib
from functools import cache

import numpy as np
from imageio import v3 as iio
from numpy.typing import NDArray

from benchmarks import real
from benchmarks.photographs import NAMES, photograph

Floats = NDArray[np.float64]

# What comes with scikit-image, dealt by hand so that each half has photographs, textures and drawings.
FIRST = frozenset(("chelsea", "rocket", "moon", "page", "coins", "brick", "gravel", "horse"))
SECOND = frozenset(
    ("astronaut", "coffee", "camera", "hubble_deep_field", "retina", "immunohistochemistry", "grass", "logo")
)
# Photographs of one texture or tissue all over.
TEXTURES = (("brick", "gravel"), ("grass", "immunohistochemistry"))
# Real pairs that show the same street, room or ground: they lie in one half, and are not unrelated. Runs before took
# right alignments of their images, looked at one by one, for false accepts. (Of one modality the first pair aligns,
# too, over 30 % of its area, to the same pose.)
OVERLAPPING = (
    {"infrared/6", "infrared/20"},
    {"infrared/7", "infrared/16"},
    {"night/1", "night/11"},
    {"night/4", "night/21"},
    {"depth/1", "depth/2"},
    {"depth/2", "depth/3"},
    {"depth/12", "depth/13"},
)


def half_of(name: str) -> int:
    """Return the half that a source belongs to."""
    if name in FIRST or name in SECOND:
        return int(name in SECOND)
    return zlib.crc32(_leader(name).encode()) % 2


@cache
def _leader(name: str) -> str:
    """Return one name for all sources that overlap each other, if through others."""
    group = {name}
    for _ in OVERLAPPING:
        group = group.union(*(each for each in OVERLAPPING if each & group))
    return min(group)


@cache
def packaged(half: int) -> tuple[str, ...]:
    """Return the names of a half's photographs that come with scikit-image."""
    return tuple(name for name in NAMES if half_of(name) == half)


def sources_in(what: str) -> tuple[str, ...]:
    """Return the pictures that the words about a pair of `benchmarks.kinds` name; what is drawn is nobody's."""
    words = re.findall(r"\w+", what)
    return tuple(name for name in sorted(FIRST | SECOND) if name in words) or ("drawn",)


@cache
def real_pairs(half: int) -> tuple[str, ...]:
    """Return a half's real pairs, as kind/number; none where the shared data is absent."""
    root = real.folder()
    found = [] if root is None else [path for kind in real.KINDS for path in (root / kind).glob("*.txt")]
    names = [f"{path.parent.name}/{path.stem}" for path in sorted(found, key=lambda p: (p.parent.name, int(p.stem)))]
    return tuple(name for name in names if half_of(name) == half)


@cache
def pixels(name: str) -> Floats:
    """Return a source, (rows, columns, 3) or (rows, columns), at most 640 px along a side."""
    if name in NAMES:
        return photograph(name)
    kind, stem = name.split("/")
    root = real.folder()
    assert root is not None
    image = iio.imread(root / kind / f"{stem}_2.jpg").astype(float) / 255
    return image[..., :3] if image.ndim == 3 else image


def grey(name: str) -> Floats:
    """Return a source as one channel."""
    image = pixels(name)
    return image @ [0.299, 0.587, 0.114] if image.ndim == 3 else image


def pick(rng: np.random.Generator, half: int) -> str:
    """Return a photograph's name: packaged ones come as often as all the others together."""
    others = [name for name in real_pairs(half) if not name.startswith("depth")]
    pool = packaged(half) if not others or rng.random() < 0.5 else others
    return str(rng.choice(pool))


@cache
def real_cases(kind: str, seed: int) -> dict[str, real.Case]:
    """Return the real pairs of a kind, cropped as `seed` says, by their numbers."""
    return {case.name.split("/")[2]: case for case in real.cases(kind, seed)}
