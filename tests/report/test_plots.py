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
from superpose._report.pictures import checkerboard, matched_difference, overlay, pair_of, screen_of, stretch
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
    assert [title.split()[0].strip(":,") for title in titles(figure)] == [
        "before", "after", "difference", "checkerboard",
    ]  # fmt: skip
    assert registration.describe() in figure.get_suptitle()
    assert drawn(figure).std() > 10


def test_a_notebook_that_never_used_pyplot_shows_figures_too(registration: superpose.Registration) -> None:
    curve = superpose.landscape(np.eye(32), np.eye(32), over=np.arange(-3, 4))
    for figure in (registration.plot(), curve.plot(), superpose.plot_pyramid(superpose.pyramid(np.eye(32), 2))):
        data = figure._repr_png_()  # type: ignore[attr-defined]
        assert data.startswith(b"\x89PNG") and len(data) > 2000


def test_overlays_agree_after_and_not_before(registration: superpose.Registration) -> None:
    pair = pair_of(registration, 720)
    assert pair is not None
    known = np.isfinite(pair.after)
    colour = [np.ptp(overlay(pair.fixed, each).astype(int), axis=-1)[known] for each in (pair.before, pair.after)]
    assert colour[1].mean() < 0.2 * colour[0].mean()


def test_overlay_and_checkerboard_by_hand() -> None:
    fixed, moving = np.array([[0.0, 1.0, np.nan]]), np.array([[1.0, 1.0, np.nan]])
    assert overlay(fixed, moving).tolist() == [[[0, 255, 0], [255, 255, 255], [217, 217, 217]]]
    board = checkerboard(np.zeros((4, 4)), np.ones((4, 4)), tiles=2)[..., 0]
    assert board.tolist() == [[0, 0, 255, 255]] * 2 + [[255, 255, 0, 0]] * 2


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
    pair = pair_of(found, 720)
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
    assert titles(figure)[:5] == [f"level {k}: {256 >> k} × {256 >> k}" for k in range(5)]
    assert drawn(figure).std() > 10


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
