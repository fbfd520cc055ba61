"""Turns, directions, frames and levels of volumes, each by itself."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import ndimage
from scipy.spatial.transform import Rotation

from superpose._refine.levenberg_marquardt import refine
from superpose._sampling.frames import along_axes
from superpose._sampling.level import PreparedLevel
from superpose._sampling.level_pair import LevelPair
from superpose._sampling.settings import DEFAULTS as SAMPLING
from superpose._sampling.tensors import BASIS, tensor_field
from superpose._volumes.directed import VolumeDirections, _every
from superpose._volumes.directions import turning
from superpose._volumes.levels import halved_along, smoothed, volume_levels
from superpose._volumes.rotations import all_turns, turns_within
from superpose._volumes.settings import DEFAULTS
from superpose.grid import Grid
from superpose.image import Raster
from superpose.transforms.family import family_named
from superpose.transforms.geometry import PhysicalMap, max_corner_distance

assert SAMPLING[3]
angles = st.floats(-3, 3)
turns = st.builds(lambda a, b, c: Rotation.from_rotvec([a, b, c]).as_matrix(), angles, angles, angles)


def raster(shape: tuple[int, ...] = (12, 14, 16), **grid: object) -> Raster:
    data = np.random.default_rng(0).random(shape).astype(np.float32)
    return Raster(data, np.ones(shape, bool), Grid(shape, **grid))


def test_turns_are_turns_and_spread_evenly() -> None:
    turned = all_turns(600)
    assert np.abs(np.einsum("kij,klj->kil", turned, turned) - np.eye(3)).max() < 1e-12
    assert np.allclose(np.linalg.det(turned), 1)
    # Any turn has one of them nearby: 600 of them fill all turns with balls of 17 degrees.
    drawn = Rotation.random(300, random_state=0).as_matrix()
    cosines = (np.einsum("kij,lij->kl", drawn, turned).max(1) - 1) / 2
    assert np.degrees(np.arccos(np.clip(cosines, -1, 1))).max() < 30


@pytest.mark.parametrize(("degrees", "least", "most"), [(45, 20, 60), (180, 1201, 1201), (0, 1, 1)])
def test_turns_within_an_angle(degrees: float, least: int, most: int) -> None:
    some = turns_within(degrees, 1200)
    assert (some[0] == np.eye(3)).all() and least <= len(some) <= most
    cosines = (np.trace(some, axis1=1, axis2=2) - 1) / 2
    assert np.degrees(np.arccos(np.clip(cosines, -1, 1))).max() <= degrees + 1e-6


def test_the_basis_is_orthonormal_and_has_no_trace() -> None:
    assert np.allclose(np.einsum("kij,lij->kl", BASIS, BASIS), np.eye(5))
    assert np.allclose(np.trace(BASIS, axis1=1, axis2=2), 0)


@given(turns, turns)
def test_turning_directions_is_a_group(one: np.ndarray, other: np.ndarray) -> None:
    assert np.allclose(turning(one @ other), turning(one) @ turning(other))
    assert np.allclose(turning(one) @ turning(one).T, np.eye(5))


@given(turns)
def test_a_direction_turns_as_its_gradient(turn: np.ndarray) -> None:
    seen_in_moving = np.array([0.6, -0.3, 0.74])
    seen_in_fixed = turn.T @ seen_in_moving
    numbers = [np.einsum("kij,i,j->k", BASIS, each, each) for each in (seen_in_moving, seen_in_fixed)]
    assert np.allclose(numbers[0] @ turning(turn), numbers[1])


def test_contrast_does_not_change_directions() -> None:
    image = raster()
    before = tensor_field(image, DEFAULTS.search.damping)
    other = tensor_field(Raster(-3 * image.data, image.mask, image.grid), DEFAULTS.search.damping)
    assert np.abs(before.parts - other.parts).max() < 1e-4 and before.energy > 0.1


@pytest.mark.parametrize("every", [(1, 1), (2, 1), (2, 2), (3, 4)])
@pytest.mark.parametrize("threads", [1, 2])
@pytest.mark.parametrize("whole", [True, False])
def test_directions_by_slabs_are_those_of_the_gradient(every: tuple[int, int], threads: int, whole: bool) -> None:
    shape, spacing = (23, 150, 170), (1.5, 0.75, 2.0)
    image = raster(shape, spacing=spacing)
    if not whole:
        mask = np.random.default_rng(1).random(shape) < 0.98
        image = Raster(image.data * mask, mask, image.grid)
    found = tensor_field(image, DEFAULTS.search.damping, threads, every)
    alone = ndimage.binary_erosion(image.mask, border_value=1)[:: every[0], :: every[1]]
    g = np.stack([each[:: every[0], :: every[1]] for each in np.gradient(image.data.astype(float), *spacing)])
    length = np.sqrt((g * g).sum(0)) * alone
    typical = np.sqrt((length**2).sum() / alone.sum())
    direction = np.einsum("kij,i...,j...->k...", BASIS, g, g)
    wanted = direction * alone / np.where(alone, length * (length + DEFAULTS.search.damping * typical), 1)
    assert (found.mask == alone).all() and alone.mean() > 0.5 and np.abs(wanted).max() > 0.5
    assert np.abs(found.parts - wanted).max() < 1e-5
    assert (tensor_field(image, DEFAULTS.search.damping, 1, every).parts == found.parts).all()
    on = image.grid.to_physical(np.array([every[0], 2 * every[1], 5]))
    assert np.allclose(found.grid.to_physical([1, 2, 5]), on)


def test_fewer_planes_and_rows_of_a_large_volume_lead_to_the_same_place() -> None:
    fixed, moving = raster((40, 44, 48)), raster((40, 44, 48))
    pair = LevelPair(*(PreparedLevel(smoothed(each, (1.5,) * 3, 1), 1) for each in (fixed, moving)))
    start = PhysicalMap(np.eye(4))
    start[:3, 3] = 0.4, -0.3, 0.5
    off = []
    for enough in (1 << 20, 1 << 13):
        settings = replace(DEFAULTS, directed_voxels=enough)
        objective = VolumeDirections.of_levels(pair, start, family_named("rigid", 3), True, 1, settings)
        at = objective.pair.to_index(start)
        done = refine(objective, objective.state_at(at), 0.1, DEFAULTS.finest)
        off.append(max_corner_distance(objective.pair.to_physical(done.state.matrix), np.eye(4), fixed.grid))
    assert objective.pair.fixed.shape == (20, 11, 48)
    assert max(off) < 0.02


@pytest.mark.parametrize(
    "shape, every", [((190, 233, 197), (2, 4)), ((9, 1500, 1500), (1, 16)), ((94, 116, 98), (1, 1))]
)
def test_the_longer_axis_is_thinned(shape: tuple[int, ...], every: tuple[int, int]) -> None:
    assert _every(shape, 1 << 20) == every


@pytest.mark.parametrize("mirrored", [False, True])
def test_a_volume_along_its_own_axes(mirrored: bool) -> None:
    direction = Rotation.from_rotvec([0.3, 0.2, -0.5]).as_matrix()
    direction = direction * [1, 1, -1] if mirrored else direction
    image = raster(origin=(3.0, -2.0, 8.0), spacing=(1.0, 2.0, 0.5), direction=direction.tolist())
    own, to_users = along_axes(image)
    assert own.grid.direction == () and np.linalg.det(to_users[:3, :3]) == pytest.approx(1)
    index = np.array([5, 3, 7])
    at = np.append(own.grid.to_physical(index), 1)
    there = np.rint(image.grid.to_index((to_users @ at)[:3])).astype(int)
    assert own.data[tuple(index)] == image.data[tuple(there)]


def test_long_voxels_are_left_until_the_others_are_as_long() -> None:
    levels = volume_levels(raster((20, 96, 96), spacing=(5.0, 1.0, 1.0)), 1, DEFAULTS)
    assert [each.image.grid.spacing for each in levels[:4]] == [(5, 1, 1), (5, 2, 2), (5, 4, 4), (10, 8, 8)]


def test_halving_some_axes_keeps_places_and_leaves_out_what_is_missing() -> None:
    image = raster((16, 17, 18), origin=(1.0, 2.0, 3.0))
    rows = np.broadcast_to(np.arange(17, dtype=np.float32)[:, None], (16, 17, 18))
    ramp = Raster(np.ascontiguousarray(rows), image.mask.copy(), image.grid)
    half = halved_along(ramp, [1, 2], 1)
    assert half.grid.shape == (16, 9, 9) and half.grid.origin == (1.0, 2.0, 3.5)
    inner = half.data[:, 2:-2]
    places = half.grid.to_physical(np.argwhere(np.ones(half.grid.shape, bool)))[:, 1].reshape(half.grid.shape) - 2
    assert np.abs(inner - places[:, 2:-2]).max() < 1e-4
    spoilt = np.where(np.arange(18) < 6, np.float32(0), ramp.data)
    kept = np.broadcast_to(np.arange(18) >= 6, ramp.mask.shape).copy()
    without = halved_along(Raster(np.ascontiguousarray(spoilt), kept, image.grid), [1, 2], 1)
    assert np.abs(without.data - half.data)[:, 2:-2][without.mask[:, 2:-2]].max() < 1e-4
    assert not without.mask[:, :, 0].any() and without.mask[:, :, -1].all()


def test_a_turn_in_space_is_none_in_long_voxels() -> None:
    family, spacing = family_named("rigid", 3), np.array([5.0, 1.0, 1.0])
    basis = family.basis_on(tuple(spacing))
    for k in range(3):
        in_voxels = basis[:, k].reshape(3, 4)[:, :3]
        in_space = in_voxels * spacing[:, None] / spacing
        assert np.allclose(in_space, -in_space.T) and np.abs(in_space).max() == pytest.approx(1)
