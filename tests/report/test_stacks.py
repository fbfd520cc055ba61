"""A stack's figure and its page."""

from __future__ import annotations

import base64
import html
import json
import re
from dataclasses import replace
from io import BytesIO
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image

import superpose
from superpose._report.settings import DEFAULTS, StackPictureSettings
from superpose._report.stack_page import stack_data
from superpose._report.stack_pictures import difference, small, strip_of
from superpose._report.track_charts import ticks, track_chart
from superpose._report.tracks import panels_of
from superpose.errors import InputError, UnreliableWarning
from tests.jobs.test_stack import drift
from tests.report.conftest import Open


@pytest.fixture(scope="module")
def frames() -> NDArray[np.uint16]:
    made = drift(11, side=96)[0]
    made[4] = 6
    return made


@pytest.fixture(scope="module")
def found(frames: NDArray[np.uint16]) -> superpose.StackResult:
    with pytest.warns(UnreliableWarning, match="1 of the 11 frames"):
        return superpose.stack(frames, combine="mean")


@pytest.fixture(scope="module")
def turned() -> superpose.StackResult:
    poses = [superpose.rigid(0.01 * k, (k, -k), (20, 30)) for k in range(5)]
    frames = np.random.default_rng(0).random((5, 41, 61))
    made = superpose.stack(frames, transforms=poses)
    return replace(made, table=tuple(replace(each, sigma=0.1) for each in made.table))


def pixels(address: str) -> NDArray[np.float64]:
    return np.asarray(Image.open(BytesIO(base64.b64decode(address.partition(",")[2])))).astype(float)


# --- the figure ---------------------------------------------------------------------------------------------
def test_bands_are_two_expected_errors_and_what_was_left_out_is_marked(found: superpose.StackResult) -> None:
    (axes,) = found.plot().axes
    assert [line.get_label() for line in axes.lines] == ["row", "column", "left out"]
    assert [len(line.get_xdata()) for line in axes.lines] == [10, 10, 2]
    assert axes.lines[2].get_xdata()[0] == 4
    band = axes.collections[0].get_paths()[0].vertices
    at_seven = band[band[:, 0] == 7][:, 1]
    assert np.ptp(at_seven) == pytest.approx(4 * found.table[7].sigma, rel=1e-3)
    assert "10 of 11 frames" in axes.figure.get_suptitle()


def test_a_family_that_turns_has_a_second_panel(turned: superpose.StackResult) -> None:
    motion, turn = turned.plot().axes
    assert motion.get_ylabel() == "motion, pixels" and turn.get_ylabel() == "turn, degrees"
    assert np.allclose(turn.lines[0].get_ydata(), np.degrees(0.01 * np.arange(5)))
    # What moves a corner by the expected error turns by no more than this.
    band = turn.collections[0].get_paths()[0].vertices
    assert np.ptp(band[band[:, 0] == 2][:, 1]) == pytest.approx(4 * np.degrees(0.1 / np.hypot(20, 30)), rel=1e-3)


def test_volumes_have_three_axes_and_a_rotation_vector(turned: superpose.StackResult) -> None:
    grid = superpose.Grid((9, 20, 30), spacing=(3, 1, 1), unit="mm")
    poses = tuple(superpose.rigid((0.1 * k, 0, 0.2), (k, 0, 0), grid.centre) for k in range(5))
    table = tuple(replace(each, motion=(float(k), 0.0, 0.0)) for k, each in enumerate(turned.table))
    result = replace(turned, transforms=poses, table=table, grid=grid, frame_grid=grid)
    motion, turn = panels_of(result)
    assert [each.name for each in motion.tracks] == ["plane", "row", "column"] and motion.unit == "mm"
    assert [each.name for each in turn.tracks] == [f"about the {axis} axis" for axis in ("plane", "row", "column")]
    assert np.allclose(motion.tracks[0].values, np.arange(5))
    volumes = np.random.default_rng(0).random((5, *grid.shape))
    strip = strip_of(result, list(volumes), StackPictureSettings())
    # A plane from the middle.
    assert strip is not None and strip.before[2].shape == (20, 30)
    assert np.allclose(strip.before[2], volumes[2][4], atol=1e-6)


