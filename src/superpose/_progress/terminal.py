"""Stages on a terminal: a line each while it works, and one with their times at the end."""

from __future__ import annotations

from rich.console import Console
from rich.live import Live
from rich.progress_bar import ProgressBar
from rich.table import Table
from rich.text import Text

from superpose._progress.watch import Watch


class OnTerminal(Watch):
    """Shows stages on standard error, which is a terminal.

    Nothing else may write there, nor to standard output, until it is closed.
    """

    def __init__(self) -> None:
        super().__init__()
        self._console = Console(stderr=True, highlight=False)
        self._live = Live(
            get_renderable=self._table,
            console=self._console,
            transient=True,
            redirect_stdout=False,  # what others write is theirs
            redirect_stderr=False,
        )
        self._closed = False

    def show(self) -> None:
        """Show it from the first stage on."""
        if not (self._live.is_started or self._closed):
            self._live.start()

    def close(self) -> None:
        """Leave only a line of what took how long."""
        if self._closed:
            return
        self._closed = True
        self._live.stop()
        if self.steps:
            self._console.print(self.summary(), style="dim", soft_wrap=True)

    def _table(self) -> Table:
        table = Table.grid(padding=(0, 1))
        table.add_column(no_wrap=True)
        table.add_column(width=24)
        table.add_column(justify="right", width=5)
        table.add_column(justify="right", width=8)
        table.add_column(no_wrap=True, style="dim")
        for step in list(self.steps):
            unknown = step.share is None
            bar = ProgressBar(total=1.0, completed=step.share or 0.0, pulse=unknown, width=24)
            done = "" if unknown else f"{100 * (step.share or 0.0):.0f} %"
            time = f"{self.seconds(step):.1f} s"
            detail = step.detail if self.running(step) else ""
            table.add_row(Text(step.name), bar, done, time, Text(detail))
        return table
