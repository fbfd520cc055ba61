"""Series of frames laid on each other."""

from __future__ import annotations

import csv
import io
from pathlib import Path

import numpy as np
import pytest
import skimage.data
import tifffile
from numpy.typing import NDArray
from scipy import ndimage

import superpose
from superpose._jobs.combine import median, sigma_clip
from superpose.errors import InputError, UnreliableWarning

Floats = NDArray[np.float64]


def drift(count: int, photons: float = 60.0, seed: int = 0, side: int = 160) -> tuple[NDArray[np.uint16], Floats]:
    """Return frames of a scene that wanders, as photon counts, and by how much its content is moved in each."""
    rng = np.random.default_rng(seed)
    scene = skimage.data.camera()[100:420, 100:420] / 255.0
    moved = np.cumsum(rng.normal(0, 0.4, (count, 2)), 0)
    waves, rows = np.fft.fft2(scene), np.fft.fftfreq(len(scene))
    frames = []
    for down, right in moved:
        ramp = np.exp(-2j * np.pi * (rows[:, None] * down + rows * right))
        image = np.fft.ifft2(waves * ramp).real[80 : 80 + side, 80 : 80 + side]
        frames.append(rng.poisson(photons * np.maximum(image, 0.02)))
    return np.array(frames, np.uint16), moved


def off(found: superpose.StackResult, moved: Floats, least: int) -> Floats:
    """Return how far the frames that were placed are off, but for what all of them have in common."""
    used = [k for k, each in enumerate(found.transforms) if each is not None]
    assert len(used) >= least
    shifts = np.array([found.transforms[k].matrix[:2, 2] for k in used])  # type: ignore[union-attr]
    away = shifts - moved[used]
    return np.asarray(away - away.mean(0))


@pytest.fixture(scope="module")
def series() -> tuple[NDArray[np.uint16], Floats]:
    return drift(16)


@pytest.fixture(scope="module")
def found(series: tuple[NDArray[np.uint16], Floats]) -> superpose.StackResult:
    return superpose.stack(series[0])


def test_drift_is_found_as_exactly_as_the_result_says(
    series: tuple[NDArray[np.uint16], Floats], found: superpose.StackResult
) -> None:
    away = off(found, series[1], 16)
    sigma = np.median([each.sigma for each in found.table])
    rms = np.sqrt(np.square(away).mean())
    assert rms < 0.05
    assert 0.5 * sigma < rms < 1.6 * sigma
    # Errors do not add up along the series.
    assert np.sqrt(np.square(away[-4:]).mean()) < 2 * rms
    # On average the frames stay where they are.
    assert np.abs(np.mean([each.motion for each in found.table], axis=0)).max() < 1e-4


def test_clear_frames_are_not_drawn_to_whole_pixels_of_the_canvas() -> None:
    frames, moved = drift(16, photons=2000, seed=3)
    away = off(superpose.stack(frames), moved, 16)
    assert np.sqrt(np.square(away).mean()) < 0.004


@pytest.mark.parametrize("reference, number", [("first", 0), (-2, 14)])
def test_reference_says_only_whose_place_is_kept(
    series: tuple[NDArray[np.uint16], Floats], found: superpose.StackResult, reference: str | int, number: int
) -> None:
    other = superpose.stack(series[0], reference=reference)
    assert other.transforms[number] == superpose.translation((0, 0))
    assert np.allclose(off(other, series[1], 16), off(found, series[1], 16), atol=2e-3)


def test_a_chain_is_worse(series: tuple[NDArray[np.uint16], Floats], found: superpose.StackResult) -> None:
    chain = superpose.stack(series[0], reference="previous")
    assert chain.transforms[0] == superpose.translation((0, 0))
    worse, better = (np.square(off(each, series[1], 16)).mean() for each in (chain, found))
    assert worse > 2 * better


def test_strangers_and_blanks_are_named_and_the_others_as_good(series: tuple[NDArray[np.uint16], Floats]) -> None:
    frames = series[0].copy()
    frames[2] = 0
    frames[5] = skimage.data.coins()[40:200, 40:200] // 4
    frames[9] = np.random.default_rng(1).poisson(9, frames[9].shape)
    frames[12] = frames[12][::-1]
    with pytest.warns(UnreliableWarning, match="4 of the 16 frames could not be placed: 2 "):
        result = superpose.stack(frames)
    assert [each.frame for each in result.table if not each.used] == [2, 5, 9, 12]
    assert "constant" in result.table[2].why_not and "mean of the others" in result.table[9].why_not
    assert np.sqrt(np.square(off(result, series[1], 12)).mean()) < 0.06


