"""Images laid side by side: tiles of a stage, unordered crops, what does not belong."""

from __future__ import annotations

import csv
import io
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import skimage.data
import tifffile
from numpy.typing import NDArray

import superpose
from superpose._jobs.blending import blended, rows_at_once
from superpose._jobs.frames import frames_of
from superpose._jobs.layouts import pieces_on
from superpose._jobs.mosaic_images import MosaicImages
from superpose._jobs.mosaic_poses import Stage, placement
from superpose._jobs.mosaic_settings import BlendSettings, MosaicSettings
from superpose._jobs.overlaps import Overlap, by_shift, common
from superpose._jobs.positions import positions_of
from superpose._sampling.mapping import PixelMap
from superpose._sampling.resample import resample
from superpose.errors import InputError, UnreliableWarning
from superpose.transforms.family import family_named
from superpose.transforms.geometry import apply

Floats = NDArray[np.float64]
SIDE = 112


def tiles(seed: int = 0) -> tuple[list[Floats], Floats]:
    """Return two rows of three tiles, unevenly lit, and where each lies."""
    rng = np.random.default_rng(seed)
    scene = skimage.data.camera().astype(float)
    y, x = np.mgrid[-1 : 1 : SIDE * 1j, -1 : 1 : SIDE * 1j]
    light = 1 - 0.1 * (x * x + y * y)
    images, places = [], []
    for row in range(2):
        for column in range(3):
            first = np.array([60 + 92 * row, 60 + 92 * column]) + rng.integers(-3, 4, 2)
            part = scene[first[0] : first[0] + SIDE, first[1] : first[1] + SIDE]
            images.append(part * light * (1 + 0.1 * column) + rng.normal(0, 2, part.shape))
            places.append(first)
    return images, np.array(places, float)


def crops(
    scene: Floats, middles: Floats, shape: tuple[int, int], seed: int, bend: float = 0.0
) -> tuple[list[Floats], list[superpose.MatrixTransform]]:
    """Return views of a scene, turned and stretched, and the transform from the scene's points to each one's."""
    rng, out, poses = np.random.default_rng(seed), [], []
    centre = (np.array(shape) - 1) / 2
    for middle in middles:
        linear = superpose.similarity(rng.normal(0, 0.15), 1 + rng.normal(0, 0.04), centre=centre).matrix
        tilted = superpose.homography(np.eye(3)).matrix.copy()
        tilted[2, :2] = rng.normal(0, bend, 2)
        to_scene = by_shift(middle) @ tilted @ by_shift(-centre) @ linear
        view = superpose.from_matrix(to_scene / to_scene[2, 2])
        pixels = PixelMap(view, superpose.Grid(shape), superpose.Grid(scene.shape))
        out.append(resample(scene, pixels, 3, 0.0, 1) + rng.normal(0, 2, shape))
        poses.append(view.inverse())
    return out, poses


def off(found: superpose.MosaicResult, poses: list[superpose.MatrixTransform | None], shape: tuple[int, int]) -> float:
    """Return how far any corner of an image is from where it should be, all others laid on the truth."""
    corners = superpose.Grid(shape).corners
    used = [k for k, each in enumerate(found.transforms) if each is not None]
    there = {k: found.transforms[k].inverse()(corners) for k in used}  # type: ignore[union-attr]
    true = {k: poses[k].inverse()(corners) for k in used}  # type: ignore[union-attr]
    pairs = [np.vstack(list(each.values())) for each in (true, there)]
    onto = superpose.fit_transform(*pairs, found.transform).transform
    gaps = [found.transforms[k](onto(true[k])) - corners for k in used]  # type: ignore[misc]
    return max(float(np.sqrt(np.square(each).sum(1)).max()) for each in gaps)


@pytest.fixture(scope="module")
def staged() -> tuple[list[Floats], Floats, Floats, superpose.MosaicResult]:
    images, places = tiles()
    images[4] = np.full((SIDE, SIDE), 90.0) + np.random.default_rng(1).normal(0, 2, (SIDE, SIDE))
    told = places + np.random.default_rng(2).normal(0, 3, places.shape)
    return images, places, told, superpose.mosaic(images, positions=told, position_sigma=3)


