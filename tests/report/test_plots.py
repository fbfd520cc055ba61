from __future__ import annotations

import dataclasses
import io
import subprocess
import sys

import matplotlib
import numpy as np
import pytest
from matplotlib.figure import Figure
from numpy.typing import NDArray

import superpose
from superpose import InputError
from superpose._report.mixtures import (
    as_bytes,
    checkerboard,
    edges,
    full_colour_at,
    grey,
    matched_difference,
    noise_of,
    overlay,
)
from superpose._report.pictures import pair_of, screen_of, stretch
from superpose._report.settings import DEFAULTS
from superpose._report.steps import start_away, steps_of


@pytest.fixture(scope="module")
def registration(camera: NDArray[np.uint8]) -> superpose.Registration:
    fixed = camera[::4, ::4].astype(float)
    moving = np.roll(fixed, 5, axis=1)[:100]
    moving[20:30, 40:50] = np.nan
    return superpose.register(fixed, moving, transform="translation")


def drawn(figure: Figure) -> NDArray[np.uint8]:
    buffer = io.BytesIO()
    figure.savefig(buffer, format="rgba", dpi=50)
    return np.frombuffer(buffer.getvalue(), np.uint8)


def titles(figure: Figure) -> list[str]:
    return [axes.get_title(loc="left") for axes in figure.axes]


def test_a_registrations_figure(registration: superpose.Registration) -> None:
    figure = registration.plot()
    assert [title.split()[0].strip(":,") for title in titles(figure)[:4]] == [
        "before", "after", "moving", "checkerboard",
    ]  # fmt: skip
    said = figure.get_suptitle()
    assert registration.describe() in said and registration.trust in said and "overlap 96 %" in said
    assert drawn(figure).std() > 10


def test_a_notebook_that_never_used_pyplot_shows_figures_too(registration: superpose.Registration) -> None:
    curve = superpose.landscape(np.eye(32), np.eye(32), over=np.arange(-3, 4))
    for figure in (registration.plot(), curve.plot(), superpose.plot_pyramid(superpose.pyramid(np.eye(32), 2))):
        data = figure._repr_png_()  # type: ignore[attr-defined]
        assert data.startswith(b"\x89PNG") and len(data) > 2000


def test_overlays_agree_after_and_not_before(registration: superpose.Registration) -> None:
    pair = pair_of(registration, 720, 0.6)
    assert pair is not None
    known = np.isfinite(pair.after)
    colour = [np.ptp(overlay(pair.fixed, each), axis=-1)[known] for each in (pair.before, pair.after)]
    assert colour[1].mean() < 0.2 * colour[0].mean()


def test_overlay_and_checkerboard_by_hand() -> None:
    fixed, moving = np.array([[0.0, 1.0, np.nan]]), np.array([[1.0, 1.0, np.nan]])
    found = as_bytes(overlay(fixed, moving))
    assert found.tolist() == [[[0, 255, 0, 255], [255, 255, 255, 255], [0, 0, 0, 0]]]
    board = checkerboard(np.zeros((4, 4)), np.ones((4, 4)), tiles=2)[..., 0]
    assert board.tolist() == [[0, 0, 1, 1]] * 2 + [[1, 1, 0, 0]] * 2
    colour = checkerboard(np.zeros((2, 2)), np.full((2, 2, 3), (0.1, np.nan, 0.3)), tiles=2)
    np.testing.assert_array_equal(colour[0], [[0, 0, 0], [0.1, np.nan, 0.3]])


def test_difference_is_blind_to_gain_and_offset_and_keeps_nan() -> None:
    fixed = np.random.default_rng(0).random((20, 20))
    moving = 0.3 - 0.5 * fixed
    moving[3, 4] = np.nan
    difference = matched_difference(fixed, moving)
    assert np.isnan(difference[3, 4]) and np.nanmax(np.abs(difference)) < 1e-12
    assert np.isnan(matched_difference(fixed, np.full_like(fixed, np.nan))).all()


def test_a_hot_pixel_does_not_blacken_the_picture() -> None:
    values = np.random.default_rng(0).random((50, 50))
    values[0, 0], values[1, 1] = 1e6, np.nan
    shown = stretch(values)
    assert np.nanmedian(shown) == pytest.approx(0.5, abs=0.05) and np.isnan(shown[1, 1])
    assert np.isfinite(stretch(np.full((3, 3), 7.0))).all()


