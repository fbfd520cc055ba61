"""Pyramids: where pixels lie, what is averaged, and that parameters carry over between levels exactly."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import superpose
from superpose import InputError, MatrixTransform, pyramid
from superpose._sampling.pyramid import levels_of, on_finer
from superpose.image import Grid, Raster

SIZES = [(64, 64), (63, 64), (61, 47), (64, 33), (80, 121), (9, 200)]
RNG = np.random.default_rng(21)


def interior(image: Raster, reach: int = 5) -> tuple[slice, ...]:
    return tuple(slice(reach, n - reach) for n in image.grid.shape)


def points(image: Raster) -> np.ndarray:
    return image.grid.to_physical(np.moveaxis(np.indices(image.grid.shape), 0, -1))


@pytest.mark.parametrize("shape", SIZES)
def test_a_ramp_stays_the_ramp_at_the_level_s_centres(shape: tuple[int, int]) -> None:
    def ramp(at: np.ndarray) -> np.ndarray:
        return 3.0 + 0.25 * at[..., 0] - 0.5 * at[..., 1]

    rows = np.moveaxis(np.indices(shape), 0, -1)
    seen = 0
    for level in pyramid(ramp(rows), 4)[1:]:
        inner = interior(level)
        np.testing.assert_allclose(level.data[inner], ramp(points(level))[inner], rtol=0, atol=1e-4)
        seen += level.data[inner].size
    assert seen > 0 or min(shape) < 10


@pytest.mark.parametrize("shape", SIZES)
def test_levels_share_their_middle_and_halve(shape: tuple[int, int]) -> None:
    levels = pyramid(RNG.random(shape), 4)
    assert levels[0].grid.shape == shape
    for fine, coarse in pairwise(levels):
        np.testing.assert_allclose(coarse.grid.centre, fine.grid.centre, rtol=0, atol=1e-12)
        assert coarse.grid.shape == tuple((n + 1) // 2 for n in fine.grid.shape)
        assert coarse.grid.spacing == tuple(2 * s for s in fine.grid.spacing)
        assert coarse.data.shape == coarse.mask.shape == coarse.grid.shape
        assert coarse.data.dtype == np.float32
        assert coarse.data.flags.c_contiguous


def test_even_sizes_are_halved_between_pixels_and_odd_sizes_on_them() -> None:
    coarse = pyramid(RNG.random((16, 17)), 2)[1]
    np.testing.assert_array_equal(coarse.grid.to_physical((0, 0)), (0.5, 0.0))
    np.testing.assert_array_equal(coarse.grid.to_physical((7, 8)), (14.5, 16.0))


def test_a_nyquist_checkerboard_vanishes() -> None:
    board = np.indices((65, 64)).sum(0) % 2 * 2.0 - 1
    coarse = pyramid(board, 2)[1]
    assert np.abs(coarse.data[interior(coarse)]).max() < 0.01
    stripes = np.indices((65, 64))[1] % 2 * 2.0 - 1
    coarse = pyramid(stripes, 2)[1]
    assert np.abs(coarse.data[interior(coarse)]).max() < 0.01


def test_what_the_coarse_grid_cannot_hold_is_damped() -> None:
    # Half a cycle beyond the coarse Nyquist frequency: sampling alone would keep its full amplitude.
    wave = np.cos(2 * np.pi * 0.4 * np.arange(200)) * np.ones((50, 1))
    coarse = pyramid(wave, 2)[1]
    assert np.abs(coarse.data[interior(coarse)]).max() < 0.06


@pytest.mark.parametrize("shape", SIZES)
def test_a_mirrored_image_has_the_mirrored_pyramid(shape: tuple[int, int]) -> None:
    image = RNG.random(shape)
    image[3:6, 4:8] = np.nan
    for axis in (0, 1):
        for a, b in zip(pyramid(image, 3), pyramid(np.flip(image, axis), 3), strict=True):
            np.testing.assert_allclose(b.data, np.flip(a.data, axis), rtol=0, atol=1e-6)
            np.testing.assert_array_equal(b.mask, np.flip(a.mask, axis))


def test_transposed() -> None:
    image = RNG.random((40, 61))
    for a, b in zip(pyramid(image, 3), pyramid(image.T, 3), strict=True):
        np.testing.assert_allclose(b.data, a.data.T, rtol=0, atol=1e-6)


def test_missing_pixels_do_not_bleed() -> None:
    image = np.full((64, 64), 7.0)
    image[0, 0] = 9  # not constant
    image[20:33, 17:40] = np.nan
    for level in pyramid(image, 3):
        assert np.isfinite(level.data).all()
        np.testing.assert_allclose(level.data[level.mask][1:], 7, atol=0.3)
        assert not level.mask.all()
        assert (level.data[~level.mask] == 0).all()
    middle = pyramid(image, 2)[1]
    np.testing.assert_allclose(middle.data[10:][middle.mask[10:]], 7, rtol=1e-6)


def test_what_is_missing_stays_missing_and_only_that() -> None:
    image = RNG.random((64, 64))
    image[20:40, 20:40] = np.nan
    coarse = pyramid(image, 2)[1]
    expected = np.ones((32, 32), bool)
    expected[10:20, 10:20] = False
    assert (coarse.mask != expected).mean() < 0.01


def test_borders_do_not_darken() -> None:
    image = np.full((50, 31), 100.0)
    image[25, 15] = 101
    for level in pyramid(image, 3):
        assert level.data.min() > 99.9


@settings(max_examples=40)
@given(
    st.integers(16, 200),
    st.integers(16, 200),
    st.floats(-3, 3),
    st.tuples(st.floats(-50, 50), st.floats(-50, 50)),
)
def test_parameters_carry_over_between_levels_exactly(
    rows: int, columns: int, angle: float, shift: tuple[float, float]
) -> None:
    """The same world points, whichever level's pixels they are counted in: no half-pixel drift."""
    image = np.indices((rows, columns)).sum(0).astype(float)
    other = np.indices((columns, rows + 5)).sum(0).astype(float)
    truth = superpose.rigid(angle, shift, ((rows - 1) / 2, (columns - 1) / 2))
    world = RNG.uniform(0, 15, (9, 2))
    for fixed, moving in zip(pyramid(image, 4), pyramid(other, 4), strict=False):
        between = np.linalg.inv(moving.grid.index_to_physical) @ truth.matrix @ fixed.grid.index_to_physical
        in_pixels = MatrixTransform(between)(fixed.grid.to_index(world))
        np.testing.assert_allclose(moving.grid.to_physical(in_pixels), truth(world), rtol=0, atol=1e-9)


