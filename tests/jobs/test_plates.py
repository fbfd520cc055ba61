from __future__ import annotations

import copy
import dataclasses
import pickle
from collections import Counter
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

import superpose
from superpose import InputError
from superpose._jobs.exposures import split, window
from superpose._jobs.plate_settings import BorderSettings
from superpose._sampling import pyramid
from superpose.image import UserImage, as_image
from superpose.metrics import nmi
from tests.jobs.making import MadePlate, coloured_fringes, made_plate, worst_error


@pytest.fixture(scope="module")
def made(astronaut: NDArray[np.uint8]) -> MadePlate:
    return made_plate(astronaut[60:320, 60:320], seed=3)


@pytest.fixture(scope="module")
def restored(made: MadePlate) -> superpose.Plate:
    return superpose.colorize(made.scan)


def test_a_made_plate_comes_home(made: MadePlate, restored: superpose.Plate) -> None:
    identity = superpose.translation((0, 0))
    assert max(identity.distance(truth, made.inner) for truth in made.truth.values()) > 5
    assert worst_error(made, restored) < 0.4
    assert restored.warnings == ()
    assert set(restored.registrations) == {"blue", "red"} and set(restored.exposures) == {
        "blue",
        "green",
        "red",
    }


def test_the_picture_is_the_plates_own_intensities_without_borders(made: MadePlate, restored: superpose.Plate) -> None:
    assert restored.image.dtype == np.uint8 and restored.image.ndim == 3
    np.testing.assert_array_equal(restored.image[..., 1], restored.exposures["green"][restored.crop])
    for channel, name in ((0, "red"), (2, "blue")):
        np.testing.assert_array_equal(restored.image[..., channel], restored.registrations[name].warp()[restored.crop])
    # Paper is near 247, film near 10: neither shows along an edge.
    for edge in (restored.image[0], restored.image[-1], restored.image[:, 0], restored.image[:, -1]):
        assert ((edge > 240).mean(0) < 0.2).all() and ((edge < 14).mean(0) < 0.2).all()
    assert np.prod(restored.image.shape[:2]) > 0.6 * restored.exposures["green"].size


@pytest.mark.slow
def test_a_plate_may_be_16_bit_or_float_or_stored_as_colour(made: MadePlate, restored: superpose.Plate) -> None:
    deep = superpose.colorize(made.scan.astype(np.uint16) * 257)
    assert deep.image.dtype == np.uint16 and deep.image.max() > 255
    assert worst_error(made, deep) < 0.4
    real = superpose.colorize(made.scan.astype(np.float32) / 255)
    assert real.image.dtype == np.float32 and worst_error(made, real) < 0.4
    triple = superpose.colorize(np.repeat(made.scan[..., None], 3, -1))
    np.testing.assert_array_equal(triple.image, restored.image)


@pytest.mark.slow
def test_order_and_reference(made: MadePlate, restored: superpose.Plate) -> None:
    rows = made.scan.shape[0] // 3
    turned = np.vstack([made.scan[2 * rows :], made.scan[rows : 2 * rows], made.scan[:rows]])
    np.testing.assert_array_equal(superpose.colorize(turned, order="RGB").image, restored.image)
    onto_red = superpose.colorize(made.scan, reference="red")
    assert set(onto_red.registrations) == {"blue", "green"}
    back = onto_red.registrations["green"].transform.inverse()
    inner = onto_red.registrations["green"].transform(made.inner)
    assert back.distance(made.truth["red"], inner) < 0.5


def test_without_crop_the_whole_exposure_is_kept(made: MadePlate, restored: superpose.Plate) -> None:
    whole = superpose.colorize(made.scan, crop=False)
    assert whole.image.shape[:2] == whole.exposures["green"].shape
    np.testing.assert_array_equal(whole.image[restored.crop], restored.image)


def test_missing_pixels_take_no_part(made: MadePlate) -> None:
    scan = made.scan.astype(np.float32)
    scan[100:130, 80:140] = np.nan
    found = superpose.colorize(scan)
    assert worst_error(made, found) < 0.4
    assert np.isnan(found.image[..., 2]).sum() > 1000 and not np.isnan(found.image[..., 1]).any()


@pytest.mark.slow
def test_threads_change_no_bit(made: MadePlate) -> None:
    one, three = (superpose.colorize(made.scan, threads=count) for count in (1, 3))
    np.testing.assert_array_equal(one.image, three.image)
    assert one.registrations["blue"].transform == three.registrations["blue"].transform