def test_a_huge_image_is_made_small_and_keeps_its_coordinates(camera: NDArray[np.uint8]) -> None:
    big = np.tile(camera, (4, 4))[:1999]
    # A periodic picture: no alignment of it can be told from another.
    small = big[::16, ::16]
    found = superpose.register(small, small, transform="translation", levels=1, on_unreliable="ignore")
    grid = superpose.Grid(big.shape)
    found = dataclasses.replace(found, fixed_grid=grid, moving_grid=grid).with_images(big, big)
    pair = pair_of(found, 720, 0.6)
    assert pair is not None
    assert max(pair.fixed.shape) <= 720
    assert pair.extent[1] - pair.extent[0] == pytest.approx(2048, abs=8)
    assert pair.extent[2] - pair.extent[3] == pytest.approx(1999, abs=8)


def test_a_loaded_registration_has_no_images_to_plot(registration: superpose.Registration) -> None:
    with pytest.raises(InputError, match="give it both images first"):
        registration.with_images(None, None).plot()


def test_landscapes_say_which_way_is_better(camera: NDArray[np.uint8]) -> None:
    small = camera[::8, ::8]
    curve = superpose.landscape(small, small, metric="mse", levels=3)
    figure = curve.plot()
    (axes,) = figure.axes
    assert axes.get_ylabel() == "mse (lower is better)" and axes.get_xlabel() == "column shift (pixels)"
    assert len(axes.lines) == 3 + 1
    np.testing.assert_array_equal(axes.lines[2].get_ydata(), curve.by_level[2])
    surface = superpose.landscape(small, small, ("row shift", "angle"), ([-2, 0, 2], [-5, 0, 5]), levels=2)
    figure = surface.plot()
    maps = [axes for axes in figure.axes if axes.collections and axes.get_xlabel()]
    assert [axes.get_xlabel() for axes in maps] == ["angle (degrees)"] * 2
    assert any(axes.get_ylabel() == "ncc (higher is better)" for axes in figure.axes)
    assert drawn(figure).std() > 10


def test_a_landscape_names_its_blur(camera: NDArray[np.uint8]) -> None:
    small = camera[::8, ::8]
    plain, blurred = (superpose.landscape(small, small, smooth=width) for width in (0, 2.5))
    assert plain.plot().get_suptitle() == "" and "blur" not in repr(plain)
    assert blurred.plot().get_suptitle() == "both images blurred by a Gaussian of 2.5 px"
    assert "after a blur of 2.5 px" in repr(blurred)
    surface = superpose.landscape(small, small, ("row shift", "angle"), ([-2, 0, 2], [-5, 0, 5]), smooth=2.5)
    assert "2.5 px" in surface.plot().get_suptitle()


def test_a_convergences_figure(made: superpose.Registration) -> None:
    figure = made.plot_convergence()
    far, metric, work = figure.axes
    steps = steps_of(made)
    away = [start_away(made), *(step.away for step in steps)]
    np.testing.assert_allclose(far.lines[0].get_ydata(), away)
    assert far.get_yscale() == "symlog" and away[-1] == 0
    np.testing.assert_array_equal(metric.lines[0].get_ydata(), [step.value for step in steps])
    assert [bar.get_height() for bar in work.patches] == [step.seconds for step in steps]
    assert [text.get_text() for text in work.texts] == ["10", "10", "10"]
    assert [text.get_text() for text in work.get_xticklabels()] == ["start", "24 × 33", "48 × 66", "96 × 132"]
    assert drawn(figure).std() > 10


def test_a_pyramids_figure(camera: NDArray[np.uint8]) -> None:
    figure = superpose.plot_pyramid(superpose.pyramid(camera[::2, ::2], 5))
    assert titles(figure) == [f"level {k}: {256 >> k} × {256 >> k}" for k in range(5)]
    assert drawn(figure).std() > 10


