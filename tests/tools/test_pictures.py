"""The README's pictures are what the program makes today, are all shown, and are small."""

from __future__ import annotations

import re
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image

from tools import pictures

README = (Path(__file__).parents[2] / "README.md").read_text()


def seen(path: Path) -> NDArray[np.float64]:
    """Return a picture on white, eight times smaller: what of it no writer of WebP changes."""
    with Image.open(path) as image:
        page = Image.new("RGBA", image.size, "white")
        page.alpha_composite(image.convert("RGBA"))
    return np.asarray(page.convert("RGB").reduce(8), float)


def test_each_is_shown_once_and_all_are_small() -> None:
    shown = re.findall(r"!\[([^\]]{20,})\]\(docs/_static/front/([\w-]+)\.webp\)", README)
    assert [name for _, name in shown] == list(pictures.PICTURES)
    files = sorted(pictures.FOLDER.iterdir())
    assert [path.stem for path in files] == sorted(pictures.PICTURES)
    assert sum(path.stat().st_size for path in files) < 400_000


@pytest.mark.slow
@pytest.mark.parametrize("name", [name for name in pictures.PICTURES if name != "report"])
def test_they_are_what_is_made_today(tmp_path: Path, name: str) -> None:
    assert pictures.main(["-o", str(tmp_path), name]) == 0
    (made,) = tmp_path.iterdir()
    old, new = seen(pictures.FOLDER / made.name), seen(made)
    assert new.shape == old.shape
    assert np.abs(new - old).mean() < 2
    assert np.abs(new - new[::-1]).mean() > 8  # which a wrong picture is not
