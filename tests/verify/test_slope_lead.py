"""The lead of slopes: large over poses that lay an outline elsewhere, none over those that lay it on itself."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray

from superpose._sampling.level import PreparedLevel
from superpose._verify.evidence import gather_evidence
from superpose._verify.fields import Views
from superpose._verify.settings import EvidenceSettings, LeadSettings, SlopeSettings
from superpose._verify.slope_lead import SlopeLead
from superpose._verify.slopes import Slopes
from superpose.image import as_image
from superpose.transforms.family import family_named
from superpose.transforms.geometry import PhysicalMap, about, turn

Floats = NDArray[np.float64]
MIDDLE = np.full(2, 63.5)


def shape(name: str) -> Floats:
    """Return one thing on a plain page, in the middle of it."""
    rows, columns = np.indices((128, 128)) - 63.5
    if name == "disc":
        return np.clip(15.5 - np.hypot(rows, columns), 0, 1)
    if name == "square":
        return np.clip(13.5 - np.maximum(abs(rows), abs(columns)), 0, 1)
    bar = np.clip(4.0 - abs(columns + 9), 0, 1) * (abs(rows) < 16)
    return np.maximum(bar, np.clip(4.0 - abs(rows + 12), 0, 1) * (abs(columns) < 12))


def noisy(image: Floats, sigma: float, seed: int) -> Floats:
    return image + sigma * np.random.default_rng(seed).normal(size=image.shape)


def slopes_of(fixed: Floats, moving: Floats) -> Slopes:
    views = Views([PreparedLevel(as_image(fixed, "f"), 1)], [PreparedLevel(as_image(moving, "m"), 1)], 1)
    return Slopes(views, PhysicalMap(np.eye(3)), SlopeSettings())


def lead(fixed: Floats, moving: Floats, other: Floats) -> float:
    return SlopeLead(slopes_of(fixed, moving), LeadSettings(), lambda _: True).over(PhysicalMap(other))


def turned(degrees: float) -> Floats:
    return about(turn(np.radians(degrees)), np.zeros(2), MIDDLE)


def shifted(*shift: float) -> Floats:
    return about(np.eye(2), np.array(shift), MIDDLE)


@pytest.mark.parametrize("sigma", [0.0, 0.03])
@pytest.mark.parametrize("other", [shifted(12, 5), shifted(40, 0), turned(90), turned(180)])
def test_a_letter_leads_over_poses_that_lay_it_elsewhere(other: Floats, sigma: float) -> None:
    letter = shape("letter")
    assert lead(noisy(letter, sigma, 1), noisy(letter, sigma, 2), other) > 2.5
    assert lead(noisy(letter, sigma, 1), 1 - noisy(letter, sigma, 2), other) > 2.5


@pytest.mark.parametrize("sigma", [0.0, 0.03])
@pytest.mark.parametrize(
    ("name", "other"), [("disc", turned(90)), ("disc", turned(17)), ("square", turned(90)), ("square", turned(180))]
)
def test_what_is_symmetric_leads_over_no_turn_of_itself(name: str, other: Floats, sigma: float) -> None:
    image = shape(name)
    # The search knows a rival to a pixel or two.
    for off in ((0.0, 0.0), (0.5, 0.5), (1.4, -2.3)):
        given = noisy(image, sigma, 1), noisy(image, sigma, 2)
        assert abs(lead(*given, shifted(*off) @ other)) < 1.5


@pytest.mark.parametrize("sigma", [0.0, 0.03])
def test_an_outline_that_is_another_in_a_few_cells_is_another(sigma: float) -> None:
    """A disc with a small notch: turned, most of its cells agree as well, and those of the notch do not at all."""
    rows, columns = np.indices((128, 128)) - 63.5
    notched = shape("disc") * (np.hypot(rows, columns - 14) > 3.2)
    given = noisy(notched, sigma, 1), noisy(notched, sigma, 2)
    assert lead(*given, turned(90)) > 1.5


@pytest.mark.parametrize("by", [60, 120, 180])
def test_rounding_does_not_tell_apart_what_has_many_cells(by: float) -> None:
    rows, columns = np.indices((128, 128)) - 63.5
    discs = [np.hypot(rows - 30 * np.sin(k * np.pi / 3), columns - 30 * np.cos(k * np.pi / 3)) < 9 for k in range(6)]
    image = np.any(discs, 0).astype(float)
    assert abs(lead(image, image, turned(by))) < 1


def test_of_two_equal_poses_neither_leads() -> None:
    """Two letters moved each by its own shift: each pose explains one of them."""
    letter = shape("letter")
    fixed = np.roll(letter, -30, 1) + np.roll(letter, 30, 1)
    moving = np.roll(letter, (-25, 0), (1, 0)) + np.roll(letter, (25, 0), (1, 0))
    both = slopes_of(fixed, moving)
    one, two = (PhysicalMap(shifted(0, by)) for by in (5.0, -5.0))
    ahead = SlopeLead(Slopes(both.views, one, SlopeSettings()), LeadSettings(), lambda _: True).over(two)
    behind = SlopeLead(Slopes(both.views, two, SlopeSettings()), LeadSettings(), lambda _: True).over(one)
    assert abs(ahead) < 2 and abs(behind) < 2


def test_where_slopes_must_run_one_way_a_negative_is_no_rival() -> None:
    letter = shape("letter")
    fixed, moving = letter, letter - np.roll(letter, 40, 0)
    by_slopes = SlopeLead(slopes_of(fixed, moving), LeadSettings(), lambda _: True)
    either, same = (by_slopes.over(PhysicalMap(shifted(40, 0)), signed) for signed in (False, True))
    assert 0 < either < same - 1
    # Nor is a pose that fits because it shows the negative ahead of the true one.
    behind = SlopeLead(
        Slopes(by_slopes.slopes.views, PhysicalMap(shifted(40, 0)), SlopeSettings()), LeadSettings(), lambda _: True
    )
    assert behind.over(PhysicalMap(np.eye(3)), signed=True) < -3


def test_a_pose_that_does_not_show_the_structure_is_not_refuted() -> None:
    letter = shape("letter")
    assert lead(letter, letter, shifted(100, 0)) == -np.inf
    assert lead(letter, letter, shifted(500, 0)) == -np.inf


def test_a_rival_is_not_moved_onto_the_pose_itself() -> None:
    letter = shape("letter")
    other = PhysicalMap(shifted(4.0, 0.0))
    found = [SlopeLead(slopes_of(letter, letter), LeadSettings(), lambda _, may=may: may).over(other) for may in (0, 1)]
    assert found[0] > 2.5 and abs(found[1]) < 0.1


@pytest.mark.parametrize("sigma", [0.0, 0.02])
def test_structure_is_as_wide_as_it_spreads(sigma: float) -> None:
    image = noisy(np.roll(shape("square"), (20, -10), (0, 1)), sigma, 1)
    box = slopes_of(image, image).structure_box()
    assert np.allclose(box.centre, (83.5, 53.5), atol=2)
    # Two of its sides are as far out as they can be.
    assert all(26 <= side <= 40 for side in box.shape)
    texture = np.random.default_rng(1).normal(size=(128, 96))
    whole = slopes_of(texture, texture).structure_box()
    assert np.allclose(whole.shape, (128, 96), atol=16) and np.allclose(whole.centre, (63.5, 47.5), atol=8)


@pytest.mark.parametrize("sides", [3, 5])
def test_a_regular_polygon_is_compared_with_itself_turned_by_one_side(sides: int) -> None:
    rows, columns = np.indices((128, 128)) - 63.5
    along = np.arange(sides) * 2 * np.pi / sides
    across = np.max([np.cos(each) * rows + np.sin(each) * columns for each in along], 0)
    polygon = np.clip(12.5 - across, 0, 1)
    views = slopes_of(polygon, polygon).views
    found = gather_evidence(views, PhysicalMap(np.eye(3)), family_named("rigid", 2), [], None, EvidenceSettings())
    degrees = [float(np.degrees(np.arctan2(each.pose[1, 0], each.pose[0, 0]))) for each in found.contenders]
    assert degrees and np.allclose(np.abs(degrees), 360 / sides, atol=1)
    assert min(each.lead for each in found.contenders) < 1
    shifted_only = family_named("translation", 2)
    assert gather_evidence(views, PhysicalMap(np.eye(3)), shifted_only, [], None, EvidenceSettings()).contenders == ()