def test_levels_are_reported_as_they_end(made: MadePlate) -> None:
    seen: list[superpose.Level] = []
    found = superpose.colorize(made.scan, progress=seen.append)
    assert seen == [level for each in found.registrations.values() for level in each.levels]


def test_a_plate_is_a_value(restored: superpose.Plate) -> None:
    with pytest.raises(dataclasses.FrozenInstanceError, match="image"):
        restored.image = restored.image  # type: ignore[misc]
    for twin in (copy.copy(restored), pickle.loads(pickle.dumps(restored))):
        np.testing.assert_array_equal(twin.image, restored.image)
    assert "uint8 on green; blue orientation 0." in repr(restored)


@pytest.mark.parametrize("metric", ["orientation", "mse", lambda a, b, m: float(np.abs(a - b)[m].mean())])
def test_each_exposure_is_prepared_once(made: MadePlate, monkeypatch: pytest.MonkeyPatch, metric: Any) -> None:
    halvings: Counter[bytes] = Counter()
    halved = pyramid.halved

    def count(image: superpose.Raster, threads: int = 1) -> superpose.Raster:
        halvings[image.data.tobytes()] += 1
        return halved(image, threads)

    monkeypatch.setattr(pyramid, "halved", count)
    plate = superpose.colorize(made.scan, metric=metric, transform="translation")
    assert halvings and max(halvings.values()) == 1
    for each in plate.registrations.values():
        assert isinstance(each._fixed, UserImage) and isinstance(each._moving, UserImage)
        assert not each._fixed.mask.all()  # borders take no part in landscapes either


def test_up_to_two_rows_are_left_over() -> None:
    scan = np.arange(50 * 20).reshape(50, 20)
    parts = split(scan)
    assert [part.shape for part in parts] == [(16, 20)] * 3
    np.testing.assert_array_equal(np.vstack(parts), scan[:48])


def test_borders_are_found_to_a_pixel_or_two(camera: NDArray[np.uint8]) -> None:
    # Paper, then film, each side of another width; none at the bottom.
    scan = np.full((300, 320), 250, np.uint8)
    scan[8:, 5:310] = 6
    scan[15:, 11:302] = camera[100:385, 100:391]
    rows, columns = window(as_image(scan, "plate"), BorderSettings())
    # One hundredth of the side and two pixels for a soft edge are given away.
    assert 15 <= rows.start <= 15 + 6 and rows.stop == 300 - 3
    assert 11 <= columns.start <= 11 + 6 and 302 - 8 <= columns.stop <= 302


@pytest.mark.parametrize(
    "change, said",
    [
        ({"order": "rgg"}, r"^order is 'rgg'; pass the letters b, g and r once each"),
        ({"order": 3}, r"^order is 3; pass the letters"),
        ({"reference": "gren"}, r"^reference='gren' is not known; did you mean 'green' or"),
        ({"metric": "nmI2"}, r"^metric='nmI2' is not known; did you mean 'nmi'"),
        ({"transform": "rigit"}, r"^transform='rigit' is not known; did you mean 'rigid'"),
        ({"threads": 0}, r"^threads is 0"),
    ],
)
def test_wrong_choices(made: MadePlate, change: dict[str, object], said: str) -> None:
    with pytest.raises(InputError, match=said):
        superpose.colorize(made.scan, **change)  # type: ignore[arg-type]


