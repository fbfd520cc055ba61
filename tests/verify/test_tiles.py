"""Tiles and rivals: what is measured about one pose."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import ndimage

import superpose
from superpose._sampling.level import PreparedLevel
from superpose._sampling.level_pair import LevelPair
from superpose._sampling.warp import source, warp
from superpose._verify.evidence import gather_evidence
from superpose._verify.fields import Fields, Views
from superpose._verify.rivals import score_rivals
from superpose._verify.settings import EvidenceSettings, RivalSettings, TileSettings
from superpose._verify.tiles import consistency, correlate_tiles, spread
from superpose.image import as_image
from superpose.transforms.family import family_named

LARGE = TileSettings(side=32)


def texture(seed: int, shape: tuple[int, int] = (128, 128)) -> np.ndarray:
    return ndimage.gaussian_filter(np.random.default_rng(seed).normal(size=shape), 1.5)


def views(a: np.ndarray, b: np.ndarray) -> Views:
    return Views([prepared(a)], [prepared(b)], 1)


def prepared(image: np.ndarray, threads: int = 1) -> PreparedLevel:
    return PreparedLevel(as_image(image, "image"), threads)


def test_directions_are_unit_at_most_and_blind_to_contrast() -> None:
    image = texture(0)
    field = views(image, -image).under(np.eye(3), 0)
    assert np.abs(field.fixed).max() <= 1
    assert not field.both[0].any() and field.both[1:-2, 1:-2].all()
    np.testing.assert_allclose(field.moving[0], field.fixed[0], atol=1e-6)
    np.testing.assert_allclose(field.moving[1], -field.fixed[1], atol=1e-6)


@pytest.mark.parametrize("bent", [0.0, 4e-4])
def test_directions_turn_with_the_pose(bent: float) -> None:
    pose = superpose.rigid(0.7, (1.5, -2.5), (63.5, 63.5)).matrix
    pose = pose @ np.array([[1, 0, 0], [0, 1, 0], [bent, -bent, 1]])
    scene = ndimage.gaussian_filter(texture(0, (160, 160)), 1.5)
    image = as_image(scene, "scene")
    seen, there = warp(source(image.data, image.mask, 3), np.linalg.inv(pose), scene.shape, 1)
    fields = views(scene, np.where(there, seen, np.nan)).under(pose, 0)
    for mine, other in zip(fields.fixed, fields.moving, strict=True):
        energies = [(np.abs(each) ** 2).sum() for each in (mine, other)]
        assert (np.conj(mine) * other).sum().real > 0.9 * np.sqrt(np.prod(energies))


def test_ranks_at_a_shift_are_those_of_the_shifted_image() -> None:
    scene = texture(0)
    found = [correlate_tiles(views(scene, np.roll(scene, by, 1)).under(np.eye(3), 0), LARGE) for by in (0, 6)]
    np.testing.assert_array_equal(found[0].ranks_at(0, 0), found[0].ranks)
    # The edges of a tile are other pixels.
    np.testing.assert_allclose(found[1].ranks_at(0, 6), found[0].ranks, atol=1.5)
    assert found[1].ranks.mean() < 1 < found[1].ranks_at(0, 6).mean()


def test_a_tile_s_scores_are_its_circular_correlation() -> None:
    fields = views(texture(0), texture(0)).under(np.eye(3), 0)
    found = correlate_tiles(fields, LARGE)
    rows = slice(32, 64)  # the sixth tile of sixteen: whole
    a, b, both = (each[..., rows, rows] for each in (fields.fixed[0], fields.moving[0], fields.both))
    a, b = (each - each.sum() / both.sum() for each in (a, b))
    expected = (np.conj(a) * np.roll(b, (-3, 5), (0, 1))).sum().real
    expected /= np.sqrt((np.abs(a) ** 2).sum() * (np.abs(b) ** 2).sum())
    assert found.scores[0, 5, 3, -5] == pytest.approx(expected, abs=1e-5)
    assert found.scores[0, 5, 0, 0] == pytest.approx(1, abs=1e-5)


def test_consistency_is_high_where_images_match_and_normal_where_they_do_not() -> None:
    right = consistency(correlate_tiles(views(texture(0), texture(0)).under(np.eye(3), 0), LARGE))
    assert (right.plain > 10).all() and (right.weighted > 10).all()
    found = [
        consistency(correlate_tiles(views(texture(2 * k + 1), texture(2 * k + 2)).under(np.eye(3), 0), LARGE))
        for k in range(30)
    ]
    for wrong in (np.array([each.plain for each in found]), np.array([each.weighted for each in found])):
        assert abs(wrong.mean()) < 0.5
        assert 0.6 < wrong.std() < 1.4


def test_plain_ground_says_nothing_for_a_pose_and_nothing_against_it() -> None:
    page = np.zeros((128, 128))
    page[30:60, 35:80] = texture(0, (30, 45))
    small, large = (
        consistency(correlate_tiles(views(each, each).under(np.eye(3), 0), TileSettings()))
        for each in (page[16:80, 16:96], page)
    )
    np.testing.assert_allclose(large.plain, small.plain, atol=0.5)
    assert (large.plain > 5).all()


def test_structure_counts_for_more_than_noise_around_it() -> None:
    page = np.zeros((192, 192))
    page[70:100, 75:120] = 3 * texture(0, (30, 45))
    rng = np.random.default_rng(1)
    a, b = (page + 0.1 * rng.normal(size=page.shape) for _ in range(2))
    found = consistency(correlate_tiles(views(a, b).under(np.eye(3), 0), TileSettings()))
    assert found.weighted[0] > found.plain[0] + 0.5


def test_an_object_that_one_image_lacks_has_the_middle_rank() -> None:
    a, b = np.zeros((64, 64)), np.zeros((64, 64))
    a[4:12, 4:12], b[36:44, 36:44] = texture(0, (8, 8)), texture(1, (8, 8))
    found = consistency(correlate_tiles(views(a, b).under(np.eye(3), 0), TileSettings()))
    np.testing.assert_allclose(found.plain, 0, atol=1e-6)


def test_tiles_have_any_number_of_axes() -> None:
    rng = np.random.default_rng(0)
    volume = (rng.normal(size=(1, 20, 16, 24)) + 1j * rng.normal(size=(1, 20, 16, 24))).astype(np.complex64)
    settings, both = TileSettings(side=8, far=3), np.ones(volume.shape[1:], bool)
    found = correlate_tiles(Fields(volume, np.roll(volume, (1, -1, 0), (1, 2, 3)), both), settings)
    assert found.scores.shape == (1, 3 * 2 * 3, 8, 8, 8) and found.weights.shape == (18,)
    assert found.weights.tolist() == [1.0] * 12 + [0.5] * 6  # the last planes are half a tile
    assert found.is_far.sum() == 8**3 - 5**3
    inner = found.scores[0, :12].reshape(12, -1)
    assert {np.unravel_index(k, (8, 8, 8)) for k in inner.argmax(1)} == {(1, 7, 0)}
    np.testing.assert_array_equal(found.at(0, 0, 0)[0, :12], inner.max(1))
    assert consistency(found).plain[0] > 5
    away = correlate_tiles(Fields(volume, np.roll(volume, 3, 1), both), settings)
    assert consistency(away).plain[0] < 1


def test_one_tile_cannot_decide() -> None:
    # The same logo on two scenes.
    a, b = texture(3), texture(4)
    b[40:60, 40:60] = a[40:60, 40:60] = 10 * texture(5, (20, 20))
    assert (consistency(correlate_tiles(views(a, b).under(np.eye(3), 0), LARGE)).plain < 4).all()


def test_consistency_falls_with_noise() -> None:
    a = texture(0)
    found = [
        consistency(
            correlate_tiles(
                views(a, a + sigma * np.random.default_rng(1).normal(size=a.shape)).under(np.eye(3), 0), LARGE
            )
        ).plain[0]
        for sigma in (0.0, 0.2, 0.5, 3.0)
    ]
    assert found == sorted(found, reverse=True)
    assert found[0] > 10 > 4 > found[-1]


@pytest.mark.parametrize("quarter", [1, 2, 3])
def test_a_turned_rival_is_found_where_it_is(quarter: int) -> None:
    scene = texture(0, (96, 96))
    symmetric = scene + 0.9 * np.rot90(scene, quarter)
    found = score_rivals(LevelPair(prepared(symmetric), prepared(symmetric)), np.eye(3), True, 1, RivalSettings())
    expected = superpose.rigid(0.5 * np.pi * quarter, (0, 0), (47.5, 47.5))
    corners = [[0, 0], [0, 95], [95, 0], [95, 95]]
    gaps = [
        superpose.from_matrix(each.pose).distance(way, corners)
        for each in found.rivals
        for way in (expected, expected.inverse())
    ]
    assert min(gaps) <= 1.5
    assert max(each.score for each in found.rivals) > 0.15


def test_the_rivals_of_a_periodic_image_lie_a_period_away() -> None:
    rows, columns = np.indices((128, 128))
    image = np.sin(2 * np.pi * columns / 16) + np.sin(2 * np.pi * rows / 24) + 0.1 * texture(1)
    found = gather_evidence(
        views(image, image), np.eye(3), family_named("translation", 2), [], None, EvidenceSettings()
    )
    for each in found.contenders:
        # Half a period either way is the negative, which edges cannot tell from the image.
        halves = np.abs(each.pose[:2, 2]) / (12, 8)
        np.testing.assert_allclose(halves, np.rint(halves), atol=0.2)
        assert np.rint(halves).sum() % 2 == 0
    assert min(each.lead for each in found.contenders) < 1
    assert found.contenders[0].relative > 0.8


@pytest.mark.parametrize("rest", ["agrees", "differs"])
def test_what_only_the_pose_shows_speaks_for_it_if_it_agrees(rest: str) -> None:
    # The last 48 rows are themselves turned around: a pose that shows only them, so, is as good there.
    scene, other = texture(0), texture(3)
    scene[80:] += scene[80:][::-1, ::-1]
    seen = scene + 0.5 * texture(1)
    if rest == "differs":
        seen[:80] = other[:80]
    middle = np.array([103.5, 63.5])
    around = np.array([[-1, 0, 2 * middle[0]], [0, -1, 2 * middle[1]], [0, 0, 1]])
    given = views(scene, seen), np.eye(3), family_named("rigid", 2), [around], None
    leads = []
    for clear in (EvidenceSettings().clear_alone, np.inf):
        contenders = gather_evidence(*given, EvidenceSettings(clear_alone=clear)).contenders
        leads.append(min(each.lead for each in contenders if each.pose[0, 0] < -0.9))
    assert leads[1] < 2
    assert leads[0] > 8 if rest == "agrees" else leads[0] == leads[1]


def test_few_tiles_of_a_scene_are_asked_on_a_finer_level() -> None:
    # Halved once these are 70 pixels wide: 25 tiles, of which a shift leaves 20.
    fixed, moving = (texture(0, (140, 140)) + 0.3 * texture(seed, (140, 140)) for seed in (1, 2))
    shown, pose = views(fixed, np.roll(moving, 30, 0)), superpose.translation((30.0, 0.0)).matrix
    family = family_named("translation", 2)
    found = {few: gather_evidence(shown, pose, family, [], None, EvidenceSettings(few_tiles=few)) for few in (1, 24)}
    assert found[24].consistency[0].max() > 1.5 * found[1].consistency[0].max()
    np.testing.assert_array_equal(found[24].consistency[1], found[1].consistency[1])


def test_structure_is_spread_over_as_many_tiles_as_share_it() -> None:
    alone, both = np.zeros((128, 128)), texture(0)
    alone[36:44, 36:44] = 1
    found = [spread(correlate_tiles(views(each, each).under(np.eye(3), 0), TileSettings())) for each in (alone, both)]
    assert found[0] < 0.05 < 0.9 < found[1]


def test_an_image_without_rivals() -> None:
    image = texture(0)
    found = gather_evidence(views(image, image), np.eye(3), family_named("rigid", 2), [], None, EvidenceSettings())
    assert found.contenders == ()
    assert found.above > 20


def test_evidence_does_not_depend_on_the_threads() -> None:
    a, b = texture(0), texture(0) + 0.3 * texture(1)
    one, many = (
        gather_evidence(
            Views([prepared(a, threads)], [prepared(b, threads)], threads),
            np.eye(3),
            family_named("rigid", 2),
            [],
            None,
            EvidenceSettings(),
        )
        for threads in (1, 4)
    )
    np.testing.assert_array_equal(one.consistency, many.consistency)
    assert one.above == many.above