@pytest.mark.slow
def test_tiles_are_where_they_were_taken(
    staged: tuple[list[Floats], Floats, Floats, superpose.MosaicResult],
) -> None:
    _, places, told, found = staged
    assert found.transform == "translation"
    where = np.array([each.place for each in found.table])
    tied = [0, 1, 2, 3, 5]
    gaps = (where - places)[tied]
    assert np.abs(gaps - gaps.mean(0)).max() < 0.1
    assert all(found.table[k].placed_by == "overlaps" for k in tied)
    # As a whole they lie where the stage says on average.
    assert np.abs((where - told)[tied].mean(0)).max() < 0.05


def test_a_tile_without_structure_stays_where_the_stage_put_it(
    staged: tuple[list[Floats], Floats, Floats, superpose.MosaicResult],
) -> None:
    _, _, told, found = staged
    blank = found.table[4]
    assert blank.placed_by == "stage" and blank.links == 0 and "beside image" in blank.why_not
    assert np.allclose(blank.place, told[4], atol=0.01)
    assert found.parts == ((0, 1, 2, 3, 5), (4,))
    assert [each for each in found.warnings if "lie where the stage says" in each and "image 4" in each]
    assert not [each for each in found.links if each.used and 4 in (each.first, each.second)]
    assert all(each.why_not for each in found.links if not each.used)


def test_brightness_is_levelled_and_seams_do_not_show(
    staged: tuple[list[Floats], Floats, Floats, superpose.MosaicResult],
) -> None:
    _, places, _, found = staged
    ratio = np.array(found.gains)
    assert ratio[0] / ratio[2] == pytest.approx(1.2, rel=0.03)
    assert found.image is not None and found.coverage is not None
    assert found.image.dtype == np.float32 and found.image.shape == found.grid.shape == found.coverage.shape
    assert np.array_equal(np.isnan(found.image), found.coverage == 0)
    assert found.coverage.max() >= 3 and found.coverage.min() == 0
    # Across the seam between the first two tiles nothing steps: beside it the scene itself is as smooth.
    first = np.rint(np.array(found.table[0].place) - found.grid.origin).astype(int)
    shown = found.image[first[0] + 5 : first[0] + 60, first[1] + 70 : first[1] + 130]
    scene = skimage.data.camera().astype(float)
    true = scene[int(places[0][0]) + 5 :, int(places[0][1]) + 70 :][:55, :60]
    assert np.corrcoef(shown.ravel(), true.ravel())[0, 1] > 0.99


def test_an_image_made_of_some_rows_at_a_time_is_the_same(
    staged: tuple[list[Floats], Floats, Floats, superpose.MosaicResult],
) -> None:
    images, *_, found = staged
    given = MosaicImages([np.dstack([each] * 3) for each in images], None)
    placed = {k: each for k, each in enumerate(found.transforms) if each is not None}
    outlines = {k: each for k, each in enumerate(found.outlines) if each is not None}
    pieces = pieces_on(found.grid, placed, outlines, found.shapes)
    shape, whole = found.grid.shape, BlendSettings(bands=(1.5, 4.0))
    some = replace(whole, window=1)
    assert len(rows_at_once(shape, some)) == 3
    for blend in ("multi-band", "mean"):
        one, other = (blended(given, pieces, shape, np.ones(6), 1, blend, each) for each in (whole, some))
        for array, again in zip(one, other, strict=True):
            assert np.array_equal(array, again, equal_nan=array.dtype.kind == "f")


def test_what_would_take_too_much_memory_is_refused_before_the_work() -> None:
    images, places = tiles()
    with pytest.raises(InputError, match=r"memory_limit is 1.0 MB, and one image of \d+ x \d+ takes about \d+\.\d MB"):
        superpose.mosaic(images, positions=places, memory_limit="1 MB")


def test_another_channel_goes_along(staged: tuple[list[Floats], Floats, Floats, superpose.MosaicResult]) -> None:
    images, _, _, found = staged
    assert found.image is not None and found.shapes == ((SIDE, SIDE),) * 6
    again = found.apply([1000 * each * gain for each, gain in zip(images, found.gains, strict=True)])
    assert np.array_equal(np.isnan(again), np.isnan(found.image))
    assert np.allclose(again, 1000 * found.image, rtol=1e-4, atol=1, equal_nan=True)
    with pytest.raises(InputError, match="was made of 6"):
        found.apply(images[:5])
    with pytest.raises(InputError, match=r"shape \(60, 112\)"):
        found.apply([images[0][:60], *images[1:]])
    with pytest.raises(InputError, match="did you mean 'mean'"):
        found.apply(images, blend="means")