@pytest.mark.slow
def test_sections_that_are_turned_too() -> None:
    rng = np.random.default_rng(4)
    scene = skimage.data.camera()[60:440, 60:440].astype(np.float32)
    true = [
        superpose.rigid(a, s, centre=(63.5, 63.5))
        for a, s in zip(rng.normal(0, 0.04, 4), rng.normal(0, 3, (4, 2)), strict=False)
    ]
    place = superpose.translation((120, 120))
    frames = []
    for each in true:
        pixels = (place @ each.inverse()).matrix
        from scipy.ndimage import affine_transform

        made = affine_transform(scene, pixels[:2, :2], pixels[:2, 2], (128, 128), order=3)
        frames.append(made + rng.normal(0, 3, made.shape))
    result = superpose.stack(frames, transform="rigid", reference=0)
    corners = np.array([[0, 0], [0, 127], [127, 0], [127, 127]])
    for k, found in enumerate(result.transforms):
        assert found is not None and found.family == "rigid"
        want = true[k] @ true[0].inverse()
        assert np.abs(found(corners) - want(corners)).max() < 0.15


def test_transforms_that_are_given_are_not_searched(found: superpose.StackResult) -> None:
    frames, _ = drift(16, photons=500, seed=0)
    result = superpose.stack(frames, transforms=found.transforms, combine="mean")
    assert result.transforms == found.transforms
    assert result.image is not None and result.coverage is not None
    assert result.image.dtype == np.float32 and result.coverage.max() == 16
    # What wandered is sharper once it is laid on itself.
    inner = (slice(20, -20), slice(20, -20))
    assert np.diff(result.image[inner], axis=1).std() > 1.1 * np.diff(frames.mean(0)[inner], axis=1).std()
    with pytest.raises(InputError, match="transforms has 3 entries, and 16 frames"):
        superpose.stack(frames, transforms=found.transforms[:3])


def test_other_frames_go_along(series: tuple[NDArray[np.uint16], Floats], found: superpose.StackResult) -> None:
    aligned = found.apply(series[0])
    assert len(aligned) == 16 and all(each is not None and each.dtype == np.uint16 for each in aligned)
    inner = np.array(aligned, float)[:, 20:-20, 20:-20]
    raw = series[0].astype(float)[:, 20:-20, 20:-20]
    # Noise alone is left of what changes from frame to frame.
    assert inner.std(0).mean() < 0.9 * raw.std(0).mean()
    with pytest.raises(InputError, match="frames has 3 entries, and 16 frames"):
        found.apply(series[0][:3])


def test_noise_falls_as_it_should_and_cosmic_rays_are_gone() -> None:
    rng = np.random.default_rng(2)
    true = rng.normal(100, 20, (40, 50))
    frames = true + rng.normal(0, 2, (16, 40, 50))
    hits = rng.random(frames.shape) < 0.01
    clipped = sigma_clip(np.where(hits, frames + 500, frames)).image
    assert np.std(clipped - true) < 1.1 * 2 / 4
    frames[3, 5, 6] = np.nan
    frames[:, 7, 8] = np.nan
    combined = median(frames)
    assert (combined.coverage[5, 6], combined.coverage[7, 8], combined.coverage.max()) == (15, 0, 16)
    assert np.isnan(combined.image[7, 8]) and np.isfinite(combined.image).sum() == 1999
    expected = np.median(frames, 0)
    expected[5, 6] = np.median(np.delete(frames[:, 5, 6], 3))
    assert np.allclose(combined.image, expected, equal_nan=True, rtol=1e-6)


def test_files_and_pages_are_the_same_as_arrays(
    tmp_path: Path, series: tuple[NDArray[np.uint16], Floats], found: superpose.StackResult
) -> None:
    tifffile.imwrite(tmp_path / "all.tif", series[0], metadata=None)
    paths = [tmp_path / f"{k}.tif" for k in range(16)]
    for path, frame in zip(paths, series[0], strict=True):
        tifffile.imwrite(path, frame)
    for given in (tmp_path / "all.tif", paths, iter(list(series[0]))):
        assert superpose.stack(given).transforms == found.transforms


def test_threads_change_no_bit(series: tuple[NDArray[np.uint16], Floats], found: superpose.StackResult) -> None:
    for threads in (1, 3):
        assert superpose.stack(series[0], threads=threads).transforms == found.transforms


