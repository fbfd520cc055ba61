"""Images and points through transforms that are no matrix, beside SciPy and beside the matrix's own fast path."""

from __future__ import annotations

import tracemalloc
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import ArrayLike, NDArray
from scipy import ndimage

import superpose
from superpose import Grid, InputError, Registration, Transform
from superpose._report.pictures import screen_of
from superpose._sampling.mapping import PixelMap, nearest_through, warp_through
from superpose._sampling.resample import resample
from superpose._sampling.warp import Source, source
from superpose.image import UserImage

Floats = NDArray[np.float64]
RNG = np.random.default_rng(31)
FIXED, MOVING = Grid((60, 70)), Grid((64, 66))
SCENE = ndimage.gaussian_filter(RNG.normal(0, 50, MOVING.shape), 1.5)
MATRICES = {
    "rigid": superpose.rigid(0.2, (3, -5), (29.5, 34.5)),
    "affine": superpose.affine([[1.1, 0.2], [-0.1, 0.8]], (2, 4), (29.5, 34.5)),
    "homography": superpose.homography([[1, 0.1, 0], [0, 1, 0], [0.0201, -0.0099, 1]], (3.1, 2.3), (29.5, 34.5)),
}


@dataclass(frozen=True)
class Wave:
    """Rows moved by a sine of the column, and all by a shift: no matrix, and its inverse is known."""

    height: float = 3.0
    length: float = 9.0
    shift: tuple[float, float] = (1.25, -2.5)
    ndim: int = 2

    def __call__(self, points: ArrayLike) -> Floats:
        row, column = np.moveaxis(np.asarray(points, float), -1, 0)
        moved = row + self.height * np.sin(column / self.length) + self.shift[0]
        return np.stack([moved, column + self.shift[1]], -1)

    def inverse(self) -> BackWave:
        return BackWave(self)

    def jacobian(self, points: ArrayLike) -> Floats:
        column = np.asarray(points, float)[..., 1]
        slope = np.broadcast_to(np.eye(2), (*column.shape, 2, 2)).copy()
        slope[..., 0, 1] = self.height / self.length * np.cos(column / self.length)
        return slope


@dataclass(frozen=True)
class BackWave:
    there: Wave
    ndim: int = 2

    def __call__(self, points: ArrayLike) -> Floats:
        row, column = np.moveaxis(np.asarray(points, float) - self.there.shift, -1, 0)
        return np.stack([row - self.there.height * np.sin(column / self.there.length), column], -1)

    def inverse(self) -> Wave:
        return self.there


def registered(transform: Any = None, moving: Any = SCENE, fixed: Grid = FIXED, grid: Grid = MOVING) -> Registration:
    return Registration(
        transform=Wave() if transform is None else transform,
        value=0.0, metric="mse", optimizer="none", levels=(), overlap=1.0, initial=superpose.translation((0, 0)),
        fixed_grid=fixed, moving_grid=grid,
        _moving=UserImage(np.asanyarray(moving)), _fixed=UserImage(np.zeros(fixed.shape)),
    )  # fmt: skip


def places(transform: Any, fixed: Grid = FIXED, moving: Grid = MOVING) -> Floats:
    """Return where fixed's pixels lie in moving, in its pixels, (2, rows, columns)."""
    index = np.moveaxis(np.indices(fixed.shape), 0, -1).astype(float)
    return np.moveaxis(moving.to_index(transform(fixed.to_physical(index))), -1, 0)


def inside(at: Floats, shape: tuple[int, ...] = MOVING.shape) -> NDArray[np.bool_]:
    return np.all([(x >= 0) & (x <= n - 1) for x, n in zip(at, shape, strict=True)], axis=0)


# --- pictures -----------------------------------------------------------------------------------------------
@pytest.mark.parametrize("order", [1, 3])
def test_a_picture_is_scipys(order: int) -> None:
    found = registered().warp(order=order)
    at = places(Wave())
    expected = ndimage.map_coordinates(SCENE, np.clip(at, 0, np.array([[[63]], [[65]]])), order=order, mode="mirror")
    assert 3000 < inside(at).sum() < found.size
    np.testing.assert_array_equal(np.isfinite(found), inside(at))
    np.testing.assert_allclose(found[inside(at)], expected[inside(at)], rtol=0, atol=1e-4)


