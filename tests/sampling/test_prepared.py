"""Prepared images: the same answers as from arrays, each part made once, and refused where they do not fit."""

from __future__ import annotations

import copy
import dataclasses
import gc
import pickle
import tracemalloc
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from scipy import ndimage

import superpose
from superpose import InputError, Prepared, Registration, register
from superpose._sampling import level, prepared, pyramid
from superpose.image import UserImage

RNG = np.random.default_rng(151)
SCENE = ndimage.gaussian_filter(RNG.normal(0, 100, (150, 170)), 2) + 20
FIXED = SCENE[10:130, 10:150]
KEEP = np.ones(FIXED.shape, bool)
KEEP[:30, 40:90] = False
TURN = superpose.rigid(0.05, (3, -4), (59.5, 69.5)).matrix
MOVING = ndimage.affine_transform(SCENE, TURN @ superpose.translation((10, 10)).matrix, output_shape=FIXED.shape)
MOVING = MOVING + RNG.normal(0, 0.3, MOVING.shape)


def same(a: Registration, b: Registration) -> bool:
    numbers = (a.value, a.overlap, a.confidence, a.uncertainty, a.margin)
    return (
        a.transform == b.transform
        and numbers == (b.value, b.overlap, b.confidence, b.uncertainty, b.margin)
        and a.evidence == b.evidence
        and np.array_equal(a.warp(), b.warp(), equal_nan=True)
    )


OPTIONS: tuple[dict[str, Any], ...] = (
    {},
    {"metric": "mse"},
    {"metric": "nmi", "transform": "affine"},
    {"work_at": 64},
    {"optimizer": "powell", "metric": lambda a, b, m: float(np.abs(a - b)[m].mean()), "transform": "translation"},
)


# --- answers ------------------------------------------------------------------------------------------------
@pytest.mark.slow
@pytest.mark.parametrize("options", OPTIONS, ids=["auto", "mse", "nmi", "work_at", "own metric"])
def test_answers_are_those_of_the_array_and_its_mask(options: dict[str, Any]) -> None:
    options = options | {"on_unreliable": "ignore"}
    plain = register(FIXED, MOVING, fixed_mask=KEEP, **options)
    fixed, moving = superpose.prepare(FIXED, KEEP), superpose.prepare(MOVING)
    for _ in range(2):  # the second time with what the first one made
        assert same(register(fixed, moving, **options), plain)
    assert same(register(fixed, MOVING, **options), plain)
    assert same(register(FIXED, moving, fixed_mask=KEEP, **options), plain)
    exchanged = register(MOVING, FIXED, moving_mask=KEEP, **options)
    assert same(register(moving, fixed, **options), exchanged)


@pytest.mark.slow
def test_one_image_may_be_prepared_for_many_kinds_of_registrations() -> None:
    one = superpose.prepare(FIXED)
    for options in (*OPTIONS[:4], *OPTIONS[:4]):
        assert same(register(one, MOVING, **options), register(FIXED, MOVING, **options))
        assert same(register(MOVING, one, **options), register(MOVING, FIXED, **options))


def test_colour_and_masked_arrays_and_lists() -> None:
    colour = np.repeat(FIXED[..., None], 3, -1)
    assert same(register(superpose.prepare(colour), MOVING), register(colour, MOVING))
    masked = np.ma.masked_array(FIXED, ~KEEP)
    assert same(register(superpose.prepare(masked), MOVING), register(masked, MOVING))
    assert superpose.prepare(FIXED.tolist()).array.shape == FIXED.shape


def test_a_later_change_of_the_user_s_array_changes_nothing() -> None:
    mine, keep = FIXED.copy(), KEEP.copy()
    one = superpose.prepare(mine, keep)
    mine[:], keep[:] = 0, True
    assert same(register(one, MOVING), register(FIXED, MOVING, fixed_mask=KEEP))


@pytest.mark.parametrize("dtype", [np.uint8, np.float32])
def test_nobody_can_write_to_its_image(dtype: type[np.generic]) -> None:
    one = superpose.prepare(FIXED.astype(dtype), KEEP)
    for array in (one.image.data, one.image.mask):
        with pytest.raises(ValueError, match="read-only"):
            array[0, 0] = 0


@pytest.mark.slow
def test_threads_may_share_one() -> None:
    one = superpose.prepare(FIXED)
    moving = [MOVING, MOVING[::-1], MOVING[:, ::-1], MOVING]
    with ThreadPoolExecutor(4) as pool:
        found = list(pool.map(lambda each: register(one, each, on_unreliable="ignore", threads=2), moving))
    for each, registration in zip(moving, found, strict=True):
        assert same(registration, register(FIXED, each, on_unreliable="ignore"))


