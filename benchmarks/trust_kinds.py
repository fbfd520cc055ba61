"""All kinds of pairs that trust is calibrated with, by name."""

from __future__ import annotations

import zlib

import numpy as np

from benchmarks import trust_light as lit
from benchmarks import trust_objects as few
from benchmarks import trust_pairs as of
from benchmarks.trust_pairs import TrustPair
from benchmarks.trust_views import Maker, far_views, of_kind, two_planes

TRUE: dict[str, Maker] = {
    "easy": of.easy,
    "small": of.small,
    "several": of.several,
    "low-overlap": of.low_overlap,
    "heavy-noise": of.heavy_noise,
    "texture": of.texture,
    "near-symmetric": of.near_symmetric,
    "real": of.true_real,
    "few-objects": of_kind("few-objects"),
    "counts": of_kind("counts"),
    "fixed-pattern": of_kind("fixed-pattern"),
    "shaped-field": of_kind("shaped-field"),
    "two-motions": of_kind("two-motions"),
    "plain-ground": of_kind("plain-ground"),
    "far-views": far_views,
    "static-light": lit.static_light,
    "round-field": lit.round_field,
}
# No alignment is right, as far as the images tell (undetermined) or in the family asked for (misfit).
UNRELATED: dict[str, Maker] = {
    "two-scenes": of.two_scenes,
    "two-small": of.two_small,
    "scene-and-noise": of.scene_and_noise,
    "two-textures": of.two_textures,
    "two-parts": of.two_parts,
    "two-sections": of.two_sections,
    "same-dead-pixels": of.same_dead_pixels,
    "same-vignetting": of.same_vignetting,
    "real-unrelated": of.real_unrelated,
    "light-alone": lit.light_alone,
    "rim-alone": lit.rim_alone,
    "two-objects": few.two_objects,
    "alike-objects": few.alike_objects,
    "two-counts": few.two_counts,
    "two-planes": two_planes,
    "undetermined": of_kind("undetermined"),
    "misfit": of_kind("misfit"),
}
# Of two motions a good third have two answers, and so none to be sure of: that kind is drawn twice as often.
SHARE = {"two-motions": 2}
FAMILIES = ("translation", "rigid", "similarity", "affine", "homography")


def draw(kind: str, seed: int, number: int, half: int) -> TrustPair:
    """Return a pair of a kind and half."""
    maker = (TRUE | UNRELATED)[kind]
    return maker(np.random.default_rng([seed, zlib.crc32(kind.encode()), number, half]), number, half)
