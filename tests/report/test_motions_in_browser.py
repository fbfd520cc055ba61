"""The layers of a page with motions, switched in Chromium: their pixels against NumPy."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

import superpose
from superpose._report.settings import DEFAULTS
from tests.report.conftest import Open
from tests.report.test_page_in_browser import agree, at_one_to_one, by_keyboard, shown

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def report(moved: superpose.Registration, tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("report") / "report.html"
    moved.report(path)
    return path


def tinted(plain: NDArray[np.float64], moved: superpose.Registration, *layers: int) -> NDArray[np.float64]:
    for k in layers:
        colour = np.array(DEFAULTS[2].pictures.tints[k], float)
        plain = np.where(moved.explained[k].mask[..., None], 0.5 * plain + 0.5 * colour, plain)
    return plain


def near(found: NDArray[np.float64], wanted: NDArray[np.float64]) -> None:
    """Each layer is laid on by bytes, and rounds again."""
    np.testing.assert_array_equal(np.isnan(found), np.isnan(wanted))
    assert np.nanmax(np.abs(found - wanted)) <= 3


def test_layers_tint_every_view(moved: superpose.Registration, report: Path, opened: Open) -> None:
    page = opened(report)
    at_one_to_one(page)
    for view in ("blend", "anaglyph", "difference", "checkerboard"):
        by_keyboard(page, view)
        plain = shown(page)
        for layers in ((0,), (0, 1), (1,), ()):
            for k, box in enumerate(page.locator("#layers input").all()):
                if box.is_checked() != (k in layers):
                    page.locator("#layers label").nth(k).click()
            found = shown(page)
            known = np.isfinite(plain)  # what has no picture under it is tinted over the page's ground
            near(np.where(known, found, np.nan), tinted(plain, moved, *layers))


def test_beside_each_other_only_fixed_is_tinted(moved: superpose.Registration, report: Path, opened: Open) -> None:
    page = opened(report)
    at_one_to_one(page)
    by_keyboard(page, "beside")
    plain = [shown(page, pane, 2) for pane in (0, 1)]
    page.keyboard.press("m")
    near(shown(page, 0, 2), tinted(plain[0], moved, 0))
    agree(shown(page, 1, 2), plain[1])


def test_keys_and_boxes_say_the_same(report: Path, opened: Open) -> None:
    page = opened(report)

    def checked() -> list[bool]:
        return [each.is_checked() for each in page.locator("#layers input").all()]

    found = [checked()]
    page.focus("#canvas")
    for _ in range(3):
        page.keyboard.press("m")
        found.append(checked())
    assert found == [[False, False], [True, False], [False, True], [False, False]]
    page.focus("#layers input")
    page.keyboard.press("Space")
    assert checked() == [True, False]


def test_each_motion_and_all_of_them_are_shown(moved: superpose.Registration, report: Path, opened: Open) -> None:
    page = opened(report)
    at_one_to_one(page)
    page.locator("button[aria-label='Show motion 1']").click()
    page.wait_for_selector("#canvas[data-pose='2']")
    assert page.locator(".basin[aria-pressed=true]").count() == 1
    assert page.locator("button[aria-label='Show basin 2']").count() == 0  # it is among the motions
    page.focus("#canvas")
    page.keyboard.press("a")
    page.wait_for_selector("#canvas[data-pose='1']")
    by_keyboard(page, "swipe")
    page.focus("#swipe")
    page.keyboard.press("Home")
    came = shown(page)
    page.get_by_text("Show every motion where it holds").click()
    page.wait_for_selector("#canvas[data-pose='4']")
    mask = moved.explained[1].mask & np.isfinite(came).all(-1)
    mask[:, :4] = False  # under the divider
    agree(shown(page)[mask], came[mask])  # the second motion is none at all
    assert not np.array_equal(shown(page)[~mask], came[~mask])


@pytest.mark.parametrize("width", [400, 1600])
def test_it_fits_and_everything_has_a_name(report: Path, opened: Open, width: int) -> None:
    page = opened(report, width=width)
    assert page.evaluate("document.documentElement.scrollWidth") == width
    nameless = page.evaluate("""[...document.querySelectorAll("img, button, input, section")]
        .filter(each => !(each.alt || each.ariaLabel || each.textContent.trim()
            || (each.labels && each.labels.length) || each.getAttribute("aria-labelledby")))
        .map(each => each.outerHTML)""")
    assert nameless == []
