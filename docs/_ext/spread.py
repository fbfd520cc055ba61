"""Pages that run code are read by several processes at once, if Sphinx does not hand neighbours to one of them.

It cuts the sorted list of pages into few pieces: all of the tutorial was in one, and whoever had that ended minutes
after all others.
"""

from __future__ import annotations

from typing import Any


def spread(_app: Any, _env: Any, pages: list[str]) -> None:
    """Order pages, in place, so that neighbours go to different pieces."""
    pieces = 6
    pages[:] = [page for first in range(pieces) for page in pages[first::pieces]]


def setup(app: Any) -> dict[str, bool]:
    """Tell Sphinx."""
    app.connect("env-before-read-docs", spread)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
