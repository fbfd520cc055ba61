"""The dtype law: an image keeps its dtype; integers are rounded and saturate, and never wrap."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from scipy import ndimage

import superpose
from superpose import InputError, MatrixTransform, Registration
from superpose.image import Grid, UserImage
from tests.reference import warp as reference

INTEGERS = ["u1", "u2", "u4", "u8", "i1", "i2", "i4", "i8"]
DTYPES = ["?", *INTEGERS, "f2", "f4", "f8", ">u2", ">i4", ">f4", ">f8", "g"]
TURN = superpose.rigid(0.3, (1.25, -2.5), (11.5, 14.5))
HALF = superpose.translation((0.5, 0.5))


def placed(moving: Any, transform: MatrixTransform, shape: tuple[int, int] = (24, 30)) -> Registration:
    array = np.asanyarray(moving)
    return Registration(
        transform=transform,
        value=0.0,
        metric="mse",
        optimizer="none",
        levels=(),
        overlap=1.0,
        initial=transform,
        fixed_grid=Grid(shape),
        moving_grid=Grid(array.shape[:2]),
        _moving=UserImage(array),
    )


def steps(dtype: str, shape: tuple[int, int] = (24, 30)) -> NDArray[Any]:
    """Edges from the lowest to the highest value of the type, where a cubic spline overshoots."""
    kind = np.dtype(dtype)
    board = np.indices(shape).sum(0) // 5 % 2 == 1
    if kind.kind == "b":
        return board
    if kind.kind == "f":
        return np.where(board, 1.0, -1.0).astype(kind)
    info = np.iinfo(kind)
    return np.where(board, np.array(info.max, kind), np.array(info.min, kind))


@pytest.mark.parametrize("order", [0, 1, 3])
@pytest.mark.parametrize("dtype", DTYPES)
def test_identity_changes_nothing(dtype: str, order: int) -> None:
    image = steps(dtype)
    out = placed(image, superpose.translation((0, 0))).warp(order=order)
    assert out.dtype == image.dtype
    if order == 3 and image.dtype.itemsize > 2:
        # The spline's coefficients are 32-bit floats: seven digits of the image's range.
        span = float(image.max()) - float(image.min())
        np.testing.assert_allclose(out.astype(float), image.astype(float), rtol=0, atol=3e-7 * span)
    else:
        np.testing.assert_array_equal(out, image)


@pytest.mark.parametrize("order", [0, 1, 3])
@pytest.mark.parametrize("dtype", INTEGERS)
def test_integers_saturate_and_never_wrap(dtype: str, order: int) -> None:
    image = steps(dtype)
    result = placed(image, TURN)
    out = result.warp(order=order)
    assert out.dtype == image.dtype
    info = np.iinfo(dtype)
    span = float(info.max) - float(info.min)
    # In units of the whole range, against the same picture in floats: a wrapped value would be off by one.
    unit = (image.astype(float) - float(info.min)) / span
    expected = np.clip(placed(unit, TURN).warp(order=order, fill=0, clip=False), 0, 1)
    got = (out.astype(float) - float(info.min)) / span
    assert result.valid.sum() > 300
    np.testing.assert_allclose(got[result.valid], expected[result.valid], rtol=0, atol=0.51 / span + 1e-6)
    assert out[result.valid].min() == info.min
    assert out[result.valid].max() == info.max


@pytest.mark.parametrize("dtype", ["u1", "i1", "u2", "i2"])
def test_overshoot_was_there_to_saturate(dtype: str) -> None:
    # A test of the one above: the spline does leave the range.
    unit = (steps(dtype).astype(float) - np.iinfo(dtype).min) / (2.0 ** (8 * np.dtype(dtype).itemsize) - 1)
    warped = placed(unit, TURN).warp(clip=False)
    assert np.nanmax(warped) > 1.02 and np.nanmin(warped) < -0.02
    np.testing.assert_array_equal(placed(unit, TURN).warp(), np.clip(warped, 0, 1))


@pytest.mark.parametrize("dtype", ["u1", "u2", "i4", "u8", "f4", "f8"])
def test_no_channel_leaves_its_own_range(dtype: str) -> None:
    low, high = np.array([3, 100], dtype), np.array([9, 101], dtype)
    image = np.where(steps("?")[..., None], low, high).astype(dtype)
    image[0, 0] = 6, 100
    result = placed(image, TURN)
    out = result.warp()[result.valid]
    np.testing.assert_array_equal(out.min(0), low)
    np.testing.assert_array_equal(out.max(0), high)
    free = result.warp(clip=False)[result.valid]
    assert free[..., 0].min() < 3 and free[..., 0].max() > 9


def test_integers_are_rounded() -> None:
    image = np.array([[0, 0, 0, 0], [1, 1, 1, 1], [3, 3, 3, 3], [9, 9, 9, 9]], np.uint8)
    out = placed(image, superpose.translation((0.6, 0)), (3, 4)).warp(order=1)
    np.testing.assert_array_equal(out[:, 0], [1, 2, 7])  # 0.6, 2.2, 6.6


@pytest.mark.parametrize("dtype", ["?", "f2", "f4", "f8", ">f8", "g"])
@pytest.mark.parametrize("order", [1, 3])
def test_floats_and_booleans(dtype: str, order: int) -> None:
    image = steps(dtype)
    result = placed(image, TURN)
    out = result.warp(order=order, clip=False)
    assert out.dtype == image.dtype
    expected, inside = reference.warp(image.astype(float), TURN.matrix, (24, 30), order)
    if dtype == "?":
        expected = expected >= 0.5
        assert (out != expected)[inside].mean() < 0.01
    else:
        np.testing.assert_allclose(
            out[inside].astype(float), expected[inside], rtol=0, atol=2e-3 if dtype == "f2" else 1e-5
        )
        assert np.isnan(out[~inside]).all()


@pytest.mark.parametrize("order", [0, 1, 3])
def test_layouts(order: int) -> None:
    image = np.random.default_rng(3).integers(0, 60000, (24, 30)).astype("u2")
    expected = placed(image, TURN).warp(order=order)
    read_only = image.copy()
    read_only.flags.writeable = False
    wide = np.zeros((48, 90), "u2")
    wide[::2, ::3] = image
    for same in (read_only, np.asfortranarray(image), wide[::2, ::3], image[::-1, ::-1].copy()[::-1, ::-1]):
        np.testing.assert_array_equal(placed(same, TURN).warp(order=order), expected)
    np.testing.assert_array_equal(placed(image.astype(">u2"), TURN).warp(order=order), expected)


def test_a_large_offset_costs_no_digits() -> None:
    smooth = np.random.default_rng(3).random((24, 30))
    plain, lifted = placed(smooth, TURN), placed(smooth + 1e6, TURN)
    inside = plain.valid
    np.testing.assert_allclose(lifted.warp()[inside] - 1e6, plain.warp()[inside], rtol=0, atol=1e-6)


def test_float_overflow_is_no_error() -> None:
    image = np.full((24, 30), 60000, np.float16)
    image[::2] = -60000
    out = placed(image, TURN).warp()
    assert out.dtype == np.float16
    assert not np.isnan(out[placed(image, TURN).valid]).any()


@pytest.mark.parametrize("channels", [1, 2, 3, 4, 7])
def test_channels_are_warped_one_by_one(channels: int) -> None:
    image = np.random.default_rng(3).integers(0, 256, (24, 30, channels)).astype(np.uint8)
    out = placed(image, TURN).warp()
    assert out.shape == (24, 30, channels) and out.dtype == np.uint8
    for k in range(channels):
        np.testing.assert_array_equal(out[..., k], placed(image[..., k], TURN).warp())


# --- missing data -------------------------------------------------------------------------------------------
@pytest.mark.parametrize("order", [0, 1, 3])
@pytest.mark.parametrize("shift", [(0, 0), (0.3, 0), (0.3, 0.6), (0.5, 0.5)])
def test_one_missing_pixel_makes_no_hole_larger_than_itself(shift: tuple[float, float], order: int) -> None:
    image = np.random.default_rng(3).random((24, 30))
    image[12, 15] = np.nan
    t = superpose.translation(shift)
    result = placed(image, t)
    out, points = result.warp(order=order), np.moveaxis(reference.mapped_grid(t.matrix, (24, 30)), 0, -1)
    holes = points[np.isnan(out) & (np.abs(points - [12, 15]).max(-1) < 3)]
    assert len(holes) == (0 if order and min(shift) > 0.25 else 1)
    assert (np.abs(holes - [12, 15]) <= 0.5).all()
    if order:
        np.testing.assert_array_equal(np.isfinite(out), result.valid)


@pytest.mark.parametrize("order", [1, 3])
@pytest.mark.parametrize("kind", ["one", "a third", "rows", "Bayer", "a block"])
def test_across_missing_pixels_is_the_formula(kind: str, order: int) -> None:
    rng = np.random.default_rng(8)
    image, mask = rng.random((24, 30)), rng.random((24, 30)) < (0.67 if kind == "a third" else 1)
    mask[{"one": np.s_[7, 9], "rows": np.s_[1::2], "a block": np.s_[10:12, 5:20]}.get(kind, np.s_[:0])] = False
    if kind == "Bayer":
        mask &= ~(np.indices(mask.shape) % 2).any(0)
    out = placed(np.where(mask, image, np.nan), TURN).warp(order=order, clip=False)
    expected, valid = reference.across(image, mask, TURN.matrix, (24, 30), order)
    assert 20 < valid.sum() < placed(image, TURN).valid.sum()
    np.testing.assert_array_equal(np.isfinite(out), valid)
    np.testing.assert_allclose(out[valid], expected[valid], rtol=0, atol=2e-6)


@pytest.mark.parametrize("order", [1, 3])
def test_what_counts_around_a_missing_pixel_tells_more_than_the_nearest(order: int) -> None:
    smooth = ndimage.gaussian_filter(np.random.default_rng(12).normal(0, 100, (128, 128)), 2)
    holed = np.where(np.random.default_rng(13).random(smooth.shape) < 0.1, np.nan, smooth)
    turn = superpose.rigid(0.3, (1.25, -2.5), (63.5, 63.5))
    whole, out = (placed(each, turn, (128, 128)).warp(order=order) for each in (smooth, holed))
    row, column = ndimage.distance_transform_edt(np.isnan(holed), return_distances=False, return_indices=True)
    nearest = placed(holed[row, column], turn, (128, 128)).warp(order=order)
    here = np.isfinite(out)
    assert here.sum() > 0.8 * np.isfinite(whole).sum()
    errors = [np.sqrt(np.mean((each - whole)[here] ** 2)) for each in (out, nearest)]
    assert errors[0] < 0.75 * errors[1]


def test_every_second_row_half_way_between_is_there() -> None:
    image = np.random.default_rng(3).random((24, 30))
    image[1::2] = np.nan
    for order in (1, 3):
        out = placed(image, superpose.translation((0.5, 0))).warp(order=order)
        assert np.isfinite(out[:-1]).all() and np.isnan(out[-1]).all()


def test_values_beside_missing_pixels_stay_plausible() -> None:
    rows, columns = np.indices((40, 40))
    smooth = 100 + 10 * np.sin(rows / 6) + 10 * np.cos(columns / 5)
    holed = smooth.copy()
    holed[15:22, 10:30] = np.nan
    t = superpose.translation((0.4, 0.3))
    whole, out = placed(smooth, t, (40, 40)).warp(), placed(holed, t, (40, 40)).warp()
    here = np.isfinite(out)
    assert here.sum() > 1000
    assert np.abs(out - whole)[here].max() < 1.0


@pytest.mark.parametrize("order", [0, 1, 3])
def test_nan_becomes_the_fill_whatever_the_order(order: int) -> None:
    image = np.random.default_rng(3).random((24, 30)).astype(np.float32)
    image[5:9, 6:14] = np.nan
    out = placed(image, HALF).warp(order=order, fill=-1)
    assert np.isfinite(out).all() and (out[6:8, 7:13] == -1).all()
    assert (out[:4, :28] >= 0).all()


@pytest.mark.parametrize("order", [0, 1, 3])
@pytest.mark.parametrize("dtype", ["u1", "i4", "f4"])
def test_masked_arrays_are_missing_where_they_are_masked(dtype: str, order: int) -> None:
    image = np.random.default_rng(3).integers(1, 100, (24, 30)).astype(dtype)
    mask = np.zeros(image.shape, bool)
    mask[5:9, 6:14] = True
    spoilt = image.copy()
    spoilt[mask] = 150
    masked = placed(np.ma.masked_array(spoilt, mask), TURN)
    out = masked.warp(order=order, fill=200)
    assert type(out) is np.ndarray and out.dtype == image.dtype
    as_nan = placed(np.where(mask, np.nan, image.astype(float)), TURN)
    np.testing.assert_array_equal(masked.valid, as_nan.valid)
    if order:
        np.testing.assert_array_equal(out != 200, masked.valid)
        assert out[masked.valid].max() < 140
    else:
        assert out[out != 200].max() < 100
    np.testing.assert_array_equal(placed(image, TURN).warp(np.ma.masked_array(spoilt, mask), order, 200), out)


def test_nothing_but_missing() -> None:
    image = np.full((24, 30), np.nan)
    assert np.isnan(placed(image, TURN).warp()).all()
    assert not placed(image, TURN).valid.any()


# --- fill ---------------------------------------------------------------------------------------------------
@pytest.mark.parametrize("order", [0, 1, 3])
def test_fill(order: int) -> None:
    far = superpose.translation((1000, 0))
    for dtype in ("u1", "i2", "f4", "f8", ">f4"):
        image = steps(dtype)
        assert (placed(image, far).warp(order=order, fill=7) == 7).all()
        nothing = placed(image, far).warp(order=order)
        assert np.isnan(nothing).all() if nothing.dtype.kind == "f" else (nothing == 0).all()
    assert placed(steps("?"), far).warp(order=order, fill=1).all()


@pytest.mark.parametrize(
    "dtype, fill",
    [("u1", 256), ("u1", -1), ("u1", 0.5), ("i1", 128), ("?", 2), ("u8", -1), ("i2", np.inf), ("u1", "0")],
)
def test_fill_that_does_not_fit(dtype: str, fill: object) -> None:
    with pytest.raises(InputError, match=r"^fill is .*cannot hold.*\[bad-fill\]"):
        placed(steps(dtype), HALF).warp(fill=fill)  # type: ignore[arg-type]


def test_the_largest_fill() -> None:
    far = superpose.translation((1000, 0))
    assert (placed(steps("u8"), far).warp(fill=2**64 - 1) == 2**64 - 1).all()
    assert (placed(steps("u8"), far).warp_labels(steps("u8"), fill=2**64 - 1) == 2**64 - 1).all()


# --- labels -------------------------------------------------------------------------------------------------
@pytest.mark.parametrize("dtype", ["?", *INTEGERS, ">u8", ">i2"])
def test_labels_are_exact(dtype: str) -> None:
    kind = np.dtype(dtype)
    rng = np.random.default_rng(5)
    high = 1 if kind.kind == "b" else int(np.iinfo(kind).max)
    labels = (high - rng.integers(0, 2 if kind.kind == "b" else 100, (24, 30)).astype("u8")).astype(kind)
    out = placed(labels, TURN).warp_labels(labels)
    assert out.dtype == kind
    np.testing.assert_array_equal(out, reference.nearest(labels, TURN.matrix, (24, 30), 0))
    assert high in out


def test_labels_of_every_pixel_of_an_image_on_another_grid() -> None:
    labels = np.arange(2**64 - 24 * 30, 2**64 - 1, dtype="u8")
    labels = np.append(labels, np.uint64(2**64 - 1)).reshape(24, 30)
    quarter = superpose.rigid(np.pi / 2, centre=(11.5, 11.5))
    out = placed(labels, quarter, (24, 24)).warp_labels(labels)
    np.testing.assert_array_equal(out, np.rot90(labels[:, :24], -1))


@pytest.mark.parametrize("labels", [np.zeros((24, 30)), np.zeros((24, 30), complex), np.full((24, 30), "a")])
def test_labels_must_be_whole_numbers(labels: NDArray[Any]) -> None:
    with pytest.raises(InputError, match=r"^labels has dtype .*whole numbers"):
        placed(steps("u1"), TURN).warp_labels(labels)


# --- bad arguments ------------------------------------------------------------------------------------------
@pytest.mark.parametrize("order", [2, -1, 4, 1.5, "cubic", None, [1]])
def test_bad_order(order: object) -> None:
    with pytest.raises(InputError, match=r"^order=.* is not known; choose one of 0, 1, 3"):
        placed(steps("u1"), TURN).warp(order=order)  # type: ignore[arg-type]


@pytest.mark.parametrize("image", [np.zeros((24, 30), complex), np.zeros((24, 30), object), np.full((24, 30), "a")])
def test_bad_images(image: NDArray[Any]) -> None:
    with pytest.raises(InputError, match=r"^image (has dtype|is an array of)"):
        placed(steps("u1"), TURN).warp(image)


@pytest.mark.parametrize("shape", [(30, 24), (24,), (24, 30, 2, 2), (24, 31)])
def test_other_grids(shape: tuple[int, ...]) -> None:
    with pytest.raises(InputError, match=r"^image has shape .*moving image had shape \(24, 30\)"):
        placed(steps("u1"), TURN).warp(np.zeros(shape))
    with pytest.raises(InputError, match=r"^labels has shape .*moving image had shape \(24, 30\)"):
        placed(steps("u1"), TURN).warp_labels(np.zeros(shape, int))


def test_infinite_pixels_do_not_poison_the_rest() -> None:
    image = np.random.default_rng(3).random((24, 30))
    image[2, 3] = np.inf
    with pytest.raises(InputError, match=r"^image has 1 infinite pixels"):
        placed(image, TURN).warp()
    assert np.isinf(placed(image, superpose.translation((0, 0))).warp(order=0)[2, 3])
