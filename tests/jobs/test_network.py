"""Poses of many frames from what pairs of them say."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray
from scipy.spatial.transform import Rotation

from superpose._jobs.network import Link, Network, solve_network
from superpose._jobs.settings import NetworkSettings
from superpose.transforms.family import family_named
from superpose.transforms.geometry import about

Floats = NDArray[np.float64]
CENTRE, RADIUS, NOISE = np.array([100.0, 120.0]), float(np.hypot(100, 120)), 0.3


def pose(angle: float, scale: float, shift: Floats) -> Floats:
    turn = np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])
    return about(scale * turn, shift, CENTRE)


def network(family: str, count: int, links: int, wrong: float, seed: int) -> tuple[Network, Floats, NDArray[np.bool_]]:
    """Return what a chain with links across leads to, the true poses, and which links are wrong."""
    rng = np.random.default_rng(seed)
    turns, scales = family != "translation", family == "similarity"

    def anywhere() -> Floats:
        return pose(rng.uniform(-3, 3) * turns, np.exp(rng.normal(0, 0.2) * scales), rng.uniform(-500, 500, 2))

    true = np.array([np.eye(3), *(anywhere() for _ in range(count - 1))])
    pairs = [(k, k + 1) for k in range(count - 1)]
    while len(pairs) < links:
        first, second = map(int, rng.integers(count, size=2))
        if first != second:
            pairs.append((first, second))
    bad = rng.random(links) < wrong
    made = []
    for (first, second), lies in zip(pairs, bad, strict=True):
        small = NOISE / RADIUS
        noise = pose(rng.normal(0, small) * turns, np.exp(rng.normal(0, small) * scales), rng.normal(0, NOISE, 2))
        found = anywhere() if lies else true[second] @ np.linalg.inv(true[first]) @ noise
        made.append(Link(first, second, found, NOISE**2 * np.eye(2), NOISE * turns))
    solved = solve_network(count, made, family_named(family), CENTRE, RADIUS, NetworkSettings())
    return solved, true, bad


def errors(found: Network, true: Floats) -> Floats:
    """Return how far each sure frame's centre is off, seen from the one from which most lie right."""
    sure = np.flatnonzero(found.sure)
    best = np.full(len(sure), np.inf)
    for root in sure[:: max(1, len(sure) // 20)]:
        back = np.linalg.inv(found.poses[root]) @ true[root]
        off = np.array([((found.poses[k] @ back - true[k]) @ [*CENTRE, 1])[:2] for k in sure])
        size = np.sqrt(np.square(off).sum(1))
        best = size if np.median(size) < np.median(best) else best
    return best


@pytest.mark.parametrize("family", ["translation", "rigid", "similarity"])
def test_a_fifth_of_the_links_may_be_wrong(family: str) -> None:
    found, true, wrong = network(family, 150, 450, 0.2, 11)
    off = errors(found, true)
    assert found.sure.sum() >= 130
    # Each frame's few links are off by 0.3 px along either axis.
    assert np.sqrt(np.square(off).mean()) < 5 * NOISE
    assert off.max() < 20 * NOISE
    assert not found.fits[wrong].all() and found.fits[~wrong].mean() > 0.8


def test_without_wrong_links_all_of_them_are_used_and_the_error_is_less_than_one_link_s() -> None:
    found, true, _ = network("rigid", 60, 240, 0.0, 3)
    assert found.placed.all() and found.sure.all()
    assert found.fits.mean() > 0.97
    assert np.sqrt(np.square(errors(found, true)).mean()) < 1.5 * NOISE


def shift(first: int, second: int, by: float) -> Link:
    return Link(first, second, about(np.eye(2), np.array([by, 0.0]), np.zeros(2)), 0.01 * np.eye(2))


def solved(count: int, links: list[Link], kept: int | None = None) -> Network:
    return solve_network(count, links, family_named("translation"), CENTRE, RADIUS, NetworkSettings(), kept)


def test_one_wrong_link_is_outvoted() -> None:
    links = [shift(k, k + 1, 1.0) for k in range(5)] + [shift(0, 2, 2.0), shift(2, 4, 2.0), shift(1, 5, 4.0)]
    found = solved(6, [*links, shift(0, 5, -40.0)])
    assert found.fits.tolist() == [True] * 8 + [False]
    assert np.allclose(found.poses[:, 0, 2], np.arange(6), atol=1e-4)


def test_who_is_tied_by_one_link_is_placed_but_not_sure() -> None:
    found = solved(4, [shift(0, 1, 1.0), shift(1, 2, 1.0), shift(0, 2, 2.0), shift(2, 3, 9.0)])
    assert found.placed.tolist() == [True] * 4
    assert found.sure.tolist() == [True, True, True, False]
    assert found.poses[3, 0, 2] == pytest.approx(11.0)


def test_frames_that_nothing_ties_have_no_pose() -> None:
    found = solved(5, [shift(0, 1, 1.0), shift(3, 4, 1.0), shift(4, 0, 1.0)])
    assert found.placed.tolist() == [True, True, False, True, True]
    assert np.isnan(found.poses[2]).all()


@pytest.mark.parametrize("family", ["rigid", "similarity", "affine"])
def test_frames_that_nothing_ties_have_no_turn_either(family: str) -> None:
    """Nor did they have one to be undone: a stranger in a series that turns ended in a traceback."""
    true = [pose(0.1 * k, 1.0, np.array([3.0 * k, -k])) for k in range(4)]
    links = [
        Link(a, b, true[b] @ np.linalg.inv(true[a]), NOISE**2 * np.eye(2), NOISE) for a, b in ((0, 1), (1, 3), (0, 3))
    ]
    found = solve_network(4, links, family_named(family), CENTRE, RADIUS, NetworkSettings())
    assert found.placed.tolist() == [True, True, False, True] and np.isnan(found.poses[2]).all()
    np.testing.assert_allclose(found.poses[3], true[3], atol=1e-6)


def test_the_frame_that_is_kept_stays() -> None:
    found = solved(3, [shift(0, 1, 1.0), shift(1, 2, 2.0)], kept=1)
    assert found.poses[:, 0, 2] == pytest.approx([-1.0, 0.0, 2.0])


def test_no_links_place_one_frame() -> None:
    found = solved(3, [])
    assert found.placed.tolist() == [True, False, False]


@pytest.mark.parametrize("family", ["translation", "rigid", "similarity", "affine"])
def test_volumes_have_poses_too(family: str) -> None:
    """Of twelve in a ring with links across, turned to 60 degrees; two of thirty links are wrong."""
    rng = np.random.default_rng(5)
    centre = np.array([30.0, 40.0, 50.0])

    def somewhere() -> Floats:
        axis = rng.normal(size=3)
        turned = Rotation.from_rotvec(axis / np.linalg.norm(axis) * rng.uniform(0, np.pi / 3)).as_matrix()
        scale = np.exp(rng.normal(0, 0.2)) if family in ("similarity", "affine") else 1.0
        shear = np.eye(3) + rng.uniform(-0.1, 0.1, (3, 3)) * (family == "affine")
        linear = np.eye(3) if family == "translation" else scale * turned @ shear
        return about(linear, rng.uniform(-20, 20, 3), centre)

    true = np.array([np.eye(4), *(somewhere() for _ in range(11))])
    pairs = [(k, (k + by) % 12) for by in (1, 3, 5) for k in range(12)][:30]
    turns = NOISE if family != "translation" else 0.0
    links = []
    for at, (first, second) in enumerate(pairs):
        found = true[second] @ np.linalg.inv(true[first]) if at not in (4, 20) else somewhere()
        noise = about(np.eye(3), rng.normal(0, NOISE, 3), centre)
        links.append(Link(first, second, found @ noise, NOISE**2 * np.eye(3), turns))
    solved = solve_network(12, links, family_named(family, 3), centre, 70.0, NetworkSettings())
    assert solved.placed.all() and not solved.fits[[4, 20]].any() and solved.fits.sum() >= 27
    corners = centre + np.array([[-30, -40, -50], [30, 40, 50], [-30, 40, 50]])
    ends = np.c_[corners, np.ones(3)]
    off = (solved.poses - true) @ ends.T
    assert np.sqrt(np.square(off).sum(1)).max() < 4 * NOISE
