"""What an alignment of exposures leaves over by place: polynomials that tiles say, and what they say nothing of."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import ndimage
from skimage import data

import superpose
from superpose._jobs.local_shifts import Bent, LocalShifts, local_shifts, pixels_of, smooth_shifts
from superpose._jobs.overviews import LargeImage
from superpose._jobs.plate_settings import LocalSettings
from superpose._sampling.mapping import PixelMap
from superpose._sampling.resample import resample

SETTINGS = LocalSettings()


def tiles(noise: float, size: float) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return centres of tiles, a smooth field there, and that with noise."""
    rng = np.random.default_rng(3)
    centres = 500 * np.argwhere(np.ones((6, 6))) + rng.uniform(0, 500, (36, 2))
    y, x = (centres / 1500 - 1).T
    field = size * np.stack([x * x - 0.4 * y * x, 0.6 * y * y * x - 0.3], -1)
    return centres, field, field + rng.normal(0, noise, field.shape)


def test_a_smooth_field_is_found_among_tiles_that_lie_elsewhere() -> None:
    centres, field, seen = tiles(0.05, 1.5)
    seen[::9] += 4
    found = smooth_shifts(centres, seen, SETTINGS)
    assert found is not None and found.tiles == 32 and found.after < 0.15 < 0.8 < found.before
    assert np.sqrt(np.square(found(centres) - field).sum(-1)).max() < 0.15
    # Beyond the tiles it stays as it is at their rim.
    far = found(np.array([[-1e6, 1500.0], [centres[:, 0].min(), 1500.0]]))
    np.testing.assert_allclose(far[0], far[1])


def test_of_noise_nothing_is_made() -> None:
    centres, _, seen = tiles(0.3, 0.0)
    assert smooth_shifts(centres, seen, SETTINGS) is None
    assert smooth_shifts(centres[:8], tiles(0.0, 1.5)[2][:8], SETTINGS) is None


@pytest.mark.parametrize("order", [1, 3])
def test_what_is_bent_is_resampled_as_any_mapping_is(order: int) -> None:
    image = data.camera()[:150, :170].astype(np.float32)
    image[40:43, 50:52] = np.nan
    shifts = LocalShifts(
        np.array([[0.4, -0.3], [0.9, 0.2], [-0.5, 1.0]]), np.array([70.0, 80]), np.array([60.0, 70]), 9, 1, 0
    )
    bent = Bent(superpose.rigid(0.02, (3, -2), (70, 80)), shifts)
    grids = superpose.Grid((140, 165)), superpose.Grid(image.shape)
    quick, exact = (resample(image, PixelMap(each, *grids), order, np.nan, 2) for each in (bent, lambda x: bent(x)))
    both = np.isfinite(quick) & np.isfinite(exact)
    assert both.mean() > 0.9 and (np.isfinite(quick) != np.isfinite(exact)).mean() < 2e-3
    assert np.abs(quick - exact)[both].mean() < 0.05


@pytest.mark.slow
def test_an_exposure_that_is_bent_is_laid_where_it_belongs() -> None:
    fixed = data.immunohistochemistry()[..., 1].astype(float)
    rows, columns = np.indices(fixed.shape, float)
    bent = [rows + 1.5 * np.cos(rows / 250), columns + 1.2 * np.sin(columns / 200 + rows / 300)]
    moving = ndimage.map_coordinates(fixed, bent, order=3, mode="reflect")
    fixed += np.random.default_rng(0).normal(0, 2, fixed.shape)
    result = superpose.register(fixed, moving, transform="affine")
    large = LargeImage.of(fixed, "fixed"), LargeImage.of(moving, "moving")
    inside = (slice(4, -4), slice(4, -4))
    settings = LocalSettings(seen_whole=300, cells=5)
    found = local_shifts(*large, result, tuple(slice(*each.indices(512)[:2]) for each in inside), 1, settings)
    assert found is not None
    before, after = (resample(moving, pixels_of(result, each), 3, np.nan, 1) for each in (None, found))
    clean = data.immunohistochemistry()[..., 1].astype(float)
    was, left = (np.nanstd((each - clean)[40:-40, 40:-40]) for each in (before, after))
    assert left < 0.5 * was
