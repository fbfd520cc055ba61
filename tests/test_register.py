"""Registration as a user calls it: what is found, recorded and repeatable."""

from __future__ import annotations

import dataclasses
import pickle
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from scipy import ndimage

import superpose
from superpose import Level, MatrixTransform, register
from superpose._sampling.level import PreparedLevel
from superpose._sampling.level_pair import LevelPair
from superpose._scipy.methods import GLOBAL, LOCAL
from superpose.image import as_image
from superpose.metrics import MI, NMI, CorrelationRatio, Metric
from superpose.metrics.settings import DEFAULTS
from superpose.transforms.family import family_named

Pixels = NDArray[np.float64]
TRUTH = superpose.rigid(0.08, (2.3, -3.4), (47.5, 55.5))


def scene(shape: tuple[int, int], seed: int = 71) -> Pixels:
    noise = np.random.default_rng(seed).random(shape)
    return sum(ndimage.gaussian_filter(noise, sigma) * sigma for sigma in (1.5, 4, 12))  # type: ignore[return-value]


def pair(transform: MatrixTransform = TRUTH, shape: tuple[int, int] = (96, 112)) -> tuple[Pixels, Pixels]:
    """Cut two views from one larger scene, so that neither has a border that the other has not."""
    large, margin = scene((shape[0] + 80, shape[1] + 80)), 40
    fixed = large[margin:-margin, margin:-margin]
    points = transform.inverse()(np.indices(shape).reshape(2, -1).T).T
    return fixed, ndimage.map_coordinates(large, points + margin, order=3).reshape(shape)


FIXED, MOVING = pair()
HEAVY = {"basinhopping", "brute", "dual-annealing"}
SMALL = pair(superpose.translation((1.3, -0.8)), (40, 48))


def off(result: superpose.Registration, truth: MatrixTransform = TRUTH) -> float:
    return result.transform.distance(truth, result.fixed_grid.corners)


@pytest.mark.parametrize("family", ["translation", "rigid", "similarity", "affine"])
def test_families(family: str) -> None:
    truth = superpose.translation((2.3, -3.4)) if family == "translation" else TRUTH
    result = register(*pair(truth), transform=family)
    assert result.transform.family == family
    assert off(result, truth) < 0.1
    assert result.transform.centre == (47.5, 55.5)


@pytest.mark.slow
def test_homography() -> None:
    bent = [[1.02, 0.03, 0], [-0.02, 0.97, 0], [8e-4, -6e-4, 1]]
    truth = superpose.homography(bent, (2.3, -3.4), (47.5, 55.5))
    fixed, moving = pair(truth)
    result = register(fixed, moving, transform="homography")
    assert result.transform.family == "homography"
    assert result.transform.centre == (47.5, 55.5)
    assert off(result, truth) < 0.1
    assert "is seen in perspective, its corners moved by up to" in result.describe()
    # No affine map does that, nor is the perspective lost on the way.
    affine = register(fixed, moving, transform="affine")
    assert off(affine, truth) > 1.5
    assert result.value > affine.value
    once_more = register(fixed, moving, transform="homography", initial=result, levels=1)
    assert off(once_more, truth) < 0.1


@pytest.mark.parametrize("metric", ["mse", "ncc", "orientation"])
def test_metrics(metric: str) -> None:
    result = register(FIXED, MOVING, metric=metric)
    assert off(result) < 0.3
    assert result.metric == metric
    again = getattr(superpose.metrics, metric)(FIXED, result.warp())
    assert result.value == pytest.approx(again, rel=2e-2, abs=1e-6)


@pytest.mark.parametrize("metric", [MI(), NMI(bins=24), CorrelationRatio()])
def test_what_is_reported_of_a_joint_histogram_is_what_was_minimised(metric: Metric) -> None:
    result = register(FIXED, MOVING, metric=metric)
    assert off(result) < 0.3
    assert result.metric == metric.name
    fixed, moving = (PreparedLevel(as_image(each, "image"), 1) for each in (FIXED, MOVING))
    pose, values = result.transform.matrix, []
    for pair, matrix in ((LevelPair(fixed, moving), pose), (LevelPair(moving, fixed), np.linalg.inv(pose))):
        objective, state = metric.objective(pair, matrix, family_named("rigid"), True, 1, DEFAULTS[2])
        values.append(objective.value(state, objective.linearised(state)))
    # The engine may work on the pair in either order. The last step, too short to matter, it takes on trust.
    assert min(abs(np.array(values) / result.value - 1)) < 1e-3
    assert result.value == result.levels[-1].value
    # By another optimiser it is the textbooks' formula.
    descended = register(FIXED, MOVING, metric=metric, optimizer="powell", levels=2)
    assert descended.value == pytest.approx(metric.value(FIXED, descended.warp(), descended.valid), rel=2e-2)


