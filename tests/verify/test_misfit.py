"""What no member of a family fits is seen by its tiles, said in words, and not reliable; what one fits is."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray
from scipy import ndimage
from skimage import data

import superpose
from benchmarks.kinds import draw
from benchmarks.trust_kinds import draw as draw_trusted
from superpose._records import TileShifts
from superpose._verify.fields import Fields
from superpose._verify.misfit import misfit_of, without_object
from superpose._verify.misfit_settings import MisfitSettings, TileShiftSettings
from superpose._verify.tile_shifts import place_tiles

Floats = NDArray[np.float64]
SIDE = 260
SETTINGS = MisfitSettings()


def texture(seed: int = 4) -> Floats:
    return np.asarray(ndimage.gaussian_filter(np.random.default_rng(seed).normal(size=(SIDE, SIDE)), 2.0))


def shown(scene: Floats, offsets: Floats, noise: float = 0.03) -> Floats:
    """Return a scene whose pixel at p comes from p less the offset there, with noise in parts of its contrast."""
    places = np.indices(scene.shape) - offsets
    moved = ndimage.map_coordinates(scene, places, order=3, mode="reflect")
    return np.asarray(moved + noise * scene.std() * np.random.default_rng(1).normal(size=scene.shape))


def bent(size: float) -> Floats:
    """Return offsets that run along a wave, by pixels."""
    rows, columns = np.indices((SIDE, SIDE)) * (2 * np.pi / 170)
    return size * np.stack([np.sin(columns), np.cos(rows)])


def halves(size: float) -> Floats:
    """Return offsets by pixels: the right half's lies `size` pixels farther down; neither lies still."""
    offsets = np.zeros((2, SIDE, SIDE))
    offsets[0] = -4.0
    offsets[1] = 5.0
    offsets[0, :, 140:] += size
    return offsets


def aligned(moving: Floats, family: str = "affine", **options: object) -> superpose.Registration:
    return superpose.register(texture(), moving, transform=family, on_unreliable="ignore", **options)  # type: ignore[arg-type]


def said(found: superpose.Registration) -> list[str]:
    return [each for each in found.warnings if each.endswith("[misfit]")]


@pytest.mark.slow
@pytest.mark.parametrize(("family", "wider"), [("similarity", "affine"), ("affine", "homography")])
def test_what_bends_is_not_reliable(family: str, wider: str) -> None:
    """An affine map fits as much of it turned by 8 degrees as not, and leaves more of the rest far off."""
    found = aligned(shown(texture(), bent(6.0)), family)
    assert not found.reliable and 2.5 < found.misfit < (12 if family == "similarity" else 40)
    (warning,) = said(found)
    assert warning.startswith(f"no {family} transform fits all over: ") and f"transform='{wider}'" in warning


def test_halves_that_moved_apart_are_not_reliable() -> None:
    found = aligned(shown(texture(), halves(9.0)), "translation")
    assert not found.reliable and found.misfit == pytest.approx(9.0, abs=1.0)
    assert found.tile_shifts is not None
    # The pose is that of the larger half.
    columns, off = found.tile_shifts.centres[:, 1], found.tile_shifts.distances > 4
    assert (off == (columns > 140))[np.abs(columns - 140) > 30].mean() > 0.95


def bands(size: float) -> Floats:
    """Return offsets by pixels of bands, two fifths of the image, that lie nearer to whom moves past them."""
    offsets = np.zeros((2, SIDE, SIDE))
    offsets[0], offsets[1] = -4.0, 5.0
    offsets[0, :, (np.arange(SIDE) + 20) % 130 < 50] += size
    return offsets


def test_parts_too_small_for_few_tiles_are_found() -> None:
    found = aligned(shown(texture(), bands(12.0)), "translation")
    assert not found.reliable and found.misfit == pytest.approx(12.0, abs=1.5)


