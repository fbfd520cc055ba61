"""Series of volumes laid on each other: heads that move, in millimetres."""

from __future__ import annotations

import csv
import io
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray
from scipy import ndimage

import superpose
from superpose.errors import AssumptionWarning, InputError, UnreliableWarning

Floats = NDArray[np.float64]
SHAPE, SPACING, ORIGIN = (18, 26, 30), (3.0, 2.0, 2.2), (5.0, -20.0, 7.0)
NOISE = 4.0


def blobs(seed: int) -> Floats:
    """Return a volume of 1 mm voxels with structure of its own everywhere, larger than those that are seen of it."""
    rng = np.random.default_rng(seed)
    out = ndimage.gaussian_filter(rng.normal(size=(80, 80, 96)), 4.0)
    return np.asarray(100 + 60 * out / out.std())


def seen(scene: Floats, pose: Floats, noise: float, rng: np.random.Generator) -> NDArray[np.float32]:
    """Return what a grid shows: a point x of it the scene's pose(x), from the middle of both."""
    grid = superpose.Grid(SHAPE, ORIGIN, SPACING)
    at = grid.to_physical(np.stack(np.indices(SHAPE), -1).reshape(-1, 3)) - grid.centre
    at = at @ pose[:3, :3].T + pose[:3, 3] + (np.array(scene.shape) - 1) / 2
    out = ndimage.map_coordinates(scene, at.T, order=3, prefilter=False).reshape(SHAPE)
    return np.asarray(out + rng.normal(0, noise, SHAPE), np.float32)


