"""The pages of messages and of the command line's help are made from the program, all of it."""

from __future__ import annotations

import importlib.util
import re
from pathlib import Path
from types import ModuleType

import pytest

from superpose.cli.main import VERBS
from superpose.errors import MESSAGES, SECTIONS

DOCS = Path(__file__).parents[1] / "docs"


@pytest.fixture(scope="module")
def generated() -> ModuleType:
    spec = importlib.util.spec_from_file_location("generated", DOCS / "_ext" / "generated.py")
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def filled(generated: ModuleType, page: str) -> str:
    source = [(DOCS / page).read_text()]
    generated.fill_in(None, page, source)
    return source[0]


def test_sphinx_uses_it() -> None:
    assert re.search(r'^extensions = \[\n(?:    ".*\n)*    "generated",', (DOCS / "conf.py").read_text(), re.MULTILINE)


def test_every_message_is_on_the_page_under_its_code(generated: ModuleType) -> None:
    page = filled(generated, "messages.md")
    assert re.findall(r"^### (.*)$", page, re.MULTILINE) == list(MESSAGES)
    assert re.findall(r"^\((.*)\)=$", page, re.MULTILINE) == list(MESSAGES)
    assert page.count("**What to do:** ") == len(MESSAGES)
    assert list(SECTIONS) == list(generated.SECTIONS)
    assert "> *argument* has shape *value* and so no pixels" in page and "<!--" not in page


@pytest.mark.slow
def test_the_help_of_every_verb_is_on_the_page(generated: ModuleType) -> None:
    page = filled(generated, "cli.md")
    assert re.findall(r"^\$ superpose (?:([a-z -]+) )?--help$", page, re.MULTILINE) == ["", *VERBS]
    assert re.findall(r"^## (.*)$", page, re.MULTILINE) == list(VERBS)
    assert "--save-transform T.json" in page and "<!--" not in page