# --- what the page says -------------------------------------------------------------------------------------
def test_all_of_the_page_is_plain_data(found: superpose.StackResult, frames: NDArray[np.uint16]) -> None:
    data = stack_data(found, frames, "a title", "superpose stack …")
    assert json.loads(json.dumps(data, allow_nan=False)) == data
    assert data["sentence"].startswith("10 of 11 frames") and data["state"] == "unknown"
    assert [row[0] for row in data["rows"]] == ["0", "1", "2", "3", "5", "6", "7", "8", "9", "10"]
    assert data["lost"][0][0] == 4 and "constant" in data["lost"][0][2]
    assert len(data["viewer"]["frames"]) == 8 and {each["number"] for each in data["viewer"]["frames"]} >= {0, 10}
    assert [each["name"] for each in data["strip"]["columns"]] == ["frame 0", "frame 6", "frame 10"]
    assert data["run"][0] == ["command", "superpose stack …"]


def test_the_pictures_are_the_frames(found: superpose.StackResult, frames: NDArray[np.uint16]) -> None:
    strip = strip_of(found, frames, StackPictureSettings(frames=3))
    assert strip is not None and strip.numbers == [0, 5, 10]
    assert np.allclose(strip.before[1], frames[5], atol=1e-3)
    aligned = found.apply(frames.astype(float))
    assert np.allclose(strip.after[1], aligned[5], equal_nan=True, atol=1e-3)  # type: ignore[arg-type]
    before, after = strip.means
    assert np.nanmean(np.abs(np.diff(after))) > 0 and np.allclose(before, frames[[0, 5, 10]].mean(0), atol=1e-3)
    # What is darker is blue, what is brighter orange.
    colours = pixels(difference(np.array([[-1.0, 0, 1, np.nan]]), np.zeros((1, 4)), 1.0))[0]
    assert colours[0, 2] > colours[0, 0] and colours[2, 0] > colours[2, 2]
    assert colours[1].tolist() == [255, 255, 255, 255] and colours[3, 3] == 0


def test_large_frames_are_made_small() -> None:
    assert small(np.random.default_rng(0).random((900, 700)), 2, 400).shape == (225, 175)
    assert small(np.random.default_rng(0).random((90, 70, 3)), 2, 400).shape == (90, 70)


def test_the_chart_s_lines_lie_where_the_numbers_do(found: superpose.StackResult) -> None:
    settings = StackPictureSettings()
    (panel,) = panels_of(found)
    numbers = [each.frame for each in found.table if each.used]
    chart = track_chart(panel, numbers, [4], 11, settings)
    points = np.array([each.split(",") for each in chart["lines"][0]["line"].split()], float)
    assert np.allclose(points[:, 0], settings.width * np.array(numbers) / 10, atol=0.06)
    # Downwards, linear.
    assert np.corrcoef(points[:, 1], panel.tracks[0].values)[0, 1] < -0.9999
    assert chart["lost"] == [round(settings.width * 0.4, 1)]
    assert len(chart["lines"][0]["band"].split()) == 20
    assert "row from" in chart["alt"]


def test_ticks_are_round() -> None:
    assert ticks(-0.31, 1.2, 5) == [0.0, 0.5, 1.0]
    assert ticks(0, 39, 8) == [0, 5, 10, 15, 20, 25, 30, 35]
    assert ticks(0, 1, 8)[:2] == [0, 0.2] and ticks(-2e-3, 2e-3, 5) == [-0.002, -0.001, 0, 0.001, 0.002]