def test_nearest_pixels_are_scipys() -> None:
    labels = RNG.integers(0, 2**40, MOVING.shape)
    found = registered().warp_labels(labels, fill=-1)
    at = np.floor(places(Wave()) + 0.5)
    expected = ndimage.map_coordinates(labels, at, order=0, mode="constant", cval=-1, output=np.int64)
    np.testing.assert_array_equal(found, expected)
    assert (found == -1).any() and (found >= 0).sum() > 3000
    np.testing.assert_array_equal(registered().warp(labels, order=0, fill=-1), found)


def test_grids_with_origins_and_spacings() -> None:
    fixed, moving = Grid((30, 35), (1.0, -2.0), (2.0, 2.0)), Grid((32, 33), (0.5, 0.5), (2.0, 2.0))
    small = SCENE[::2, ::2]
    found = registered(moving=small, fixed=fixed, grid=moving).warp(order=1)
    at = places(Wave(), fixed, moving)
    known = inside(at, moving.shape)
    assert known.sum() > 600
    np.testing.assert_allclose(found[known], ndimage.map_coordinates(small, at, order=1)[known], rtol=0, atol=1e-4)


def test_colours_and_dtypes() -> None:
    colour = RNG.integers(0, 256, (*MOVING.shape, 3)).astype(np.uint8)
    for order in (0, 1, 3):
        found = registered().warp(colour, order=order, fill=7)
        assert found.shape == (*FIXED.shape, 3) and found.dtype == np.uint8
        for k in range(3):
            np.testing.assert_array_equal(found[..., k], registered().warp(colour[..., k], order=order, fill=7))
        assert (found[~inside(places(Wave()))][:20] == 7).all() or order == 0


# --- a matrix, not known to be one --------------------------------------------------------------------------
@pytest.mark.parametrize("name", MATRICES)
@pytest.mark.parametrize("order", [0, 1, 3])
def test_a_matrix_gives_the_fast_paths_picture(name: str, order: int) -> None:
    matrix = MATRICES[name]
    holes = np.where(RNG.random(MOVING.shape) < 0.03, np.nan, SCENE)
    for image in (SCENE, holes):
        fast, general = (
            resample(image, PixelMap(each, FIXED, MOVING), order, np.nan, 1) for each in (matrix, lambda x: matrix(x))
        )
        np.testing.assert_array_equal(np.isfinite(general), np.isfinite(fast))
        assert np.isfinite(fast).sum() > 1000
        np.testing.assert_allclose(general, fast, rtol=0, atol=1e-5 * np.abs(SCENE).max())


def test_on_the_border_a_pixel_of_no_weight_need_not_count() -> None:
    mask = np.ones(MOVING.shape, bool)
    mask[20, 30] = mask[63, 65] = False
    sampled = source(np.where(mask, SCENE, 0).astype(np.float32), mask, 1)
    for shift in ((0, 0), (0.5, 0), (0, 0.5), (0.25, 0.75), (1e-9, -1e-9)):
        move = superpose.translation(shift)
        pixels = [PixelMap(each, MOVING, MOVING) for each in (move, lambda x, move=move: move(x))]
        fast, general = (warp_through(sampled, each, 1) for each in pixels)
        np.testing.assert_array_equal(general[1], fast[1])
        np.testing.assert_allclose(general[0], fast[0], rtol=0, atol=1e-4)
    assert fast[1].sum() == mask.sum()