@pytest.mark.parametrize("shape", [(128, 128), (127, 128), (125, 101)])
def test_an_exact_shift_is_exact_on_every_level(shape: tuple[int, int]) -> None:
    """The pictures agree with the grids: a shifted smooth scene, sampled at the level's own points."""

    def scene(at: np.ndarray) -> np.ndarray:
        return np.sin(at[..., 0] / 9) + np.cos(at[..., 1] / 7)

    at = np.moveaxis(np.indices(shape), 0, -1).astype(float)
    shift = np.array([5.3, -2.7])
    for a, b in zip(pyramid(scene(at), 3)[1:], pyramid(scene(at + shift), 3)[1:], strict=True):
        inner = interior(a)
        # Blurring a sine only damps it, and by the same factor in both.
        damped = [scene(points(a) + by)[inner] for by in (np.zeros(2), shift)]
        factor = (a.data[inner] * damped[0]).sum() / (damped[0] ** 2).sum()
        rest_a, rest_b = (
            np.abs(a.data[inner] - factor * damped[0]),
            np.abs(b.data[inner] - factor * damped[1]),
        )
        # A drift of half a pixel would leave 0.05 and more.
        assert rest_b.max() < rest_a.max() + 0.01 < 0.06


def test_pyramid_ends_where_a_side_gets_too_short() -> None:
    assert [level.grid.shape for level in pyramid(RNG.random((5, 200)), 6)] == [(5, 200)]
    assert [level.grid.shape for level in pyramid(RNG.random((20, 64)), 9)] == [(20, 64), (10, 32), (5, 16)]


@pytest.mark.parametrize("levels", [0, -1, 1.5, True, "3", None])
def test_bad_levels(levels: object) -> None:
    with pytest.raises(InputError, match=r"^levels is .*whole number of 1 or more"):
        pyramid(RNG.random((20, 20)), levels)  # type: ignore[arg-type]


def test_numpy_s_own_integers_do() -> None:
    assert len(pyramid(RNG.random((20, 20)), np.int16(2))) == 2


def test_the_input_is_left_alone() -> None:
    image = RNG.random((32, 32)).astype(np.float32)
    before = image.copy()
    pyramid(image, 3)
    np.testing.assert_array_equal(image, before)


@pytest.mark.parametrize("shape", [(64, 64), (61, 47), (33, 90)])
@pytest.mark.parametrize("halvings", [0, 1, 3])
def test_a_levels_mask_covers_the_pixels_it_is_made_of(shape: tuple[int, int], halvings: int) -> None:
    image = Raster(np.zeros(shape, np.float32), np.ones(shape, bool), Grid(shape))
    coarse = levels_of(image, halvings + 1)[-1].grid
    mask = np.zeros(coarse.shape, bool)
    mask[1:, 2] = True
    found, side = on_finer(mask, halvings, shape), 1 << halvings
    expected = np.zeros(shape, bool)
    expected[side:, 2 * side : 3 * side] = True
    np.testing.assert_array_equal(found, expected)