def test_a_page_of_it(staged: tuple[list[Floats], Floats, Floats, superpose.MosaicResult], tmp_path: Path) -> None:
    *_, found = staged
    found.report(tmp_path / "mosaic.html", title="Six & tiles")
    page = (tmp_path / "mosaic.html").read_text("utf-8")
    assert "<h1>Six &amp; tiles</h1>" in page and "all images were placed" in page
    assert page.count('class="grid"') == 6 and page.count('<polyline class="key-0"') == 4
    assert "0 of 4" in page and "Left out" not in page
    assert all(each.why_not.split("[")[0].split("'")[0] in page for each in found.links if not each.used)
    with pytest.raises(InputError, match=r"mosaic\.txt"):
        found.report(tmp_path / "mosaic.txt")


def test_tables_and_figure(staged: tuple[list[Floats], Floats, Floats, superpose.MosaicResult], tmp_path: Path) -> None:
    *_, found = staged
    rows = list(csv.DictReader(io.StringIO(found.to_csv(tmp_path / "images.csv"))))
    assert [each["placed by"] for each in rows] == ["overlaps"] * 4 + ["stage", "overlaps"]
    assert (tmp_path / "images.csv").read_text("utf-8") == found.to_csv()
    links = list(csv.DictReader(io.StringIO(found.links_to_csv())))
    assert len(links) == len(found.links) and {each["used"] for each in links} == {"yes", "no"}
    # Four links tie five tiles: none of them is borne out by others.
    assert {each["confirmed"] for each in links} == {"no"}
    axes = found.plot().axes[0]
    assert len(axes.lines) == 6 + len(found.links)
    assert repr(found).startswith("<MosaicResult: 6 of 6 images, 1 by the stage only, 4 of ")


def pair() -> list[Floats]:
    """Return two tiles beside each other, 70 columns apart."""
    scene = skimage.data.camera()[100:200].astype(float)
    return [scene[:, 100:200], scene[:, 170:270]]


def test_what_hardly_counts_is_not_in_the_mosaic() -> None:
    one, other = pair()
    weights, junk = np.ones(one.shape), one.copy()
    weights[:, 70:] = 0.4
    weights[:, 90:] = 0.01
    weights[50:, 70:90] = 0.6
    junk[:, 90:] = 4000
    junk[:50, 70:] = 4000
    images = [superpose.Image(junk, mask=weights), other]
    found = superpose.mosaic(images, positions=[(0, 0), (0, 72)], position_sigma=4)
    assert found.image is not None and np.nanmax(found.image) < 300
    assert [each.placed_by for each in found.table] == ["overlaps"] * 2


def test_a_tile_of_unknown_position_is_compared_with_all() -> None:
    scene = skimage.data.camera().astype(float)
    images = [scene[100:200, 100:200], scene[100:200, 170:270], scene[150:250, 105:205]]
    found = superpose.mosaic(images, positions=[(0, 0), (0, 72), (np.nan, np.nan)], position_sigma=4, blend=None)
    assert [each.placed_by for each in found.table] == ["overlaps"] * 3
    assert np.subtract(found.table[2].place, found.table[0].place) == pytest.approx([50, 5], abs=0.1)
    blank, other = np.random.default_rng(0).normal(90, 2, (2, 100, 100))
    told = [(0, 0), (0, 72), (np.nan, np.nan), (500, 9)]
    with pytest.warns(UnreliableWarning, match="its position is not known, and it looks like none"):
        found = superpose.mosaic([*images[:2], blank, other], positions=told, position_sigma=4, blend=None)
    assert found.table[3].placed_by == "stage" and found.table[3].why_not == "its place overlaps no other's"


def test_spacings_that_differ_are_refused() -> None:
    one, other = (superpose.Image(each, spacing=(k, k)) for k, each in zip((2, 3), pair(), strict=True))
    with pytest.raises(
        InputError, match=r"image 1 has the spacing \(3.0, 3.0\), and a frame before it the spacing \(2.0"
    ) as got:
        superpose.mosaic([one, other])
    assert got.value.code == "unlike-frames"
    with pytest.raises(InputError, match="image 1 has no spacing"):
        superpose.mosaic([one, pair()[1]])


