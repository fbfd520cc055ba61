from __future__ import annotations

import base64
import re
from dataclasses import replace
from html.parser import HTMLParser
from io import BytesIO

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image

import superpose


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
