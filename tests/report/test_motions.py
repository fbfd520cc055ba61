"""The motions on the page, without a browser: in words, and as layers."""

from __future__ import annotations

import base64
import json
from io import BytesIO

import numpy as np
from numpy.typing import NDArray
from PIL import Image

import superpose
from superpose._report.data import page_data
from superpose._report.motions import layers_of, mosaic_of, motions_of, shrunk
from superpose._report.page import page
from superpose._report.pictures import screen_of
from superpose._report.settings import PictureSettings
from superpose._report.viewer import viewer_of

RED, BLUE = (255, 0, 0), (0, 0, 255)


def test_motions_are_told_in_words(moved: superpose.Registration) -> None:
    first, second = motions_of(moved)
    assert first["sentence"].startswith("50 % of the structure moved by ") and not first["on_sensor"]
    assert first["words"].startswith("Moving is turned 22.92 degrees clockwise") and first["pose"] == 2
    assert second["sentence"] == "12 % of the structure stays where it is on the sensor." and second["on_sensor"]
    assert second["words"] == "Moving lies exactly on fixed." and second["pose"] is None


def test_a_layer_has_its_colour_where_the_motion_holds(moved: superpose.Registration) -> None:
    screen = screen_of(moved, 1000)
    assert screen is not None
    layers = layers_of(moved, screen, PictureSettings(tints=(RED, BLUE)))
    assert [each["name"] for each in layers] == ["motion 1", "motion 2"]
    assert [each["colour"] for each in layers] == ["#ff0000", "#0000ff"]
    for layer, each, colour in zip(layers, moved.explained, (RED, BLUE), strict=True):
        picture = opened(layer["tint"])
        np.testing.assert_array_equal(picture[..., 3], np.where(each.mask, 255, 0))
        assert (picture[each.mask][:, :3] == colour).all()


def opened(address: str) -> NDArray[np.uint8]:
    octets = base64.b64decode(address.removeprefix("data:image/png;base64,"))
    return np.asarray(Image.open(BytesIO(octets)).convert("RGBA"))


def test_a_layer_shows_moving_where_the_motion_lays_it(moved: superpose.Registration) -> None:
    screen = screen_of(moved, 1000)
    assert screen is not None
    for layer, each in zip(layers_of(moved, screen, PictureSettings()), moved.explained, strict=True):
        picture, wanted = opened(layer["picture"]), screen.under(each.basin.transform)
        there = each.mask & np.isfinite(wanted)
        assert there.sum() > 500
        np.testing.assert_array_equal(picture[..., 3] == 255, there)
        np.testing.assert_allclose(picture[there][:, 0], 255 * wanted[there], atol=0.51)


def test_every_motion_is_shown_where_it_holds(moved: superpose.Registration) -> None:
    screen = screen_of(moved, 1000)
    assert screen is not None
    answer, other = (screen.under(each) for each in (moved.transform, moved.explained[1].basin.transform))
    mask = moved.explained[1].mask
    both = mosaic_of(moved, screen, answer)
    np.testing.assert_array_equal(both[mask], other[mask])
    np.testing.assert_array_equal(both[~mask], answer[~mask])
    viewer = viewer_of(moved, PictureSettings())
    assert viewer is not None and viewer["poses"][-1]["name"] == "every motion where it holds"


def test_colours_begin_anew_where_there_are_more_motions(moved: superpose.Registration) -> None:
    screen = screen_of(moved, 1000)
    assert screen is not None
    layers = layers_of(moved, screen, PictureSettings(tints=(RED,)))
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
