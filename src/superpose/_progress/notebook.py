"""Stages in a notebook: a row each while it works, and one line with their times at the end."""

from __future__ import annotations

from html import escape
from typing import Any

from superpose._progress.watch import Watch


class _Shown:
    """What a cell shows, as a page's part and as plain text."""

    def __init__(self, page: str, text: str) -> None:
        self.page, self.text = page, text

    def _repr_html_(self) -> str:
        return self.page

    def __repr__(self) -> str:
        return self.text


class InNotebook(Watch):
    """Shows stages below the cell that runs, without any widgets."""

    def __init__(self) -> None:
        super().__init__()
        self._handle: Any = None
        self._closed = False

    def show(self) -> None:
        """Show it from the first stage on."""
        if not self._closed:
            self._display(_Shown(self._rows(), self.summary()))

    def close(self) -> None:
        """Leave only a line of what took how long."""
        if not self._closed and self._handle is not None:
            line = self.summary()
            self._display(_Shown(f"<small>{escape(line)}</small>", line))
        self._closed = True

    def _display(self, shown: _Shown) -> None:
        if self._handle is None:
            from IPython import display as shows

            # Not typed in all versions.
            display: Any = shows.display
            self._handle = display(shown, display_id=True)
        else:
            self._handle.update(shown)

    def _rows(self) -> str:
        rows = []
        for step in self.steps:
            # A bar without a value moves by itself.
            value = "" if step.share is None else f' value="{step.share:.3f}"'
            time = "" if self.running(step) else f"{self.seconds(step):.2f} s"
            cells = escape(step.name), f"<progress{value}></progress>", time or escape(step.detail)
            rows.append("<tr>" + "".join(f'<td style="text-align: left">{each}</td>' for each in cells) + "</tr>")
        return f"<table>{''.join(rows)}</table>"