def test_the_table_as_csv(tmp_path: Path, found: superpose.StackResult) -> None:
    text = found.to_csv(tmp_path / "t.csv")
    rows = list(csv.DictReader(io.StringIO(text)))
    assert (tmp_path / "t.csv").read_text() == text
    assert [int(row["frame"]) for row in rows] == list(range(16))
    assert float(rows[3]["row"]) == pytest.approx(found.table[3].motion[0], abs=1e-5)


def test_the_figure_shows_every_frame(found: superpose.StackResult) -> None:
    (axes,) = found.plot().axes
    assert [len(line.get_xdata()) for line in axes.lines] == [16, 16]


def test_one_frame_equal_frames_and_none() -> None:
    frame = skimage.data.camera()[:64, :64]
    one = superpose.stack([frame])
    assert one.transforms == (superpose.translation((0, 0)),) and "one-frame" in one.warnings[0]
    same = superpose.stack([frame] * 3)
    assert "2 of the frames have the very pixels of an earlier one: 0 and 1, 0 and 2" in same.warnings[0]
    assert np.abs([each.motion for each in same.table]).max() < 1e-3
    with pytest.raises(InputError, match="4 frames and none that can be compared"):
        superpose.stack(np.zeros((4, 32, 32)))
    with pytest.raises(InputError, match=r"frames has 0 frames"):
        superpose.stack([])


@pytest.mark.parametrize(
    "given, message",
    [
        ({"reference": 99}, "reference is 99, and there are 16 frames"),
        ({"reference": "frist"}, "did you mean 'first'"),
        ({"exclude": [99]}, "exclude is 99, and there are 16 frames"),
        ({"exclude": None}, "exclude is None"),
        ({"exclude": 1.5}, "exclude is 1.5"),
        ({"exclude": [0], "reference": "first"}, "reference is 'first', a frame that is excluded"),
        ({"exclude": [3], "reference": -13}, "reference is -13, a frame that is excluded"),
        ({"transforms": 5}, "transforms has an entry 5"),
        ({"transform": "homography"}, "known|choose"),
        ({"combine": "media"}, "did you mean 'median'"),
    ],
)
def test_what_cannot_be_meant_is_refused(
    series: tuple[NDArray[np.uint16], Floats], given: dict[str, object], message: str
) -> None:
    with pytest.raises(InputError, match=message):
        superpose.stack(series[0], **given)  # type: ignore[arg-type]


def test_an_image_is_no_series() -> None:
    with pytest.raises(InputError, match="not a series of images"):
        superpose.stack(np.zeros((40, 40)))
    with pytest.raises(InputError, match="not a series of images"):
        superpose.stack(np.zeros((40, 40, 3)))


def test_frames_that_are_excluded_or_of_another_shape(series: tuple[NDArray[np.uint16], Floats]) -> None:
    given = [*series[0][:6], series[0][6][:50]]
    with pytest.warns(UnreliableWarning, match=r"6 \(its shape is \(50, 160\)"):
        result = superpose.stack(given, exclude=[1, -7])
    assert [each.frame for each in result.table if not each.used] == [0, 1, 6]
    assert result.table[1].why_not == "it was excluded"


def panned(count: int, step: int, side: int, down: int = 0, top: int = 0, left: int = 0) -> tuple[list[Floats], Floats]:
    """Return frames of a scene that the camera passes, and by how much its content is moved in each."""
    scene, rng = skimage.data.camera().astype(float), np.random.default_rng(3)
    frames = [
        scene[top + down * k : top + down * k + side, left + step * k : left + step * k + side]
        + rng.normal(0, 4, (side, side))
        for k in range(count)
    ]
    return frames, -np.outer(np.arange(count), [down, step]).astype(float)


def test_a_series_may_pass_by_further_than_a_frame_is_wide() -> None:
    frames, moved = panned(24, 14, 128, top=100)
    found = superpose.stack(frames)
    assert np.abs(off(found, moved, 22)).max() < 0.5
    assert all(each.confidence > 0.99 for each in found.table if each.used)


@pytest.mark.slow
def test_repeats_of_a_scene_that_agree_with_each_other_are_not_believed() -> None:
    # Frames four places apart have nothing in common, and look the part in pairs.
    frames, moved = panned(24, 16, 72, 16)
    with pytest.warns(UnreliableWarning, match="could not be placed"):
        found = superpose.stack(frames)
    assert np.abs(off(found, moved, 15)).max() < 1
    # What they cover is too much to be held, and exact errors are not known.
    assert "wide-series" in found.warnings[0] and np.isnan(found.table[-1].sigma)


