from __future__ import annotations

import base64
import re
from dataclasses import replace
from html import unescape
from html.parser import HTMLParser
from io import BytesIO
from pathlib import Path
from urllib.parse import unquote

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image

import superpose
from superpose._report.data import page_data


class Tags(HTMLParser):
    """Which tags are opened, and that they are closed in order."""

    def __init__(self) -> None:
        super().__init__()
        self.seen: list[str] = []
        self.open: list[str] = []

    def handle_starttag(self, tag: str, attrs: object) -> None:  # noqa: ARG002
        self.seen.append(tag)
        if tag != "img":
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag


def parsed(text: str) -> Tags:
    tags = Tags()
    tags.feed(text)
    tags.close()
    assert tags.open == []
    return tags


@pytest.fixture(scope="module")
def registration(camera: NDArray[np.uint8]) -> superpose.Registration:
    image = camera[::4, ::4]
    return superpose.register(image, np.roll(image, 3, axis=0), transform="translation")


def test_what_a_notebook_shows(registration: superpose.Registration) -> None:
    shown = registration._repr_html_()
    assert registration.describe() in shown and "ncc" in shown and "overlap" in shown
    assert parsed(shown).seen.count("tr") == 1 + len(registration.levels)


@pytest.mark.slow
def test_what_doubts_nothing_is_a_note(registration: superpose.Registration) -> None:
    said = ("moving has a rim [field-of-view]", "moving is noise [unreliable]")
    found = replace(registration, warnings=said, levels=registration.levels[:1])
    assert "<p>ℹ moving has a rim" in found._repr_html_() and "⚠ moving is noise" in found._repr_html_()
    assert [each["kind"] for each in page_data(found)["warnings"]] == ["note", "warning"]
    assert "<summary>1 level</summary>" in found._repr_html_()


def test_the_picture_is_a_small_png_of_before_and_after(registration: superpose.Registration) -> None:
    found = re.search(r'src="data:image/png;base64,([^"]+)"', registration._repr_html_())
    assert found is not None
    data = base64.b64decode(found[1])
    assert len(data) < 60_000
    picture = np.asarray(Image.open(BytesIO(data)).convert("RGB")).astype(int)
    assert picture.shape == (128, 128 + 6 + 128, 3)
    before, after = np.ptp(picture[10:-10, :128], axis=-1), np.ptp(picture[10:-10, -128:], axis=-1)
    assert after.mean() < 0.5 * before.mean()


def test_without_images_there_is_no_picture(registration: superpose.Registration) -> None:
    assert "img" not in parsed(registration.with_images(None, None)._repr_html_()).seen


def test_everything_from_outside_is_escaped(registration: superpose.Registration) -> None:
    evil = "<script>alert('x')</script>"
    shown = replace(registration, warnings=(evil,), metric=evil, optimizer=evil)._repr_html_()
    assert "script" not in parsed(shown).seen
    assert shown.count("&lt;script&gt;") == 3


@pytest.mark.slow
def test_a_report_without_a_path_is_shown_inline(registration: superpose.Registration) -> None:
    report = registration.report(title="<b>one</b>")
    assert report.path is None and "&lt;b&gt;one&lt;/b&gt;" in report.html
    shown = report._repr_html_()
    (frame,) = re.findall(r'<iframe [^>]*srcdoc="([^"]*)"', shown)
    assert unescape(frame) == report.html and 'sandbox="allow-scripts"' in shown
    assert "not written" in repr(report)


@pytest.mark.slow
def test_a_report_that_was_written_is_linked(registration: superpose.Registration, tmp_path: Path) -> None:
    path = tmp_path / "a <b> & c.html"
    report = registration.report(path)
    assert report.path == path and path.read_text(encoding="utf-8") == report.html
    shown = report._repr_html_()
    assert parsed(shown).seen == ["p", "a"] and "a &lt;b&gt; &amp; c.html</a>" in shown
    assert unquote(unescape(re.findall('href="([^"]*)"', shown)[0])) == path.as_posix()
    assert str(path) in repr(report)


@pytest.mark.slow
def test_pictures_inline_are_smaller(registration: superpose.Registration) -> None:
    large = np.random.default_rng(0).random((700, 650))
    grid = superpose.Grid(large.shape)
    found = replace(registration, fixed_grid=grid, moving_grid=grid).with_images(large, large)
    assert "fixed as 350 × 325 pixels" in found.report().html
