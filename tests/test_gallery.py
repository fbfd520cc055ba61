"""The gallery has a page for each job, each of one form; and what fails is explained by the words of every warning."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from superpose._messages.alignment import ALIGNMENT
from superpose.errors import MESSAGES

DOCS = Path(__file__).resolve().parents[1] / "docs"
PAGES = {path.stem: path.read_text("utf-8") for path in (DOCS / "gallery").glob("*.md") if path.stem != "index"}
INDEX = (DOCS / "gallery" / "index.md").read_text("utf-8")
FAILS = (DOCS / "fails.md").read_text("utf-8")


def test_every_page_is_in_the_index() -> None:
    listed = INDEX.partition(":maxdepth: 1")[2].split()
    assert sorted(listed[:-1]) == sorted(PAGES)
    assert len(PAGES) >= 12


@pytest.mark.parametrize("name", sorted(PAGES))
def test_each_page_has_its_parts(name: str) -> None:
    page = PAGES[name]
    assert re.search(r"^# .+\n\nFor .+", page, re.MULTILINE)
    assert "**The problem.**" in page
    assert re.search(r"superpose\.(register|register_large|colorize|stack|average|mosaic|super_resolve)\(", page)
    pictures = re.findall(r"^ +alt: .{40,}", page, re.MULTILINE)
    assert len(pictures) == 1 or (re.search(r"superpose\.(stack|super_resolve)\(", page) and len(pictures) >= 2)
    # It says how far from the truth it ended, and holds itself to that.
    assert re.search(r"print\(f\".*\{off(_series|_average|_mosaic|_plate)?\(.*from the truth", page)
    sure = r"(result\.reliable|len\(used\) == \d+|all\(each\.used for each in result\.table\))"
    assert re.search(rf"assert {sure} and off(_series|_average|_mosaic|_plate)?\(result, truths?\b.*\) < [\d.]+", page)
    assert page.partition("## If it fails")[2].count("\n- ") >= 2


@pytest.mark.parametrize("name", sorted(PAGES))
def test_messages_that_a_page_names_are_there(name: str) -> None:
    assert [code for code in re.findall(r"\{ref\}`([a-z-]+)`", PAGES[name]) if code not in MESSAGES] == []


def test_every_warning_about_an_alignment_is_explained_once() -> None:
    assert sorted(re.findall(r"<!-- says: ([a-z-]+) -->", FAILS)) == sorted(ALIGNMENT)


def test_the_front_page_shows_what_the_readme_does() -> None:
    front, readme = ((DOCS / name).read_text("utf-8") for name in ("index.md", "../README.md"))
    (answer,) = re.findall(r"```text\n(moving is .*?)```", readme, re.DOTALL)
    assert answer in front
    assert "_static/front/before-after.webp" in front
