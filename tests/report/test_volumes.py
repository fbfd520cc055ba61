"""The page, the figures and the notebook's picture of volumes, without a browser."""

from __future__ import annotations

import base64
import json
import re
from dataclasses import replace
from io import BytesIO
from pathlib import Path
from typing import Any

import nibabel
import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image as Pillow
from scipy import ndimage

import superpose
from superpose._report.cubes import codes_of, shrunk_evenly, tiled, upright, upright_axes
from superpose._report.data import page_data
from superpose._report.misfit import misfit_of
from superpose._report.page import page
from superpose._report.planes import planes_of, start_of
from superpose._report.settings import DEFAULTS, ChartSettings
from superpose._report.volumes import cuts_of
from superpose.image import Raster


def bytes_of(packed: dict[str, Any]) -> NDArray[np.uint8]:
    """A volume as the page holds it."""
    picture = np.asarray(Pillow.open(BytesIO(base64.b64decode(packed["picture"].partition(",")[2]))))
    planes, rows, columns = packed["shape"]
    tiles = [
        picture[rows * (k // packed["tiles"]) :, columns * (k % packed["tiles"]) :][:rows, :columns]
        for k in range(planes)
    ]
    return np.stack(tiles)


def ramp(grid: superpose.Grid, slopes: tuple[float, float, float]) -> Raster:
    """A volume that is as bright as its physical points lie far along a direction."""
    points = grid.to_physical(np.stack(np.meshgrid(*map(np.arange, grid.shape), indexing="ij"), -1))
    return Raster((points @ np.array(slopes)).astype(np.float32), np.ones(grid.shape, bool), grid)


@pytest.mark.parametrize(
    "direction", [(), ((0, 0, 1), (0, -1, 0), (1, 0, 0)), ((0.0, -0.8, 0.6), (0.0, 0.6, 0.8), (-1.0, 0.0, 0.0))]
)
def test_upright_axes_run_as_the_physical_ones(direction: tuple[tuple[float, ...], ...]) -> None:
    grid = superpose.Grid((6, 9, 7), (3.0, -2.0, 8.0), (2.0, 1.0, 1.5), direction)
    image = ramp(grid, (1.0, 10.0, 100.0))
    image.mask[1, 2, 3] = False
    found = upright(image)
    assert (np.diag(np.array(found.grid.direction or np.eye(3))) > 0.5).all()
    # What each voxel shows lies where it lay.
    where = found.grid.to_physical(np.stack(np.meshgrid(*map(np.arange, found.grid.shape), indexing="ij"), -1))
    np.testing.assert_allclose(found.data, where @ (1.0, 10.0, 100.0), atol=1e-3)
    (gap,) = np.argwhere(~found.mask)
    np.testing.assert_allclose(found.grid.to_physical(gap), grid.to_physical((1, 2, 3)))
    along, _ = upright_axes(grid)
    assert [grid.shape[k] for k in along] == list(found.grid.shape)


@pytest.mark.parametrize("longest", [8, 11, 20, 64])
def test_a_smaller_volume_shows_the_same_places(longest: int) -> None:
    grid = superpose.Grid((7, 40, 33), (5.0, 6.0, 7.0), (6.0, 1.0, 1.25))
    found = shrunk_evenly(ramp(grid, (1.0, 2.0, 4.0)), longest)
    sides = np.array(found.grid.shape) * found.grid.spacing
    assert max(found.grid.shape) <= max(longest, 7) and found.mask.all()
    np.testing.assert_allclose(sides, np.array(grid.shape) * grid.spacing, rtol=0.2)
    inside = tuple(slice(n // 4, n - n // 4) for n in found.grid.shape)
    np.testing.assert_allclose(found.data[inside], ramp(found.grid, (1.0, 2.0, 4.0)).data[inside], atol=0.35)
    assert found.grid.spacing[0] == 6.0 or longest < 8


def test_what_is_missing_stays_missing_and_spreads_nothing() -> None:
    grid = superpose.Grid((24, 24, 24))
    image = Raster(np.full(grid.shape, 5, np.float32), np.ones(grid.shape, bool), grid)
    image.mask[:, 10:], image.data[:, 10:] = False, 0
    for longest in (12, 17):
        found = shrunk_evenly(image, longest)
        assert not found.mask.all() and 0.3 < found.mask.mean() < 0.5
        np.testing.assert_allclose(found.data[found.mask], 5, rtol=1e-5)


def test_a_picture_of_planes_holds_them_all() -> None:
    codes = np.random.default_rng(0).integers(0, 256, (7, 5, 9), np.uint8)
    octets, tiles = tiled(codes)
    packed = {"picture": "," + base64.b64encode(octets).decode(), "shape": codes.shape, "tiles": tiles}
    np.testing.assert_array_equal(bytes_of(packed), codes)
    np.testing.assert_array_equal(codes_of(np.array([0.0, 0.5, 1.0, 2.0, np.nan])), [1, 128, 255, 255, 0])


def test_the_page_holds_both_volumes_and_where_they_lie(scanned: superpose.Registration) -> None:
    found = planes_of(scanned, DEFAULTS[3].pictures)
    assert found is not None and found["same"] and found["unit"] == "units"
    assert [axis["name"] for axis in found["axes"]] == ["column", "row", "plane"]
    assert [axis["count"] for axis in found["axes"]] == [30, 22, 18] == found["fixed"]["shape"]
    assert [pose["name"] for pose in found["poses"]] == ["the answer", "as it came", "basin 2"]
    # A voxel that is shown, the user's, and the same point in space.
    at = np.array([4.0, 5.0, 6.0, 1.0])
    users = np.array(found["to_users"]) @ at
    np.testing.assert_allclose(users, [6.0, 22 - 1 - 5.0, 4.0, 1.0], atol=1e-9)
    np.testing.assert_allclose(np.array(found["to_physical"]) @ at, [*scanned.fixed_grid.to_physical(users[:3]), 1])
    for pose, transform in zip(found["poses"][:2], (scanned.transform, superpose.translation((0, 0, 0))), strict=True):
        there = scanned.moving_grid.to_index(transform(scanned.fixed_grid.to_physical(users[:3])))
        np.testing.assert_allclose(np.array(pose["matrix"]) @ at, [*there, 1], atol=1e-9)
    fixed, moving = (bytes_of(found[name]) for name in ("fixed", "moving"))
    assert scanned._fixed is not None and scanned._moving is not None
    own = scanned._fixed.array.transpose(2, 1, 0)[:, ::-1]
    assert np.corrcoef(fixed.ravel(), own.ravel())[0, 1] > 0.99 and (fixed > 0).all()
    np.testing.assert_array_equal(moving == 0, np.isnan(scanned._moving.array))
    # Under the answer moving has fixed's intensities.
    matrix = np.array(found["poses"][0]["matrix"])
    where = matrix[:3, :3], matrix[:3, 3], fixed.shape
    laid = ndimage.affine_transform(moving.astype(float), *where, order=1)
    known = ndimage.affine_transform((moving == 0).astype(float), *where, order=1, cval=1.0) < 1e-6
    known[laid < 20] = False
    assert np.corrcoef(fixed[known], laid[known])[0, 1] > 0.9


def test_the_data_is_plain_and_the_page_says_it(scanned: superpose.Registration) -> None:
    data = page_data(scanned)
    assert json.loads(json.dumps(data, allow_nan=False)) == data
    shown = page(data)
    assert "(plane, row, column)" in shown and "units in rows" not in shown and " px" not in shown.split("<script")[0]
    assert [each["name"] for each in data["snippets"]] == ["SciPy", "SimpleITK", "nibabel, nilearn", "JSON"]
    assert data["landscape"]["maps"] and "units" in data["landscape"]["maps"][-1]["down"]
    assert dict(data["run"])["fixed"] == "18 × 22 × 30 voxels"
    assert dict(data["numbers"])["turn"].startswith("13.1281°, as a rotation vector (+2.8648, −5.7296, +11.4592)")


def test_snippets_do_what_they_say(scanned: superpose.Registration) -> None:
    texts = {each["name"]: each["text"] for each in page_data(scanned)["snippets"]}
    point = np.array([1.0, 30.0, 12.0])
    there = scanned.transform(point)
    names: dict[str, Any] = {}
    exec(texts["SimpleITK"], names)
    np.testing.assert_allclose(names["found"].TransformPoint(point[::-1].tolist()), there[::-1], atol=1e-9)
    exec(texts["nibabel, nilearn"], names)
    flip = np.array([-1.0, -1.0, 1.0])
    np.testing.assert_allclose(names["matrix"] @ [*(flip * point[::-1]), 1], [*(flip * there[::-1]), 1], atol=1e-9)
    exec(texts["SciPy"], names)
    index = names["matrix"] @ scanned.fixed_grid.to_index(point) + names["offset"]
    np.testing.assert_allclose(index, scanned.moving_grid.to_index(there), atol=1e-9)


@pytest.mark.slow
def test_arrows_of_three_views(scanned: superpose.Registration) -> None:
    found = misfit_of(scanned, ChartSettings(misfit_width=44.0, least_arrow=0.0))
    assert found is not None and [view["name"] for view in found["views"]] == [
        f"seen along {n}" for n in ("planes", "rows", "columns")
    ]
    low = scanned.fixed_grid.corners.min(0) - (0.5, 1.0, 0.75)
    (arrow,) = found["views"][0]["arrows"]
    y, x = (scanned.fixed_grid.centre - (5, 3, 2) - low)[1:] * 44.0 / 27.0
    assert arrow["x"] == pytest.approx(x, abs=1.0) and arrow["y"] == pytest.approx(y, abs=1.0)
    assert arrow["to_y"] < arrow["y"] and arrow["to_x"] == arrow["x"]
    # Seen along rows the first axis points upwards: a shift along it does.
    (arrow,) = found["views"][1]["arrows"]
    assert arrow["to_y"] < arrow["y"]
    assert "misfit-title" in page(page_data(scanned))


def test_where_grids_say_nothing_middles_are_laid_on_each_other(scanned: superpose.Registration) -> None:
    name, start = start_of(scanned)
    assert name == "as it came" and (start.matrix == np.eye(4)).all()
    away = replace(scanned, moving_grid=replace(scanned.moving_grid, origin=(500.0, 0.0, 0.0)))
    name, start = start_of(away)
    assert name == "middle on middle"
    np.testing.assert_allclose(start(away.fixed_grid.centre), away.moving_grid.centre)


def test_the_figure_names_planes_and_units(scanned: superpose.Registration) -> None:
    figure = scanned.plot()
    panels = figure.axes
    assert [axes.get_title(loc="left") or axes.get_title() for axes in panels[:3]] == [
        "column 16 of 30", "row 11 of 22", "plane 10 of 18",
    ]  # fmt: skip
    assert "as it came" in panels[0].get_ylabel() and panels[3].get_xlabel() == "units"
    # One scale for all, and the lines cross in one place of space.
    seen = cuts_of(scanned, 256, 0.6)
    assert seen is not None
    for axes, cut in zip(panels[:3], seen.cuts, strict=True):
        assert axes.get_xlim() == (0.0, cut.sides[1]) and len(axes.lines) == 4
    assert [cut.sides for cut in seen.cuts] == [(44.0, 27.0), (30.0, 27.0), (30.0, 44.0)]
    agree = [np.nanmean(np.abs(a - b)) for a, b in zip(seen.fixed, seen.after, strict=True)]
    apart = [np.nanmean(np.abs(a - b)) for a, b in zip(seen.fixed, seen.before, strict=True)]
    assert all(a < 0.6 * b for a, b in zip(agree, apart, strict=True))


def test_a_notebook_shows_three_planes(scanned: superpose.Registration) -> None:
    shown = scanned._repr_html_()
    (data,) = re.findall(r'src="data:image/png;base64,([^"]+)"', shown)
    picture = np.asarray(Pillow.open(BytesIO(base64.b64decode(data))).convert("RGB"))
    assert picture.shape[0] > picture.shape[1] * 0.5 and len(data) < 60_000 and "three planes" in shown
    assert "img" not in scanned.with_images(None, None)._repr_html_()


def test_without_images_there_are_numbers_only(scanned: superpose.Registration) -> None:
    data = page_data(scanned.with_images(None, None))
    assert data["planes"] is None and data["viewer"] is None and "holds no images" in page(data)


@pytest.mark.slow
def test_a_page_stays_small() -> None:
    rng = np.random.default_rng(1)
    noise = [rng.random((150, 140, 130)).astype(np.float32) for _ in range(2)]
    grid = superpose.Grid(noise[0].shape)
    found = superpose.Registration(
        transform=superpose.rigid((0.0, 0.0, 0.1)), value=0.0, metric="ncc", optimizer="by hand", levels=(),
        overlap=1.0, initial=superpose.translation((0, 0, 0)), fixed_grid=grid, moving_grid=grid,
    ).with_images(*noise)  # fmt: skip
    planes = planes_of(found, DEFAULTS[3].pictures)
    assert planes is not None and planes["fixed"]["shape"] == [128, 119, 110]
    assert "They are shown smaller, fixed as 128 × 119 × 110 voxels" in planes["note"]
    assert len(json.dumps(planes)) < 6_000_000


def test_letters_are_there_only_where_a_header_says_so(scanned: superpose.Registration) -> None:
    plain, settings = planes_of(scanned, DEFAULTS[3].pictures), DEFAULTS[3].pictures
    body = planes_of(replace(scanned, fixed_grid=replace(scanned.fixed_grid, anatomical=True)), settings)
    assert plain is not None and plain["letters"] is None
    assert body is not None and [axis["title"] for axis in body["axes"]] == ["axial", "coronal", "sagittal"]
    # What is shown runs as (superior, posterior, left) do, whichever way the array does.
    assert (np.diag(np.array(body["to_physical"]))[:3] > 0).all()
    assert body["letters"] == [["I", "S"], ["A", "P"], ["R", "L"]]


@pytest.mark.parametrize("name", ["head.nii.gz", "head.nrrd", "head.mha"])
def test_which_headers_say_so(tmp_path: Path, name: str) -> None:
    array = np.random.default_rng(0).random((6, 7, 8)).astype(np.float32)
    for origin, says in (((-3.0, 4.0, 5.0), True), ((0.0, 0.0, 0.0), False)):
        superpose.write(tmp_path / name, superpose.Image(array, (2.0, 1.0, 1.0), origin, unit="mm"))
        assert superpose.read(tmp_path / name).grid.anatomical is says
    made = superpose.Image(array, (2.0, 1.0, 1.0), (-3.0, 4.0, 5.0), unit="mm")
    assert not made.grid.anatomical and replace(made.grid, anatomical=True) == made.grid


def test_a_file_without_orientation_has_no_letters(tmp_path: Path) -> None:
    image = nibabel.Nifti1Image(np.random.default_rng(0).random((6, 7, 8)).astype(np.float32), None)
    nibabel.save(image, tmp_path / "bare.nii")
    with pytest.warns(superpose.AssumptionWarning, match="no-orientation"):
        assert not superpose.read(tmp_path / "bare.nii").grid.anatomical
