"""What a pose explains of the structure, and how far that reaches."""

from __future__ import annotations

import numpy as np
import pytest

from superpose._motions.explained import (
    Explained,
    explained_by,
    extents_against,
    extents_between,
    extents_of,
    held,
    moved_mask,
)
from superpose._motions.settings import ChoiceSettings, MotionSettings
from superpose.image import Mask
from tests.motions.making import SHAPE, image_of, noisy, scene, shift

SETTINGS = MotionSettings()
CHOICE = ChoiceSettings()
NOTHING = np.zeros(SHAPE, bool)
FIXED, MOVING = image_of(noisy(scene(), 1)), image_of(noisy(scene(9, -7), 2))
TRUTH = shift(-9, 7)


def explained(pose: np.ndarray, other: Mask = NOTHING, blind: bool = False, sign: int = 1) -> Explained:
    moving = image_of(sign * noisy(scene(9, -7), 2))
    return explained_by(FIXED, moving, pose, other, blind, 1, SETTINGS)


def test_the_right_pose_explains_nearly_all_and_another_little() -> None:
    right, wrong = explained(TRUTH), explained(shift(0, 0))
    inside = np.s_[14:-4, 4:-12]
    assert right.same[inside].sum() / right.structure[inside].sum() > 0.95 and not right.contradicts[inside].any()
    assert right.share > 0.95 and wrong.share < 0.2
    assert wrong.contradicts.mean() > 0.5
    assert wrong.covered == 1.0 and right.covered == pytest.approx((1 - 9 / 200) * (1 - 7 / 220), abs=0.01)


def test_what_is_another_s_is_not_explained() -> None:
    other = NOTHING.copy()
    other[:, :110] = True
    found, whole = explained(TRUTH, other), explained(TRUTH)
    assert not found.same[other].any() and not found.contradicts[other].any()
    np.testing.assert_array_equal(found.same[~other], whole.same[~other])
    np.testing.assert_array_equal(found.structure, whole.structure)
    assert found.share == pytest.approx(0.5 * whole.share, abs=0.06)


@pytest.mark.parametrize("blind", [False, True])
def test_a_negative_as_a_whole_is_explained_too(blind: bool) -> None:
    assert explained(TRUTH, blind=blind, sign=-1).share > 0.95


def test_a_pose_that_overlaps_nowhere_explains_nothing() -> None:
    found = explained(shift(500, 0))
    assert found.share == 0 and found.covered == 0 and not found.structure.any()


SQUARE = (160, 160)  # tiles of 10 pixels


def tiles(*parts: tuple[slice, slice], pixels: int = 100) -> Mask:
    """Return a mask with so many pixels in each tile of some rectangles of tiles."""
    chosen = np.zeros((16, 16), bool)
    for part in parts:
        chosen[part] = True
    one = (np.arange(100) < pixels).reshape(10, 10)
    return np.kron(chosen, one).astype(bool)


def made(same: Mask, against: Mask | None = None) -> Explained:
    return Explained(same, np.zeros(SQUARE, bool) if against is None else against, same, 1.0)


LEFT, RIGHT, CORNERS = np.s_[:, :8], np.s_[:, 8:], (np.s_[:1, :1], np.s_[:1, 15:], np.s_[15:, :1])


def test_extents_are_parts_of_tiles_and_of_what_they_span() -> None:
    moved, rest = extents_of(made(tiles(LEFT)), tiles(np.s_[:4, 8:]), CHOICE)
    assert (moved.tiles, moved.spanned) == (0.5, 0.5)
    assert (rest.tiles, rest.spanned) == (4 * 8 / 256, 4 * 8 / 256)
    thin, none = extents_of(made(tiles(*CORNERS)), np.zeros(SQUARE, bool), CHOICE)
    # The outline of three corners' tiles: the square without a triangle of 15 x 15.
    assert thin.tiles == 3 / 256 and thin.spanned == pytest.approx(1 - 15 * 15 / 2 / 256)
    assert (none.tiles, none.spanned) == (0, 0)


def test_a_tile_belongs_to_what_explains_more_of_it() -> None:
    more, less = tiles(LEFT, pixels=50), tiles(np.s_[:, :], pixels=20)
    moved, rest = extents_of(made(more), less, CHOICE)
    assert (moved.tiles, rest.tiles) == (0.5, 0.5)
    first, second = extents_between(made(more), made(less), CHOICE)
    assert (first.tiles, second.tiles) == (0.5, 0.5)
    few = extents_of(made(tiles(LEFT, pixels=CHOICE.least_in_tile)), np.zeros(SQUARE, bool), CHOICE)[0]
    assert few.tiles == 0


def test_what_is_contradicted_more_is_chance() -> None:
    same, against = tiles(np.s_[:, :], pixels=20), tiles(LEFT, pixels=41)
    assert extents_of(made(same, against), np.zeros(SQUARE, bool), CHOICE)[0].tiles == 0.5
    assert extents_between(made(same, against), made(np.zeros(SQUARE, bool)), CHOICE)[0].tiles == 0.5
    kept = held(made(same, against), CHOICE)
    np.testing.assert_array_equal(kept, same & tiles(RIGHT))
    assert [each.tiles for each in extents_against(against, same, CHOICE)] == [0.5, 0.5]


def test_a_mask_moves_with_its_pose() -> None:
    mask = NOTHING.copy()
    mask[50:70, 100:130] = True
    found = moved_mask(mask, FIXED, MOVING, shift(12, -30), 1)
    wanted = NOTHING.copy()
    wanted[62:82, 70:100] = True
    np.testing.assert_array_equal(found, wanted)
    half = moved_mask(mask, FIXED, MOVING, shift(12.5, -30), 1)
    assert half.sum() == 21 * 30  # whatever it touches