# --- which pixels have data ---------------------------------------------------------------------------------
def test_missing_pixels_stay_missing_and_spread_no_further() -> None:
    holes = SCENE.copy()
    holes[20:24, 30:40] = np.nan
    whole, found = registered(), registered(moving=holes)
    at = places(Wave())
    row, column = at
    kept = ndimage.map_coordinates(np.isfinite(holes).astype(float), np.clip(at, 0, [[[63]], [[65]]]), order=1)
    touched = kept < 0.5
    assert 30 < touched.sum() < ((row > 19) & (row < 24) & (column > 29) & (column < 40)).sum()
    for order in (1, 3):
        np.testing.assert_array_equal(np.isnan(found.warp(order=order)), touched | ~inside(at))
    np.testing.assert_array_equal(found.valid, inside(at) & ~touched)
    np.testing.assert_array_equal(whole.valid, inside(at))
    far = ndimage.distance_transform_edt(~touched) > 6
    np.testing.assert_allclose(found.warp()[far & inside(at)], whole.warp()[far & inside(at)], rtol=0, atol=0.2)


def test_nowhere_is_nowhere() -> None:
    def half(points: Floats) -> Floats:
        return np.where(points[..., 1:] < 20, np.nan, np.where(points[..., :1] < 10, np.inf, points))

    for order in (0, 1, 3):
        found = resample(SCENE, PixelMap(half, FIXED, MOVING), order, np.nan, 1)
        known = inside(places(lambda x: x))
        known[:10], known[:, :20] = False, False
        np.testing.assert_array_equal(np.isfinite(found), known)


@pytest.mark.parametrize(
    "mapping, words",
    [
        (lambda x: x[..., :1], r"^transform returned an array of shape \(60, 70, 1\); .* shape \(60, 70, 2\)"),
        (lambda x: "there", r"^transform returned no real numbers; it must return one of shape"),
    ],
)
def test_what_is_no_mapping_is_refused(mapping: Any, words: str) -> None:
    for order in (0, 1):
        with pytest.raises(InputError, match=words):
            resample(SCENE, PixelMap(mapping, FIXED, MOVING), order, np.nan, 1)


@pytest.mark.parametrize("mapping", [superpose.translation((1, 2, 3)), Wave(ndim=3)])
def test_a_transform_of_another_dimension_is_refused(mapping: Any) -> None:
    assert isinstance(mapping, Transform)
    found = registered(mapping)
    for look in (found.warp, lambda: found.warp_labels(np.ones(MOVING.shape, int)), lambda: found.valid):
        with pytest.raises(InputError, match=r"^transform maps points of 3 coordinates, .*from 2 axes onto 2; pass "):
            look()


# --- points -------------------------------------------------------------------------------------------------
def test_points_go_there_and_back() -> None:
    found = registered()
    points = RNG.uniform(10, 50, (20, 2))
    np.testing.assert_array_equal(found.to_moving(points), Wave()(points))
    np.testing.assert_allclose(found.to_fixed(found.to_moving(points)), points, rtol=0, atol=1e-12)
    np.testing.assert_array_equal(found.to_moving(points[:, ::-1], order="xy"), Wave()(points)[:, ::-1])
    with pytest.raises(InputError, match="inside fixed"):
        found.to_moving([[500, 500]])


def test_a_mark_is_seen_where_its_point_is_mapped() -> None:
    mark = np.zeros(MOVING.shape)
    mark[30, 40] = 1
    found = registered(moving=mark)
    seen = np.unravel_index(np.nanargmax(found.warp()), FIXED.shape)
    np.testing.assert_allclose(found.to_fixed((30, 40)), seen, rtol=0, atol=0.71)


def test_it_is_a_transform_and_can_be_looked_at() -> None:
    assert isinstance(Wave(), Transform)
    found = registered(fixed=Grid((60, 60))).with_images(SCENE[:60, :60], SCENE)
    assert found.describe() == f"moving lies on fixed by {Wave()!r}"
    assert "mse 0" in repr(found)
    screen = screen_of(found, 720)
    assert screen is not None
    np.testing.assert_allclose(
        screen.moving.warp(Wave(), screen.grid, grey=True),
        found.warp(order=1) - screen_offset(found),
        rtol=0,
        atol=1e-4,
    )
    assert len(found.plot().axes) == 4


