"""Frames of few photons, and images of a thumbnail's size."""

from __future__ import annotations

import numpy as np
import pytest
from skimage import data, transform

from tests.cases.making import codes, found, off, shifted


@pytest.mark.parametrize(("photons", "within"), [(3, 0.25), (0.8, 0.5)])
def test_photon_counts_are_compared_as_counts(photons: float, within: float) -> None:
    rng = np.random.default_rng(8)
    scene = np.full((300, 300), 0.05)
    rows, columns = np.mgrid[:300, :300]
    for _ in range(60):
        row, column = rng.uniform(0, 300, 2)
        scene += rng.uniform(0.2, 1) * np.exp(-(((np.hypot(rows - row, columns - column) - 5) / 1.6) ** 2))
    views = [rng.poisson(part * photons) for part in (scene[10:266, 10:266], scene[14:270, 5:261])]
    result = found(*(view.astype(np.int16) for view in views), transform="translation")
    error = off(result, shifted(-4, 5))
    assert result.reliable
    assert error < within
    assert np.isfinite(result.uncertainty) and error < 3 * result.uncertainty
    assert "few-levels" not in codes(result)


def test_a_thumbnail_that_is_found_is_reliable_and_has_an_error() -> None:
    small = transform.resize(data.camera()[:288, :288], (36, 36), anti_aliasing=True)
    image = (small * 255).astype(np.uint8)
    result = found(image[:32, :32], image[3:35, 2:34])
    assert result.reliable
    assert off(result, shifted(-3, -2)) < 0.02
    assert result.uncertainty < 0.3
    assert not codes(result) & {"undetermined", "free-direction"}