def test_unrelated_pictures_are_not_laid_on_each_other() -> None:
    pictures = [getattr(skimage.data, name)()[10:170, 10:170] for name in ("camera", "coins", "moon", "text")]
    for given in (pictures[:2], pictures[1:3], pictures):
        with pytest.warns(UnreliableWarning, match=f"{len(given)} of the {len(given)} frames"):
            superpose.stack(given)
        with pytest.warns(UnreliableWarning, match=f"{len(given)} of the {len(given)} frames"):
            superpose.stack(given, reference="previous")


def stars(count: int, seed: int, travel: float = 12) -> tuple[Floats, Floats]:
    """Return frames of a field of stars that moves as far as that, and by how much its content is moved in each."""
    from scipy.ndimage import gaussian_filter

    rng = np.random.default_rng(seed)
    sky = np.zeros((240, 240))
    sky[rng.integers(5, 235, 60), rng.integers(5, 235, 60)] = rng.uniform(0.2, 1, 60)
    sky = gaussian_filter(sky, 1.5) * 1500
    moved = np.rint(rng.uniform(0, travel, (count, 2))).astype(int)
    frames = [100 + sky[30 - r : 190 - r, 30 - c : 190 - c] + rng.normal(0, 6, (160, 160)) for r, c in moved]
    return np.array(frames), moved.astype(float)


@pytest.mark.parametrize("count", [3, 8])
def test_hot_pixels_do_not_hold_the_stars(count: int) -> None:
    frames, moved = stars(count, 5)
    rng = np.random.default_rng(6)
    assert not superpose.stack(frames).warnings
    frames[:, rng.integers(0, 160, 120), rng.integers(0, 160, 120)] += 150
    found = superpose.stack(frames)
    assert np.abs(off(found, moved, count)).max() < 0.1
    assert "sensor-pixels" in found.warnings[0]


def test_stars_of_one_pixel_that_hardly_move_are_no_hot_pixels() -> None:
    rng = np.random.default_rng(8)
    sky = rng.normal(100, 4, (6, 120, 120))
    sky[:, rng.integers(0, 120, 50), rng.integers(0, 120, 50)] += 200
    found = superpose.stack(sky)
    assert np.abs(off(found, np.zeros((6, 2)), 6)).max() < 0.1 and not found.warnings


@pytest.mark.slow
def test_a_part_that_stays_on_the_sensor_is_told() -> None:
    rng = np.random.default_rng(1)
    scene, moved = skimage.data.camera().astype(float), rng.integers(-12, 12, (7, 2))
    frames = [scene[100 - r : 260 - r, 150 - c : 310 - c] + rng.normal(0, 6, (160, 160)) for r, c in moved]
    own = rng.normal(100, 60, (160, 80))
    for each in frames:
        each[:, :80] = own
    found = superpose.stack(frames)
    assert "part-still" in found.warnings[0]
    for each in frames:
        each[:, 60:80] = scene[100:260, 400:420]
    assert max(each.confidence for each in superpose.stack(frames).table) < 0.9


def test_a_reference_that_is_not_placed_is_said(series: tuple[NDArray[np.uint16], Floats]) -> None:
    frames = series[0].copy()
    frames[0] = np.random.default_rng(1).poisson(9, frames[0].shape)
    with pytest.warns(UnreliableWarning, match="0 "):
        found = superpose.stack(frames, reference="first")
    assert found.reference == "global" and "reference-left-out" in found.warnings[0]
    assert np.abs(np.mean([each.motion for each in found.table[1:]], axis=0)).max() < 1e-4


def test_transforms_that_are_given_keep_the_place_of_the_reference(found: superpose.StackResult) -> None:
    frames, _ = drift(16)
    other = superpose.stack(frames, transforms=iter(found.transforms), reference=3)
    assert other.transforms[3] == superpose.translation((0, 0))
    assert np.allclose(
        np.diff([each.motion for each in other.table], axis=0),
        np.diff([each.motion for each in found.table], axis=0),
        atol=1e-5,
    )


@pytest.mark.parametrize("how", ["mean", "median", "sigma-clip"])
def test_without_frames_there_is_no_image(how: str) -> None:
    noise = np.random.default_rng(2).normal(size=(5, 60, 60))
    with pytest.warns(UnreliableWarning, match="5 of the 5 frames"):
        found = superpose.stack(noise, combine=how)
    assert found.image is None and found.coverage is None