def screen_offset(found: Registration) -> float:
    assert found._moving is not None
    return (float(found._moving.array.min()) + float(found._moving.array.max())) / 2


# --- threads, memory, axes ----------------------------------------------------------------------------------
def test_threads_change_no_bit_and_blocks_bound_memory() -> None:
    grid = Grid((700, 600))
    image = ndimage.zoom(SCENE, 10)[:700, :600].astype(np.float32)
    sampled, pixels = source(image, np.ones(grid.shape, bool), 3), PixelMap(Wave(), grid, grid)
    one = warp_through(sampled, pixels, 1)
    tracemalloc.start()
    try:
        again = warp_through(sampled, pixels, 1)
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    # The output, and the points of one block: those of all pixels would be eight times as large.
    assert peak < 3 * image.nbytes
    for other in (again, warp_through(sampled, pixels, 3)):
        np.testing.assert_array_equal(other[0], one[0])
        np.testing.assert_array_equal(other[1], one[1])


def test_any_number_of_axes() -> None:
    grid, shape = Grid((9, 10, 11)), (7, 8, 9)
    volume = RNG.random(grid.shape).astype(np.float32)
    mask = np.ones(grid.shape, bool)
    mask[4, 5, 6] = False

    def bend(points: Floats) -> Floats:
        return points + 0.4 * np.sin(points[..., ::-1]) + 0.5

    pixels = PixelMap(bend, Grid(shape), grid)
    found, valid = warp_through(Source(np.where(mask, volume, 0), mask, 1), pixels, 1)
    at = np.moveaxis(bend(np.moveaxis(np.indices(shape).astype(float), 0, -1)), -1, 0)
    touched = np.all(np.abs(at - np.array([4, 5, 6]).reshape(3, 1, 1, 1)) < 1, axis=0)
    np.testing.assert_array_equal(valid, inside(at, grid.shape) & ~touched)
    assert touched.any() and valid.sum() > 300
    expected = ndimage.map_coordinates(volume.astype(float), at, order=1)
    np.testing.assert_allclose(found[valid], expected[valid], rtol=0, atol=1e-6)
    labels, known = nearest_through((100 * volume).astype(int), pixels, -1)
    rounded = np.floor(at + 0.5).astype(int)
    assert known.all() == bool((labels >= 0).all())
    np.testing.assert_array_equal(labels[known], (100 * volume).astype(int)[tuple(rounded[:, known])])


def test_the_transform_may_be_replaced() -> None:
    found = registered(MATRICES["rigid"])
    bent = replace(found, transform=Wave())  # type: ignore[arg-type]
    assert np.nanmax(np.abs(bent.warp() - found.warp())) > 1


@pytest.mark.parametrize(
    "use",
    [
        lambda bent, folder: bent.save(folder / "t.json"),
        lambda bent, folder: bent.report(folder / "r.html"),
        lambda bent, folder: bent.plot_landscape(),
        lambda bent, folder: superpose.landscape(SCENE, SCENE, over=[0, 1], initial=bent),
        lambda bent, folder: superpose.register(SCENE, SCENE, initial=bent),
    ],
    ids=["save", "report", "plot_landscape", "landscape", "register"],
)
def test_what_needs_a_matrix_says_so(use: Any, tmp_path: Path) -> None:
    message = r"^(transform|initial) is Wave\(height=3\.0, .*, which is no MatrixTransform; .* \[no-matrix\]$"
    with pytest.raises(InputError, match=message):
        use(registered().with_images(np.eye(*FIXED.shape), SCENE), tmp_path)
    assert list(tmp_path.iterdir()) == []


def test_all_else_takes_any_transform() -> None:
    bent = registered().with_images(np.eye(*FIXED.shape), SCENE)
    assert bent.to_moving([[5, 6]]).shape == bent.to_fixed([[5, 6]]).shape == (1, 2)
    assert "Wave(height=3.0" in bent.describe() and "Wave" in repr(bent) and "· Wave ·" in bent._repr_html_()
    assert bent.plot().axes and bent.plot_convergence().axes
