"""docs/api.md lists every public name, and only those."""

from __future__ import annotations

import importlib
import re
from pathlib import Path

PAGE = Path(__file__).resolve().parents[1] / "docs" / "api.md"
MODULES = ["superpose", "superpose.metrics", "superpose.transforms"]


def public(module: str) -> set[str]:
    names = {name for name in importlib.import_module(module).__all__ if not name.startswith("__")}
    return names - {other.rpartition(".")[2] for other in MODULES}


def listed() -> list[tuple[str, str]]:
    """Return what the page lists, as (module, name)."""
    module, names = "", []
    for line in PAGE.read_text(encoding="utf-8").splitlines():
        if found := re.fullmatch(r"\.\. currentmodule:: (\S+)", line):
            module = found[1]
        elif found := re.fullmatch(r" {3}([A-Za-z_]\w*)", line):
            names.append((module, found[1]))
    return names


def test_the_page_lists_nothing_twice() -> None:
    names = listed()
    assert len(names) == len(set(names))


def test_the_page_lists_only_public_names() -> None:
    known = {(module, name) for module in MODULES for name in public(module)}
    assert set(listed()) - known == set()


def test_every_public_name_is_on_the_page() -> None:
    # What the top level offers too is listed there only.
    top = public("superpose")
    wanted = {("superpose", name) for name in top}
    wanted |= {(module, name) for module in MODULES[1:] for name in public(module) - top}
    assert wanted - set(listed()) == set()
