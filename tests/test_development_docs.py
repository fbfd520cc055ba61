"""The pages for developers name what is there: every path, every layer, every command."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
PAGES = {path.stem: path.read_text("utf-8") for path in (ROOT / "docs" / "development").glob("*.md")}
# Where a path on a page may begin.
PLACES = ("", "src/superpose/", "docs/", "src/superpose/**/")


def exists(path: str) -> bool:
    return any(list(ROOT.glob(place + path)) for place in PLACES)


@pytest.mark.parametrize("page", sorted(PAGES))
def test_every_path_is_there(page: str) -> None:
    paths = re.findall(r"`([\w./*]+/[\w./*]*|[\w*]+\.(?:py|md|json|toml))`", PAGES[page])
    assert [path for path in paths if not exists(path.rstrip("/"))] == []
    assert page == "glossary" or paths


def test_every_layer_is_in_the_picture() -> None:
    picture = (ROOT / "docs" / "_static" / "architecture.svg").read_text("utf-8")
    config = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))
    layers = config["tool"]["importlinter"]["contracts"][0]["layers"]
    names = [name for layer in layers for name in re.findall(r"\((\w+)\)", layer)]
    assert len(names) > 15
    shown = set(re.findall(r"\w+", picture))
    assert [name for name in names if name not in shown] == []


@pytest.mark.parametrize("page", sorted(PAGES))
def test_every_command_is_there(page: str) -> None:
    makefile = (ROOT / "Makefile").read_text("utf-8")
    for target in re.findall(r"`make ([\w-]+)", PAGES[page]):
        assert re.search(rf"^{target}:", makefile, re.MULTILINE), target
    for module in re.findall(r"python -m ([\w.]+)", PAGES[page]):
        assert (ROOT / (module.replace(".", "/") + ".py")).is_file(), module