def test_a_tile_too_far_off_is_named() -> None:
    told = [(0, 0), (0, 72), (1e8, 3)]
    images = [*pair(), skimage.data.coins()[:100, :100].astype(float)]
    found = superpose.mosaic(images, positions=told, position_sigma=4)
    assert found.image is None
    assert [each for each in found.warnings if "image 2 at (1e+08, 3) is the farthest off" in each]


def test_images_none_of_which_can_be_used() -> None:
    with pytest.raises(InputError, match=r"images has 2 entries .*image 0: .*NaN"):
        superpose.mosaic([np.full((50, 50), np.nan)] * 2)


def test_empty_places_in_a_table_are_not_known(tmp_path: Path) -> None:
    names = [str(tmp_path / f"{each}.tif") for each in "abc"]
    (tmp_path / "stage.csv").write_text("name,row,column\na.tif,0,5\nb.tif,,\nc.tif,NaN,nan\n")
    places, said = positions_of(tmp_path / "stage.csv", frames_of(names, None), names)
    assert not said and np.isnan(places).all(1).tolist() == [False, True, True]


@pytest.mark.slow
def test_exchanged_axes_are_noticed() -> None:
    images, places = tiles()
    with pytest.raises(InputError, match=r"would as \(column, row\)") as got:
        superpose.mosaic(images, positions=places[:, ::-1], position_sigma=2)
    assert got.value.code == "positions-turned"


def a_strip() -> tuple[list[Floats], list[tuple[int, int]]]:
    scene = skimage.data.camera().astype(float)
    return [scene[200:300, 20 + 70 * k : 120 + 70 * k] for k in range(4)], [(0, 70 * k) for k in range(4)]


@pytest.mark.slow
def test_a_strip_in_disorder_is_noticed() -> None:
    strip, told = a_strip()
    found = superpose.mosaic([strip[k] for k in (0, 2, 1, 3)], positions=told, position_sigma=4, blend=None)
    assert [each for each in found.warnings if each.endswith("[positions-doubtful]")]
    assert found.image is None and sum(each.used for each in found.links) <= 1


def test_two_scenes_on_a_stage_are_told() -> None:
    (strip, told), other = a_strip(), skimage.data.coins().astype(float)
    mixed = [*strip[:2], other[100:200, 20:120], other[100:200, 90:190]]
    found = superpose.mosaic(mixed, positions=told, position_sigma=4, blend=None)
    assert found.parts == ((0, 1), (2, 3))
    said = "\n".join(found.warnings)
    assert "fall into 2 parts that only their positions tie together: 0, 1; 2, 3;" in said
    assert "2 of the 2 overlaps that hold the images together are borne out by no other: 0 and 1, 2 and 3;" in said


@pytest.mark.slow
def test_crops_in_any_order_and_strangers() -> None:
    scene = skimage.data.hubble_deep_field().mean(-1)
    middles = np.array([(200, 220), (210, 340), (320, 240), (330, 350)], float)
    images, poses = crops(scene, middles, (180, 220), 3)
    images.insert(1, skimage.data.camera()[200:380, 100:320].astype(float))
    true = [poses[0], None, *poses[1:]]
    with pytest.warns(UnreliableWarning, match=r"1 of the 5 images could not be placed: image 1 \(it looks like none"):
        found = superpose.mosaic(images, transform="similarity")
    assert found.transforms[1] is None and found.parts == ((0, 2, 3, 4), (1,))
    assert off(found, true, (180, 220)) < 0.1
    assert found.table[1].placed_by == ""


@pytest.mark.slow
def test_crops_in_perspective() -> None:
    scene = skimage.data.hubble_deep_field().mean(-1)
    middles = np.array([(200, 220), (210, 340), (320, 240), (330, 350)], float)
    images, poses = crops(scene, middles, (180, 220), 4, 2e-4)
    found = superpose.mosaic(images)
    assert found.transform == "homography" and len(found.parts) == 1
    assert off(found, list(poses), (180, 220)) < 0.3


