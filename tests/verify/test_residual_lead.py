"""What a pose leaves of the images against what another one leaves: faint differences are enough, none are none."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray
from scipy import ndimage

from superpose import register
from superpose._sampling.level import PreparedLevel
from superpose._sampling.level_pair import LevelPair
from superpose._verify.residual_lead import ResidualLead
from superpose._verify.residual_settings import ResidualSettings
from superpose._verify.settings import EvidenceSettings
from superpose.image import as_image
from superpose.transforms.family import family_named
from superpose.transforms.geometry import PhysicalMap, about, turn

Floats = NDArray[np.float64]
SIDE = 128
CENTRE = np.full(2, (SIDE - 1) / 2)
ENOUGH = EvidenceSettings().clear_residuals
POSE = about(turn(0.3), np.array([3.3, -5.6]), CENTRE)


@pytest.fixture(scope="module")
def scene(camera: NDArray[np.uint8]) -> Floats:
    return camera[60 : 60 + 2 * SIDE : 2, 160 : 160 + 2 * SIDE : 2] / 255


def mixed(scene: Floats, part: float) -> Floats:
    """Return a scene mixed with itself turned by half."""
    return (1 - part) * scene + part * scene[::-1, ::-1]


def seen_twice(image: Floats, pose: Floats, sigma: float, seed: int) -> list[Floats]:
    """Return two noisy views of which `pose` takes the first to the second."""
    rng, back = np.random.default_rng(seed), np.linalg.inv(pose)
    moved = ndimage.affine_transform(image, back[:2, :2], back[:2, 2], order=3, mode="reflect")
    return [each + sigma * rng.normal(size=image.shape) for each in (image, moved)]


def leads(
    views: list[Floats], pose: Floats, other: Floats, family: str = "rigid", may: bool = True
) -> tuple[float, float]:
    fixed, moving = (PreparedLevel(as_image(each, "image"), 1) for each in views)
    asked = ResidualLead(
        LevelPair(fixed, moving), PhysicalMap(pose), family_named(family, 2), lambda _: may, 1, ResidualSettings()
    )
    return asked.over(PhysicalMap(other))


def lead(views: list[Floats], pose: Floats, other: Floats, family: str = "rigid", may: bool = True) -> float:
    return leads(views, pose, other, family, may)[0]


@pytest.mark.parametrize("part", [0.46, 0.47])
@pytest.mark.parametrize("away", [(0.0, 0.0, 0.0), (0.02, 1.0, -0.8)])
def test_what_is_faint_beside_the_scene_tells_it_from_itself_turned(
    scene: Floats, away: tuple[float, ...], part: float
) -> None:
    views = seen_twice(mixed(scene, part), POSE, 0.02, 0)
    rival = POSE @ about(turn(np.pi + away[0]), np.array(away[1:]), CENTRE)
    assert lead(views, POSE, rival) > ENOUGH
    assert lead(views, rival, POSE) < -ENOUGH


def test_what_is_led_to_the_pose_is_no_other_one(scene: Floats) -> None:
    views = seen_twice(scene, POSE, 0.02, 0)
    assert lead(views, POSE, POSE @ about(turn(0.01), np.array([2.0, -2.5]), CENTRE)) == np.inf


@pytest.mark.parametrize("seed", range(4))
@pytest.mark.parametrize("sigma", [0.0, 0.02])
def test_a_symmetric_scene_is_not_told_from_itself_turned(scene: Floats, sigma: float, seed: int) -> None:
    pose = about(turn(0.1 * seed), np.array([0.5 * seed, 1.25 * seed]), CENTRE)
    views = seen_twice(mixed(scene, 0.5), pose, sigma, seed)
    by_cells, times = leads(views, pose, pose @ about(turn(np.pi), np.array([0.4, 0.3]), CENTRE))
    assert abs(by_cells) < 0.75 * ENOUGH and times < 0.5


@pytest.mark.parametrize("seed", range(3))
def test_a_pattern_is_not_told_from_itself_one_period_on(seed: int) -> None:
    rows, columns = np.indices((SIDE, SIDE))
    dots = ((rows % 16 - 8) ** 2 + (columns % 16 - 8) ** 2 < 20).astype(float)
    views = seen_twice(dots, np.eye(3), 0.03, seed)
    other = about(np.eye(2), np.array([0.3, 15.6]), CENTRE)
    by_cells, times = leads(views, np.eye(3), other, "translation")
    assert abs(by_cells) < 0.75 * ENOUGH and times < 0.5


def objects(*places: tuple[float, float, float]) -> Floats:
    """Return soft discs of a row, a column and a radius."""
    rows, columns = np.indices((SIDE, SIDE))
    away = [radius - np.hypot(rows - row, columns - column) for row, column, radius in places]
    return np.clip(0.5 + np.array(away), 0, 1).max(0)


DISC = (63.5, 63.5, 24.0)
TURNED = POSE @ about(turn(np.pi), np.array([0.3, -0.2]), CENTRE)


def test_one_thing_is_enough_where_the_pose_leaves_nothing() -> None:
    views = seen_twice(objects(DISC, (63.5, 96.0, 2.0)), POSE, 0.02, 0)
    by_cells, times = leads(views, POSE, TURNED)
    # Of so few cells a paired t never rises.
    assert by_cells < ENOUGH < times
    assert leads(views, TURNED, POSE)[1] < 0


@pytest.mark.parametrize("size", [5.0, 7.0])
def test_one_thing_is_not_enough_where_another_speaks_against_it(size: float) -> None:
    first, _ = seen_twice(objects(DISC, (63.5, 96.0, size), (34.0, 63.5, 3.0)), POSE, 0.02, 0)
    _, second = seen_twice(objects(DISC, (63.5, 96.0, size), (93.0, 63.5, 3.0)), POSE, 0.02, 0)
    assert leads([first, second], POSE, TURNED)[1] < 0.5
    assert leads([first, second], TURNED, POSE)[1] < 0.5


def test_a_tiny_image_says_what_its_noise_lets_it() -> None:
    small = slice(48, 76)
    first, second = (each[small, small] for each in seen_twice(objects((57.0, 60.0, 6.0)), np.eye(3), 0.02, 0))
    noise = seen_twice(np.zeros((28, 28)), np.eye(3), 0.02, 1)
    rival = about(turn(0.0), np.array([8.0, 8.0]), CENTRE)
    assert leads([first, second], np.eye(3), rival)[1] > 1
    assert leads(noise, np.eye(3), rival)[1] < 1


def test_nothing_is_said_of_what_does_not_match_nor_of_the_pose_itself(scene: Floats) -> None:
    views = seen_twice(mixed(scene, 0.4), POSE, 0.02, 0)
    rival = POSE @ about(turn(np.pi), np.zeros(2), CENTRE)
    assert lead(views, POSE, rival, may=False) == -np.inf
    assert lead([views[0], np.roll(views[1][::-1], 40)], POSE, rival) == -np.inf
    assert lead(views, POSE, about(np.eye(2), np.array([90.0, 0.0]), CENTRE)) == -np.inf


def test_a_nearly_symmetric_scene_is_reliable(scene: Floats) -> None:
    found = register(*seen_twice(mixed(scene, 0.47), POSE, 0.02, 1))
    assert found.reliable
    whole = register(*seen_twice(mixed(scene, 0.5), POSE, 0.02, 1), on_unreliable="ignore")
    assert not whole.reliable
