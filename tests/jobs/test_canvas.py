"""Which pixels a series is laid on."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
import skimage.data
from numpy.typing import NDArray

import superpose
from superpose._jobs.canvas import canvas_grid, same_view
from superpose._jobs.settings import CanvasSettings
from superpose._sampling.mapping import PixelMap
from superpose._sampling.resample import covered
from superpose.errors import AssumptionWarning, InputError

FRAME = superpose.Grid((40, 60))
SHIFTS = [superpose.translation(each) for each in ((0, 0), (3.5, -2), (-1.25, 7))]
TURNS = [superpose.rigid(a, s, (19.5, 29.5)) for a, s in ((0.0, (0, 0)), (0.3, (2, 1)), (-0.2, (-3, 4)))]


def counts(transforms: list[superpose.MatrixTransform], grid: superpose.Grid, frame: superpose.Grid = FRAME) -> object:
    return np.sum([covered(PixelMap(each, grid, frame), None) for each in transforms], 0)


def around(grid: superpose.Grid, by: int) -> superpose.Grid:
    """Return the grid with so many pixels more on every side."""
    low = np.full(grid.ndim, -by)
    return replace(grid, shape=tuple(n + 2 * by for n in grid.shape), origin=tuple(grid.to_physical(low)))


@pytest.mark.parametrize("transforms", [SHIFTS, TURNS])
def test_the_union_holds_every_pixel_of_every_frame_and_no_empty_line(
    transforms: list[superpose.MatrixTransform],
) -> None:
    grid = canvas_grid("union", [*transforms, None], FRAME, CanvasSettings())
    wide = np.asarray(counts(transforms, around(grid, 9)))
    assert (wide[9:-9, 9:-9] == counts(transforms, grid)).all()
    wide[9:-9, 9:-9] = 0
    assert not wide.any()
    inside = np.asarray(counts(transforms, grid))
    lines = inside[0], inside[-1], inside[:, 0], inside[:, -1]
    # Of frames that are turned, a corner may lie between the pixels of a line.
    assert all(line.any() for line in lines) or transforms is TURNS
    # Pixels lie where those of the fixed canvas do.
    assert np.array_equal(np.rint(grid.origin), grid.origin)


@pytest.mark.parametrize("transforms", [SHIFTS, TURNS])
def test_the_intersection_is_the_largest_box_that_all_fill(transforms: list[superpose.MatrixTransform]) -> None:
    grid = canvas_grid("intersection", transforms, FRAME, CanvasSettings())
    assert (np.asarray(counts(transforms, grid)) == 3).all()
    union = canvas_grid("union", transforms, FRAME, CanvasSettings())
    full = np.pad((np.asarray(counts(transforms, union)) == 3).cumsum(0).cumsum(1), ((1, 0), (1, 0)))
    most = 0
    for top in range(union.shape[0]):
        for bottom in range(top + 1, union.shape[0] + 1):
            rows = full[bottom] - full[top]
            filled = np.diff(rows) == bottom - top
            runs = np.diff(np.flatnonzero(~np.concatenate([[False], filled, [False]])) - 0) - 1
            most = max(most, (bottom - top) * int(runs.max()))
    assert np.prod(grid.shape) == most


def test_of_volumes_too() -> None:
    frame = superpose.Grid((9, 20, 30), (5.0, 1.0, 2.0), (3.0, 1.0, 1.0))
    shifts = [superpose.translation((0, 0, 0)), superpose.translation((3, 2, -4.5))]
    union, shared = (canvas_grid(name, shifts, frame, CanvasSettings()) for name in ("union", "intersection"))
    assert union.shape == (10, 22, 34) and shared.shape == (8, 18, 25)
    assert union.origin == (2.0, -1.0, 2.0) and shared.origin == (5.0, 1.0, 7.0)
    assert union.spacing == frame.spacing
    assert (np.asarray(counts(shifts, shared, frame)) == 2).all()
    turned = [superpose.rigid((0.1, 0.05, -0.1), (1, 0, 1), frame.centre), *shifts]
    box = canvas_grid("intersection", turned, frame, CanvasSettings())
    assert (np.asarray(counts(turned, box, frame)) == 3).all()


def test_a_canvas_that_cannot_be_is_refused() -> None:
    far = [superpose.translation((0, 0)), superpose.translation((5000, 5000))]
    with pytest.raises(InputError, match=r"cover 5040 x 5060 pixels together.*canvas='fixed'"):
        canvas_grid("union", far, FRAME, CanvasSettings(pixels=10**6))
    with pytest.raises(InputError, match=r"no pixel that all 2 frames show.*canvas='fixed'"):
        canvas_grid("intersection", far, FRAME, CanvasSettings())
    assert canvas_grid("union", far[:1], FRAME, CanvasSettings(pixels=1, times=1)) == FRAME
    assert canvas_grid("union", [None], FRAME, CanvasSettings()) == FRAME


def test_other_pixels_over_the_same_view() -> None:
    other = same_view(FRAME, (20, 30))
    assert other is not None and (other.spacing, other.origin) == ((2.0, 2.0), (0.5, 0.5))
    for shape in ((79, 119), (13, 20), (41, 60)):
        found = same_view(replace(FRAME, spacing=(0.5, 3.0), origin=(7.0, -2.0)), shape)
        assert found is not None
        for end, last in ((-0.5, -0.5), (shape[0] - 0.5, FRAME.shape[0] - 0.5)):
            want = replace(FRAME, spacing=(0.5, 3.0), origin=(7.0, -2.0)).to_physical((last, -0.5))
            assert np.allclose(found.to_physical((end, -0.5)), want)
    assert same_view(FRAME, (60, 40)) is None and same_view(FRAME, (20, 40)) is None and same_view(FRAME, (20,)) is None


# --- stack --------------------------------------------------------------------------------------------------
@pytest.fixture(scope="module")
def frames() -> NDArray[np.uint8]:
    scene = skimage.data.camera()
    return np.array([scene[100 - 4 * k : 260 - 4 * k, 200 + 2 * k : 360 + 2 * k] for k in range(5)])


def test_each_canvas_shows_the_scene_where_it_is(frames: NDArray[np.uint8]) -> None:
    scene = skimage.data.camera().astype(float)
    shapes = []
    for canvas in ("fixed", "union", "intersection"):
        found = superpose.stack(frames, reference="first", canvas=canvas, combine="median")
        assert found.image is not None and found.coverage is not None
        assert found.canvas == canvas and found.image.shape == found.grid.shape == found.coverage.shape
        row, column = (round(each) for each in found.grid.origin)
        want = scene[100 + row : 100 + row + found.grid.shape[0], 200 + column : 200 + column + found.grid.shape[1]]
        known = np.isfinite(found.image)
        assert np.abs(found.image - want)[known].mean() < 1.5
        shapes.append(found.grid.shape)
        if canvas == "intersection":
            assert (found.coverage == 5).all()
        (warped, *_) = found.apply(frames, canvas="fixed")
        assert warped is not None and warped.shape == (160, 160)
        assert found.frame_grid == superpose.Grid((160, 160))
    assert shapes[0] == (160, 160)
    assert abs(shapes[1][0] - 176) <= 1 and abs(shapes[1][1] - 168) <= 1
    assert abs(shapes[2][0] - 144) <= 1 and abs(shapes[2][1] - 152) <= 1


def test_where_the_canvas_cannot_be_it_is_said_and_the_work_not_lost(frames: NDArray[np.uint8]) -> None:
    apart = [superpose.translation((0, 170.0 * k)) for k in range(5)]
    found = superpose.stack(frames, transforms=apart, canvas="intersection", combine="mean")
    assert found.canvas == "fixed" and found.grid == found.frame_grid
    assert "no pixel that all 5 frames show" in found.warnings[-1]
    with pytest.raises(InputError, match="no pixel that all 5 frames show"):
        found.apply(frames, canvas="intersection")
    with pytest.raises(InputError, match="did you mean 'union'"):
        found.apply(frames, canvas="onion")
    with pytest.raises(InputError, match="did you mean 'union'"):
        superpose.stack(frames, canvas="onion")


@pytest.mark.parametrize("canvas", ["fixed", "union", "intersection"])
def test_frames_of_another_resolution_go_along(frames: NDArray[np.uint8], canvas: str) -> None:
    shifts = [superpose.translation((0.75 * k, -1.5 * k)) for k in range(5)]
    result = superpose.stack(frames, transforms=shifts, canvas=canvas)
    scene = skimage.data.camera().astype(float)
    pixels = np.arange(160.0)
    from scipy.ndimage import gaussian_filter, map_coordinates

    smooth = gaussian_filter(scene, 3)

    def seen(k: int, coarse: int) -> NDArray[np.float64]:
        rows, columns = (100 - 0.75 * k + pixels, 200 + 1.5 * k + pixels)
        fine = map_coordinates(smooth, np.meshgrid(rows, columns, indexing="ij"), order=3)
        return np.asarray(fine.reshape(160 // coarse, coarse, 160 // coarse, coarse).mean((1, 3)))

    for coarse in (1, 2, 5):
        moved = [seen(k, coarse) for k in range(5)]
        if coarse > 1:
            with pytest.warns(AssumptionWarning, match=rf"shape \({160 // coarse}, .*aligned \(160, 160\): they were"):
                aligned = result.apply(moved)
        else:
            aligned = result.apply(moved)
        laid = np.array(aligned)
        laid = laid[:, np.isfinite(laid).any(0)]
        # What binned pixels of steep edges do not hold is left.
        assert np.nanmean(laid.std(0)) < 0.02 * coarse * np.array(moved).std(0).mean()
    with pytest.raises(InputError, match=r"frame 0 has shape \(100, 60\)"):
        result.apply(frames[:, :100, :60])
