"""The page of volumes, looked at in Chromium: one cursor in three planes, their pixels against NumPy."""

from __future__ import annotations

import base64
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from numpy.typing import NDArray
from scipy import ndimage

import superpose
from superpose._report.planes import planes_of
from superpose._report.settings import DEFAULTS
from tests.report.conftest import Open
from tests.report.test_volumes import bytes_of

if TYPE_CHECKING:
    from playwright.sync_api import Page

pytestmark = pytest.mark.slow
Floats = NDArray[np.float64]
VIEWS = ["blend", "fixed", "moving", "checkerboard", "anaglyph", "edges", "difference"]
# What a plane lies across, what goes down it and to the right, and whether the former points upwards.
PLANES = [(0, 1, 2, False), (1, 0, 2, True), (2, 0, 1, True)]


@dataclass(frozen=True)
class Shown:
    """What a page holds: both volumes, 0 to 255 and NaN where there is none, moving under each transform."""

    data: dict[str, Any]
    fixed: Floats
    moving: list[Floats]


@pytest.fixture(scope="module")
def report(scanned: superpose.Registration, tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("report") / "report.html"
    scanned.report(path, title="one on the other")
    return path


@pytest.fixture(scope="module")
def held(scanned: superpose.Registration) -> Shown:
    data = planes_of(scanned, DEFAULTS[3].pictures)
    assert data is not None
    fixed, moving = (255 * (bytes_of(data[name]) - 1.0) / 254 for name in ("fixed", "moving"))
    moving[moving < 0] = np.nan
    laid = []
    for pose in data["poses"]:
        matrix = np.array(pose["matrix"])
        where = matrix[:3, :3], matrix[:3, 3], fixed.shape
        # NaN times 0 is NaN as well: what has no weight is left out by hand.
        holes = ndimage.affine_transform(np.isnan(moving).astype(float), *where, order=1, cval=1.0)
        values = ndimage.affine_transform(np.nan_to_num(moving), *where, order=1, cval=np.nan)
        laid.append(np.where(holes > 1e-6, np.nan, values))
    return Shown(data, fixed, laid)


def plane_of(volume: Floats, plane: int, cursor: tuple[int, ...]) -> Floats:
    normal, _, _, upwards = PLANES[plane]
    found = volume.take(cursor[normal], normal)
    return found[::-1] if upwards else found


def seen(page: Page, plane: int, shape: tuple[int, ...], spacing: list[float]) -> Floats:
    """A panel's colours in the middle of each of its voxels, NaN where nothing is drawn."""
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
    width, height, text = page.locator(f"#canvas-{plane}").evaluate(code)
    pixels = np.frombuffer(base64.b64decode(text), np.uint8).reshape(height, width, 4).astype(float)
    _, down, across, _ = PLANES[plane]
    y = height / shape[down]
    x = y * spacing[across] / spacing[down]
    left = round((width - x * shape[across]) / 2)
    rows, columns = (
        ((np.arange(shape[down]) + 0.5) * y).astype(int),
        (left + (np.arange(shape[across]) + 0.5) * x).astype(int),
    )
    found = pixels[np.ix_(rows, columns)]
    return np.where(found[..., 3:] > 0, found[..., :3], np.nan)


def grey(picture: Floats) -> Floats:
    return np.repeat(picture[..., None], 3, -1)


def agree(a: Floats, b: Floats) -> None:
    np.testing.assert_array_equal(np.isnan(a), np.isnan(b))
    assert np.nanmax(np.abs(a - b)) <= 1


def cursor_of(page: Page) -> tuple[int, ...]:
    return tuple(map(int, str(page.locator("#canvas-0").get_attribute("data-cursor")).split(",")))


def look(page: Page, view: str) -> None:
    page.focus("#canvas-0")
    page.keyboard.press(str(VIEWS.index(view) + 1))


def without_lines(page: Page) -> None:
    page.focus("#canvas-0")
    page.keyboard.press("x")
    assert page.locator("#lines").get_attribute("aria-pressed") == "false"


def check(page: Page, held: Shown, pose: int) -> None:
    """Hold three views of the three planes to NumPy."""
    cursor = cursor_of(page)
    for view in ("fixed", "moving", "blend", "anaglyph"):
        look(page, view)
        for plane in range(3):
            fixed, moving = (plane_of(each, plane, cursor) for each in (held.fixed, held.moving[pose]))
            mixed = np.where(np.isnan(moving), fixed, (fixed + moving) / 2)
            cyan = np.stack([fixed, np.nan_to_num(moving), np.nan_to_num(moving)], -1)
            wanted = {"fixed": grey(fixed), "moving": grey(moving), "blend": grey(mixed), "anaglyph": cyan}[view]
            agree(seen(page, plane, held.fixed.shape, held.data["fixed"]["spacing"]), wanted)


def test_three_planes_through_one_cursor(report: Path, opened: Open, held: Shown) -> None:
    page = opened(report)
    without_lines(page)
    assert cursor_of(page) == tuple((n - 1) // 2 for n in held.fixed.shape)
    check(page, held, 0)
    # A click in the second plane moves the other two there; the first axis points upwards in it.
    canvas = page.locator("#canvas-1")
    box = canvas.bounding_box()
    assert box is not None
    y = box["height"] / held.fixed.shape[0]
    x = y * held.data["fixed"]["spacing"][2] / held.data["fixed"]["spacing"][0]
    left = (box["width"] - x * held.fixed.shape[2]) / 2
    before = cursor_of(page)
    canvas.click(position={"x": left + 4.5 * x, "y": 6.5 * y})
    assert cursor_of(page) == (held.fixed.shape[0] - 1 - 6, before[1], 4)
    check(page, held, 0)
    page.locator("#moment label").first.click()
    page.wait_for_selector("#planes[data-pose='1']")
    check(page, held, 1)


def test_keys_move_the_cursor_as_the_eye_does(report: Path, opened: Open, held: Shown) -> None:
    page = opened(report)
    for plane, (normal, down, across, upwards) in enumerate(PLANES):
        page.focus(f"#canvas-{plane}")
        page.keyboard.press("0")
        start = cursor_of(page)
        for key, axis, by in (
            ("ArrowRight", across, 1), ("ArrowLeft", across, -1), ("ArrowDown", down, -1 if upwards else 1),
            ("ArrowUp", down, 1 if upwards else -1), ("PageUp", normal, 1), ("PageDown", normal, -1),
        ):  # fmt: skip
            page.keyboard.press("0")
            page.keyboard.press(key)
            assert tuple(b - a for a, b in zip(start, cursor_of(page), strict=True)) == tuple(
                by if k == axis else 0 for k in range(3)
            )
    # No further than the last voxel, and a slider does the same.
    page.locator("#at-2").evaluate("each => { each.value = each.max; each.dispatchEvent(new Event('input')); }")
    page.focus("#canvas-0")
    page.keyboard.press("ArrowRight")
    assert cursor_of(page)[2] == held.fixed.shape[2] - 1
    assert page.locator("#at-2 + output").text_content() == "18 of 18"


def test_the_cursor_is_told_in_voxels_and_points(
    report: Path, opened: Open, held: Shown, scanned: superpose.Registration
) -> None:
    page = opened(report)
    page.focus("#canvas-2")
    for key in ("ArrowUp", "ArrowUp", "ArrowLeft", "PageUp"):
        page.keyboard.press(key)
    at = [*cursor_of(page), 1]
    users = np.rint(np.array(held.data["to_users"]) @ at)[:3]
    assert page.locator("#voxel").text_content() == f"({', '.join(f'{each:.0f}' for each in users)})"
    for name, point in (
        ("here", scanned.fixed_grid.to_physical(users)),
        ("there", scanned.transform(scanned.fixed_grid.to_physical(users))),
    ):
        told = str(page.locator(f"#{name}").text_content())
        assert told.endswith(" units")
        numbers = [float(each) for each in told[1 : told.index(")")].replace("−", "-").split(", ")]
        np.testing.assert_allclose(numbers, point, atol=0.051)


def test_all_views_say_what_they_show(report: Path, opened: Open, held: Shown) -> None:
    page = opened(report)
    without_lines(page)
    told, drawn = [], []
    for view in VIEWS:
        look(page, view)
        assert page.locator("input[name=view]:checked").get_attribute("value") == view
        told.append(page.locator("#told").text_content())
        drawn.append(seen(page, 0, held.fixed.shape, held.data["fixed"]["spacing"]))
    assert len(set(told)) == len(VIEWS) and all(str(each).endswith(".") for each in told)
    assert all(
        np.nanmean(np.abs(np.nan_to_num(a) - np.nan_to_num(b))) > 0.5 for k, a in enumerate(drawn) for b in drawn[:k]
    )
    # The difference is pale where the two agree, and full of colour before.
    away = [np.abs(drawn[-1] - 247)]
    page.keyboard.press("a")
    page.wait_for_selector("#planes[data-pose='1']")
    away.append(np.abs(seen(page, 0, held.fixed.shape, held.data["fixed"]["spacing"]) - 247))
    assert np.nanmean(away[0]) < 0.6 * np.nanmean(away[1])


def test_another_basin_is_shown_by_its_button_and_by_keys(report: Path, opened: Open, held: Shown) -> None:
    page = opened(report)
    without_lines(page)
    page.locator("button[aria-label='Show basin 2']").click()
    page.wait_for_selector("#planes[data-pose='2']")
    check(page, held, 2)
    page.keyboard.press("b")
    page.wait_for_selector("#planes[data-pose='0']")
    assert page.locator("#pose").input_value() == "0"


def test_zoom_keeps_the_cursor_in_sight(report: Path, opened: Open, held: Shown) -> None:
    page = opened(report)
    without_lines(page)
    look(page, "fixed")
    plain = seen(page, 0, held.fixed.shape, held.data["fixed"]["spacing"])
    for _ in range(2):
        page.keyboard.press("+")
    assert page.locator("#zoom").text_content() == "225 %"
    zoomed = seen(page, 0, held.fixed.shape, held.data["fixed"]["spacing"])
    assert not np.array_equal(np.nan_to_num(plain), np.nan_to_num(zoomed))
    page.keyboard.press("0")
    agree(seen(page, 0, held.fixed.shape, held.data["fixed"]["spacing"]), plain)


def test_lines_cross_at_the_cursor(report: Path, opened: Open) -> None:
    page = opened(report)
    colours = page.locator("#canvas-0").evaluate("""canvas => {
        const {data} = canvas.getContext("2d").getImageData(0, 0, canvas.width, canvas.height);
        const seen = new Set();
        for (let k = 0; k < data.length; k += 4) seen.add(data.slice(k, k + 3).join());
        return [...seen];
    }""")
    # Those of the planes that it is cut by, not its own.
    assert {"86,180,233", "240,228,66"} <= set(colours) and "230,159,0" not in colours


def test_a_body_has_letters(scanned: superpose.Registration, tmp_path: Path, opened: Open) -> None:
    body = replace(scanned, fixed_grid=replace(scanned.fixed_grid, anatomical=True))
    body.report(tmp_path / "body.html")
    page = opened(tmp_path / "body.html")
    assert page.locator(".plane figcaption").all_text_contents() == ["axial", "coronal", "sagittal"]
    at = np.array(str(page.locator("#canvas-0").get_attribute("data-cursor")).split(","), float)
    data = planes_of(body, DEFAULTS[3].pictures)
    assert data is not None
    point = (np.array(data["to_physical"]) @ [*at, 1])[:3]
    letters = [pair[int(value > 0)] for value, pair in zip(point, ("IS", "AP", "RL"), strict=True)]
    told = [f"{abs(value):.1f} {letter}" for value, letter in zip(point, letters, strict=True)]
    assert page.locator("#here").text_content() == f"{', '.join(told)} units"
    # They are drawn, at each of the four edges.
    page.keyboard.press("x")
    code = """(canvas, marked) => {
        const copy = new OffscreenCanvas(canvas.width, canvas.height).getContext("2d", {willReadFrequently: true});
        copy.drawImage(canvas, 0, 0);
        const white = (x, y) => {
            const {data} = copy.getImageData(x - 8, y - 8, 16, 16);
            return data.some((_, k) => k % 4 === 0 && Math.min(data[k], data[k + 1], data[k + 2]) > 250);
        };
        const [w, h] = [canvas.width, canvas.height].map((n) => Math.round(n));
        return [white(w / 2 + 16, 11), white(w / 2 + 16, h - 11), white(11, h / 2 - 16), white(w - 11, h / 2 - 16)];
    }"""
    page.locator("#views label:has(input[value=difference])").click()
    for plane in range(3):
        assert page.locator(f"#canvas-{plane}").evaluate(code) == [True] * 4


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [400, 1000, 1600])
def test_it_fits_and_everything_has_a_name(report: Path, opened: Open, width: int, scheme: Any) -> None:
    page = opened(report, width=width, color_scheme=scheme)
    assert page.evaluate("document.documentElement.scrollWidth") == width
    for plane in range(3):
        box = page.locator(f"#canvas-{plane}").bounding_box()
        assert box is not None and box["width"] > 100 and box["x"] >= 0 and box["x"] + box["width"] <= width
    nameless = page.evaluate("""[...document.querySelectorAll("canvas, img, button, input, select, section")]
        .filter(each => !(each.alt || each.ariaLabel || each.textContent.trim()
            || (each.labels && each.labels.length) || each.getAttribute("aria-labelledby")))
        .map(each => each.outerHTML)""")
    assert nameless == []


def test_a_sharper_screen_draws_more_pixels(report: Path, opened: Open) -> None:
    page = opened(report, device_scale_factor=2)
    wide, shown = page.locator("#canvas-0").evaluate("each => [each.width, each.clientWidth]")
    assert wide == 2 * shown
