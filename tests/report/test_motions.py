"""The motions on the page, without a browser: in words, and as layers."""

from __future__ import annotations

import base64
import json
from io import BytesIO

import numpy as np
from PIL import Image

import superpose
from superpose._report.data import page_data
from superpose._report.motions import layers_of, motions_of, shrunk
from superpose._report.page import page
from superpose._report.settings import PictureSettings

RED, BLUE = (255, 0, 0), (0, 0, 255)


def test_motions_are_told_in_words(moved: superpose.Registration) -> None:
    first, second = motions_of(moved)
    assert first["sentence"].startswith("50 % of the structure moved by ") and not first["on_sensor"]
    assert first["pose"].startswith("Moving is turned 22.92 degrees clockwise") and first["basin"] == 2
    assert second["sentence"] == "12 % of the structure stays where it is on the sensor." and second["on_sensor"]
    assert second["pose"] == "Moving lies exactly on fixed." and second["basin"] == 0


def test_a_layer_has_its_colour_where_the_motion_holds(moved: superpose.Registration) -> None:
    layers = layers_of(moved, moved.fixed_grid.shape, PictureSettings(tints=(RED, BLUE)))
    assert [each["name"] for each in layers] == ["motion 1", "motion 2"]
    assert [each["colour"] for each in layers] == ["#ff0000", "#0000ff"]
    for layer, each, colour in zip(layers, moved.explained, (RED, BLUE), strict=True):
        octets = base64.b64decode(layer["picture"].removeprefix("data:image/png;base64,"))
        picture = np.asarray(Image.open(BytesIO(octets)).convert("RGBA"))
        np.testing.assert_array_equal(picture[..., 3], np.where(each.mask, 255, 0))
        assert (picture[each.mask][:, :3] == colour).all()


def test_colours_begin_anew_where_there_are_more_motions(moved: superpose.Registration) -> None:
    layers = layers_of(moved, moved.fixed_grid.shape, PictureSettings(tints=(RED,)))
    assert [each["colour"] for each in layers] == ["#ff0000", "#ff0000"]


def test_single_pixels_survive_the_shrinking() -> None:
    mask = np.zeros((101, 60), bool)
    mask[100, 0] = mask[37, 59] = mask[0, 30] = True
    small = shrunk(mask, (26, 30))
    assert small.shape == (26, 30) and small.sum() == 3
    assert small[25, 0] and small[37 * 26 // 101, 29] and small[0, 15]
    np.testing.assert_array_equal(shrunk(mask, mask.shape), mask)


def test_the_page_has_them_only_where_there_are_any(
    made: superpose.Registration, moved: superpose.Registration
) -> None:
    data = page_data(moved)
    assert json.loads(json.dumps(data, allow_nan=False)) == data
    found, plain = page(data), page(page_data(made))
    assert "motions-title" in found and 'id="layers"' in found and "belongs to the sensor" in found
    assert found.count('aria-label="Show motion') == 1
    assert "motions-title" not in plain and 'id="layers"' not in plain
    words = page(page_data(moved.with_images(None, None)))
    assert "motions-title" in words and 'id="layers"' not in words and "be tinted" not in words
