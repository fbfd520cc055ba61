"""The files that hosts and catalogues read: how to cite superpose, and the forms for issues."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path
from typing import Any

import pytest
import yaml

import superpose

ROOT = Path(__file__).resolve().parents[1]
FORMS = sorted((ROOT / ".github" / "ISSUE_TEMPLATE").glob("*.yml"))
# What GitHub knows; anything else and the form is not shown.
FIELDS = {"markdown", "textarea", "input", "dropdown", "checkboxes"}


def read(path: Path) -> dict[str, Any]:
    return dict(yaml.safe_load(path.read_text("utf-8")))


def test_the_citation_is_of_this_version() -> None:
    cited = read(ROOT / "CITATION.cff")
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
    assert {"cff-version", "message", "title", "authors", "version", "license"} <= set(cited)
    assert str(cited["version"]) == superpose.__version__
    assert cited["license"] == project["license"]
    assert [each["name"] for each in cited["authors"]] == [each["name"] for each in project["authors"]]
    assert cited["keywords"] == project["keywords"]


def test_there_are_forms() -> None:
    assert [path.stem for path in FORMS] == ["config", "error", "wish", "wrong-answer"]


@pytest.mark.parametrize("path", [path for path in FORMS if path.stem != "config"], ids=lambda path: path.stem)
def test_a_form_is_one_that_github_shows(path: Path) -> None:
    form = read(path)
    assert {"name", "description", "body"} <= set(form) <= {"name", "description", "body", "labels", "title"}
    asked = [each for each in form["body"] if each["type"] != "markdown"]
    assert {each["type"] for each in form["body"]} <= FIELDS
    assert all(each["attributes"]["label"] for each in asked)
    names = [each["id"] for each in asked]
    assert len(set(names)) == len(names) and all(re.fullmatch(r"[\w-]+", name) for name in names)
    if path.stem != "wish":
        assert "superpose --version --json" in path.read_text("utf-8")


def test_the_page_on_security_says_the_limits_that_hold() -> None:
    from superpose._io import sources
    from superpose._io.images import _HEADERS, _LARGEST_PIXEL, ifds
    from superpose._io.images.base import MAX_PIXELS
    from superpose._io.transforms.json import _LONGEST

    page = (ROOT / "docs" / "security.md").read_text("utf-8")
    mebibytes = 2**20
    assert f"more than {MAX_PIXELS:,} pixels" in page
    assert f"longer than {ifds.MOST_PAGES:,}" in page
    assert f"{_LARGEST_PIXEL} bytes for each pixel" in page and f"{_HEADERS // mebibytes} MiB besides" in page
    assert f"more than {sources._HELD // mebibytes} MiB lies in a temporary file" in page
    assert f"JSON of at most {_LONGEST // mebibytes} MiB" in page


def test_the_page_on_security_says_what_the_fuzzer_holds() -> None:
    from benchmarks import fuzz

    page = (ROOT / "docs" / "security.md").read_text("utf-8")
    assert fuzz.MEMORY == 2**30 and "less than 1 GiB" in page
    assert f"within\n{fuzz.SECONDS} seconds" in page
    assert "--files 20000" in (ROOT / "Makefile").read_text("utf-8") and "20,000 files" in page


def test_nothing_of_the_package_opens_a_connection_or_starts_a_program() -> None:
    forbidden = re.compile(
        r"^\s*(?:import|from)\s+(subprocess|socket|urllib|http|ftplib|requests|pickle|marshal)\b", re.M
    )
    package = ROOT / "src" / "superpose"
    sources = list(package.rglob("*.py"))
    assert len(sources) > 100
    found = {path.relative_to(package).as_posix() for path in sources if forbidden.search(path.read_text("utf-8"))}
    # A scheduler that is asked for, what its workers and a temporary file without a name are given, and states of jobs,
    # of which nothing but results is read (tests/jobs/test_journal.py).
    known = ("schedulers", "workers", "sources", "journal")
    assert found <= {f"_jobs/{name}.py" for name in known}