# --- made once ----------------------------------------------------------------------------------------------
WORK = (
    (pyramid, "halved"),
    (prepared, "fill_edges"),
    (prepared, "_in_own_deviations"),
    (level, "direction_field"),
)


@pytest.fixture
def made(monkeypatch: pytest.MonkeyPatch) -> dict[str, Counter[bytes]]:
    """By function: how often it was called for an image of the same pixels, not counting directions with signs."""
    calls: dict[str, Counter[bytes]] = {name: Counter() for _, name in WORK}

    def counted(module: Any, name: str) -> None:
        work = getattr(module, name)

        def call(image: Any, *others: Any, **options: Any) -> Any:
            calls[name][image.data.tobytes()] += not options.get("signs")
            return work(image, *others, **options)

        monkeypatch.setattr(module, name, call)

    for module, name in WORK:
        counted(module, name)
    return calls


def frames() -> list[NDArray[np.float64]]:
    """Five moving images, no two of the same pixels."""
    rng = np.random.default_rng(7)
    return [MOVING + rng.normal(0, 0.3, MOVING.shape) for _ in range(5)]


@pytest.mark.parametrize(
    "options",
    [[{}] * 5, [{"metric": "mse"}] * 5, [*OPTIONS[:4], {"metric": "mse", "work_at": 64}]],
    ids=["auto", "mse", "various"],
)
def test_one_fixed_image_is_prepared_once_for_five_moving_ones(
    made: dict[str, Counter[bytes]], options: list[dict[str, Any]]
) -> None:
    fixed = superpose.prepare(FIXED)
    for moving, each in zip(frames(), options, strict=True):
        register(fixed, moving, **each)
    for name, calls in made.items():
        assert calls and max(calls.values()) == 1, name


def test_one_moving_image_is_prepared_once_for_one_fixed_image_and_the_next(made: dict[str, Counter[bytes]]) -> None:
    moving, fixed = superpose.prepare(MOVING), superpose.prepare(FIXED)
    for _ in range(3):
        register(fixed, moving, metric="mse")
    for name, calls in made.items():
        assert calls and max(calls.values()) == 1, name


def test_scipy_s_solver_prepares_nothing_twice(made: dict[str, Counter[bytes]]) -> None:
    fixed, moving = superpose.prepare(FIXED[::2, ::2]), superpose.prepare(MOVING[::2, ::2])
    for _ in range(2):
        register(fixed, moving, optimizer="powell", transform="translation")
    for name in ("halved", "direction_field"):
        assert made[name] and max(made[name].values()) == 1, name


def test_scipy_s_solver_makes_each_level_of_an_array_once(made: dict[str, Counter[bytes]]) -> None:
    register(FIXED[::2, ::2], MOVING[::2, ::2], optimizer="powell", transform="translation")
    assert made["halved"] and max(made["halved"].values()) == 1


def test_arrays_are_prepared_anew(made: dict[str, Counter[bytes]]) -> None:
    for moving in frames():
        register(FIXED, moving)
    for name, calls in made.items():
        assert max(calls.values()) >= 5, name


def test_a_cost_of_one_s_own_and_one_level_make_no_more_than_they_use(
    made: dict[str, Counter[bytes]], monkeypatch: pytest.MonkeyPatch
) -> None:
    converted: list[tuple[str, float | None]] = []
    convert = UserImage.as_image

    def call(image: UserImage, argument: str, offset: float | None = 0.0) -> Any:
        converted.append((argument, offset))
        return convert(image, argument, offset)

    monkeypatch.setattr(UserImage, "as_image", call)
    superpose.landscape(FIXED, MOVING, metric=OPTIONS[4]["metric"])
    assert converted == [("fixed", 0.0), ("moving", 0.0)]
    assert not made["halved"]
    superpose.landscape(FIXED, MOVING, levels=3)
    assert sum(made["halved"].values()) == 2 * 2


def test_only_the_latest_other_offset_is_kept() -> None:
    one = superpose.prepare(FIXED)
    first = one.at_offset(3.0, "moving")
    assert one.at_offset(3.0, "moving") is first
    assert one.at_offset(one.image.offset, "moving") is one
    assert one.at_offset(4.0, "moving") is not first and one.at_offset(3.0, "moving") is not first
    np.testing.assert_allclose(first.image.data, FIXED - 3, rtol=0, atol=1e-5)