@pytest.mark.parametrize("metric", ["ncc", "nmi"])
@pytest.mark.slow
def test_inverted_contrast_needs_nmi(metric: str) -> None:
    found = register(FIXED, -(MOVING**2), metric=metric, optimizer="powell", on_unreliable="ignore")
    assert (off(found) < 0.3) == (metric == "nmi") == found.reliable


@pytest.mark.parametrize(
    "optimizer",
    [*LOCAL, *(pytest.param(name, marks=pytest.mark.slow) if name in HEAVY else name for name in GLOBAL)],
)
def test_every_optimiser_by_name(optimizer: str) -> None:
    truth = superpose.translation((1.3, -0.8))
    first = register(*SMALL, transform="translation", optimizer=optimizer, seed=3)
    assert off(first, truth) < 0.1
    assert first.optimizer == optimizer
    second = register(*SMALL, transform="translation", optimizer=optimizer, seed=3)
    assert first.transform == second.transform
    assert [level.evaluations for level in first.levels] == [level.evaluations for level in second.levels]


def test_what_is_recorded() -> None:
    result = register(FIXED, MOVING, levels=3)
    assert [level.shape for level in result.levels] == [(24, 28), (48, 56), (96, 112)]
    last = result.levels[-1]
    assert last.parameters == result.transform.parameters
    assert last.value == result.value
    assert all(level.evaluations > 5 and level.seconds > 0 for level in result.levels)
    assert 0.9 < result.overlap <= 1
    assert result.initial.matrix.tolist() == np.eye(3).tolist()
    assert set(result.versions) >= {"superpose", "numpy", "scipy"}
    assert result.warnings == ()


def test_warp_shows_fixed() -> None:
    result = register(FIXED, MOVING)
    assert result.warp().shape == FIXED.shape
    assert np.nanmean(np.abs(result.warp() - FIXED)) < 0.02 * FIXED.std()
    np.testing.assert_array_equal(np.isfinite(result.warp()), result.valid)
    assert result.overlap == pytest.approx(result.valid.mean(), abs=1e-6)


# --- the same bits ------------------------------------------------------------------------------------------
def bits(result: superpose.Registration) -> tuple[bytes, bytes, float, float]:
    return result.transform.matrix.tobytes(), result.warp(threads=1).tobytes(), result.value, result.overlap


@pytest.mark.parametrize("metric", ["mse", "ncc", "nmi", "correlation-ratio"])
@pytest.mark.slow
def test_threads_change_no_bit(metric: str, monkeypatch: pytest.MonkeyPatch) -> None:
    tall = pair(TRUTH, (150, 40))
    once = register(*tall, metric=metric, levels=2, threads=1)
    for threads in (2, 7):
        assert bits(register(*tall, metric=metric, levels=2, threads=threads)) == bits(once)
        assert once.warp(threads=threads).tobytes() == once.warp(threads=1).tobytes()
    monkeypatch.setenv("SUPERPOSE_THREADS", "3")
    assert bits(register(*tall, metric=metric, levels=2)) == bits(once)


def test_layout_and_byte_order_change_no_bit() -> None:
    once = register(FIXED.astype("f4"), MOVING.astype("f4"), levels=2)
    still = MOVING.astype("f4")
    still.flags.writeable = False
    other = register(np.asfortranarray(FIXED.astype("f4")), still, levels=2)
    assert other.transform == once.transform
    assert (
        register(FIXED.astype("f4").astype(">f4"), MOVING.astype("f4").astype("f8"), levels=2).transform
        == once.transform
    )


def test_kept_in_every_way_the_bits_are_equal(tmp_path: Path) -> None:
    result = register(FIXED, MOVING, levels=2)
    result.save(tmp_path / "t.json")
    for other in (
        pickle.loads(pickle.dumps(result)),
        superpose.load(tmp_path / "t.json").with_images(FIXED, MOVING),
    ):
        assert bits(other) == bits(result)
        assert other.levels == result.levels
        assert other.initial == result.initial