@pytest.mark.parametrize("count", [2, 4, 5, 7])
def test_no_cell_is_empty(camera: NDArray[np.uint8], count: int) -> None:
    levels = superpose.pyramid(camera, count)
    figure = superpose.plot_pyramid(levels)
    assert all(axes.images and axes.axison for axes in figure.axes) and len(figure.axes) == count
    figure.canvas.draw()
    rows: dict[float, list[float]] = {}
    for axes in figure.axes:
        box = axes.get_position()
        rows.setdefault(round(box.y0, 2), []).append((box.x0 + box.x1) / 2)
    middles = [np.mean(each) for each in rows.values()]
    # Each row lies about the same middle, and none has two panels less than another.
    np.testing.assert_allclose(middles, middles[0], atol=0.02)
    assert np.ptp([len(each) for each in rows.values()]) <= 1


def test_a_long_headline_is_wrapped(registration: superpose.Registration) -> None:
    words = "reliable or " * 60
    figure = dataclasses.replace(registration, metric=words).plot()
    figure.canvas.draw()
    box = figure._suptitle.get_window_extent()  # type: ignore[attr-defined]
    assert box.x0 >= 0 and box.x1 <= figure.bbox.width and figure.get_suptitle().count("\n") > 4


def test_the_difference_of_a_good_match_looks_like_one() -> None:
    rng = np.random.default_rng(3)
    rows, columns = np.indices((80, 90))
    scene = 0.5 + 0.2 * np.sin(rows / 7) * np.cos(columns / 5)
    settings = DEFAULTS[2].pictures

    def paleness(fixed: NDArray[np.float64], moving: NDArray[np.float64]) -> float:
        difference = matched_difference(fixed, moving)
        most = full_colour_at(fixed, difference, settings.noises, settings.least_contrast)
        return float(np.percentile(np.abs(difference), 95) / most)

    close = scene + rng.normal(0, 0.0447 * scene.std(), scene.shape)
    assert np.corrcoef(scene.ravel(), close.ravel())[0, 1] == pytest.approx(0.999, abs=2e-4)
    assert paleness(scene, close) < 0.15
    noisy = [scene + rng.normal(0, 0.3, scene.shape) for _ in range(2)]
    assert paleness(*noisy) < 0.5
    assert paleness(scene, np.roll(scene, 15, 1)) > 0.6


def test_noise_is_told_from_structure() -> None:
    rng = np.random.default_rng(4)
    picture = np.kron(rng.random((8, 8)), np.ones((20, 20)))
    assert noise_of(picture) == 0
    assert noise_of(picture + rng.normal(0, 0.1, picture.shape)) == pytest.approx(0.1, rel=0.1)
    assert np.isnan(noise_of(np.full((5, 5), np.nan)))


def test_what_moved_by_itself_does_not_shift_the_greys() -> None:
    rng = np.random.default_rng(5)
    fixed = rng.random((60, 60))
    moving = 0.5 * fixed + 0.2
    moving[:15, :15] = 1.0
    difference = matched_difference(fixed, moving)
    assert np.abs(difference[20:]).max() < 0.01 and difference[:15, :15].min() > 0.5


def test_the_difference_has_a_scale_in_fixeds_own_intensities(registration: superpose.Registration) -> None:
    figure = registration.plot()
    shown = figure.axes[2].images[0]
    assert shown.colorbar is not None and shown.colorbar.ax in figure.axes[2].child_axes
    pair = pair_of(registration, 720, 0.6)
    assert pair is not None and registration._fixed is not None
    assert shown.norm.vmax == pytest.approx(np.std(registration._fixed.array), rel=0.15)


def test_what_has_no_data_is_hatched_and_said(registration: superpose.Registration) -> None:
    figure = registration.plot()
    assert figure.get_supxlabel() == "hatched: no data"
    assert all(axes.patch.get_hatch() for axes in figure.axes[:4])
    board = figure.axes[3].images[0].get_array()
    assert board is not None and (board[25, 43, 3], board[25, 60, 3]) != (255, 0)
    assert 0 < (np.asarray(board)[..., 3] == 0).sum() < 4000
    image = np.random.default_rng(0).random((48, 48))
    assert superpose.register(image, image, transform="translation").plot().get_supxlabel() == ""


