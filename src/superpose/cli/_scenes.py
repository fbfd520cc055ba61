"""The demo's scenes: pairs with a known truth, from photographs that come with scikit-image, and a real plate."""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from superpose._checks import scikit_image
from superpose._io.images import read_image
from superpose._sampling.mapping import PixelMap
from superpose._sampling.resample import resample
from superpose.grid import Grid
from superpose.transforms.base import Transform
from superpose.transforms.constructors import rigid
from superpose.transforms.matrix import MatrixTransform
from superpose.transforms.view import ViewTransform

Floats = NDArray[np.float64]
NEEDING = "superpose demo"


@dataclass(frozen=True, eq=False)
class Turned:
    """An image, and another one of the same scene, turned; `truth` maps fixed points to moving points."""

    fixed: NDArray[np.uint8]
    moving: NDArray[Any]
    truth: MatrixTransform


def turned_astronaut(degrees: float, variance: float) -> Turned:
    """Return the astronaut, and her turned counter-clockwise, with Gaussian noise."""
    grey = _astronaut()
    truth = rigid(np.radians(degrees), centre=_centre(grey))
    noise = np.random.default_rng(1).normal(0, np.sqrt(variance), grey.shape)
    return Turned(_octets(grey), _octets(_seen_through(grey, truth) + noise), truth)


def motorcycle_and_depth(degrees: float) -> Turned:
    """Return a photograph of a motorcycle, and how near each of its points is, turned; NaN where nobody measured.

    What is near is bright: nothing has the grey that it has in the photograph.
    """
    photograph, _, near = scikit_image("data", NEEDING).stereo_motorcycle()
    grey = scikit_image("color", NEEDING).rgb2gray(photograph)[::2, ::2]
    # A stereo pair's disparities; what the two cameras do not both see has none.
    near = np.where(np.isfinite(near), near, np.nan)[::2, ::2]
    truth = rigid(np.radians(degrees), centre=_centre(grey))
    turned = _seen_through(near, truth, order=1, cval=np.nan)
    return Turned(_octets(grey), turned.astype(np.float32), truth)


def three_views() -> tuple[list[NDArray[np.uint8]], float]:
    """Return photographs from inside a cylinder that is papered with one, and their focal length in pixels."""
    paper = np.ascontiguousarray(scikit_image("data", NEEDING).coffee(), np.float32)
    shape, focal = (150, 160), 220.0
    middle, centre = _centre(paper[..., 0]), tuple((n - 1) / 2 for n in shape)
    out = []
    for number, exposure in enumerate((1.0, 0.8, 0.9)):
        # Not quite level.
        turn = rigid((math.radians(20) * (number - 1), 0.03 * number - 0.03, 0.02)).matrix[:3, :3]
        back = ViewTransform("cylinder", turn, focal, (centre[0], centre[1])).inverse()
        pixels = PixelMap(partial(_on_paper, back, middle), Grid(shape), Grid(paper.shape[:2]))
        out.append(np.clip(np.rint(exposure * resample(paper, pixels, 3, 0.0, None)), 0, 255).astype(np.uint8))
    return out, focal


def _on_paper(back: Transform, middle: Floats, points: Floats) -> Floats:
    return 1.5 * back(points) + middle


def church_window() -> NDArray[np.uint8]:
    """Return the scan of a glass plate that comes with superpose (see ``samples/SOURCE.md``)."""
    return read_image(Path(__file__).with_name("samples") / "00998v.jpg", "plate")


def _astronaut() -> Floats:
    grey: Floats = scikit_image("color", NEEDING).rgb2gray(scikit_image("data", NEEDING).astronaut())
    return grey


def _centre(image: NDArray[Any]) -> Floats:
    return (np.array(image.shape) - 1) / 2


def _seen_through(image: Floats, transform: MatrixTransform, **how: Any) -> Floats:
    """Return the moving image that shows at ``transform(x)`` what `image` shows at ``x``."""
    warp = scikit_image("transform", NEEDING).warp
    seen: Floats = warp(image, transform.inverse().as_skimage(), **({"order": 3} | how))
    return seen


def _octets(values: Floats) -> NDArray[np.uint8]:
    return np.rint(255 * np.clip(values, 0, 1)).astype(np.uint8)