def test_a_trail_is_clipped_where_all_else_agrees_exactly(series: tuple[NDArray[np.uint16], Floats]) -> None:
    frames = np.zeros((8, 40, 50), np.uint8)
    frames[:, 10:20, 10:20] = 90
    frames[3, 25] = 255
    stay = [superpose.translation((0, 0))] * 8
    found = superpose.stack(frames, transforms=stay, combine="sigma-clip")
    assert found.image is not None and np.allclose(found.image, frames[0], atol=1e-3)
    # What differs by a step of intensities is no outlier.
    frames[3, 25] = 1
    again = superpose.stack(frames, transforms=stay, combine="sigma-clip")
    assert again.image is not None and again.image[25, 3] == pytest.approx(1 / 8)


@pytest.mark.slow
def test_the_mask_of_an_image_counts() -> None:
    frames, moved = panned(6, 3, 128, top=100, left=150)
    counts = np.ones((128, 128), bool)
    counts[:, :64] = False
    own = np.random.default_rng(5).normal(100, 60, (128, 64))
    for each in frames:
        each[:, :64] = own
    found = superpose.stack([superpose.Image(each, mask=counts) for each in frames], combine="mean")
    assert np.abs(off(found, moved, 6)).max() < 0.3
    assert found.coverage is not None and (found.coverage[:, :40] == 0).all()


def test_frames_of_several_spacings_or_colours_are_refused() -> None:
    frames, _ = panned(3, 3, 96, top=100, left=150)
    spaced = [superpose.Image(each, spacing=(1, by)) for each, by in zip(frames, (2, 2, 3), strict=True)]
    assert len(superpose.stack(spaced[:2]).transforms) == 2
    with pytest.raises(InputError, match=r"frame 2 has the spacing .*3.*, and a frame before it"):
        superpose.stack(spaced)
    for how in ("mean", "median"):
        with pytest.raises(InputError, match="frame 2 has 3 channels, and a frame before it one channel"):
            superpose.stack([*frames[:2], np.dstack([frames[2]] * 3)], combine=how)


@pytest.mark.parametrize("count", [2, 3, 4])
def test_few_frames_are_placed(count: int) -> None:
    frames, moved = panned(count, 3, 96, top=100, left=150)
    for reference in ("global", "previous"):
        assert np.abs(off(superpose.stack(frames, reference=reference), moved, count)).max() < 0.1


def shown(steps: float, photons: float, seed: int, count: int = 12) -> tuple[Floats, Floats]:
    """Return frames of the cameraman as counts, and how far the content of each is moved."""
    rng = np.random.default_rng(seed)
    moved = np.cumsum(rng.normal(0, steps, (count, 2)), 0)
    coefficients = ndimage.spline_filter(skimage.data.camera() / 255.0, 3)
    places = np.mgrid[:128, :128] + 190.0
    seen = [
        ndimage.map_coordinates(coefficients, places - each[:, None, None], order=3, prefilter=False) for each in moved
    ]
    return rng.poisson(photons * np.maximum(seen, 0)).astype(float), moved


def furthest(result: superpose.StackResult, moved: Floats) -> float:
    """Return how far the worst frame lies from where it should, but for what all have in common."""
    assert all(each.used for each in result.table)
    away = np.array([each.motion for each in result.table]) - moved
    return float(np.abs(away - np.median(away, 0)).max())


def test_frames_whose_background_was_taken_off_lie_where_they_did() -> None:
    frames, moved = shown(1.0, 200, 6)
    backgrounds = np.random.default_rng(7).normal(0, 20, (len(frames), 1, 1))
    assert furthest(superpose.stack(frames - frames.mean() + backgrounds), moved) < 0.05


@pytest.mark.slow
@pytest.mark.parametrize("transform", ["translation", "rigid"])
def test_what_is_missing_does_not_hold_frames(transform: str) -> None:
    frames, moved = shown(1.5, 200, 8, 6)
    rows, columns = np.mgrid[:128, :128] - 63.5
    frames[:, rows**2 + columns**2 > 45**2] = np.nan
    assert furthest(superpose.stack(frames, transform=transform), moved) < 0.06


def test_frames_that_look_the_same_along_a_line_are_not_placed() -> None:
    rng = np.random.default_rng(9)
    lines = np.tile(skimage.data.camera()[:, 200:201] / 255.0, (1, 300))
    places = np.cumsum(rng.integers(-2, 3, (10, 2)), 0) + 100
    frames = [rng.poisson(50 * lines[down : down + 128, right : right + 128]) for down, right in places]
    with pytest.warns(UnreliableWarning, match="10 of the 10 frames could not be placed"):
        superpose.stack(np.array(frames))
