"""`register` on images nobody would choose: a Registration or an InputError, never another error or a warning."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from superpose import InputError, Registration, register

FAMILIES = ("translation", "rigid", "similarity", "affine", "homography")
METRICS = ("auto", "ncc", "mse", "correlation-ratio", "orientation")
Images = NDArray[Any]


def content(kind: str, shape: tuple[int, int], seed: int) -> Images:
    rng = np.random.default_rng(seed)
    rows, columns = np.indices(shape).astype(float)
    if kind == "noise":
        return rng.random(shape)
    if kind == "ramp":
        return rows + 2 * columns
    if kind == "stripes":
        return np.sin(columns)
    if kind == "one pixel":
        image = np.zeros(shape)
        image[rng.integers(shape[0]), rng.integers(shape[1])] = 1
        return image
    if kind == "two values":
        return (rng.random(shape) > 0.5).astype(float)
    if kind == "edge":
        return (columns > shape[1] // 2).astype(float)
    blob = np.exp(-((rows - shape[0] / 2) ** 2 + (columns - shape[1] / 2) ** 2) / 8)
    return blob + 0.01 * rng.random(shape)


def spoilt(image: Images, how: str, seed: int) -> Images:
    rng = np.random.default_rng(seed)
    image = image.copy()
    if how == "stripes":
        image[::2] = np.nan
    elif how == "few left":
        keep = rng.permutation(image.size)[:5]
        other = np.full(image.size, np.nan)
        other[keep] = image.ravel()[keep]
        image = other.reshape(image.shape)
    elif how == "half":
        image[: image.shape[0] // 2] = np.nan
    elif how == "scattered":
        image[rng.random(image.shape) < 0.3] = np.nan
    elif how == "frame":
        image[[0, -1]] = np.nan
        image[:, [0, -1]] = np.nan
    return image


images = st.tuples(
    st.sampled_from(["noise", "ramp", "stripes", "one pixel", "two values", "edge", "blob"]),
    st.tuples(st.integers(4, 48), st.integers(4, 48)),
    st.integers(0, 99),
    st.sampled_from(["whole", "whole", "stripes", "few left", "half", "scattered", "frame"]),
    st.sampled_from([(1.0, 0.0), (1e-28, 0.0), (1e-3, 1e6), (1e14, 0.0), (-5.0, -1e9), (1e-300, 0.0)]),
)


def made(drawn: tuple[Any, ...]) -> Images:
    kind, shape, seed, how, (scale, offset) = drawn
    return spoilt(content(kind, shape, seed) * scale + offset, how, seed)


def check(fixed: Images, moving: Images, **arguments: Any) -> None:
    """Whatever comes, it is an answer or one of our own errors; warnings are errors in all tests."""
    try:
        found = register(fixed, moving, threads=1, on_unreliable="ignore", **arguments)
    except InputError:
        return
    assert isinstance(found, Registration)
    assert np.isfinite(found.transform.matrix).all()
    assert 0 <= found.overlap <= 1
    assert not np.isnan(found.value)
    assert found.describe()
    assert found.warp().shape == np.shape(fixed)


@pytest.mark.slow
@settings(max_examples=60)
@given(images, images, st.sampled_from(FAMILIES), st.sampled_from(METRICS), st.sampled_from(["auto", "local"]))
def test_two_images_of_any_kind(first: Any, second: Any, family: str, metric: str, search: str) -> None:
    check(made(first), made(second), transform=family, metric=metric, search=search)


@pytest.mark.slow
@settings(max_examples=30)
@given(images, st.integers(-9, 9), st.sampled_from(FAMILIES), st.sampled_from(METRICS))
def test_an_image_and_itself_rolled(first: Any, by: int, family: str, metric: str) -> None:
    image = made(first)
    check(image, np.roll(image, by, 1), transform=family, metric=metric)


@pytest.mark.slow
@settings(max_examples=60)
@given(images, images, st.integers(1, 12), st.integers(0, 99), st.sampled_from(FAMILIES))
def test_masks_that_leave_few_pixels(first: Any, second: Any, left: int, seed: int, family: str) -> None:
    fixed, moving = made(first), made(second)
    masks = []
    for image in (fixed, moving):
        mask = np.zeros(image.size, bool)
        mask[np.random.default_rng(seed).permutation(image.size)[:left]] = True
        masks.append(mask.reshape(image.shape))
    check(fixed, moving, transform=family, fixed_mask=masks[0], moving_mask=masks[1])
    check(fixed, moving, transform=family, moving_mask=masks[1])


@pytest.mark.slow
@settings(max_examples=60)
@given(
    st.tuples(st.integers(1, 40), st.integers(1, 40)),
    st.tuples(st.integers(1, 40), st.integers(1, 40)),
    st.sampled_from(["u1", "i2", ">u2", "i8", "u8", "f2", ">f4", "f8", "?"]),
    st.sampled_from(["plain", "reversed", "strided", "fortran", "read-only"]),
    st.integers(0, 99),
)
def test_any_dtype_and_layout(a: tuple[int, int], b: tuple[int, int], dtype: str, layout: str, seed: int) -> None:
    rng = np.random.default_rng(seed)
    pair = []
    for shape in (a, b):
        image = np.asarray(rng.integers(0, 100, (2 * shape[0], 2 * shape[1]))).astype(dtype)
        image = image[::2, ::2] if layout == "strided" else image[: shape[0], : shape[1]]
        image = image[::-1, ::-1] if layout == "reversed" else image
        image = np.asfortranarray(image) if layout == "fortran" else image
        if layout == "read-only":
            image.flags.writeable = False
        pair.append(image)
    check(pair[0], pair[1])


@pytest.mark.slow
@settings(max_examples=60)
@given(
    st.tuples(st.integers(1, 40), st.integers(1, 40)),
    st.tuples(st.integers(1, 40), st.integers(1, 40)),
    st.sampled_from(
        ["noise", "ramp", "stripes", "one pixel", "two values", "edge", "blob", "constant", "checkerboard"]
    ),
    st.sampled_from([0.0, 0.01, 0.2, 0.9, 1.0]),
    st.sampled_from(FAMILIES),
    st.booleans(),
)
def test_shapes_and_overlaps_of_any_kind(
    a: tuple[int, int], b: tuple[int, int], kind: str, least: float, family: str, same: bool
) -> None:
    """What is refused is refused for what was given: `initial` and `search` were not."""
    pair = []
    for shape, seed in ((a, 0), (a if same else b, 0 if same else 1)):
        plain = np.indices(shape).sum(0) % 2.0 if kind == "checkerboard" else np.ones(shape)
        pair.append(plain if kind in ("constant", "checkerboard") else content(kind, shape, seed))
    try:
        found = register(*pair, transform=family, min_overlap=least, threads=1, on_unreliable="ignore")
    except InputError as error:
        blamed = error.fields["argument"]
    else:
        blamed = "nothing"
        assert np.isfinite(found.transform.matrix).all()
        assert found.describe()
    assert blamed in ("nothing", "fixed", "moving")


@pytest.mark.parametrize("wide", ["fixed", "moving"])
@pytest.mark.parametrize("colour", [False, True])
def test_values_beyond_64_bits_are_refused(wide: str, colour: bool) -> None:
    image = content("noise", (40, 44), 3)
    large = np.ldexp(image.astype(np.longdouble), 2000)
    if np.isinf(large).any():
        pytest.skip("long doubles have 64 bits here")
    large = np.stack([large] * 3, -1) if colour else large
    with pytest.raises(InputError, match=f"^{wide} reaches values beyond 1e308, .*; divide it by a constant"):
        register(*((large, image) if wide == "fixed" else (image, large)))


@pytest.mark.parametrize("scale", [1e-28, 1e-20, 1e-5, 1e5, 1e13])
def test_units_change_nothing(scale: float) -> None:
    image = content("noise", (40, 44), 3)
    plain = register(image, np.roll(image, 2, 0), transform="translation")
    other = register(image * scale, np.roll(image, 2, 0) * scale, transform="translation")
    assert other.transform.distance(plain.transform, plain.fixed_grid.corners) < 1e-3


@pytest.mark.parametrize("scale", [1e-35, 1e-42, 1e-300])
def test_differences_too_small_for_floats_are_refused(scale: float) -> None:
    image = scale * content("noise", (40, 44), 3)
    with pytest.raises(InputError, match=r"^fixed has pixels that differ by .* multiply it by a constant"):
        register(image, np.roll(image, 2, 0))