# --- where to start -----------------------------------------------------------------------------------------
@pytest.mark.slow
def test_initial_in_every_form(tmp_path: Path) -> None:
    far = superpose.rigid(np.radians(170), (5, -3), (47.5, 55.5))
    views = pair(far)
    start = superpose.rigid(np.radians(165), (3, -1), (47.5, 55.5))
    saved = dataclasses.replace(register(*views, initial=start, levels=1), transform=start)
    saved.save(tmp_path / "start.json")
    for initial in (
        start,
        start.matrix,
        start.matrix.tolist(),
        saved,
        tmp_path / "start.json",
        str(tmp_path / "start.json"),
    ):
        result = register(*views, initial=initial, levels=2)
        assert off(result, far) < 0.1
        assert result.initial.distance(start, FIXED.shape) < 1e-9
        assert result.initial.family == "rigid"


def test_default_start_is_centre_on_centre() -> None:
    result = register(FIXED[:, 6:-6], MOVING, transform="translation", levels=1, on_unreliable="ignore")
    np.testing.assert_allclose(result.initial.shift, (0, 6))


def test_a_start_of_a_smaller_family_is_taken() -> None:
    result = register(FIXED, MOVING, initial=superpose.translation((1, -2)))
    assert result.initial.family == "rigid"
    assert off(result) < 0.1


# --- sizes, masks, missing pixels, colour -------------------------------------------------------------------
def test_images_of_different_sizes() -> None:
    cut = MOVING[9:80, 13:107]
    truth = superpose.translation((-9, -13)) @ TRUTH
    assert off(register(FIXED, cut), truth) < 0.1
    assert register(FIXED, cut).warp().shape == FIXED.shape
    result = register(cut, FIXED)
    assert off(result, truth.inverse()) < 0.1
    assert result.warp().shape == cut.shape


def test_missing_pixels_take_no_part() -> None:
    fixed, moving = FIXED.copy(), MOVING.copy()
    fixed[20:40, 30:60] = moving[50:70, 10:40] = np.nan
    assert off(register(fixed, moving)) < 0.1
    masked = register(np.ma.masked_invalid(fixed), np.ma.masked_invalid(moving))
    assert masked.transform == register(fixed, moving).transform
    np.testing.assert_array_equal(np.isfinite(masked.warp()), masked.valid)
    assert not masked.valid[47:60, 20:35].any()


def test_masks_keep_what_moved_otherwise_out() -> None:
    fixed, moving = FIXED.copy(), MOVING.copy()
    fixed[60:90, 60:100] = moving[20:50, 10:50] = FIXED.max() * 3
    keep_fixed, keep_moving = np.ones(FIXED.shape, bool), np.ones(FIXED.shape, bool)
    keep_fixed[60:90, 60:100] = keep_moving[20:50, 10:50] = False
    with pytest.warns(superpose.UnreliableWarning, match="cannot be told from another one"):
        assert off(register(fixed, moving)) > 1
    result = register(fixed, moving, fixed_mask=keep_fixed, moving_mask=keep_moving)
    assert off(result) < 0.1
    # A mask chooses what the alignment goes by; the picture is whole.
    assert result.valid.mean() > 0.9


def test_colour_and_grey(astronaut: NDArray[np.uint8]) -> None:
    small = astronaut[::4, ::4]
    shifted = np.roll(small, (2, -3), (0, 1))
    result = register(small, shifted, transform="translation")
    np.testing.assert_allclose(result.transform.shift, (2, -3), atol=0.02)
    assert result.warp().shape == small.shape and result.warp().dtype == np.uint8
    opaque = np.dstack([shifted, np.full(small.shape[:2], 255, np.uint8)])
    mixed = register(small[..., 1], opaque, transform="translation")
    np.testing.assert_allclose(mixed.transform.shift, (2, -3), atol=0.05)
    assert mixed.warp().shape == (*small.shape[:2], 4)


def test_min_overlap_keeps_corners_out() -> None:
    tried = []

    def cost(fixed: Pixels, warped: Pixels, mask: NDArray[np.bool_]) -> float:
        tried.append(mask.mean())
        return float(np.square(fixed - warped)[mask].mean())

    result = register(*SMALL, transform="translation", metric=cost, min_overlap=0.6)
    assert min(tried) >= 0.59
    assert result.overlap >= 0.59


def test_a_small_overlap_is_a_warning() -> None:
    fixed, moving = FIXED[:, :70], np.roll(FIXED, 0, 1)[:, 55:]
    result = register(fixed, moving, transform="translation", min_overlap=0.1, initial=superpose.translation((0, -55)))
    np.testing.assert_allclose(result.transform.shift, (0, -55), atol=0.05)
    assert any(warning.startswith("moving covers only 2") for warning in result.warnings) == (result.overlap < 0.25)
    assert result.overlap < 0.27