def test_between_modalities_edges_are_compared(camera: NDArray[np.uint8]) -> None:
    fixed = camera[::4, ::4].astype(float)
    found = superpose.register(fixed, fixed, transform="translation")
    other = found.with_images(fixed, np.abs(fixed - 110))
    assert titles(other.plot())[2] == "edges: white where they agree" and len(other.plot().axes) == 4
    assert "difference" not in " ".join(titles(other.plot()))
    inverted = found.with_images(fixed, 255 - fixed)
    assert titles(inverted.plot())[2].startswith("moving − fixed")


def test_edges_lie_where_it_is_steep() -> None:
    picture = np.zeros((20, 30))
    picture[:, 15:] = 1
    picture[:4, :4] = np.nan
    found = edges(picture)
    assert (found[10].argmax() in (14, 15)) and found[10, 14] == pytest.approx(1) and found[10, 3] == 0
    assert np.isnan(found[:4, :4]).all() and np.isfinite(found[8:]).all()
    assert np.isnan(edges(np.full((5, 5), np.nan))).all() and (edges(np.ones((5, 5))) == 0).all()


def test_colour_stays_colour(astronaut: NDArray[np.uint8]) -> None:
    image = astronaut[::4, ::4]
    found = superpose.register(image, np.roll(image, 3, 0), transform="translation")
    pair = pair_of(found, 720, 0.6)
    assert pair is not None and pair.fixed.shape == (128, 128, 3)
    # In the middle, where nothing is cut off.
    inner = np.s_[8:-8, 8:-8]
    shown = np.clip(pair.fixed, 0, 1)[inner]
    assert np.abs(pair.after[inner] - shown).max() < 0.01
    assert np.corrcoef(shown[..., 0].ravel(), image[inner][..., 0].ravel())[0, 1] > 0.99
    board = np.asarray(found.plot().axes[3].images[0].get_array())
    assert np.ptp(board[inner][..., :3].astype(int), axis=-1).mean() > 20
    # A photograph in grey, saved as colour, is one in grey.
    alike = np.repeat(grey(image.astype(float))[..., None], 3, -1).round()
    plain = pair_of(found.with_images(alike, image), 720, 0.6)
    assert plain is not None and plain.fixed.ndim == 2 and plain.after.ndim == 3


def test_a_plates_figure(astronaut: NDArray[np.uint8]) -> None:
    plate = superpose.colorize(np.vstack([np.roll(astronaut[::4, ::4, k], 2 * k, 0) for k in (2, 1, 0)]))
    figure = plate.plot()
    assert titles(figure) == ["the exposures as cut", "aligned on green"]
    assert drawn(figure).std() > 10


def test_drawing_leaves_the_users_style_alone(registration: superpose.Registration) -> None:
    with matplotlib.rc_context({"font.size": 23.0, "image.cmap": "hot"}):
        before = dict(matplotlib.rcParams)
        figure = registration.plot()
        assert dict(matplotlib.rcParams) == before
    assert figure.axes[0].title.get_fontsize() == 12


@pytest.mark.slow
def test_no_window_toolkit_is_touched() -> None:
    code = (
        "import sys, numpy as np, superpose\n"
        "image = np.random.default_rng(0).random((32, 32))\n"
        "superpose.register(image, image, transform='translation').plot()\n"
        "assert 'matplotlib.pyplot' not in sys.modules\n"
    )
    subprocess.run([sys.executable, "-c", code], check=True)


def test_intensities_that_mean_the_same_are_shown_as_the_same(camera: NDArray[np.uint8]) -> None:
    image = camera[::4, ::4].astype(float)
    shift = superpose.translation((0, 9))
    found = superpose.register(image, image, transform="translation", optimizer="powell", levels=1)
    pair = dataclasses.replace(found, transform=shift)
    moving = np.roll(0.25 * image + 7, 9, axis=1)
    moving[:, :9] = 200  # what fixed does not show, and would spoil the contrast of the rest
    screen = screen_of(pair.with_images(image, moving), 720)
    assert screen is not None
    shown, known = screen.alike(shift, 0.6).under(shift), np.s_[:, :-9]
    np.testing.assert_allclose(shown[known], screen.fixed_picture[known], atol=0.01)
    assert np.abs(screen.under(shift)[known] - screen.fixed_picture[known]).mean() > 0.1
    other = screen_of(pair.with_images(image, 255 - moving), 720)
    assert other is not None and other.alike(shift, 0.6) is other