def test_the_map_is_of_fixed_whichever_image_comes_first() -> None:
    moving = shown(texture(), halves(9.0))
    one = aligned(moving, "translation").tile_shifts
    other = superpose.register(moving, texture(), transform="translation", on_unreliable="ignore").tile_shifts
    assert one is not None and other is not None
    for seen in (one, other):
        assert np.median(seen.distances[seen.distances > 4]) == pytest.approx(9.0, abs=1.0)
    # What lies too far down one way lies too far up the other way.
    assert np.sign(np.median(one.shifts[one.distances > 4, 0])) == -np.sign(
        np.median(other.shifts[other.distances > 4, 0])
    )


def test_a_larger_tolerance_admits_it() -> None:
    found = aligned(shown(texture(), halves(9.0)), "translation", tolerance=12.0)
    assert found.reliable and found.misfit > 5 and not said(found)


@pytest.mark.parametrize("family", ["translation", "rigid", "affine", "homography"])
def test_what_a_family_fits_is_reliable(family: str) -> None:
    truth = {
        "translation": superpose.translation((3.4, -5.2)),
        "rigid": superpose.rigid(0.1, (4, 3), (130, 130)),
        "affine": superpose.affine([[1.04, 0.05], [-0.02, 0.97]], (3, -2)),
        "homography": superpose.homography([[1.02, 0.03, 2], [-0.02, 0.99, 4], [2e-4, -1e-4, 1]]),
    }[family]
    back = truth.inverse()
    places = np.moveaxis(back(np.moveaxis(np.indices((SIDE, SIDE)), 0, -1).astype(float)), -1, 0)
    moving = shown(texture(), np.indices((SIDE, SIDE)) - places)
    found = aligned(moving, family)
    assert found.reliable and found.misfit == 0 and not said(found)


def test_an_object_that_moved_is_not_a_misfit() -> None:
    moving = shown(texture(), np.zeros((2, SIDE, SIDE)))
    moving[80:180, 60:160] = moving[88:188, 66:166].copy()  # a seventh of the area
    found = aligned(moving, "rigid")
    assert found.reliable and not said(found)


def test_another_contrast_is_not_a_misfit() -> None:
    moving = np.square(shown(texture(), np.zeros((2, SIDE, SIDE))))
    found = aligned(moving, "rigid")
    assert not said(found) and found.misfit < 1


@pytest.mark.parametrize(("kind", "number", "half"), [("shaped-field", 15, 0), ("shaped-field", 88, 0)])
def test_a_negative_is_placed_by_what_runs_against_it(kind: str, number: int, half: int) -> None:
    """Of bright vessels over dark ones all tiles lay 7 px off, where the flanks run alike."""
    pair = draw_trusted(kind, 2026, number, half)
    found = superpose.register(pair.fixed, pair.moving, transform=pair.family)
    assert found.reliable and pair.error(found.transform.matrix) < 0.1
    assert found.tile_shifts is not None and len(found.tile_shifts.clear) >= 8 and not found.tile_shifts.clear.any()


def waves(rng: np.random.Generator, side: int = 96) -> NDArray[np.complex64]:
    parts = [ndimage.gaussian_filter(rng.normal(size=(side, side)), 1.0) for _ in range(2)]
    return np.asarray(parts[0] + 1j * parts[1], np.complex64)


@pytest.mark.parametrize("shift", [(0, 0), (3, -2), (-7, 5)])
def test_tiles_are_found_where_they_are(shift: tuple[int, int]) -> None:
    fixed = waves(np.random.default_rng(0))
    everywhere = np.ones(fixed.shape, bool)
    found = place_tiles(Fields(fixed[None], np.roll(fixed, shift, (0, 1))[None], everywhere), TileShiftSettings())
    inner = (np.abs(found.centres - 47.5) < 30).all(1)
    assert len(found.centres) >= 30 and inner.sum() >= 9
    np.testing.assert_allclose(found.shifts[inner], np.broadcast_to(shift, (inner.sum(), 2)), atol=0.15)
    assert found.clear[inner].all() == (shift != (0, 0))


def test_tiles_of_unrelated_images_are_not_placed() -> None:
    rng = np.random.default_rng(2)
    fixed, moving = waves(rng), waves(rng)
    assert (
        len(place_tiles(Fields(fixed[None], moving[None], np.ones(fixed.shape, bool)), TileShiftSettings()).centres) < 8
    )


