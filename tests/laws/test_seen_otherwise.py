"""The same pair seen otherwise has the same answer, and as large an error."""

from __future__ import annotations

import numpy as np
import pytest
import skimage.data
from numpy.typing import NDArray
from scipy import ndimage

import superpose
from benchmarks.cases import SETS

Floats = NDArray[np.float64]


def black_around(side: int, angle: float, noise: float) -> tuple[Floats, Floats]:
    """Return a part of a texture and the same turned, black where nothing is known, each with its own noise."""
    image = skimage.data.gravel()[::2, ::2][-side:, (256 - side) // 2 : (256 + side) // 2] / 255.0
    middle = (np.array(image.shape) - 1) / 2
    c, s = np.cos(np.radians(angle)), np.sin(np.radians(angle))
    back = np.array([[c, -s], [s, c]])
    turned = ndimage.affine_transform(image, back, middle - back @ middle, order=3)
    rng = np.random.default_rng(7)
    noisy = [np.clip(each + rng.normal(0, noise, each.shape), 0, 1) for each in (image, turned)]
    return noisy[0], noisy[1]


@pytest.mark.parametrize(("side", "angle", "noise"), [(256, 20.0, 0.02), (64, 3.0, 0.06)])
def test_padded_with_missing_pixels(side: int, angle: float, noise: float) -> None:
    """Fill is seen inside the padding, noise is that of the picture, and levels are as large as it is."""
    fixed, moving = black_around(side, angle, noise)
    plain = superpose.register(fixed, moving)
    widths = ((23, 9), (4, 31)), ((0, 27), (14, 3))
    padded = [np.pad(each, by, constant_values=np.nan) for each, by in zip((fixed, moving), widths, strict=True)]
    found = superpose.register(*padded)
    into, back = np.eye(3), np.eye(3)
    into[:2, 2], back[:2, 2] = (23, 4), (0, -14)
    matrix = back @ found.transform.matrix @ into
    corners = np.array([[r, c, 1.0] for r in (0, side - 1) for c in (0, side - 1)])
    apart = np.linalg.norm(corners @ (matrix - plain.transform.matrix).T, axis=1).max()
    assert plain.reliable and found.reliable
    assert [each[:6] for each in plain.warnings] == [each[:6] for each in found.warnings]
    assert apart <= max(plain.uncertainty, found.uncertainty)
    # Padding moves fixed's corners, at which errors are stated, away from the picture.
    assert 0.4 * plain.uncertainty < found.uncertainty < 2.5 * plain.uncertainty
    assert found.confidence == pytest.approx(plain.confidence, abs=0.02)


def test_a_strong_stretch_is_found_without_local_features() -> None:
    """Lines of a page look alike one line further: a similarity finds another line, an affine map from there none."""
    case = SETS["affine"].case(101, 51002)
    found = superpose.register(case.fixed, case.moving, transform="affine", on_unreliable="ignore")
    assert found.reliable and case.error(found.transform.matrix) < 0.05


@pytest.mark.parametrize("family", ["homography", "affine"])
@pytest.mark.slow
def test_the_rim_of_a_round_field_seen_aside_does_not_hold_the_eye(family: str) -> None:
    """An ellipse fits a circle at any turn: once 79 px off, and warned of as symmetric only."""
    case = SETS["homography"].case(2026, 24)
    found = superpose.register(case.fixed, case.moving, transform=family, on_unreliable="ignore")
    error = case.error(found.transform.matrix)
    assert (found.reliable and error < 0.1) if family == "homography" else not found.reliable