def test_two_scenes_are_two_parts() -> None:
    hubble, camera = skimage.data.hubble_deep_field().mean(-1), skimage.data.camera().astype(float)
    images = [hubble[200:360, 200:360], camera[60:220, 160:320], camera[60:220, 220:380], hubble[200:360, 290:450]]
    images.append(hubble[270:430, 240:400])
    with pytest.warns(UnreliableWarning, match="2 of the 5 images could not be placed"):
        found = superpose.mosaic(images, transform="translation", blend=None)
    assert found.parts == ((0, 3, 4), (1, 2))
    assert [each for each in found.warnings if "2 parts that nothing ties together: 0, 3, 4; 1, 2" in each]
    assert "those that it overlaps" in found.table[1].why_not


def test_colour(tmp_path: Path) -> None:
    scene = skimage.data.astronaut()
    paths = []
    for k, first in enumerate((0, 90, 190)):
        paths.append(tmp_path / f"tile{k}.tif")
        tifffile.imwrite(paths[-1], scene[60:190, first : first + 130], photometric="rgb")
    (tmp_path / "TileConfiguration.txt").write_text(
        "# Define the number of dimensions we are working on\ndim = 2\n\n# Define the image coordinates\n"
        "tile2.tif; ; (188.0, 2)\ntile0.tif; ; (0.0, 0.0)\ntile1.tif; ; (93.0, -1.0)\n"
    )
    found = superpose.mosaic(paths, positions=tmp_path / "TileConfiguration.txt", position_sigma=4, blend="mean")
    assert found.image is not None and found.image.shape == (131, 321, 3)
    for shown, true in zip(found.image[1:-1, 1:-1].T, scene[61:190, 1:320].T, strict=True):
        assert np.corrcoef(shown.ravel(), true.ravel())[0, 1] > 0.97
    assert [each.name for each in found.table] == [str(each) for each in paths]


def synthetic(
    poses: list[Floats], pairs: list[tuple[int, int]], shape: tuple[int, int], wrong: dict[int, Floats], sigma: float
) -> list[Overlap]:
    out = []
    for k, (first, second) in enumerate(pairs):
        pose = poses[second] @ np.linalg.inv(poses[first])
        pose = wrong.get(k, np.eye(3)) @ (pose / pose[2, 2])
        points, overlap = common(shape, shape, pose)
        assert len(points)
        out.append(Overlap(first, second, pose, points, sigma * sigma * np.eye(2), overlap, 0.99))
    return out


def test_one_wrong_link_is_refused_and_the_others_hold() -> None:
    rng = np.random.default_rng(0)
    grid = [(r, c) for r in range(5) for c in range(5)]
    poses = [by_shift(-np.array([80.0 * r, 80.0 * c]) + rng.normal(0, 3, 2)) for r, c in grid]
    pairs = [(a, b) for a in range(25) for b in range(a + 1, 25) if sum(np.abs(np.subtract(grid[a], grid[b]))) == 1]
    overlaps = synthetic(poses, pairs, (100, 100), {7: by_shift(np.array([6.0, -2]))}, 0.05)
    shapes = [(100, 100)] * 25
    found = placement(shapes, overlaps, None, family_named("translation"), MosaicSettings())
    assert np.flatnonzero(~found.fits).tolist() == [7] and len(found.parts) == 1 and not found.lone.any()
    shifts = np.array([found.poses[k][:2, 2] - poses[k][:2, 2] for k in range(25)])
    assert np.ptp(shifts, axis=0).max() < 1e-3
    # A stage that is wrong about one tile does not move it, and that is told.
    told = -np.array([each[:2, 2] for each in poses]) + rng.normal(0, 1, (25, 2))
    told[12] += 40
    staged = placement(shapes, overlaps, Stage(told, 1.0), family_named("translation"), MosaicSettings())
    assert staged.strays == [12] and np.flatnonzero(~staged.fits).tolist() == [7]