def test_plates_that_cannot_be_used(made: MadePlate, astronaut: NDArray[np.uint8]) -> None:
    with pytest.raises(InputError, match=r"^plate has shape \(47, 200\), too small to split"):
        superpose.colorize(made.scan[:47, :200])
    with pytest.raises(InputError, match=r"^plate has shape \(512, 512, 3\) and its channels differ"):
        superpose.colorize(astronaut)
    with pytest.raises(InputError, match=r"^plate has shape \(5,\)"):
        superpose.colorize(np.arange(5))
    flat = made.scan.copy()
    flat[: len(flat) // 3] = 7
    with pytest.raises(InputError, match=r"^the blue exposure of plate is constant: .* is 7;"):
        superpose.colorize(flat)
    with pytest.raises(InputError, match=r"^the blue exposure of plate has no pixel to use"):
        superpose.colorize(np.where(flat == 7, np.nan, flat))
    with pytest.raises(InputError, match=r"^plate has dtype object"):
        superpose.colorize(made.scan.astype(object))
    with pytest.raises(InputError, match=r"^plate has dtype complex"):
        superpose.colorize(made.scan * 1j)
    with pytest.raises(InputError, match=r"^plate is 'plate\.png', and there is no such file"):
        superpose.colorize("plate.png")


def test_a_plate_that_lies_on_its_side_is_pointed_out(made: MadePlate) -> None:
    found = superpose.colorize(made.scan[:, :130])
    assert found.warnings == ()
    wide = np.vstack([part[120:190] for part in split(made.scan)])
    assert wide.shape[1] > wide.shape[0]
    assert any("wider than high" in warning for warning in superpose.colorize(wide).warnings)


def test_what_is_said_names_no_argument_that_a_plate_has_not(made: MadePlate) -> None:
    scan = made.scan.copy()
    height = len(scan) // 3
    scan[:height] = np.random.default_rng(0).integers(0, 256, scan[:height].shape)
    with pytest.warns(
        superpose.UnreliableWarning, match=r"^blue: .*its confidence is 0\.\d+; look at it before you use it \["
    ):
        found = superpose.colorize(scan)
    said = " ".join(found.warnings)
    assert "[scales-searched]" in said
    assert not any(name in said for name in ("on_unreliable", "--", "search=", "tolerance=", "mask"))


@pytest.mark.filterwarnings("ignore::superpose.UnreliableWarning")  # two intensities: what matters is their edge
def test_a_plate_may_leave_its_range(made: MadePlate) -> None:
    low, high = np.percentile(made.scan, (5, 95))
    scan = np.where(made.scan > (low + high) / 2, 3000, 1000).astype(np.uint16)
    kept, free = (superpose.colorize(scan, clip=clip).image for clip in (True, False))
    assert kept.max() == 3000 and free.max() > 3000
    with pytest.raises(InputError, match=r"^clip is 2"):
        superpose.colorize(scan, clip=2)  # type: ignore[arg-type]


@pytest.mark.slow
@pytest.mark.parametrize("name, bound", [("coffee", 0.5), ("chelsea", 0.6), ("astronaut", 0.3)])
@pytest.mark.parametrize("seed", [11, 12])
def test_photographs_come_home(request: pytest.FixtureRequest, name: str, bound: float, seed: int) -> None:
    made = made_plate(request.getfixturevalue(name), seed)
    assert worst_error(made, superpose.colorize(made.scan)) < bound


@pytest.mark.slow
@pytest.mark.parametrize("name", ["00998v", "nativity", "settlers"])
def test_real_plates_have_no_fringes(shared_file: object, name: str) -> None:
    import imageio.v3 as iio

    scan = iio.imread(shared_file(f"plates/{name}.jpg"))  # type: ignore[operator]
    found = superpose.colorize(scan)
    fringes = coloured_fringes(found.image)
    assert len(fringes) >= (12 if name == "00998v" else 16)
    assert fringes.max() < 0.4
    off = found.image.copy()
    off[..., 0] = np.roll(off[..., 0], 1, axis=1)
    assert (coloured_fringes(off) > 0.7).sum() > len(fringes) / 3  # the measure sees a single pixel
    assert found.warnings == ()
    assert found.image.shape[0] > 280 and found.image.shape[1] > 320
    before = np.stack([found.exposures[c] for c in ("red", "green", "blue")], -1)[found.crop]
    assert np.median(coloured_fringes(before)) > 2


@pytest.mark.slow
def test_the_churchs_window_reaches_the_reference_runs_information(shared_file: object) -> None:
    import imageio.v3 as iio

    scan = iio.imread(shared_file("plates/00998v.jpg"))  # type: ignore[operator]
    found = superpose.colorize(scan)
    for name, reached in (("blue", 1.08), ("red", 1.11)):
        each = found.registrations[name]
        assert nmi(found.exposures["green"], each.warp(), each.valid) >= reached


@pytest.mark.slow
@pytest.mark.long
def test_squared_error_leaves_blue_off_as_in_the_reference_run(shared_file: object) -> None:
    import imageio.v3 as iio

    scan = iio.imread(shared_file("plates/00998v.jpg")) / 255  # type: ignore[operator]
    blue, green, red = split(scan)
    home = superpose.colorize(scan).registrations
    for name, moving, cost in (("blue", blue, 0.0499), ("red", red, 0.0311)):
        options = {"metric": "mse", "optimizer": "basinhopping", "levels": 7, "on_unreliable": "ignore"}
        squared = superpose.register(green, moving, **options)
        assert squared.value == pytest.approx(cost, abs=2e-4)
        away = squared.transform.distance(home[name].transform, squared.fixed_grid.corners)
        assert away > 5 if name == "blue" else away < 1.5