# --- progress -----------------------------------------------------------------------------------------------
def test_progress_gets_each_level_and_may_stop() -> None:
    seen: list[Level] = []
    result = register(FIXED, MOVING, levels=3, progress=seen.append)
    assert tuple(seen) == result.levels
    stopped = register(FIXED, MOVING, levels=3, progress=lambda level: False)
    assert len(stopped.levels) == 1
    assert stopped.warnings[0].startswith("progress stopped the descent at level 1 of 3")
    assert register(FIXED, MOVING, levels=3, progress=lambda level: 0).transform == result.transform


# --- odd data -----------------------------------------------------------------------------------------------
def odd(image: Pixels) -> dict[str, Any]:
    unit = (image - FIXED.min()) / np.ptp(FIXED)
    return {
        "on 1e6": 255 * unit + 1e6,
        "on 1e9": 255 * unit + 1e9,
        "float32 on 1e6": (255 * unit + 1e6).astype("f4"),
        "1e-12": unit * 1e-12,
        "1e-30": unit * 1e-30,
        "1e14": unit * 1e14,
        "int32": (unit * 2e9).astype("i4"),
        "uint64": (unit * 1e12).astype("u8") + np.uint64(2**60),
        "int8": (unit * 200 - 100).astype("i1"),
        "float16": unit.astype("f2"),
        "bool": unit > 0.5,
        "big-endian": (unit * 60000).astype(">u2"),
        "list": unit.tolist(),
        "long double": unit.astype("g"),
    }


@pytest.mark.parametrize("metric", ["ncc", "mse", "nmi"])
@pytest.mark.parametrize("kind", odd(FIXED))
def test_odd_data(kind: str, metric: str) -> None:
    views = [odd(image)[kind] for image in pair(superpose.translation((1.3, -2.8)))]
    result = register(*views, transform="translation", metric=metric)
    # Interpolated booleans are grey: nmi counts that as information lost, and draws to whole pixels.
    close = 0.9 if (kind, metric) == ("bool", "nmi") else 0.15 if kind == "bool" else 0.06
    np.testing.assert_allclose(result.transform.shift, (1.3, -2.8), rtol=0, atol=close)
    assert result.warp().dtype == np.asarray(views[1]).dtype
    assert np.isfinite(result.value)


@pytest.mark.parametrize("shape", [(4, 4), (4, 200), (5, 2000), (7, 9), (300, 6)])
@pytest.mark.slow
def test_small_and_narrow_images(shape: tuple[int, int]) -> None:
    large = ndimage.gaussian_filter(np.random.default_rng(5).random((shape[0], shape[1] + 8)), 0.7)
    by = 1 if min(shape) == 4 and max(shape) < 9 else 2
    fixed, moving = large[:, : shape[1]], large[:, by : shape[1] + by]
    result = register(fixed, moving, transform="translation", on_unreliable="ignore")
    if max(shape) > 9:
        np.testing.assert_allclose(result.transform.shift, (0, -by), atol=0.05)
    assert np.isfinite(result.value)
    assert result.overlap >= 0.19
    wide = register(fixed, moving, transform="affine", on_unreliable="ignore")
    assert np.isfinite(wide.value) and 0 <= wide.confidence <= 1


def test_an_image_on_itself() -> None:
    result = register(FIXED, FIXED)
    assert off(result, superpose.translation((0, 0))) < 1e-6
    assert result.describe() == "moving lies exactly on fixed"


def test_unrelated_noise_gives_finite_numbers() -> None:
    a, b = np.random.default_rng(0).random((2, 40, 40))
    with pytest.warns(superpose.UnreliableWarning, match="cannot be told from chance"):
        result = register(a, b)
    assert not result.reliable
    assert np.isfinite(result.value) and 0.19 <= result.overlap <= 1


def test_the_user_s_arrays_are_left_alone() -> None:
    a, b = FIXED.astype("f4"), MOVING.astype("f4")
    kept = a.copy(), b.copy()
    result = register(a, b, levels=2)
    np.testing.assert_array_equal(a, kept[0])
    np.testing.assert_array_equal(b, kept[1])
    before = result.warp()
    b[:] = 0
    np.testing.assert_array_equal(result.warp(), before)


def test_a_cost_cannot_change_the_fixed_image() -> None:
    def careless(fixed: Pixels, warped: Pixels, mask: NDArray[np.bool_]) -> float:
        warped[~mask] = 0
        fixed[~mask] = 0
        return 0.0

    with pytest.raises(ValueError, match="read-only"):
        register(*SMALL, metric=careless)
