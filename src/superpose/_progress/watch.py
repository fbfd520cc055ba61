"""Who is told how far the work is: the log, and whoever `progress` names."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from dataclasses import dataclass
from enum import Enum
from typing import Any

from superpose._checks import called, checked_flag
from superpose._log import LOG
from superpose.result import Level


class Stage(Enum):
    """What is being done, in the order it comes."""

    READ = "read"
    SEARCH = "search"
    REFINE = "refine"
    VERIFY = "verify"
    WARP = "warp"
    REPORT = "report"


@dataclass
class Step:
    """One stage as far as it has gone.

    Attributes
    ----------
    name : str
        The stage's, with that of the part of the work in front if it has several.
    share : float or None
        How much of it is done, 0 to 1; None where nobody knows.
    seconds : float
        How long it took, but for what it takes since it went on last.
    detail : str
        What it is at.
    """

    name: str
    share: float | None = None
    seconds: float = 0.0
    detail: str = ""


class Watch:
    """Is told of stages as they begin and of levels as they are done, and logs it.

    It is entered once, by who made it; whoever else gets one only tells it things. A stage that begins ends the one
    before it. One that begins again (a search elsewhere) goes on where it was.
    """

    def __init__(self) -> None:
        self.steps: list[Step] = []
        self.part = ""
        self._running: Step | None = None
        self._stage: Stage | None = None
        self._since = 0.0

    def begin(self, stage: Stage) -> None:
        """Say that a stage begins."""
        self._end()
        name = f"{self.part}: {stage.value}" if self.part else stage.value
        found = [each for each in self.steps if each.name == name]
        step = found[0] if found else Step(name)
        step.share = None
        if not found:
            self.steps.append(step)
        self._running, self._stage, self._since = step, stage, time.perf_counter()
        LOG.debug("%s", name)
        self.show()

    def level(self, level: Level, left: int) -> bool:
        """Say that a level is done, and how many are left; return False if the user wants to stop."""
        if self._stage is not Stage.REFINE:
            self.begin(Stage.REFINE)
        assert self._running is not None
        size = " x ".join(map(str, level.shape))
        # Each level has so many times as many pixels as the one before it.
        self._running.share, self._running.detail = float(2 ** len(level.shape)) ** -left, size
        work = f"{level.evaluations} evaluations, {level.seconds:.2f} s"
        LOG.debug("level %s: %.6g after %s", size, level.value, work)
        self.show()
        return True

    def seconds(self, step: Step) -> float:
        """Return how long a step took until now."""
        return step.seconds + (time.perf_counter() - self._since if step is self._running else 0.0)

    def running(self, step: Step) -> bool:
        """Return whether a step is what is being done."""
        return step is self._running

    def summary(self) -> str:
        """Return in a line how long each stage took, or each part that had some of its own."""
        taken: dict[str, float] = {}
        for each in self.steps:
            name = each.name.partition(": ")[0]
            taken[name] = taken.get(name, 0.0) + self.seconds(each)
        return ", ".join(f"{name} {seconds:.2f} s" for name, seconds in taken.items())

    def show(self) -> None:
        """Show it, if there is anyone to show it to."""

    def close(self) -> None:
        """Show nothing any more: somebody else is about to write. What is done from there on is not shown."""

    @contextmanager
    def at(self, part: str) -> Iterator[None]:
        """Name the part of the work whose stages begin."""
        self.part = part
        yield
        self.part = ""

    def __enter__(self) -> Watch:
        return self

    def __exit__(self, kind: type[BaseException] | None, *_: object) -> None:
        self._end()
        if kind is not None:
            self.steps.clear()  # how long it took says little of what went wrong
        self.close()

    def _end(self) -> None:
        step, self._running, self._stage = self._running, None, None
        if step is not None:
            took = time.perf_counter() - self._since
            step.seconds, step.share = step.seconds + took, 1.0
            LOG.debug("%s took %.2f s", step.name, took)


class Told(Watch):
    """A function of the user's own is told of each level, and may end the refinement."""

    def __init__(self, function: Callable[[Level], Any]) -> None:
        super().__init__()
        self.function = function

    def level(self, level: Level, left: int) -> bool:
        """Tell it."""
        super().level(level, left)
        return called("progress", self.function, level) is not False


# What `register` takes. A `Watch` is superpose's own: a job, or the command line, that shows more than this.
Progress = bool | Callable[[Level], Any] | Watch


def watched(progress: Progress) -> AbstractContextManager[Watch]:
    """Return who is told of the work, to be entered.

    Parameters
    ----------
    progress : bool, callable or Watch
        As for `register`; or what somebody else entered, to be told of this work as well.

    Raises
    ------
    InputError
        If it is none of these.
    """
    if isinstance(progress, Watch):
        return nullcontext(progress)
    if callable(progress):
        return Told(progress)
    return shown() if checked_flag("progress", progress) else Watch()


def shown() -> Watch:
    """Return what shows it to people, if there are any: in a notebook, or on a terminal."""
    if _in_notebook():
        from superpose._progress.notebook import InNotebook

        return InNotebook()
    if sys.stderr is not None and sys.stderr.isatty():
        from superpose._progress.terminal import OnTerminal

        return OnTerminal()
    return Watch()


def _in_notebook() -> bool:
    """Return whether the code runs in a notebook's kernel, not in IPython's own terminal."""
    ipython = sys.modules.get("IPython")
    shell = ipython.get_ipython() if ipython is not None else None
    return shell is not None and "IPKernelApp" in shell.config
