"""superpose align-channels."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import skimage.data

import superpose
from superpose._io.images import read_image, read_pages, write_image, write_pages
from tests.cli.conftest import Run


@pytest.fixture
def coloured(folder: Path) -> None:
    """A picture whose second channel lies elsewhere."""
    image = skimage.data.astronaut()[40:168, 160:288].copy()
    image[..., 1] = np.roll(image[..., 1], (2, -3), (0, 1))
    write_image("c.png", image, "output")
    write_pages("pages.tif", list(np.moveaxis(image, -1, 0)), "output")


def test_a_map_is_saved_and_used(coloured: None, run: Run) -> None:
    ended = run("align-channels", "c.png", "-o", "o.png", "--transform", "translation", "--save-map", "m.json")
    assert ended.code == 0 and ended.out.startswith("3 of 3 channels on channel 0\n")
    found = superpose.align_channels("c.png", transform="translation")
    assert np.array_equal(read_image("o.png", "o"), found.image)
    assert found.transforms[1] is not None and np.allclose(found.transforms[1].shift, (2, -3), atol=0.3)
    ended = run("align-channels", "pages.tif", "-o", "o.tif", "--use", "m.json", "--quiet")
    assert (ended.code, ended.out) == (0, "")
    pages = read_pages("o.tif", "o", None, "page=", None)
    assert np.array_equal(np.stack(list(pages), -1), found.image)


@pytest.mark.parametrize(
    "arguments, said",
    [
        (["c.png", "-o", "c.png"], "the same file as the input"),
        (["c.png", "-o", "o.png", "--reference", "3"], "--reference is 3"),
        (["c.png", "-o", "o.png", "--use", "none.json"], "no such file"),
        (["none.png", "-o", "o.png"], "no such file"),
    ],
)
def test_what_cannot_be_done_is_said(coloured: None, run: Run, arguments: list[str], said: str) -> None:
    ended = run("align-channels", *arguments)
    assert ended.code == 2 and said in ended.err
