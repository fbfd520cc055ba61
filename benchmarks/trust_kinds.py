"""All kinds of pairs that trust is calibrated with, by name."""

from __future__ import annotations

import zlib
from collections.abc import Callable

import numpy as np

from benchmarks import trust_objects as few
from benchmarks import trust_pairs as of
from benchmarks.trust_pairs import TrustPair

Maker = Callable[[np.random.Generator, int, int], TrustPair]
TRUE: dict[str, Maker] = {
    "easy": of.easy,
    "small": of.small,
    "several": of.several,
    "low-overlap": of.low_overlap,
    "heavy-noise": of.heavy_noise,
    "texture": of.texture,
    "near-symmetric": of.near_symmetric,
    "real": of.true_real,
    "objects": few.true_objects,
    "counts": few.true_counts,
}
UNRELATED: dict[str, Maker] = {
    "two-scenes": of.two_scenes,
    "two-small": of.two_small,
    "scene-and-noise": of.scene_and_noise,
    "two-textures": of.two_textures,
    "two-parts": of.two_parts,
    "same-dead-pixels": of.same_dead_pixels,
    "same-vignetting": of.same_vignetting,
    "real-unrelated": of.real_unrelated,
    "two-objects": few.two_objects,
    "alike-objects": few.alike_objects,
    "two-counts": few.two_counts,
}


def draw(kind: str, seed: int, number: int, half: int) -> TrustPair:
    """Return a pair of a kind and half."""
    maker = (TRUE | UNRELATED)[kind]
    return maker(np.random.default_rng([seed, zlib.crc32(kind.encode()), number, half]), number, half)
