"""Pages of colour photographs and of two modalities, and a page inside a notebook, looked at in Chromium."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from scipy import ndimage

import superpose
from superpose._report.pictures import pair_of
from superpose._report.settings import DEFAULTS
from superpose._report.viewer import viewer_of
from tests.report.conftest import SHAPE, Open
from tests.report.test_page_in_browser import agree, at_one_to_one, by_keyboard, colours_of, shown

pytestmark = pytest.mark.slow


def coloured(made: superpose.Registration) -> superpose.Registration:
    """The same with moving and fixed in colour: each channel another picture."""
    rng = np.random.default_rng(1)
    fixed = np.stack([ndimage.gaussian_filter(rng.random(SHAPE), 2) for _ in range(3)], -1)
    moving = 3 - 2 * np.stack([ndimage.gaussian_filter(rng.random((100, 120)), 2) for _ in range(3)], -1)
    moving[20:30, 40:60] = np.nan
    return made.with_images(fixed, moving)


def test_colour_is_shown_in_colour(made: superpose.Registration, tmp_path: Path, opened: Open) -> None:
    found = coloured(made)
    found.report(tmp_path / "colour.html")
    viewer = viewer_of(found, DEFAULTS[2].pictures)
    assert viewer is not None
    fixed, moving = (colours_of(each) for each in (viewer["fixed"], viewer["poses"][0]["picture"]))
    assert min(np.nanmax(np.ptp(each, axis=-1)) for each in (fixed, moving)) > 100
    page = opened(tmp_path / "colour.html")
    at_one_to_one(page)
    mixed = np.where(np.isnan(moving), fixed, (fixed + moving) / 2)
    agree(shown(page), mixed)
    by_keyboard(page, "checkerboard")
    rows, columns = np.indices(SHAPE) // 16
    agree(shown(page), np.where(((rows + columns) % 2 == 0)[..., None], fixed, moving))
    by_keyboard(page, "anaglyph")
    lights = [np.nan_to_num(each) @ (0.299, 0.587, 0.114) for each in (fixed, moving)]
    agree(shown(page), np.stack([lights[0], lights[1], lights[1]], -1))


def test_between_modalities_edges_are_shown(made: superpose.Registration, tmp_path: Path, opened: Open) -> None:
    made.report(tmp_path / "edges.html")  # its two images have nothing to do with each other
    page = opened(tmp_path / "edges.html")
    assert page.locator("#views label").nth(5).inner_text() == "Edges"
    by_keyboard(page, "difference")
    assert page.locator(".control:visible").count() == 0
    at_one_to_one(page)
    found = shown(page)
    viewer = viewer_of(made, DEFAULTS[2].pictures)
    assert viewer is not None
    for channel, address in ((0, viewer["fixed"]), (1, viewer["poses"][0]["picture"])):
        picture = colours_of(address)[..., 0]
        steep = np.hypot(ndimage.sobel(picture, 0), ndimage.sobel(picture, 1))
        steep[[0, -1]] = steep[:, [0, -1]] = np.nan
        steep = np.nan_to_num(steep)
        wanted = np.minimum(255 * steep / np.sort(steep.ravel())[int(0.99 * steep.size)], 255)
        assert np.abs(found[..., channel] - wanted).max() <= 1
    np.testing.assert_array_equal(found[..., 0], found[..., 2])


def test_a_notebook_shows_the_page_inline(related: superpose.Registration, tmp_path: Path, opened: Open) -> None:
    path = tmp_path / "notebook.html"
    path.write_text(f"<!DOCTYPE html><title>A notebook</title>{related.report()._repr_html_()}", encoding="utf-8")
    page = opened(path, width=700)
    frame = page.frame_locator("iframe")
    frame.locator("#canvas[data-pose='0']").wait_for()
    frame.locator("#moment label").first.click()
    frame.locator("#canvas[data-pose='1']").wait_for()
    assert frame.locator("#told").text_content() == "Fixed and moving (as it came) mixed."


def test_the_difference_is_that_of_the_figure(related: superpose.Registration, tmp_path: Path, opened: Open) -> None:
    assert related._fixed is not None and related._moving is not None
    moving = np.array(related._moving.array)
    moving[40:70, 60:90] = np.nanmax(moving)  # something that came by itself, and has no say in the intensities
    found = related.with_images(related._fixed.array, moving)
    found.report(tmp_path / "page.html")
    page = opened(tmp_path / "page.html")
    by_keyboard(page, "difference")
    at_one_to_one(page)
    panel = found.plot().axes[2].images[0]
    values, most = np.ma.filled(panel.get_array(), np.nan), panel.norm.vmax
    pair = pair_of(found, 720, 0.6)
    assert pair is not None and most is not None
    full = float(page.input_value("#range")) / 100
    assert full == pytest.approx(most / pair.span, abs=0.01)
    part = np.clip(values / pair.span / full, -1, 1)[..., None]
    end = np.where(part < 0, (179, 88, 6), (84, 39, 136))
    seen, wanted = shown(page), 247 + np.abs(part) * (end - 247)
    np.testing.assert_array_equal(np.isnan(seen), np.isnan(wanted))
    # The page has its pictures in steps of 1/255.
    assert np.nanmax(np.abs(seen - wanted)) <= 3 + 1 / full