# --- refused ------------------------------------------------------------------------------------------------
def test_a_mask_besides_is_refused_by_name() -> None:
    one = superpose.prepare(FIXED, KEEP)
    with pytest.raises(InputError, match=r"^fixed_mask is given, and fixed is prepared already, .*mask-of-prepared"):
        register(one, MOVING, fixed_mask=KEEP)
    with pytest.raises(
        InputError, match=r"^moving_mask is given, and moving is prepared .*prepare\(image, mask=\.\.\.\)"
    ):
        register(MOVING, superpose.prepare(FIXED), moving_mask=KEEP)


def test_what_another_version_prepared_is_refused_by_name() -> None:
    old = dataclasses.replace(superpose.prepare(FIXED), version="0.0.1")
    again = pickle.loads(pickle.dumps(old))
    with pytest.raises(InputError, match=r"^moving was prepared by superpose 0\.0\.1, and this is .*prepare it anew"):
        register(FIXED, again)


def test_what_cannot_be_used_is_refused_when_it_is_prepared() -> None:
    with pytest.raises(InputError, match=r"^image is constant"):
        superpose.prepare(np.ones((20, 20)))
    with pytest.raises(InputError, match=r"^mask has shape \(3, 3\)"):
        superpose.prepare(FIXED, np.ones((3, 3)))
    with pytest.raises(InputError, match=r"^mask keeps 0 of .* invert it \(~mask\) "):
        superpose.prepare(FIXED, np.zeros(FIXED.shape))
    with pytest.raises(InputError, match=r"^fixed_mask keeps 0 of .* invert it \(~fixed_mask\) "):
        register(FIXED, MOVING, fixed_mask=np.zeros(FIXED.shape))
    with pytest.raises(InputError, match=r"^moving has shape .*pass a 2D image"):
        register(superpose.prepare(FIXED), np.ones((4, 4, 4, 4)))


def test_what_is_prepared_stays_as_it_is() -> None:
    one = superpose.prepare(FIXED, KEEP)
    assert superpose.prepare(one) is one
    with pytest.raises(InputError, match=r"^mask is given, and image is prepared already.*mask-of-prepared"):
        superpose.prepare(one, KEEP)
    with pytest.raises(InputError, match=r"^image was prepared by superpose 0\.0\.1, and this is "):
        superpose.prepare(dataclasses.replace(one, version="0.0.1"))


def test_where_an_array_is_asked_for_its_array_is_named() -> None:
    one = superpose.prepare(FIXED)
    found = register(one, MOVING)
    for call, argument in (
        (lambda: superpose.pyramid(one, 2), "image"),  # type: ignore[arg-type]
        (lambda: superpose.colorize(one), "plate"),  # type: ignore[arg-type]
        (lambda: found.warp(one), "image"),  # type: ignore[arg-type]
        (lambda: found.warp_labels(one), "labels"),  # type: ignore[arg-type]
        (lambda: superpose.metrics.ncc(one, FIXED), "fixed"),  # type: ignore[arg-type]
    ):
        with pytest.raises(InputError, match=rf"^{argument} is <Prepared: .*: {argument}\.array .*prepared-image"):
            call()


# --- a value ------------------------------------------------------------------------------------------------
def test_pickles_and_copies_hold_no_parts_and_work() -> None:
    one = superpose.prepare(FIXED, KEEP)
    plain = register(one, MOVING)
    parts = dict(one._parts)
    for twin in (pickle.loads(pickle.dumps(one)), copy.copy(one), copy.deepcopy(one)):
        assert parts and not twin._parts
        assert same(register(twin, MOVING), plain)
        assert one._parts.keys() == parts.keys()


def test_a_result_keeps_what_the_user_prepared_and_else_only_pixels() -> None:
    one = superpose.prepare(FIXED)
    found = register(one, MOVING)
    assert found._fixed is one
    assert not isinstance(found._moving, Prepared)


def test_its_memory_is_what_its_docstring_says() -> None:
    image, moving = (np.kron(each, np.ones((4, 4))).astype(np.float32) for each in (FIXED, MOVING))
    image.flags.writeable = False  # it is not copied then
    tracemalloc.start()
    try:
        one = superpose.prepare(image)
        register(one, moving)
        gc.collect()
        kept = tracemalloc.get_traced_memory()[0]
    finally:
        tracemalloc.stop()
    assert 4 < kept / image.nbytes < 7


def test_its_words() -> None:
    assert repr(superpose.prepare(FIXED.astype(np.uint8))) == "<Prepared: 120 x 140 uint8, all of its pixels count>"
    assert repr(superpose.prepare(FIXED, KEEP)) == "<Prepared: 120 x 140 float64, 91.1 % of its pixels count>"
