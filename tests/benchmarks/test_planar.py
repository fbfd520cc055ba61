"""Planes seen from aside: the truth must be the images' own, and the error must be what it says."""

from __future__ import annotations

import sys

import numpy as np
import pytest
from scipy import ndimage

from benchmarks import planar
from benchmarks.planar import PlanarPair, applied, moved_by, planar_pair, rendered, view


@pytest.mark.slow
@pytest.mark.parametrize(("seed", "slant"), [(1, 0.0), (2, 60.0)])
def test_the_truth_is_the_images_own(seed: int, slant: float) -> None:
    pair = planar_pair(seed, slant)
    # What the truth says fixed looks like, at the coarser image's sharpness.
    fixed, moving = (ndimage.gaussian_filter(each.astype(float), 3) for each in (pair.fixed, pair.moving))

    def alike(matrix: np.ndarray) -> float:
        points = np.stack(np.meshgrid(*map(np.arange, fixed.shape), indexing="ij"), -1).reshape(-1, 2)
        there = applied(matrix, points.astype(float))
        seen = np.all((there >= 20) & (there <= np.array(moving.shape) - 21), axis=1)
        assert seen.sum() > 2000
        return float(np.corrcoef(ndimage.map_coordinates(moving, there[seen].T, order=1), fixed.ravel()[seen])[0, 1])

    assert alike(pair.truth) > max(0.7, alike(moved_by(np.array([15.0, -10.0])) @ pair.truth) + 0.1)


def test_the_error_is_that_of_the_image_that_shows_a_place_smaller() -> None:
    truth = np.diag([4.0, 4.0, 1.0])
    pair = PlanarPair("none", np.zeros((50, 60), np.float32), np.zeros((100, 120), np.float32), truth, 0.0, 4.0)
    assert pair.error(truth) == 0
    assert pair.error(moved_by(np.array([8.0, 0.0])) @ truth) == pytest.approx(2)
    assert pair.error(np.diag([1.0, 1.0, 0.0])) == np.inf


def test_a_slant_shortens() -> None:
    matrix = view(60.0, 0.0, 0.0, 2.0, 1e9)
    np.testing.assert_allclose(applied(matrix, np.array([[10.0, 0.0], [0.0, 10.0]])), [[10, 0], [0, 20]], atol=1e-6)


def test_pixels_are_averages_over_their_areas() -> None:
    stripes = np.tile([0.0, 1.0], (64, 32))
    out = rendered(stripes, stripes, np.diag([4.0, 4.0, 1.0]) @ moved_by(np.full(2, 0.5)), (8, 8))
    np.testing.assert_allclose(out, 0.5, atol=0.13)


@pytest.mark.slow
def test_a_table_is_printed(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.setattr(sys, "argv", ["planar", "--pairs", "1", "--slants", "40", "--proposals", "--verbose"])
    planar.main()
    printed = capsys.readouterr().out
    assert "slant 40: proposed within 3 px" in printed and "zoom" in printed
