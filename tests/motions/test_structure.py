"""Structure is what stands out of noise, and is compared by its gradients."""

from __future__ import annotations

import numpy as np
import pytest

from superpose._motions.settings import StructureSettings
from superpose._motions.structure import compared, difference_noise, gradients_of, halved_noise, noise_of, smoothed
from superpose._sampling.pyramid import halved
from superpose.image import as_image
from tests.motions.making import SHAPE, noisy, scene

SETTINGS = StructureSettings()
WHOLE = np.ones(SHAPE, bool)
NOISE = noisy(np.zeros(SHAPE), 1, 3.0).astype(np.float32)
rows, columns = np.indices(SHAPE)


def disc(row: float = 100, column: float = 110) -> np.ndarray:
    return noisy(100.0 * (np.hypot(rows - row, columns - column) < 40), 1, 1.0).astype(np.float32)


EDGE = np.abs(np.hypot(rows - 100, columns - 110) - 40) < 1


@pytest.mark.parametrize("below", [np.zeros(SHAPE), scene(), 50.0 * (rows > 90)], ids=["nothing", "scene", "edge"])
def test_noise_is_measured_under_any_scene(below: np.ndarray) -> None:
    assert noise_of((below + NOISE).astype(np.float32), WHOLE, SETTINGS) == pytest.approx(3.0, rel=0.05)


def test_equal_and_missing_pixels_show_no_noise() -> None:
    half = columns < SHAPE[1] // 2
    assert noise_of(np.where(half, np.float32(7), NOISE), WHOLE, SETTINGS) == pytest.approx(3.0, rel=0.08)
    assert noise_of(np.where(half, 50 * NOISE, NOISE), ~half, SETTINGS) == pytest.approx(3.0, rel=0.08)


def test_an_image_without_noise_has_some_part_of_its_deviation() -> None:
    ramp = columns.astype(np.float32)
    assert noise_of(ramp, WHOLE, SETTINGS) == pytest.approx(SETTINGS.least_noise * ramp.std(), rel=0.02)
    assert noise_of(np.zeros(SHAPE, np.float32), WHOLE, SETTINGS) > 0


@pytest.mark.parametrize("width", SETTINGS.widths)
def test_the_gradients_of_noise_have_a_mean_square_of_one(width: float) -> None:
    found = gradients_of(NOISE, WHOLE, width, 3.0, 1, SETTINGS)
    inner = (slice(8, -8), slice(8, -8))
    assert found.energy[inner].mean() == pytest.approx(1.0, abs=0.06)
    assert (found.rows**2 + found.columns**2)[inner].mean() == pytest.approx(1.0, abs=0.06)
    blurred = smoothed(NOISE, width, 1)
    across = np.stack([blurred[2:, 1:-1] - blurred[:-2, 1:-1], blurred[1:-1, 2:] - blurred[1:-1, :-2]])
    assert np.sqrt((across**2).sum(0)[inner].mean()) / 3 == pytest.approx(difference_noise(width), rel=0.03)


def test_there_are_no_gradients_near_what_is_missing() -> None:
    kept = columns < 150
    found = gradients_of(np.where(kept, disc(100, 80), 300).astype(np.float32), kept, 1.0, 1.0, 1, SETTINGS)
    assert not found.rows[:, 147:].any() and not found.columns[:, 147:].any()
    assert 0 < np.abs(found.columns[:, 130:]).max() < 6


@pytest.mark.parametrize("width", SETTINGS.widths)
def test_a_disc_s_edge_is_the_same_as_itself_and_another_than_one_further_on(width: float) -> None:
    def gradients(data: np.ndarray) -> object:
        return gradients_of(data, WHOLE, width, 1.0, 1, SETTINGS)

    first, again = gradients(disc()), gradients((disc() + noisy(np.zeros(SHAPE), 2, 1.0)).astype(np.float32))
    found = compared(first, again, 1, SETTINGS)
    assert found.same[EDGE].all() and not found.other.any()
    away = compared(first, gradients(disc(120, 125)), 1, SETTINGS)
    assert away.same[EDGE].mean() < 0.15 and away.other[EDGE].mean() > 0.75
    back = compared(gradients(disc(120, 125)), first, 1, SETTINGS)
    np.testing.assert_array_equal(away.same, back.same)
    np.testing.assert_array_equal(away.other, back.other)
    rolled = compared(first, first.rolled((20, 15)), 1, SETTINGS)
    assert rolled.other[EDGE].mean() > 0.75


def test_a_negative_is_another_unless_it_is_known_or_signs_are_not_looked_at() -> None:
    first, second = (gradients_of(sign * disc(), WHOLE, 1.0, 1.0, 1, SETTINGS) for sign in (1, -1))
    assert compared(first, second, 1, SETTINGS).other[EDGE].all()
    assert compared(first, second.negative(), 1, SETTINGS).same[EDGE].all()
    assert compared(first.blind(), second.blind(), 1, SETTINGS).same[EDGE].all()
    size = np.hypot(first.rows, first.columns)
    np.testing.assert_allclose(np.hypot(first.blind().rows, first.blind().columns), size, rtol=1e-4, atol=1e-5)


def test_noise_has_no_structure() -> None:
    first, second = (
        gradients_of(noisy(np.zeros(SHAPE), seed, 3.0).astype(np.float32), WHOLE, 1.0, 3.0, 1, SETTINGS)
        for seed in (1, 2)
    )
    found = compared(first, second, 1, SETTINGS)
    assert found.same.mean() < 1e-3 and found.other.mean() < 1e-2


def test_few_pixels_off_the_lines_looked_at_have_a_noise_in_their_own_unit() -> None:
    kept = np.zeros(SHAPE, bool)
    kept[[0, -1], :3] = True
    data = np.where(kept, 1e15 * NOISE, 0).astype(np.float32)
    assert noise_of(data, kept, SETTINGS) == pytest.approx(SETTINGS.least_noise * data[kept].std(), rel=1e-3)


def test_noise_of_a_coarser_level_is_that_of_its_gradients() -> None:
    noise = np.random.default_rng(5).normal(0, 0.3, (512, 512)).astype(np.float32)
    coarse = halved(as_image(noise, "fixed"))
    for width in (1.0, 2.0):
        unit = halved_noise(0.3, width)
        found = gradients_of(coarse.data, coarse.mask, width, unit, 1, SETTINGS)
        squares = found.rows * found.rows + found.columns * found.columns
        assert float(squares[20:-20, 20:-20].mean()) == pytest.approx(1.0, abs=0.05)
