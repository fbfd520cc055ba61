"""A part that moved in a still scene bends no family: what features propose must not be that part's motion."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import ndimage

from superpose import register
from tests.cases.making import codes


def texture(shape: tuple[int, int], seed: int) -> np.ndarray:
    rng = np.random.default_rng(seed)
    image = sum(ndimage.gaussian_filter(rng.standard_normal(shape), width) * width for width in (1.2, 3, 8, 20))
    return np.asarray((image - image.min()) / np.ptp(image))


@pytest.mark.parametrize("family", ["affine", "homography"])
@pytest.mark.slow
def test_a_large_part_that_moved_is_not_taken_for_the_scene(family: str) -> None:
    fixed, part = texture((300, 360), 53), texture((150, 240), 152)
    moving = fixed.copy()
    fixed[60:210, 70:310] = part
    moving[35:185, 45:285] = part
    found = register(fixed, moving, transform=family)
    assert codes(found) == {"part-moved"}
    np.testing.assert_allclose(found.transform.matrix, np.eye(3), atol=0.01)