def test_without_frames_an_image_or_anything_placed(
    found: superpose.StackResult, frames: NDArray[np.uint16], tmp_path: Path
) -> None:
    found.save(tmp_path / "s.json")
    loaded = superpose.load_stack(tmp_path / "s.json")
    data = stack_data(loaded)
    assert data["viewer"] is data["strip"] is data["image"] is None and len(data["rows"]) == 10
    assert "made without the frames" in loaded.report().html
    assert stack_data(loaded, frames)["image"] is not None
    with pytest.warns(UnreliableWarning, match="11 of the 11 frames"):
        nothing = superpose.stack(frames, transforms=[None] * 11)
    page = nothing.report(tmp_path / "r.html", frames).html
    assert nothing.plot().axes[0].get_ylabel() == "motion, pixels"
    assert "0 of 11 frames" in page and "its transform is None" in page
    with pytest.raises(InputError, match="frames has 3 entries, and 11 frames were aligned"):
        found.report(tmp_path / "r.html", frames[:3])
    with pytest.raises(InputError, match="whose extension"):
        found.report(tmp_path / "r.pdf")


def test_a_long_series_is_listed_in_part(found: superpose.StackResult) -> None:
    few = replace(DEFAULTS[2], stacks=StackPictureSettings(rows=3))
    data: dict[str, Any] = stack_data(found, settings=few)
    assert len(data["rows"]) == 3 and data["more_rows"] == 7
    long = stack_data(found, command="superpose stack " + "x.png " * 5000)["run"][0][1]
    assert len(long) < 700 and "…" in long


def test_names_and_warnings_are_escaped(found: superpose.StackResult, tmp_path: Path) -> None:
    nasty = '<script>alert("&")</script>'
    table = tuple(replace(each, name=nasty, why_not=each.why_not and nasty) for each in found.table)
    page = replace(found, table=table, warnings=(nasty,)).report(tmp_path / "r.html", title=nasty).html
    assert nasty not in page and html.escape(nasty, quote=False).split("(")[0] in page


# --- in a browser -------------------------------------------------------------------------------------------
@pytest.mark.slow
@pytest.mark.parametrize("width", [1200, 400])
def test_it_plays_by_keyboard_and_by_mouse(
    found: superpose.StackResult, frames: NDArray[np.uint16], tmp_path: Path, opened: Open, width: int
) -> None:
    found.report(tmp_path / "r.html", frames, title="eleven frames")
    page = opened(tmp_path / "r.html", width=width, reduced_motion="reduce")
    shown = page.locator("#shown")
    assert page.locator("h1").text_content() == "eleven frames"
    # Nothing moves by itself for who does not want it.
    assert page.locator("#play").text_content() == "Play" and shown.get_attribute("data-at") == "0 after"
    after = shown.get_attribute("src")
    page.keyboard.press("a")
    assert shown.get_attribute("data-at") == "0 before" and shown.get_attribute("src") != after
    page.get_by_text("After", exact=True).click()
    assert shown.get_attribute("data-at") == "0 after"
    page.locator("#number").fill("3")
    assert shown.get_attribute("data-at") == "3 after" and "frame 5, after" in page.locator("#told").text_content()  # type: ignore[operator]
    page.locator("#rate").fill("8")
    page.locator("#play").click()
    page.wait_for_selector("#shown[data-at='5 after']")
    page.locator("#play").click()
    at = shown.get_attribute("data-at")
    page.wait_for_timeout(300)
    assert shown.get_attribute("data-at") == at
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    assert page.evaluate("[...document.images].every((each) => each.naturalWidth > 0)")
    assert page.locator(".track polyline").count() == 2 and page.locator(".track .lost").count() == 1


def test_a_notebook_shows_it_in_a_frame_of_its_own(found: superpose.StackResult, frames: NDArray[np.uint16]) -> None:
    shown = found.report(frames=frames)
    assert re.match('<div><iframe [^>]*sandbox="allow-scripts"', shown._repr_html_())
    assert shown.path is None and len(shown.html) < 1.5e6