@pytest.mark.parametrize("name", ["rigid", "homography"])
def test_points_that_pairs_share_place_all_at_once(name: str) -> None:
    rng = np.random.default_rng(1)
    shape, poses = (100, 120), []
    for r in range(3):
        for c in range(3):
            turned = superpose.rigid(rng.normal(0, 0.05), centre=(50, 60)).matrix.copy()
            if name == "homography":
                turned = superpose.homography(turned + np.outer([0, 0, 1], [*rng.normal(0, 2e-4, 2), 0])).matrix
            poses.append(turned @ by_shift(-np.array([60.0 * r, 70.0 * c])))
    pairs = [(a, b) for a in range(9) for b in range(a + 1, 9) if b - a == 3 or (b - a == 1 and b % 3)]
    overlaps = synthetic(poses, pairs, shape, {3: by_shift(np.array([0.0, 5]))}, 0.05)
    found = placement([shape] * 9, overlaps, None, family_named(name), MosaicSettings())
    assert np.flatnonzero(~found.fits).tolist() == [3]
    corners = superpose.Grid(shape).corners
    for each, good in zip(overlaps, found.fits, strict=True):
        if good:
            pose = found.poses[each.second] @ np.linalg.inv(found.poses[each.first])
            true = poses[each.second] @ np.linalg.inv(poses[each.first])
            assert np.abs(apply(pose, corners) - apply(true, corners)).max() < 0.02


@pytest.mark.parametrize(
    "text, says",
    [
        ("name,row,column\na.tif,0,0\n", r"has no line for .*b\.tif"),
        ("name,row,column\na.tif,0,0\nb.tif,0,9\na.tif,9,9\n", "names a.tif twice"),
        ("name,row,column\na.tif,0,0\nb.tif,0,zero\n", "has no two numbers"),
        ("name,row,column\na.tif,0,5\nb.tif,0,5\n", r"has \[0.0, 5.0\] for image 0 and for image 1"),
        ("a.tif;1;2\n", "it should name the columns"),
        ("dim = 2\na.tif; ; (1)\n", "is not name; ; "),
        ("dim = 3\na.tif; ; (0, 0, 0)\nb.tif; ; (0, 9, 0)\n", "dim is 3, and tiles"),
        ("", "it names no image"),
    ],
)
def test_tables_of_positions_that_cannot_be_used(tmp_path: Path, text: str, says: str) -> None:
    images, _ = tiles()
    for name, image in zip("ab", images, strict=False):
        tifffile.imwrite(tmp_path / f"{name}.tif", image.astype(np.float32))
    (tmp_path / "stage.csv").write_text(text)
    with pytest.raises(InputError, match=says):
        superpose.mosaic([tmp_path / "a.tif", tmp_path / "b.tif"], positions=tmp_path / "stage.csv")


def test_a_table_s_own_words_and_a_line_too_many(tmp_path: Path) -> None:
    images, places = tiles()
    for name, image in zip("ab", images, strict=False):
        tifffile.imwrite(tmp_path / f"{name}.tif", image.astype(np.float32))
    lines = [f"{name}.tif\t{x}\t{y}" for name, (y, x) in zip("bac", places[[1, 0, 2]], strict=True)]
    (tmp_path / "stage.csv").write_text("\n".join(["File\tX\tY", *lines]))
    found = superpose.mosaic([tmp_path / "a.tif", tmp_path / "b.tif"], positions=tmp_path / "stage.csv", blend=None)
    assert [each.links for each in found.table] == [1, 1]
    assert [each for each in found.warnings if "names 1 that is no image: c.tif" in each]


def test_what_cannot_be_used() -> None:
    images, places = tiles()
    with pytest.raises(InputError, match="images has 1 images"):
        superpose.mosaic(images[:1])
    with pytest.raises(InputError, match="positions has 6 places, and there are 5 images"):
        superpose.mosaic(images[:5], positions=places)
    with pytest.raises(InputError, match="there are no positions"):
        superpose.mosaic(images, position_sigma=3)
    with pytest.raises(InputError, match="image 1 has 3 channels, and a frame before it 1 channel"):
        superpose.mosaic([images[0], np.dstack([images[1]] * 3)])
    with pytest.raises(InputError, match="did you mean 'mean'"):
        superpose.mosaic(images, blend="meen")


def test_an_image_that_cannot_be_read_is_named() -> None:
    images, places = tiles()
    given = [images[0], "no such file.tif", images[1]]
    told = [places[0], (999, 999), places[1]]
    with pytest.warns(UnreliableWarning, match=r"1 of the 3 images could not be placed: no such file.tif \("):
        found = superpose.mosaic(given, positions=told, position_sigma=2)
    assert found.transforms[1] is None and found.table[0].links == 1
