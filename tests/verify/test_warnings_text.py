"""Each warning is given where it should be, and says what it should."""

from __future__ import annotations

import numpy as np
import pytest

import superpose
from superpose._records import TileShifts
from superpose._verify.evidence import Contender
from superpose._verify.settings import WarningSettings
from superpose._verify.verdict import Misfit, Verdict
from superpose._verify.warnings_text import collect_warnings, describe_difference, warn_of_few_levels
from superpose.image import Grid, as_image
from superpose.transforms.geometry import PhysicalMap

GRID = Grid((61, 101))
POSE = superpose.rigid(0.2, (3, 4), (30, 50)).matrix
DEFAULTS = WarningSettings()
UNSURE = {"confidence": 0.25, "sure": False}


def verdict(*rivals: Contender, **changes: object) -> Verdict:
    made = {
        "confidence": 0.99,
        "sure": True,
        "matched": True,
        "uncertainty": 0.1,
        "covariance": None,
        "margin": 0.5,
        "rivals": rivals,
        "tolerance": 1.0,
        "free": (),
        "lead_over_start": None,
        "evidence": {},
        "unexplained": 0.0,
    }
    return Verdict(**made | changes)  # type: ignore[arg-type]


def beside(lead: float, relative: float, row: float = 12) -> Contender:
    """Return a rival that lies so many rows further down."""
    return Contender(PhysicalMap(POSE @ superpose.translation((row, 0)).matrix), relative, lead)


def warned(made: Verdict, settings: WarningSettings = DEFAULTS) -> list[str]:
    return collect_warnings(made, POSE, GRID, settings)


def test_a_good_pose_has_none() -> None:
    assert warned(verdict(beside(8.0, 0.9), lead_over_start=12.0)) == []


@pytest.mark.parametrize(
    ("uncertainty", "size", "code", "said"),
    [
        (0.6, 0.7, "", ""),
        (0.8, 0.7, "not-exact-enough", "1.1 px"),
        (1.3, 0.7, "not-exact-enough", "1.5 px"),
        (0.2, 1.4, "misfit", "1 px off"),
    ],
)
def test_an_error_and_a_misfit_add_up(uncertainty: float, size: float, code: str, said: str) -> None:
    """Of two planes a compromise fits neither, and is not known well: each alone was within the tolerance."""
    tiles = TileShifts(np.zeros((9, 2)), np.full((9, 2), size), np.full(9, 0.1), np.ones(9, bool))
    made = verdict(uncertainty=uncertainty, misfit=Misfit("affine", tiles, size))
    assert made.reliable == (not code)
    found = warned(made)
    assert len(found) == bool(code) and all(each.endswith(f"[{code}]") and said in each for each in found)


@pytest.mark.parametrize(("matched", "other"), [(True, "another one"), (False, "chance")])
def test_unreliable_ones_say_what_they_cannot_be_told_from(matched: bool, other: str) -> None:
    (found,) = warned(verdict(matched=matched, **UNSURE))
    assert f"cannot be told from {other}: its confidence is 0.250" in found and found.endswith("[unreliable]")


@pytest.mark.parametrize(("lead", "relative", "count"), [(2.9, 0.7, 1), (3.0, 0.9, 0), (0.0, 0.69, 0), (-4.0, 1.2, 1)])
def test_a_rival_is_named_if_it_scores_almost_the_same(lead: float, relative: float, count: int) -> None:
    found = warned(verdict(beside(lead, relative)))
    assert len(found) == count
    assert all("shifted by 12 px down and 0 px" in each and each.endswith("[periodic]") for each in found)


def test_the_first_such_rival_is_named() -> None:
    (found,) = warned(verdict(beside(0.0, 0.1, 5), beside(1.0, 0.8, 20), beside(2.0, 0.9, 30)))
    assert "shifted by 20 px" in found


def test_where_images_do_not_match_no_rival_is_named() -> None:
    assert len(warned(verdict(beside(0.0, 1.0), matched=False, **UNSURE))) == 1


@pytest.mark.parametrize(("lead", "said"), [(1.5, "leads by 1.5 standard"), (-3.0, "leads by 0.0 standard"), (2.0, "")])
def test_what_is_no_better_than_the_start_is_said(lead: float, said: str) -> None:
    found = warned(verdict(lead_over_start=lead))
    assert len(found) == bool(said) and all(said in each and each.endswith("[no-better]") for each in found)


def test_an_error_that_is_not_known_is_said() -> None:
    (found,) = warned(verdict(uncertainty=np.inf))
    assert found.endswith("[undetermined]") and "too little structure" in found


def test_the_most_important_comes_first() -> None:
    found = warned(verdict(beside(0.0, 1.0), lead_over_start=0.0, uncertainty=np.inf, **UNSURE))
    assert [each.rsplit("[", 1)[1] for each in found] == ["unreliable]", "undetermined]", "periodic]", "no-better]"]


@pytest.mark.parametrize(
    ("between", "words", "code"),
    [
        (superpose.rigid(np.pi, (0, 0), (30, 50)), "turned by 180 degrees", "symmetric"),
        (superpose.rigid(np.radians(-45), (7, 7), (30, 50)), "turned by 45 degrees", "symmetric"),
        (superpose.rigid(np.radians(4.9), (-7, 9), (30, 50)), "shifted by 7 px up and 9 px right", "periodic"),
        (superpose.translation((16, -8)), "shifted by 16 px down and 8 px left", "periodic"),
    ],
)
def test_differences_in_words(between: superpose.MatrixTransform, words: str, code: str) -> None:
    other = PhysicalMap(POSE @ between.matrix)
    assert describe_difference(POSE, other, GRID, DEFAULTS.min_turn) == (words, code)


def test_shifts_are_said_in_pixels_whatever_the_spacing() -> None:
    other = PhysicalMap(superpose.translation((3, 5)).matrix)
    found = describe_difference(PhysicalMap(np.eye(3)), other, Grid((61, 101), spacing=(0.5, 0.25)), 5.0)
    assert found == ("shifted by 6 px down and 20 px right", "periodic")


def test_few_grey_levels() -> None:
    rows = np.indices((200, 200))[0]
    eight, nine = (as_image(rows % count, "image") for count in (8, 9))
    (found,) = warn_of_few_levels(eight, "moving", DEFAULTS)
    assert found.startswith("moving has 8 grey levels") and found.endswith("[few-levels]")
    assert warn_of_few_levels(nine, "moving", DEFAULTS) == []


def test_rare_values_are_not_overlooked() -> None:
    image = np.zeros((200, 200))
    image[7, 3:13] = np.arange(10)  # between the pixels that are looked at first
    assert warn_of_few_levels(as_image(image, "image"), "fixed", DEFAULTS) == []


def test_missing_pixels_are_no_values() -> None:
    image = np.random.default_rng(0).random((50, 50))
    image[10:20] = np.round(image[10:20])
    mask = np.zeros((50, 50), bool)
    mask[10:20] = True
    (found,) = warn_of_few_levels(as_image(np.where(mask, image, np.nan), "image"), "fixed", DEFAULTS)
    assert "2 grey levels" in found
