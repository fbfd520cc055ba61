"""Scenes with a known truth for the demo, from photographs that come with scikit-image."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from superpose._checks import scikit_image
from superpose.transforms.constructors import rigid, translation
from superpose.transforms.matrix import MatrixTransform

Floats = NDArray[np.float64]
NEEDING = "superpose demo"


@dataclass(frozen=True, eq=False)
class Turned:
    """A photograph, and the same one turned; `truth` maps fixed points to moving points."""

    fixed: NDArray[np.uint8]
    moving: NDArray[np.uint8]
    truth: MatrixTransform


@dataclass(frozen=True, eq=False)
class MadePlate:
    """A plate of three exposures, and by channel the truth on green, in pixels of the exposures."""

    scan: NDArray[np.uint8]
    truth: dict[str, MatrixTransform]


def turned_astronaut(degrees: float, variance: float) -> Turned:
    """Return the astronaut, and her turned counter-clockwise, with Gaussian noise."""
    grey = _astronaut()
    truth = rigid(np.radians(degrees), centre=_centre(grey))
    noise = np.random.default_rng(1).normal(0, np.sqrt(variance), grey.shape)
    return Turned(_octets(grey), _octets(_seen_through(grey, truth) + noise), truth)


def shifted_astronaut(columns: int) -> tuple[Floats, Floats]:
    """Return the astronaut, and her moved right; what came in from outside is missing (NaN)."""
    fixed = 255 * _astronaut()
    moving = np.full(fixed.shape, np.nan)
    moving[:, columns:] = fixed[:, :-columns]
    return fixed, moving


def _astronaut() -> Floats:
    grey: Floats = scikit_image("color", NEEDING).rgb2gray(scikit_image("data", NEEDING).astronaut())
    return grey


@dataclass(frozen=True)
class Taken:
    """How an exposure lies on green (degrees, and pixels down and right), and how its emulsion took the light."""

    degrees: float
    shift: tuple[float, float]
    curve: Callable[[Any], Any]


def coffee_plate(frame: int = 14, margin: int = 30) -> MadePlate:
    """Return the coffee cup as a glass plate: blue, green and red, top to bottom, in dark frames.

    Each frame is `frame` pixels wide. The photograph is wider than an exposure by `margin` on each side, so that it
    covers each wherever that lies.
    """
    photograph = scikit_image("data", NEEDING).coffee() / 255
    rng = np.random.default_rng(2)
    taken = {
        "blue": Taken(0.8, (-7.3, 4.6), lambda light: 0.1 + 0.8 * light**1.8),
        "green": Taken(0.0, (0.0, 0.0), lambda light: 0.05 + 0.9 * light),
        "red": Taken(-0.5, (5.2, -8.4), lambda light: 0.9 * light**0.6),
    }
    whole = tuple(n - 2 * margin + 2 * frame for n in photograph.shape[:2])
    inner = slice(margin, -margin), slice(margin, -margin)
    exposures, truth = [], {}
    for channel, (name, exposure) in zip((2, 1, 0), taken.items(), strict=True):
        truth[name] = rigid(np.radians(exposure.degrees), exposure.shift, _centre(np.empty(whole)))
        offset = np.array((margin - frame,) * 2)
        on_photograph = translation(offset) @ truth[name] @ translation(-offset)
        seen = _seen_through(photograph[..., channel], on_photograph)[inner]
        framed = np.pad(exposure.curve(np.clip(seen, 0, 1)), frame, constant_values=0.02)
        exposures.append(_octets(framed + rng.normal(0, 0.01, framed.shape)))
    return MadePlate(np.vstack(exposures), {name: each for name, each in truth.items() if name != "green"})


def _centre(image: Floats) -> Floats:
    return (np.array(image.shape) - 1) / 2


def _seen_through(image: Floats, transform: MatrixTransform) -> Floats:
    """Return the moving image that shows at ``transform(x)`` what `image` shows at ``x``."""
    seen: Floats = scikit_image("transform", NEEDING).warp(image, transform.inverse().as_skimage(), order=3)
    return seen


def _octets(values: Floats) -> NDArray[np.uint8]:
    return np.rint(255 * np.clip(values, 0, 1)).astype(np.uint8)