def test_along_a_straight_edge_no_tile_is_off() -> None:
    fixed = np.zeros((96, 96), np.complex64)
    fixed[:, 40:43] = 1
    moving = np.roll(fixed, 5, 0)
    found = place_tiles(Fields(fixed[None], moving[None], np.ones(fixed.shape, bool)), TileShiftSettings())
    assert not found.clear.any()


def test_a_fifth_may_move_by_itself() -> None:
    shifts = np.zeros((20, 2))
    shifts[:4] = 6.0, 8.0
    tiles = TileShifts(np.zeros((20, 2)), shifts, np.full(20, 0.5), np.arange(20) < 4)
    assert tiles.distances.max() == 9.5
    assert misfit_of(tiles, SETTINGS) == 0
    shifts[4:6] = 6.0, 8.0
    more = TileShifts(tiles.centres, shifts, tiles.errors, np.arange(20) < 6)
    assert misfit_of(more, SETTINGS) == 9.5
    few = TileShifts(tiles.centres[:7], shifts[:7], tiles.errors[:7], np.ones(7, bool))
    assert misfit_of(few, SETTINGS) == 0


@pytest.mark.parametrize(
    ("every", "apart", "spread", "stays"),
    [
        (3, 1, 0.0, 16),  # ten tiles in a seventh of the frame, all moved alike
        (3, 1, 4.0, 26),  # and each otherwise
        (3, 4, 0.0, 26),  # in more than a third of it
        (1, 1, 0.0, 26),  # in more than a third of what can be placed
    ],
)
def test_one_object_may_hold_many_of_the_tiles(every: int, apart: int, spread: float, stays: int) -> None:
    """Of a frame of 10 by 10 tiles only some on faint ground can be placed, and all of an object."""
    ground = np.array([(row, every * column) for row in (0, 3, 6, 9) for column in range(4)])
    part = np.array([(row, column) for row in (1, 2, 4, 5, 7) for column in (apart, 2 * apart)])
    shifts = np.zeros((26, 2))
    shifts[16:] = (6.0, 8.0) + spread * np.random.default_rng(1).normal(size=(10, 2))
    centres = 16.0 * np.concatenate([ground, part]) + 7.5
    tiles = TileShifts(centres, shifts, np.full(26, 0.5), np.arange(26) >= 16)
    assert misfit_of(tiles, SETTINGS) > 3
    left = without_object(tiles, 8.0, SETTINGS)
    assert len(left.centres) == stays and (misfit_of(left, SETTINGS) == 0) == (stays == 16)


@pytest.mark.parametrize("number", [5, 13])
def test_beside_a_single_object_there_is_nothing_to_place(number: int) -> None:
    pair = draw("few-objects", 424200, number)
    found = superpose.register(pair.fixed, pair.moving, transform=pair.family)
    assert found.reliable and found.misfit == 0
    assert pair.error(found.transform.matrix) < 0.1


@pytest.mark.parametrize("noise", [0.3, 1.0])
def test_the_errors_of_tiles_are_true(noise: float) -> None:
    """Median shifts are 0.67 of their errors by chance; what a peak is moved by bends as slowly as the peak."""
    rng = np.random.default_rng(6)
    ratios = []
    for _ in range(4):
        fixed = waves(rng)
        fields = Fields(fixed[None], (fixed + noise * waves(rng))[None], np.ones(fixed.shape, bool))
        found = place_tiles(fields, TileShiftSettings())
        assert len(found.centres) >= 30
        ratios.append(np.abs(found.shifts / found.errors[:, None]).ravel())
    assert 0.4 < np.median(np.concatenate(ratios)) < 1.0


@pytest.mark.parametrize("number", [1, 6, 12, 65, 66])
@pytest.mark.slow
def test_weak_tiles_tell_what_bends_and_far_ones_what_lies_at_another_depth(number: int) -> None:
    pair = draw("misfit", 414, number)
    found = superpose.register(pair.fixed, pair.moving, transform=pair.family, on_unreliable="ignore")
    assert pair.error(found.transform.matrix) > pair.tolerance
    assert not found.reliable


