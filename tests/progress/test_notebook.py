"""What is seen below a notebook's cell; a real one is run by the page docs/howto/progress.md."""

from __future__ import annotations

import sys
from types import ModuleType
from typing import Any

import pytest

from superpose import Level
from superpose._progress.notebook import InNotebook
from superpose._progress.watch import Stage
from tests.progress.test_watch import fail


class Cell:
    """Keeps what is displayed in it, as IPython does."""

    def __init__(self) -> None:
        self.shown: list[tuple[str, str]] = []

    def update(self, what: Any) -> None:
        self.shown.append((what._repr_html_(), repr(what)))

    def display(self, what: Any, display_id: bool) -> Cell:
        assert display_id
        self.update(what)
        return self


@pytest.fixture
def cell(monkeypatch: pytest.MonkeyPatch) -> Cell:
    made, module = Cell(), ModuleType("IPython.display")
    module.display = made.display  # type: ignore[attr-defined]
    package = ModuleType("IPython")
    package.display = module  # type: ignore[attr-defined]
    monkeypatch.setitem(sys.modules, "IPython", package)
    monkeypatch.setitem(sys.modules, "IPython.display", module)
    return made


def test_rows_while_it_works_and_a_line_at_the_end(cell: Cell) -> None:
    with InNotebook() as watch:
        watch.begin(Stage.SEARCH)
        assert "<progress></progress>" in cell.shown[-1][0]  # of a share that nobody knows: it moves by itself
        watch.level(Level((48, 64), (), 0.5, 7, 0.1), 1)
        page = cell.shown[-1][0]
        assert page.count("<tr>") == 2
        assert '<progress value="1.000">' in page and '<progress value="0.250">' in page and "48 x 64" in page
    page, text = cell.shown[-1]
    assert "<progress" not in page and text in page
    assert text.startswith("search 0.0") and ", refine 0.0" in text
    count = len(cell.shown)
    watch.close()
    watch.begin(Stage.WARP)
    assert len(cell.shown) == count


def test_names_are_text(cell: Cell) -> None:
    watch = InNotebook()
    with watch.at("<b>&"):
        watch.begin(Stage.SEARCH)
    assert "&lt;b&gt;&amp;: search" in cell.shown[0][0]


def test_an_error_leaves_an_empty_cell(cell: Cell) -> None:
    with pytest.raises(KeyError, match="lost"):
        fail(InNotebook())
    assert cell.shown[-1] == ("<small></small>", "")
