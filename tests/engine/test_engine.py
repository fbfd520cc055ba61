"""The default path of `register`: found anywhere, exactly, the same on any number of threads."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray
from scipy import ndimage
from skimage import color, data

import superpose
from superpose import InputError, register

Floats = NDArray[np.float64]
ASTRONAUT = data.astronaut() / 255.0
GREY: Floats = color.rgb2gray(ASTRONAUT)[::2, ::2]
SIDE = 256
CENTRE = ((SIDE - 1) / 2, (SIDE - 1) / 2)
POINTS = np.stack(np.meshgrid(np.linspace(64, 192, 9), np.linspace(64, 192, 9), indexing="ij"), -1)


def pulled(image: Floats, truth: superpose.MatrixTransform) -> Floats:
    """Return what a camera at the pose sees: black where it sees nothing."""
    points = truth.inverse()(np.moveaxis(np.indices(image.shape), 0, -1))
    return ndimage.map_coordinates(image, np.moveaxis(points, -1, 0), order=3, mode="constant")


def noisy(image: Floats, seed: int) -> Floats:
    return np.clip(image + np.random.default_rng(seed).normal(0, np.sqrt(1e-3), image.shape), 0, 1)


def error(found: superpose.Registration, truth: superpose.MatrixTransform) -> float:
    """Return the mean target registration error over the central half."""
    return float(np.linalg.norm(found.transform(POINTS) - truth(POINTS), axis=-1).mean())


TRUTHS = {
    "translation": superpose.translation((70.3, -48.8)),
    "rigid": superpose.rigid(np.radians(137), (30.3, -41.8), CENTRE),
    "similarity": superpose.similarity(np.radians(-95), 0.7, (12.6, 20.2), CENTRE),
    "affine": superpose.affine(
        np.array([[0.9, -0.5], [0.6, 0.95]]),
        (10.4, -5.3),
        CENTRE,
    ),
    "homography": superpose.homography([[1.05, 0.1, -3.0], [-0.08, 0.97, 9.0], [2e-4, -3e-4, 1.0]]),
}


@pytest.mark.parametrize("family", TRUTHS)
def test_one_modality_is_found_from_anywhere(family: str) -> None:
    truth = TRUTHS[family]
    found = register(noisy(GREY, 1), noisy(pulled(GREY, truth), 2), transform=family)
    assert error(found, truth) < 0.05
    assert found.metric == "ncc"
    assert found.optimizer == "levenberg-marquardt"
    assert found.ending
    assert found.transform.family == family
    assert found.basins and found.basins[0].transform.family == family
    assert 8 <= min(found.basins[0].refined_at_shape) <= max(found.basins[0].refined_at_shape) <= SIDE


def test_another_channel_through_a_bent_curve() -> None:
    truth = TRUTHS["rigid"]
    fixed = noisy(ASTRONAUT[::2, ::2, 0], 3)
    moving = noisy(pulled((2 * ASTRONAUT[::2, ::2, 2] - 1) ** 2, truth), 4)
    found = register(fixed, moving)
    assert error(found, truth) < 0.4
    assert found.metric == "orientation"


@pytest.mark.parametrize("family", ["rigid", "similarity", "affine"])
def test_exchanging_the_images_gives_the_inverse(family: str) -> None:
    fixed, moving = noisy(GREY, 5), noisy(pulled(GREY, TRUTHS[family]), 6)
    there, back = register(fixed, moving, transform=family), register(moving, fixed, transform=family)
    corners = there.fixed_grid.corners
    assert np.abs((back.transform @ there.transform)(corners) - corners).max() < 1e-9


@pytest.mark.parametrize("family", ["rigid", pytest.param("homography", marks=pytest.mark.slow)])
def test_threads_change_no_bit(family: str) -> None:
    fixed, moving = noisy(GREY, 7), noisy(pulled(GREY, TRUTHS[family]), 8)
    one, *others = (register(fixed, moving, transform=family, threads=threads) for threads in (1, 2, 7))
    for other in others:
        assert other.transform == one.transform
        assert other.value == one.value
        assert [b.score for b in other.basins] == [b.score for b in one.basins]


@pytest.mark.parametrize("metric", ["mse", "ncc", "mi", "nmi", "correlation-ratio", "orientation"])
def test_metrics_with_derivatives(metric: str) -> None:
    truth = TRUTHS["rigid"]
    found = register(noisy(GREY, 9), noisy(pulled(GREY, truth), 10), metric=metric)
    assert error(found, truth) < (0.2 if metric == "orientation" else 0.05)
    assert found.metric == metric
    assert found.optimizer == "levenberg-marquardt"


@pytest.mark.parametrize("metric", ["mi", "nmi", "correlation-ratio"])
def test_metrics_of_the_joint_histogram_through_a_curve(metric: str) -> None:
    truth = TRUTHS["rigid"]
    moving = noisy(pulled((2 * GREY - 1) ** 2, truth), 22)
    moving[:40] = np.nan
    there = register(noisy(GREY, 21), moving, metric=metric)
    assert error(there, truth) < 0.1
    back = register(moving, noisy(GREY, 21), metric=metric)
    corners = there.fixed_grid.corners
    assert np.abs((back.transform @ there.transform)(corners) - corners).max() < 1e-9
    assert there.transform == register(noisy(GREY, 21), moving, metric=metric, threads=7).transform


@pytest.mark.parametrize("bins", [8, 32, 128])
@pytest.mark.parametrize("metric", ["mi", "nmi", "correlation-ratio"])
def test_bins_of_ones_own(metric: str, bins: int) -> None:
    truth = TRUTHS["rigid"]
    fixed, moving = noisy(GREY, 9), noisy(pulled((2 * GREY - 1) ** 2, truth), 10)
    found = register(fixed, moving, metric=metric, bins=bins)
    assert error(found, truth) < 0.1
    assert found.metric == metric and found.basins
    # Another histogram, another value.
    assert abs(found.value - register(fixed, moving, metric=metric).value) > 1e-4


@pytest.mark.parametrize("shift", [(0.6, 0.0), (0.0, -0.65), (0.45, 0.4)])
def test_large_shifts_do_not_wrap(shift: tuple[float, float]) -> None:
    truth = superpose.translation(np.round(np.array(shift) * SIDE))
    found = register(noisy(GREY, 11), noisy(pulled(GREY, truth), 12), transform="translation")
    assert error(found, truth) < 0.1


def test_outliers_and_missing_pixels() -> None:
    rng = np.random.default_rng(13)
    truth = TRUTHS["rigid"]
    fixed, moving = noisy(GREY, 14), noisy(pulled(GREY, truth), 15)
    impulses = np.where(rng.random(moving.shape) < 0.2, rng.integers(0, 2, moving.shape), moving)
    assert error(register(fixed, impulses), truth) < 0.2
    holes = moving.copy()
    holes[: int(0.3 * SIDE)] = np.nan
    assert error(register(fixed, holes), truth) < 0.1


def test_a_local_search_stays_near() -> None:
    near = superpose.rigid(np.radians(8), (5.2, -7.7), CENTRE)
    fixed = noisy(GREY, 16)
    assert error(register(fixed, noisy(pulled(GREY, near), 17), search="local"), near) < 0.05
    with pytest.warns(superpose.UnreliableWarning, match="cannot be told from chance"):
        far = register(fixed, noisy(pulled(GREY, TRUTHS["rigid"]), 18), search="local")
    assert abs(np.degrees(far.transform.angle)) < 30
    start = superpose.rigid(np.radians(130), (25, -45), CENTRE)
    found = register(fixed, noisy(pulled(GREY, TRUTHS["rigid"]), 18), initial=start)
    assert error(found, TRUTHS["rigid"]) < 0.05


def test_limits_of_ones_own() -> None:
    truth = superpose.rigid(np.radians(40), (5.2, -7.7), CENTRE)
    fixed, moving = noisy(GREY, 16), noisy(pulled(GREY, truth), 17)
    assert error(register(fixed, moving, search=superpose.SearchRange(angle=45)), truth) < 0.05
    with pytest.warns(superpose.UnreliableWarning, match="cannot be told from chance"):
        assert error(register(fixed, moving, search=superpose.SearchRange(angle=10)), truth) > 1


def test_a_scipy_optimiser_does_not_search() -> None:
    with pytest.raises(InputError, match=r"search='global' is for the engine"):
        register(GREY, GREY, search="global", optimizer="powell")
    with pytest.raises(InputError, match=r"search='globl' is not known; did you mean 'global'"):
        register(GREY, GREY, search="globl")


def test_progress_may_stop_the_engine() -> None:
    found = register(noisy(GREY, 1), noisy(GREY, 2), progress=lambda level: False)
    assert len(found.levels) == 1
    assert any("stopped the descent" in warning for warning in found.warnings)


def test_different_sizes_and_units() -> None:
    truth = superpose.translation((-40, -25))
    crop = noisy(GREY, 19)[40:200, 25:190]
    found = register(crop * 1e-20, noisy(GREY, 20) * 3e4 - 7, transform="rigid")
    points = POINTS[:5, :5] - (64, 64) + 20
    assert np.linalg.norm(found.transform(points) - truth.inverse()(points), axis=-1).max() < 0.1


def test_basins_are_kept(tmp_path: object) -> None:
    path = f"{tmp_path}/t.json"
    found = register(noisy(GREY, 1), noisy(pulled(GREY, TRUTHS["rigid"]), 2))
    found.save(path)
    again = superpose.load(path)
    assert again.basins == found.basins
    assert again.ending == found.ending
    scores = [basin.score for basin in found.basins]
    assert scores == sorted(scores, reverse=True)


@pytest.mark.slow
@pytest.mark.parametrize("kind", ["infrared", "map", "night", "sar"])
def test_real_pairs_of_several_modalities(shared_file: object, kind: str) -> None:
    from benchmarks import real

    shared_file("srif")  # type: ignore[operator]
    cases = real.cases(kind, 77)[:6]
    # Whether it can tell that it is right is another matter, measured by the calibration.
    found = [register(each.fixed, each.moving, transform=each.family, on_unreliable="ignore") for each in cases]
    errors = [case.error(each.transform.matrix) for case, each in zip(cases, found, strict=True)]
    assert sum(each < 8 for each in errors) >= 5


OVER = np.array([[1.0, 0, 0], [0, -1, SIDE - 1], [0, 0, 1]])


@pytest.mark.slow
def test_a_mirrored_image_is_found_where_that_is_allowed() -> None:
    truth = TRUTHS["rigid"]
    fixed, moving = noisy(GREY, 1), noisy(pulled(GREY, truth), 2)
    flipped, expected = np.ascontiguousarray(moving[:, ::-1]), superpose.from_matrix(OVER @ truth.matrix)
    found = register(fixed, flipped, allow_flip=True)
    assert error(found, expected) < 0.05
    assert "is mirrored left to right" in found.describe() and "137.00 degrees" in found.describe()
    back = register(flipped, fixed, allow_flip=True)
    corners = found.fixed_grid.corners
    assert np.abs((back.transform @ found.transform)(corners) - corners).max() < 1e-9
    assert np.linalg.det(register(fixed, moving, allow_flip=True).transform.matrix) > 0
    started = register(fixed, flipped, transform="affine", initial=found)
    assert error(started, expected) < 0.1


@pytest.mark.slow
def test_a_mirrored_image_gets_a_warning_otherwise() -> None:
    moving = noisy(pulled(GREY, TRUTHS["rigid"]), 2)
    found = register(noisy(GREY, 1), np.ascontiguousarray(moving[:, ::-1]), on_unreliable="ignore")
    assert any("mirror-fits-better" in warning for warning in found.warnings)
    said = register(noisy(GREY, 1), moving).warnings
    assert not any("mirror-fits-better" in warning for warning in said)


def test_fill_that_is_left_out_is_said() -> None:
    shown = data.camera()[::2, ::2] / 255.0
    found = register(shown, pulled(shown, TRUTHS["rigid"]))
    assert [each for each in found.warnings if each.startswith("moving has") and each.endswith("[fill]")]
    assert not [each for each in found.warnings if each.startswith("fixed has")]


@pytest.mark.parametrize("small", [128, "2px", " 1.5 px"])
def test_work_at_registers_small_and_answers_in_full(small: float | str) -> None:
    truth = TRUTHS["rigid"]
    found = register(GREY, pulled(GREY, truth), work_at=small)
    assert max(found.levels[-1].shape) == 128
    assert found.fixed_grid.shape == GREY.shape
    assert error(found, truth) < 0.2


@pytest.mark.parametrize("given", [{"work_at": 200}, {"allow_flip": True}])
def test_a_scipy_optimiser_ignores_nothing(given: dict) -> None:
    image = data.camera()[::4, ::4]
    with pytest.raises(InputError, match="do not search"):
        register(image, image, optimizer="powell", **given)


@pytest.mark.parametrize("value", [0, 63, True, float("nan")])
def test_work_at_is_a_side(value: object) -> None:
    image = data.camera()[::4, ::4]
    with pytest.raises(InputError, match=r"^work_at is .*64 or more"):
        register(image, image, work_at=value)


@pytest.mark.parametrize("how", ["camera", "cubic", "fourier"])
@pytest.mark.slow
def test_a_shift_of_clear_images_is_exact_however_they_were_made(how: str) -> None:
    scene = data.camera() / 255.0
    shift, errors = np.array([0.25, 0.3]), []
    for seed in range(4):
        if how == "camera":  # pixels twice as large as the photograph's
            coefficients = ndimage.spline_filter(ndimage.gaussian_filter(scene, 1.6), 3)
            rows, columns = np.indices((200, 200)) * 2.0 + 50
            views = [
                ndimage.map_coordinates(coefficients, [rows - 2 * up, columns - 2 * left], order=3, prefilter=False)
                for up, left in ((0.0, 0.0), shift)
            ]
        elif how == "cubic":
            views = [scene, ndimage.shift(scene, shift, order=3, mode="nearest")]
        else:
            views = [scene, np.fft.ifft2(ndimage.fourier_shift(np.fft.fft2(scene), shift)).real]
        rng = np.random.default_rng(seed)
        views = [view[20:-20, 20:-20] + rng.normal(0, 0.002, np.array(view.shape) - 40) for view in views]
        errors.append(register(*views, transform="translation").transform.shift - shift)
    assert np.abs(np.mean(errors, 0)).max() < 1.5e-3


@pytest.mark.parametrize("seed", range(3))
def test_under_heavy_noise_it_is_found_by_coarse_directions(seed: int) -> None:
    rng = np.random.default_rng(seed)
    truth = superpose.rigid(np.radians(rng.uniform(-180, 180)), (12.0, -17.0), CENTRE)
    fixed, moving = (each + rng.normal(0, 0.35, GREY.shape) for each in (GREY, pulled(GREY, truth)))
    found = register(fixed, moving)
    assert error(found, truth) < 0.7
    assert found.reliable


@pytest.mark.parametrize("shift", [(0.0, 0.0), (0.5, 0.5), (-4.0, 7.0)])
def test_a_shift_between_modalities_is_not_drawn_between_pixels(shift: tuple[float, float]) -> None:
    """Where interpolation averages noise away, a third of a pixel off, squared error of directions is least."""
    first = ASTRONAUT[..., 0]
    second = ndimage.shift((2 * ASTRONAUT[..., 2] - 1) ** 2, shift, order=3, mode="nearest")
    views = [noisy(each, seed)[20:-20, 20:-20] for seed, each in enumerate((first, second))]
    found = register(*views, transform="translation", metric="orientation")
    np.testing.assert_allclose(found.transform.shift, shift, atol=0.06)


@pytest.mark.parametrize("given", ["4", "px", "0.5px", "-4px", "4 pixels", "large", ""])
def test_a_size_of_pixels_is_a_number_of_them(given: str) -> None:
    with pytest.raises(InputError, match=r"^work_at is .* no size of pixels; pass such as '4px'"):
        register(GREY, GREY, work_at=given)