@pytest.mark.parametrize(("seed", "number"), [(414, 86), (901, 103)])
def test_a_layer_that_happens_to_lie_still_is_no_pattern_of_the_sensors(seed: int, number: int) -> None:
    pair = draw("misfit", seed, number)
    found = superpose.register(pair.fixed, pair.moving, transform=pair.family, on_unreliable="ignore")
    assert not found.reliable and any(each.endswith("[two-motions]") for each in found.warnings)


@pytest.mark.parametrize("number", [19, 82])
def test_a_layer_that_moved_by_itself_is_no_pattern_and_no_object(number: int) -> None:
    """Of two halves beside plain sky one is no object, and a layer that turns about where it lies still no pattern."""
    pair = draw_trusted("misfit", 2026, number, 0)
    found = superpose.register(pair.fixed, pair.moving, transform=pair.family, on_unreliable="ignore")
    assert not found.reliable and any(each.endswith("[two-motions]") for each in found.warnings)


@pytest.mark.slow
def test_dust_on_a_quarter_of_a_moved_scene_is() -> None:
    pair = draw("fixed-pattern", 911, 72)
    found = superpose.register(pair.fixed, pair.moving, transform=pair.family, on_unreliable="ignore")
    assert found.reliable and pair.error(found.transform.matrix) < 0.1


@pytest.mark.parametrize(("seed", "number"), [(770077, 32), (770077, 90)])
def test_of_what_repeats_itself_the_nearest_place_tells_that_it_bends(seed: int, number: int) -> None:
    """Bricks fit at so many places that hardly a tile stands out of its scores at all shifts."""
    pair = draw("misfit", seed, number)
    found = superpose.register(pair.fixed, pair.moving, transform=pair.family, on_unreliable="ignore")
    assert not found.reliable and found.misfit > pair.tolerance


@pytest.mark.slow
def test_what_features_find_is_asked_by_the_same_tiles() -> None:
    """Seen from where the features' pose says, this wall shows too few tiles to say that it bends."""
    pair = draw("misfit", 990011, 1)
    found = superpose.register(pair.fixed, pair.moving, transform=pair.family, on_unreliable="ignore")
    assert not found.reliable and found.misfit > pair.tolerance


def test_bricks_that_do_not_bend_fit() -> None:
    scene, noise = data.brick().astype(float), np.random.default_rng(3).normal(0, 2, (2, 340, 340))
    turned = ndimage.rotate(scene, 3, reshape=False, order=3)
    fixed, moving = scene[80:420, 80:420] + noise[0], turned[84:424, 77:417] + noise[1]
    found = superpose.register(fixed, moving, transform="rigid")
    assert found.reliable and found.misfit == 0


def beside_object(rows: int) -> tuple[Floats, Floats]:
    """Return a scene, and itself at half the size, in which an object of so many by four of 8 x 8 tiles moved."""
    side, least = 512, 64
    scene, patch = (
        ndimage.gaussian_filter(np.random.default_rng(seed).normal(size=(side, side)), 3.0) / 0.1 for seed in (5, 9)
    )
    moved, end = scene.copy(), least * (rows + 1)
    scene[least:end, least:320] = patch[least:end, least:320]
    moved[least + 10 : end + 10, least + 8 : 328] = patch[least:end, least:320]
    small = ndimage.gaussian_filter(moved, 0.8).reshape(side // 2, 2, side // 2, 2).mean((1, 3))
    rng = np.random.default_rng(1)
    return scene + 0.02 * rng.normal(size=scene.shape), small + 0.02 * rng.normal(size=small.shape)


@pytest.mark.parametrize("rows", [4, 5])
@pytest.mark.slow
def test_how_far_an_object_spans_does_not_depend_on_which_image_is_fixed(rows: int) -> None:
    """In pixels of either image four rows of tiles are an object, which is told of, and five are too many."""
    big, small = beside_object(rows)
    for pair in ((big, small), (small, big)):
        found = superpose.register(*pair, transform="similarity", on_unreliable="ignore")
        assert found.reliable == (rows == 4) and (said(found) == []) == (rows == 4)
        assert found.tile_shifts is not None and np.median(found.tile_shifts.distances[found.tile_shifts.clear]) > 5