def moved(count: int, seed: int) -> Floats:
    """Return poses about the middle: a drift of both, one of them jerked."""
    rng = np.random.default_rng(seed)
    turns, shifts = np.cumsum(rng.normal(0, 0.012, (count, 3)), 0), np.cumsum(rng.normal(0, 0.5, (count, 3)), 0)
    turns[count // 2] += 0.06, -0.04, 0.05
    shifts[count // 2] += 2.0, -3.0, 1.5
    return np.array([superpose.rigid(a, s, centre=(0, 0, 0)).matrix for a, s in zip(turns, shifts, strict=True)])


def series(count: int, seed: int = 0) -> tuple[list[superpose.Image], Floats]:
    rng = np.random.default_rng(seed)
    scene, poses = ndimage.spline_filter(blobs(seed), 3), moved(count, seed + 1)
    return [superpose.Image(seen(scene, each, NOISE, rng), SPACING, ORIGIN, unit="mm") for each in poses], poses


def off(found: superpose.StackResult, poses: Floats) -> Floats:
    """Return how far the corners of volumes are off at most, seen from the first that was placed, in mm."""
    corners, middle = found.grid.corners, found.grid.centre
    about = superpose.translation(middle).matrix
    used = [k for k, each in enumerate(found.transforms) if each is not None]
    first = used[0]
    out = []
    for k in used:
        want = about @ np.linalg.inv(poses[k]) @ poses[first] @ np.linalg.inv(about)
        have = found.transforms[k] @ found.transforms[first].inverse()  # type: ignore[union-attr,operator]
        gap = corners @ (want - have.matrix)[:3, :3].T + (want - have.matrix)[:3, 3]
        out.append(np.sqrt(np.square(gap).sum(1).max()))
    return np.array(out)


@pytest.fixture(scope="module")
def given() -> tuple[list[superpose.Image], Floats]:
    return series(8)


@pytest.fixture(scope="module")
def found(given: tuple[list[superpose.Image], Floats]) -> superpose.StackResult:
    return superpose.stack(given[0], transform="rigid")


@pytest.mark.slow
def test_head_motion_is_found_in_millimetres(
    given: tuple[list[superpose.Image], Floats], found: superpose.StackResult
) -> None:
    assert found.grid.coincides(given[0][0].grid) and found.grid.unit == "mm"
    assert all(each is not None and each.family == "rigid" and each.ndim == 3 for each in found.transforms)
    assert off(found, given[1]).max() < 0.15
    # On average all stay where they are.
    assert np.abs(np.mean([each.motion for each in found.table], axis=0)).max() < 0.02
    assert np.abs(np.mean([each.angle for each in found.table], axis=0)).max() < 0.05
    jerked, before = found.table[4], found.table[3]
    # The pose's turn is undone by the transform.
    assert np.subtract(jerked.angle, before.angle) == pytest.approx(np.degrees([-0.06, 0.04, -0.05]), abs=1.5)
    assert all(0.003 < each.sigma < 0.2 and each.confidence > 0.5 for each in found.table)


def test_the_table_has_three_axes_and_three_angles(found: superpose.StackResult) -> None:
    rows = list(csv.DictReader(io.StringIO(found.to_csv())))
    axes = ["plane", "row", "column"]
    assert list(rows[0]) == [
        "frame", "name", "used", *axes, *(f"angle about {axis}" for axis in axes), "sigma", "confidence", "why not"
    ]  # fmt: skip
    assert float(rows[4]["angle about row"]) == pytest.approx(found.table[4].angle[1], rel=1e-4)
    axes = found.plot().axes
    assert [each.get_ylabel() for each in axes] == ["motion, mm", "turn, degrees"]
    assert [len(each.get_lines()) for each in axes] == [3, 3]


@pytest.mark.slow
def test_a_reference_keeps_its_place_and_the_same_bits_come_of_several_threads(
    given: tuple[list[superpose.Image], Floats], found: superpose.StackResult
) -> None:
    other = superpose.stack(given[0], transform="rigid", reference=2, threads=2)
    assert other.transforms[2] == superpose.rigid((0, 0, 0), (0, 0, 0))
    again = superpose.stack(given[0], transform="rigid", reference=2, threads=1)
    assert other.transforms == again.transforms and other.to_csv() == again.to_csv()
    assert off(other, given[1]).max() < 0.15


@pytest.mark.slow
def test_strangers_and_blanks_are_named_and_the_others_as_good(
    given: tuple[list[superpose.Image], Floats], found: superpose.StackResult
) -> None:
    volumes = list(given[0])
    rng = np.random.default_rng(5)
    blank, noise = np.full(SHAPE, 7.0), rng.normal(100, 60, SHAPE)
    stranger = seen(ndimage.spline_filter(blobs(99), 3), np.eye(4), NOISE, rng)
    for number, array in ((1, blank), (3, stranger), (5, noise)):
        volumes[number] = superpose.Image(array, SPACING, ORIGIN, unit="mm")
    with pytest.warns(UnreliableWarning, match="3 of the 8 frames could not be placed: 1 "):
        result = superpose.stack(volumes, transform="rigid")
    assert [each.frame for each in result.table if not each.used] == [1, 3, 5]
    assert "constant" in result.table[1].why_not and result.table[3].angle == ()
    assert off(result, given[1]).max() < 0.2


@pytest.mark.slow
def test_what_has_moved_far_is_found_too() -> None:
    rng = np.random.default_rng(8)
    scene = ndimage.spline_filter(blobs(8), 3)
    poses = moved(6, 9)
    poses[3] = superpose.rigid((0.5, 0.2, -0.3), (9.0, -6.0, 8.0), centre=(0, 0, 0)).matrix
    volumes = [superpose.Image(seen(scene, each, NOISE, rng), SPACING, ORIGIN) for each in poses]
    result = superpose.stack(volumes, transform="rigid")
    assert all(result.transforms)
    assert off(result, poses).max() < 0.2


@pytest.mark.slow
def test_plain_arrays_are_volumes_at_their_indices(given: tuple[list[superpose.Image], Floats]) -> None:
    arrays = np.array([each.array for each in given[0]])
    result = superpose.stack(arrays, transform="translation", exclude=[4])
    assert result.grid == superpose.Grid(SHAPE) and result.table[0].angle == ()
    middles = np.array([each.motion for each in result.table])
    # The same, but for turns that it does not know of, in voxels.
    rigid = np.array([each.motion for each in superpose.stack(given[0], transform="rigid", exclude=[4]).table])
    assert np.nanmax(np.abs(middles * SPACING - rigid)) < 0.3


@pytest.mark.slow
def test_noise_alone_is_not_aligned() -> None:
    noise = np.random.default_rng(3).normal(size=(6, 18, 20, 22))
    with pytest.warns(UnreliableWarning, match="6 of the 6 frames"):
        result = superpose.stack(noise, transform="rigid")
    assert not any(result.transforms)


def test_volumes_go_along_and_are_combined(
    given: tuple[list[superpose.Image], Floats], found: superpose.StackResult, tmp_path: Path
) -> None:
    nibabel = pytest.importorskip("nibabel")
    aligned = found.apply(given[0])
    inner = (slice(4, -4),) * 3
    raw = np.array([each.array for each in given[0]])
    stack = np.array(aligned)
    assert stack.shape == (8, *SHAPE) and stack.dtype == np.float32
    # Noise alone is left of what changes from volume to volume.
    assert stack[:, *inner].std(0).mean() < 1.1 * NOISE < 0.5 * raw[:, *inner].std(0).mean()
    mean = found.combine(given[0], "median")
    assert mean.image.shape == mean.coverage.shape == SHAPE and mean.coverage.max() == 8
    path = tmp_path / "mean.nii.gz"
    superpose.write(path, superpose.Image(mean.image, SPACING, ORIGIN, unit="mm"))
    read = nibabel.load(path)
    assert np.allclose(np.asarray(read.dataobj).T, mean.image, atol=1e-3, equal_nan=True)
    assert np.allclose(read.header.get_zooms(), SPACING[::-1])


@pytest.mark.slow
def test_a_nifti_of_four_axes_is_a_series(
    given: tuple[list[superpose.Image], Floats], found: superpose.StackResult, tmp_path: Path
) -> None:
    nibabel = pytest.importorskip("nibabel")
    path = tmp_path / "series.nii.gz"
    data = np.array([each.array for each in given[0]]).T
    affine = given[0][0].to_nibabel().affine
    image = nibabel.Nifti1Image(data, affine)
    image.header.set_xyzt_units("mm", "sec")
    nibabel.save(image, path)
    result = superpose.stack(superpose.read_series(path), transform="rigid")
    assert result.grid.coincides(found.grid)
    for one, other in zip(result.transforms, found.transforms, strict=True):
        assert one is not None and other is not None
        assert one.distance(other, found.grid.corners) < 1e-3


@pytest.mark.slow
def test_flat_frames_have_units_too() -> None:
    rng = np.random.default_rng(1)
    scene = ndimage.gaussian_filter(rng.normal(size=(200, 220)), 2.0) * 1000
    moves = np.array([(0, 0), (2, 4), (3, -2), (-1, 1)])
    arrays = [scene[40 - a : 136 - a, 40 - b : 168 - b] + rng.normal(0, 5, (96, 128)) for a, b in moves]
    frames = [superpose.Image(each, (0.5, 0.25), (10.0, 20.0), unit="µm") for each in arrays]
    for transform in ("translation", "rigid"):
        result = superpose.stack(frames, transform=transform, reference=0)
        motion = np.array([each.motion for each in result.table])
        assert np.abs(motion - moves * (0.5, 0.25)).max() < 0.02
        assert result.grid.origin == (10.0, 20.0) and result.grid.unit == "µm"
    aligned = np.array(result.apply(frames))[:, 8:-8, 8:-8]
    assert aligned.std(0).mean() < 12


def test_volumes_that_lie_elsewhere_are_refused(given: tuple[list[superpose.Image], Floats]) -> None:
    volumes = list(given[0][:3])
    volumes[2] = superpose.Image(volumes[2].array, SPACING, (50.0, 0.0, 0.0), unit="mm")
    with pytest.raises(InputError, match="frame 2 has"):
        superpose.stack(volumes, transform="rigid")


def test_four_columns_are_taken_for_colours_and_that_is_said() -> None:
    scene = ndimage.gaussian_filter(np.random.default_rng(0).normal(size=(90, 90)), 1.5) * 1000
    frames = np.stack([scene[k : 80 + k, :80] for k in (0, 3, 5)])[..., None].repeat(4, -1)
    with pytest.warns(AssumptionWarning, match="colour"):
        found = superpose.stack(frames, reference=0)
    assert [round(each.motion[0]) for each in found.table] == [0, -3, -5]
