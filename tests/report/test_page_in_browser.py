"""The report, looked at in Chromium: every view by keyboard and by mouse, its pixels against NumPy."""

from __future__ import annotations

import base64
from collections.abc import Callable
from dataclasses import replace
from io import BytesIO
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image

import superpose
from superpose._report.settings import DEFAULTS
from superpose._report.viewer import viewer_of
from tests.report.conftest import SHAPE, Open

if TYPE_CHECKING:
    from playwright.sync_api import Page

pytestmark = pytest.mark.slow
Picture = NDArray[np.float64]
VIEWS = ["blend", "swipe", "flicker", "checkerboard", "anaglyph", "difference", "beside"]
ROWS, COLUMNS = SHAPE


@pytest.fixture(scope="module")
def report(related: superpose.Registration, tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("report") / "report.html"
    related.report(path, title="one on the other")
    return path


@pytest.fixture(scope="module")
def pictures(related: superpose.Registration) -> list[Picture]:
    """Fixed, then moving under each transform, as the page holds them: grey 0 to 255, NaN where there is none."""
    viewer = viewer_of(related, DEFAULTS[2].pictures)
    assert viewer is not None and viewer["same"]
    return [colours_of(each)[..., 0] for each in (viewer["fixed"], *(pose["picture"] for pose in viewer["poses"]))]


def colours_of(address: str) -> NDArray[np.float64]:
    """An embedded picture's red, green and blue, NaN where there is none."""
    image = Image.open(BytesIO(base64.b64decode(address.partition(",")[2]))).convert("RGBA")
    pixels = np.asarray(image).astype(float)
    return np.where(pixels[..., 3:] > 0, pixels[..., :3], np.nan)


def seen(page: Page) -> NDArray[np.uint8]:
    """All pixels of the canvas, RGBA."""
    code = """canvas => {
        const copy = new OffscreenCanvas(canvas.width, canvas.height).getContext("2d", {willReadFrequently: true});
        copy.drawImage(canvas, 0, 0);
        const image = copy.getImageData(0, 0, canvas.width, canvas.height);
        let text = "";
        for (let k = 0; k < image.data.length; k += 4096) {
            text += String.fromCharCode(...image.data.subarray(k, k + 4096));
        }
        return [canvas.width, canvas.height, btoa(text)];
    }"""
    width, height, text = page.locator("#canvas").evaluate(code)
    return np.frombuffer(base64.b64decode(text), np.uint8).reshape(height, width, 4)


def shown(page: Page, pane: int = 0, panes: int = 1, at: tuple[int, int] = (0, 0)) -> NDArray[np.float64]:
    """The picture's part of the canvas at 1:1: RGB as floats, NaN where nothing is drawn."""
    pixels = seen(page)
    height, width = pixels.shape[:2]
    left = int(np.floor(width / panes * (pane + 0.5) - COLUMNS / 2 + 0.5)) + at[1]
    top = int(np.floor(height / 2 - ROWS / 2 + 0.5)) + at[0]
    part = pixels[top : top + ROWS, left : left + COLUMNS].astype(float)
    return np.where(part[..., 3:] > 0, part[..., :3], np.nan)


def grey(picture: Picture) -> NDArray[np.float64]:
    return np.repeat(picture[..., None], 3, -1)


def by_keyboard(page: Page, view: str) -> None:
    page.focus("#canvas")
    page.keyboard.press(str(VIEWS.index(view) + 1))


def by_mouse(page: Page, view: str) -> None:
    page.locator(f"#views label:has(input[value={view}])").click()


def at_one_to_one(page: Page) -> None:
    page.locator("#one").click()


def agree(a: NDArray[Any], b: NDArray[Any]) -> None:
    np.testing.assert_array_equal(np.isnan(a), np.isnan(b))
    assert np.nanmax(np.abs(a - b)) <= 1


def board(fixed: Picture, moving: Picture, tile: int) -> NDArray[np.float64]:
    rows, columns = np.indices(SHAPE) // tile
    return grey(np.where((rows + columns) % 2 == 0, fixed, moving))


def blend(fixed: Picture, moving: Picture, share: float) -> NDArray[np.float64]:
    mixed = (1 - share) * fixed + share * moving
    return grey(np.where(np.isnan(moving), fixed, np.where(np.isnan(fixed), moving, mixed)))


def difference(fixed: Picture, moving: Picture, most: float) -> NDArray[np.float64]:
    known = np.isfinite(fixed) & np.isfinite(moving)
    gain, offset = np.polyfit(moving[known], fixed[known], 1)
    part = np.clip((gain * moving + offset - fixed) / (255 * most), -1, 1)[..., None]
    end = np.where(part < 0, (179, 88, 6), (84, 39, 136))
    return 247 + np.abs(part) * (end - 247)


def anaglyph(fixed: Picture, moving: Picture) -> NDArray[np.float64]:
    a, b = np.nan_to_num(fixed), np.nan_to_num(moving)
    return np.where((np.isnan(fixed) & np.isnan(moving))[..., None], np.nan, np.stack([a, b, b], -1))


def check(page: Page, view: str, fixed: Picture, moving: Picture) -> None:
    """Hold what is seen of a view, at 1:1 and with its slider where it begins, to what NumPy makes of the two."""
    if view == "flicker":
        page.locator("#other").click()  # which stops it
        for _ in range(2):
            now = page.locator("#told").text_content() or ""
            agree(shown(page), grey(fixed if now == "Now: fixed." else moving))
            page.locator("#other").click()
            assert page.locator("#told").text_content() != now
    elif view == "beside":
        agree(shown(page, 0, 2), grey(fixed))
        agree(shown(page, 1, 2), grey(moving))
    elif view == "swipe":
        agree_swiped(page, fixed, moving)
    else:
        expected = {
            "checkerboard": board(fixed, moving, 16),
            "blend": blend(fixed, moving, 0.5),
            "anaglyph": anaglyph(fixed, moving),
            "difference": difference(fixed, moving, float(page.input_value("#range")) / 100),
        }
        agree(shown(page), expected[view])


def agree_swiped(page: Page, fixed: Picture, moving: Picture) -> None:
    width = seen(page).shape[1]
    divider = int(np.floor(width * float(page.input_value("#swipe")) / 100 + 0.5))
    column = divider - int(np.floor(width / 2 - COLUMNS / 2 + 0.5))
    found = shown(page)
    agree(found[:, : max(column - 2, 0)], grey(fixed)[:, : max(column - 2, 0)])
    agree(found[:, column + 2 :], grey(moving)[:, column + 2 :])
    assert (found[:, column - 1 : column + 1] == 255).all()


@pytest.mark.parametrize("choose", [by_keyboard, by_mouse])
@pytest.mark.parametrize("view", VIEWS)
def test_each_view(
    report: Path, opened: Open, pictures: list[Picture], view: str, choose: Callable[[Page, str], None]
) -> None:
    page = opened(report)
    by_keyboard(page, VIEWS[VIEWS.index(view) - 1])  # from another one
    choose(page, view)
    assert page.locator("#views input:checked").input_value() == view
    visible = page.locator(".control:visible")
    assert [each.get_attribute("data-view") for each in visible.all()] == [view][: visible.count()]
    at_one_to_one(page)
    check(page, view, pictures[0], pictures[1])


def test_the_views_differ(report: Path, opened: Open) -> None:
    page, found = opened(report), []
    for view in VIEWS:
        by_keyboard(page, view)
        found.append(seen(page))
    assert all((a != b).any() for k, a in enumerate(found) for b in found[:k])


def test_every_transform_can_be_seen(report: Path, opened: Open, pictures: list[Picture]) -> None:
    page = opened(report)
    by_keyboard(page, "blend")
    at_one_to_one(page)

    def check_pose(pose: int) -> None:
        page.wait_for_selector(f"#canvas[data-pose='{pose}']")
        agree(shown(page), blend(pictures[0], pictures[1 + pose], 0.5))
        pressed = page.locator(".basin[aria-pressed=true]")
        assert [each.get_attribute("data-pose") for each in pressed.all()] == ([str(pose)] if pose > 1 else [])
        assert page.input_value("#pose") == str(pose)

    for pose in (2, 3):  # the basins, by mouse
        page.locator(f".basin[data-pose='{pose}']").click()
        check_pose(pose)
    page.focus(".basin[data-pose='2']")  # by keyboard
    page.keyboard.press("Enter")
    check_pose(2)
    page.focus("#canvas")
    for pose in (3, 0, 1, 2):
        page.keyboard.press("b")
        check_pose(pose)
    page.keyboard.press("Shift+B")
    check_pose(1)
    page.select_option("#pose", "3")
    check_pose(3)


def test_before_and_after(report: Path, opened: Open, pictures: list[Picture]) -> None:
    page = opened(report)
    at_one_to_one(page)
    names = page.locator("#moment label")
    assert names.all_text_contents() == ["Before", "After"]
    first = page.evaluate("document.querySelector('button, select, input').name")
    assert first == "moment"
    agree(shown(page), blend(pictures[0], pictures[1], 0.5))
    for press, pose in (
        (lambda: names.nth(0).click(), 1),
        (lambda: names.nth(1).click(), 0),
        (lambda: (page.focus("#canvas"), page.keyboard.press("a")), 1),
        (lambda: page.keyboard.press("a"), 0),
    ):
        press()
        page.wait_for_selector(f"#canvas[data-pose='{pose}']")
        agree(shown(page), blend(pictures[0], pictures[1 + pose], 0.5))
        assert page.locator("#moment input:checked").input_value() == str(pose)
    page.keyboard.press("Shift+B")
    page.wait_for_selector("#canvas[data-pose='3']")
    assert page.locator("#moment input:checked").count() == 0  # a basin is neither


def test_evidence_is_folded_under_one_sentence(report: Path, opened: Open) -> None:
    page = opened(report)
    assert page.locator(".reasons li:visible").count() == 0
    page.locator(".reasons summary").click()
    assert page.locator(".reasons li:visible").count() == page.locator(".reasons li").count() > 2


def test_one_overlap_is_told(report: Path, opened: Open) -> None:
    text = opened(report).locator("main").inner_text()
    assert text.count("75 %") == 1 and "80 %" not in text


def test_tiles_have_the_size_that_is_chosen(report: Path, opened: Open, pictures: list[Picture]) -> None:
    page = opened(report)
    by_keyboard(page, "checkerboard")
    at_one_to_one(page)
    page.focus("#tile")
    page.keyboard.press("ArrowRight")
    agree(shown(page), board(pictures[0], pictures[1], 20))
    assert page.locator("output[for=tile]").text_content() == "20 px"
    page.keyboard.press("Home")
    agree(shown(page), board(pictures[0], pictures[1], 4))
    page.focus("#canvas")
    page.keyboard.press(".")
    agree(shown(page), board(pictures[0], pictures[1], 8))


def test_opacity_and_contrast(report: Path, opened: Open, pictures: list[Picture]) -> None:
    page = opened(report)
    by_keyboard(page, "blend")
    at_one_to_one(page)
    for key, share in (("Home", 0.0), ("End", 1.0), ("ArrowLeft", 0.99)):
        page.focus("#opacity")
        page.keyboard.press(key)
        agree(shown(page), blend(pictures[0], pictures[1], share))
    by_keyboard(page, "difference")
    page.focus("#range")
    page.keyboard.press("End")
    agree(shown(page), difference(pictures[0], pictures[1], 1.0))


def test_the_divider_is_dragged_and_pushed(report: Path, opened: Open, pictures: list[Picture]) -> None:
    page = opened(report)
    by_keyboard(page, "swipe")
    at_one_to_one(page)
    box = page.locator("#canvas").bounding_box()
    assert box is not None
    x, y = box["x"] + box["width"] / 2, box["y"] + box["height"] / 2
    page.mouse.move(x, y)
    page.mouse.down()
    page.mouse.move(x - 40, y)
    page.mouse.up()
    assert float(page.input_value("#swipe")) == pytest.approx(100 * (0.5 - 40 / box["width"]), abs=1)
    agree_swiped(page, pictures[0], pictures[1])
    page.focus("#canvas")
    for _ in range(2):
        page.keyboard.press(".")
    agree_swiped(page, pictures[0], pictures[1])


def test_both_images_pan_and_zoom_in_step(report: Path, opened: Open, pictures: list[Picture]) -> None:
    page = opened(report)
    by_keyboard(page, "beside")
    at_one_to_one(page)
    width = seen(page).shape[1]
    page.focus("#canvas")
    page.keyboard.press("ArrowLeft")
    by = int(np.floor(width / 4 - COLUMNS / 2 + width / 12 + 0.5)) - int(np.floor(width / 4 - COLUMNS / 2 + 0.5))
    agree(shown(page, 0, 2, (0, by)), grey(pictures[0]))
    agree(shown(page, 1, 2, (0, by))[:, :80], grey(pictures[1])[:, :80])
    page.keyboard.press("0")
    fitted = page.locator("#zoom").text_content()
    for press in (lambda: page.keyboard.press("+"), lambda: page.locator("#in").click()):
        before = page.locator("#zoom").text_content() or ""
        press()
        after = page.locator("#zoom").text_content() or ""
        assert float(after.split()[0]) == pytest.approx(1.5 * float(before.split()[0]), rel=0.02)
    page.locator("#fit").click()
    assert page.locator("#zoom").text_content() == fitted


def numbers(place: str) -> list[int]:
    """Row and column in what is said of a place."""
    return [int(word) for word in place.replace(",", " ").split() if word.lstrip("-").isdigit()]


def test_dragging_pans_and_the_wheel_zooms_about_the_pointer(report: Path, opened: Open) -> None:
    page = opened(report)
    by_keyboard(page, "blend")
    at_one_to_one(page)
    before = shown(page)
    box = page.locator("#canvas").bounding_box()
    assert box is not None
    x, y = box["x"] + box["width"] / 2, box["y"] + box["height"] / 2
    page.mouse.move(x, y)
    page.mouse.down()
    page.mouse.move(x + 10, y - 20, steps=3)
    page.mouse.up()
    agree(shown(page, at=(-20, 10)), before)
    told = page.locator("#place").text_content()
    assert told is not None and told.startswith("fixed: row ")
    page.keyboard.down("Control")
    page.mouse.wheel(0, -200)
    page.keyboard.up("Control")
    page.wait_for_selector("#zoom:not(:has-text('100 %'))")
    page.mouse.move(x + 10.2, y - 20)
    now = page.locator("#place").text_content() or ""
    assert numbers(now) == pytest.approx(numbers(told), abs=1)


def test_flicker_goes_on_until_it_is_stopped(report: Path, opened: Open) -> None:
    page = opened(report)
    by_keyboard(page, "flicker")
    for now in ("fixed", "moving", "fixed"):
        page.wait_for_selector(f"#canvas[aria-label='Now: {now}.']")
    page.locator("#play").click()
    assert page.locator("#play").text_content() == "Play"
    still = opened(report, reduced_motion="reduce")
    by_keyboard(still, "flicker")
    assert still.locator("#play").get_attribute("aria-pressed") == "false"


@pytest.mark.parametrize("width", [400, 1600])
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_narrow_and_wide_light_and_dark(report: Path, opened: Open, width: int, scheme: str) -> None:
    page = opened(report, width=width, color_scheme=scheme)
    assert page.evaluate("document.documentElement.scrollWidth") == width
    ground = page.evaluate("getComputedStyle(document.body).backgroundColor")
    brightness = np.mean([int(part) for part in ground[4:-1].split(",")])
    assert brightness > 200 if scheme == "light" else brightness < 60
    faint = page.evaluate(
        """names => {
        const light = colour => colour.match(/[0-9.]+/g).slice(0, 3).map(c => c / 255)
            .map(c => c <= 0.04045 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4)
            .reduce((sum, c, k) => sum + c * [0.2126, 0.7152, 0.0722][k], 0);
        const contrast = element => {
            let behind = element;
            while (getComputedStyle(behind).backgroundColor === "rgba(0, 0, 0, 0)") behind = behind.parentElement;
            const pair = [getComputedStyle(element).color, getComputedStyle(behind).backgroundColor].map(light);
            return (Math.max(...pair) + 0.05) / (Math.min(...pair) + 0.05);
        };
        return [...document.querySelectorAll(names)].filter(each => contrast(each) < 4.5).map(each => each.outerHTML);
    }""",
        "h1, .sentence, .kind, .badge, .warning, .note, pre, dt, dd, th, #views span, button, output",
    )
    assert faint == []


def test_everything_is_reached_by_the_tab_key(report: Path, opened: Open) -> None:
    page = opened(report)
    mark = "document.activeElement.dataset.reached = document.activeElement.matches(':focus-visible')"
    for _ in range(60):
        page.keyboard.press("Tab")
        page.evaluate(mark)
        if page.evaluate("document.activeElement.matches('button[data-pose=\"0\"]')"):
            break
    missed = page.evaluate("""[...document.querySelectorAll("button, select, input, canvas, pre, summary")]
        .filter(each => each.checkVisibility() && !(each.type === "radio" && !each.checked))
        .filter(each => each.dataset.reached !== "true").map(each => each.outerHTML)""")
    assert missed == []


def test_everything_has_a_name(report: Path, opened: Open) -> None:
    page = opened(report)
    nameless = page.evaluate("""[...document.querySelectorAll("img, svg, canvas, button, select, input, section, pre")]
        .filter(each => !(each.alt || each.ariaLabel || each.textContent.trim()
            || (each.labels && each.labels.length) || each.getAttribute("aria-labelledby")))
        .map(each => each.outerHTML)""")
    assert nameless == []
    assert page.evaluate("document.documentElement.lang") == "en"
    assert page.locator("h1").text_content() == page.title().removesuffix(" · superpose") == "one on the other"
    levels = page.evaluate("[...document.querySelectorAll('h1, h2, h3')].map(each => each.tagName).join()")
    assert levels.startswith("H1,H2") and levels.count("H1") == 1


@pytest.mark.parametrize("name", ["JSON", "NumPy", "scikit-image", "OpenCV"])
def test_the_transform_is_copied(report: Path, opened: Open, made: superpose.Registration, name: str) -> None:
    page = opened(report, permissions=["clipboard-read", "clipboard-write"])
    page.locator("#snippets label", has_text=name).click()
    page.locator(".copy:visible").click()
    page.wait_for_selector("#copied:has-text('Copied')")
    from superpose._report.snippets import snippets_of

    wanted = {each["name"]: each["text"] for each in snippets_of(made, made.transform)}[name]
    assert page.evaluate("navigator.clipboard.readText()") == wanted


def test_without_images_the_numbers_are_still_there(made: superpose.Registration, tmp_path: Path, opened: Open) -> None:
    made.with_images(None, None).report(tmp_path / "numbers.html")
    page = opened(tmp_path / "numbers.html")
    assert page.locator("#canvas").count() == 0 and page.locator(".basins li").count() == 2
    assert made.describe()[1:] in (page.locator("#sentence").text_content() or "")
    page.locator("#snippets label", has_text="OpenCV").click()
    assert "cv2.warpAffine" in (page.locator("pre:visible").text_content() or "")


EVIL = """</script><script>alert(1)</script>"'><img src=x onerror=alert(2)><svg onload=alert(3)>{{ 7 * 7 }}"""


def test_hostile_words_stay_words(made: superpose.Registration, tmp_path: Path, opened: Open) -> None:
    hostile = replace(
        made,
        metric=EVIL,
        optimizer=EVIL,
        ending=EVIL,
        warnings=(EVIL, EVIL),
        versions={EVIL: EVIL},
    )
    path = tmp_path / "<img src=x onerror=alert(4)>.html"
    hostile.report(path, title=EVIL)
    page = opened(path)
    assert page.title() == f"{EVIL} · superpose"
    assert page.locator("h1").text_content() == EVIL
    page.locator(".reasons summary").click()
    said = page.locator("body").inner_text()
    assert said.count(EVIL) >= 9
    assert page.locator("script").count() == 2 and page.locator("svg").count() == 1
    for image in page.locator("img").all():
        assert (image.get_attribute("src") or "").startswith("data:image/png;base64,")


def test_the_guard_against_the_network_can_fail(report: Path, opened: Open, complaints: list[str]) -> None:
    page = opened(report)
    with page.expect_console_message():
        page.evaluate("document.body.append(Object.assign(new Image(), {src: 'https://superpose.invalid/x.png'}))")
    assert any("superpose.invalid" in each for each in complaints)
    complaints.clear()


def test_a_large_pair_is_shown_smaller_and_its_places_are_those_of_the_full_image(
    made: superpose.Registration, tmp_path: Path, opened: Open
) -> None:
    fixed, moving = (
        np.kron(np.nan_to_num(image, nan=2.0), np.ones((12, 12))) for image in (made._fixed.array, made._moving.array)
    )
    large = replace(
        made,
        transform=superpose.translation((0, 0)),
        fixed_grid=superpose.Grid(fixed.shape),
        moving_grid=superpose.Grid(moving.shape),
    ).with_images(fixed, moving)
    path = tmp_path / "large.html"
    large.report(path)
    assert path.stat().st_size < 4e6
    page = opened(path)
    assert "fixed as 576 × 792 pixels" in (page.locator("#viewer").text_content() or "")
    box = page.locator("#canvas").bounding_box()
    assert box is not None
    page.mouse.move(box["x"] + 0.25 * box["width"], box["y"] + 0.75 * box["height"])
    place = page.locator("#place").text_content() or ""
    assert numbers(place) == pytest.approx([0.75 * 1152, 0.25 * 1584], abs=4)
